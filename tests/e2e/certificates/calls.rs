//! Calls at a steady pace, each over a connection of its own that only the `caBundle` of that moment vouches for.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use neo4jbackup_harness::manifests::complete_backup;
use neo4jbackup_harness::{Answer, ApiClient, ControlPlane, ReviewClient, Trust};
use serde_json::{Value, json};

use super::stage::{KINDS, SERVICE, Stage};

/// Calls that go on until [`Calls::end`].
pub(crate) struct Calls {
    stop: Arc<AtomicBool>,
    tally: Arc<Tally>,
    threads: Vec<JoinHandle<()>>,
    start: Instant,
}

#[derive(Default)]
struct Tally {
    made: AtomicU64,
    through_the_api_server: AtomicU64,
    failures: Mutex<BTreeMap<String, u64>>,
}

/// What came of the calls.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Calls of a replica, each over a new connection.
    pub(crate) made: u64,
    /// Objects sent to the API server, which asked every replica twice.
    pub(crate) through_the_api_server: u64,
    /// How often what went wrong.
    pub(crate) failures: BTreeMap<String, u64>,
    pub(crate) elapsed: Duration,
}

const THREADS: u32 = 4;

impl Calls {
    /// `rate` calls a second over all replicas, and five objects a second through the API server.
    pub(crate) fn start(stage: &Stage<'_>, rate: u32) -> Self {
        let mut calls = Self::to_others(stage, rate, usize::MAX);
        let sender = Sender::new(stage.control_plane, &stage.namespace);
        let (stop, tally) = (Arc::clone(&calls.stop), Arc::clone(&calls.tally));
        calls
            .threads
            .push(std::thread::spawn(move || sender.run(&stop, &tally)));
        calls
    }

    /// The same to all replicas but one, and past the API server, which would ask that one too.
    pub(crate) fn to_others(stage: &Stage<'_>, rate: u32, but: usize) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let tally = Arc::new(Tally::default());
        let mut threads = Vec::new();
        let start = Instant::now();
        for thread in 0..THREADS {
            let caller = Caller::new(stage, thread, but);
            let (stop, tally) = (Arc::clone(&stop), Arc::clone(&tally));
            let interval = Duration::from_secs(1) * THREADS / rate;
            threads.push(std::thread::spawn(move || caller.run(interval, &stop, &tally)));
        }
        Self {
            stop,
            tally,
            threads,
            start,
        }
    }

    pub(crate) fn failures(&self) -> BTreeMap<String, u64> {
        self.tally.failures.lock().unwrap().clone()
    }

    pub(crate) fn end(self) -> Outcome {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads {
            thread.join().unwrap();
        }
        let failures = self.tally.failures.lock().unwrap().clone();
        Outcome {
            made: self.tally.made.load(Ordering::Relaxed),
            through_the_api_server: self.tally.through_the_api_server.load(Ordering::Relaxed),
            failures,
            elapsed: self.start.elapsed(),
        }
    }
}

impl Tally {
    fn note(&self, counter: &AtomicU64, result: Result<(), String>) {
        counter.fetch_add(1, Ordering::Relaxed);
        if let Err(why) = result {
            *self.failures.lock().unwrap().entry(why).or_default() += 1;
        }
    }
}

/// Calls the replicas in turn, as a very strict API server would.
struct Caller {
    api: ApiClient,
    configurations: Vec<String>,
    /// With the places of their webhooks in the configurations.
    replicas: Vec<(usize, SocketAddr)>,
    review: Value,
    turn: usize,
}

impl Caller {
    fn new(stage: &Stage<'_>, thread: u32, but: usize) -> Self {
        let mut object = complete_backup();
        object["metadata"]["namespace"] = stage.namespace.clone().into();
        let review = json!({
            "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
            "request": {
                "uid": format!("call-of-thread-{thread}"), "operation": "CREATE", "dryRun": true,
                "kind": {"group": "neo4j.neo4j.com", "version": "v1beta1", "kind": "Neo4jBackup"},
                "resource": {"group": "neo4j.neo4j.com", "version": "v1beta1", "resource": "neo4jbackups"},
                "name": "nightly", "namespace": stage.namespace, "userInfo": {}, "object": object,
                "oldObject": null, "options": null,
            },
        });
        Self {
            api: stage.control_plane.api_client().unwrap(),
            configurations: KINDS.map(|kind| stage.configuration_path(kind)).to_vec(),
            replicas: stage
                .replicas
                .iter()
                .map(neo4jbackup_harness::WebhookReplica::address)
                .enumerate()
                .filter(|(place, _)| *place != but)
                .collect(),
            review,
            turn: thread as usize,
        }
    }

    fn run(mut self, interval: Duration, stop: &AtomicBool, tally: &Tally) {
        let mut due = Instant::now();
        while !stop.load(Ordering::Relaxed) {
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            // A machine that was busy elsewhere makes up for what it missed, up to a point.
            due = (due + interval).max(Instant::now().checked_sub(10 * interval).unwrap_or(due));
            let result = self.call();
            tally.note(&tally.made, result);
        }
    }

    fn call(&mut self) -> Result<(), String> {
        self.turn += 1;
        let (place, address) = self.replicas[self.turn % self.replicas.len()];
        let kind = (self.turn / self.replicas.len()) % self.configurations.len();
        let bundle = Stage::live_bundle(&mut self.api, &self.configurations[kind], place);
        let bundle = bundle.ok_or("there is no caBundle")?;
        // Alternately by the name of the Service, as a cluster would, and by the address, as this one does.
        let name = if self.turn.is_multiple_of(2) {
            format!(
                "{SERVICE}.{}.svc",
                self.review["request"]["namespace"].as_str().unwrap_or_default()
            )
        } else {
            "127.0.0.1".to_owned()
        };
        let trust = Trust::in_authorities(&bundle).map_err(|error| error.to_string())?;
        let client = ReviewClient::connect(address, &name, &trust);
        let path = ["/validate", "/mutate"][kind];
        let answer = client.and_then(|mut client| client.ask(path, &self.review));
        let (status, response) = answer.map_err(|error| error.to_string())?;
        if status == 200 && response["uid"] == self.review["request"]["uid"] {
            Ok(())
        } else {
            Err(format!("HTTP status {status}"))
        }
    }
}

/// Sends objects to the API server, which calls every replica, with the policy `Fail`.
struct Sender {
    api: ApiClient,
    path: String,
}

impl Sender {
    fn new(control_plane: &ControlPlane, namespace: &str) -> Self {
        Self {
            api: control_plane.api_client().unwrap(),
            path: format!("/apis/neo4j.neo4j.com/v1beta1/namespaces/{namespace}/neo4jbackups?dryRun=All"),
        }
    }

    fn run(mut self, stop: &AtomicBool, tally: &Tally) {
        while !stop.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(200));
            let result = match self.api.try_send("POST", &self.path, &complete_backup()) {
                Ok(answer) if answer.status == 201 => Ok(()),
                Ok(Answer { status, body, .. }) => Err(format!("the API server says {status}: {}", body["message"])),
                Err(why) => Err(format!("the API server: {why}")),
            };
            tally.note(&tally.through_the_api_server, result);
        }
    }
}
