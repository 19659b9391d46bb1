//! `auth check --local`: the store that a backup names, with the credentials of whoever asks.

use std::path::Path;
use std::process::{Command, Stdio};

use neo4jbackup_harness::{Gateway, GatewayOptions, Moto};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::impostor::Impostor;
use crate::support::{Answer, program, progress};

/// A folder with what was collected of one namespace: these backups and restores.
fn bundle(objects: &[Value]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    std::fs::create_dir(path.join("b")).unwrap();
    let head = "takenAt: \"2026-11-21T10:00:00Z\"\nnamespaces: [graph]\ncomplete: true\n";
    std::fs::write(path.join("b/bundle.yaml"), head).unwrap();
    let list = json!({"apiVersion": "v1", "kind": "List", "items": objects});
    std::fs::write(path.join("b/objects.json"), list.to_string()).unwrap();
    folder
}

pub(crate) fn backup(name: &str, storage: &Value) -> Value {
    json!({
        "apiVersion": "neo4j.neo4j.com/v1beta1", "kind": "Neo4jBackup", "metadata": {"name": name, "namespace": "graph"},
        "spec": {"instanceRef": "ledger", "allDatabases": true, "schedule": "0 6 * * *", "storage": storage},
        "status": {"phase": "Scheduled"},
    })
}

pub(crate) fn s3(endpoint: &str) -> Value {
    json!({"type": "s3", "bucket": "backups", "path": "graph", "cloud": {
        "provider": "aws", "credentialsSecretRef": "s3-keys", "endpointURL": endpoint,
    }})
}

