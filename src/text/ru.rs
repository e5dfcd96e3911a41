//! Russian.

mod why_not;

use super::phrases::{Detail, Part, Phrases, join, obliges, standing};
use crate::domain::{self, GroupKind, Named, Reason, Scope, ScopeSet, SupportRole};
use crate::engine::{
    Above, Effect, Explained, GroupRow, NamedFacts, Reach, ScopeTest, Side, Step, Through, Weighing, WhyNot,
};

/// The words of Russian.
pub(super) struct Russian;

impl Phrases for Russian {
    fn short(&self, explained: &Explained) -> String {
        let decision = explained.explanation.decision;
        let part = Part::of(explained);
        let text = match decision.reason {
            Reason::UnknownSubject => "Доступа нет: такого пользователя не существует.",
            Reason::InactiveSubject => "Доступа нет: учётная запись отключена.",
            Reason::UnknownResource => "Доступа нет: такой записи здесь нет.",
            Reason::PortalAdmin => "Можно: вы администратор.",
            Reason::NoSight => "Нельзя: у вас вообще нет к этому доступа.",
            Reason::NoGrant => "Нельзя: такого права вам никто не давал.",
            Reason::DetailedEntry | Reason::InheritedEntry if obliges(decision) => {
                "Можно, если ответственным будете вы сами."
            }
            Reason::DetailedEntry => "Можно: у вас есть право на этой стадии.",
            Reason::InheritedEntry => "Можно: у вас есть право.",
            Reason::DetailedEntryClosed => "Нельзя: ваши права на этой стадии сюда не распространяются.",
            Reason::InheritedEntryClosed => "Нельзя: ваши права сюда не распространяются.",
            Reason::Observer => "Можно: вы наблюдатель.",
            Reason::ResponsibleIsAnother => "Нельзя: создавать можно только то, за что отвечаете вы сами.",
            Reason::SupportAdmin => "Можно: вы администратор техподдержки.",
            Reason::Team if part == Part::Himself => "Можно: вы отвечаете за это обращение.",
            Reason::Team => "Можно: вам видны обращения коллеги, который за него отвечает.",
            Reason::Client if part == Part::Himself => "Можно: это ваше обращение.",
            Reason::Client => "Можно: вам видны обращения коллеги, который его подал.",
            Reason::Demo => "Можно: у вас демонстрационный доступ к техподдержке.",
            Reason::SupportRole => "Можно: вам разрешено создавать обращения.",
            Reason::SupportRoleClosed => "Нельзя: ваше место в техподдержке этого не предполагает.",
            Reason::OutOfReach if part == Part::Demo => {
                "Нельзя: с демонстрационным доступом менять можно только то, что вы подали сами."
            }
            Reason::OutOfReach => "Нельзя: это обращение не ваше и не того, чьи обращения вам видны.",
        };
        text.to_owned()
    }

    fn verdict(&self, explained: &Explained) -> String {
        let (subject, action) = (&explained.subject, &explained.action);
        let may = match explained.explanation.decision.effect {
            domain::Effect::Allow => "можно",
            domain::Effect::Deny => "нельзя",
        };
        let entity_type = &explained.entity_type;
        match &explained.resource {
            Some(id) => format!("{subject}: {may} {action} {entity_type} {id}."),
            None => format!("{subject}: {may} {action} {entity_type} с такими данными."),
        }
    }

