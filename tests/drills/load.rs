//! Requests to the API server at a steady rate, whatever becomes of the ones before.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use neo4jbackup_emulator::{Emulator, Failure, Outcome, Review};
use neo4jbackup_harness::manifests::complete_backup;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval, timeout};

/// Requests that come in bursts, as those of a person who applies a folder or of a controller that starts.
pub(crate) struct Load {
    shared: Arc<Shared>,
    pacer: JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    stopping: AtomicBool,
    in_flight: AtomicUsize,
    records: Mutex<Vec<Record>>,
}

/// What became of one request.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) began: Instant,
    pub(crate) ended: Instant,
    /// The calls that failed; empty when the request was answered as it should be.
    pub(crate) failures: Vec<Failure>,
}

/// A kind of request, and whether it must be allowed.
struct Case {
    review: Review,
    is_allowed: bool,
}

impl Load {
    /// Begins `rate` requests in each second, `burst` of them at a time.
    pub(crate) fn start(emulator: &Emulator, rate: u32, burst: u32) -> Self {
        let shared: Arc<Shared> = Arc::default();
        let (emulator, own) = (emulator.clone(), Arc::clone(&shared));
        let pacer = tokio::spawn(async move {
            let cases: Arc<[Case]> = cases().into();
            let mut ticks = interval(Duration::from_secs(1) * burst / rate);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
            let mut next = 0;
            while !own.stopping.load(Ordering::Relaxed) {
                ticks.tick().await;
                for _ in 0..burst {
                    next += 1;
                    own.in_flight.fetch_add(1, Ordering::Relaxed);
                    let (emulator, cases, own) = (emulator.clone(), Arc::clone(&cases), Arc::clone(&own));
                    tokio::spawn(async move {
                        let record = ask(&emulator, &cases[next % cases.len()]).await;
                        own.records.lock().unwrap().push(record);
                        own.in_flight.fetch_sub(1, Ordering::Relaxed);
                    });
                }
            }
        });
        Self { shared, pacer }
    }

    /// How many requests have no answer yet.
    pub(crate) fn in_flight(&self) -> usize {
        self.shared.in_flight.load(Ordering::Relaxed)
    }

    /// Begins no more requests, waits for the last answer, and gives every record in the order of the answers.
    pub(crate) async fn stop(mut self) -> Vec<Record> {
        self.shared.stopping.store(true, Ordering::Relaxed);
        (&mut self.pacer).await.unwrap();
        let answered = async {
            while self.in_flight() > 0 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(Duration::from_secs(60), answered)
            .await
            .expect("requests stay open");
        std::mem::take(&mut *self.shared.records.lock().unwrap())
    }
}

/// Asks once; a wrong verdict fails the drill, whatever is lost.
async fn ask(emulator: &Emulator, case: &Case) -> Record {
    let began = Instant::now();
    let outcome = emulator.call(&case.review).await;
    let ended = Instant::now();
    let failures = match outcome {
        Outcome::Allowed(_) if case.is_allowed => Vec::new(),
        Outcome::Denied(denial) if !case.is_allowed => {
            assert!(denial.causes[0].message.contains("NB5001"), "{denial:?}");
            Vec::new()
        }
        Outcome::Failed(failure) => vec![failure],
        Outcome::LetThrough(_, failures) => failures,
        // Its default could not be filled in, and without it the backup is wrong.
        Outcome::Denied(denial) if !denial.let_through.is_empty() => denial.let_through,
        other => panic!("a wrong verdict: {other:?}"),
    };
    Record { began, ended, failures }
}

/// Every request of a load, one after the other, each answered as it should be.
pub(crate) async fn ask_all(emulator: &Emulator, number: usize) -> usize {
    let cases = cases();
    let mut lost = 0;
    for case in cases.iter().cycle().take(number) {
        lost += ask(emulator, case).await.failures.len();
    }
    lost
}

fn cases() -> Vec<Case> {
    let good = good_backup();
    let mut bad = good.clone();
    bad["spec"]["schedule"] = json!("0 0 2 * * *");
    let mut incomplete = good.clone();
    incomplete["spec"]["storage"] = json!({"type": "s3", "bucket": "acme-backups"});
    let mut renamed = good.clone();
    renamed["spec"]["schedule"] = json!("30 3 * * *");
    let case = |review, is_allowed| Case { review, is_allowed };
    vec![
        case(Review::create(good.clone()), true),
        case(Review::update(good.clone(), renamed), true),
        case(Review::create(bad), false),
        case(Review::create(incomplete), true),
        case(Review::delete(good), true),
    ]
}

/// A backup that nothing is wrong with, in the namespace of the drills.
pub(crate) fn good_backup() -> Value {
    let mut backup = complete_backup();
    backup["metadata"]["namespace"] = json!("graph");
    backup
}
