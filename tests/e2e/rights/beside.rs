//! What docs/rbac.md says of the commands that kubectl itself has for rights, of the same clusters in which ours are tried.

use kubectl_neo4jbackup::Exit;
use neo4jbackup_harness::{KubectlOutput, play};
use serde_json::json;

use super::await_authorizer;
use super::checked::{asker, objects};
use super::stage::{OPERATOR_NAMESPACE, Stage};

fn kubectl(stage: &Stage, arguments: &[&str], input: &str) -> KubectlOutput {
    stage.control_plane().client().run(arguments, input).unwrap()
}

/// It answers for somebody who is named, and for nobody who is not; what is there and should not be it cannot know.
#[test]
fn can_i_lists_rights_without_the_way_to_them_and_needs_the_right_to_impersonate() {
    let stage = Stage::set();
    let namespace = stage.namespace.as_str();
    let mut client = stage.control_plane().api_client().unwrap();
    play(&mut client, objects(namespace));
    play(&mut client, asker("looker", &[]));
    await_authorizer(&mut client, namespace);
    let account = format!("--as=system:serviceaccount:{namespace}:neo4j-backup-sa");

    let list = kubectl(&stage, &["auth", "can-i", "--list", &account, "-n", namespace], "");
    assert_eq!(list.code, 0, "{list:?}");
    assert!(list.stdout.contains("pods/exec"), "{list:?}");
    assert!(!list.stdout.contains("neo4j-backup-rolebinding"), "{list:?}");
    let ours = stage.run("", &["rbac", "check", "-n", namespace, "--for", "backup"]);
    assert_eq!(ours.exit, Exit::NotGood);
    let words: Vec<&str> = ours.stdout.split_whitespace().collect();
    assert!(
        words
            .join(" ")
            .contains("neo4j-backup-rolebinding, Role neo4j-backup-role, rule 2"),
        "{}",
        ours.stdout
    );

    // Without the flag a subresource is asked for as a resource of this name, which it is not.
    let part = [
        "auth",
        "can-i",
        "create",
        "pods",
        "--subresource=exec",
        &account,
        "-n",
        namespace,
    ];
    let whole = ["auth", "can-i", "create", "pods", &account, "-n", namespace];
    let (part, whole) = (kubectl(&stage, &part, ""), kubectl(&stage, &whole, ""));
    assert_eq!((part.code, part.stdout.trim()), (0, "yes"), "{part:?}");
    assert_eq!((whole.code, whole.stdout.trim()), (1, "no"), "{whole:?}");

    let token = kubectl(&stage, &["create", "token", "looker", "-n", OPERATOR_NAMESPACE], "").stdout;
    let plain = stage.control_plane().directory().join("looker.kubeconfig");
    let text = std::fs::read_to_string(stage.control_plane().kubeconfig()).unwrap();
    std::fs::write(&plain, text.replace(stage.control_plane().token(), token.trim())).unwrap();
    let plain = format!("--kubeconfig={}", plain.display());
    let refused = kubectl(
        &stage,
        &["auth", "can-i", "--list", &account, "-n", namespace, &plain],
        "",
    );
    assert_ne!(refused.code, 0, "{refused:?}");
    assert!(refused.stderr.contains("cannot impersonate"), "{refused:?}");
}

/// It makes a cluster as a file is, and does not know what should stand in the file.
#[test]
fn reconcile_adds_what_lacks_of_a_file_and_says_the_same_whether_or_not_it_has() {
    let stage = Stage::set();
    let namespace = stage.namespace.as_str();
    let mut client = stage.control_plane().api_client().unwrap();
    let rules = |resources: &[&str]| json!([{"apiGroups": [""], "resources": resources, "verbs": ["get"]}]);
    let role = |resources: &[&str]| {
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
            "metadata": {"name": "reconciled", "namespace": namespace}, "rules": rules(resources)})
    };
    play(&mut client, [role(&["secrets"])]);
    let path = format!("/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/roles/reconciled");
    let mut reconcile = |further: &[&str]| {
        let arguments = [&["auth", "reconcile", "-f", "-"], further].concat();
        let output = kubectl(&stage, &arguments, &role(&["pods"]).to_string());
        assert_eq!(output.code, 0, "{output:?}");
        (
            output.stdout + &output.stderr,
            client.get(&path).unwrap()["rules"].to_string(),
        )
    };
    let (_, stored) = reconcile(&["--dry-run=client"]);
    assert!(!stored.contains("pods"), "{stored}");
    let (said, stored) = reconcile(&[]);
    assert!(said.contains("missing rules added"), "{said}");
    assert!(stored.contains("pods") && stored.contains("secrets"), "{stored}");
    // What was there before, and that there is nothing to do, is not told by the exit code.
    let (_, stored) = reconcile(&[]);
    assert!(stored.contains("secrets"), "{stored}");
    let (said, stored) = reconcile(&["--remove-extra-permissions"]);
    assert!(said.contains("extra rules removed"), "{said}");
    assert!(stored.contains("pods") && !stored.contains("secrets"), "{stored}");
}

/// What is deleted and made again is gone for a moment, and whoever keeps it is not asked.
#[test]
fn reconcile_makes_a_binding_anew_without_a_question_also_where_helm_keeps_it() {
    let stage = Stage::set();
    let namespace = stage.namespace.as_str();
    let mut client = stage.control_plane().api_client().unwrap();
    let binding = |role: &str| {
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
            "metadata": {"name": "reconciled", "namespace": namespace, "labels": {"app.kubernetes.io/managed-by": "Helm"},
                "annotations": {"meta.helm.sh/release-name": "mine", "meta.helm.sh/release-namespace": namespace}},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
            "subjects": [{"kind": "ServiceAccount", "name": "neo4j-backup-sa", "namespace": namespace}]})
    };
    play(&mut client, [binding("view")]);
    let path = format!("/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/rolebindings/reconciled");
    let before = client.get(&path).unwrap();
    let output = kubectl(&stage, &["auth", "reconcile", "-f", "-"], &binding("edit").to_string());
    assert_eq!(output.code, 0, "{output:?}");
    let after = client.get(&path).unwrap();
    assert_eq!(after["roleRef"]["name"], "edit");
    assert_ne!(after["metadata"]["uid"], before["metadata"]["uid"]);
}
