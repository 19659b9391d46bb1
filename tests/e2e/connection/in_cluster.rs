//! In a pod: the files of its account, what the kubelet tells it of the API server, and what goes before these.

use neo4jbackup_harness::play;
use serde_json::{Value, json};

use super::servers::Front;
use super::surroundings::{Place, administrator, cluster, control_plane, kubeconfig};

/// A pod in a namespace of its own, with an account that may write there, and the name of the namespace.
fn pod() -> Option<(Place, String)> {
    let place = Place::pod()?;
    let namespace = control_plane().create_namespace("pod").unwrap();
    // By what it may do kubectl finds out which namespace is meant.
    let role = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
        "metadata": {"name": "robot", "namespace": namespace},
        "rules": [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["create"]}],
    });
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
        "metadata": {"name": "robot", "namespace": namespace},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "robot"},
        "subjects": [{"kind": "ServiceAccount", "name": "robot", "namespace": namespace}],
    });
    let account =
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "robot", "namespace": namespace}});
    play(&mut control_plane().api_client().unwrap(), [account, role, binding]);
    let token = control_plane()
        .kubectl(&["create", "token", "robot", "-n", &namespace])
        .unwrap();
    assert!(token.success(), "{}", token.stderr);
    // As projected tokens are, without a line end; people who build pods by hand leave one.
    place.mount("token", token.stdout.trim());
    place.mount("namespace", &namespace);
    place.mount("ca.crt", control_plane().certificate_authority());
    Some((place, namespace))
}

/// Both are the robot, and mean this namespace.
fn is_robot(place: &Place, namespace: &str, flags: &[&str], meant: &str) {
    let user = place.same(flags);
    assert_eq!(
        user["username"],
        format!("system:serviceaccount:{namespace}:robot"),
        "{flags:?}"
    );
    assert_eq!(place.plugin(flags).namespace.as_deref(), Some(meant), "{flags:?}");
}

#[test]
fn the_account_of_the_pod() {
    let Some((mut place, namespace)) = pod() else { return };
    is_robot(&place, &namespace, &[], &namespace);
    assert_eq!(place.kubectl(&[]).namespace.as_deref(), Some(namespace.as_str()));
    is_robot(&place, &namespace, &["-n", "default"], "default");
    // The namespace of the pod by the variable that pods are given it in.
    place.set("POD_NAMESPACE", "kube-public");
    is_robot(&place, &namespace, &[], "kube-public");
    is_robot(&place, &namespace, &["--namespace", "default"], "default");
}

/// Files that say of no cluster how to reach it are no reason not to ask that of the pod.
#[test]
fn kubeconfigs_that_say_nothing() {
    let Some((mut place, namespace)) = pod() else { return };
    let without_cluster = json!({
        "current-context": "main",
        "contexts": [{"name": "main", "context": {"cluster": "", "user": "main", "namespace": "kube-system"}}],
        "users": [{"name": "main", "user": {}}],
    });
    let mut without_context = kubeconfig(&cluster(), &administrator());
    without_context["current-context"] = json!("");
    for (text, meant) in [
        ("", namespace.as_str()),
        ("{}", &namespace),
        (
            "apiVersion: v1\nkind: Config\nclusters: []\nusers: []\ncontexts: []\ncurrent-context: \"\"\n",
            &namespace,
        ),
        (&without_context.to_string(), &namespace),
        (&without_cluster.to_string(), "kube-system"),
    ] {
        let file = place.write("said", text);
        is_robot(&place, &namespace, &["--kubeconfig", file.to_str().unwrap()], meant);
    }
    // What kubectl takes for one without a cluster is malformed here.
    let file = place.write(
        "said",
        "contexts: [{name: main, context: {user: main}}]\ncurrent-context: main\n",
    );
    let flags = ["--kubeconfig", file.to_str().unwrap()];
    let plugin = place.plugin(&flags);
    assert_eq!(plugin.code, Some(2), "{plugin:#?}");
    assert!(plugin.stderr.contains("it is malformed, line 1"), "{plugin:#?}");
    let missing = place.path("missing").display().to_string();
    place.set("KUBECONFIG", &missing);
    is_robot(&place, &namespace, &[], &namespace);
}

