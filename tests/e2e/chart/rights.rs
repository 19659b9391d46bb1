//! What the webhook may do in the cluster, asked of the API server.

use neo4jbackup_harness::await_something;
use serde_json::{Value, json};

use super::helm::{CLUSTER_NAME, FULL_NAME, NAMESPACE, text};
use super::server::Server;

#[test]
fn the_default_may_look_after_its_certificates_and_look_at_what_rules_ask_for() {
    let server = Server::take();
    server.release("install", &[]);
    let secret = format!("secrets/{FULL_NAME}-ca");
    let own = format!("validatingwebhookconfigurations/{CLUSTER_NAME}");
    check(
        &server,
        &[
            (true, "get", &secret, NAMESPACE),
            (true, "watch", &secret, NAMESPACE),
            (true, "update", &secret, NAMESPACE),
            (false, "create", "secrets", NAMESPACE),
            (false, "create", &secret, NAMESPACE),
            (false, "patch", &secret, NAMESPACE),
            (true, "patch", &own, ""),
            (true, "patch", &own.replace("validating", "mutating"), ""),
            (true, "list", "neo4jbackups.neo4j.neo4j.com", "other"),
            (true, "watch", "namespaces", ""),
            (true, "watch", &definition("neo4jbackups"), ""),
            (true, "list", &definition("neo4jshardeddatabases"), ""),
            (false, "list", "customresourcedefinitions", ""),
            (false, "watch", &definition("neo4jusers"), ""),
            (false, "patch", &definition("neo4jbackups"), ""),
            (false, "list", "deployments/operator", "operators"),
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

/// What says the version of the operator: one object of one namespace.
#[test]
fn it_may_look_at_the_deployment_of_the_operator_where_that_is_named() {
    let server = Server::take();
    server.must(&["create", "namespace", "operators"]);
    server.release("install", &["--set=operatorDeployment=operators/operator"]);
    check(
        &server,
        &[
            (true, "list", "deployments/operator", "operators"),
            (true, "watch", "deployments/operator", "operators"),
            (false, "watch", "deployments/another", "operators"),
            (false, "watch", "deployments", "operators"),
            (false, "watch", "deployments/operator", "other"),
            (false, "patch", "deployments/operator", "operators"),
        ],
    );
    server.must(&["delete", "namespace", "operators", "--wait=false"]);
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
            (false, "watch", &definition("neo4jbackups"), ""),
            (
                false,
                "patch",
                &format!("validatingwebhookconfigurations/{CLUSTER_NAME}"),
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

/// Beside operators of the 0.x line the account gives a right that it does not have, one to one account of each namespace.
#[test]
fn what_jobs_of_old_operators_need_can_be_given_to_their_account_and_to_nobody_else() {
    let server = Server::take();
    server.release("install", &["--set=rbac.ensure=true,rbac.legacyRoles=true"]);
    let namespace = server.control_plane.create_namespace("roles").unwrap();
    let jobs = json!({"kind": "ServiceAccount", "name": "neo4j-backup-sa", "namespace": namespace});
    let given = |role: &Value, subjects: &Value| binding("neo4j-backup-rolebinding", role, subjects);
    let legacy = json!({"kind": "ClusterRole", "name": "neo4jbackup-legacy-jobs"});
    let own = json!({"kind": "ServiceAccount", "name": FULL_NAME, "namespace": NAMESPACE});
    let elsewhere = json!({"kind": "ServiceAccount", "name": "neo4j-backup-sa", "namespace": "default"});
    let everybody = json!({"kind": "Group", "name": "system:authenticated", "apiGroup": "rbac.authorization.k8s.io"});

    // The API server learns of a policy a moment after it is stored.
    let refused = await_something("the policy", || {
        let dry_run = given(&legacy, &json!([own]));
        match applies_with(&server, &namespace, &dry_run, &["--dry-run=server"]) {
            Ok(()) => Err("the account may bind itself".to_owned()),
            Err(refused) => Ok(refused),
        }
    });
    let policy = format!("ValidatingAdmissionPolicy 'neo4jbackup-account.{CLUSTER_NAME}'");
    let reason = "the webhook gives it to nobody but neo4j-backup-sa of the same namespace";
    for subjects in [json!([own]), json!([jobs, everybody]), json!([elsewhere])] {
        let refused = applies(&server, &namespace, &given(&legacy, &subjects)).unwrap_err();
        assert!(
            refused.contains(&policy) && refused.contains(reason),
            "{subjects}: {refused}"
        );
    }
    assert!(refused.contains(reason), "{refused}");
    let by_right = "attempting to grant RBAC permissions not currently held";
    let by_policy = "the webhook gives no role but the ClusterRole neo4jbackup-legacy-jobs";
    for (kind, name, reason) in [
        ("ClusterRole", "cluster-admin", by_right),
        ("ClusterRole", "system:node", by_right),
        // Without controllers nobody fills it, and what gives nothing may be given by everybody.
        ("ClusterRole", "edit", by_policy),
    ] {
        let role = json!({"kind": kind, "name": name});
        let refused = applies(&server, &namespace, &given(&role, &json!([jobs]))).unwrap_err();
        assert!(refused.contains(reason), "{role}: {refused}");
    }
    let refused = applies(&server, &namespace, &binding("another", &legacy, &json!([jobs]))).unwrap_err();
    assert!(refused.contains("forbidden"), "{refused}");
    let refused = applies(&server, &namespace, &role()).unwrap_err();
    assert!(refused.contains("forbidden"), "{refused}");

    applies(&server, &namespace, &given(&legacy, &json!([jobs]))).unwrap();
    let jobs_account = format!("system:serviceaccount:{namespace}:neo4j-backup-sa");
    await_something("the right of the Jobs", || {
        if may(&server, &jobs_account, "create", "pods", "exec", &namespace) {
            Ok(())
        } else {
            Err("not yet".to_owned())
        }
    });
    assert!(!may(&server, &jobs_account, "create", "pods", "exec", "kube-system"));
    assert!(!may(&server, &jobs_account, "delete", "pods", "", &namespace));
    for place in [namespace.as_str(), "kube-system", "default", NAMESPACE] {
        for (verb, part) in [
            ("create", "exec"),
            ("get", "exec"),
            ("get", "log"),
            ("get", ""),
            ("create", ""),
        ] {
            assert!(
                !may(&server, &account(), verb, "pods", part, place),
                "{verb} pods/{part} in {place}"
            );
        }
    }

    // What others have put there stays, and nothing can be put beside it.
    let person = json!({"kind": "User", "name": "alice", "apiGroup": "rbac.authorization.k8s.io"});
    let patch = json!({"subjects": [jobs, person]}).to_string();
    let patch = [
        "patch",
        "rolebinding",
        "neo4j-backup-rolebinding",
        "--type=merge",
        "--patch",
        &patch,
    ];
    server.must(&[&patch[..], &["--namespace", &namespace]].concat());
    applies(&server, &namespace, &given(&legacy, &json!([person, jobs]))).unwrap();
    let refused = applies(&server, &namespace, &given(&legacy, &json!([person, jobs, own]))).unwrap_err();
    assert!(refused.contains(reason), "{refused}");
}

/// What the documents say of a pod that is in wrong hands: in the mode `self` it can have the API server ask it about
/// everything, which no right and no policy can keep it from; in all others it cannot touch a configuration.
#[test]
fn only_in_the_mode_self_can_the_account_change_what_the_api_server_asks() {
    let server = Server::take();
    let everything = json!([{"op": "replace", "path": "/webhooks/0/rules/0", "value": {
        "apiGroups": ["*"], "apiVersions": ["*"], "operations": ["*"], "resources": ["*"], "scope": "*",
    }}])
    .to_string();
    let account = account();
    let mut patch = vec![
        "patch",
        "mutatingwebhookconfiguration",
        CLUSTER_NAME,
        "--type=json",
        "--dry-run=server",
    ];
    patch.extend(["--as", &account, "--patch", &everything]);
    for (mode, expected) in [
        (&[][..], true),
        (&["--set=tls.mode=certManager"], false),
        (&["--set=tls.mode=helm"], false),
        (&["--set=tls.mode=existingSecret,tls.existingSecret.name=tls"], false),
    ] {
        // The authority has to be one where helm puts it in.
        let authority = neo4jbackup_harness::CertificateAuthority::new().unwrap();
        let file = server.control_plane.directory().join("authority.pem");
        std::fs::write(&file, authority.certificate_pem()).unwrap();
        let from_file = format!("--set-file=tls.existingSecret.caBundle={}", file.display());
        let mut arguments = mode.to_vec();
        if mode.first().is_some_and(|mode| mode.contains("existingSecret")) {
            arguments.push(&from_file);
        }
        server.release("install", &arguments);
        let answer = server.kubectl(&patch, "");
        assert_eq!(answer.success(), expected, "{mode:?}: {answer:?}");
        assert!(expected || answer.stderr.contains("forbidden"), "{mode:?}: {answer:?}");
        check(
            &server,
            &[
                (expected, "get", &format!("secrets/{FULL_NAME}-ca"), NAMESPACE),
                (false, "get", "secrets/tls", NAMESPACE),
                (false, "create", "pods", NAMESPACE),
                (false, "create", "serviceaccounts/token", NAMESPACE),
            ],
        );
        server.uninstall();
        server.must(&["delete", "secrets", "--all", "--namespace", NAMESPACE]);
    }
}

/// The key lies in a Secret of the namespace, so that whoever may read Secrets or run pods there has it.
#[test]
fn the_notes_warn_of_a_namespace_that_holds_other_things() {
    let server = Server::take();
    let chart = super::helm::chart();
    let said = |verb: &str, further: &[&str]| {
        let arguments = [
            verb,
            super::helm::RELEASE,
            chart.to_str().unwrap(),
            "--namespace",
            NAMESPACE,
        ];
        let output = server.helm(&[&arguments, further].concat());
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    let warning = "WARNING: the namespace neo4jbackup holds more than this release";
    let alone = said("install", &[]);
    assert!(
        alone.contains("stays when the release is uninstalled") && !alone.contains(warning),
        "{alone}"
    );
    assert!(
        !said("upgrade", &[]).contains(warning),
        "its own objects are not other things"
    );
    let deployment = [
        "create",
        "deployment",
        "operator",
        "--image=operator",
        "--namespace",
        NAMESPACE,
    ];
    server.must(&deployment);
    server.must(&["create", "serviceaccount", "operator", "--namespace", NAMESPACE]);
    let beside = said("upgrade", &[]);
    let mounted = said("upgrade", &["--set=tls.mode=helm"]);
    server.must(&[
        "delete",
        "deployment/operator",
        "serviceaccount/operator",
        "--namespace",
        NAMESPACE,
    ]);
    let expected = format!("{warning}: deployment/operator, serviceaccount/operator.");
    assert!(beside.contains(&expected), "{beside}");
    assert!(
        !mounted.contains(warning),
        "there is no key that the webhook could be asked for: {mounted}"
    );
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

/// The definition of a kind of the operator's.
fn definition(plural: &str) -> String {
    format!("customresourcedefinitions/{plural}.neo4j.neo4j.com")
}

/// As the reconciler does it.
fn applies(server: &Server, namespace: &str, object: &str) -> Result<(), String> {
    applies_with(server, namespace, object, &[])
}

fn applies_with(server: &Server, namespace: &str, object: &str, further: &[&str]) -> Result<(), String> {
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
    arguments.extend(further);
    let answer = server.kubectl(&arguments, object);
    if answer.success() { Ok(()) } else { Err(answer.stderr) }
}

/// Whether an account may do something with a kind, or with a part of it such as `exec`.
fn may(server: &Server, account: &str, verb: &str, resource: &str, part: &str, namespace: &str) -> bool {
    let part = format!("--subresource={part}");
    let arguments = [
        "auth",
        "can-i",
        verb,
        resource,
        &part,
        "--as",
        account,
        "--namespace",
        namespace,
    ];
    server.kubectl(&arguments, "").stdout.trim() == "yes"
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

fn binding(name: &str, role: &Value, subjects: &Value) -> String {
    let mut role = role.clone();
    role["apiGroup"] = "rbac.authorization.k8s.io".into();
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": name},
        "roleRef": role, "subjects": subjects,
    })
    .to_string()
}
