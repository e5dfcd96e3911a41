//! Cedar in process, driven by data: one policy whatever the company, everything else is entities.
//!
//! Cedar's own hierarchy finds the roles: a user is in the members of his departments, these in the tree of the
//! department, trees and members in the roles that are bound to them. A role is in a cell for each scope that it
//! opens at a stage, and in `Detailed` of each stage that it names. A resource is in its departments on one side, and
//! under all that are above them on the other. Managers and standings are sets that the loader spells out.

use std::collections::{HashMap, HashSet};

use anyhow::{Context as _, Result, anyhow};
use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid, PolicySet, Request,
    RestrictedExpression,
};

use crate::company::{Company, Grant, READ, Scope, Standing, Subject};
use crate::oracle::{Oracle, with_managers};
use crate::peer::InProcess;
use crate::question::Question;

pub struct Cedar {
    authorizer: Authorizer,
    policies: PolicySet,
    entities: Entities,
    requests: Vec<Request>,
}

impl Cedar {
    pub fn new(oracle: &Oracle<'_>, questions: &[Question<'_>]) -> Result<Self> {
        let mut graph = Graph::default();
        graph.add_directory(oracle.company);
        graph.add_bindings(oracle.company);
        graph.add_levels(oracle.company);
        graph.add_resources(oracle);
        let requests = questions.iter().map(request).collect::<Result<_>>()?;
        let policies = policy().parse().context("parsing Cedar's policy")?;
        Ok(Self { authorizer: Authorizer::new(), policies, entities: graph.finish()?, requests })
    }
}

impl InProcess for Cedar {
    fn may_read(&self, at: usize) -> Result<bool> {
        let request = self.requests.get(at).context("no such question")?;
        let answer = self.authorizer.is_authorized(request, &self.policies, &self.entities);
        match answer.diagnostics().errors().next() {
            Some(error) => Err(anyhow!("{error}")),
            None => Ok(answer.decision() == Decision::Allow),
        }
    }
}

fn request(question: &Question<'_>) -> Result<Request> {
    let resource = resource_uid(question.entity_type, question.id);
    let principal = uid("User", question.user);
    Ok(Request::new(principal, uid("Action", READ), resource, Context::empty(), None)?)
}

/// The conflict rule as one condition: where the user has a detailed entry, those count, otherwise the inherited.
fn policy() -> String {
    let [detailed, inherited] = ["detailed", "inherited"].map(|kind| {
        let opened = Scope::EVERY.map(|scope| {
            format!("(principal in resource.stage.{kind}_{} && {})", scope.name(), scope_condition(scope))
        });
        opened.join(" || ")
    });
    format!(
        "permit(principal, action == Action::\"{READ}\", resource) when {{\n  \
         if principal in resource.stage.detailed then {detailed} else {inherited}\n}};\n"
    )
}

fn scope_condition(scope: Scope) -> &'static str {
    match scope {
        Scope::Own => "resource has responsible && resource.responsible == principal",
        Scope::Department => "resource in principal.own",
        Scope::Subdepartments => "resource in principal.under",
        Scope::Open => "resource.open",
        Scope::All => "true",
    }
}

/// Entities while they are put together.
#[derive(Default)]
struct Graph {
    parents: HashMap<EntityUid, HashSet<EntityUid>>,
    attributes: HashMap<EntityUid, HashMap<String, RestrictedExpression>>,
}

impl Graph {
    fn put_in(&mut self, child: EntityUid, parent: EntityUid) {
        self.parents.entry(child).or_default().insert(parent);
    }

    fn set(&mut self, entity: &EntityUid, name: &str, value: RestrictedExpression) {
        self.attributes.entry(entity.clone()).or_default().insert(name.to_owned(), value);
    }

    fn add_directory(&mut self, company: &Company) {
        for (id, department) in &company.departments {
            self.put_in(uid("Members", id), uid("Tree", id));
            if let Some(parent) = &department.parent {
                self.put_in(uid("Tree", id), uid("Tree", parent));
                self.put_in(uid("Under", id), uid("Under", parent));
            }
        }
        for (id, user) in &company.users {
            let entity = uid("User", id);
            for department in &user.departments {
                self.put_in(entity.clone(), uid("Members", department));
            }
            if user.active {
                self.put_in(entity.clone(), uid("Everyone", "all"));
            }
            for (name, kind) in [("own", "Own"), ("under", "Under")] {
                self.set(&entity, name, set(user.departments.iter().map(|department| uid(kind, department))));
            }
        }
        for (id, group) in &company.workgroups {
            for member in &group.members {
                for standing in member.role.included() {
                    self.put_in(uid("User", &member.user), standing_uid(id, standing));
                }
            }
        }
    }

