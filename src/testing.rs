//! Builders for tests and benchmarks; a plain build never has them.

#![expect(clippy::expect_used, reason = "a test or benchmark that can't be set up has to stop")]

use std::path::PathBuf;
use std::sync::Arc;

use crate::company::Company;
use crate::domain::Note;
use crate::engine::{Engine, Import, ImportMode, Settings};
use crate::store;

/// An engine with a company in it, in a temporary directory that goes away with it.
pub struct Office {
    engine: Arc<Engine>,
    directory: PathBuf,
}

impl Office {
    /// Imports a company into a new store.
    ///
    /// # Panics
    /// If the store can't be made or the company doesn't fit it.
    #[must_use]
    pub fn open(company: &Company) -> Self {
        let office = Self::empty();
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
        runtime.block_on(async {
            let mut import = Import::new(Arc::clone(&office.engine), ImportMode::Chunked, Note::default());
            for object in company.objects() {
                import.push(vec![object]).await.expect("the company fits");
            }
            import.finish().await.expect("the company fits");
        });
        office
    }

    /// An engine with an empty store.
    ///
    /// # Panics
    /// If the store can't be made.
    #[must_use]
    pub fn empty() -> Self {
        let directory =
            std::env::temp_dir().join(format!("dopusk-office-{}-{:x}", std::process::id(), unique()));
        let settings = Settings {
            data: directory.clone(),
            store: store::Settings::default(),
            cached_users_max: 1_000_000,
            memory: Arc::default(),
            verify_ms_per_second: 0,
            is_counting: false,
        };
        Self { engine: Arc::new(Engine::open(&settings).expect("a store can be made")), directory }
    }

    /// The engine.
    #[must_use]
    pub fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        self.engine.close(std::time::Duration::from_secs(10));
        drop(std::fs::remove_dir_all(&self.directory));
    }
}

fn unique() -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
