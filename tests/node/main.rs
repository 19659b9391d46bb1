//! The chart on a cluster with a node: pods that run, a Service that leads to them, and calls while they come and go.
//!
//! `cargo xtask test` runs this where a node can run, and says so where it cannot. By hand: `cargo xtask image --debug`,
//! then `cargo test --package neo4jbackup-tests --features node --test node`.

// The helpers are parts of the tests: what they do not find fails the test that asked.
#![allow(clippy::unwrap_used, clippy::panic)]

mod certificates;
mod cluster;
mod diagnoses;
mod drills;
mod flood;
mod host_network;
mod installation;
mod load;
mod probe;
mod release;
mod rollouts;
mod switches;
