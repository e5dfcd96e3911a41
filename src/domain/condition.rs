//! Conditions over a resource's own fields: what a caller can select by in its own database.
//!
//! A condition says only what must be there, never what mustn't: a field without a value satisfies nothing but
//! [`Condition::Absent`]. The constructors keep conditions small and in one order, so that equal rights give equal
//! conditions.

use super::{Id, sorted_set};

/// A field of a resource that holds ids: one, several or none.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum Field {
    /// The stage.
    Stage,
    /// Who is responsible.
    Responsible,
    /// Who created it.
    Author,
    /// The departments that it names itself.
    Departments,
    /// The departments of its responsible, whether or not it names some itself.
    ResponsibleDepartments,
    /// The observers.
    Observers,
}

impl Field {
    /// Every field.
    pub const ALL: [Self; 6] = [
        Self::Stage,
        Self::Responsible,
        Self::Author,
        Self::Departments,
        Self::ResponsibleDepartments,
        Self::Observers,
    ];

    /// The name that callers know it by.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stage => "stage",
            Self::Responsible => "responsible",
            Self::Author => "author",
            Self::Departments => "departments",
            Self::ResponsibleDepartments => "responsible_departments",
            Self::Observers => "observers",
        }
    }

    /// Whether a resource can have several values of it.
    #[must_use]
    pub const fn has_many(self) -> bool {
        match self {
            Self::Stage | Self::Responsible | Self::Author => false,
            Self::Departments | Self::ResponsibleDepartments | Self::Observers => true,
        }
    }
}

/// What must hold of a resource.
///
/// The parts of `All` and `Any` are in order, and none of them is of the same kind as the whole.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Condition {
    /// It is flagged open.
    Open,
    /// It has no value of a field.
    Absent(Field),
    /// One of its values of a field is one of these ids, which are sorted.
    OneOf(Field, Vec<Id>),
    /// One of these conditions holds; without a part, it never does.
    Any(Vec<Self>),
    /// All of these conditions hold; without a part, it always does.
    All(Vec<Self>),
}

impl Condition {
    /// Holds of every resource.
    pub const ALWAYS: Self = Self::All(Vec::new());
    /// Holds of none.
    pub const NEVER: Self = Self::Any(Vec::new());

    /// One of the values of a field is one of these ids; never, where there are none.
    #[must_use]
    pub fn one_of(field: Field, ids: impl IntoIterator<Item = Id>) -> Self {
        let ids = sorted_set(ids.into_iter().collect());
        if ids.is_empty() { Self::NEVER } else { Self::OneOf(field, ids) }
    }

    /// All of these hold.
    #[must_use]
    pub fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut conjuncts = Vec::new();
        for part in parts {
            if let Self::All(parts) = part { conjuncts.extend(parts) } else { conjuncts.push(part) }
        }
        conjuncts.sort_unstable();
        conjuncts.dedup();
        if conjuncts.contains(&Self::NEVER) { Self::NEVER } else { alone_or(conjuncts, Self::All) }
    }

    /// One of these holds. What differs in one list alone is united.
    #[must_use]
    pub fn any(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut disjuncts = Vec::new();
        for part in parts {
            let alternatives = if let Self::Any(parts) = part { parts } else { vec![part] };
            for alternative in alternatives {
                unite_into(&mut disjuncts, alternative);
            }
        }
        disjuncts.sort_unstable();
        alone_or(disjuncts, Self::Any)
    }

    /// The parts that must all hold; a condition that is no `All` is one of itself.
    fn conjuncts(&self) -> &[Self] {
        match self {
            Self::All(parts) => parts,
            Self::Open | Self::Absent(_) | Self::OneOf(..) | Self::Any(_) => std::slice::from_ref(self),
        }
    }
}

/// The only part, or the whole of them.
fn alone_or(mut parts: Vec<Condition>, whole: fn(Vec<Condition>) -> Condition) -> Condition {
    match (parts.pop(), parts.is_empty()) {
        (Some(only), true) => only,
        (last, _) => {
            parts.extend(last);
            whole(parts)
        }
    }
}

