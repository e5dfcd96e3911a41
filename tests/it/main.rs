//! The integration tests: one binary, against the sources, the contract and a real server.
#![cfg(test)]

mod agree;
mod bench;
mod cache;
mod caller;
mod conformance;
mod contract;
mod deploy;
mod errors;
mod example;
mod explain;
mod fsync;
mod history;
mod host;
mod kill;
mod load;
mod log;
mod metrics;
mod oracle;
mod paging;
mod plan;
mod preview;
mod process;
mod property;
mod readme;
mod review;
mod server;
mod stale;
mod tidy;
mod tool;
mod trace;
mod upgrade;
mod verify;
mod watch;
mod why_not;
mod world;
