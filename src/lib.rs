//! Dopusk decides who may see which ticket, and says why.
//!
//! From the bottom up: [`domain`] is the vocabulary, [`sql`] writes its conditions for a caller's database, and
//! [`table`] is the data structure that everything is kept in. [`directory`] is the organisation, [`rights`] what it
//! gives to each user, [`review`] what of that an administrator should look at, [`visibility`] the resources that
//! rights are applied to, [`snapshot`] all of it at one revision, [`difference`] what turns from one to another;
//! [`proposal`] draws changes that would allow what is denied. [`store`] keeps it on disk, [`cache`] the rights that
//! were compiled, [`watch`] the changes that were committed; [`engine`] joins them into use cases, and [`text`] puts
//! explanations into words. [`caller`] is who may call, [`memory`] what the process may take, [`journal`] what is
//! noted of decisions and writes, [`metric`] counts for a monitor, [`api`] speaks gRPC, [`server`] puts everything
//! together. [`bundle`] reads and prints files, [`company`] makes one up. [`client`] asks a server from outside;
//! [`cli`] is the command `dopusk`, set up by [`config`], logging by [`telemetry`].

pub mod domain;
pub mod sql;
pub mod table;

pub mod directory;
pub mod review;
pub mod rights;
pub mod visibility;

pub mod snapshot;

pub mod difference;
pub mod proposal;

pub mod cache;
pub mod store;
pub mod watch;

pub mod engine;

pub mod text;

pub mod bundle;
pub mod company;

pub mod caller;
pub mod journal;
pub mod memory;

pub mod metric;

pub mod api;
pub mod server;

pub mod client;

pub mod config;
pub mod telemetry;

pub mod cli;

#[cfg(feature = "testing")]
pub mod testing;
