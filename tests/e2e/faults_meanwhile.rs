//! `wait` and `doctor --watch` go on while single requests are lost or refused, and say what is so and nothing else.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

use kubectl_neo4jbackup::Exit;
use neo4jbackup_harness::{Fate, Front, await_that, play};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::background::{Background, Watched};
use crate::faults::{NAMESPACE, resource, start, with_failed_backup};
use crate::world::World;

/// What the front does with requests, until it is told otherwise.
#[derive(Clone, Default)]
struct Weather {
    now: Arc<AtomicU8>,
    /// How many requests it was asked about since it last changed.
    seen: Arc<AtomicUsize>,
}

const PASS: u8 = 0;
const OUTAGE: u8 = 1;
const FORBIDDEN: u8 = 2;

impl Weather {
    fn change(&self, to: u8) {
        self.now.store(to, Ordering::SeqCst);
        self.seen.store(0, Ordering::SeqCst);
    }

    /// Waits until so many requests more have met it.
    fn await_requests(&self, count: usize) {
        await_that("requests", || self.seen.load(Ordering::SeqCst) >= count);
    }

    fn fate(&self, refused: &Value) -> Fate {
        self.seen.fetch_add(1, Ordering::SeqCst);
        match self.now.load(Ordering::SeqCst) {
            OUTAGE => Fate::HungUp,
            FORBIDDEN => Fate::Answered(403, refused.to_string()),
            _ => Fate::Pass,
        }
    }
}

/// What the API server says to somebody who lacks a right.
fn refused() -> Value {
    json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "reason": "Forbidden", "code": 403,
        "message": "User \"somebody\" cannot do this",
    })
}

/// A kubeconfig that leads to a front, as long as its folder is there.
fn kubeconfig(front: &Front) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config");
    std::fs::write(&file, front.kubeconfig()).unwrap();
    (folder, file)
}

/// An API server that was away, and does not know all rights yet when it comes back: how long it was away does not count
/// against the right.
#[test]
fn a_right_is_missing_only_for_as_long_as_it_was_refused() {
    let control_plane = &World::rendered().control_plane;
    let namespace = control_plane.create_namespace("refused").unwrap();
    let backup = json!({
        "apiVersion": "neo4j.neo4j.com/v1beta1", "kind": "Neo4jBackup",
        "metadata": {"name": "adhoc", "namespace": namespace}, "status": {"phase": "Running", "message": "Backup job is running"},
        "spec": {"instanceRef": "prod", "database": "neo4j", "storage": {"type": "pvc", "pvc": {"name": "backup-pvc", "size": "20Gi"}}},
    });
    play(&mut control_plane.api_client().unwrap(), [backup]);
    let weather = Weather::default();
    let asked = weather.clone();
    let front = Front::start(control_plane, move |path| {
        // It is looked at again and again; what is read once has been.
        if path.contains("/neo4jbackups/adhoc") {
            asked.fate(&refused())
        } else {
            Fate::Pass
        }
    });
    let front = front.unwrap();
    let (_folder, file) = kubeconfig(&front);
    let waiting = Background::start_with(&file, &["wait", "adhoc", "-n", &namespace, "--timeout", "10m"]);
    waiting.await_said("is to succeed");
    weather.change(OUTAGE);
    // One look every two seconds: longer than a right may be missing.
    weather.await_requests(14);
    waiting.await_said("it is asked again until the time is over");
    weather.change(FORBIDDEN);
    weather.await_requests(1);
    weather.change(PASS);
    waiting.await_said("the cluster answers again");
    weather.change(FORBIDDEN);
    let run = waiting.end();
    assert_eq!(run.exit, Exit::Incomplete, "{run:?}");
    let right = format!("the right to get neo4jbackups.neo4j.neo4j.com/adhoc in namespace {namespace} is missing");
    assert!(run.stderr.contains(&right), "{run:?}");
    assert!(weather.seen.load(Ordering::SeqCst) > 1, "the first refusal ended it");
}

/// What a look could not check is neither gone nor, at the next look, new.
#[test]
fn what_a_watched_look_could_not_check_is_not_told_as_gone() {
    let control_plane = start();
    with_failed_backup(&control_plane);
    let weather = Weather::default();
    let asked = weather.clone();
    let front = Front::start(&control_plane, move |path| {
        if resource(path) == "apis/batch/v1/jobs" {
            asked.fate(&refused())
        } else {
            Fate::Pass
        }
    });
    let front = front.unwrap();
    let (_folder, file) = kubeconfig(&front);
    let watched = Watched::start(&file, &["doctor", "-n", NAMESPACE, "--watch=200ms"]);
    let first = watched.lines_until(|line| line.contains("checks found nothing"));
    assert!(first.iter().any(|line| line.contains("[NB6001]")), "{first:#?}");
    // Three looks without Jobs, and three with them again.
    weather.change(FORBIDDEN);
    weather.await_requests(3);
    weather.change(PASS);
    weather.await_requests(3);
    let told = watched.unread();
    assert!(told.is_empty(), "nothing has changed: {told:#?}");
    let backups = format!("/apis/neo4j.neo4j.com/v1beta1/namespaces/{NAMESPACE}/neo4jbackups");
    let mut api = control_plane.api_client().unwrap();
    let stored = api.get(&backups).unwrap();
    for backup in stored["items"].as_array().unwrap() {
        let path = format!("{backups}/{}", backup["metadata"]["name"].as_str().unwrap());
        api.merge(&path, &json!({"metadata": {"finalizers": null}}));
        api.delete(&path);
    }
    // What has really gone is told as gone.
    watched.await_line(|line| line.contains(" gone ") && line.contains("[NB6001]"));
    watched.interrupt();
}
