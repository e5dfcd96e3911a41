//! Casbin in process: roles with domains, the entity type being the domain; levels are the caller's business.
//!
//! A policy says which role opens which scope of a type at a stage. The caller computes which scopes the resource is
//! in and sends them. The conflict rule is the order of the policies, of which the first that fits decides: what a
//! detailed entry opens; then a denial for each detailed entry; then what is inherited.

use anyhow::{Context as _, Result};
use casbin::function_map::{OperatorFunction, dynamic_to_str};
use casbin::{CoreApi as _, DefaultModel, Enforcer, MemoryAdapter, MgmtApi as _};
use tokio::runtime::Runtime;

use crate::company::{Company, READ, Scope};
use crate::oracle::Oracle;
use crate::peer::InProcess;
use crate::question::Question;

const MODEL: &str = "
[request_definition]
r = sub, dom, stage, scopes, act

[policy_definition]
p = sub, dom, stage, scope, act, eft

[role_definition]
g = _, _, _

[policy_effect]
e = priority(p.eft) || deny

[matchers]
m = r.dom == p.dom && (p.stage == r.stage || p.stage == '*') && isIn(p.scope, r.scopes) && r.act == p.act && g(r.sub, p.sub, r.dom)
";

/// The scope of a policy that asks for none; in every request.
const ANY: char = 'x';

pub struct Casbin {
    enforcer: Enforcer,
    requests: Vec<[String; 5]>,
}

impl Casbin {
    pub fn new(oracle: &Oracle<'_>, questions: &[Question<'_>], runtime: &Runtime) -> Result<Self> {
        let requests = questions.iter().map(|question| request(oracle, question)).collect();
        let enforcer = runtime.block_on(enforcer(oracle))?;
        Ok(Self { enforcer, requests })
    }
}

impl InProcess for Casbin {
    fn may_read(&self, at: usize) -> Result<bool> {
        let [subject, domain, stage, scopes, action] = self.requests.get(at).context("no such question")?;
        Ok(self.enforcer.enforce((subject, domain, stage, scopes, action))?)
    }
}

async fn enforcer(oracle: &Oracle<'_>) -> Result<Enforcer> {
    let model = DefaultModel::from_str(MODEL).await?;
    let mut enforcer = Enforcer::new(model, MemoryAdapter::default()).await?;
    let is_in = OperatorFunction::Arg2(|scope, scopes| {
        dynamic_to_str(&scopes).contains(&*dynamic_to_str(&scope)).into()
    });
    enforcer.add_function("isIn", is_in);
    enforcer.add_policies(policies(oracle.company)).await?;
    enforcer.add_grouping_policies(groupings(oracle)).await?;
    Ok(enforcer)
}

/// Detailed entries, what they close, and inherited ones, in this order.
fn policies(company: &Company) -> Vec<Vec<String>> {
    let (mut detailed, mut closed, mut inherited) = (Vec::new(), Vec::new(), Vec::new());
    for entity_type in company.types.keys() {
        for (role, found) in &company.roles {
            let Some(grant) = found.reading(entity_type) else { continue };
            let row = |stage: &str, scope: char, effect: &str| {
                [role, entity_type, stage, &scope.to_string(), READ, effect].map(ToOwned::to_owned).to_vec()
            };
            inherited.extend(grant.level.0.iter().map(|scope| row("*", letter(*scope), "allow")));
            for (stage, level) in &grant.stages {
                detailed.extend(level.0.iter().map(|scope| row(stage, letter(*scope), "allow")));
                closed.push(row(stage, ANY, "deny"));
            }
        }
    }
    [detailed, closed, inherited].concat()
}

/// Each user in each of his roles, in every domain that the role says something about.
fn groupings(oracle: &Oracle<'_>) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for user in oracle.company.users.keys() {
        for role in oracle.roles_of(user) {
            let Some(found) = oracle.company.roles.get(role) else { continue };
            let domains = oracle.company.types.keys().filter(|name| found.reading(name).is_some());
            rows.extend(domains.map(|domain| vec![user.clone(), role.to_owned(), domain.clone()]));
        }
    }
    rows
}

fn request(oracle: &Oracle<'_>, question: &Question<'_>) -> [String; 5] {
    let stage = question.resource.stage.clone().unwrap_or_default();
    let scopes =
        oracle.scopes(question.user, question.resource).into_iter().map(letter).chain([ANY]).collect();
    [question.user.to_owned(), question.entity_type.to_owned(), stage, scopes, READ.to_owned()]
}

fn letter(scope: Scope) -> char {
    match scope {
        Scope::Own => 's',
        Scope::Department => 'd',
        Scope::Subdepartments => 'b',
        Scope::Open => 'o',
        Scope::All => 'a',
    }
}
