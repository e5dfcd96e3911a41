//! The integration tests: one binary, against the sources, the contract and a real server.
#![cfg(test)]

mod conformance;
mod host;
mod oracle;
mod property;
mod world;
