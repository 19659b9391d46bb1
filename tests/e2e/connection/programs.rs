//! Credential plugins: what they are told, and what of their answer is believed.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use super::surroundings::{Place, administrator, authority_data, cluster, control_plane, kubeconfig};

const V1: &str = "client.authentication.k8s.io/v1";

/// A place with a plugin that notes what it is told and then runs the script.
fn place(exec: &Value, script: &str) -> Place {
    let mut settings = json!({"apiVersion": V1, "command": "./plugin", "interactiveMode": "IfAvailable"});
    settings
        .as_object_mut()
        .unwrap()
        .extend(exec.as_object().unwrap().clone());
    let place = Place::with(&kubeconfig(&cluster(), &json!({ "exec": settings })));
    let script = format!(
        "#!/bin/sh\nprintf '%s' \"$KUBERNETES_EXEC_INFO\" > told\nprintf '%s ' \"$@\" \"$GREETING\" > words\necho run >> runs\n{script}\n"
    );
    let program = place.write(".kube/plugin", &script);
    fs::set_permissions(program, fs::Permissions::from_mode(0o755)).unwrap();
    place
}

fn answers(status: &Value) -> String {
    let answer = json!({"kind": "ExecCredential", "apiVersion": V1, "status": status});
    format!("cat <<'END'\n{answer}\nEND")
}

/// What the plugin was told by kubectl, and then by us.
fn told(place: &Place) -> [String; 2] {
    let read = || fs::read_to_string(place.path("told")).unwrap();
    assert_eq!(place.kubectl(&[]).code, Some(0));
    let by_kubectl = read();
    fs::remove_file(place.path("runs")).unwrap();
    assert_eq!(place.plugin(&[]).code, Some(0));
    // Two requests, and the program has run once.
    assert_eq!(fs::read_to_string(place.path("runs")).unwrap(), "run\n");
    [by_kubectl, read()]
}

#[test]
fn a_token_with_arguments_and_environment() {
    let exec = json!({"args": ["a b", "c"], "env": [{"name": "GREETING", "value": "good day"}]});
    let place = place(&exec, &answers(&json!({"token": control_plane().token()})));
    assert_eq!(place.same(&[])["username"], "admin");
    assert_eq!(fs::read_to_string(place.path("words")).unwrap(), "a b c good day ");
    let [kubectl, plugin] = told(&place);
    let (kubectl, plugin): (Value, Value) = (
        serde_json::from_str(&kubectl).unwrap(),
        serde_json::from_str(&plugin).unwrap(),
    );
    assert_eq!(plugin, kubectl);
    assert_eq!(plugin["spec"]["interactive"], false);
}

#[test]
fn the_cluster_is_told_as_kubectl_tells_it() {
    let exec = json!({"provideClusterInfo": true, "interactiveMode": "Never"});
    let place = place(&exec, &answers(&json!({"token": control_plane().token()})));
    let mut config: Value = serde_json::from_str(&fs::read_to_string(place.path(".kube/config")).unwrap()).unwrap();
    for further in [
        json!({}),
        json!({"extensions": [{"name": "client.authentication.k8s.io/exec", "extension": {"audience": "x"}}]}),
        json!({"tls-server-name": "localhost", "disable-compression": true}),
    ] {
        let mut cluster = cluster();
        cluster
            .as_object_mut()
            .unwrap()
            .extend(further.as_object().unwrap().clone());
        config["clusters"][0]["cluster"] = cluster;
        place.write(".kube/config", &config.to_string());
        let [kubectl, plugin] = told(&place);
        let (kubectl, plugin): (Value, Value) = (
            serde_json::from_str(&kubectl).unwrap(),
            serde_json::from_str(&plugin).unwrap(),
        );
        assert_eq!(plugin, kubectl, "{further}");
        assert_eq!(
            plugin["spec"]["cluster"]["certificate-authority-data"],
            authority_data()
        );
    }
}

#[test]
fn a_client_certificate_and_an_expired_token() {
    let issued = control_plane()
        .authority()
        .issue_client_certificate("jane", "people")
        .unwrap();
    let status = json!({"clientCertificateData": issued.certificate_pem, "clientKeyData": issued.key_pem});
    assert_eq!(place(&json!({}), &answers(&status)).same(&[])["username"], "jane");
    let status = json!({"token": control_plane().token(), "expirationTimestamp": "2099-01-01T00:00:00Z"});
    assert_eq!(place(&json!({}), &answers(&status)).same(&[])["username"], "admin");
    // The flag makes the program needless.
    let place = place(&json!({}), "exit 1");
    assert_eq!(place.plugin(&["--token", control_plane().token()]).code, Some(0));
    assert!(!place.path("runs").exists());
}

#[test]
fn programs_that_fail_are_quoted() {
    let fails = |exec: Value, script: &str, of_kubectl: &str, code: i32, of_plugin: &[&str]| {
        place(&exec, script).both_fail(&[], of_kubectl, code, of_plugin);
    };
    let script = "echo first >&2; echo 'the session has ended: sign in again' >&2; exit 7";
    let words = [
        "exit code 7: the session has ended: sign in again",
        "exec of the user `main`",
        "/plugin` gave no credentials",
    ];
    fails(json!({}), script, "exit code 7", 3, &words);
    let wrong = "decoding stdout";
    fails(json!({}), "echo nonsense", wrong, 3, &["it answered no JSON"]);
    let other = json!({"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1beta1", "status": {"token": "t"}});
    fails(
        json!({}),
        &format!("echo '{other}'"),
        "exec plugin is configured to use API version",
        3,
        &["no ExecCredential of"],
    );
    fails(
        json!({}),
        &answers(&json!({})),
        "didn't return a token",
        3,
        &["neither a token nor a client certificate"],
    );
    let missing = json!({"command": "not-there", "installHint": "install it from the shelf"});
    fails(
        missing,
        "",
        "not-there not found",
        3,
        &["could not be started", "install it from the shelf"],
    );
    fails(
        json!({"interactiveMode": "Always"}),
        "",
        "standard input is not a terminal",
        3,
        &["standard input is no terminal"],
    );
    fails(
        json!({"interactiveMode": null}),
        "",
        "interactiveMode must be specified",
        2,
        &["it has no interactiveMode"],
    );
    fails(
        json!({"apiVersion": "v1"}),
        "",
        "apiVersion",
        2,
        &["client.authentication.k8s.io/v1beta1"],
    );
}

/// A program without rights to be run, and one whose token the server does not take.
#[test]
fn programs_whose_answer_does_not_help() {
    let place = place(&json!({}), &answers(&json!({"token": "nonsense"})));
    place.both_fail(&[], "logged in to the server", 3, &["(401)", "exec of the user `main`"]);
    let place = Place::with(&kubeconfig(&cluster(), &administrator()));
    assert_eq!(place.same(&[])["username"], "admin");
}
