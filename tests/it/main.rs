//! The integration tests: one binary, against the sources, the contract and a real server.
#![cfg(test)]

mod oracle;
mod property;
mod world;
