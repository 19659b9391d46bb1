//! An account that may do little.

use neo4jbackup_harness::{ControlPlane, play};
use serde_json::{Value, json};

/// Lets the account `reader` of a namespace do what these rules say, by a Role and a binding of this name. Returns it as the
/// user that it is impersonated by.
pub(crate) fn grant(control_plane: &ControlPlane, namespace: &str, name: &str, rules: &Value) -> String {
    let role = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
        "metadata": {"name": name, "namespace": namespace}, "rules": rules,
    });
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
        "metadata": {"name": name, "namespace": namespace},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": "reader", "namespace": namespace}],
    });
    play(&mut control_plane.api_client().unwrap(), [role, binding]);
    format!("system:serviceaccount:{namespace}:reader")
}
