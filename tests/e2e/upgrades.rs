//! The operator is upgraded and downgraded under a webhook that runs on.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use neo4jbackup_core::schema::Era;
use neo4jbackup_harness::{Namespace, WebhookServer, await_something, manifests, webhook_program};
use neo4jbackup_tests::{crds, plugin};
use serde_json::Value;

use crate::world::World;

/// As operators up to 1.13 read it. Later ones lack the field, so that nothing says what to back up.
const OLD_TARGET: &str = "
apiVersion: neo4j.neo4j.com/v1beta1
kind: Neo4jBackup
metadata: {name: old-target}
spec:
  target: {kind: Cluster, name: catalog}
  storage: {type: s3, bucket: acme-graph-backups, path: old-target}
";

/// The operators in turn, with what the webhook says of each.
const UPGRADES: [(Era, &str); 5] = [
    (Era::V1_13, "1.13"),
    (Era::V1_14, "1.14"),
    (Era::V1_19, "1.19 and later"),
    (Era::V1_14, "1.14"),
    (Era::V1_13, "1.13"),
];

#[test]
fn answers_follow_the_definitions_that_are_served_and_no_call_fails() {
    let world = World::of_era(Era::V1_13);
    let namespace = world.guarded_namespace();
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let calls = scope.spawn(|| call_until(&is_over, &namespace));
        // Also when something below fails, or the calls would go on for ever.
        let _over = OverAtEnd(&is_over);
        for (era, version) in UPGRADES {
            world.control_plane.install_crds(&crds::rendered_of(era)).unwrap();
            let replaced = Instant::now();
            await_something(&format!("answers as for {version}"), || {
                let (found, expected) = (answers(&namespace), expected(era));
                if found == expected {
                    Ok(())
                } else {
                    Err(format!("{found:?}, not {expected:?}"))
                }
            });
            println!(
                "{version}: {} ms after the definitions were replaced",
                replaced.elapsed().as_millis()
            );
            await_operator(&world.webhook, version, "schemas");
            assert_eq!(version_that_lint_tells(&world), version);
        }
        is_over.store(true, Ordering::Relaxed);
        let (answered, failed) = calls.join().unwrap();
        println!("{answered} calls meanwhile");
        assert!(answered > UPGRADES.len(), "there were too few calls to tell");
        assert_eq!(failed, Vec::<String>::new());
    });
    let (_, metrics) = world.webhook.status("/metrics").unwrap();
    let errors = metrics
        .lines()
        .filter(|line| line.starts_with("neo4j_backup_webhook_errors_total"));
    assert!(
        errors.clone().all(|line| line.ends_with(" 0")),
        "{:?}",
        errors.collect::<Vec<_>>()
    );
}

/// What the webhook makes of two objects that are good for some operators.
#[derive(Debug, PartialEq)]
struct Answers {
    /// Whether the old target is refused for naming no instance.
    is_refused: bool,
    /// The account that a new backup is given.
    account: String,
}

fn answers(namespace: &Namespace) -> Answers {
    let create = ["create", "--dry-run=server", "--validate=false"];
    let old = namespace.send_with(&create, OLD_TARGET);
    let account = "--output=jsonpath={.spec.storage.cloud.identity.serviceAccount}";
    let new = namespace.send_with(&[&create[..], &[account]].concat(), manifests::GOOD_BACKUP);
    assert!(new.success(), "{new:?}");
    Answers {
        is_refused: !old.success() && old.stderr.contains("[NB1007]"),
        account: new.stdout,
    }
}

fn expected(era: Era) -> Answers {
    Answers {
        is_refused: era >= Era::V1_14,
        // Operators from 1.18 on complain of an account that is named.
        account: if era < Era::V1_19 {
            "neo4j-backup-sa".to_owned()
        } else {
            String::new()
        },
    }
}

/// Ends the calls with the test.
struct OverAtEnd<'o>(&'o AtomicBool);

