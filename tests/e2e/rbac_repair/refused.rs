//! What a repair does not do, or not without being asked for it.

use kubectl_neo4jbackup::Exit;
use neo4jbackup_core::operator::Operator;
use neo4jbackup_core::rbac::needs::{Level, Names, Party, Plan, RoleRequest};
use serde_json::json;

use super::place::{OPERATOR, Place, newer, rights_of_a_repairer, role};

/// The words of a repair in somebody's name that may make objects anew.
fn recreating_as(user: &str) -> [&str; 7] {
    [
        "repair",
        "--yes",
        "--allow-recreate",
        "--as",
        user,
        "--operator-version",
        "0.9",
    ]
}

#[test]
fn nobody_gives_rights_that_he_does_not_have() {
    let place = Place::with_backup(None);
    place.entitle("jane", &rights_of_a_repairer());
    let run = place.run(&["repair", "--yes", "--as", "jane", "--operator-version", "0.9"]);
    assert_eq!(run.exit, Exit::Refused, "{run:?}");
    for part in ["get, list pods", "create pods/exec", "get pods/log", "escalate"] {
        assert!(run.stdout.contains(part), "{part}: {run:?}");
    }
    assert_eq!(place.stored("roles"), None);
}

/// What `rbac generate` writes for those who repair.
#[test]
fn the_rights_of_the_table_are_enough() {
    let place = Place::with_backup(None);
    place.made_by("test", "rolebindings", &place.binding_to_view());
    let rules = |version: &str| -> serde_json::Value {
        let plan = Plan::of(&RoleRequest {
            party: Party::Plugin(Level::Repair),
            operator: version.parse().map(Operator::exactly).unwrap(),
            namespace: Some(place.namespace.clone()),
            is_confined: true,
            operator_namespace: "ops".to_owned(),
            own: None,
            names: Names::new(),
            without: Vec::new(),
        });
        plan.roles[0].rules.iter().map(|written| json!(written.rule)).collect()
    };
    place.entitle("carol", &rules("0.9"));
    let run = place.run(&recreating_as("carol"));
    assert_eq!(run.exit, Exit::Good, "{run:?}");
    assert!(
        run.stdout.contains("recreated") && place.may("create", "exec"),
        "{run:?}"
    );

    let left = Place::complete();
    left.entitle("carol", &rules("1.14"));
    let run = left.run(&newer(&["repair", "--yes", "--prune", "--as", "carol"]));
    assert_eq!(run.exit, Exit::Good, "{run:?}");
    assert_eq!((left.stored("roles"), left.stored("rolebindings")), (None, None));
}

#[test]
fn who_may_bind_no_role_is_told_so_before_the_binding_is_deleted() {
    let place = Place::with_backup(None);
    place.made_by(OPERATOR, "roles", &role());
    place.made_by("test", "rolebindings", &place.binding_to_view());
    place.entitle("dora", &rights_of_a_repairer());
    let run = place.run(&recreating_as("dora"));
    assert_eq!(run.exit, Exit::Refused, "{run:?}");
    assert!(run.stdout.contains("you lack rights that it gives"), "{run:?}");
    assert_eq!(place.stored("rolebindings").unwrap()["roleRef"]["name"], "view");
}

#[test]
fn who_may_not_write_is_told_so() {
    let place = Place::with_backup(None);
    let mut rules = rights_of_a_repairer();
    for rule in rules.as_array_mut().unwrap().iter_mut().skip(1) {
        rule["verbs"] = json!(["get", "list"]);
    }
    place.entitle("ben", &rules);
    let run = place.run(&["repair", "--yes", "--as", "ben", "--operator-version", "1.14"]);
    assert_eq!(run.exit, Exit::Refused, "{run:?}");
    assert!(run.stdout.contains("you may not do that: serviceaccounts"), "{run:?}");
    // Without the version, which this user cannot find out, nothing is done on a guess.
    let run = place.run(&["repair", "--yes", "--as", "ben"]);
    assert_eq!(run.exit, Exit::Incomplete, "{run:?}");
    assert!(run.stderr.contains("--operator-version"), "{run:?}");
    let diff = place.run(&["diff", "--as", "ben"]);
    assert_eq!(diff.exit, Exit::Incomplete, "{diff:?}");
    let diff = place.run(&["diff", "--operator-version", "0.1"]);
    assert_eq!(diff.exit, Exit::Good, "{diff:?}");
    let nobody = place.run(&["diff", "--as", "nobody"]);
    assert_eq!(nobody.exit, Exit::Incomplete, "{nobody:?}");
}

#[test]
fn what_a_binding_binds_changes_only_when_asked_and_comes_back() {
    let place = Place::with_backup(None);
    place.made_by(OPERATOR, "roles", &role());
    let mut other = place.binding_to_view();
    other["metadata"]["labels"] = json!({"team": "graph"});
    place.made_by("test", "rolebindings", &other);
    let run = place.run(&["repair", "--yes"]);
    assert_eq!(run.exit, Exit::Refused, "{run:?}");
    assert!(run.stdout.contains("--allow-recreate"), "{run:?}");
    assert_eq!(place.stored("rolebindings").unwrap()["roleRef"]["name"], "view");

    let run = place.run(&["repair", "--yes", "--allow-recreate", "--undo-file", "undo.json"]);
    assert_eq!(run.exit, Exit::Good, "{run:?}");
    let made = place.stored("rolebindings").unwrap();
    assert_eq!(made["roleRef"]["name"], "neo4j-backup-role");
    assert_eq!(made["metadata"]["labels"], json!({"team": "graph"}));
    assert!(place.may("create", "exec"));

    let undone = place.run(&["undo", "--yes", "undo.json"]);
    assert_eq!(undone.exit, Exit::Good, "{undone:?}");
    assert_eq!(place.stored("rolebindings").unwrap()["roleRef"]["name"], "view");
}

#[test]
fn a_namespace_that_is_not_there_is_no_good_one() {
    let mut place = Place::empty();
    place.namespace = "nowhere".to_owned();
    let run = place.run(&["diff"]);
    assert_eq!(run.exit, Exit::Incomplete, "{run:?}");
    assert!(run.stderr.contains("there is no namespace nowhere"), "{run:?}");
}
