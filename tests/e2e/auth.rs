//! `auth check` on a real API server: tokens that it really gives, Secrets with keys that no cloud takes, and what is said to
//! somebody who may ask for neither.

use std::collections::BTreeMap;

use kubectl_neo4jbackup::Exit;
use neo4jbackup_harness::{ControlPlane, await_something, play};
use neo4jbackup_tests::plugin::{Run, run_with};
use serde_json::{Value, json};

use crate::reader::grant;
use crate::world::World;

const ROLE: &str = "arn:aws:iam::210987654321:role/neo4j-backup";
const CLIENT: &str = "7d6f2a50-0c5e-4a0e-9d59-2f6cf3c1b8aa";
const GOOGLE: &str = "neo4j-backup@acme-prod.iam.gserviceaccount.com";

/// What must never be printed.
const VALUE: &str = "hush-hush-hush";

fn backup(name: &str, storage: &Value) -> Value {
    json!({
        "apiVersion": "neo4j.neo4j.com/v1beta1", "kind": "Neo4jBackup", "metadata": {"name": name},
        "spec": {"instanceRef": "prod", "database": "neo4j", "storage": storage},
        "status": {"phase": "Scheduled"},
    })
}

fn storage(kind: &str, provider: &str, annotation: &str, identity: &str) -> Value {
    json!({"type": kind, "bucket": "acme/backups", "cloud": {
        "provider": provider,
        "identity": {"provider": provider, "serviceAccount": "neo4j-backup-sa", "autoCreate": {"annotations": {annotation: identity}}},
    }})
}

/// A namespace with these objects.
fn played(control_plane: &ControlPlane, objects: Vec<Value>) -> String {
    let namespace = control_plane.create_namespace("auth").unwrap();
    let objects = objects.into_iter().map(|mut object| {
        object["metadata"]["namespace"] = namespace.as_str().into();
        object
    });
    play(&mut control_plane.api_client().unwrap(), objects);
    namespace
}

fn check(control_plane: &ControlPlane, arguments: &[&str]) -> Run {
    let kubeconfig = control_plane.kubeconfig().to_str().unwrap().to_owned();
    let environment = BTreeMap::from([("KUBECONFIG".to_owned(), kubeconfig)]);
    run_with(
        &std::env::temp_dir(),
        "",
        environment,
        [&["auth", "check"], arguments].concat(),
    )
}

fn report(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"))
}

/// An account that may list what `auth check` looks at, and nothing else. Returns its name as a user.
fn reader(control_plane: &ControlPlane, namespace: &str) -> String {
    let rules = json!([
        {"apiGroups": ["neo4j.neo4j.com", "batch", "apps", "networking.k8s.io", "rbac.authorization.k8s.io"], "resources": ["*"], "verbs": ["list"]},
        {"apiGroups": [""], "resources": ["pods", "events", "persistentvolumeclaims", "serviceaccounts"], "verbs": ["list"]},
    ]);
    grant(control_plane, namespace, "reader", &rules)
}

fn issuer(control_plane: &ControlPlane) -> String {
    let discovery = control_plane
        .kubectl(&["get", "--raw", "/.well-known/openid-configuration"])
        .unwrap();
    let discovery: Value = serde_json::from_str(&discovery.stdout).unwrap();
    discovery["issuer"].as_str().unwrap().to_owned()
}

/// An account with an identity of every cloud, and a backup for each.
fn of_every_cloud() -> Vec<Value> {
    vec![
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "neo4j-backup-sa", "annotations": {
            "eks.amazonaws.com/role-arn": ROLE, "azure.workload.identity/client-id": CLIENT,
            "iam.gke.io/gcp-service-account": GOOGLE,
        }}}),
        backup("to-aws", &storage("s3", "aws", "eks.amazonaws.com/role-arn", ROLE)),
        backup(
            "to-azure",
            &storage("azure", "azure", "azure.workload.identity/client-id", CLIENT),
        ),
        backup(
            "to-gcp",
            &storage("gcs", "gcp", "iam.gke.io/gcp-service-account", GOOGLE),
        ),
    ]
}

