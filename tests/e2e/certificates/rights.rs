//! What the server may do is what it needs, and it does without what it can.

use std::time::Duration;

use neo4jbackup_harness::await_within;
use serde_json::{Value, json};

use super::stage::{DEADLINE, ON_DEMAND, SECRET, Stage, is_ready};
use crate::world::World;

/// The verbs that a replica has, on names where there can be names.
struct Rights {
    secret: &'static [&'static str],
    secrets: &'static [&'static str],
    configurations: &'static [&'static str],
}

/// Those that the chart grants.
const CHART: Rights = Rights {
    secret: &["get", "watch", "update"],
    secrets: &[],
    configurations: &["get", "watch", "patch"],
};

/// With the right to make the Secret anew, which somebody may add.
const MORE: Rights = Rights {
    secrets: &["create"],
    ..CHART
};

/// Those without which nothing works.
const FEWEST: Rights = Rights {
    secret: &["get", "update"],
    secrets: &[],
    configurations: &["get", "patch"],
};

impl Rights {
    fn manifest(&self, namespace: &str, name: &str) -> Value {
        let configurations = ["validatingwebhookconfigurations", "mutatingwebhookconfigurations"];
        let subjects = json!([{"kind": "ServiceAccount", "name": "guard", "namespace": namespace}]);
        let binding = |kind: &str| json!({"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name});
        let group = "rbac.authorization.k8s.io/v1";
        let mut rules =
            vec![json!({"apiGroups": [""], "resources": ["secrets"], "resourceNames": [SECRET], "verbs": self.secret})];
        if !self.secrets.is_empty() {
            rules.push(json!({"apiGroups": [""], "resources": ["secrets"], "verbs": self.secrets}));
        }
        let inside = json!({"name": name, "namespace": namespace});
        json!({"apiVersion": "v1", "kind": "List", "items": [
            {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "guard", "namespace": namespace}},
            {"apiVersion": group, "kind": "Role", "metadata": inside, "rules": rules},
            {"apiVersion": group, "kind": "RoleBinding", "metadata": inside, "roleRef": binding("Role"), "subjects": subjects},
            {"apiVersion": group, "kind": "ClusterRole", "metadata": {"name": name}, "rules": [
                {"apiGroups": ["admissionregistration.k8s.io"], "resources": configurations, "resourceNames": [name],
                 "verbs": self.configurations},
            ]},
            {"apiVersion": group, "kind": "ClusterRoleBinding", "metadata": {"name": name},
             "roleRef": binding("ClusterRole"), "subjects": subjects},
        ]})
    }

    /// A stage whose replica has these rights and no others.
    fn stage(&self) -> Stage<'static> {
        let control_plane = &World::rendered().control_plane;
        let mut stage = Stage::new(control_plane, ON_DEMAND);
        let manifest = self.manifest(&stage.namespace, &stage.name);
        control_plane.apply_yaml(&manifest.to_string()).unwrap();
        let token = ["create", "token", "guard", "--namespace", &stage.namespace];
        let token = control_plane.kubectl(&token).unwrap();
        assert!(token.success(), "{token:?}");
        let text = std::fs::read_to_string(control_plane.kubeconfig()).unwrap();
        let mut kubeconfig: Value = serde_json::from_str(&text).unwrap();
        kubeconfig["users"][0]["user"] = json!({"token": token.stdout.trim()});
        stage.kubeconfig = control_plane.directory().join(format!("{}.kubeconfig", stage.name));
        std::fs::write(&stage.kubeconfig, kubeconfig.to_string()).unwrap();
        stage.start_replicas(1);
        stage.configure();
        stage.await_all_ready("the rights are enough");
        stage
    }
}

#[test]
fn the_rights_of_the_chart_are_enough_for_a_new_authority() {
    let mut stage = CHART.stage();
    stage.create_backup().unwrap();
    let before = stage.ask_for_rotation();
    stage.await_rotation(&before);
    stage.create_backup().unwrap();
}

#[test]
fn with_the_right_to_make_the_secret_it_is_made_anew() {
    let mut stage = MORE.stage();
    let path = stage.secret_path();
    stage.api.delete(&path);
    await_within(DEADLINE, "the Secret", || {
        stage.secret_value("ca.crt").map(drop).ok_or_else(|| "none".to_owned())
    });
    stage.create_backup().unwrap();
}

#[test]
fn without_the_right_to_make_the_secret_serving_goes_on_until_somebody_else_does() {
    let mut stage = FEWEST.stage();
    let authority = stage.secret_value("ca.crt").unwrap();
    let path = stage.secret_path();
    stage.api.delete(&path);
    await_within(DEADLINE, "a word", || {
        match stage.replicas[0].status("/readyz").unwrap() {
            (200, text) if text.contains("[!] authority: the Secret: there is none") => {
                assert!(
                    text.contains("[!] certificates: as of ") && text.contains("not allowed to create"),
                    "{text}"
                );
                Ok(())
            }
            other => Err(format!("{other:?}")),
        }
    });
    // Leaves are signed with what is remembered.
    let signed = |stage: &Stage<'_>| stage.count("tls_rotations_total", "role=\"leaf\",result=\"success\"");
    let before = signed(&stage);
    await_within(Duration::from_secs(60), "two more leaves", || {
        is_ready(&stage.replicas[0]).unwrap();
        stage.create_backup().unwrap();
        if signed(&stage) >= before + 2 {
            Ok(())
        } else {
            Err(signed(&stage).to_string())
        }
    });

    // As `helm upgrade` makes it.
    let empty = json!({"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "metadata": {"name": SECRET}});
    let folder = path.trim_end_matches(&format!("/{SECRET}")).to_owned();
    assert_eq!(stage.api.send("POST", &folder, &empty).status, 201);
    await_within(DEADLINE, "the same authority", || match stage.secret_value("ca.crt") {
        Some(found) if found == authority => Ok(()),
        other => Err(format!("{other:?}")),
    });
    stage.create_backup().unwrap();
}
