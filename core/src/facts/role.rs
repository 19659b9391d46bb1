//! What is kept of Roles and `RoleBindings`.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::document::Node;
use crate::field::Field;
use crate::model::Account;

/// One verb on one resource of one API group.
pub type Grant = (String, String, String);

/// What the reconciler asks of a Role.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RoleFacts {
    /// Every (group, resource, verb) that its rules give for objects of any name.
    pub grants: BTreeSet<Grant>,
    /// Whether a rule is about single objects; such a rule is in none of ours.
    pub by_name: bool,
    /// `metadata.uid`, so that a report can say which object it means.
    pub uid: String,
}

impl RoleFacts {
    /// The facts of a Role.
    pub fn of(object: &Node<'_>) -> Self {
        let mut facts = Self {
            uid: Field::at(object, "metadata.uid").str().unwrap_or_default().to_owned(),
            ..Self::default()
        };
        for rule in Field::at(object, "rules").items() {
            if !Field::at(rule, "resourceNames").items().is_empty() {
                facts.by_name = true;
                continue;
            }
            for group in texts(rule, "apiGroups") {
                for resource in texts(rule, "resources") {
                    for verb in texts(rule, "verbs") {
                        facts
                            .grants
                            .insert((group.to_owned(), resource.to_owned(), verb.to_owned()));
                    }
                }
            }
        }
        facts
    }

    /// Whether it lets its bearer run commands in any pod of the namespace.
    pub fn grants_exec(&self) -> bool {
        let any = |text: &str, wanted: &[&str]| text == "*" || wanted.contains(&text);
        self.grants.iter().any(|(group, resource, verb)| {
            any(group, &[""]) && any(resource, &["pods/exec", "*/exec"]) && any(verb, &["create", "get"])
        })
    }
}

fn texts<'n>(rule: &'n Node<'n>, key: &'static str) -> impl Iterator<Item = &'n str> {
    Field::at(rule, key).items().iter().filter_map(Node::as_str)
}

/// What a `RoleBinding` gives, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoleReference {
    /// A Role of its namespace.
    Role(String),
    /// A `ClusterRole`, whose rights it gives in its namespace only.
    ClusterRole(String),
}

/// What the reconciler asks of a `RoleBinding`.
#[derive(Debug, Clone, PartialEq)]
pub struct BindingFacts {
    /// What it gives.
    pub role: RoleReference,
    /// Those to whom it gives the Role, as written.
    pub subjects: Vec<Value>,
    /// Whether the backup account of its own namespace is among them, itself or as one of a group.
    pub binds_account: bool,
}

impl BindingFacts {
    /// The facts of a `RoleBinding`.
    pub fn of(object: &Node<'_>, namespace: &str) -> Self {
        let text = |node: &Node<'_>, key: &'static str| Field::at(node, key).str().unwrap_or_default().to_owned();
        let subjects = Field::at(object, "subjects").items().iter();
        let subjects: Vec<Value> = subjects
            .filter_map(|subject| serde_json::to_value(subject).ok())
            .collect();
        Self {
            role: match text(object, "roleRef.kind").as_str() {
                "Role" => RoleReference::Role(text(object, "roleRef.name")),
                _ => RoleReference::ClusterRole(text(object, "roleRef.name")),
            },
            binds_account: subjects.iter().any(|subject| is_backup_account(subject, namespace)),
            subjects,
        }
    }
}

/// Whether a subject of a `RoleBinding` is the backup account of the namespace, itself or as one of a group.
pub(crate) fn is_backup_account(subject: &Value, namespace: &str) -> bool {
    let text = |key: &str| subject[key].as_str().unwrap_or_default();
    let account = Account::Backup.name();
    match text("kind") {
        // Without a namespace, the API server takes that of the binding.
        "ServiceAccount" => text("name") == account && (text("namespace").is_empty() || text("namespace") == namespace),
        "User" => text("name") == format!("system:serviceaccount:{namespace}:{account}"),
        "Group" => {
            let of_namespace = format!("system:serviceaccounts:{namespace}");
            ["system:authenticated", "system:serviceaccounts", &of_namespace].contains(&text("name"))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_binding_names_the_account_in_each_way_that_the_api_server_knows() {
        for (subject, binds) in [
            (
                json!({"kind": "ServiceAccount", "name": "neo4j-backup-sa", "namespace": "graph"}),
                true,
            ),
            (json!({"kind": "ServiceAccount", "name": "neo4j-backup-sa"}), true),
            (
                json!({"kind": "User", "name": "system:serviceaccount:graph:neo4j-backup-sa"}),
                true,
            ),
            (json!({"kind": "Group", "name": "system:serviceaccounts"}), true),
            (json!({"kind": "Group", "name": "system:serviceaccounts:graph"}), true),
            (json!({"kind": "Group", "name": "system:authenticated"}), true),
            (
                json!({"kind": "ServiceAccount", "name": "neo4j-backup-sa", "namespace": "other"}),
                false,
            ),
            (
                json!({"kind": "User", "name": "system:serviceaccount:other:neo4j-backup-sa"}),
                false,
            ),
            (json!({"kind": "User", "name": "neo4j-backup-sa"}), false),
            (json!({"kind": "Group", "name": "system:serviceaccounts:other"}), false),
        ] {
            let binding = json!({"roleRef": {"kind": "Role", "name": "r"}, "subjects": [subject]});
            let facts = BindingFacts::of(&Node::from(binding), "graph");
            assert_eq!(facts.binds_account, binds, "{subject}");
        }
    }
}
