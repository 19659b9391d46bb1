//! `rbac check` on a real API server: by each of the three ways it finds the same, and what it calls missing is missing.

use std::collections::BTreeSet;

use kubectl_neo4jbackup::Exit;
use neo4jbackup_harness::play;
use neo4jbackup_tests::plugin::Run;
use serde_json::{Value, json};

use super::await_authorizer;
use super::stage::{OPERATOR_NAMESPACE, Stage};

/// An operator 1.19 that lacks a right, and what one of 0.x has left to the account of the Jobs.
pub(super) fn objects(namespace: &str) -> Vec<Value> {
    let version = "rbac.authorization.k8s.io/v1";
    let of_operator = |name: &str| json!({"name": name, "namespace": OPERATOR_NAMESPACE});
    let rule = |group: &str, resources: &[&str], verbs: &[&str]| json!({"apiGroups": [group], "resources": resources, "verbs": verbs});
    let all = ["create", "delete", "get", "list", "patch", "update", "watch"];
    vec![
        json!({"apiVersion": version, "kind": "ClusterRole", "metadata": {"name": "manager"}, "rules": [
            rule("neo4j.neo4j.com", &["*"], &["*"]),
            // No CronJobs.
            rule("batch", &["jobs"], &all),
            rule("", &["serviceaccounts", "persistentvolumeclaims", "secrets", "services", "configmaps"], &all),
            rule("", &["pods", "pods/log"], &["get", "list", "watch", "delete"]),
            rule("", &["events"], &["create", "patch"]),
            rule("apps", &["statefulsets", "deployments"], &all),
            rule("networking.k8s.io", &["networkpolicies"], &all),
            rule("", &["pods/exec"], &["create"]),
        ]}),
        json!({"apiVersion": version, "kind": "ClusterRoleBinding", "metadata": {"name": "manager"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "manager"},
            "subjects": [{"kind": "ServiceAccount", "name": "default", "namespace": OPERATOR_NAMESPACE}]}),
        json!({"apiVersion": version, "kind": "Role", "metadata": of_operator("leader"), "rules": [
            rule("coordination.k8s.io", &["leases"], &all)]}),
        json!({"apiVersion": version, "kind": "RoleBinding", "metadata": of_operator("leader"),
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "leader"},
            "subjects": [{"kind": "ServiceAccount", "name": "default"}]}),
        json!({"apiVersion": version, "kind": "Role", "metadata": {"name": "neo4j-backup-role", "namespace": namespace},
            "rules": [rule("", &["pods"], &["get", "list"]), rule("", &["pods/exec"], &["create"]),
                rule("", &["pods/log"], &["get"])]}),
        json!({"apiVersion": version, "kind": "RoleBinding",
            "metadata": {"name": "neo4j-backup-rolebinding", "namespace": namespace},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "neo4j-backup-role"},
            "subjects": [{"kind": "ServiceAccount", "name": "neo4j-backup-sa", "namespace": namespace}]}),
    ]
}

/// Somebody who has these rules and what it takes to find operators and backups.
pub(super) fn asker(name: &str, rules: &[Value]) -> Vec<Value> {
    let version = "rbac.authorization.k8s.io/v1";
    let list =
        |group: &str, resource: &str| json!({"apiGroups": [group], "resources": [resource], "verbs": ["get", "list"]});
    let mut all = vec![
        list("apps", "deployments"),
        list("neo4j.neo4j.com", "*"),
        list("apiextensions.k8s.io", "customresourcedefinitions"),
        list("", "namespaces"),
    ];
    all.extend_from_slice(rules);
    vec![
        json!({"apiVersion": version, "kind": "ClusterRole", "metadata": {"name": name}, "rules": all}),
        json!({"apiVersion": version, "kind": "ClusterRoleBinding", "metadata": {"name": name},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
            "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": OPERATOR_NAMESPACE}]}),
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": OPERATOR_NAMESPACE}}),
    ]
}

fn report(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"))
}

/// Who lacks what, and who has what beyond his need.
fn findings(report: &Value) -> BTreeSet<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut findings = BTreeSet::new();
    for item in report["items"].as_array().unwrap() {
        for need in item["needs"].as_array().unwrap() {
            if need["state"] == "missing" {
                let [verb, group, resource] = ["verb", "group", "resource"].map(|key| text(&need[key]));
                findings.insert(format!("{} lacks {verb} {resource}.{group}", text(&item["subject"])));
            }
        }
        for left in item["excess"].as_array().unwrap() {
            findings.insert(format!("{} has {}", text(&item["subject"]), text(&left["via"])));
        }
    }
    findings
}