/// Adds an alternative, in one with those that it can be one with.
fn unite_into(disjuncts: &mut Vec<Condition>, mut part: Condition) {
    while let Some((at, united)) =
        disjuncts.iter().enumerate().find_map(|(at, other)| Some((at, united(other, &part)?)))
    {
        disjuncts.swap_remove(at);
        part = united;
    }
    disjuncts.push(part);
}

/// The one condition that is as good as either of two: the weaker one, or that in which their lists are joined.
fn united(one: &Condition, other: &Condition) -> Option<Condition> {
    let (ones, others) = (one.conjuncts(), other.conjuncts());
    let mut own = ones.iter().filter(|it| !others.contains(it));
    let mut foreign = others.iter().filter(|it| !ones.contains(it));
    match (own.next(), own.next(), foreign.next(), foreign.next()) {
        (None, _, _, _) => Some(one.clone()),
        (_, _, None, _) => Some(other.clone()),
        (Some(Condition::OneOf(field, a)), None, Some(Condition::OneOf(same, b)), None) if field == same => {
            let common = ones.iter().filter(|it| others.contains(it)).cloned();
            let joined = Condition::one_of(*field, a.iter().chain(b).cloned());
            Some(Condition::all(common.chain([joined])))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(field: Field, ids: &[&str]) -> Condition {
        Condition::one_of(field, ids.iter().map(|id| Id::parse(id).unwrap()))
    }

    #[test]
    fn nothing_of_a_list_is_never_and_no_condition_is_always() {
        assert_eq!(of(Field::Author, &[]), Condition::NEVER);
        assert_eq!(Condition::any([Condition::NEVER, Condition::NEVER]), Condition::NEVER);
        assert_eq!(Condition::all([Condition::ALWAYS]), Condition::ALWAYS);
        assert_eq!(Condition::all([Condition::Open, Condition::NEVER]), Condition::NEVER);
        assert_eq!(Condition::any([Condition::Open, Condition::ALWAYS]), Condition::ALWAYS);
        assert_eq!(Condition::any([Condition::ALWAYS, Condition::Open]), Condition::ALWAYS);
    }

    #[test]
    fn lists_of_one_field_become_one_in_any_order() {
        let (a, b) = (of(Field::Responsible, &["b", "a"]), of(Field::Responsible, &["c", "a"]));
        let joined = of(Field::Responsible, &["a", "b", "c"]);
        assert_eq!(Condition::any([a.clone(), b.clone()]), joined);
        let on = |part: &Condition| Condition::all([of(Field::Stage, &["NEW"]), part.clone()]);
        assert_eq!(Condition::any([on(&a), Condition::Open, on(&b)]), {
            Condition::any([Condition::Open, on(&joined)])
        });
    }

    #[test]
    fn lists_of_two_fields_stay_apart() {
        let parts = [of(Field::Responsible, &["a"]), of(Field::Author, &["a"])];
        let Condition::Any(any) = Condition::any(parts.clone()) else { panic!("two parts") };
        assert_eq!(any, parts);
        let Condition::All(all) = Condition::all([parts[1].clone(), parts[0].clone()]) else { panic!() };
        assert_eq!(all, parts);
    }

    #[test]
    fn the_weaker_of_two_swallows_the_stronger() {
        let own = of(Field::Responsible, &["a"]);
        let narrow = Condition::all([own.clone(), Condition::Open]);
        assert_eq!(Condition::any([narrow.clone(), own.clone()]), own);
        assert_eq!(Condition::any([own.clone(), narrow]), own);
    }

    #[test]
    fn what_was_united_is_united_again() {
        let on = |stage, who| Condition::all([of(Field::Stage, &[stage]), of(Field::Responsible, &[who])]);
        let both = Condition::any([on("NEW", "a"), on("WON", "b"), on("NEW", "b"), on("WON", "a")]);
        let wanted = [of(Field::Stage, &["NEW", "WON"]), of(Field::Responsible, &["a", "b"])];
        assert_eq!(both, Condition::All(wanted.to_vec()));
    }
}
