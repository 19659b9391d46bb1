//! The webhook on a real API server: `cargo xtask e2e`.
//!
//! Each test runs with the CRDs that the project's schema tables give, and again with the operator's own where those are
//! at hand. What kubectl prints must be the same, so both share their snapshots.

// The helpers are parts of the tests: what they do not find fails the test that asked.
#![allow(clippy::unwrap_used, clippy::panic)]

mod auth;
mod background;
mod certificates;
mod chart;
mod connection;
mod defaults;
mod delivery;
mod doctor;
mod failures;
mod faults;
mod faults_meanwhile;
mod fixtures;
mod foreign_trees;
mod guard;
mod guides;
mod hostile_objects;
mod identity;
mod kubelet;
mod lint_dry_run;
mod listener;
mod live;
mod logs;
mod metrics;
mod mutating_policies;
mod old_operators;
mod operator_writes;
mod pages;
mod plain_cron_jobs;
mod policies;
mod rbac_repair;
mod reader;
mod references;
mod rejections;
mod report;
mod rights;
mod schemas;
mod stored_mistakes;
mod updates;
mod upgrades;
mod wait;
mod webhook_check;
mod workflows;
mod world;
