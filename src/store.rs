//! stub
#![allow(missing_docs, unused, clippy::all, clippy::pedantic)]
use crate::domain::*;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
#[derive(Clone, Debug, Default)]
pub struct Settings {
    pub cache_bytes: u64,
    pub retention: Retention,
}
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
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Retention {
    pub revisions_max: u64,
    pub age_max: Duration,
}
impl Default for Retention {
    fn default() -> Self {
        Self { revisions_max: 1_000_000, age_max: Duration::from_secs(30 * 86_400) }
    }
}
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Restored {
    pub id: u64,
    pub revision: Revision,
    pub objects: u64,
}
#[derive(Debug, thiserror::Error)]
#[error("stub")]
pub struct RestoreError;
pub fn restore(_: impl std::io::Read, _: &Path, _: &Settings) -> Result<Restored, RestoreError> {
    Err(RestoreError)
}
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LoadSummary {
    pub revision: Revision,
    pub objects: u64,
}
pub mod backup {
    use crate::domain::*;
    use std::io::Write;
    #[derive(Debug, thiserror::Error)]
    #[error("stub")]
    pub struct WriteError;
    impl From<std::io::Error> for WriteError {
        fn from(_: std::io::Error) -> Self {
            Self
        }
    }
    #[derive(Debug, thiserror::Error)]
    #[error("stub")]
    pub struct SaveError;
    pub struct Writer<W>(W);
    impl<W: Write> Writer<W> {
        pub fn new(out: W, _: Revision) -> Result<Self, WriteError> {
            Ok(Self(out))
        }
        pub fn object(&mut self, _: &Object) -> Result<(), WriteError> {
            Ok(())
        }
        pub fn finish(self) -> Result<W, WriteError> {
            Ok(self.0)
        }
    }
    pub fn save<W: Write>(_: &super::Store, _: W) -> Result<(W, super::LoadSummary), SaveError> {
        Err(SaveError)
    }
}
