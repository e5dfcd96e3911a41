//! What is answered: decisions with their reasons, and recipients of news.

use std::fmt;

use super::id::Id;

/// Whether an action is allowed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effect {
    /// It is.
    Allow,
    /// It isn't.
    Deny,
}

/// Which rule decided. The numbers are those of the specification.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Reason {
    /// 2.1: no such user.
    UnknownSubject,
    /// 2.1: the user is inactive.
    InactiveSubject,
    /// 2.2: no such resource.
    UnknownResource,
    /// 2.3: a portal administrator.
    PortalAdmin,
    /// 2.5: the action needs `read` too.
    NoSight,
    /// 3.5: no role of his grants this.
    NoGrant,
    /// 3.5: a detailed entry opens it.
    DetailedEntry,
    /// 3.5, 3.6: an inherited entry opens it.
    InheritedEntry,
    /// 3.5: detailed entries count, and none opens it.
    DetailedEntryClosed,
    /// 3.5, 3.6: inherited entries count, and none opens it.
    InheritedEntryClosed,
    /// 3.9: an observer with some right to read the type.
    Observer,
    /// 3.10: the level is exactly self, and another responsible is named.
    ResponsibleIsAnother,
    /// 4.2: his support role is admin.
    SupportAdmin,
    /// 4.1, 4.2: the responsible is he, or of a team group that shows him.
    Team,
    /// 4.1, 4.2: the author is he, or of a client group that shows him.
    Client,
    /// 4.2: his support role is demo.
    Demo,
    /// 4.2: his support role may create tickets.
    SupportRole,
    /// 4.2: his support role never does this.
    SupportRoleClosed,
    /// 4.1 to 4.3: the ticket is out of his reach.
    OutOfReach,
}

impl Effect {
    /// Its name in answers and in the decision log.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
        }
    }
}

impl Reason {
    /// Every reason.
    pub const EACH: [Self; 19] = [
        Self::UnknownSubject,
        Self::InactiveSubject,
        Self::UnknownResource,
        Self::PortalAdmin,
        Self::NoSight,
        Self::NoGrant,
        Self::DetailedEntry,
        Self::InheritedEntry,
        Self::DetailedEntryClosed,
        Self::InheritedEntryClosed,
        Self::Observer,
        Self::ResponsibleIsAnother,
        Self::SupportAdmin,
        Self::Team,
        Self::Client,
        Self::Demo,
        Self::SupportRole,
        Self::SupportRoleClosed,
        Self::OutOfReach,
    ];

    /// Its name in answers and in the decision log.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnknownSubject => "unknown_subject",
            Self::InactiveSubject => "inactive_subject",
            Self::UnknownResource => "unknown_resource",
            Self::PortalAdmin => "portal_admin",
            Self::NoSight => "no_sight",
            Self::NoGrant => "no_grant",
            Self::DetailedEntry => "detailed_entry",
            Self::InheritedEntry => "inherited_entry",
            Self::DetailedEntryClosed => "detailed_entry_closed",
            Self::InheritedEntryClosed => "inherited_entry_closed",
            Self::Observer => "observer",
            Self::ResponsibleIsAnother => "responsible_is_another",
            Self::SupportAdmin => "support_admin",
            Self::Team => "team",
            Self::Client => "client",
            Self::Demo => "demo",
            Self::SupportRole => "support_role",
            Self::SupportRoleClosed => "support_role_closed",
            Self::OutOfReach => "out_of_reach",
        }
    }

    /// The numbers of the rules behind it.
    #[must_use]
    pub const fn rules(self) -> &'static [&'static str] {
        match self {
            Self::UnknownSubject | Self::InactiveSubject => &["2.1"],
            Self::UnknownResource => &["2.2"],
            Self::PortalAdmin => &["2.3"],
            Self::NoSight => &["2.5"],
            Self::NoGrant
            | Self::DetailedEntry
            | Self::InheritedEntry
            | Self::DetailedEntryClosed
            | Self::InheritedEntryClosed => &["3.5"],
            Self::Observer => &["3.9"],
            Self::ResponsibleIsAnother => &["3.10"],
            Self::Team | Self::Client => &["4.1", "4.2"],
            Self::SupportAdmin | Self::Demo | Self::SupportRole | Self::SupportRoleClosed => &["4.2"],
            Self::OutOfReach => &["4.1", "4.2", "4.3"],
        }
    }
}

/// What the caller must see to when it acts on an allow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Obligation {
    /// 3.10: the new resource's responsible must be the subject.
    ResponsibleIsSubject,
}

impl Obligation {
    /// Its name in answers and in the decision log.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ResponsibleIsSubject => "responsible_is_subject",
        }
    }
}

/// The answer to a question.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Decision {
    /// Allow or deny.
    pub effect: Effect,
    /// Which rule decided.
    pub reason: Reason,
    /// What the caller must see to.
    pub obligation: Option<Obligation>,
}

impl Decision {
    /// An allow without an obligation.
    #[must_use]
    pub const fn allow(reason: Reason) -> Self {
        Self { effect: Effect::Allow, reason, obligation: None }
    }

    /// A denial.
    #[must_use]
    pub const fn deny(reason: Reason) -> Self {
        Self { effect: Effect::Deny, reason, obligation: None }
    }

    /// Whether the action is allowed.
    #[must_use]
    pub const fn is_allow(&self) -> bool {
        matches!(self.effect, Effect::Allow)
    }
}

/// Something that an answer names: by its id, and by the name that people see, which may be empty.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct Named {
    /// The id.
    pub id: Id,
    /// The name that people see.
    pub name: String,
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.is_empty() { write!(f, "{}", self.id) } else { write!(f, "{} ({})", self.name, self.id) }
    }
}

/// What a ticket's news tells of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NewsEvent {
    /// It was created.
    Created,
    /// It was updated.
    Updated,
}

/// One who is to be told a ticket's news.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recipient {
    /// The user.
    pub user: Id,
    /// Whether he may read the ticket.
    pub can_read: bool,
}
