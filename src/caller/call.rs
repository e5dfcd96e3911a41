//! The calls of the contract as permissions see them. A call that isn't in the table is refused to every caller.

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

/// Every call, the most frequent first.
pub const CALLS: &[Call] = &[
    decision("Check", "/dopusk.v1.DecisionService/Check", Nature::Reading),
    decision("BatchCheck", "/dopusk.v1.DecisionService/BatchCheck", Nature::Reading),
    decision("ListVisible", "/dopusk.v1.DecisionService/ListVisible", Nature::Reading),
    decision("CountVisible", "/dopusk.v1.DecisionService/CountVisible", Nature::Reading),
    decision("ListActions", "/dopusk.v1.DecisionService/ListActions", Nature::Reading),
    decision("ListSubjects", "/dopusk.v1.DecisionService/ListSubjects", Nature::Reading),
    decision("ListRecipients", "/dopusk.v1.DecisionService/ListRecipients", Nature::Reading),
    decision("PlanVisible", "/dopusk.v1.DecisionService/PlanVisible", Nature::Reading),
    decision("Explain", "/dopusk.v1.DecisionService/Explain", Nature::Explaining),
    call("Write", "/dopusk.v1.DirectoryService/Write", Nature::Writing, Breadth::Typed),
    call("GetObject", "/dopusk.v1.DirectoryService/GetObject", Nature::Reading, Breadth::Typed),
    call("ListObjects", "/dopusk.v1.DirectoryService/ListObjects", Nature::Reading, Breadth::Typed),
    call("Import", "/dopusk.v1.DirectoryService/Import", Nature::Writing, Breadth::Typed),
    call("Export", "/dopusk.v1.DirectoryService/Export", Nature::Reading, Breadth::Whole),
    call("ListChanges", "/dopusk.v1.HistoryService/ListChanges", Nature::Reading, Breadth::Whole),
    call("ListConflicts", "/dopusk.v1.ReviewService/ListConflicts", Nature::Explaining, Breadth::Whole),
    call("ListAdvice", "/dopusk.v1.ReviewService/ListAdvice", Nature::Explaining, Breadth::Whole),
    call("WhyNot", "/dopusk.v1.WhyNotService/WhyNot", Nature::Explaining, Breadth::Whole),
    call("Preview", "/dopusk.v1.PreviewService/Preview", Nature::Explaining, Breadth::Whole),
    call("Watch", "/dopusk.v1.WatchService/Watch", Nature::Reading, Breadth::Whole),
];

const fn decision(name: &'static str, path: &'static str, nature: Nature) -> Call {
    Call { name, path, nature, breadth: Breadth::Typed }
}

const fn call(name: &'static str, path: &'static str, nature: Nature, breadth: Breadth) -> Call {
    Call { name, path, nature, breadth }
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
