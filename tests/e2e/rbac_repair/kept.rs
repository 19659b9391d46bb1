//! What another tool keeps is changed there, and what another field manager holds is not taken without a word.

use kubectl_neo4jbackup::Exit;
use serde_json::{Value, json};

use super::place::{KEY, MINE, OPERATOR, OTHER, Place, newer, role};

#[test]
fn what_a_tool_keeps_is_refused_with_the_place_to_change_it() {
    for (metadata, said) in [
        (
            json!({"annotations": {"meta.helm.sh/release-name": "neo", "meta.helm.sh/release-namespace": "ops"}}),
            "Helm, release neo in ops: change the values or the chart",
        ),
        (
            json!({"annotations": {"argocd.argoproj.io/tracking-id": "shop:rbac.authorization.k8s.io/Role:x/y"}}),
            "Argo CD, application shop: change the manifest in the repository",
        ),
        (
            json!({"labels": {"kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux"}}),
            "Flux, Kustomization apps in flux: change the manifest in the source",
        ),
        (
            json!({"labels": {"olm.owner": "neo4j.v1", "olm.managed": "true"}}),
            "the Operator Lifecycle Manager, neo4j.v1: change the permissions in the ClusterServiceVersion",
        ),
    ] {
        let place = Place::complete();
        place.edit("roles", OPERATOR, &json!({"metadata": metadata, "rules": []}));
        let before = place.stored("roles");
        let run = place.run(&["repair", "--yes"]);
        assert_eq!(run.exit, Exit::Refused, "{run:?}");
        assert!(run.stdout.contains(said), "{said}: {run:?}");
        let all = newer(&["repair", "--yes", "--prune"]);
        place.edit("roles", OPERATOR, &json!({"rules": role()["rules"]}));
        let run = place.run(&all);
        assert_eq!(run.exit, Exit::Refused, "{run:?}");
        assert_eq!(uid(place.stored("roles")), uid(before));
    }
}

fn uid(object: Option<Value>) -> Value {
    object.unwrap()["metadata"]["uid"].clone()
}

#[test]
fn an_annotation_that_somebody_else_holds_is_taken_over_only_when_asked() {
    let place = Place::with_backup(None);
    let account = json!({"metadata": {"name": "neo4j-backup-sa", "annotations": {KEY: OTHER, "team": "graph"}}});
    place.made_by("kubectl-annotate", "serviceaccounts", &account);
    place.back_up("hourly", Some(MINE));
    let run = place.run(&["repair", "--yes"]);
    assert_eq!(run.exit, Exit::Refused, "{run:?}");
    assert!(run.stdout.contains("kubectl-annotate; --force-conflicts"), "{run:?}");
    assert_eq!(
        place.stored("serviceaccounts").unwrap()["metadata"]["annotations"][KEY],
        OTHER
    );
    let run = place.run(&["repair", "--yes", "--force-conflicts"]);
    assert_eq!(run.exit, Exit::Good, "{run:?}");
    assert_eq!(
        place.stored("serviceaccounts").unwrap()["metadata"]["annotations"],
        json!({KEY: MINE, "team": "graph"})
    );
}

#[test]
fn of_two_identities_neither_is_written() {
    let place = Place::with_backup(Some(MINE));
    place.back_up("hourly", Some(OTHER));
    let diff = place.run(&["diff"]);
    assert_eq!(diff.exit, Exit::NotGood, "{diff:?}");
    let run = place.run(&["repair", "--yes"]);
    assert_eq!(run.exit, Exit::NotGood, "{run:?}");
    for part in [MINE, OTHER, "backup/nightly", "backup/hourly"] {
        assert!(run.stderr.contains(part), "{part}: {run:?}");
    }
    assert_eq!(place.stored("serviceaccounts"), None);
    assert!(place.stored("roles").is_some(), "the rest is repaired: {run:?}");
}
