//! Kinds and keys as arguments, and keys as JSON.

use serde_json::{Value, json};

use super::verdict::UsageError;
use crate::bundle::{Bundle, Encoding, json_line};
use crate::domain::{Id, Key, Kind, Object};

/// A kind of object, by the name of its list or in the singular.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
#[value(rename_all = "snake_case")]
pub(super) enum KindName {
    /// Kinds of resources
    #[value(alias = "entity_types")]
    EntityType,
    /// Departments
    #[value(alias = "departments")]
    Department,
    /// Users
    #[value(alias = "users")]
    User,
    /// Workgroups
    #[value(alias = "workgroups")]
    Workgroup,
    /// Helpdesk groups
    #[value(alias = "support_groups")]
    SupportGroup,
    /// Roles
    #[value(alias = "roles")]
    Role,
    /// Role bindings
    #[value(alias = "role_bindings")]
    RoleBinding,
    /// Resources
    #[value(alias = "resources")]
    Resource,
}

impl From<KindName> for Kind {
    fn from(name: KindName) -> Self {
        match name {
            KindName::EntityType => Self::EntityType,
            KindName::Department => Self::Department,
            KindName::User => Self::User,
            KindName::Workgroup => Self::Workgroup,
            KindName::SupportGroup => Self::SupportGroup,
            KindName::Role => Self::Role,
            KindName::RoleBinding => Self::RoleBinding,
            KindName::Resource => Self::Resource,
        }
    }
}

/// Which object.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Named {
    /// The kind of object
    kind: KindName,
    /// The key: an id; of an entity type its name; of a resource TYPE and ID; of a role binding its JSON, such as
    /// '{"role": "r1", "subject": {"user": "u1"}}'
    #[arg(required = true, num_args = 1..=2)]
    key: Vec<String>,
}

impl Named {
    /// The object of a kind and key.
    pub(super) fn of(kind: KindName, key: Vec<String>) -> Self {
        Self { kind, key }
    }

    pub(super) fn key(&self) -> Result<Key, UsageError> {
        match (Kind::from(self.kind), self.key.as_slice()) {
            (Kind::Resource, [entity_type, id]) => {
                Ok(Key::Resource { entity_type: parse(entity_type)?, id: parse(id)? })
            }
            (Kind::Resource, _) => Err(UsageError("the key of a resource is TYPE and ID".to_owned())),
            (kind, [text]) => single(kind, text),
            (_, _) => Err(UsageError("only the key of a resource has two parts".to_owned())),
        }
    }
}

fn single(kind: Kind, text: &str) -> Result<Key, UsageError> {
    match kind {
        Kind::EntityType => parse(text).map(Key::EntityType),
        Kind::Department => parse(text).map(Key::Department),
        Kind::User => parse(text).map(Key::User),
        Kind::Workgroup => parse(text).map(Key::Workgroup),
        Kind::SupportGroup => parse(text).map(Key::SupportGroup),
        Kind::Role => parse(text).map(Key::Role),
        Kind::RoleBinding => binding(text),
        Kind::Resource => Err(UsageError("the key of a resource is TYPE and ID".to_owned())),
    }
}

fn parse(text: &str) -> Result<Id, UsageError> {
    Id::parse(text).map_err(|error| UsageError(format!("the key {error}")))
}

/// A role binding is its own key, so it is read as bundles are.
fn binding(text: &str) -> Result<Key, UsageError> {
    let line = format!("{{\"role_bindings\": {text}}}");
    let bundle = Bundle::read("KEY", Encoding::Lines, line.as_bytes());
    let bundle = bundle.map_err(|error| UsageError(error.to_string()))?;
    let object = bundle.into_objects().next();
    object.map(|it| it.key()).ok_or_else(|| UsageError("KEY is no role binding".to_owned()))
}

/// A key as cases have it: `{"users": "u1"}`.
pub(super) fn key_json(key: &Key) -> Value {
    let list = key.kind().list_name();
    match key {
        Key::EntityType(id)
        | Key::Department(id)
        | Key::User(id)
        | Key::Workgroup(id)
        | Key::SupportGroup(id)
        | Key::Role(id) => json!({ list: id.as_str() }),
        Key::RoleBinding(it) => object_json(&Object::RoleBinding(it.clone())),
        Key::Resource { entity_type, id } => {
            json!({ list: { "type": entity_type.as_str(), "id": id.as_str() } })
        }
    }
}

/// An object as a line of a bundle has it: `{"users": {"id": "u1"}}`.
pub(super) fn object_json(object: &Object) -> Value {
    // What is printed as JSON reads as JSON.
    serde_json::from_str(&json_line(object)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(kind: KindName, key: &[&str]) -> Result<Key, UsageError> {
        Named { kind, key: key.iter().map(ToString::to_string).collect() }.key()
    }

    #[test]
    fn a_key_is_as_its_kind_has_it() {
        assert_eq!(named(KindName::User, &["u1"]).unwrap().to_string(), "user u1");
        assert_eq!(named(KindName::Resource, &["deal", "42"]).unwrap().to_string(), "resource deal 42");
        let binding = r#"{"role": "r", "subject": {"department": "d", "include_subdepartments": true}}"#;
        let key = named(KindName::RoleBinding, &[binding]).unwrap();
        assert_eq!(key.to_string(), "binding of role r to department d and those below it");
        assert_eq!(key_json(&key)["role_bindings"]["role"], "r");
    }

    #[test]
    fn a_key_of_another_kind_is_refused() {
        for (kind, key) in [
            (KindName::Resource, ["deal"].as_slice()),
            (KindName::User, &["a", "b"]),
            (KindName::User, &[""]),
            (KindName::RoleBinding, &["u1"]),
        ] {
            assert!(named(kind, key).is_err(), "{kind:?} {key:?}");
        }
    }
}
