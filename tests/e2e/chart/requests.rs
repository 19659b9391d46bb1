//! Which requests leave the API server. The configurations are the chart's, with `failurePolicy: Fail` and an address at
//! which nobody listens: what still passes was never sent.

use neo4jbackup_harness::await_something;
use serde_json::{Value, json};

use super::helm::{NAMESPACE, of_kind, rendered};
use super::server::Server;

#[test]
fn only_a_new_spec_of_an_object_that_stays_is_judged() {
    let server = Server::take();
    let namespace = server.control_plane.create_namespace("requests").unwrap();
    let on =
        |arguments: &[&str], input: &str| server.kubectl(&[&["--namespace", &namespace], arguments].concat(), input);
    let stored = backup("stored", "0 2 * * *").to_string();
    assert!(on(&["apply", "--filename=-"], &stored).success());
    let finalizers = r#"{"metadata":{"finalizers":["example.com/hold"]}}"#;
    let patch = |what: &str| on(&["patch", "neo4jbackup", "stored", "--type=merge", "--patch", what], "");
    assert!(patch(finalizers).success());

    register(
        &server,
        "ValidatingWebhookConfiguration",
        &["--set=mutating.enabled=false", "--set=validating.failurePolicy=Fail"],
    );
    let refused = |answer: &neo4jbackup_harness::KubectlOutput| {
        answer
            .stderr
            .contains("failed calling webhook \"validate.neo4jbackup.github.io\"")
    };
    await_something("the registration", || {
        let answer = on(
            &["create", "--dry-run=server", "--filename=-"],
            &backup("new", "0 2 * * *").to_string(),
        );
        if refused(&answer) {
            Ok(())
        } else {
            Err(format!("{answer:?}"))
        }
    });

    let new_schedule = r#"{"spec":{"schedule":"0 3 * * *"}}"#;
    assert!(refused(&patch(new_schedule)), "a new schedule is not judged");
    for change in [
        r#"{"metadata":{"labels":{"team":"graph"}}}"#,
        r#"{"metadata":{"annotations":{"neo4jbackup.github.io/ignore-NB7001":"wanted"}}}"#,
        r#"{"metadata":{"finalizers":["example.com/hold","example.com/other"]}}"#,
        r#"{"spec":{"schedule":"0 2 * * *"}}"#,
    ] {
        let answer = patch(change);
        assert!(answer.success(), "{change}: {answer:?}");
    }
    assert!(on(&["apply", "--filename=-"], &stored).success(), "applied once more");
    let status = [
        "patch",
        "neo4jbackup",
        "stored",
        "--subresource=status",
        "--type=merge",
        "--patch",
        r#"{"status":{"phase":"Running"}}"#,
    ];
    let answer = on(&status, "");
    assert!(answer.success(), "{answer:?}");

    // Held by its finalizer, it is on its way out, and nothing may keep it from going.
    assert!(on(&["delete", "neo4jbackup", "stored", "--wait=false"], "").success());
    assert!(patch(new_schedule).success(), "an object on its way out is judged");
    assert!(patch(r#"{"metadata":{"finalizers":null}}"#).success());
    assert!(
        !on(&["get", "neo4jbackup", "stored"], "").success(),
        "it is still there"
    );
}

#[test]
fn a_namespace_is_judged_in_the_mode_that_its_label_names() {
    let server = Server::take();
    register(
        &server,
        "ValidatingWebhookConfiguration",
        &["--set=mutating.enabled=false", "--set=validating.failurePolicy=Fail"],
    );
    for (label, entry, path) in [
        ("", "validate", "/validate?"),
        ("something", "validate", "/validate?"),
        ("enforce", "enforce.validate", "/validate/enforce?"),
        ("warn", "warn.validate", "/validate/warn?"),
        ("audit", "audit.validate", "/validate/audit?"),
    ] {
        let namespace = server.control_plane.create_namespace("mode").unwrap();
        if !label.is_empty() {
            let label = format!("neo4jbackup.github.io/mode={label}");
            server.must(&["label", "namespace", &namespace, &label]);
        }
        let expected = format!("failed calling webhook \"{entry}.neo4jbackup.github.io\"");
        await_something(&format!("the entry {entry}"), || {
            let answer = server.kubectl(
                &["--namespace", &namespace, "create", "--dry-run=server", "--filename=-"],
                &backup("new", "0 2 * * *").to_string(),
            );
            if answer.stderr.contains(&expected) && answer.stderr.contains(path) {
                Ok(())
            } else {
                Err(format!("{answer:?}"))
            }
        });
    }
    for namespace in [NAMESPACE, "kube-system"] {
        let arguments = ["--namespace", namespace, "create", "--dry-run=server", "--filename=-"];
        let answer = server.kubectl(&arguments, &backup("new", "0 2 * * *").to_string());
        assert!(answer.success(), "{namespace}: {answer:?}");
    }
}

#[test]
fn defaults_are_asked_for_what_is_new_and_is_the_operators() {
    let server = Server::take();
    let namespace = server.control_plane.create_namespace("defaults").unwrap();
    let create = |object: &Value| {
        let arguments = [
            "--namespace",
            namespace.as_str(),
            "create",
            "--dry-run=server",
            "--filename=-",
        ];
        server.kubectl(&arguments, &object.to_string())
    };
    let stored = backup("stored", "0 2 * * *");
    let arguments = ["--namespace", namespace.as_str(), "apply", "--filename=-"];
    assert!(server.kubectl(&arguments, &stored.to_string()).success());
    register(
        &server,
        "MutatingWebhookConfiguration",
        &["--set=mutating.failurePolicy=Fail,workloads.failurePolicy=Fail,serviceAccounts.failurePolicy=Fail"],
    );
    for (object, entry) in [
        (backup("new", "0 2 * * *"), "mutate"),
        (job("backup", "neo4j-backup"), "workloads.mutate"),
        (job("restore", "neo4j-restore"), "workloads.mutate"),
        (cron_job("neo4j-backup"), "workloads.mutate"),
        (service_account("neo4j-backup-sa"), "serviceaccounts.mutate"),
        (service_account("neo4j-restore-sa"), "serviceaccounts.mutate"),
    ] {
        let expected = format!("failed calling webhook \"{entry}.neo4jbackup.github.io\"");
        await_something(&expected, || {
            let answer = create(&object);
            if answer.stderr.contains(&expected) {
                Ok(())
            } else {
                Err(format!("{object}: {answer:?}"))
            }
        });
    }
    let mut generated = service_account("");
    generated["metadata"] = json!({"generateName": "neo4j-backup-sa"});
    for object in [
        job("batch", "another"),
        cron_job("another"),
        service_account("default-two"),
        generated,
    ] {
        let answer = create(&object);
        assert!(answer.success(), "{object}: {answer:?}");
    }
    let change = [
        "--namespace",
        namespace.as_str(),
        "patch",
        "neo4jbackup",
        "stored",
        "--type=merge",
        "--patch",
        r#"{"spec":{"schedule":"0 3 * * *"}}"#,
    ];
    let answer = server.kubectl(&change, "");
    assert!(answer.success(), "an update is not for defaults: {answer:?}");
}

/// Registers the chart's configurations of a kind for an address at which nobody listens.
fn register(server: &Server, kind: &str, arguments: &[&str]) {
    let objects = rendered(arguments);
    for configuration in of_kind(&objects, kind) {
        let mut configuration = configuration.clone();
        for entry in configuration["webhooks"].as_array_mut().unwrap() {
            let path = entry["clientConfig"]["service"]["path"].as_str().unwrap();
            entry["clientConfig"] = json!({"url": format!("https://127.0.0.1:1{path}")});
        }
        server.control_plane.apply_yaml(&configuration.to_string()).unwrap();
    }
}

fn backup(name: &str, schedule: &str) -> Value {
    json!({
        "apiVersion": "neo4j.neo4j.com/v1beta1", "kind": "Neo4jBackup", "metadata": {"name": name},
        "spec": {
            "instanceRef": "catalog", "allDatabases": true, "schedule": schedule,
            "storage": {"type": "s3", "bucket": "acme-graph-backups", "path": "catalog"},
        },
    })
}

/// As the operator labels what it makes.
fn labels(name: &str) -> Value {
    json!({"app.kubernetes.io/name": name, "app.kubernetes.io/managed-by": "neo4j-operator"})
}

fn pod() -> Value {
    json!({"spec": {"restartPolicy": "Never", "containers": [{"name": "backup", "image": "neo4j"}]}})
}

fn job(name: &str, label: &str) -> Value {
    json!({
        "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name, "labels": labels(label)},
        "spec": {"template": pod()},
    })
}

fn cron_job(label: &str) -> Value {
    json!({
        "apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "nightly", "labels": labels(label)},
        "spec": {"schedule": "0 2 * * *", "jobTemplate": {"spec": {"template": pod()}}},
    })
}

fn service_account(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}})
}