struct Said {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

fn check(folder: &Path, environment: &[(&str, &str)], arguments: &[&str]) -> Said {
    let mut command = Command::new(program());
    command
        .args(["auth", "check", "--from-bundle", "b", "--local"])
        .args(arguments);
    command
        .env_clear()
        .envs(environment.iter().copied())
        .env("COLUMNS", "100");
    let output = command.current_dir(folder).stdin(Stdio::null()).output().unwrap();
    Said {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// What the store said of the only item.
fn probe(said: &Said) -> Answer {
    let report: Value = serde_json::from_str(&said.stdout).unwrap_or_else(|error| panic!("{error}: {}", said.stderr));
    assert_eq!(report["items"][0]["probe"]["from"], "here", "{report:#}");
    Answer::of(said.code, report["items"][0]["probe"]["report"].clone())
}

#[test]
fn a_person_reaches_the_store_of_a_backup_with_his_own_keys_and_is_told_that_they_are_not_those_of_the_job() {
    let Some(moto) = Moto::start(&progress).unwrap() else {
        return;
    };
    let folder = bundle(&[backup("nightly", &s3(&moto.endpoint()))]);
    let keys = moto.keys("all");
    let services = moto.endpoint();
    let environment = [
        ("AWS_ACCESS_KEY_ID", keys[0].as_str()),
        ("AWS_SECRET_ACCESS_KEY", keys[1].as_str()),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ENDPOINT_URL_STS", services.as_str()),
    ];
    let said = check(
        folder.path(),
        &environment,
        &["backup/nightly", "-n", "graph", "--write-canary"],
    );
    assert_eq!(said.code, Some(0), "{}{}", said.stdout, said.stderr);
    let text = said.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "backup/nightly at s3://backups/graph/nightly",
        "with your own credentials: this says nothing about what ServiceAccount neo4j-backup-sa may",
        "ok identity `arn:aws:iam::123456789012:user/all`",
        "ok list nothing is there yet",
        "ok write wrote `graph/nightly/neo4jbackup-probe-",
        "ok delete deleted it",
        "1 object: nothing has failed",
    ] {
        assert!(text.contains(part), "no {part:?} in {}", said.stdout);
    }
    assert!(!said.stdout.contains(&keys[1]));

    // Nothing is written unless that is asked for.
    let said = check(folder.path(), &environment, &["backup/nightly", "-o", "json"]);
    probe(&said).is_ok(&["list"]).is_not_tried(&["write", "read", "delete"]);
    assert_eq!(said.code, Some(0));

    let denied = moto.keys("no-list");
    let mut environment = environment;
    environment[0].1 = &denied[0];
    environment[1].1 = &denied[1];
    let said = check(folder.path(), &environment, &["backup/nightly", "-o", "json"]);
    probe(&said).is_failed("list", "s3-access-denied");
    let said = check(folder.path(), &environment, &["backup/nightly"]);
    assert_eq!(said.code, Some(1));
    assert!(
        said.stdout.contains("WRONG     list") && said.stdout.contains("fix: "),
        "{}",
        said.stdout
    );
    let usage = check(folder.path(), &environment, &["--policy"]);
    assert_eq!(usage.code, Some(2), "{}", usage.stderr);
}

#[test]
fn a_profile_gives_keys_and_region() {
    let Some(gateway) = Gateway::start(&GatewayOptions::default(), &progress).unwrap() else {
        return;
    };
    let restore = json!({
        "apiVersion": "neo4j.neo4j.com/v1beta1", "kind": "Neo4jRestore", "metadata": {"name": "back", "namespace": "graph"},
        "spec": {"instanceRef": "ledger", "database": "neo4j", "source": {"type": "backup", "backupRef": "nightly"}},
    });
    let volume = backup(
        "to-volume",
        &json!({"type": "pvc", "pvc": {"name": "backups", "size": "1Gi"}}),
    );
    let folder = bundle(&[backup("nightly", &s3(&gateway.endpoint())), volume, restore]);
    let settings = folder.path().join(".aws");
    std::fs::create_dir(&settings).unwrap();
    let [key, secret] = Gateway::KEYS;
    let keys = format!(
        "[other]\naws_access_key_id = x\n[acme]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n"
    );
    std::fs::write(settings.join("credentials"), keys).unwrap();
    let regions = format!(
        "[default]\nregion = us-east-1\n[profile acme]\nregion = {}\n",
        Gateway::REGION
    );
    std::fs::write(settings.join("config"), regions).unwrap();
    let home = folder.path().to_str().unwrap();
    let environment = [("HOME", home), ("AWS_PROFILE", "acme")];
    let said = check(folder.path(), &environment, &["backup/nightly", "-o", "json"]);
    let detail = probe(&said);
    detail.is_ok(&["endpoint", "list"]);
    let keys = detail.row("credentials")["detail"].as_str().unwrap();
    assert!(keys.contains("the profile `acme`"), "{keys}");

    // The whole namespace: a volume takes no keys, and a restore does not write.
    let said = check(folder.path(), &environment, &["--write-canary"]);
    let text = said.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("store it is a volume"), "{}", said.stdout);
    assert!(
        text.contains("nothing was written: a restore only reads"),
        "{}",
        said.stdout
    );

    let said = check(
        folder.path(),
        &[("HOME", home), ("AWS_PROFILE", "nobody")],
        &["backup/nightly", "-o", "json"],
    );
    probe(&said).is_failed("credentials", "aws-no-credentials");

    let inside = bundle(&[backup("nightly", &s3("http://minio.storage.svc:9000"))]);
    let said = check(inside.path(), &environment, &["backup/nightly"]);
    assert_eq!(said.code, Some(1));
    assert!(
        said.stdout.contains("Only pods of the cluster know the name"),
        "{}",
        said.stdout
    );
}

/// Neither the one nor the other cloud is here: the answer of a proxy shows which server was to be asked.
#[test]
fn stores_of_google_and_azure_are_asked_where_they_are() {
    let proxy = Impostor::answering("403 Forbidden", "", "");
    let gcs = json!({"type": "gcs", "bucket": "backups", "path": "graph", "cloud": {"provider": "gcp"}});
    let azure = json!({"type": "azure", "bucket": "acme/backups", "path": "graph", "cloud": {"provider": "azure"}});
    let folder = bundle(&[backup("to-google", &gcs), backup("to-azure", &azure)]);
    let proxy = proxy.endpoint();
    let environment = [("HTTPS_PROXY", proxy.as_str())];
    for (name, server, store) in [
        (
            "backup/to-google",
            "storage.googleapis.com:443",
            "gs://backups/graph/to-google/",
        ),
        (
            "backup/to-azure",
            "acme.blob.core.windows.net:443",
            "azb://acme/backups/graph/to-azure/",
        ),
    ] {
        let said = check(folder.path(), &environment, &[name, "-o", "json"]);
        let answer = probe(&said);
        answer.is_failed("tcp", "proxy-refused").is_not_tried(&["list"]);
        assert!(answer.message("tcp").contains(server), "{}", answer.message("tcp"));
        assert_eq!(answer.report["store"], store);
    }
}