impl Drop for OverAtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Sends a backup that is good for every operator, again and again; returns how many were answered, and what failed.
fn call_until(is_over: &AtomicBool, namespace: &Namespace) -> (usize, Vec<String>) {
    let (mut answered, mut failed) = (0, Vec::new());
    while !is_over.load(Ordering::Relaxed) {
        let arguments = ["create", "--dry-run=server", "--validate=false", "--filename=-"];
        let answer = namespace.kubectl_with_input(&arguments, manifests::GOOD_BACKUP);
        answered += 1;
        if !answer.success() {
            failed.push(format!("{answer:?}"));
        }
    }
    (answered, failed)
}

/// Waits until the webhook says that it knows this operator, and from whom.
fn await_operator(webhook: &WebhookServer, version: &str, told_by: &str) {
    let line = format!("neo4j_backup_webhook_operator_info{{version=\"{version}\",told_by=\"{told_by}\"}} 1");
    await_something(&line, || {
        let (_, metrics) = webhook.status("/metrics").unwrap();
        let mut found = metrics.lines().filter(|line| line.contains("operator_info{"));
        if found.clone().any(|found| found == line) {
            Ok(())
        } else {
            Err(format!("{:?}", found.next()))
        }
    });
}

/// The version that `lint --crds cluster` tells, of a good backup.
fn version_that_lint_tells(world: &World) -> String {
    let kubeconfig = world.control_plane.kubeconfig().to_str().unwrap();
    let arguments = [
        "lint",
        "-",
        "-o",
        "json",
        "--crds",
        "cluster",
        "--kubeconfig",
        kubeconfig,
    ];
    let run = plugin::run(world.control_plane.directory(), manifests::GOOD_BACKUP, arguments);
    let report: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"));
    report["operatorVersion"].as_str().unwrap_or_default().to_owned()
}

/// The Deployment tells apart what the definitions do not.
#[test]
fn the_deployment_of_the_operator_says_which_version_runs() {
    let world = World::rendered();
    let operators = world.control_plane.create_namespace("operators").unwrap();
    let further = format!("--operator-deployment={operators}/operator");
    let kubeconfig = world.control_plane.kubeconfig();
    let webhook = WebhookServer::start_with(webhook_program().unwrap(), kubeconfig, &[&further]).unwrap();
    await_operator(&webhook, "1.14", "schemas");
    let kubectl = |arguments: &[&str]| {
        let arguments = [arguments, &["--namespace", &operators]].concat();
        world.control_plane.client().must_run(&arguments, "").unwrap();
    };
    kubectl(&[
        "create",
        "deployment",
        "operator",
        "--image=registry.example/neo4j-operator:v1.14.0",
    ]);
    await_operator(&webhook, "1.14.0", "deployment");
    kubectl(&[
        "set",
        "image",
        "deployment/operator",
        "neo4j-operator=registry.example/neo4j-operator:v1.18.0",
    ]);
    await_operator(&webhook, "1.18.0", "deployment");
    kubectl(&["delete", "deployment/operator"]);
    await_operator(&webhook, "1.14", "schemas");
}

/// Whoever may look at nothing goes by what he was told, and is ready all the same.
#[test]
fn without_a_right_the_version_is_the_one_that_was_given() {
    let world = World::rendered();
    let namespace = world.control_plane.create_namespace("powerless").unwrap();
    let client = world.control_plane.client();
    client
        .must_run(&["create", "serviceaccount", "nobody", "--namespace", &namespace], "")
        .unwrap();
    let token = client
        .must_run(&["create", "token", "nobody", "--namespace", &namespace], "")
        .unwrap();
    let kubeconfig = std::fs::read_to_string(world.control_plane.kubeconfig()).unwrap();
    let file = world.control_plane.directory().join(format!("{namespace}.kubeconfig"));
    std::fs::write(&file, kubeconfig.replace(world.control_plane.token(), token.trim())).unwrap();
    let deployment = format!("--operator-deployment={namespace}/operator");
    let further = ["--operator-version=1.13", &deployment];
    let webhook = WebhookServer::start_with(webhook_program().unwrap(), &file, &further).unwrap();
    await_operator(&webhook, "1.13", "command_line");
    assert_eq!(webhook.status("/readyz").unwrap().0, 200);
}
