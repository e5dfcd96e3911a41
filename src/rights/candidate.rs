//! Who comes into question as the subject of an action on one resource: all who may do it, and not many others.
//!
//! Nobody is decided of here. Whoever is left out is one whom no rule could let in, whatever his roles: he stands in
//! no relation to the resource that some role opens. The others are put to the rules one by one.

use std::collections::{BTreeMap, BTreeSet};

use super::crm::role_reads_something;
use super::{Act, Entry, Target};
use crate::directory::{
    ActionKind, DepartmentIndex, Directory, Openness, StageIndex, Taken, UserIndex, UserSet,
};
use crate::domain::{GroupKind, Model, Scope, ScopeSet};

/// Deciding for so many costs about as much as gathering those who see the resource.
const FEW: usize = 256;

/// Who comes into question for an action on an existing resource; some of them may be inactive or not exist.
///
/// Costs as much as there are candidates. The first time after a change of the organisation also a look at all roles
/// and their holders, for a type of the crm model and each action and stage.
#[must_use]
pub fn candidates(directory: &Directory, act: &Act<'_>, target: &Target<'_>) -> UserSet {
    let found = gather(directory, act, target);
    if found.len() <= FEW || act.kind() == ActionKind::Read {
        return found;
    }
    // 2.5: whoever does something to it sees it.
    found.intersection(&gather(directory, &act.sight(), target))
}

fn gather(directory: &Directory, act: &Act<'_>, target: &Target<'_>) -> UserSet {
    let mut found = Gathering { directory, target, users: UserSet::new(directory) };
    found.users.extend(directory.admins());
    match act.node.model() {
        Model::Crm => found.crm(act),
        Model::Support => found.support(act.kind()),
    }
    found.users
}

/// What all roles open for an action on a stage: their entries united for every user, as for a single one.
fn openness(directory: &Directory, act: &Act<'_>, stage: Option<StageIndex>) -> Openness {
    let mut entries: BTreeMap<UserIndex, Entry> = BTreeMap::new();
    let (mut of_everyone, mut scopes) = (Entry::ABSENT, ScopeSet::NONE);
    for role in directory.roles() {
        let entry = Entry::of_role(act, role, stage);
        if !entry.is_present() {
            continue;
        }
        scopes = scopes.union(entry.scopes());
        let mut holders = UserSet::new(directory);
        for binding in directory.bindings_of_role(&role.id) {
            match directory.extend_with_holders(&mut holders, &binding.subject) {
                Taken::Named => {}
                Taken::Everyone => of_everyone = of_everyone.with(entry),
            }
        }
        for user in holders.iter() {
            let united = entries.entry(user).or_insert(Entry::ABSENT);
            *united = united.with(entry);
        }
    }
    let with = |scope| {
        let mut users = UserSet::new(directory);
        let each = directory.users_after(None).map(|(user, _)| user);
        users.extend(each.filter(|user| {
            let own = entries.get(user).copied().unwrap_or(Entry::ABSENT);
            own.with(of_everyone).scopes().has(scope)
        }));
        users
    };
    let lets_observe = directory.roles().any(|role| role_reads_something(act, role));
    Openness { everything: with(Scope::All), flagged: with(Scope::Open), scopes, lets_observe }
}

struct Gathering<'a> {
    directory: &'a Directory,
    target: &'a Target<'a>,
    users: UserSet,
}

impl Gathering<'_> {
    fn crm(&mut self, act: &Act<'_>) {
        let stage = self.target.stage;
        let place = act.node.entry_place(act.action, stage);
        let openness = self.directory.openness(place, || openness(self.directory, act, stage));
        self.users.unite(&openness.everything);
        if self.target.open {
            self.users.unite(&openness.flagged);
        }
        self.near(openness.scopes);
        if act.kind() == ActionKind::Read && openness.lets_observe {
            self.users.extend(self.target.observers.iter().copied());
        }
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

    /// The ticket's sides, and those whom the table lets do it on any ticket (rules 4.1, 4.2).
    fn support(&mut self, action: ActionKind) {
        if action == ActionKind::Read {
            self.users.extend(self.directory.demos());
        }
        self.side(GroupKind::Team, self.target.responsible);
        self.side(GroupKind::Client, self.target.author);
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
