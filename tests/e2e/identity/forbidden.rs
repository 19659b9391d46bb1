//! The rights that the documentation lists are needed, and they are enough.

use neo4jbackup_harness::manifests;
use neo4jbackup_harness::{WebhookServer, await_something, root, webhook_program};
use serde_json::{Value, json};

use super::place::{Place, ROLE_KEY, metric};
use crate::world::World;

#[test]
fn without_rights_it_says_so_and_serves_on_and_with_those_of_the_page_it_works() {
    let world = World::rendered();
    let place = Place::new(world);
    place.declare_role();
    place.must_send(&["create", "-f", "-"], manifests::GOOD_BACKUP);
    let [reads, writes, _] = rules_of_the_page();
    let mut watches = writes.clone();
    for rule in watches.as_array_mut().unwrap() {
        let verbs = rule["verbs"].as_array().unwrap().iter();
        rule["verbs"] = verbs
            .filter(|verb| ["get", "list", "watch"].contains(&verb.as_str().unwrap()))
            .cloned()
            .collect();
    }
    watches
        .as_array_mut()
        .unwrap()
        .retain(|rule| !rule["verbs"].as_array().unwrap().is_empty());
    place.grant("reads", "ClusterRole", &reads);
    place.grant("watches", "ClusterRole", &watches);
    let kubeconfig = place.kubeconfig();
    let webhook = WebhookServer::start_with(webhook_program().unwrap(), &kubeconfig, &["--ensure-rbac"]).unwrap();
    let refused = ["object=\"ServiceAccount\"", "result=\"forbidden\""];
    await_something("the refusal", || {
        match metric(&webhook, "rbac_applies_total", &refused) {
            0 => Err(webhook.last_log_lines()),
            count => Ok(count),
        }
    });
    assert_eq!(place.stored("serviceaccount/neo4j-backup-sa"), None);
    assert_eq!(webhook.status("/readyz").unwrap().0, 200);
    place.guard(&webhook);
    place.would_store(
        &json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "neo4j-backup-sa"}}),
        |shown| shown["metadata"]["annotations"][ROLE_KEY] == manifests::ROLE,
    );

    // Only here: every other namespace stays out of reach.
    place.grant("writes", "Role", &writes);
    let made = place.until("serviceaccount/neo4j-backup-sa", |_| true);
    assert_eq!(made["metadata"]["annotations"], json!({ROLE_KEY: manifests::ROLE}));
}

/// The rules of the page are enough for what is done beside an old operator, and for nothing more than the page says.
#[test]
fn the_rights_for_roles_are_enough_to_give_one_and_no_other() {
    let world = super::roles::world();
    let place = Place::new(world);
    let [_, _, roles] = rules_of_the_page();
    place.grant("roles", "Role", &roles);
    let account = format!("--as=system:serviceaccount:{}:webhook", place.name);
    let send = |name: &str, kind: &str, role: &str| {
        let binding = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": name},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": role},
            "subjects": [{"kind": "ServiceAccount", "name": "neo4j-backup-sa", "namespace": place.name}],
        });
        let arguments = ["apply", "--server-side", "--field-manager=test", &account, "-f", "-"];
        place.kubectl_with_input(&arguments, &binding.to_string())
    };
    // The authorizer learns of a binding a moment after it is stored.
    await_something("the rights of the page", || {
        let answer = send("neo4j-backup-rolebinding", "ClusterRole", "neo4jbackup-legacy-jobs");
        if answer.success() {
            Ok(())
        } else {
            Err(format!("{answer:?}"))
        }
    });
    place.must(&["delete", "rolebinding/neo4j-backup-rolebinding"]);
    for role in ["cluster-admin", "system:node"] {
        let answer = send("neo4j-backup-rolebinding", "ClusterRole", role);
        assert!(
            answer
                .stderr
                .contains("attempting to grant RBAC permissions not currently held"),
            "{role}: {answer:?}"
        );
    }
    let other = send("other", "ClusterRole", "neo4jbackup-legacy-jobs");
    assert!(other.stderr.contains("forbidden"), "{other:?}");
    let write = [
        "create",
        "role",
        "neo4j-backup-role",
        "--verb=get",
        "--resource=pods",
        &account,
    ];
    let answer = place.kubectl(&write);
    assert!(answer.stderr.contains("forbidden"), "{answer:?}");
}

/// The rules of the three YAML blocks of the page: what is always read, what accounts need, what roles need.
fn rules_of_the_page() -> [Value; 3] {
    let page = root().join("docs/identity.md");
    let page = std::fs::read_to_string(page).unwrap();
    let blocks = page
        .split("```yaml rules\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap());
    let rules: Vec<Value> = blocks
        .map(|block| {
            let documents = neo4jbackup_core::lint::read(block, &neo4jbackup_core::document::Limits::default());
            serde_json::to_value(&documents.documents[0].root).unwrap()
        })
        .collect();
    rules.try_into().unwrap()
}

impl Place {
    /// Gives rights to the account `webhook` of this namespace: everywhere by a `ClusterRole`, here by a `Role`.
    fn grant(&self, name: &str, kind: &str, rules: &Value) {
        let name = format!("{}-{name}", self.name);
        let api = "rbac.authorization.k8s.io/v1";
        let metadata = json!({"name": name});
        let subject = json!({"kind": "ServiceAccount", "name": "webhook", "namespace": self.name});
        self.apply(&json!({"apiVersion": api, "kind": kind, "metadata": metadata, "rules": rules}));
        self.apply(&json!({
            "apiVersion": api, "kind": format!("{kind}Binding"), "metadata": metadata, "subjects": [subject],
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name},
        }));
    }

    /// A kubeconfig for the account `webhook` of this namespace.
    fn kubeconfig(&self) -> std::path::PathBuf {
        self.must(&["create", "serviceaccount", "webhook"]);
        let token = self.must(&["create", "token", "webhook"]).stdout;
        let control_plane = &self.world.control_plane;
        let mut config: Value = {
            let shown = self.must(&["config", "view", "--raw", "--output=json"]).stdout;
            serde_json::from_str(&shown).unwrap()
        };
        config["users"][0]["user"] = json!({"token": token.trim()});
        let file = control_plane.directory().join(format!("{}.kubeconfig", self.name));
        std::fs::write(&file, config.to_string()).unwrap();
        file
    }
}
