//! The hook and the test of the chart: what their pods would run, with the rights that the chart gives them.

use std::path::PathBuf;
use std::process::Command;

use neo4jbackup_harness::{KubectlOutput, webhook_program};
use serde_json::{Value, json};

use super::helm::{CLUSTER_NAME, FULL_NAME, NAMESPACE, rendered};
use super::server::Server;
use crate::world::World;

#[test]
fn the_hook_removes_its_own_configurations_and_could_remove_no_others() {
    let server = Server::take();
    server.release("install", &[]);
    let kubeconfig = account_of_hook(&server, "pre-delete");
    let arguments = arguments_of("Job", &rendered(&[]));
    let removed = run(&arguments, &kubeconfig);
    assert!(removed.success(), "{removed:?}");
    let validating = format!("ValidatingWebhookConfiguration {CLUSTER_NAME}: removed");
    assert!(removed.stdout.contains(&validating), "{removed:?}");
    for ending in ["", "-workloads", "-serviceaccounts"] {
        let line = format!("MutatingWebhookConfiguration {FULL_NAME}{ending}.{NAMESPACE}: removed");
        assert!(removed.stdout.contains(&line), "{removed:?}");
    }
    let kinds = "validatingwebhookconfigurations,mutatingwebhookconfigurations";
    assert_eq!(server.must(&["get", kinds, "--output=name"]), "");
    let again = run(&arguments, &kubeconfig);
    assert!(again.success() && again.stdout.contains("was not there"), "{again:?}");
    let another = run(
        &["remove-configurations".to_owned(), "--validating=another".to_owned()],
        &kubeconfig,
    );
    assert!(another.code == 2 && another.stderr.contains("forbidden"), "{another:?}");
}

#[test]
fn the_test_fails_when_nobody_judges() {
    let server = Server::take();
    let kubeconfig = account_of_hook(&server, "test");
    let answer = run(&arguments_of("Pod", &rendered(&[])), &kubeconfig);
    assert_eq!(answer.code, 2, "{answer:?}");
    assert!(
        answer
            .stderr
            .contains("was accepted without a word and should have been refused"),
        "{answer:?}"
    );
    let elsewhere = run(
        &["check-admission".to_owned(), "--namespace=kube-system".to_owned()],
        &kubeconfig,
    );
    assert!(
        elsewhere.code == 2 && elsewhere.stderr.contains("forbidden"),
        "{elsewhere:?}"
    );
}

#[test]
fn the_test_succeeds_where_the_webhook_judges() {
    let world = World::rendered();
    let namespace = world.guarded_namespace();
    let arguments = ["check-admission".to_owned(), format!("--namespace={}", namespace.name)];
    let kubeconfig = world.control_plane.kubeconfig().to_owned();
    let answer = run(&arguments, &kubeconfig);
    assert!(answer.success(), "{answer:?}");
    assert!(
        answer.stdout.contains("a bad backup was refused") && answer.stdout.contains("NB5001"),
        "{answer:?}"
    );
    let milder = run(&[&arguments[..], &["--mode=warn".to_owned()]].concat(), &kubeconfig);
    assert!(
        milder.code == 2 && milder.stderr.contains("should have been warned of"),
        "{milder:?}"
    );
}

/// Gives the account of a hook its rights, as helm does before the hook's pod; gives a kubeconfig that acts as it.
fn account_of_hook(server: &Server, hook: &str) -> PathBuf {
    let objects = rendered(&[]);
    let of_hook = |object: &&Value| {
        object["metadata"]["annotations"]["helm.sh/hook"] == hook
            && !["Job", "Pod"].contains(&object["kind"].as_str().unwrap())
    };
    let rights: Vec<&Value> = objects.iter().filter(of_hook).collect();
    assert_eq!(rights.len(), 3, "{rights:?}");
    let list = json!({"apiVersion": "v1", "kind": "List", "items": rights});
    server.control_plane.apply_yaml(&list.to_string()).unwrap();
    let account = rights.iter().find(|object| object["kind"] == "ServiceAccount").unwrap();
    let name = account["metadata"]["name"].as_str().unwrap();
    let token = server.must(&["create", "token", name, "--namespace", NAMESPACE]);
    let control_plane = server.control_plane;
    let kubeconfig = std::fs::read_to_string(control_plane.kubeconfig()).unwrap();
    let file = control_plane.directory().join(format!("{hook}-kubeconfig"));
    std::fs::write(&file, kubeconfig.replace(control_plane.token(), token.trim())).unwrap();
    file
}

/// What the only container of the only object of a kind is started with.
fn arguments_of(kind: &str, objects: &[Value]) -> Vec<String> {
    let object = objects.iter().find(|object| object["kind"] == kind).unwrap();
    let pod = if kind == "Pod" {
        &object["spec"]
    } else {
        &object["spec"]["template"]["spec"]
    };
    let arguments = pod["containers"][0]["args"].as_array().unwrap().iter();
    arguments
        .map(|argument| argument.as_str().unwrap().to_owned())
        .collect()
}

fn run(arguments: &[String], kubeconfig: &std::path::Path) -> KubectlOutput {
    let mut command = Command::new(webhook_program().unwrap());
    command.args(arguments).arg("--kubeconfig").arg(kubeconfig);
    command.output().unwrap().into()
}
