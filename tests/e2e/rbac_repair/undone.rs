//! A repair is undone, unless something else has happened since.

use kubectl_neo4jbackup::Exit;
use serde_json::json;

use super::place::{OPERATOR, Place};

#[test]
fn what_was_changed_since_is_not_overwritten_unless_forced() {
    let place = Place::complete();
    let before = json!([{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]);
    place.edit("roles", OPERATOR, &json!({"rules": before}));
    let run = place.run(&["repair", "--yes", "--undo-file", "undo.json"]);
    assert_eq!(run.exit, Exit::Good, "{run:?}");
    let since = json!([{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}]);
    place.edit("roles", "kubectl-edit", &json!({"rules": since}));

    let run = place.run(&["undo", "--yes", "undo.json"]);
    assert_eq!(run.exit, Exit::Refused, "{run:?}");
    assert!(run.stderr.contains("was changed since the repair"), "{run:?}");
    assert_eq!(place.stored("roles").unwrap()["rules"], since);
    let run = place.answered("n\n", &["undo", "--force", "undo.json"]);
    assert_eq!(run.exit, Exit::NotGood, "{run:?}");
    let run = place.run(&["undo", "--force", "undo.json"]);
    assert_eq!(run.exit, Exit::Refused, "there is no terminal: {run:?}");
    assert_eq!(place.stored("roles").unwrap()["rules"], since);
    let run = place.answered("y\n", &["undo", "--force", "undo.json"]);
    assert_eq!(run.exit, Exit::Good, "{run:?}");
    assert_eq!(place.stored("roles").unwrap()["rules"], before);
    let run = place.run(&["undo", "undo.json"]);
    assert_eq!(run.exit, Exit::Good, "{run:?}");
    assert!(run.stderr.contains("everything is as it was"), "{run:?}");
}

#[test]
fn no_undo_file_replaces_anything_and_nothing_else_is_taken_for_one() {
    let place = Place::with_backup(None);
    let file = place.folder.path().join("undo.json");
    std::fs::write(&file, "mine").unwrap();
    let run = place.run(&["repair", "--yes", "--undo-file", "undo.json"]);
    assert_eq!(run.exit, Exit::Refused, "{run:?}");
    assert!(
        run.stderr.contains("is there already") && run.stderr.contains("nothing was changed"),
        "{run:?}"
    );
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
    assert_eq!(place.stored("serviceaccounts"), None);
    let run = place.run(&["undo", "--yes", "undo.json"]);
    assert_eq!(run.exit, Exit::Usage, "{run:?}");

    // A file that names another object than it says.
    let run = place.run(&["repair", "--yes", "--undo-file", "good.json"]);
    assert_eq!(run.exit, Exit::Good, "{run:?}");
    let good = std::fs::read_to_string(place.folder.path().join("good.json")).unwrap();
    std::fs::write(
        &file,
        good.replace("\"name\": \"neo4j-backup-role\"", "\"name\": \"other\""),
    )
    .unwrap();
    let run = place.run(&["undo", "--yes", "undo.json"]);
    assert_eq!(run.exit, Exit::Usage, "{run:?}");

    // And one of another cluster.
    let server = super::place::control_plane().url();
    assert!(good.contains(server), "{good}");
    std::fs::write(&file, good.replace(server, "https://elsewhere.example")).unwrap();
    let run = place.run(&["undo", "--yes", "undo.json"]);
    assert_eq!(run.exit, Exit::Refused, "{run:?}");
    assert!(run.stderr.contains("elsewhere.example"), "{run:?}");
    let run = place.run(&["undo", "--yes", "good.json"]);
    assert_eq!(run.exit, Exit::Good, "{run:?}");
    assert_eq!(place.stored("serviceaccounts"), None);
}
