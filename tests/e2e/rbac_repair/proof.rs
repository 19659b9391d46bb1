//! What the proof after a repair rests on, by what whoever repairs may ask, and that it says so.

use kubectl_neo4jbackup::Exit;
use neo4jbackup_tests::plugin::Run;
use serde_json::{Value, json};

use super::place::{OPERATOR, Place, control_plane, newer, rights_of_a_repairer, role};

/// Gives somebody rights that hold in the whole cluster.
fn entitle_everywhere(user: &str, rules: &Value) {
    let rbac = "rbac.authorization.k8s.io";
    let name = format!("everywhere-{user}");
    let subject = json!({"apiGroup": rbac, "kind": "User", "name": user});
    let objects = json!({"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": format!("{rbac}/v1"), "kind": "ClusterRole", "metadata": {"name": name}, "rules": rules},
        {"apiVersion": format!("{rbac}/v1"), "kind": "ClusterRoleBinding", "metadata": {"name": name},
         "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": name}, "subjects": [subject]},
    ]});
    control_plane().apply_yaml(&objects.to_string()).unwrap();
}

/// Somebody of this namespace who may repair, and give the rights of Jobs.
fn repairer(place: &Place, name: &str) -> String {
    let user = format!("{name}-of-{}", place.namespace);
    let mut rules = rights_of_a_repairer();
    let given = role()["rules"].as_array().unwrap().clone();
    rules.as_array_mut().unwrap().extend(given);
    place.entitle(&user, &rules);
    user
}

fn repair_of_old(place: &Place, user: &str) -> Run {
    place.run(&["repair", "--yes", "--as", user, "--operator-version", "0.9"])
}

/// Whoever has the rights in the namespace can give them, and needs no rights in the cluster.
#[test]
fn who_may_not_ask_what_others_may_is_told_that_it_is_reckoned() {
    let place = Place::with_backup(None);
    let run = repair_of_old(&place, &repairer(&place, "ann"));
    assert_eq!(run.exit, Exit::Good, "{run:?}");
    let proof = "may get pods, list pods, create pods/exec, get pods/log (reckoned from roles and bindings, since you may neither \
                 create subjectaccessreviews nor impersonate it)";
    assert!(run.stdout.contains(proof), "{run:?}");
    assert!(place.may("create", "exec"));
}

/// Nobody can act in two names at once: whoever may impersonate asks with a token.
#[test]
fn who_may_only_impersonate_is_told_that_it_was_asked_in_its_name() {
    let place = Place::with_backup(None);
    let (account, namespace) = ("impersonator", place.namespace.as_str());
    place.made_by("test", "serviceaccounts", &json!({"metadata": {"name": account}}));
    let user = format!("system:serviceaccount:{namespace}:{account}");
    let mut rules = rights_of_a_repairer();
    rules
        .as_array_mut()
        .unwrap()
        .extend(role()["rules"].as_array().unwrap().clone());
    rules
        .as_array_mut()
        .unwrap()
        .push(json!({"apiGroups": [""], "resources": ["serviceaccounts"], "verbs": ["impersonate"]}));
    place.entitle(&user, &rules);
    let token = control_plane()
        .client()
        .must_run(&["create", "token", account, "-n", namespace], "")
        .unwrap();
    let run = place.run(&["repair", "--yes", "--token", token.trim(), "--operator-version", "0.9"]);
    assert_eq!(run.exit, Exit::Good, "{run:?}");
    let proof = "(asked in its name, by impersonation, since you may not create subjectaccessreviews)";
    assert!(run.stdout.contains(proof), "{run:?}");
}

/// Rights can come from anywhere: that there are none is known to nobody who may not read all roles.
#[test]
fn that_nothing_is_left_is_unknown_to_whoever_may_not_read_the_roles_of_the_cluster() {
    let pruned = |name: &str, is_reader: bool| {
        let place = Place::complete();
        let user = repairer(&place, name);
        if is_reader {
            let group = ["rbac.authorization.k8s.io"];
            let resources = ["roles", "rolebindings", "clusterroles", "clusterrolebindings"];
            entitle_everywhere(
                &user,
                &json!([{"apiGroups": group, "resources": resources, "verbs": ["list"]}]),
            );
        }
        let run = place.run(&newer(&["repair", "--yes", "--prune", "--as", &user]));
        assert_eq!(run.exit, Exit::Good, "{run:?}");
        run
    };
    let unknown = pruned("bea", false);
    assert!(
        unknown
            .stdout
            .contains(": the objects are as they have to be, read again; whether it may get pods, list pods, ")
            && unknown
                .stdout
                .contains("not allowed to list clusterroles.rbac.authorization.k8s.io"),
        "{unknown:?}"
    );
    let known = pruned("cid", true);
    assert!(
        known
            .stdout
            .contains("may not get pods, list pods, create pods/exec, get pods/log (reckoned from roles"),
        "{known:?}"
    );
}

#[test]
fn a_right_that_comes_another_way_is_seen_by_whoever_reckons_it() {
    let place = Place::complete();
    place.made_by(
        OPERATOR,
        "roles",
        &json!({"metadata": {"name": "mine"}, "rules": role()["rules"]}),
    );
    let mut binding = place.binding();
    binding["metadata"]["name"] = "mine".into();
    binding["roleRef"]["name"] = "mine".into();
    place.made_by("test", "rolebindings", &binding);
    let run = place.run(&newer(&[
        "repair",
        "--yes",
        "--prune",
        "--as",
        &repairer(&place, "dan"),
    ]));
    assert_eq!(run.exit, Exit::NotGood, "{run:?}");
    assert!(
        run.stdout.contains("still may get pods, list pods") && run.stdout.contains("(reckoned from roles"),
        "{run:?}"
    );
}
