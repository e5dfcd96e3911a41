//! The record of a role. A role binding has none: its key says it all.

use crate::domain::{Grant, Id, Role, ScopeSet};

use super::{RecordError, id};

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct RoleRecord {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(message, repeated, tag = "2")]
    grants: Vec<GrantRecord>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct GrantRecord {
    #[prost(string, tag = "1")]
    entity_type: String,
    #[prost(string, tag = "2")]
    action: String,
    #[prost(uint32, tag = "3")]
    level: u32,
    #[prost(message, repeated, tag = "4")]
    stages: Vec<StageRecord>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct StageRecord {
    #[prost(string, tag = "1")]
    stage: String,
    #[prost(uint32, tag = "2")]
    level: u32,
}

impl From<&Role> for RoleRecord {
    fn from(it: &Role) -> Self {
        Self { name: it.name.clone(), grants: it.grants.iter().map(GrantRecord::from).collect() }
    }
}

impl RoleRecord {
    pub(super) fn into_role(self, id: Id) -> Result<Role, RecordError> {
        let grants = self.grants.into_iter().map(GrantRecord::into_grant);
        Ok(Role { id, name: self.name, grants: grants.collect::<Result<_, _>>()? })
    }
}

impl From<&Grant> for GrantRecord {
    fn from(it: &Grant) -> Self {
        let stages = it.stages.iter();
        Self {
            entity_type: it.entity_type.to_string(),
            action: it.action.to_string(),
            level: it.level.to_bits().into(),
            stages: stages
                .map(|(stage, level)| StageRecord { stage: stage.to_string(), level: level.to_bits().into() })
                .collect(),
        }
    }
}

impl GrantRecord {
    fn into_grant(self) -> Result<Grant, RecordError> {
        let stages = self.stages.into_iter().map(StageRecord::into_entry);
        let mut stages = stages.collect::<Result<Vec<_>, _>>()?;
        stages.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        Ok(Grant {
            entity_type: id("entity_type", &self.entity_type)?,
            action: id("action", &self.action)?,
            level: level(self.level)?,
            stages,
        })
    }
}

impl StageRecord {
    fn into_entry(self) -> Result<(Id, ScopeSet), RecordError> {
        Ok((id("stage", &self.stage)?, level(self.level)?))
    }
}

/// A level that this version does not know must not become a lower one unseen.
fn level(bits: u32) -> Result<ScopeSet, RecordError> {
    let level = u8::try_from(bits).map(ScopeSet::from_bits).ok();
    level
        .filter(|level| u32::from(level.to_bits()) == bits)
        .ok_or(RecordError::Code { set: "level", found: bits })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_with_an_unknown_scope_is_refused() {
        assert_eq!(level(0b1_1111).unwrap().to_bits(), 0b1_1111);
        assert!(level(0b10_0001).is_err());
        assert!(level(0x101).is_err());
    }
}
