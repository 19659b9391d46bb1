//! What the webhook may do in the cluster, asked of the API server.

use serde_json::json;

use super::helm::{FULL_NAME, NAMESPACE};
use super::server::Server;

#[test]
fn the_default_may_look_after_its_certificates_and_look_at_what_rules_ask_for() {
    let server = Server::take();
    server.release("install", &[]);
    let secret = format!("secrets/{FULL_NAME}-ca");
    let own = format!("validatingwebhookconfigurations/{FULL_NAME}");
    check(
        &server,
        &[
            (true, "get", &secret, NAMESPACE),
            (true, "watch", &secret, NAMESPACE),
            (true, "update", &secret, NAMESPACE),
            (true, "create", "secrets", NAMESPACE),
            (true, "patch", &own, ""),
            (true, "patch", &own.replace("validating", "mutating"), ""),
            (true, "list", "neo4jbackups.neo4j.neo4j.com", "other"),
            (true, "watch", "namespaces", ""),
            (false, "get", "secrets/another", NAMESPACE),
            (false, "list", "secrets", NAMESPACE),
            (false, "get", "secrets", "other"),
            (false, "delete", &secret, NAMESPACE),
            (false, "patch", "validatingwebhookconfigurations/another", ""),
            (false, "delete", &own, ""),
            (false, "create", "serviceaccounts", "other"),
            (false, "patch", "neo4jbackups.neo4j.neo4j.com", "other"),
            (false, "create", "pods/exec", "other"),
        ],
    );
}

#[test]
fn without_references_and_with_a_mounted_certificate_it_may_do_nothing() {
    let server = Server::take();
    server.release("install", &["--set=tls.mode=helm,references.enabled=false"]);
    check(
        &server,
        &[
            (false, "get", &format!("secrets/{FULL_NAME}-tls"), NAMESPACE),
            (false, "list", "neo4jbackups.neo4j.neo4j.com", "other"),
            (false, "get", "namespaces", ""),
            (
                false,
                "patch",
                &format!("validatingwebhookconfigurations/{FULL_NAME}"),
                "",
            ),
        ],
    );
}

/// To apply is to create under a name, so that even the right to create is bound to it.
#[test]
fn the_reconciler_may_apply_the_accounts_of_backups_and_no_others() {
    let server = Server::take();
    server.release("install", &["--set=rbac.ensure=true"]);
    let namespace = server.control_plane.create_namespace("accounts").unwrap();
    let account =
        |name: &str| json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}}).to_string();
    assert!(applies(&server, &namespace, &account("neo4j-backup-sa")).is_ok());
    assert!(applies(&server, &namespace, &account("neo4j-restore-sa")).is_ok());
    assert!(
        applies(&server, &namespace, &account("neo4j-backup-sa")).is_ok(),
        "a second time"
    );
    let refused = applies(&server, &namespace, &account("another")).unwrap_err();
    assert!(refused.contains("forbidden"), "{refused}");
    let refused = applies(&server, &namespace, &role()).unwrap_err();
    assert!(refused.contains("forbidden"), "{refused}");
    check(
        &server,
        &[
            (true, "list", "roles/neo4j-backup-role", "other"),
            (true, "create", "events", "other"),
            (false, "list", "roles", "other"),
            (false, "create", "pods/exec", "other"),
            (false, "update", "serviceaccounts/neo4j-backup-sa", "other"),
            (false, "create", "serviceaccounts/token", "other"),
        ],
    );
}

#[test]
fn roles_of_old_operators_may_be_applied_when_that_is_asked_for() {
    let server = Server::take();
    server.release("install", &["--set=rbac.ensure=true,rbac.legacyRoles=true"]);
    let namespace = server.control_plane.create_namespace("roles").unwrap();
    applies(&server, &namespace, &role()).unwrap();
    applies(
        &server,
        &namespace,
        &binding("neo4j-backup-rolebinding", "neo4j-backup-role"),
    )
    .unwrap();
    let more = role().replace("\"pods/log\"", "\"secrets\"");
    let refused = applies(&server, &namespace, &more).unwrap_err();
    assert!(
        refused.contains("attempting to grant RBAC permissions not currently held"),
        "{refused}"
    );
    let refused = applies(&server, &namespace, &binding("another", "neo4j-backup-role")).unwrap_err();
    assert!(refused.contains("forbidden"), "{refused}");
}

fn check(server: &Server, questions: &[(bool, &str, &str, &str)]) {
    let account = account();
    for (expected, verb, resource, namespace) in questions {
        let mut arguments = vec!["auth", "can-i", verb, resource, "--as", &account];
        if !namespace.is_empty() {
            arguments.extend(["--namespace", namespace]);
        }
        let answer = server.kubectl(&arguments, "");
        assert_eq!(
            answer.stdout.trim() == "yes",
            *expected,
            "{verb} {resource} in `{namespace}`: {answer:?}"
        );
    }
}

/// As the reconciler does it.
fn applies(server: &Server, namespace: &str, object: &str) -> Result<(), String> {
    let account = account();
    let mut arguments = vec![
        "apply",
        "--server-side",
        "--field-manager=neo4jbackup-webhook-rbac",
        "--filename=-",
    ];
    arguments.extend([
        "--force-conflicts",
        "--validate=false",
        "--as",
        &account,
        "--namespace",
        namespace,
    ]);
    let answer = server.kubectl(&arguments, object);
    if answer.success() { Ok(()) } else { Err(answer.stderr) }
}

fn account() -> String {
    format!("system:serviceaccount:{NAMESPACE}:{FULL_NAME}")
}

/// What operators up to 1.7 gave their backup account.
fn role() -> String {
    let rule = |resource: &str, verbs: &[&str]| json!({"apiGroups": [""], "resources": [resource], "verbs": verbs});
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "neo4j-backup-role"},
        "rules": [rule("pods", &["get", "list"]), rule("pods/exec", &["create"]), rule("pods/log", &["get"])],
    })
    .to_string()
}

fn binding(name: &str, role: &str) -> String {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": role},
        "subjects": [{"kind": "ServiceAccount", "name": "neo4j-backup-sa", "namespace": "default"}],
    })
    .to_string()
}
