//! What would allow a denial, in Russian. Names stand in quotes, so that they needn't be declined.

use super::super::phrases::Phrases as _;
use super::Russian;
use crate::domain::Named;
use crate::engine::{Effect, Field, Step, WhyNot};

pub(super) const THEN: &str = "; затем: ";
pub(super) const ALLOWED_ALREADY: &str = "Менять ничего не нужно: это уже можно.";
pub(super) const NO_PROPOSALS: &str = "Ничто из возможного не открыло бы этого.";
pub(super) const BEYOND_RIGHTS: &str = "Изменением прав этого не открыть.";
pub(super) const PROPOSALS: &str = "Что открыло бы доступ, начиная с того, что открывает меньше всего:";

pub(super) fn step(subject: &Named, step: &Step) -> String {
    let subject = quoted(subject);
    match step {
        Step::Activate => format!("Снова включить пользователя {subject}"),
        Step::Observe => format!("Добавить пользователя {subject} в наблюдатели"),
        Step::Assign => format!("Назначить пользователя {subject} ответственным"),
        Step::Move(stage) => format!("Перевести на стадию {stage}"),
        Step::Open => "Пометить как доступное всем (open)".to_owned(),
        Step::View(group) => {
            format!("Дать пользователю {subject} право видеть в группе {} (can_view)", quoted(group))
        }
        Step::JoinGroup(group) => {
            let group = quoted(group);
            format!("Добавить пользователя {subject} в группу {group} с правом видеть (can_view)")
        }
        Step::JoinDepartment(department) => {
            format!("Добавить пользователя {subject} в отдел {}", quoted(department))
        }
        Step::TakeOut { action, stage, roles } => {
            let names = roles.iter().map(quoted).collect::<Vec<_>>().join(", ");
            let (entries, of) = if roles.len() == 1 {
                ("детальную запись", "роль")
            } else {
                ("детальные записи", "роли")
            };
            format!("Убрать {entries} для {action} на стадии {stage}: {of} {names}")
        }
        Step::Widen { role, action, field, level } => {
            let (role, level) = (quoted(role), Russian.level(*level));
            match field {
                Field::Element => format!("Расширить уровень элемента роли {role} для {action} до: {level}"),
                Field::Stage(stage) => {
                    format!(
                        "Расширить детальную запись роли {role} для {action} на стадии {stage} до: {level}"
                    )
                }
                Field::NewStage(stage) => {
                    format!("Дать роли {role} детальную запись для {action} на стадии {stage}: {level}")
                }
            }
        }
        Step::GiveRole(role) => format!("Дать пользователю {subject} роль {}", quoted(role)),
        Step::GiveRoleToDepartment { role, department } => {
            format!("Дать роль {} отделу {}", quoted(role), quoted(department))
        }
        Step::SetSupportRole(role) => {
            format!("Дать пользователю {subject} роль в техподдержке: {}", super::support_role(*role))
        }
    }
}

fn quoted(named: &Named) -> String {
    if named.name.is_empty() {
        format!("«{}»", named.id)
    } else {
        format!("«{}» ({})", named.name, named.id)
    }
}

pub(super) fn effect(Effect { gained, lost, users }: Effect) -> String {
    match (gained, lost) {
        (0, 0) => "больше ничего не меняется".to_owned(),
        (gained, 0) => format!("ещё откроется решений: {gained}; пользователей: {users}"),
        (0, lost) => format!("закроется решений: {lost}; пользователей: {users}"),
        (gained, lost) => {
            format!("ещё откроется решений: {gained}, закроется: {lost}; пользователей: {users}")
        }
    }
}

pub(super) fn tried(why_not: &WhyNot) -> String {
    let all = if why_not.is_complete {
        "больше пробовать нечего"
    } else {
        "есть и другие"
    };
    format!("Испробовано изменений: {}; {all}.", why_not.tried)
}
