//! The emulator against a server that misbehaves in every way that Kubernetes tells apart.

// The helpers are parts of the tests: what they do not find fails the test that asked.
#![allow(clippy::unwrap_used, clippy::panic)]

mod connections;
mod failures;
mod replicas;
mod rounds;
mod server;

use neo4jbackup_emulator::{FailurePolicy, Hook, Review};
use serde_json::json;

fn review() -> Review {
    Review::create(json!({
        "apiVersion": "neo4j.neo4j.com/v1beta1", "kind": "Neo4jBackup",
        "metadata": {"name": "nightly", "namespace": "graph"}, "spec": {"schedule": "0 2 * * *"},
    }))
}

fn failing_closed() -> Hook {
    Hook::validating("rules.example.com", "/validate").timeout_seconds(1)
}

fn failing_open() -> Hook {
    failing_closed().failure_policy(FailurePolicy::Ignore)
}