#[test]
fn a_kubeconfig_that_says_something_goes_before_the_account() {
    let Some((place, namespace)) = pod() else { return };
    place.write(".kube/config", &kubeconfig(&cluster(), &administrator()).to_string());
    assert_eq!(place.same(&[])["username"], "admin");
    // Which namespace is meant it does not say.
    assert_eq!(place.plugin(&[]).namespace.as_deref(), Some(namespace.as_str()));
    assert_eq!(place.kubectl(&[]).namespace.as_deref(), Some(namespace.as_str()));
    let mut config = kubeconfig(&cluster(), &administrator());
    config["contexts"][0]["context"]["namespace"] = json!("default");
    place.write(".kube/config", &config.to_string());
    assert_eq!(place.same(&[])["username"], "admin");
    assert_eq!(place.plugin(&[]).namespace.as_deref(), Some("default"));
    let words = ["there is no context `gone`", "--context"];
    place.both_fail(&["--context", "gone"], "context \"gone\" does not exist", 2, &words);
}

/// What flags say of single things goes before the account of the pod.
#[test]
fn flags_in_a_pod() {
    let Some((place, namespace)) = pod() else { return };
    assert_eq!(place.same(&["--token", control_plane().token()])["username"], "admin");
    place.mount("ca.crt", "nonsense");
    let authority = place.write("ca.crt", control_plane().certificate_authority());
    let flags = ["--certificate-authority", authority.to_str().unwrap()];
    is_robot(&place, &namespace, &flags, &namespace);
    // With these kubectl forgets the pod and asks localhost:8080.
    place.mount("ca.crt", control_plane().certificate_authority());
    control_plane()
        .kubectl(&[
            "create",
            "clusterrolebinding",
            &namespace,
            "--clusterrole=cluster-admin",
            &format!("--serviceaccount={namespace}:robot"),
        ])
        .unwrap();
    for (flag, expected) in [
        ("--as=jane", "jane".to_owned()),
        (
            "--request-timeout=20s",
            format!("system:serviceaccount:{namespace}:robot"),
        ),
        (
            "--disable-compression",
            format!("system:serviceaccount:{namespace}:robot"),
        ),
    ] {
        let kubectl = place.kubectl(&[flag]);
        assert!(kubectl.stderr.contains("localhost:8080"), "{flag}: {kubectl:#?}");
        let plugin = place.plugin(&[flag]);
        assert_eq!(
            plugin.user.map(|user| user["username"].clone()),
            Some(Value::from(expected)),
            "{flag}"
        );
    }
}

#[test]
fn an_account_that_cannot_be_used() {
    let Some((place, _)) = pod() else { return };
    place.mount("token", "nonsense");
    let words = [
        "does not accept the credentials (401)",
        "the service account of this pod",
    ];
    place.both_fail(&[], "logged in to the server", 3, &words);
    // kubectl goes on with the authorities of the machine.
    std::fs::remove_file(place.path("account/ca.crt")).unwrap();
    let words = [
        "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt: it is not there",
        "the service account of this pod",
    ];
    place.both_fail(&[], "certificate signed by unknown authority", 2, &words);
    // A pod without a token is none that could ask.
    std::fs::remove_file(place.path("account/token")).unwrap();
    let words = ["no cluster is configured", "this is no pod with a service account"];
    place.both_fail(&[], "localhost:8080", 2, &words);
}

#[test]
fn an_api_server_at_an_address_of_ipv6() {
    let Some((mut place, namespace)) = pod() else { return };
    let certificate = control_plane().authority().issue_server_certificate(&["::1"]).unwrap();
    let Some(front) = Front::start_at("[::1]:0", &certificate) else {
        println!("skipped: this machine has no address ::1");
        return;
    };
    place.set("KUBERNETES_SERVICE_HOST", "::1");
    place.set("KUBERNETES_SERVICE_PORT", &front.address.port().to_string());
    is_robot(&place, &namespace, &[], &namespace);
    place.set("KUBERNETES_SERVICE_PORT", "1");
    let words = [
        "cannot reach https://[::1]:1: the connection is refused",
        "KUBERNETES_SERVICE_HOST",
    ];
    place.both_fail(&[], "was refused", 3, &words);
}