#[test]
#[allow(clippy::too_many_lines, reason = "one story, whose parts compare with each other")]
fn all_three_ways_find_the_same_and_the_report_says_which_it_was() {
    let stage = Stage::set();
    let namespace = stage.namespace.clone();
    let mut client = stage.control_plane().api_client().unwrap();
    play(&mut client, objects(&namespace));
    let reads_roles = json!({"apiGroups": ["rbac.authorization.k8s.io"], "verbs": ["list"],
        "resources": ["roles", "rolebindings", "clusterroles", "clusterrolebindings"]});
    let reviews =
        json!({"apiGroups": ["authorization.k8s.io"], "resources": ["subjectaccessreviews"], "verbs": ["create"]});
    let impersonates =
        json!({"apiGroups": [""], "resources": ["serviceaccounts", "users", "groups"], "verbs": ["impersonate"]});
    for (name, rules) in [
        ("reviewer", vec![reads_roles.clone(), reviews]),
        ("impersonator", vec![reads_roles.clone(), impersonates]),
        ("reader", vec![reads_roles]),
        ("outsider", Vec::new()),
    ] {
        play(&mut client, asker(name, &rules));
    }
    let arguments = [
        "rbac",
        "check",
        "-n",
        &namespace,
        "--for",
        "operator,backup,restore",
        "-o",
        "json",
    ];
    await_authorizer(&mut client, &namespace);
    let whole = stage.run("", &arguments);
    let expected = BTreeSet::from(
        ["create", "delete", "get", "list", "patch", "update", "watch"]
            .map(|verb| format!("operator lacks {verb} cronjobs.batch")),
    );
    let found = findings(&report(&whole));
    let lacking: BTreeSet<String> = found
        .iter()
        .filter(|finding| finding.contains(" lacks "))
        .cloned()
        .collect();
    // The role for the leader has leases, and nothing of what came before them.
    let older = ["configmaps.", "events."];
    let lacking: BTreeSet<String> = lacking
        .into_iter()
        .filter(|one| !older.iter().any(|end| one.ends_with(end)))
        .collect();
    assert_eq!(lacking, expected);
    for rule in 1..=3 {
        let left = format!(
            "backup account has RoleBinding {namespace}/neo4j-backup-rolebinding, Role neo4j-backup-role, rule {rule}"
        );
        assert!(found.contains(&left), "{found:#?}");
    }
    assert!(
        found.contains("operator has ClusterRoleBinding manager, ClusterRole manager, rule 8"),
        "{found:#?}"
    );
    assert_eq!(whole.exit, Exit::NotGood);

    for (name, way) in [
        ("reviewer", "SubjectAccessReview"),
        ("impersonator", "impersonation"),
        ("reader", "roles"),
    ] {
        let token = ["create", "token", name, "-n", OPERATOR_NAMESPACE];
        let token = stage.control_plane().client().must_run(&token, "").unwrap();
        let run = stage.run_with(token.trim(), &arguments);
        let said = report(&run);
        assert_eq!(findings(&said), found, "{name}: {said:#}");
        assert_eq!(run.exit, Exit::NotGood, "{name}: {run:?}");
        for item in said["items"].as_array().unwrap() {
            let expected = if item["needs"].as_array().unwrap().is_empty() {
                None
            } else {
                Some(way)
            };
            assert!(expected.is_none_or(|way| item["answeredBy"] == way), "{name}: {item:#}");
        }
    }
    let token = ["create", "token", "outsider", "-n", OPERATOR_NAMESPACE];
    let token = stage.control_plane().client().must_run(&token, "").unwrap();
    let run = stage.run_with(token.trim(), &arguments);
    let said = report(&run);
    assert_eq!(run.exit, Exit::Incomplete, "{run:?}");
    assert_eq!(said["complete"], false);
    assert_eq!(said["missing"], 0);
    assert!(
        run.stderr
            .contains("not allowed to list clusterroles.rbac.authorization.k8s.io"),
        "{}",
        run.stderr
    );
}

#[test]
fn what_an_operator_0_x_needs_is_no_excess_and_what_it_lacks_is_missing() {
    let stage = Stage::set();
    let namespace = stage.namespace.clone();
    let arguments = [
        "rbac",
        "check",
        "-n",
        &namespace,
        "--for",
        "backup",
        "-o",
        "json",
        "--operator-version",
        "0.9",
    ];
    let lacking = report(&stage.run("", &arguments));
    assert_eq!(lacking["missing"], 4, "{lacking:#}");
    let mut client = stage.control_plane().api_client().unwrap();
    play(&mut client, objects(&namespace));
    await_authorizer(&mut client, &namespace);
    let run = stage.run("", &arguments);
    assert_eq!(run.exit, Exit::Good, "{run:?}");
    let newer = [
        "rbac",
        "check",
        "-n",
        &namespace,
        "--for",
        "backup",
        "--operator-version",
        "1.0",
    ];
    let run = stage.run("", &newer);
    assert_eq!(run.exit, Exit::NotGood);
    assert!(run.stdout.contains("create pods/exec"), "{}", run.stdout);
    let repair = format!("kubectl neo4jbackup rbac repair -n {namespace} --prune");
    let words: Vec<&str> = run.stdout.split_whitespace().collect();
    assert!(words.join(" ").contains(&repair), "{}", run.stdout);
}
