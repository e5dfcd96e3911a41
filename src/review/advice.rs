//! Advice: what of roles, bindings and groups invites conflicts, or is of no use (rule 5.6).
//!
//! Each kind is a search of its own over the same gathering of users. A finding names what it is about, whom it meets,
//! and where there is one obvious change, that change; nothing here says what would come of it.

mod binding;
mod department;
mod entry;
mod team;

use std::cmp::Reverse;
use std::sync::Arc;

use super::crowd::Crowd;
use crate::directory::{Directory, UserIndex};
use crate::domain::{Id, Named, Operation, RoleBinding};

/// What is advised, in the order in which it is told.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum AdviceKind {
    /// Nobody's roles open anything on a stage.
    StageUnread,
    /// Members of a department may read and none of them may update.
    DepartmentWithoutUpdater,
    /// Somebody's departments give him roles that conflict.
    DepartmentsConflict,
    /// A role is bound to a department with those below it.
    SubdepartmentsIncluded,
    /// A role is bound to somebody and his managers.
    ManagersIncluded,
    /// A department has no role while departments directly below it have.
    DepartmentWithoutRoles,
    /// Few people have rights on a type, by way of groups.
    SmallTeam,
    /// A stage's entry is equal to its role's element level.
    EntryAsElement,
    /// An entry is hidden for everybody who holds its role.
    EntryNeverCounts,
    /// A grant reaches a large part of all users.
    BroadGrant,
    /// Nobody holds a role.
    RoleUnheld,
    /// All whom a binding takes in have its role by others.
    BindingIdle,
    /// Nobody in a helpdesk group has `can_view`.
    GroupWithoutViewer,
}

impl AdviceKind {
    /// Every kind.
    pub const EACH: [Self; 13] = [
        Self::StageUnread,
        Self::DepartmentWithoutUpdater,
        Self::DepartmentsConflict,
        Self::SubdepartmentsIncluded,
        Self::ManagersIncluded,
        Self::DepartmentWithoutRoles,
        Self::SmallTeam,
        Self::EntryAsElement,
        Self::EntryNeverCounts,
        Self::BroadGrant,
        Self::RoleUnheld,
        Self::BindingIdle,
        Self::GroupWithoutViewer,
    ];

    /// The numbers of the rules that it goes by.
    #[must_use]
    pub const fn rules(self) -> &'static [&'static str] {
        match self {
            Self::SmallTeam => &["5.6", "3.4"],
            Self::DepartmentsConflict | Self::EntryNeverCounts => &["5.6", "3.5"],
            Self::EntryAsElement => &["5.6", "3.7"],
            Self::SubdepartmentsIncluded
            | Self::ManagersIncluded
            | Self::DepartmentWithoutRoles
            | Self::BindingIdle
            | Self::RoleUnheld => &["5.6", "3.3"],
            Self::StageUnread | Self::DepartmentWithoutUpdater | Self::BroadGrant => &["5.6", "3.1"],
            Self::GroupWithoutViewer => &["5.6", "4.1"],
        }
    }
}

/// From where on something is worth a finding.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Thresholds {
    /// The most people of a small team.
    pub team_people_max: usize,
    /// A grant is broad that reaches more than so many in a hundred active users.
    pub broad_percent: usize,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { team_people_max: 10, broad_percent: 50 }
    }
}

/// Something that a finding is about.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum About {
    /// A department.
    Department(Named),
    /// A role.
    Role(Named),
    /// A helpdesk group.
    SupportGroup(Named),
    /// An entity type.
    EntityType(Id),
    /// A stage of a type; none where the type has no stages.
    Stage {
        /// The type.
        entity_type: Id,
        /// The stage.
        stage: Option<Id>,
    },
    /// What a role grants for an action.
    Grant {
        /// The role.
        role: Named,
        /// The type.
        entity_type: Id,
        /// The action.
        action: Id,
        /// The stages whose entries are meant; none where the whole grant is.
        stages: Vec<Id>,
    },
    /// A binding.
    Binding {
        /// The binding.
        binding: RoleBinding,
        /// Its role.
        role: Named,
        /// Its user, department or workgroup; none where that is everyone.
        subject: Option<Named>,
    },
}

/// One finding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Advice {
    /// What is advised.
    pub kind: AdviceKind,
    /// What it is about, the first of it above all.
    pub about: Vec<About>,
    /// Whom it meets, in order of ids.
    pub people: Arc<[UserIndex]>,
    /// The obvious change as one write; empty where there is none.
    pub change: Vec<Operation>,
}

impl Advice {
    fn new(kind: AdviceKind, about: Vec<About>) -> Self {
        Self { kind, about, people: Arc::default(), change: Vec::new() }
    }

    fn meeting(self, people: Arc<[UserIndex]>) -> Self {
        Self { people, ..self }
    }

    fn changing(self, change: Vec<Operation>) -> Self {
        Self { change, ..self }
    }
}

/// All findings: by kind, then those that meet more people.
///
/// Costs what finding conflicts costs, and a look at whom each binding takes in.
#[must_use]
pub fn advice(directory: &Directory, thresholds: Thresholds) -> Vec<Advice> {
    let crowd = Crowd::gather(directory, directory.users_after(None).map(|(user, _)| user));
    let mut found = binding::findings(&crowd);
    found.extend(department::findings(&crowd));
    found.extend(entry::findings(&crowd, thresholds));
    found.extend(team::findings(&crowd, thresholds));
    found.sort_by(|a, b| {
        let key = |it: &Advice| (it.kind, Reverse(it.people.len()));
        key(a).cmp(&key(b)).then_with(|| a.about.cmp(&b.about))
    });
    found
}

impl Crowd<'_> {
    fn role(&self, place: usize) -> Option<About> {
        self.roles.get(place).map(|role| About::Role(named(role)))
    }

    fn binding(&self, binding: &RoleBinding) -> Option<About> {
        let role = named(self.directory.role(&binding.role)?);
        let subject = self.directory.named_subject(&binding.subject);
        Some(About::Binding { binding: binding.clone(), role, subject })
    }
}

fn named(role: &crate::domain::Role) -> Named {
    Named { id: role.id.clone(), name: role.name.clone() }
}
