//! Who comes into question as the subject of an action on one resource: all who may do it, and not many others.
//!
//! Nobody is decided of here. Whoever is left out is one whom no rule could let in, whatever his roles: he stands in
//! no relation to the resource that some role opens. The others are put to the rules one by one.

use std::collections::BTreeSet;

use super::crm::role_reads_something;
use super::{Act, Entry, Target};
use crate::directory::{ActionKind, DepartmentIndex, Directory, Taken, UserIndex, UserSet};
use crate::domain::{BindingSubject, GroupKind, Model, Scope, ScopeSet};

/// Users who come into question; some of them may be inactive or not exist.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Candidates {
    /// So many that looking for them would cost more than asking everyone.
    Everyone,
    /// These.
    Users(UserSet),
}

impl Candidates {
    /// Those who come into question by both.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Everyone, either) | (either, Self::Everyone) => either,
            (Self::Users(one), Self::Users(other)) => Self::Users(one.intersection(&other)),
        }
    }

    /// Whether they are so few that nothing is won by looking closer.
    fn are_few(&self) -> bool {
        match self {
            Self::Everyone => false,
            Self::Users(users) => users.len() <= FEW,
        }
    }
}

/// Everyone is asked where more than one in so many would be.
const EVERYONE_SHARE: usize = 2;
/// Deciding for so many costs about as much as gathering those who see the resource.
const FEW: usize = 256;

/// Who comes into question for an action on an existing resource.
///
/// Costs a look at every grant of every role for a type of the crm model, and then as much as there are candidates.
#[must_use]
pub fn candidates(directory: &Directory, act: &Act<'_>, target: &Target<'_>) -> Candidates {
    let found = gather(directory, act, target);
    if found.are_few() || act.kind() == ActionKind::Read {
        return found;
    }
    // 2.5: whoever does something to it sees it.
    found.and(gather(directory, &act.sight(), target))
}

fn gather(directory: &Directory, act: &Act<'_>, target: &Target<'_>) -> Candidates {
    let mut found = Gathering { directory, target, users: UserSet::new(directory) };
    found.users.extend(directory.admins());
    match act.node.model() {
        Model::Crm => found.crm(act),
        Model::Support => found.support(act.kind()),
    }
}

struct Gathering<'a> {
    directory: &'a Directory,
    target: &'a Target<'a>,
    users: UserSet,
}

impl Gathering<'_> {
    fn crm(mut self, act: &Act<'_>) -> Candidates {
        let mut given = ScopeSet::NONE;
        let mut wide: BTreeSet<&BindingSubject> = BTreeSet::new();
        let mut observers_read = false;
        for role in self.directory.roles() {
            let scopes = Entry::of_role(act, role, self.target.stage).scopes();
            given = given.union(scopes);
            observers_read |= act.kind() == ActionKind::Read && role_reads_something(act, role);
            if scopes.has(Scope::All) || (self.target.open && scopes.has(Scope::Open)) {
                wide.extend(self.directory.bindings_of_role(&role.id).map(|binding| &binding.subject));
            }
        }
        self.near(given);
        if observers_read {
            self.users.extend(self.target.observers.iter().copied());
        }
        self.with_holders(&wide)
    }

    /// Those to whom a scope opens the resource by their own place, whoever holds the role (rule 3.2).
    fn near(&mut self, given: ScopeSet) {
        let belongs = self.target.departments_in(self.directory);
        if given.has(Scope::Own) {
            self.users.extend(self.target.responsible);
        }
        if given.has(Scope::Department) {
            let members = belongs.iter().flat_map(|department| self.directory.members(*department));
            self.users.extend(members);
        }
        if given.has(Scope::Subdepartments) {
            let above: BTreeSet<DepartmentIndex> =
                belongs.iter().flat_map(|department| self.directory.chain(*department).skip(1)).collect();
            self.users.extend(above.into_iter().flat_map(|department| self.directory.members(department)));
        }
    }

    /// With those who hold a role that opens the resource wherever they are.
    fn with_holders(mut self, subjects: &BTreeSet<&BindingSubject>) -> Candidates {
        let enough = self.directory.user_count() / EVERYONE_SHARE;
        for subject in subjects {
            let taken = self.directory.extend_with_holders(&mut self.users, subject);
            if taken == Taken::Everyone || self.users.len() > enough {
                return Candidates::Everyone;
            }
        }
        Candidates::Users(self.users)
    }

    /// The ticket's sides, and those whom the table lets do it on any ticket (rules 4.1, 4.2).
    fn support(mut self, action: ActionKind) -> Candidates {
        if action == ActionKind::Read {
            self.users.extend(self.directory.demos());
        }
        self.side(GroupKind::Team, self.target.responsible);
        self.side(GroupKind::Client, self.target.author);
        Candidates::Users(self.users)
    }

    /// Somebody, and those to whom a group shows him: the flag is theirs (rule 4.1).
    fn side(&mut self, kind: GroupKind, somebody: Option<UserIndex>) {
        self.users.extend(somebody);
        let groups = somebody.and_then(|user| self.directory.user(user)).map_or(&[][..], |it| it.groups());
        let groups = groups.iter().filter_map(|group| self.directory.group(*group));
        for group in groups.filter(|group| group.kind() == Some(kind)) {
            let viewers = group.members().iter().filter(|(_, flags)| flags.can_view);
            self.users.extend(viewers.map(|(user, _)| *user));
        }
    }
}
