//! The integration tests: one binary, against the sources, the contract and a real server.
#![cfg(test)]

mod contract;
mod example;
mod readme;
mod server;
mod tidy;
mod tool;
