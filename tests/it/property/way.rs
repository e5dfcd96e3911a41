//! Ways are true: each lets the subject in by itself, and without them he is out; roles reach him as it is said.

use std::collections::BTreeSet;
use std::sync::Arc;

use dopusk::directory::{Reach, ReachedRole};
use dopusk::domain::{
    BindingSubject, EntityType, Facts, Id, Named, Role, RoleBinding, Scope, ScopeSet, SupportGroup,
    SupportRole, User,
};
use dopusk::rights::{Act, EffectiveRights, Explanation, Through, Way, explain};
use proptest::prelude::*;

use super::Twins;
use crate::oracle::{Answer, Oracle};
use crate::world::{Dice, Size, random_write, seed};

/// What is asked.
struct Asked<'a> {
    twins: &'a Twins,
    user: &'a Id,
    entity_type: &'a EntityType,
    action: &'a Id,
    facts: &'a Facts,
}

impl Asked<'_> {
    fn answer(&self, oracle: &Oracle, facts: &Facts) -> bool {
        let rights = oracle.rights(self.user);
        oracle.decide(rights.as_ref(), self.entity_type, self.action, Some(facts)) != Answer::Deny
    }

    fn is_allowed_in(&self, oracle: &Oracle) -> bool {
        self.answer(oracle, self.facts)
    }

    /// The world in which the entries that give a way don't.
    fn without_entries(&self, mut world: Oracle, way: &Way) -> Oracle {
        let Some(scope) = scope_of(&way.through) else { return world };
        for reached in &way.roles {
            let mut role = Role::clone(&world.roles[&reached.role.id]);
            let grants = role.grants.iter_mut();
            let mut grants = grants
                .filter(|grant| (&grant.entity_type, &grant.action) == (&self.entity_type.name, self.action));
            let grant = grants.next().unwrap();
            let stage = self.facts.stage.as_ref();
            let named = grant.stages.iter_mut().find(|(name, _)| Some(name) == stage);
            let level = named.map_or(&mut grant.level, |(_, level)| level);
            assert!(level.has(scope), "{way:?} {role:?}");
            *level = level.scopes().filter(|other| *other != scope).collect::<ScopeSet>();
            world.roles.insert(role.id.clone(), Arc::new(role));
        }
        world
    }

    /// Every scope's way is enough, and all of them together are needed.
    fn assert_scopes_true(&self, ways: &[Way]) {
        let scoped: Vec<&Way> = ways.iter().filter(|way| scope_of(&way.through).is_some()).collect();
        let unobserved = Facts { observers: vec![], ..self.facts.clone() };
        let is_read = self.action.as_str() == "read";
        let facts = if is_read { &unobserved } else { self.facts };
        for kept in &scoped {
            let others = scoped.iter().filter(|way| way != &kept);
            let world = others.fold(self.twins.oracle.clone(), |world, way| self.without_entries(world, way));
            assert!(self.answer(&world, facts), "{kept:?} is not enough for {self}");
        }
        let bare =
            scoped.iter().fold(self.twins.oracle.clone(), |world, way| self.without_entries(world, way));
        assert!(!self.answer(&bare, facts), "there is another way than {scoped:?} for {self}");
        let observes = ways.iter().any(|way| way.through == Through::Observer);
        if observes && scoped.is_empty() {
            assert!(self.is_allowed_in(&self.twins.oracle) && !self.answer(&self.twins.oracle, facts));
        }
    }

    /// Without what the ways of a ticket say, he is out; with one of them alone, he is in.
    fn assert_support_true(&self, ways: &[Way]) {
        let mut world = self.twins.oracle.clone();
        let mut facts = self.facts.clone();
        let is_himself = ways.iter().any(|way| matches!(way.through, Through::Responsible | Through::Author));
        for way in ways {
            match &way.through {
                Through::Team(groups) | Through::Client(groups) => blind(&mut world, self.user, groups),
                Through::SupportAdmin | Through::Demo => {
                    let user = User::clone(&world.users[self.user]);
                    let user = User { support_role: SupportRole::None, ..user };
                    world.users.insert(user.id.clone(), Arc::new(user));
                }
                Through::Responsible => facts.responsible = None,
                Through::Author => facts.author = None,
                Through::PortalAdmin
                | Through::Department(_)
                | Through::Subdepartments(_)
                | Through::Open
                | Through::All
                | Through::Observer => panic!("{way:?} for {self}"),
            }
        }
        assert!(!self.answer(&world, &facts), "there is another way than {ways:?} for {self}");
        assert_eq!(self.is_allowed_in(&world), is_himself, "{ways:?} for {self}");
    }
}

