//! Advice in Russian.

use super::{AdvicePhrases, given_to};
use crate::domain::Id;
use crate::engine::{About, AdviceKind, Effect};
use crate::text::review::russian_people as people;

/// The words of Russian.
pub(in crate::text) struct Russian;

impl AdvicePhrases for Russian {
    fn head(&self, kind: AdviceKind) -> &'static str {
        match kind {
            AdviceKind::StageUnread => "На стадии ни одна роль не даёт никому ничего читать",
            AdviceKind::DepartmentWithoutUpdater => "В отделе есть кому читать, но некому изменять",
            AdviceKind::DepartmentsConflict => {
                "Сотрудник состоит в нескольких отделах, роли которых противоречат друг другу"
            }
            AdviceKind::SubdepartmentsIncluded => "Роль дана отделу со всеми подотделами",
            AdviceKind::ManagersIncluded => "Роль дана сотруднику и его руководителям",
            AdviceKind::DepartmentWithoutRoles => "У отдела нет роли, а у некоторых его подотделов есть",
            AdviceKind::SmallTeam => "Права на тип есть у немногих, и получены они через группы",
            AdviceKind::EntryAsElement => "Запись для стадии повторяет уровень роли для элемента",
            AdviceKind::EntryNeverCounts => {
                "То, что роль говорит о некоторых стадиях, не действует ни для кого, у кого она есть"
            }
            AdviceKind::BroadGrant => "Права роли достаются большой части пользователей",
            AdviceKind::RoleUnheld => "Роли нет ни у кого",
            AdviceKind::BindingIdle => {
                "Привязка ничего не добавляет: все, кого она охватывает, имеют роль и через другие"
            }
            AdviceKind::GroupWithoutViewer => {
                "Ни у кого из активных участников группы техподдержки нет can_view"
            }
        }
    }

    fn why(&self, kind: AdviceKind) -> &'static str {
        match kind {
            AdviceKind::StageUnread => {
                "Всё, что попадёт на эту стадию, перестанут видеть все, кроме администраторов портала и наблюдателей."
            }
            AdviceKind::DepartmentWithoutUpdater => {
                "Что бы сотрудники там ни увидели, изменять это придётся другим."
            }
            AdviceKind::DepartmentsConflict => {
                "Его права складываются из ролей обоих отделов, и ни в одном из них такого не ждут."
            }
            AdviceKind::SubdepartmentsIncluded => {
                "Она встречается с ролями подотделов, нынешними и будущими, и может им противоречить."
            }
            AdviceKind::ManagersIncluded => {
                "Руководители получают её от подчинённых, часто незаметно, и она может противоречить их собственным ролям."
            }
            AdviceKind::DepartmentWithoutRoles => {
                "Права, настроенные снизу, придётся править по одному, когда что-то должно действовать для всех."
            }
            AdviceKind::SmallTeam => {
                "Когда людей мало, проще видеть и поддерживать права, если роли даны лично."
            }
            AdviceKind::EntryAsElement => {
                "Это не то же, что наследование: запись перекрывает права других ролей на этой стадии. Если это не нарочно, конфликт — дело времени."
            }
            AdviceKind::EntryNeverCounts => {
                "Читая роль, думают, что это право у людей есть, а его перекрывают другие роли, которые называют эти стадии."
            }
            AdviceKind::BroadGrant => {
                "Ошибка в ней касается всех, и с ней приходится согласовывать любую другую роль."
            }
            AdviceKind::RoleUnheld => "Она ничего не даёт, а поддерживать её приходится.",
            AdviceKind::BindingIdle => {
                "Сейчас привязка ничего не добавляет, а когда роль решат отнять, о ней забудут. Если две заменяют друг друга, нужна одна."
            }
            AdviceKind::GroupWithoutViewer => {
                "Группа никому не показывает ничьих обращений; самое большее, она говорит, кого извещать."
            }
        }
    }

    fn remedy(&self, kind: AdviceKind) -> &'static str {
        match kind {
            AdviceKind::StageUnread => {
                "Добавьте запись для этой стадии в какую-нибудь роль или уберите стадию, если она не нужна."
            }
            AdviceKind::DepartmentWithoutUpdater => {
                "Дайте право update одной из ролей отдела или убедитесь, что изменения вносит кто-то другой."
            }
            AdviceKind::DepartmentsConflict => {
                "Согласуйте роли этих отделов или дайте ему одну личную роль; где именно они расходятся, покажут конфликты этих сотрудников."
            }
            AdviceKind::SubdepartmentsIncluded => {
                "Дайте роль только самому отделу, а подотделам — отдельные роли."
            }
            AdviceKind::ManagersIncluded => "Дайте роль только ему, а руководителям — свои роли.",
            AdviceKind::DepartmentWithoutRoles => {
                "Настраивайте права сверху вниз: сначала роль для отдела, потом для подотделов."
            }
            AdviceKind::SmallTeam => "Дайте роли самим этим сотрудникам и снимите их с групп.",
            AdviceKind::EntryAsElement => {
                "Пусть стадия наследует, если только запись не стоит против другой роли нарочно."
            }
            AdviceKind::EntryNeverCounts => {
                "Уберите записи других ролей для этих стадий или добавьте свою запись в эту роль."
            }
            AdviceKind::BroadGrant => {
                "Оставьте в ней то, что нужно всем, а остальное перенесите в роли для немногих."
            }
            AdviceKind::RoleUnheld => "Дайте её кому-нибудь или удалите вместе с привязками.",
            AdviceKind::BindingIdle => "Удалите её, если она не сделана впрок, для будущих сотрудников.",
            AdviceKind::GroupWithoutViewer => {
                "Дайте can_view тем, кто должен видеть обращения других, или удалите группу."
            }
        }
    }

    fn about(&self, about: &About) -> String {
        match about {
            About::Department(it) => format!("отдел {it}"),
            About::Role(it) => format!("роль {it}"),
            About::SupportGroup(it) => format!("группа {it}"),
            About::EntityType(name) => name.to_string(),
            About::Stage { entity_type, stage: None } => entity_type.to_string(),
            About::Stage { entity_type, stage: Some(stage) } => format!("{entity_type}, стадия {stage}"),
            About::Grant { role, entity_type, action, stages } => {
                format!("роль {role}, {action} {entity_type}{}", on_stages(stages))
            }
            About::Binding { binding, role, subject } => {
                format!("роль {role} дана {}", given_to(&binding.subject, subject.as_ref(), GIVEN_TO))
            }
        }
    }

    fn people(&self, count: usize) -> String {
        people(count)
    }

    fn effect(&self, Effect { gained, lost, users }: Effect) -> String {
        match (gained, lost) {
            (0, 0) => "Изменение не меняет ни одного сегодняшнего решения.".to_owned(),
            (gained, 0) => format!("Изменение откроет решений: {gained}; пользователей: {users}."),
            (0, lost) => format!("Изменение закроет решений: {lost}; пользователей: {users}."),
            (gained, lost) => {
                format!("Изменение откроет решений: {gained}, закроет: {lost}; пользователей: {users}.")
            }
        }
    }
}

const GIVEN_TO: [&str; 6] = ["сотруднику", "и его руководителям", "отделу", "и подотделам", "группе", "всем"];

fn on_stages(stages: &[Id]) -> String {
    let names: Vec<String> = stages.iter().map(Id::to_string).collect();
    let word = if names.len() == 1 { "стадии" } else { "стадиях" };
    if names.is_empty() { String::new() } else { format!(" на {word} {}", names.join(", ")) }
}
