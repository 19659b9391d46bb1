//! Identities that the settings of the webhook declare, from a file.

use kubectl_neo4jbackup::Exit;
use serde_json::json;

use super::place::{KEY, MINE, OTHER, Place, control_plane};
use crate::reader;

fn with_settings(place: &Place, text: &str) {
    std::fs::write(place.folder.path().join("settings.yaml"), text).unwrap();
}

#[test]
fn an_account_gets_the_identity_of_the_settings_where_nobody_else_declares_one() {
    let place = Place::with_backup(None);
    with_settings(&place, &format!("mode: warn\nidentity:\n  awsRoleArn: {MINE}\n"));
    let run = place.run(&["repair", "--yes", "--settings", "settings.yaml"]);
    assert_eq!(run.exit, Exit::Good, "{run:?}");
    let account = place.stored("serviceaccounts").unwrap();
    assert_eq!(account["metadata"]["annotations"], json!({KEY: MINE}));
    let diff = place.run(&["diff", "--settings", "settings.yaml"]);
    assert_eq!(diff.exit, Exit::Good, "{diff:?}");
}

/// What a namespace declares goes before the settings, so that they say nothing where its annotations cannot be read.
#[test]
fn the_settings_do_not_count_where_the_namespace_cannot_be_read() {
    let place = Place::with_backup(None);
    with_settings(&place, &format!("identity:\n  awsRoleArn: {MINE}\n"));
    let rules = json!([
        {"apiGroups": ["neo4j.neo4j.com"], "resources": ["*"], "verbs": ["list", "get"]},
        {"apiGroups": [""], "resources": ["serviceaccounts"], "verbs": ["list", "get"]},
        {"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["roles", "rolebindings"], "verbs": ["list", "get"]},
    ]);
    let user = reader::grant(control_plane(), &place.namespace, "reads", &rules);
    let diff = place.run(&[
        "diff",
        "--settings",
        "settings.yaml",
        "--operator-version",
        "0.2",
        "--as",
        &user,
    ]);
    assert!(!diff.stdout.contains(MINE), "{diff:?}");
    assert!(
        diff.stderr
            .contains("the identity of the settings does not count either"),
        "{diff:?}"
    );
}

/// The webhook leaves the account alone, too.
#[test]
fn an_identity_that_an_object_declares_otherwise_is_named_and_nothing_is_written() {
    let place = Place::with_backup(Some(MINE));
    with_settings(&place, &format!("identity:\n  awsRoleArn: {OTHER}\n"));
    let diff = place.run(&["diff", "--settings", "settings.yaml"]);
    assert_eq!(diff.exit, Exit::NotGood, "{diff:?}");
    for part in [MINE, OTHER, "backup/nightly", "settings"] {
        assert!(diff.stderr.contains(part), "{part}: {diff:?}");
    }
    assert!(!diff.stdout.contains("serviceaccount/"), "{diff:?}");
}

#[test]
fn a_file_that_is_none_is_named_with_the_line_and_nothing_is_asked() {
    let place = Place::empty();
    with_settings(&place, "mode: warn\nidentities: {}\n");
    for (file, part) in [
        ("settings.yaml", "settings.yaml:2: there is no key `identities`"),
        ("nowhere.yaml", "nowhere.yaml cannot be read"),
    ] {
        for command in ["diff", "repair"] {
            let run = place.run(&[command, "--settings", file]);
            assert_eq!(run.exit, Exit::Usage, "{run:?}");
            assert!(run.stderr.contains(part), "{run:?}");
        }
    }
}