    fn reason(&self, explained: &Explained) -> &'static str {
        let part = Part::of(explained);
        match explained.explanation.decision.reason {
            Reason::UnknownSubject => "Такого пользователя нет",
            Reason::InactiveSubject => "Пользователь неактивен",
            Reason::UnknownResource => "Такого ресурса нет",
            Reason::PortalAdmin => "Пользователь — администратор портала",
            Reason::NoSight => "Для любого действия нужно и read, а его здесь у пользователя нет",
            Reason::NoGrant => "Ни одна роль пользователя ничего не говорит об этом действии",
            Reason::DetailedEntry => {
                "На этой стадии действуют детальные записи, и одна из них открывает доступ"
            }
            Reason::InheritedEntry => "Действуют унаследованные записи, и одна из них открывает доступ",
            Reason::DetailedEntryClosed => {
                "На этой стадии действуют детальные записи, и ни одна из них не открывает доступа"
            }
            Reason::InheritedEntryClosed => {
                "Действуют унаследованные записи, и ни одна из них не открывает доступа"
            }
            Reason::Observer => "Пользователь — наблюдатель, и его роль даёт хоть какое-то чтение этого типа",
            Reason::ResponsibleIsAnother => "Уровень — только свои, а ответственный другой",
            Reason::SupportAdmin => "Роли admin в техподдержке можно всё",
            Reason::Team if part == Part::Himself => "Пользователь сам за него отвечает",
            Reason::Team => "Группа сотрудников показывает пользователю обращения ответственного",
            Reason::Client if part == Part::Himself => "Пользователь сам его автор",
            Reason::Client => "Группа клиентов показывает пользователю обращения автора",
            Reason::Demo => "Роль demo читает все обращения и меняет те, что подал сам пользователь",
            Reason::SupportRole => "Эта роль в техподдержке может создавать обращения",
            Reason::SupportRoleClosed => "Эта роль в техподдержке такого никогда не делает",
            Reason::OutOfReach if part == Part::Demo => {
                "Роль demo меняет только те обращения, что подал сам пользователь"
            }
            Reason::OutOfReach => "Обращение не видно пользователю ни самому по себе, ни через группу",
        }
    }

    fn obligation(&self) -> &'static str {
        "Обязательство: ответственным должен быть сам пользователь."
    }

    fn rules(&self, rules: &[&str]) -> String {
        let word = if rules.len() == 1 { "правило" } else { "правила" };
        format!("({word} {}).", rules.join(", "))
    }

    fn facts(&self) -> &'static str {
        "По каким данным решено:"
    }

    fn responsible(&self, somebody: Option<&Named>) -> String {
        somebody.map_or_else(|| "ответственный: неизвестен".to_owned(), |it| format!("ответственный: {it}"))
    }

    fn departments(&self, facts: &NamedFacts) -> String {
        let whose = if facts.has_departments {
            "указаны прямо"
        } else {
            "по ответственному"
        };
        match join(&facts.departments, ", ") {
            none if none.is_empty() => "отделы: неизвестны".to_owned(),
            names => format!("отделы: {names} ({whose})"),
        }
    }

    fn stage(&self, facts: &NamedFacts) -> String {
        facts.stage.as_ref().map_or_else(|| "стадия: нет".to_owned(), |stage| format!("стадия: {stage}"))
    }

    fn open(&self, facts: &NamedFacts) -> &'static str {
        if facts.open {
            "доступно всем (open)"
        } else {
            "не помечено как доступное всем (open)"
        }
    }

    fn roles(&self) -> &'static str {
        "Роли пользователя (правило 3.3):"
    }

    fn no_roles(&self) -> &'static str {
        "Ролей у пользователя нет (правило 3.3)."
    }

    fn reach(&self, reach: &Reach) -> String {
        match reach {
            Reach::User(_) => "лично".to_owned(),
            Reach::UserAndManagers(_) => "лично, вместе с руководителями".to_owned(),
            Reach::Manager { of, path } => format!("как у руководителя: {of}, через {}", join(path, " < ")),
            Reach::Department(department) => format!("через отдел {department}"),
            Reach::DepartmentTree(path) => format!("через отдел {}", join(path, " < ")),
            Reach::Workgroup { workgroup, role, .. } => {
                format!(
                    "через группу {workgroup}, {}",
                    standing(*role, ["участник", "модератор", "владелец"])
                )
            }
            Reach::Everyone => "дана всем".to_owned(),
        }
    }

    fn action(&self, weighing: &Weighing) -> String {
        let (action, rule) = (&weighing.action, weighing.rule());
        format!("Что они говорят о {action}{} (правило {rule}):", on_stage(weighing))
    }

    fn sight(&self, weighing: &Weighing) -> String {
        let (action, rule) = (&weighing.action, weighing.rule());
        format!("Сначала видимость: что они говорят о {action}{} (правила 2.5, {rule}):", on_stage(weighing))
    }

    fn level(&self, level: ScopeSet) -> String {
        let scopes: Vec<&str> = level.scopes().map(scope_name).collect();
        if scopes.is_empty() { "ничего".to_owned() } else { scopes.join(", ") }
    }

    fn kind(&self, weighing: &Weighing, is_detailed: Detail) -> &'static str {
        match is_detailed {
            Detail::Detailed => "детальная запись",
            Detail::Inherited if weighing.stage.is_none() => "уровень элемента",
            Detail::Inherited => "унаследовано",
        }
    }

    fn counts(&self) -> &'static str {
        "учитывается"
    }

    fn hidden_by(&self, roles: &str) -> String {
        format!("перекрыто ролями: {roles}")
    }

    fn no_entries(&self) -> &'static str {
        "записей нет ни у одной роли"
    }

    fn together(&self, level: &str) -> String {
        format!("вместе: {level}")
    }

    fn scope(&self, test: &ScopeTest) -> String {
        let why = match &test.through {
            Through::Department(shared) if test.opens => format!("общее: {}", join(shared, ", ")),
            Through::Department(_) => "общих отделов нет".to_owned(),
            Through::Subdepartments(pairs) if test.opens => {
                let over = |it: &Above| format!("{} выше, чем {}", it.above, it.below);
                pairs.iter().map(over).collect::<Vec<_>>().join(", ")
            }
            Through::Subdepartments(_) => "ни один отдел пользователя не стоит выше".to_owned(),
            Through::Responsible if test.opens => "пользователь и есть ответственный".to_owned(),
            Through::Responsible => "пользователь не ответственный".to_owned(),
            Through::Open if test.opens => "доступно всем".to_owned(),
            Through::Open => "не помечено как доступное всем".to_owned(),
            Through::All
            | Through::PortalAdmin
            | Through::SupportAdmin
            | Through::Demo
            | Through::Observer
            | Through::Team(_)
            | Through::Author
            | Through::Client(_) => "открыто всё".to_owned(),
        };
        format!("{}: {} ({why})", scope_name(test.scope), if test.opens { "да" } else { "нет" })
    }

    fn unmatched(&self) -> &'static str {
        "области не сверяются: ресурса ещё нет (правило 3.10)"
    }

    fn observing(&self, roles: &str) -> String {
        if roles.is_empty() {
            "наблюдатель: да, но никакого чтения этого типа роли не дают (правило 3.9)".to_owned()
        } else {
            format!("наблюдатель: да, и какое-то чтение этого типа дают роли: {roles} (правило 3.9)")
        }
    }

    fn support_role(&self, role: SupportRole) -> String {
        format!("Роль пользователя в техподдержке: {} (правило 4.2)", support_role(role))
    }

    fn side(&self, side: &Side) -> String {
        let whom = match side.kind {
            GroupKind::Team => "ответственный",
            GroupKind::Client => "автор",
        };
        match &side.somebody {
            Some(_) if side.is_himself => format!("{whom}: сам пользователь"),
            Some(somebody) => format!("{whom}: {somebody}"),
            None => format!("{whom}: неизвестен"),
        }
    }

    fn group(&self, GroupRow { group, can_view }: &GroupRow) -> String {
        let flag = if *can_view {
            "у пользователя есть can_view"
        } else {
            "у пользователя нет can_view"
        };
        format!("оба в группе {group}: {flag} (правило 4.1)")
    }

    fn no_groups(&self) -> &'static str {
        "общих групп нет (правило 4.1)"
    }

    fn step(&self, subject: &Named, step: &Step) -> String {
        why_not::step(subject, step)
    }

    fn then(&self) -> &'static str {
        why_not::THEN
    }

    fn effect(&self, effect: Effect) -> String {
        why_not::effect(effect)
    }

    fn allowed_already(&self) -> &'static str {
        why_not::ALLOWED_ALREADY
    }

    fn no_proposals(&self) -> &'static str {
        why_not::NO_PROPOSALS
    }

    fn beyond_rights(&self) -> &'static str {
        why_not::BEYOND_RIGHTS
    }

    fn proposals(&self) -> &'static str {
        why_not::PROPOSALS
    }

    fn tried(&self, why_not: &WhyNot) -> String {
        why_not::tried(why_not)
    }
}

const fn scope_name(scope: Scope) -> &'static str {
    match scope {
        Scope::Own => "свои",
        Scope::Department => "своего отдела",
        Scope::Subdepartments => "подотделов",
        Scope::Open => "доступные всем",
        Scope::All => "все",
    }
}

fn on_stage(weighing: &Weighing) -> String {
    weighing.stage.as_ref().map(|stage| format!(" на стадии {stage}")).unwrap_or_default()
}

const fn support_role(role: SupportRole) -> &'static str {
    match role {
        SupportRole::None => "нет",
        SupportRole::Client => "клиент (client)",
        SupportRole::Staff => "сотрудник (staff)",
        SupportRole::Demo => "демонстрационная (demo)",
        SupportRole::Admin => "администратор (admin)",
    }
}
