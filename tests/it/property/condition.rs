//! The condition under which a user may do an action holds of exactly those facts for which the oracle allows it.

use std::collections::BTreeSet;

use dopusk::directory::ActionKind;
use dopusk::domain::{Condition, EntityType, Facts, Field, Id};
use dopusk::rights::{Act, DepartmentForm, EffectiveRights, Plan, condition};

use super::Twins;
use crate::oracle::{Answer, Oracle};
use crate::world::{Dice, facts};

const FORMS: [DepartmentForm; 2] = [DepartmentForm::Resolved, DepartmentForm::Kept];

/// Whether a condition holds of a resource with these facts.
pub(crate) fn holds(condition: &Condition, facts: &Facts, oracle: &Oracle) -> bool {
    match condition {
        Condition::Open => facts.open,
        Condition::Absent(field) => values(*field, facts, oracle).is_empty(),
        Condition::OneOf(field, ids) => values(*field, facts, oracle).iter().any(|it| ids.contains(it)),
        Condition::Any(parts) => parts.iter().any(|part| holds(part, facts, oracle)),
        Condition::All(parts) => parts.iter().all(|part| holds(part, facts, oracle)),
    }
}

fn values(field: Field, facts: &Facts, oracle: &Oracle) -> BTreeSet<Id> {
    match field {
        Field::Stage => facts.stage.iter().cloned().collect(),
        Field::Responsible => facts.responsible.iter().cloned().collect(),
        Field::Author => facts.author.iter().cloned().collect(),
        Field::Departments => facts.departments.iter().cloned().collect(),
        Field::ResponsibleDepartments => {
            facts.responsible.iter().flat_map(|it| oracle.departments_of(it)).collect()
        }
        Field::Observers => facts.observers.iter().cloned().collect(),
    }
}

/// Of every stored resource and of some facts of none, for `percent` of the users.
pub(super) fn assert_same(twins: &Twins, dice: &mut Dice, percent: usize) {
    let directory = twins.snapshot.directory();
    let users: Vec<&Id> = twins.oracle.users.keys().filter(|_| dice.percent(percent)).collect();
    for user in users {
        let (index, _) = directory.find_user(user.as_str()).unwrap();
        let rights = EffectiveRights::compile(directory, index).unwrap();
        for entity_type in twins.oracle.types.values() {
            let (index, node) = directory.catalog().find(entity_type.name.as_str()).unwrap();
            for (action, name) in node.actions().filter(|it| node.kind(it.0) != ActionKind::Create) {
                let plan = Plan::compile(&rights, &Act { entity_type: index, node, action });
                for form in FORMS {
                    let found = condition(directory, &rights, node, &plan, form);
                    assert_same_facts(twins, dice, (user, entity_type, name), &found);
                }
            }
        }
    }
}

fn assert_same_facts(
    twins: &Twins,
    dice: &mut Dice,
    (user, entity_type, action): (&Id, &EntityType, &Id),
    condition: &Condition,
) {
    let oracle = &twins.oracle;
    let rights = oracle.rights(user);
    let stored = oracle.resources_of(&entity_type.name).map(|it| it.facts.clone());
    let imagined: Vec<Facts> = (0..10).map(|_| facts(dice, oracle, &entity_type.name)).collect();
    for facts in stored.chain(imagined) {
        let wanted = oracle.decide(rights.as_ref(), entity_type, action, Some(&facts)) != Answer::Deny;
        let found = holds(condition, &facts, oracle);
        assert_eq!(found, wanted, "{user} {action} {facts:?}\n{condition:#?}");
    }
}
