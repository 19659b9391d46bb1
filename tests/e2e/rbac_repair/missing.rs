//! What is missing is made, by whoever may, and proven.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::sync::Mutex;
use std::sync::mpsc::channel;

use kubectl_neo4jbackup::Exit;
use neo4jbackup_harness::{Fate, Front, workspace_program};
use serde_json::{Value, json};

use crate::background::PATIENCE;

use super::place::{KEY, MINE, OPERATOR, Place, control_plane, rights_of_a_repairer, role, undo_files};

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

/// Whoever has the rights in the namespace can give them, and needs no rights in the cluster.
#[test]
fn who_may_not_ask_what_others_may_is_told_what_the_proof_rests_on() {
    let place = Place::with_backup(None);
    let mut rules = rights_of_a_repairer();
    let given = role()["rules"].as_array().unwrap().clone();
    rules.as_array_mut().unwrap().extend(given);
    place.entitle("ann", &rules);
    let run = place.run(&["repair", "--yes", "--as", "ann", "--operator-version", "0.9"]);
    assert_eq!(run.exit, Exit::Good, "{run:?}");
    assert!(
        run.stdout.contains("you may not create subjectaccessreviews"),
        "{run:?}"
    );
    assert!(place.may("create", "exec"));
}

#[test]
fn a_repair_that_is_killed_between_two_writes_is_finished_by_the_next_one() {
    let place = Place::with_backup(Some(MINE));
    let (reached, is_reached) = channel();
    let (release, released) = channel::<()>();
    let released = Mutex::new(released);
    let front = Front::start(control_plane(), move |path| {
        let is_write = path.contains("/rolebindings/") && path.contains("fieldManager") && !path.contains("dryRun");
        if is_write {
            reached.send(()).unwrap();
            // It is held until the test lets go, and is then lost.
            let _ = released.lock().unwrap().recv();
            return Fate::HungUp;
        }
        Fate::Pass
    })
    .unwrap();
    let kubeconfig = place.folder.path().join("front");
    std::fs::write(&kubeconfig, front.kubeconfig()).unwrap();
    let repair = |arguments: &[&str]| {
        let mut command = Command::new(workspace_program("kubectl-neo4jbackup").unwrap());
        command
            .args(["rbac", "repair", "--yes", "-n", &place.namespace])
            .args(arguments)
            .current_dir(place.folder.path())
            .env("KUBECONFIG", &kubeconfig)
            .stdin(std::process::Stdio::null());
        command
    };
    let mut killed = repair(&[]).spawn().unwrap();
    let reached = is_reached.recv_timeout(PATIENCE);
    killed.kill().unwrap();
    killed.wait().unwrap();
    reached.expect("it has not written so far");
    drop(release);
    assert!(place.stored("serviceaccounts").is_some() && place.stored("roles").is_some());
    assert_eq!(place.stored("rolebindings"), None);
    let [first] = undo_files(place.folder.path()).try_into().unwrap();

    // The same cluster under the same address, and nothing is held any more.
    let front = {
        drop(front);
        Front::start(control_plane(), |_| Fate::Pass).unwrap()
    };
    std::fs::write(&kubeconfig, front.kubeconfig()).unwrap();
    rename_server(&first, &front.kubeconfig());
    let output = repair(&[]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    let name = first.file_name().unwrap().to_str().unwrap();
    assert!(said.contains(&format!("of what {name} was written for, ")), "{said}");
    let (done, open) = said.split_once(" is as that run made it, and ").unwrap();
    assert!(
        done.contains("serviceaccount/neo4j-backup-sa") && done.contains("role/neo4j-backup-role"),
        "{said}"
    );
    assert!(open.contains("rolebinding/neo4j-backup-rolebinding"), "{said}");
    assert!(place.may("create", "exec"));
    assert_eq!(place.run(&["diff"]).exit, Exit::Good);

    // Both together bring back the beginning, the newer one first.
    let [one, other]: [std::path::PathBuf; 2] = undo_files(place.folder.path()).try_into().unwrap();
    for file in [other, one] {
        let undone = place.run(&["undo", "--yes", "--force", file.to_str().unwrap()]);
        assert_eq!(undone.exit, Exit::Good, "{undone:?}");
    }
    for plural in ["serviceaccounts", "roles", "rolebindings"] {
        assert_eq!(place.stored(plural), None);
    }
}

/// A front listens at another port each time.
fn rename_server(file: &std::path::Path, kubeconfig: &str) {
    let config: Value = serde_json::from_str(kubeconfig).unwrap();
    let mut undo: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    undo["server"] = config["clusters"][0]["cluster"]["server"].clone();
    std::fs::write(file, undo.to_string()).unwrap();
}
