//! Objects as large as etcd takes, made of what a decoder has trouble with: each is judged, also where `failurePolicy:
//! Ignore` would let it pass without a judgement.

use neo4jbackup_harness::{WebhookServer, await_something, webhook_program};
use serde_json::{Map, Value, json};

use crate::world::World;

/// Just below what etcd takes in one request, with room for what the API server adds.
const SIZE: usize = 1_300_000;

/// The same without validation by the client, which would take longer than everything else.
const CREATE: [&str; 2] = ["create", "--validate=false"];

#[test]
fn no_object_that_can_be_stored_is_too_much_to_judge() {
    let world = World::rendered();
    let namespace = world.namespace();
    // A debug build on a busy machine takes its time.
    let kubeconfig = world.control_plane.kubeconfig();
    let webhook = WebhookServer::start_with(
        webhook_program().unwrap(),
        kubeconfig,
        &["--deadline=9s", "--memory-limit=256Mi"],
    )
    .unwrap();
    namespace.guard_with(&webhook);
    namespace.register(&webhook.base_url(), webhook.authority_pem(), "Ignore");
    for (name, make) in hostile() {
        let bad = backup(name, "0 0 2 * * *", &make);
        let answer = namespace.send_with(&CREATE, &bad);
        assert!(
            answer.stderr.contains("[NB5001]"),
            "{name}: {}",
            beginning(&answer.stderr)
        );
        let good = backup(name, "0 2 * * *", &make);
        await_something("the object is stored", || {
            let answer = namespace.send_with(&CREATE, &good);
            if answer.success() {
                Ok(())
            } else {
                Err(beginning(&answer.stderr))
            }
        });
        // Now the old object is large as well.
        let patch = r#"{"spec":{"schedule":"0 0 2 * * *"}}"#;
        let answer = namespace.kubectl(&["patch", "neo4jbackup", name, "--type=merge", "--patch", patch]);
        assert!(
            answer.stderr.contains("[NB5001]"),
            "{name}: {}",
            beginning(&answer.stderr)
        );
    }
    // More problems than an answer has room for.
    let wrong = namespace.send_with(&CREATE, &backup("wrong", "0 2 * * *", &arguments("")));
    assert!(
        wrong.stderr.contains("[NB1012]") && wrong.stderr.contains("more problems"),
        "{}",
        beginning(&wrong.stderr)
    );
    let (_, metrics) = webhook.status("/metrics").unwrap();
    for line in metrics.lines() {
        let is_fault = line.starts_with("neo4j_backup_webhook_errors_total{");
        assert!(
            !is_fault && !line.starts_with("neo4j_backup_webhook_oversize_total{"),
            "{line}"
        );
    }
}

type Make = Box<dyn Fn(&mut Value)>;

fn hostile() -> Vec<(&'static str, Make)> {
    let argument = |unit: &'static str, width: usize| -> Make {
        Box::new(move |backup| {
            backup["spec"]["options"] = json!({"additionalArgs": [format!("--x{}", unit.repeat(SIZE / width))]});
        })
    };
    vec![
        ("braces", argument("{", 1)),
        ("commas", argument(",", 1)),
        ("quotes", argument("\"", 2)),
        // The API server writes each with six bytes.
        ("angles", argument("<", 6)),
        ("controls", argument("\u{1}", 6)),
        ("wide", argument("\u{10ffff}", 4)),
        ("short-arguments", arguments("-a")),
        (
            "labels",
            Box::new(|backup| {
                let labels = (0..SIZE / 60).map(|number| (format!("label-{number:06}"), json!("")));
                backup["metadata"]["labels"] = Value::Object(labels.collect::<Map<_, _>>());
            }),
        ),
        (
            "annotations",
            Box::new(|backup| {
                let annotations = (0..10_000).map(|number| (format!("a/{number:06}"), json!("{[,")));
                backup["metadata"]["annotations"] = Value::Object(annotations.collect::<Map<_, _>>());
            }),
        ),
    ]
}

/// As many arguments as there is room for.
fn arguments(item: &'static str) -> Make {
    Box::new(move |backup| {
        backup["spec"]["options"] = json!({"additionalArgs": vec![item; SIZE / (item.len() + 3)]});
    })
}

fn backup(name: &str, schedule: &str, make: &Make) -> String {
    let mut backup = json!({
        "apiVersion": "neo4j.neo4j.com/v1beta1", "kind": "Neo4jBackup",
        "metadata": {"name": name},
        "spec": {
            "instanceRef": "catalog", "allDatabases": true, "schedule": schedule,
            "storage": {"type": "s3", "bucket": "acme-graph-backups", "path": name, "cloud": {"provider": "aws"}},
        },
    });
    make(&mut backup);
    backup.to_string()
}

fn beginning(text: &str) -> String {
    text.chars().take(600).collect()
}
