//! The company that requests are asked about, as the product keeps it and as the oracle does.

use std::sync::Arc;
use std::time::Duration;

use dopusk::api::{
    Context, DecisionApi, DirectoryApi, DirectoryServiceServer, HistoryApi, HistoryServiceServer, PreviewApi,
    PreviewServiceServer, ReviewApi, ReviewServiceServer, Switch, WatchApi, WatchServiceServer, WhyNotApi,
    WhyNotServiceServer,
};
use dopusk::bundle::{Bundle, Encoding};
use dopusk::domain::{Note, Object, Operation};
use dopusk::engine::{Import, ImportMode};
use dopusk::snapshot::Snapshot;
use dopusk::testing::Office;
use tokio::runtime::{Builder, Runtime};
use tonic::service::Routes;

use crate::oracle::Oracle;

const OFFICE: &str = include_str!("../office.yaml");

/// A service without a transport, and the oracle of the same objects.
pub(super) struct Company {
    pub(super) runtime: Runtime,
    pub(super) services: Switch,
    pub(super) oracle: Oracle,
    _stopping: tokio::sync::watch::Sender<bool>,
    _office: Office,
}

/// The objects, in the order of the file.
pub(super) fn objects() -> Vec<Object> {
    Bundle::read("office.yaml", Encoding::Yaml, OFFICE.as_bytes()).unwrap().into_objects().collect()
}

/// The same twice: as a state, and as the oracle's.
pub(super) fn twins() -> (Snapshot, Oracle) {
    let objects = objects();
    let puts: Vec<Operation> = objects.iter().cloned().map(Operation::put).collect();
    (Snapshot::default().apply(&puts).unwrap().snapshot, Oracle::of(&objects))
}

impl Company {
    /// Keeps the company in a store that takes no more writes, so that one input never meets what another one has left.
    pub(super) fn open() -> Self {
        let office = Office::empty();
        let engine = office.engine();
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let objects = objects();
        let (stopping, stop) = tokio::sync::watch::channel(false);
        runtime.block_on(async {
            let mut import = Import::new(Arc::clone(engine), ImportMode::Atomic, Note::default());
            import.push(objects.clone()).await.unwrap();
            import.finish().await.unwrap();
        });
        engine.close(Duration::from_secs(10));
        let context = Context::new(Arc::clone(engine), stop);
        Self {
            runtime,
            services: services(&context),
            oracle: Oracle::of(&objects),
            _stopping: stopping,
            _office: office,
        }
    }
}

fn services(context: &Context) -> Switch {
    let others = Routes::new(DirectoryServiceServer::new(DirectoryApi::new(context.clone())))
        .add_service(HistoryServiceServer::new(HistoryApi::new(context.clone())))
        .add_service(PreviewServiceServer::new(PreviewApi::new(context.clone())))
        .add_service(ReviewServiceServer::new(ReviewApi::new(context.clone())))
        .add_service(WatchServiceServer::new(WatchApi::new(context.clone())))
        .add_service(WhyNotServiceServer::new(WhyNotApi::new(context.clone())));
    Switch::new(DecisionApi::new(context.clone()), others)
}
