//! A repair that is killed between two writes is finished by the next one, and both together can be taken back.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;

use kubectl_neo4jbackup::Exit;
use neo4jbackup_harness::{Fate, Front, workspace_program};
use serde_json::Value;

use super::place::{MINE, Place, control_plane, role, undo_files};
use crate::background::PATIENCE;

const MADE: &str = " is as that run made it, and ";

/// Starts a repair, and kills it when it is about to make a change for which `is_held` says yes. Returns its undo file.
fn kill(place: &Place, arguments: &[&str], is_held: impl Fn(&str, &str) -> bool + Send + Sync + 'static) -> PathBuf {
    let (reached, is_reached) = channel();
    let (release, released) = channel::<()>();
    let released = Mutex::new(released);
    let front = Front::start_by_method(control_plane(), move |method, path| {
        if is_held(method.as_str(), path) {
            reached.send(()).unwrap();
            // It is held until the test lets go, and is then lost.
            let _ = released.lock().unwrap().recv();
            return Fate::HungUp;
        }
        Fate::Pass
    })
    .unwrap();
    let mut killed = repair(place, &front, arguments).spawn().unwrap();
    let reached = is_reached.recv_timeout(PATIENCE);
    // SIGKILL.
    killed.kill().unwrap();
    killed.wait().unwrap();
    reached.expect("it has not written so far");
    drop(release);
    let [file] = undo_files(place.folder.path()).try_into().unwrap();
    file
}

/// The same command again, for the same cluster, when nothing is held any more.
fn again(place: &Place, file: &Path, arguments: &[&str]) -> Output {
    let front = Front::start(control_plane(), |_| Fate::Pass).unwrap();
    // A front listens at another port each time.
    let config: Value = serde_json::from_str(&front.kubeconfig()).unwrap();
    let mut undo: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    undo["server"] = config["clusters"][0]["cluster"]["server"].clone();
    std::fs::write(file, undo.to_string()).unwrap();
    repair(place, &front, arguments).output().unwrap()
}

fn repair(place: &Place, front: &Front, arguments: &[&str]) -> Command {
    let kubeconfig = place.folder.path().join("front");
    std::fs::write(&kubeconfig, front.kubeconfig()).unwrap();
    let mut command = Command::new(workspace_program("kubectl-neo4jbackup").unwrap());
    command
        .args(["rbac", "repair", "--yes", "-n", &place.namespace])
        .args(arguments)
        .current_dir(place.folder.path())
        .env("KUBECONFIG", kubeconfig)
        .stdin(Stdio::null());
    command
}

/// What the second run says of the first: what is done, and what was open.
fn said_of(output: &Output, file: &Path) -> (String, String) {
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    let name = file.file_name().unwrap().to_str().unwrap();
    let (_, said) = said
        .split_once(&format!("of what {name} was written for, "))
        .unwrap_or_else(|| panic!("{said}"));
    let (done, open) = said.split_once(MADE).unwrap_or_else(|| panic!("{said}"));
    (done.to_owned(), open.to_owned())
}

/// Both undo files together bring back the beginning, the newer one first.
fn undo_both(place: &Place) {
    let [one, other]: [PathBuf; 2] = undo_files(place.folder.path()).try_into().unwrap();
    for file in [other, one] {
        let undone = place.run(&["undo", "--yes", "--force", file.to_str().unwrap()]);
        assert_eq!(undone.exit, Exit::Good, "{undone:?}");
    }
}

#[test]
fn one_that_makes_things() {
    let place = Place::with_backup(Some(MINE));
    let first = kill(&place, &[], |_, path| {
        path.contains("/rolebindings/") && path.contains("fieldManager") && !path.contains("dryRun")
    });
    assert!(place.stored("serviceaccounts").is_some() && place.stored("roles").is_some());
    assert_eq!(place.stored("rolebindings"), None);

    let (done, open) = said_of(&again(&place, &first, &[]), &first);
    assert!(
        done.contains("serviceaccount/neo4j-backup-sa") && done.contains("role/neo4j-backup-role"),
        "{done}"
    );
    assert!(open.contains("rolebinding/neo4j-backup-rolebinding"), "{open}");
    assert!(place.may("create", "exec"));
    assert_eq!(place.run(&["diff"]).exit, Exit::Good);

    undo_both(&place);
    for plural in ["serviceaccounts", "roles", "rolebindings"] {
        assert_eq!(place.stored(plural), None);
    }
}

/// The binding is gone and the Role is left, which by itself looks like one that nobody uses.
#[test]
fn one_that_removes_things() {
    let place = Place::complete();
    let arguments = ["--prune", "--operator-version", "1.14"];
    let deletes = AtomicUsize::new(0);
    let first = kill(&place, &arguments, move |method, path| {
        // The first one is the dry run, which says so in its body.
        let is_role = method == "DELETE" && path.contains("/roles/neo4j-backup-role");
        is_role && deletes.fetch_add(1, Ordering::Relaxed) == 1
    });
    assert_eq!(place.stored("rolebindings"), None);
    assert_eq!(place.stored("roles").unwrap()["rules"], role()["rules"]);

    let output = again(&place, &first, &arguments);
    let (done, open) = said_of(&output, &first);
    assert!(done.contains("rolebinding/neo4j-backup-rolebinding"), "{done}");
    assert!(open.contains("role/neo4j-backup-role"), "{open}");
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(
        printed.contains("may not get pods, list pods, create pods/exec, get pods/log (asked by SubjectAccessReview)"),
        "{printed}"
    );
    assert_eq!((place.stored("roles"), place.stored("rolebindings")), (None, None));
    assert!(!place.may("create", "exec"));

    undo_both(&place);
    assert_eq!(place.stored("roles").unwrap()["rules"], role()["rules"]);
    assert_eq!(
        place.stored("rolebindings").unwrap()["subjects"],
        place.binding()["subjects"]
    );
    assert!(place.may("create", "exec"));
}
