//! The calls of the contract: what each does, what it is about, what it takes. A call that isn't in the table is refused
//! to every caller.

/// A call of the contract.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Call {
    /// Its name, such as `Check`.
    pub name: &'static str,
    /// Its path in HTTP.
    pub path: &'static str,
    /// What it does.
    pub nature: Nature,
    /// What it is about.
    pub breadth: Breadth,
    /// What it takes.
    pub weight: Weight,
}

/// What a call does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Nature {
    /// Answers a question.
    Reading,
    /// Tells why, which names roles, groups and people.
    Explaining,
    /// Changes what is kept.
    Writing,
}

/// What a call is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Breadth {
    /// Entity types that the request names: its handler holds them against the caller's.
    Typed,
    /// Everything, whatever the request says: never for a caller who is limited to entity types.
    Whole,
}

/// What a call takes of the server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Weight {
    /// Some microseconds.
    Light,
    /// Up to some milliseconds of a processor: a few at a time, so that light ones aren't held up.
    Heavy,
    /// As long as it lasts: bounded in number by its service.
    Long,
}

/// Every call, the most frequent first.
pub const CALLS: &[Call] = &[
    decision("Check", "/dopusk.v1.DecisionService/Check", Nature::Reading, Weight::Light),
    decision("BatchCheck", "/dopusk.v1.DecisionService/BatchCheck", Nature::Reading, Weight::Heavy),
    decision("ListVisible", "/dopusk.v1.DecisionService/ListVisible", Nature::Reading, Weight::Heavy),
    decision("CountVisible", "/dopusk.v1.DecisionService/CountVisible", Nature::Reading, Weight::Heavy),
    decision("ListActions", "/dopusk.v1.DecisionService/ListActions", Nature::Reading, Weight::Light),
    decision("ListSubjects", "/dopusk.v1.DecisionService/ListSubjects", Nature::Reading, Weight::Heavy),
    decision("ListRecipients", "/dopusk.v1.DecisionService/ListRecipients", Nature::Reading, Weight::Heavy),
    decision("PlanVisible", "/dopusk.v1.DecisionService/PlanVisible", Nature::Reading, Weight::Heavy),
    decision("Explain", "/dopusk.v1.DecisionService/Explain", Nature::Explaining, Weight::Heavy),
    call("Write", "/dopusk.v1.DirectoryService/Write", Nature::Writing, Breadth::Typed, Weight::Light),
    call(
        "GetObject",
        "/dopusk.v1.DirectoryService/GetObject",
        Nature::Reading,
        Breadth::Typed,
        Weight::Light,
    ),
    call(
        "ListObjects",
        "/dopusk.v1.DirectoryService/ListObjects",
        Nature::Reading,
        Breadth::Typed,
        Weight::Heavy,
    ),
    call("Import", "/dopusk.v1.DirectoryService/Import", Nature::Writing, Breadth::Typed, Weight::Long),
    call("Export", "/dopusk.v1.DirectoryService/Export", Nature::Reading, Breadth::Whole, Weight::Long),
    call(
        "ListChanges",
        "/dopusk.v1.HistoryService/ListChanges",
        Nature::Reading,
        Breadth::Whole,
        Weight::Heavy,
    ),
    call(
        "ListConflicts",
        "/dopusk.v1.ReviewService/ListConflicts",
        Nature::Explaining,
        Breadth::Whole,
        Weight::Long,
    ),
    call(
        "ListAdvice",
        "/dopusk.v1.ReviewService/ListAdvice",
        Nature::Explaining,
        Breadth::Whole,
        Weight::Long,
    ),
    call("WhyNot", "/dopusk.v1.WhyNotService/WhyNot", Nature::Explaining, Breadth::Whole, Weight::Long),
    call("Preview", "/dopusk.v1.PreviewService/Preview", Nature::Explaining, Breadth::Whole, Weight::Long),
    call("Watch", "/dopusk.v1.WatchService/Watch", Nature::Reading, Breadth::Whole, Weight::Long),
];

const fn decision(name: &'static str, path: &'static str, nature: Nature, weight: Weight) -> Call {
    Call { name, path, nature, breadth: Breadth::Typed, weight }
}

const fn call(
    name: &'static str,
    path: &'static str,
    nature: Nature,
    breadth: Breadth,
    weight: Weight,
) -> Call {
    Call { name, path, nature, breadth, weight }
}

impl Call {
    /// The call at a path, if the contract has one there.
    #[must_use]
    pub fn at(path: &str) -> Option<&'static Self> {
        CALLS.iter().find(|call| call.path == path)
    }
}

/// A set of calls, a bit each by the place in the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct CallSet(u64);

impl CallSet {
    pub(super) fn of(is_in: impl Fn(&Call) -> bool) -> Self {
        let bits = CALLS.iter().enumerate().filter(|(_, call)| is_in(call));
        Self(bits.fold(0, |set, (at, _)| set | (1 << at)))
    }

    /// Whether the call at a place of the table is in it.
    pub(super) const fn has(self, at: usize) -> bool {
        (self.0 >> at) & 1 == 1
    }
}

// A bit a call.
const _: () = assert!(CALLS.len() <= 64, "a set of calls has 64 bits");
