//! stub
#![allow(missing_docs, unused, clippy::all, clippy::pedantic)]
use crate::domain::*;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
#[derive(Clone, Debug, Default)]
pub struct Settings {}
pub struct Store;
#[derive(Debug, thiserror::Error)]
#[error("")]
pub struct OpenError;
#[derive(Debug, thiserror::Error)]
#[error("")]
pub struct LoadError;
#[derive(Debug, thiserror::Error)]
#[error("")]
pub struct CommitError;
#[derive(Debug, thiserror::Error)]
#[error("")]
pub enum LogError {
    #[error("")]
    NotKept { oldest: Revision },
    #[error("")]
    Other,
}
impl From<LogError> for CommitError {
    fn from(_: LogError) -> Self {
        Self
    }
}
impl Store {
    pub fn open(_: &Path, _: &Settings) -> Result<Self, OpenError> {
        Ok(Self)
    }
    pub fn id(&self) -> u64 {
        0
    }
    pub fn revision(&self) -> Revision {
        Revision::ZERO
    }
    pub fn load(&self, each: &mut dyn FnMut(Object)) -> Result<(), LoadError> {
        Ok(())
    }
    pub fn commit(&self, s: &[Arc<ChangeSet>]) -> Result<(), CommitError> {
        Ok(())
    }
    pub fn changes_after(&self, r: Revision, n: usize) -> Result<Vec<ChangeSet>, LogError> {
        Ok(vec![])
    }
    pub fn revision_of_request(&self, id: &Id) -> Result<Option<Revision>, LogError> {
        Ok(None)
    }
    pub fn size_bytes(&self) -> Result<u64, LogError> {
        Ok(0)
    }
    pub fn close(&self) {}
}