#[test]
fn a_token_says_what_the_cloud_will_see_and_is_not_printed() {
    let control_plane = &World::rendered().control_plane;
    let namespace = played(control_plane, of_every_cloud());
    let subject = format!("system:serviceaccount:{namespace}:neo4j-backup-sa");
    let issuer = issuer(control_plane);
    let run = check(control_plane, &["-n", &namespace, "--trust", "-o", "json"]);
    let report = report(&run);
    let tokens = report["tokens"].as_array().unwrap();
    assert_eq!(tokens.len(), 3, "{report:#}");
    for token in tokens {
        assert_eq!(token["given"], true, "{token:#}");
        assert_eq!(token["issuer"], issuer);
        assert_eq!(token["subject"], subject);
        assert!(
            token["expires"].as_str().is_some_and(|time| time.ends_with('Z')),
            "{token:#}"
        );
    }
    let of = |provider: &str| tokens.iter().find(|token| token["provider"] == provider).unwrap();
    let host = issuer.strip_prefix("https://").unwrap();
    let aws = of("aws");
    assert_eq!(aws["audiences"], json!(["sts.amazonaws.com"]));
    let statement = &aws["trust"]["body"]["Statement"][0];
    assert_eq!(
        statement["Principal"]["Federated"],
        format!("arn:aws:iam::210987654321:oidc-provider/{host}")
    );
    assert_eq!(statement["Condition"]["StringEquals"][format!("{host}:sub")], subject);
    assert_eq!(
        statement["Condition"]["StringEquals"][format!("{host}:aud")],
        "sts.amazonaws.com"
    );
    let azure = of("azure");
    assert_eq!(azure["audiences"], json!(["api://AzureADTokenExchange"]));
    assert_eq!(azure["trust"]["body"]["issuer"], issuer);
    assert_eq!(azure["trust"]["body"]["subject"], subject);
    assert_eq!(azure["named"], CLIENT);
    // The issuer is no cluster of GKE, so that nobody knows its pool.
    let gcp = of("gcp");
    let member = format!("serviceAccount:<CLUSTER_PROJECT>.svc.id.goog[{namespace}/neo4j-backup-sa]");
    assert_eq!(gcp["trust"]["body"]["members"], json!([member]));
    assert_eq!(gcp["trust"]["open"], json!(["<CLUSTER_PROJECT>"]));
    for format in ["text", "yaml", "json"] {
        let run = check(control_plane, &["-n", &namespace, "--trust", "-o", format]);
        // Every token begins so: `{"`, in base64.
        assert!(!run.stdout.contains("eyJ") && !run.stderr.contains("eyJ"), "{run:?}");
    }
}

#[test]
fn who_may_ask_for_no_token_is_told_so_and_what_follows_without_one() {
    let control_plane = &World::rendered().control_plane;
    let namespace = played(control_plane, of_every_cloud());
    let account = reader(control_plane, &namespace);
    let run = check(
        control_plane,
        &[
            "backup/to-aws",
            "-n",
            &namespace,
            "--trust",
            "-o",
            "json",
            "--as",
            &account,
        ],
    );
    let report = report(&run);
    let token = &report["tokens"][0];
    assert_eq!(token["given"], false, "{report:#}");
    let reason = token["reason"].as_str().unwrap();
    let right = format!("create serviceaccounts/token/neo4j-backup-sa in namespace {namespace}");
    assert!(reason.contains(&right), "{reason}");
    assert_eq!(
        token["subject"],
        format!("system:serviceaccount:{namespace}:neo4j-backup-sa")
    );
    assert_eq!(token["audiences"], json!(["sts.amazonaws.com"]));
    assert_eq!(token["trust"]["kind"], "trustPolicy");
    assert_eq!(report["complete"], false);
}

