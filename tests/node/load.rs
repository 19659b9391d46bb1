//! Calls at a steady rate while something happens, and how many of them failed.
//!
//! Every call creates a backup by dry run, so that nothing is stored.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use neo4jbackup_harness::manifests::ROLE;
use neo4jbackup_harness::{Answer, await_that, report_progress};
use serde_json::{Value, json};

use crate::cluster::Cluster;

/// Calls that go on until [`Load::stop`].
pub(crate) struct Load {
    stop: Arc<AtomicBool>,
    workers: Vec<JoinHandle<Tally>>,
    calls: Arc<AtomicUsize>,
}

/// What has to come of a call.
#[derive(Clone, Copy)]
pub(crate) enum Expected {
    /// In turn a good backup and one with a mistake. The good one is accepted with its defaults filled in, the other
    /// refused for its mistake: both prove that both hooks were asked.
    Judged,
    /// In turn a good backup and one with a mistake, whoever judges: the good one is accepted, the other refused for its
    /// mistake.
    Told,
    /// Only good backups, which are accepted by whoever is asked, and when nobody is.
    Accepted,
}

/// What came of the calls.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) calls: usize,
    /// When those that failed were sent, and what was said instead.
    pub(crate) failures: Vec<(Instant, String)>,
    /// How many of these had a mistake and were accepted.
    pub(crate) passed: usize,
    /// How many of these had none and were refused.
    pub(crate) blocked: usize,
    /// How long the slowest call took.
    pub(crate) slowest: Duration,
}

impl Load {
    /// Calls at the same moment from all connections, a hundred times a second together. The API server opens a
    /// connection to the webhook only when all that it has are busy: calls one after the other would go to one pod.
    pub(crate) fn start(cluster: &'static Cluster, namespace: &str, expected: Expected) -> Self {
        Self::start_at(RATE, cluster, namespace, expected)
    }

    /// The same so many times a second.
    pub(crate) fn start_at(rate: u32, cluster: &'static Cluster, namespace: &str, expected: Expected) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let path = format!("/apis/neo4j.neo4j.com/v1beta1/namespaces/{namespace}/neo4jbackups?dryRun=All");
        let interval = Duration::from_secs(1) * CONNECTIONS / rate;
        let calls = Arc::new(AtomicUsize::new(0));
        let start = Instant::now();
        let workers = (0..CONNECTIONS).map(|number| {
            let (path, stop, calls) = (path.clone(), Arc::clone(&stop), Arc::clone(&calls));
            thread::spawn(move || {
                let mut worker = Worker {
                    cluster,
                    path,
                    number,
                    expected,
                    tally: Tally::default(),
                };
                worker.run(start, interval, &stop, &calls);
                worker.tally
            })
        });
        Self {
            workers: workers.collect(),
            stop,
            calls,
        }
    }

    /// Waits until so many more calls have been answered.
    pub(crate) fn await_calls(&self, count: usize) {
        let enough = self.calls.load(Ordering::Relaxed) + count;
        await_that("enough calls", || self.calls.load(Ordering::Relaxed) >= enough);
    }

    /// Lets the last calls end, and says what came of all.
    pub(crate) fn stop(self, what: &str) -> Tally {
        self.stop.store(true, Ordering::Relaxed);
        let mut total = Tally::default();
        for worker in self.workers {
            let tally = worker.join().unwrap();
            total.calls += tally.calls;
            total.failures.extend(tally.failures);
            total.passed += tally.passed;
            total.blocked += tally.blocked;
            total.slowest = total.slowest.max(tally.slowest);
        }
        total.failures.sort_by_key(|(sent, _)| *sent);
        report_progress(&format!("{what}: {total}"));
        total
    }
}

struct Worker {
    cluster: &'static Cluster,
    path: String,
    number: u32,
    expected: Expected,
    tally: Tally,
}

impl Worker {
    fn run(&mut self, start: Instant, interval: Duration, stop: &AtomicBool, calls: &AtomicUsize) {
        let mut client = self.cluster.node.api_client().unwrap();
        let mut due = start;
        while !stop.load(Ordering::Relaxed) {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            let sent = Instant::now();
            let is_good = match self.expected {
                Expected::Judged | Expected::Told => {
                    (self.tally.calls as u64 + u64::from(self.number)).is_multiple_of(2)
                }
                Expected::Accepted => true,
            };
            self.tally.calls += 1;
            let answer = client.try_send("POST", &self.path, &backup(is_good));
            self.tally.slowest = self.tally.slowest.max(sent.elapsed());
            match answer {
                Ok(answer) if self.is_expected(is_good, &answer) => {}
                Ok(answer) => {
                    let is_accepted = answer.status == 201;
                    self.tally.passed += usize::from(is_accepted && !is_good);
                    self.tally.blocked += usize::from(!is_accepted && is_good);
                    self.fail(sent, message(&answer));
                }
                Err(error) => self.fail(sent, error.to_string()),
            }
            calls.fetch_add(1, Ordering::Relaxed);
            // Behind time, it leaves out what it has missed: a burst afterwards would measure something else.
            while due <= Instant::now() {
                due += interval;
            }
        }
    }

    fn is_expected(&self, is_good: bool, answer: &Answer) -> bool {
        match self.expected {
            Expected::Judged if is_good => {
                answer.status == 201 && answer.body["spec"]["storage"]["cloud"].to_string().contains(ROLE)
            }
            Expected::Told if is_good => answer.status == 201,
            Expected::Judged | Expected::Told => {
                answer.status == 422 && answer.body["message"].to_string().contains("[NB5001]")
            }
            Expected::Accepted => answer.status == 201,
        }
    }

    fn fail(&mut self, sent: Instant, answer: String) {
        self.tally.failures.push((sent, answer));
    }
}

/// A backup that is right but for its defaults, or one whose schedule has a field too many.
fn backup(is_good: bool) -> Value {
    let schedule = if is_good { "0 2 * * *" } else { "0 0 2 * * *" };
    json!({
        "apiVersion": "neo4j.neo4j.com/v1beta1",
        "kind": "Neo4jBackup",
        "metadata": {"name": "load"},
        "spec": {
            "instanceRef": "catalog",
            "allDatabases": true,
            "schedule": schedule,
            "storage": {"type": "s3", "bucket": "acme-graph-backups", "path": "load"},
        },
    })
}

/// What the API server says, without what its JSON says around it.
fn message(answer: &Answer) -> String {
    let said = answer.body["message"].as_str().or(answer.body.as_str());
    format!("{} {}", answer.status, said.unwrap_or_default())
}

impl Tally {
    /// How many failed with these words.
    pub(crate) fn count_failures(&self, words: &str) -> usize {
        self.failures
            .iter()
            .filter(|(_, answer)| answer.contains(words))
            .count()
    }

    /// None may fail, and there must have been some.
    pub(crate) fn assert_nothing_failed(&self) {
        assert!(self.calls > 0);
        assert!(self.failures.is_empty(), "{self}");
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} calls, {} failed", self.calls, self.failures.len())?;
        let mut reasons: Vec<&str> = self.failures.iter().map(|(_, answer)| answer.as_str()).collect();
        reasons.dedup();
        for reason in reasons.iter().take(5) {
            write!(formatter, "\n  {reason}")?;
        }
        Ok(())
    }
}

/// Calls in a second.
const RATE: u32 = 100;
/// As many calls are under way at once, at most.
pub(crate) const CONNECTIONS: u32 = 8;
