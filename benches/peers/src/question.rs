//! The questions: read from a file or drawn from the company, each with the answer that is right.
//!
//! The comparison is about roles, levels, stages and departments. A question that another rule decides — an unknown
//! or inactive user, a portal administrator, an observer, a type that is not crm — is left out, and counted.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

use crate::company::{Company, READ, Resource};
use crate::oracle::Oracle;

/// May this user read this resource?
pub struct Question<'a> {
    pub user: &'a str,
    pub entity_type: &'a str,
    pub id: &'a str,
    pub resource: &'a Resource,
    /// What the oracle says.
    pub allow: bool,
}

/// A line of a file of questions; of other actions than `read` none is asked.
#[derive(Deserialize)]
struct Line {
    user: String,
    #[serde(default = "read")]
    action: String,
    #[serde(rename = "type")]
    entity_type: String,
    id: String,
    /// When given, the oracle must say the same.
    #[serde(default)]
    allow: Option<bool>,
}

fn read() -> String {
    READ.to_owned()
}

/// The questions of a file that are about the compared rules, and how many are not.
pub fn from_file<'a>(path: &Path, oracle: &Oracle<'a>) -> Result<(Vec<Question<'a>>, usize)> {
    let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let mut kept = Vec::new();
    let mut left_out = 0;
    for (number, line) in (1..).zip(text.lines()) {
        let line: Line =
            serde_json::from_str(line).with_context(|| format!("{}:{number}", path.display()))?;
        let key = (line.entity_type, line.id);
        let question = (line.action == READ).then(|| ask(oracle, &line.user, &key)).flatten();
        let Some(question) = question else {
            left_out += 1;
            continue;
        };
        let is_same = line.allow.is_none_or(|allow| allow == question.allow);
        ensure!(is_same, "{}:{number}: the oracle says allow = {}", path.display(), question.allow);
        kept.push(question);
    }
    Ok((kept, left_out))
}

/// Questions drawn from the company, the same at every run: half of them about any user, half about one who is near
/// the resource, as far as such a one is found.
pub fn drawn<'a>(count: usize, oracle: &Oracle<'a>) -> (Vec<Question<'a>>, usize) {
    let company = oracle.company;
    let users: Vec<&str> = company.users.keys().map(String::as_str).collect();
    let resources: Vec<&'a (String, String)> = company.resources.keys().collect();
    let mut random = Random(7);
    let mut kept = Vec::new();
    let mut left_out = 0;
    if users.is_empty() || resources.is_empty() {
        return (kept, left_out);
    }
    // A company of administrators alone has no question to draw: the attempts are bounded.
    for attempt in 0..4 * count {
        let key = resources[random.below(resources.len())];
        let near = if attempt % 2 == 0 { near(oracle, key, &mut random) } else { None };
        let user = near.unwrap_or_else(|| users[random.below(users.len())]);
        match ask(oracle, user, key) {
            Some(question) => kept.push(question),
            None => left_out += 1,
        }
        if kept.len() == count {
            break;
        }
    }
    (kept, left_out)
}

/// The responsible, or somebody of a department that the resource is in or below.
fn near<'a>(oracle: &Oracle<'a>, key: &(String, String), random: &mut Random) -> Option<&'a str> {
    let resource = &oracle.company.resources[key];
    if random.below(4) == 0 {
        return resource.responsible.as_deref();
    }
    let own = oracle.resource_departments(resource);
    let all: Vec<&str> = oracle.above(&own).into_iter().chain(own).collect();
    let department = all.get(random.below(all.len().max(1)))?;
    let members: Vec<&str> = oracle.members_of(department).collect();
    members.get(random.below(members.len().max(1))).copied()
}

fn ask<'a>(oracle: &Oracle<'a>, user: &str, key: &(String, String)) -> Option<Question<'a>> {
    let company: &'a Company = oracle.company;
    let (user, standing) = company.users.get_key_value(user)?;
    let ((entity_type, id), resource) = company.resources.get_key_value(key)?;
    let is_decided_elsewhere = !standing.active || standing.admin || resource.observers.contains(user);
    if is_decided_elsewhere {
        return None;
    }
    let allow = oracle.may_read(user, entity_type, resource);
    Some(Question { user, entity_type, id, resource, allow })
}

/// The generator of splitmix: drawing needs no more.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let range = u64::try_from(bound).unwrap_or(u64::MAX);
        usize::try_from((mixed ^ (mixed >> 31)) % range).unwrap_or_default()
    }
}