#[test]
fn a_key_that_no_cloud_takes_is_named_and_nothing_of_it_is_printed() {
    let control_plane = &World::rendered().control_plane;
    let keys = json!({"type": "s3", "bucket": "acme-backups", "cloud": {"provider": "aws", "credentialsSecretRef": "s3-keys"}});
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s3-keys"},
        "stringData": {"AWS_ACCESS_KEY_ID": VALUE, "AWS_SECRET_ACCESS_KEY": format!("{VALUE}\n"), "AWS_REGION": "eu-central-1"},
        "data": {"OTHER": "//79"},
    });
    let namespace = played(control_plane, vec![backup("nightly", &keys), secret]);
    for format in ["text", "json", "yaml"] {
        let run = check(control_plane, &["-n", &namespace, "-o", format, "--verbose"]);
        assert_eq!(run.exit, Exit::NotGood, "{run:?}");
        let said = "AWS_SECRET_ACCESS_KEY of Secret s3-keys ends in a line break";
        // Lines for people are broken at blanks.
        let words = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(said), "{run:?}");
        for hidden in [VALUE, "aHVzaC1odXNoLWh1c2g", "//79"] {
            assert!(!run.stdout.contains(hidden) && !run.stderr.contains(hidden), "{run:?}");
        }
    }
    // Written again without it, all is well with the Secret.
    control_plane
        .kubectl(&[
            "patch",
            "secret",
            "s3-keys",
            "-n",
            &namespace,
            "-p",
            &json!({"stringData": {"AWS_SECRET_ACCESS_KEY": VALUE}}).to_string(),
        ])
        .unwrap();
    let report = report(&check(control_plane, &["-n", &namespace, "-o", "json"]));
    let rows = report["items"][0]["rows"].as_array().unwrap();
    let of_secret: Vec<&Value> = rows.iter().filter(|row| row["topic"] == "secret").collect();
    assert_eq!(of_secret.len(), 1, "{report:#}");
    assert_eq!(of_secret[0]["verdict"], "ok");
}

#[test]
fn who_may_not_read_the_secret_is_told_so() {
    let control_plane = &World::rendered().control_plane;
    let keys = json!({"type": "s3", "bucket": "acme-backups", "cloud": {"provider": "aws", "credentialsSecretRef": "s3-keys"}});
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s3-keys"}, "stringData": {"AWS_REGION": VALUE}});
    let namespace = played(control_plane, vec![backup("nightly", &keys), secret]);
    let account = reader(control_plane, &namespace);
    let run = check(control_plane, &["-n", &namespace, "-o", "json", "--as", &account]);
    assert_eq!(run.exit, Exit::Incomplete, "{run:?}");
    let report = report(&run);
    let rows = report["items"][0]["rows"].as_array().unwrap();
    let row = rows.iter().find(|row| row["topic"] == "secret").unwrap();
    assert_eq!(row["verdict"], "unknown", "{report:#}");
    assert!(
        row["text"]
            .as_str()
            .unwrap()
            .contains("not allowed to get Secret objects"),
        "{row:#}"
    );
}

/// A quota that refuses every pod: waiting for one would be in vain, and who waits is told why.
#[test]
fn a_pod_that_may_not_be_made_is_told_at_the_first_event_that_says_so() {
    let control_plane = &World::with_controllers().control_plane;
    let keys = json!({"type": "s3", "bucket": "acme", "cloud": {"provider": "aws"}});
    let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "neo4j-backup-sa"}});
    let quota = json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "no-pods"}, "spec": {"hard": {"pods": "0"}}});
    let namespace = played(control_plane, vec![account, quota, backup("nightly", &keys)]);
    // The quota counts from when its controller has looked at it.
    await_something("the quota to be in force", || {
        let path = format!("/api/v1/namespaces/{namespace}/resourcequotas/no-pods");
        let quota = control_plane.api_client().unwrap().get(&path).unwrap();
        if quota["status"]["hard"]["pods"] == "0" {
            Ok(())
        } else {
            Err(quota)
        }
    });
    let began = std::time::Instant::now();
    let arguments = [
        "backup/nightly",
        "--probe",
        "--timeout",
        "5m",
        "-n",
        &namespace,
        "-o",
        "json",
    ];
    let run = check(control_plane, &arguments);
    assert!(began.elapsed().as_secs() < 120, "it has waited: {run:?}");
    assert_eq!(run.exit, Exit::NotGood, "{run:?}");
    let report = report(&run);
    let rows = report["items"][0]["rows"].as_array().unwrap();
    let row = rows.iter().find(|row| row["topic"] == "pod").unwrap();
    let text = row["text"].as_str().unwrap();
    assert!(
        text.starts_with("no pod can be made: ") && text.contains("exceeded quota: no-pods"),
        "{row:#}"
    );
    assert!(row["help"].as_str().unwrap().contains("--local"), "{row:#}");
    let jobs = control_plane
        .api_client()
        .unwrap()
        .get(&format!("/apis/batch/v1/namespaces/{namespace}/jobs"));
    assert_eq!(jobs.unwrap()["items"], json!([]), "its Job is still there");
}
