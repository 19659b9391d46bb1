//! The reconciler beside an operator of the 0.x line, whose Jobs need a Role.

use std::sync::OnceLock;

use neo4jbackup_core::schema::Era;
use serde_json::{Value, json};

use super::place::Place;
use crate::world::{World, await_something};

/// A control plane with the CRDs of operator 0.x, whose webhook looks after accounts and roles.
pub(super) fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| World::ensured(Era::B, "0.5"))
}

#[test]
fn the_role_has_exactly_three_rules_and_is_given_to_the_backup_account() {
    let place = Place::new(world());
    place.apply(&json!({
        "apiVersion": "neo4j.neo4j.com/v1alpha1", "kind": "Neo4jBackup", "metadata": {"name": "nightly"},
        "spec": {"target": {"kind": "Cluster", "name": "prod"},
                 "storage": {"type": "pvc", "pvc": {"name": "backups", "size": "10Gi"}}},
    }));
    let rules = json!([
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]},
        {"apiGroups": [""], "resources": ["pods/exec"], "verbs": ["create"]},
        {"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]},
    ]);
    let is_exact = |role: &Value| role["rules"] == rules;
    place.until("role/neo4j-backup-role", is_exact);
    let binding = place.until("rolebinding/neo4j-backup-rolebinding", |_| true);
    assert_eq!(binding["roleRef"]["name"], "neo4j-backup-role");
    assert_eq!(
        binding["subjects"],
        json!([{"kind": "ServiceAccount", "name": "neo4j-backup-sa", "namespace": place.name}])
    );
    let account = format!("--as=system:serviceaccount:{}:neo4j-backup-sa", place.name);
    // `pods/exec` would mean a pod named `exec` here.
    let may = |verb: &str, resource: &str, part: &str| {
        let part = format!("--subresource={part}");
        place.kubectl(&["auth", "can-i", verb, resource, &part, &account], "")
    };
    for (verb, part) in [("create", "exec"), ("get", ""), ("list", ""), ("get", "log")] {
        // The authorizer learns of a binding a moment after it is stored.
        await_something("the right", || {
            let answer = may(verb, "pods", part);
            if answer.success() {
                Ok(())
            } else {
                Err(format!("{verb} pods/{part}: {answer:?}"))
            }
        });
    }
    assert!(!may("delete", "pods", "").success() && !may("get", "secrets", "").success());
    assert!(!may("get", "pods", "exec").success());
    assert_eq!(
        place.stored("serviceaccount/neo4j-restore-sa"),
        None,
        "no operator of that time knows it"
    );

    // The operator makes these once and never mends them.
    let wider = r#"--patch={"rules":[{"apiGroups":["*"],"resources":["*"],"verbs":["*"]}]}"#;
    place.must(&["patch", "role/neo4j-backup-role", "--type=merge", wider]);
    place.until("role/neo4j-backup-role", is_exact);
    place.must(&["delete", "rolebinding/neo4j-backup-rolebinding"]);
    place.until("rolebinding/neo4j-backup-rolebinding", |_| true);
}
