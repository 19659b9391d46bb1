//! What an operator 0.x has left behind, and what only looks like it.

use kubectl_neo4jbackup::Exit;
use serde_json::json;

use super::place::{OPERATOR, Place, newer, role};

#[test]
fn what_an_old_operator_left_is_removed_when_asked_and_can_be_had_back() {
    let place = Place::complete();
    let diff = place.run(&newer(&["diff"]));
    assert_eq!(diff.exit, Exit::NotGood, "{diff:?}");
    assert!(
        diff.stdout.contains("+++ /dev/null") && diff.stdout.contains("--prune` removes it"),
        "{diff:?}"
    );
    let left = place.run(&newer(&["repair", "--yes"]));
    assert_eq!(left.exit, Exit::NotGood, "{left:?}");
    assert!(place.stored("roles").is_some(), "{left:?}");

    let run = place.run(&newer(&["repair", "--yes", "--prune"]));
    assert_eq!(run.exit, Exit::Good, "{run:?}");
    assert!(
        run.stdout
            .contains("may not get pods, list pods, create pods/exec, get pods/log"),
        "{run:?}"
    );
    assert_eq!((place.stored("roles"), place.stored("rolebindings")), (None, None));
    assert!(place.stored("serviceaccounts").is_some());
    assert!(!place.may("create", "exec"));

    let [file] = place.undo_files().try_into().unwrap();
    let undone = place.answered("yes\n", &["undo", file.to_str().unwrap()]);
    assert_eq!(undone.exit, Exit::Good, "{undone:?}");
    assert_eq!(place.stored("roles").unwrap()["rules"], role()["rules"]);
    assert_eq!(
        place.stored("rolebindings").unwrap()["subjects"],
        place.binding()["subjects"]
    );
}

#[test]
fn rights_that_another_binding_gives_are_told_by_the_proof() {
    let place = Place::complete();
    let rules = json!([{"apiGroups": [""], "resources": ["pods/exec"], "verbs": ["create"]}]);
    place.made_by("test", "roles", &json!({"metadata": {"name": "mine"}, "rules": rules}));
    let mut binding = place.binding();
    binding["metadata"]["name"] = "mine".into();
    binding["roleRef"]["name"] = "mine".into();
    place.made_by("test", "rolebindings", &binding);
    let run = place.run(&newer(&["repair", "--yes", "--prune"]));
    assert_eq!(run.exit, Exit::NotGood, "{run:?}");
    assert!(
        run.stdout.contains("still may create pods/exec") && run.stdout.contains("another binding"),
        "{run:?}"
    );
}

#[test]
fn what_may_be_somebody_elses_stays() {
    let prune = newer(&["repair", "--yes", "--prune"]);

    let written = Place::complete();
    written.edit(
        "roles",
        "kubectl-edit",
        &json!({"metadata": {"labels": {"team": "graph"}}}),
    );
    let run = written.run(&prune);
    assert!(run.stderr.contains("kubectl-edit"), "{run:?}");
    assert!(
        written.stored("roles").is_some() && written.stored("rolebindings").is_none(),
        "{run:?}"
    );

    let wider = Place::complete();
    let rules = json!([{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}]);
    wider.edit("roles", OPERATOR, &json!({"rules": rules}));
    let run = wider.run(&prune);
    assert!(run.stderr.contains("other rights"), "{run:?}");
    assert!(wider.stored("roles").is_some(), "{run:?}");

    let shared = Place::complete();
    let mut binding = shared.binding();
    binding["metadata"]["name"] = "another".into();
    binding["subjects"] = json!([{"kind": "User", "name": "jane", "apiGroup": "rbac.authorization.k8s.io"}]);
    shared.made_by("test", "rolebindings", &binding);
    let run = shared.run(&prune);
    assert!(run.stderr.contains("bound by another"), "{run:?}");
    assert!(shared.stored("roles").is_some(), "{run:?}");

    let by_hand = Place::with_backup(None);
    by_hand.made_by("kubectl-create", "roles", &role());
    let run = by_hand.run(&prune);
    assert!(run.stderr.contains("kubectl-create"), "{run:?}");
    assert!(by_hand.stored("roles").is_some(), "{run:?}");
}

/// Everywhere, also where nobody backs up any more.
#[test]
fn leftovers_are_found_in_all_namespaces() {
    let place = Place::empty();
    place.made_by(OPERATOR, "roles", &role());
    let diff = place.run_everywhere(&newer(&["diff", "-A", "-o", "json"]));
    let report: serde_json::Value = serde_json::from_str(&diff.stdout).unwrap();
    let differences = report["differences"].as_array().unwrap();
    let found = differences.iter().find(|found| found["namespace"] == *place.namespace);
    assert_eq!(found.unwrap()["action"], "remove", "{report:#}");
}
