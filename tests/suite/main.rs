//! Every suite that needs no cluster, in one binary.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "all of this is test code, the helpers as well"
)]

mod bases;
mod foreign;
mod guides;
mod jsonpath;
mod lately;
mod logs;
mod operators;
mod pages;
mod parity;
mod reads;
mod redaction;
mod registry;
mod report;
mod rules;
mod scaffold;
mod scenarios;
mod schedule;
mod schema_upstream;
mod served;
mod status;
mod support;
mod trimmed;
mod unfinished;
mod upstream;
mod validator;

// The scaffold of `cargo xtask new-rule` is compiled here as it stands. It speaks of the core as `crate`.
#[path = "../../xtask/src/templates/scaffold_rule.rs"]
mod scaffold_rule;

use neo4jbackup_core::rule;