impl std::fmt::Display for Asked<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {} {:?}", self.user, self.action, self.entity_type.name, self.facts)
    }
}

const fn scope_of(through: &Through) -> Option<Scope> {
    match through {
        Through::Responsible => Some(Scope::Own),
        Through::Department(_) => Some(Scope::Department),
        Through::Subdepartments(_) => Some(Scope::Subdepartments),
        Through::Open => Some(Scope::Open),
        Through::All => Some(Scope::All),
        Through::PortalAdmin
        | Through::SupportAdmin
        | Through::Demo
        | Through::Observer
        | Through::Team(_)
        | Through::Author
        | Through::Client(_) => None,
    }
}

/// Takes a user's `can_view` in these groups away.
fn blind(world: &mut Oracle, user: &Id, groups: &[Named]) {
    for named in groups {
        let mut group = SupportGroup::clone(&world.groups[&named.id]);
        let row = group.members.iter_mut().find(|member| member.user == *user).unwrap();
        assert!(row.can_view, "{named:?}");
        row.can_view = false;
        world.groups.insert(group.id.clone(), Arc::new(group));
    }
}

/// Departments of a way are the user's and the resource's, one under the other.
fn assert_places_true(asked: &Asked<'_>, way: &Way) {
    let oracle = &asked.twins.oracle;
    let own = oracle.departments_of(asked.user);
    let belongs: BTreeSet<Id> = if asked.facts.departments.is_empty() {
        asked.facts.responsible.iter().flat_map(|it| oracle.departments_of(it)).collect()
    } else {
        asked.facts.departments.iter().cloned().collect()
    };
    if let Through::Department(shared) = &way.through {
        let named: BTreeSet<Id> = shared.iter().map(|it| it.id.clone()).collect();
        assert_eq!(named, own.intersection(&belongs).cloned().collect());
    }
    if let Through::Subdepartments(pairs) = &way.through {
        assert!(!pairs.is_empty());
        for pair in pairs {
            assert!(own.contains(&pair.above.id) && belongs.contains(&pair.below.id), "{pair:?}");
            assert!(oracle.above(&pair.below.id).contains(&pair.above.id), "{pair:?}");
        }
    }
}

fn binding_of(user: &Id, reach: &Reach) -> BindingSubject {
    match reach {
        Reach::User(_) => BindingSubject::User(user.clone()),
        Reach::UserAndManagers(_) => BindingSubject::UserAndManagers(user.clone()),
        Reach::Manager { of, .. } => BindingSubject::UserAndManagers(of.id.clone()),
        Reach::Department(department) => BindingSubject::Department(department.id.clone()),
        Reach::DepartmentTree(path) => BindingSubject::DepartmentTree(path.last().unwrap().id.clone()),
        Reach::Workgroup { workgroup, min_role, .. } => {
            BindingSubject::Workgroup { workgroup: workgroup.id.clone(), min_role: *min_role }
        }
        Reach::Everyone => BindingSubject::Everyone,
    }
}

/// The ways in which a role reaches him are those of the bindings that take him in.
fn assert_reaches_true(oracle: &Oracle, user: &Id, reached: &ReachedRole) {
    let of_role = |it: &&RoleBinding| it.role == reached.role.id && oracle.takes_in(&it.subject, user);
    let wanted: BTreeSet<BindingSubject> =
        oracle.bindings.iter().filter(of_role).map(|it| it.subject.clone()).collect();
    let found: BTreeSet<BindingSubject> = reached.reaches.iter().map(|it| binding_of(user, it)).collect();
    assert_eq!(found, wanted, "{user} {reached:?}");
    for reach in &reached.reaches {
        match reach {
            Reach::Manager { of, path } => {
                assert_path(oracle, &of.id, path);
                let top = &oracle.departments[&path.last().unwrap().id];
                assert!(top.heads.contains(user), "{reach:?}");
            }
            Reach::DepartmentTree(path) => assert_path(oracle, user, path),
            Reach::Department(it) => assert!(oracle.departments_of(user).contains(&it.id)),
            Reach::Workgroup { workgroup, role, min_role } => {
                let members = &oracle.workgroups[&workgroup.id].members;
                assert!(role >= min_role && members.iter().any(|it| (&it.user, it.role) == (user, *role)));
            }
            Reach::User(it) | Reach::UserAndManagers(it) => assert_eq!(&it.id, user),
            Reach::Everyone => {}
        }
    }
}