    fn add_bindings(&mut self, company: &Company) {
        for binding in &company.bindings {
            let role = uid("Role", &binding.role);
            let subject = match &binding.subject {
                Subject::User { user, include_managers: false } => uid("User", user),
                Subject::User { user, include_managers: true } => {
                    for manager in with_managers(company, user) {
                        self.put_in(uid("User", manager), uid("Managers", user));
                    }
                    uid("Managers", user)
                }
                Subject::Department { department, include_subdepartments: false } => {
                    uid("Members", department)
                }
                Subject::Department { department, include_subdepartments: true } => uid("Tree", department),
                Subject::Workgroup { workgroup, min_role } => standing_uid(workgroup, *min_role),
                Subject::Everyone { .. } => uid("Everyone", "all"),
            };
            self.put_in(subject, role);
        }
    }

    fn add_levels(&mut self, company: &Company) {
        for (name, entity_type) in &company.types {
            for stage in entity_type.stages.iter().map(String::as_str).chain([""]) {
                self.add_stage(name, stage);
            }
            for (id, role) in &company.roles {
                if let Some(grant) = role.reading(name) {
                    self.add_grant(&uid("Role", id), name, grant);
                }
            }
        }
    }

    fn add_stage(&mut self, entity_type: &str, stage: &str) {
        let entity = stage_uid(entity_type, stage);
        let detailed = detailed_uid(entity_type, stage);
        self.set(&entity, "detailed", RestrictedExpression::new_entity_uid(detailed));
        for scope in Scope::EVERY {
            for (kind, stage) in [("detailed", Some(stage)), ("inherited", None)] {
                let cell = RestrictedExpression::new_entity_uid(cell_uid(entity_type, stage, scope));
                self.set(&entity, &format!("{kind}_{}", scope.name()), cell);
            }
        }
    }

    fn add_grant(&mut self, role: &EntityUid, entity_type: &str, grant: &Grant) {
        for scope in &grant.level.0 {
            self.put_in(role.clone(), cell_uid(entity_type, None, *scope));
        }
        for (stage, level) in &grant.stages {
            self.put_in(role.clone(), detailed_uid(entity_type, stage));
            for scope in &level.0 {
                self.put_in(role.clone(), cell_uid(entity_type, Some(stage), *scope));
            }
        }
    }

    fn add_resources(&mut self, oracle: &Oracle<'_>) {
        for ((entity_type, id), resource) in &oracle.company.resources {
            let entity = resource_uid(entity_type, id);
            for department in oracle.resource_departments(resource) {
                self.put_in(entity.clone(), uid("Own", department));
                let parent =
                    oracle.company.departments.get(department).and_then(|found| found.parent.as_deref());
                if let Some(parent) = parent {
                    self.put_in(entity.clone(), uid("Under", parent));
                }
            }
            if let Some(responsible) = &resource.responsible {
                let responsible = uid("User", responsible);
                self.set(&entity, "responsible", RestrictedExpression::new_entity_uid(responsible));
            }
            self.set(&entity, "open", RestrictedExpression::new_bool(resource.open));
            let stage = stage_uid(entity_type, resource.stage.as_deref().unwrap_or_default());
            self.set(&entity, "stage", RestrictedExpression::new_entity_uid(stage));
        }
    }

    fn finish(mut self) -> Result<Entities> {
        let named: HashSet<EntityUid> = self.parents.keys().chain(self.attributes.keys()).cloned().collect();
        let entities = named.into_iter().map(|uid| {
            let attributes = self.attributes.remove(&uid).unwrap_or_default();
            let parents = self.parents.remove(&uid).unwrap_or_default();
            Entity::new(uid, attributes, parents).map_err(anyhow::Error::from)
        });
        let entities = entities.collect::<Result<Vec<_>>>()?;
        Ok(Entities::from_entities(entities, None)?)
    }
}

fn set(members: impl Iterator<Item = EntityUid>) -> RestrictedExpression {
    RestrictedExpression::new_set(members.map(RestrictedExpression::new_entity_uid))
}

fn uid(kind: &'static str, id: &str) -> EntityUid {
    let kind: EntityTypeName = kind.parse().expect("the kinds of this file are names");
    EntityUid::from_type_name_and_id(kind, EntityId::new(id))
}

fn resource_uid(entity_type: &str, id: &str) -> EntityUid {
    uid("Resource", &format!("{entity_type}/{id}"))
}

fn stage_uid(entity_type: &str, stage: &str) -> EntityUid {
    uid("Stage", &format!("{entity_type}/{stage}"))
}

fn detailed_uid(entity_type: &str, stage: &str) -> EntityUid {
    uid("Detailed", &format!("{entity_type}/{stage}"))
}

/// Whoever is in it has the scope at the stage; without a stage, by an element level.
fn cell_uid(entity_type: &str, stage: Option<&str>, scope: Scope) -> EntityUid {
    let kind = if stage.is_some() { "Cell" } else { "Element" };
    uid(kind, &format!("{entity_type}/{}/{}", stage.unwrap_or_default(), scope.name()))
}

fn standing_uid(workgroup: &str, standing: Standing) -> EntityUid {
    let kind = match standing {
        Standing::Member => "WorkgroupMember",
        Standing::Moderator => "WorkgroupModerator",
        Standing::Owner => "WorkgroupOwner",
    };
    uid(kind, workgroup)
}
