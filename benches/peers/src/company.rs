//! A company as the comparison needs it: read from a bundle in JSON Lines, nothing checked, nothing indexed.
//!
//! Kinds and fields that a `read` on a crm type does not look at are passed over.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Deserialize;

/// The action that is compared.
pub const READ: &str = "read";

#[derive(Default)]
pub struct Company {
    pub types: BTreeMap<String, EntityType>,
    pub departments: BTreeMap<String, Department>,
    pub users: BTreeMap<String, User>,
    pub workgroups: BTreeMap<String, Workgroup>,
    pub roles: BTreeMap<String, Role>,
    pub bindings: Vec<Binding>,
    /// By type and id.
    pub resources: BTreeMap<(String, String), Resource>,
}

#[derive(Deserialize)]
pub struct EntityType {
    name: String,
    model: String,
    #[serde(default)]
    pub stages: Vec<String>,
}

#[derive(Deserialize)]
pub struct Department {
    id: String,
    #[serde(default)]
    pub parent: Option<String>,
    #[serde(default)]
    pub heads: BTreeSet<String>,
}

#[derive(Deserialize)]
pub struct User {
    id: String,
    #[serde(default)]
    pub departments: BTreeSet<String>,
    #[serde(default = "yes")]
    pub active: bool,
    #[serde(default)]
    pub admin: bool,
}

#[derive(Deserialize)]
pub struct Workgroup {
    id: String,
    #[serde(default)]
    pub members: Vec<Member>,
}

#[derive(Deserialize)]
pub struct Member {
    pub user: String,
    #[serde(default)]
    pub role: Standing,
}

#[derive(Clone, Copy, Default, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    #[default]
    Member,
    Moderator,
    Owner,
}

impl Standing {
    /// All that this standing includes, itself too.
    pub fn included(self) -> impl Iterator<Item = Self> {
        [Self::Member, Self::Moderator, Self::Owner].into_iter().filter(move |standing| *standing <= self)
    }
}

#[derive(Deserialize)]
pub struct Role {
    id: String,
    #[serde(default)]
    grants: Vec<Grant>,
}

impl Role {
    /// What the role gives for reading a type, if it says anything about it.
    pub fn reading(&self, entity_type: &str) -> Option<&Grant> {
        self.grants.iter().find(|grant| grant.action == READ && grant.entity_type == entity_type)
    }
}

#[derive(Deserialize)]
pub struct Grant {
    entity_type: String,
    action: String,
    #[serde(default)]
    pub level: Level,
    #[serde(default)]
    pub stages: BTreeMap<String, Level>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    #[serde(rename = "self")]
    Own,
    Department,
    Subdepartments,
    Open,
    All,
}

impl Scope {
    pub const EVERY: [Self; 5] = [Self::Own, Self::Department, Self::Subdepartments, Self::Open, Self::All];

    pub fn name(self) -> &'static str {
        match self {
            Self::Own => "self",
            Self::Department => "department",
            Self::Subdepartments => "subdepartments",
            Self::Open => "open",
            Self::All => "all",
        }
    }
}

/// A set of scopes, written by its name or as a list.
#[derive(Default, Deserialize)]
#[serde(from = "WrittenLevel")]
pub struct Level(pub BTreeSet<Scope>);

#[derive(Deserialize)]
#[serde(untagged)]
enum WrittenLevel {
    Scopes(BTreeSet<Scope>),
    Name(LevelName),
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum LevelName {
    None,
    #[serde(rename = "self")]
    Own,
    Department,
    Subdepartments,
    Open,
    All,
}

impl From<WrittenLevel> for Level {
    fn from(written: WrittenLevel) -> Self {
        let name = match written {
            WrittenLevel::Scopes(scopes) => return Self(scopes),
            WrittenLevel::Name(name) => name,
        };
        let scopes = match name {
            LevelName::None => &Scope::EVERY[..0],
            LevelName::Own => &Scope::EVERY[..1],
            LevelName::Department => &Scope::EVERY[..2],
            LevelName::Subdepartments => &Scope::EVERY[..3],
            LevelName::Open => &Scope::EVERY[..4],
            LevelName::All => &Scope::EVERY[4..],
        };
        Self(scopes.iter().copied().collect())
    }
}

#[derive(Deserialize)]
pub struct Binding {
    pub role: String,
    pub subject: Subject,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub enum Subject {
    User {
        user: String,
        #[serde(default)]
        include_managers: bool,
    },
    Department {
        department: String,
        #[serde(default)]
        include_subdepartments: bool,
    },
    Workgroup {
        workgroup: String,
        #[serde(default)]
        min_role: Standing,
    },
    Everyone {
        #[serde(rename = "everyone")]
        _everyone: bool,
    },
}

#[derive(Deserialize)]
pub struct Resource {
    #[serde(rename = "type")]
    entity_type: String,
    id: String,
    #[serde(default)]
    pub responsible: Option<String>,
    #[serde(default)]
    pub departments: BTreeSet<String>,
    #[serde(default)]
    pub stage: Option<String>,
    #[serde(default)]
    pub open: bool,
    #[serde(default)]
    pub observers: BTreeSet<String>,
}

/// One line of a bundle.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    EntityTypes(EntityType),
    Departments(Department),
    Users(User),
    Workgroups(Workgroup),
    SupportGroups(serde::de::IgnoredAny),
    Roles(Role),
    RoleBindings(Binding),
    Resources(Resource),
}

fn yes() -> bool {
    true
}

impl Company {
    /// Reads a bundle in JSON Lines.
    pub fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
        let mut company = Self::default();
        for (number, line) in (1..).zip(text.lines()) {
            let line = serde_json::from_str(line).with_context(|| format!("{}:{number}", path.display()))?;
            company.take(line);
        }
        company.keep_crm_types();
        Ok(company)
    }

    fn take(&mut self, line: Line) {
        match line {
            Line::EntityTypes(item) => drop(self.types.insert(item.name.clone(), item)),
            Line::Departments(item) => drop(self.departments.insert(item.id.clone(), item)),
            Line::Users(item) => drop(self.users.insert(item.id.clone(), item)),
            Line::Workgroups(item) => drop(self.workgroups.insert(item.id.clone(), item)),
            Line::SupportGroups(_) => {}
            Line::Roles(item) => drop(self.roles.insert(item.id.clone(), item)),
            Line::RoleBindings(item) => self.bindings.push(item),
            Line::Resources(item) => {
                self.resources.insert((item.entity_type.clone(), item.id.clone()), item);
            }
        }
    }

    /// Leaves the helpdesk out: the peers' model is that of roles.
    fn keep_crm_types(&mut self) {
        self.types.retain(|_, entity_type| entity_type.model == "crm");
        let types = &self.types;
        self.resources.retain(|(entity_type, _), _| types.contains_key(entity_type));
    }
}