/// It begins with a department of somebody's and goes up from each to its parent.
fn assert_path(oracle: &Oracle, somebody: &Id, path: &[Named]) {
    assert!(oracle.departments_of(somebody).contains(&path[0].id), "{path:?}");
    for step in path.windows(2) {
        assert_eq!(oracle.departments[&step[0].id].parent.as_ref(), Some(&step[1].id), "{path:?}");
    }
}

fn explained(asked: &Asked<'_>, rights: &EffectiveRights, resource: &Id) -> Explanation {
    let snapshot = &asked.twins.snapshot;
    let (index, node) = snapshot.directory().catalog().find(asked.entity_type.name.as_str()).unwrap();
    let action = node.action(asked.action.as_str()).unwrap();
    let row = snapshot.resources(index).get(resource.as_str()).unwrap();
    explain(snapshot.directory(), rights, &Act { entity_type: index, node, action }, &row.target())
}

fn assert_ways_true(twins: &Twins, user: &Id, dice: &mut Dice) {
    let oracle = &twins.oracle;
    let directory = twins.snapshot.directory();
    let (index, _) = directory.find_user(user.as_str()).unwrap();
    let rights = EffectiveRights::compile(directory, index).unwrap();
    for reached in directory.reached_roles(index) {
        assert_reaches_true(oracle, user, &reached);
    }
    let is_creation = |action: &Id| matches!(action.as_str(), "add" | "import");
    for resource in oracle.resources.values().filter(|_| dice.percent(30)) {
        let entity_type = &oracle.types[&resource.entity_type];
        for action in entity_type.actions.iter().filter(|action| !is_creation(action)) {
            let asked = Asked { twins, user, entity_type, action, facts: &resource.facts };
            let ways = explained(&asked, &rights, &resource.id).ways();
            assert_eq!(!ways.is_empty(), asked.is_allowed_in(oracle), "{ways:?} {asked}");
            for way in &ways {
                assert_places_true(&asked, way);
            }
            match ways.first().map(|way| &way.through) {
                None | Some(Through::PortalAdmin) => {}
                Some(_) if entity_type.model == dopusk::domain::Model::Crm => asked.assert_scopes_true(&ways),
                Some(_) => asked.assert_support_true(&ways),
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_way_is_enough_and_all_together_are_needed(seed in seed()) {
        let dice = &mut Dice::new(seed);
        let mut twins = Twins::random(dice, Size::SMALL);
        for _ in 0..3 {
            let users: Vec<Id> = twins.oracle.users.keys().cloned().collect();
            for user in users {
                assert_ways_true(&twins, &user, dice);
            }
            let operations = random_write(dice, &twins.oracle);
            twins.write(&operations);
        }
    }
}

#[test]
fn every_kind_of_way_is_met_in_random_worlds() {
    let mut met: BTreeSet<String> = BTreeSet::new();
    for seed in 0..12 {
        let twins = Twins::random(&mut Dice::new(seed), Size::SMALL);
        let directory = twins.snapshot.directory();
        for (index, user) in directory.users_after(None) {
            let rights = EffectiveRights::compile(directory, index).unwrap();
            for resource in twins.oracle.resources.values() {
                let entity_type = &twins.oracle.types[&resource.entity_type];
                let action = &Id::parse("read").unwrap();
                let (twins, user) = (&twins, &user.id);
                let asked = Asked { twins, user, entity_type, action, facts: &resource.facts };
                let ways = explained(&asked, &rights, &resource.id).ways();
                met.extend(ways.iter().map(|way| kind(&way.through)));
            }
        }
    }
    assert_eq!(met.len(), 12, "{met:?}");
}

fn kind(through: &Through) -> String {
    let text = format!("{through:?}");
    text.split('(').next().unwrap_or_default().to_owned()
}
