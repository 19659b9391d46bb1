//! `auth check --probe` of an API server that is slow, and where nobody waits for it any more. The pod itself runs on a node, in
//! `tests/node`.

use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use neo4jbackup_harness::await_that;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::impostor::{Impostor, Reply};
use crate::local::{backup, s3};
use crate::support::program;

fn json_reply(status: &str, body: &Value) -> Reply {
    Reply::new(status, "Content-Type: application/json\r\n", &body.to_string())
}

/// An API server of one backup, which answers so before it answers with what there is.
fn api_server(replies: &[(&str, Reply)]) -> Impostor {
    let list = |items: &Value| json_reply("200 OK", &json!({"metadata": {}, "items": items}));
    let nightly = backup("nightly", &s3("https://minio.example.org"));
    let there = [("/neo4jbackups", list(&json!([nightly]))), ("", list(&json!([])))];
    Impostor::by_request(&[replies, &there].concat())
}

/// A probe that runs, and where its kubeconfig is.
struct Running {
    child: Child,
    _folder: TempDir,
}

impl Running {
    fn start(api_server: &Impostor) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let kubeconfig = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "c",
            "clusters": [{"name": "c", "cluster": {"server": api_server.endpoint()}}],
            "users": [{"name": "u", "user": {}}], "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        });
        let file = folder.path().join("kubeconfig");
        std::fs::write(&file, kubeconfig.to_string()).unwrap();
        let mut command = Command::new(program());
        command.args([
            "auth",
            "check",
            "backup/nightly",
            "-n",
            "graph",
            "--probe",
            "-o",
            "json",
        ]);
        command.env_clear().env("KUBECONFIG", &file).stdin(Stdio::null());
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        Self { child, _folder: folder }
    }

    fn interrupt(&self) {
        kill_process(Pid::from_child(&self.child), Signal::INT).unwrap();
    }

    fn end(self) -> Output {
        self.child.wait_with_output().unwrap()
    }
}

/// The request may have been obeyed all the same: what nobody answers is removed, and then it is over.
#[test]
fn who_interrupts_while_the_job_is_made_is_told_so_by_the_exit_code() {
    let gone = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404});
    let api_server = api_server(&[
        (
            "POST /apis/batch/v1/namespaces/graph/jobs",
            Reply::none(Duration::from_secs(2)),
        ),
        ("DELETE ", json_reply("404 Not Found", &gone)),
    ]);
    let heard = |method: &str| api_server.heard().iter().any(|request| request.starts_with(method));
    let running = Running::start(&api_server);
    await_that("a Job is to be made", || heard("POST "));
    running.interrupt();
    let output = running.end();
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    assert!(heard("DELETE "), "{:?}", api_server.heard());
}

#[test]
fn a_template_that_does_not_come_is_not_waited_for_until_nothing_can_be_tidied_up() {
    let cron_job = json!({
        "apiVersion": "batch/v1", "kind": "CronJob",
        "metadata": {"name": "nightly-backup-cron", "namespace": "graph", "labels": {
            "app.kubernetes.io/name": "neo4j-backup", "app.kubernetes.io/instance": "nightly",
        }},
        "spec": {"schedule": "0 6 * * *", "jobTemplate": {"spec": {"template": {"spec": {"containers": [{"name": "backup"}]}}}}},
    });
    let api_server = api_server(&[
        ("/cronjobs/nightly-backup-cron", Reply::none(Duration::from_secs(12))),
        (
            "/cronjobs",
            json_reply("200 OK", &json!({"metadata": {}, "items": [cron_job]})),
        ),
    ]);
    let output = Running::start(&api_server).end();
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = report["items"][0]["rows"][0]["text"].as_str().unwrap();
    assert_eq!(text, "what its pods have is not known: no answer within 10 s");
}
