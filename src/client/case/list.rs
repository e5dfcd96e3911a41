//! Lists: what a user may see, who may see it, and who is told of it.

use std::collections::BTreeMap;

use super::Run;
use super::answer::{Answer, Failed};
use super::check::allowed;
use crate::bundle::case::{ListCase, RecipientsCase, SubjectsCase, Target};
use crate::client::{
    Facet, Question, SubjectsQuery, VisibleOrder, VisiblePart, VisibleQuery, Wanted, Window,
};
use crate::domain::NewsEvent;

impl Run {
    pub(super) async fn list(&mut self, case: &ListCase) {
        let query = VisibleQuery {
            subject: case.user.clone(),
            action: case.action.clone(),
            entity_type: case.entity_type.clone(),
            ..VisibleQuery::default()
        };
        let question = format!("list {} {} {}", case.user, case.action, case.entity_type);
        let whole = self.visible(&query, 0).await;
        self.compare(&question, &Ok(case.ids.clone()), &whole);
        let size = page_size(&whole);
        let pages = self.visible(&query, size).await;
        self.compare(&format!("{question} in pages of {size}"), &whole, &pages);
        self.compare_views(&question, &query, &whole).await;
        let ids = self.stored.resources(&case.entity_type);
        let asked = |id: &String| Question::stored(&case.user, &case.action, &case.entity_type, id);
        let checked = self.checked(&ids, asked).await;
        if !ids.is_empty() {
            self.compare(&format!("{question} against checks"), &checked, &whole);
        }
    }

    pub(super) async fn subjects(&mut self, case: &SubjectsCase) {
        let query = SubjectsQuery {
            action: case.action.clone(),
            entity_type: case.entity_type.clone(),
            target: Target::Id(case.id.clone()),
            wanted: Wanted::Names,
        };
        let question = format!("subjects {} {} {}", case.action, case.entity_type, case.id);
        let whole = self.reaching(&query, 0).await;
        self.compare(&question, &Ok(case.users.clone()), &whole);
        let size = page_size(&whole);
        let pages = self.reaching(&query, size).await;
        self.compare(&format!("{question} in pages of {size}"), &whole, &pages);
        let users = self.stored.users();
        let asked = |user: &String| Question::stored(user, &case.action, &case.entity_type, &case.id);
        let checked = self.checked(&users, asked).await;
        if !users.is_empty() {
            self.compare(&format!("{question} against checks"), &checked, &whole);
        }
    }

    pub(super) async fn recipients(&mut self, case: &RecipientsCase) {
        let word = match case.event {
            NewsEvent::Created => "created",
            NewsEvent::Updated => "updated",
        };
        let question = format!("recipients {} {} --event {word}", case.entity_type, case.id);
        let target = Target::Id(case.id.clone());
        let told = self.client.list_recipients(&case.entity_type, &target, case.event).await;
        let told = told.map(|it| it.value).map_err(|error| Failed::of(&error));
        let users =
            told.clone().map(|it| it.into_iter().map(|it| it.user.to_string()).collect::<Vec<String>>());
        self.compare(&question, &Ok(case.users.clone()), &users);
        let can_read = told.map(|it| it.into_iter().map(|it| (it.user.to_string(), it.can_read)).collect());
        let can_read: Answer<BTreeMap<String, bool>> = can_read;
        let expected = case.can_read.iter().cloned().collect();
        self.compare(&format!("{question}, who can read"), &Ok(expected), &can_read);
        let users = users.unwrap_or_default();
        let asked = |user: &String| Question::stored(user, "read", &case.entity_type, &case.id);
        let checked = self.checked(&users, asked).await;
        let readers =
            can_read.map(|it| it.into_iter().filter(|(_, can)| *can).map(|(user, _)| user).collect());
        self.compare(&format!("{question}, who can read, against checks"), &checked, &readers);
    }

    /// Those of some names for which Check says allow.
    async fn checked(&self, names: &[String], asked: impl Fn(&String) -> Question) -> Answer<Vec<String>> {
        let questions: Vec<Question> = names.iter().map(asked).collect();
        let rulings = self.rulings(&questions).await?;
        allowed(names.iter().map(String::as_str), rulings)
    }

    /// A list of what is visible, whole if the size is 0, otherwise put together from pages.
    async fn visible(&self, query: &VisibleQuery, size: u32) -> Answer<Vec<String>> {
        let (mut ids, mut cursor) = (Vec::new(), String::new());
        loop {
            let part = VisiblePart { size: size.into(), cursor: cursor.clone(), ..VisiblePart::default() };
            let page = self.client.list_visible(query, part).await.map_err(|error| Failed::of(&error))?;
            ids.extend(bounded(page.ids, size)?);
            if page.cursor.is_empty() {
                return Ok(ids);
            }
            cursor = onward(&cursor, page.cursor)?;
        }
    }

    /// The same list backwards, by sort key and back, and its counts: each must hold what the list holds.
    async fn compare_views(&mut self, question: &str, query: &VisibleQuery, whole: &Answer<Vec<String>>) {
        let backwards = VisibleQuery { descending: true, ..query.clone() };
        let found = self.visible(&backwards, 2).await.map(|mut ids| {
            ids.reverse();
            ids
        });
        self.compare(&format!("{question} backwards"), whole, &found);
        let by_sort_key = VisibleQuery { order: VisibleOrder::SortKey, ..query.clone() };
        let found = self.visible(&by_sort_key, 3).await.map(|mut ids| {
            ids.sort_unstable();
            ids
        });
        self.compare(&format!("{question} by sort key"), whole, &found);
        let facets = [Facet::Stage, Facet::Responsible];
        let count = self.client.count_visible(query, &facets).await.map_err(|error| Failed::of(&error));
        let sum = |counts: &[(String, u64)]| counts.iter().map(|(_, count)| count).sum::<u64>().to_string();
        let counts = count.map(|it| vec![it.total.to_string(), sum(&it.stages), sum(&it.responsibles)]);
        let expected = whole.clone().map(|ids| vec![ids.len().to_string(); 3]);
        self.compare(&format!("{question}, counted"), &expected, &counts);
    }

    /// A list of who may do something, in pages of a size, 0 being the largest.
    async fn reaching(&self, query: &SubjectsQuery, size: u32) -> Answer<Vec<String>> {
        let (mut users, mut after) = (Vec::new(), String::new());
        loop {
            let window = Window { size, after: after.clone() };
            let page = self.client.list_subjects(query, window).await.map_err(|error| Failed::of(&error))?;
            let page = page.listed;
            users.extend(bounded(page.names, size)?);
            if page.next.is_empty() {
                return Ok(users);
            }
            after = onward(&after, page.next)?;
        }
    }
}

/// A size at which a list has about three pages.
fn page_size(whole: &Answer<Vec<String>>) -> u32 {
    let count = whole.as_ref().map_or(0, Vec::len);
    u32::try_from(count / 3 + 1).unwrap_or(u32::MAX)
}

fn bounded(page: Vec<String>, size: u32) -> Answer<Vec<String>> {
    if size == 0 || u32::try_from(page.len()).is_ok_and(|count| count <= size) {
        return Ok(page);
    }
    Err(Failed { code: "NONSENSE".to_owned(), reason: format!("a page of {}", page.len()) })
}

/// A page that leads back to itself would have no end.
fn onward(from: &str, to: String) -> Answer<String> {
    if from == to {
        return Err(Failed { code: "NONSENSE".to_owned(), reason: "a page that leads to itself".to_owned() });
    }
    Ok(to)
}
