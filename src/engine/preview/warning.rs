//! What somebody should think about before he does a write.

use std::collections::BTreeSet;

use crate::difference::{ChangedAct, Difference};
use crate::directory::{Directory, StageIndex, TypeIndex, UserIndex};
use crate::domain::{Affected, Id, Model, Named};
use crate::rights::{Act, EffectiveRights, Plan, Relation, Standing};
use crate::snapshot::{Outcome, Snapshot};

/// A consequence that is easily overlooked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Warning {
    /// The author is a portal administrator, and no longer one after.
    AuthorLosesAdministration {
        /// The author.
        user: Named,
    },
    /// There is an active portal administrator, and none after.
    NoAdministrator,
    /// Somebody reads a resource that the write changes, and after it nobody but portal administrators does.
    LastReader {
        /// The type.
        entity_type: Id,
        /// The resource.
        id: Id,
    },
    /// Somebody can read resources on a stage, and after the write nobody but portal administrators can, whosever they are.
    UnreadStage {
        /// The type.
        entity_type: Id,
        /// The stage; none for resources without one.
        stage: Option<Id>,
    },
}

/// Every warning, the administrators' first.
pub(super) fn warnings(
    before: &Snapshot,
    outcome: &Outcome,
    difference: &Difference,
    author: Option<&Id>,
) -> Vec<Warning> {
    let after = outcome.snapshot.directory();
    let mut warnings = administration(before.directory(), after, author);
    for resource in &difference.resources {
        let reading = resource.acts.iter().find(|act| act.action.as_str() == "read");
        let exists = outcome.snapshot.resources(resource.entity_type).get(resource.id.as_str()).is_some();
        if let Some(node) = after.catalog().any(resource.entity_type)
            && exists
            && reading.is_some_and(loses_its_last)
        {
            let entity_type = node.entity_type().name.clone();
            warnings.push(Warning::LastReader { entity_type, id: resource.id.clone() });
        }
    }
    warnings.extend(unread_stages(before.directory(), after, &outcome.affected));
    warnings
}

fn loses_its_last(act: &ChangedAct) -> bool {
    let [before, after] = act.people;
    before > 0 && after == 0
}

fn administration(before: &Directory, after: &Directory, author: Option<&Id>) -> Vec<Warning> {
    let is_administrator = |side: &Directory, user: UserIndex| {
        side.user(user).and_then(|node| node.user()).is_some_and(|it| it.admin && it.active)
    };
    let has_one = |side: &Directory| side.admins().any(|user| is_administrator(side, user));
    let author = author.and_then(|id| before.find_user(id.as_str())).map(|(user, _)| user);
    let removed = author.filter(|user| is_administrator(before, *user) && !is_administrator(after, *user));
    let himself = removed.and_then(|user| before.named_user(user));
    let himself = himself.map(|user| Warning::AuthorLosesAdministration { user });
    let nobody = (has_one(before) && !has_one(after)).then_some(Warning::NoAdministrator);
    himself.into_iter().chain(nobody).collect()
}

/// A type and a stage, or none.
type Place = (TypeIndex, Option<StageIndex>);

/// Stages that only people whose rights are touched could read, none of whom can any more.
///
/// Costs a plan for each of them and each type, and for as many others as it takes to find a reader of each stage.
fn unread_stages(before: &Directory, after: &Directory, affected: &Affected) -> Vec<Warning> {
    let mut unread = BTreeSet::new();
    each_affected(before, affected, &mut |user| {
        each_readable(before, user, &mut |place| unread.extend([place]));
    });
    unread.retain(|(entity_type, stage)| {
        let node = after.catalog().get(*entity_type);
        node.is_some_and(|node| stage.is_none_or(|stage| node.stages().any(|other| other == stage)))
    });
    for (user, _) in after.users_after(None) {
        if unread.is_empty() {
            break;
        }
        each_readable(after, user, &mut |place| unread.retain(|it| *it != place));
    }
    let told = unread.into_iter().filter_map(|(entity_type, stage)| {
        let node = after.catalog().get(entity_type)?;
        let stage = stage.and_then(|stage| node.stage_name(stage)).cloned();
        Some(Warning::UnreadStage { entity_type: node.entity_type().name.clone(), stage })
    });
    told.collect()
}

fn each_affected(directory: &Directory, affected: &Affected, give: &mut dyn FnMut(UserIndex)) {
    match affected {
        Affected::All => directory.users_after(None).for_each(|(user, _)| give(user)),
        Affected::Users(ids) => {
            let users = ids.iter().filter_map(|id| directory.find_user(id.as_str()));
            users.for_each(|(user, _)| give(user));
        }
    }
}

/// Gives the places where somebody who is no portal administrator can read some resource that he doesn't observe, if
/// there is one to which he stands in the right way.
fn each_readable(directory: &Directory, user: UserIndex, give: &mut dyn FnMut(Place)) {
    let rights = EffectiveRights::compile(directory, user).filter(|it| it.blanket().is_none());
    let Some(rights) = rights else { return };
    for (entity_type, node) in directory.catalog().iter() {
        let plan = Plan::compile(&rights, &Act { entity_type, node, action: node.read() });
        let nearest =
            Standing::of(Relation::of_model(node.model())).without(Standing::of(&[Relation::Observer]));
        // The helpdesk doesn't go by stages (rule 4.4).
        let stages = (node.model() == Model::Crm).then(|| node.stages()).into_iter().flatten().map(Some);
        for stage in std::iter::once(None).chain(stages) {
            if plan.openings(stage).is_some_and(|openings| openings.has(nearest)) {
                give((entity_type, stage));
            }
        }
    }
}
