//! What is missing is made, by whoever may, and proven.

use std::os::unix::fs::PermissionsExt as _;

use kubectl_neo4jbackup::Exit;
use serde_json::{Value, json};

use super::place::{KEY, MINE, OPERATOR, Place, role};

#[test]
fn what_is_missing_is_shown_asked_for_made_and_proven() {
    let place = Place::with_backup(Some(MINE));
    let diff = place.run(&["diff"]);
    assert_eq!(diff.exit, Exit::NotGood, "{diff:?}");
    for part in [
        "--- /dev/null",
        "neo4j-backup-role",
        "neo4j-backup-rolebinding",
        MINE,
        "+  - pods/exec",
    ] {
        assert!(diff.stdout.contains(part), "{part}: {}", diff.stdout);
    }

    let unanswered = place.run(&["repair"]);
    assert_eq!(unanswered.exit, Exit::Refused, "{unanswered:?}");
    assert!(unanswered.stderr.contains("--yes"), "{unanswered:?}");
    let denied = place.answered("n\n", &["repair"]);
    assert_eq!(denied.exit, Exit::NotGood, "{denied:?}");
    let dry = place.answered("y\n", &["repair", "--dry-run"]);
    assert_eq!(dry.exit, Exit::NotGood, "{dry:?}");
    assert_eq!(place.stored("serviceaccounts"), None);
    assert_eq!(place.undo_files(), Vec::<std::path::PathBuf>::new());

    let run = place.answered("y\n", &["repair"]);
    assert_eq!(run.exit, Exit::Good, "{run:?}");
    assert!(run.stderr.contains("Make 3 changes in context"), "{run:?}");
    assert!(
        run.stdout
            .contains("may get pods, list pods, create pods/exec, get pods/log (asked by SubjectAccessReview)"),
        "{run:?}"
    );
    let account = place.stored("serviceaccounts").unwrap();
    assert_eq!(account["metadata"]["annotations"], json!({KEY: MINE}));
    for plural in ["serviceaccounts", "roles", "rolebindings"] {
        let stored = place.stored(plural).unwrap();
        let written = &stored["metadata"]["managedFields"][0];
        assert_eq!(
            (written["manager"].as_str(), written["operation"].as_str()),
            (Some("kubectl-neo4jbackup"), Some("Apply"))
        );
    }
    assert!(place.may("create", "exec") && place.may("list", "") && place.may("get", "log"));
    let [file] = place.undo_files().try_into().unwrap();
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);

    let again = place.run(&["diff"]);
    assert_eq!((again.exit, again.stdout.as_str()), (Exit::Good, ""), "{again:?}");
    let again = place.run(&["repair"]);
    assert_eq!(again.exit, Exit::Good, "{again:?}");
    assert_eq!(place.undo_files().len(), 1);
    let json: Value = serde_json::from_str(&place.run(&["diff", "-o", "json"]).stdout).unwrap();
    assert_eq!(
        (&json["isDifferent"], &json["differences"]),
        (&json!(false), &json!([]))
    );
}

#[test]
fn what_the_operator_has_made_is_no_difference_in_any_order() {
    let place = Place::complete();
    let run = place.run(&["diff"]);
    assert_eq!((run.exit, run.stdout.as_str()), (Exit::Good, ""), "{run:?}");
    let mut rules = role()["rules"].clone();
    rules.as_array_mut().unwrap().reverse();
    place.edit("roles", OPERATOR, &json!({"rules": rules}));
    let more = json!([
        {"kind": "User", "name": "jane", "apiGroup": "rbac.authorization.k8s.io"},
        {"kind": "ServiceAccount", "name": "neo4j-backup-sa", "namespace": place.namespace},
    ]);
    place.edit("rolebindings", OPERATOR, &json!({"subjects": more}));
    let run = place.run(&["diff"]);
    assert_eq!((run.exit, run.stdout.as_str()), (Exit::Good, ""), "{run:?}");
}

#[test]
fn rights_that_somebody_took_away_come_back_and_what_somebody_added_stays() {
    let place = Place::complete();
    let rules = json!([
        {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]},
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]},
    ]);
    place.edit("roles", "kubectl-edit", &json!({"rules": rules}));
    place.edit("rolebindings", "kubectl-edit", &json!({"subjects": null}));
    let run = place.run(&["repair", "--yes"]);
    assert_eq!(run.exit, Exit::Good, "{run:?}");
    let stored = place.stored("roles").unwrap();
    assert_eq!(stored["rules"][0]["resources"], json!(["configmaps"]), "{stored:#}");
    assert!(place.may("create", "exec") && place.may("get", "log"));
    assert_eq!(place.run(&["diff"]).exit, Exit::Good);
}
