//! The reconciler beside an operator of the 0.x line, whose Jobs need rights: with the account and the rights of the chart.

use std::sync::OnceLock;

use neo4jbackup_harness::await_something;
use serde_json::{Value, json};

use super::place::{Place, metric};
use crate::chart::helm::{FULL_NAME, NAMESPACE};
use crate::world::World;

/// A control plane with the CRDs of operator 0.x and the chart, whose webhook looks after accounts and roles.
pub(super) fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(World::legacy)
}

#[test]
fn the_backup_account_gets_exactly_three_rights_from_one_who_does_not_have_them() {
    let place = Place::new(world());
    place.apply(&backup());
    let binding = place.until("rolebinding/neo4j-backup-rolebinding", |_| true);
    let account = json!([{"kind": "ServiceAccount", "name": "neo4j-backup-sa", "namespace": place.name}]);
    assert_eq!(
        binding["roleRef"],
        json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "neo4jbackup-legacy-jobs"})
    );
    assert_eq!(binding["subjects"], account);
    let jobs = format!("system:serviceaccount:{}:neo4j-backup-sa", place.name);
    for (verb, part) in [("create", "exec"), ("get", ""), ("list", ""), ("get", "log")] {
        // The authorizer learns of a binding a moment after it is stored.
        await_something("the right", || {
            if may(&place, &jobs, verb, "pods", part) {
                Ok(())
            } else {
                Err(format!("{verb} pods/{part}"))
            }
        });
    }
    assert!(!may(&place, &jobs, "delete", "pods", "") && !may(&place, &jobs, "get", "secrets", ""));
    assert!(!may(&place, &jobs, "get", "pods", "exec"));

    let webhook = format!("system:serviceaccount:{NAMESPACE}:{FULL_NAME}");
    let in_system = Place::existing(world(), "kube-system");
    for elsewhere in [&place, &in_system] {
        for (verb, part) in [("create", "exec"), ("get", "log"), ("list", "")] {
            assert!(
                !may(elsewhere, &webhook, verb, "pods", part),
                "{verb} pods/{part} in {}",
                elsewhere.name
            );
        }
        assert!(!may(
            elsewhere,
            &webhook,
            "create",
            "roles.rbac.authorization.k8s.io",
            ""
        ));
        assert!(!may(
            elsewhere,
            &webhook,
            "escalate",
            "roles.rbac.authorization.k8s.io",
            ""
        ));
    }
    assert_eq!(
        place.stored("serviceaccount/neo4j-restore-sa"),
        None,
        "no operator of that time knows it"
    );
    assert_eq!(place.stored("role/neo4j-backup-role"), None);

    // The operator makes it once and never fixes it.
    place.must(&["delete", "rolebinding/neo4j-backup-rolebinding"]);
    place.until("rolebinding/neo4j-backup-rolebinding", |_| true);
    let nobody = r#"--patch={"subjects":[]}"#;
    place.must(&["patch", "rolebinding/neo4j-backup-rolebinding", "--type=merge", nobody]);
    place.until("rolebinding/neo4j-backup-rolebinding", |mended| {
        mended["subjects"] == account
    });
    assert_eq!(
        metric(&world().webhook, "rbac_applies_total", &["result=\"forbidden\""]),
        0
    );
}

/// What the operator has made itself is left as it is while it is right, and said to be wrong when it is not.
#[test]
fn a_role_of_the_operator_that_gives_more_is_reported() {
    let place = Place::new(world());
    let standing = || metric(&world().webhook, "rbac_standing", &["reason=\"binding_elsewhere\""]);
    let api = "rbac.authorization.k8s.io/v1";
    let rules = json!([
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]},
        {"apiGroups": [""], "resources": ["pods/exec"], "verbs": ["create"]},
        {"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]},
    ]);
    let metadata = |name: &str| json!({"name": name});
    place.apply(&json!({"apiVersion": api, "kind": "Role", "metadata": metadata("neo4j-backup-role"), "rules": rules}));
    place.apply(&json!({
        "apiVersion": api, "kind": "RoleBinding", "metadata": metadata("neo4j-backup-rolebinding"),
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "neo4j-backup-role"},
        "subjects": [{"kind": "ServiceAccount", "name": "neo4j-backup-sa", "namespace": place.name}],
    }));
    let before = place.stored("rolebinding/neo4j-backup-rolebinding").unwrap();
    place.apply(&backup());
    place.until("serviceaccount/neo4j-backup-sa", |_| true);
    assert_eq!(standing(), 0);

    let wider = r#"--patch={"rules":[{"apiGroups":["*"],"resources":["*"],"verbs":["*"]}]}"#;
    place.must(&["patch", "role/neo4j-backup-role", "--type=merge", wider]);
    await_something("the report", || match standing() {
        0 => Err(world().webhook.last_log_lines()),
        count => Ok(count),
    });
    let kept = place.stored("rolebinding/neo4j-backup-rolebinding").unwrap();
    assert_eq!(
        kept["metadata"]["resourceVersion"],
        before["metadata"]["resourceVersion"]
    );

    // What the log and the page say to do.
    place.must(&[
        "delete",
        "rolebinding/neo4j-backup-rolebinding",
        "role/neo4j-backup-role",
    ]);
    place.until("rolebinding/neo4j-backup-rolebinding", |made| {
        made["roleRef"]["name"] == "neo4jbackup-legacy-jobs"
    });
    await_something("the end of the report", || match standing() {
        0 => Ok(()),
        count => Err(count.to_string()),
    });
}

fn backup() -> Value {
    json!({
        "apiVersion": "neo4j.neo4j.com/v1alpha1", "kind": "Neo4jBackup", "metadata": {"name": "nightly"},
        "spec": {"target": {"kind": "Cluster", "name": "prod"},
                 "storage": {"type": "pvc", "pvc": {"name": "backups", "size": "10Gi"}}},
    })
}

/// `pods/exec` would mean a pod named `exec` here.
fn may(place: &Place, account: &str, verb: &str, resource: &str, part: &str) -> bool {
    let part = format!("--subresource={part}");
    let account = format!("--as={account}");
    place
        .kubectl(&["auth", "can-i", verb, resource, &part, &account])
        .success()
}
