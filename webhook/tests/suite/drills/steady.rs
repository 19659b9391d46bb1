//! A day of traffic, and memory at its end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::random::Random;
use super::{is_long, resident, scale, settled, value};
use crate::program::{Program, text};
use crate::support::{
    Client, Folder, backup_without_provider, bad_backup, create, get, good_backup, response, review, update,
};

/// One call each second.
const CALLS_OF_A_DAY: usize = 86_400;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_of_traffic_leaves_memory_as_it_was() {
    let folder = Folder::new();
    let authority = folder.path().join("ca.crt");
    let settings = folder.write("settings.yaml", "mode: enforce\n");
    let arguments = [
        "--self-signed",
        "--self-signed-ca",
        text(&authority),
        "--settings",
        text(&settings),
    ];
    let program = Program::start_with(&folder, &[&arguments[..], &["--deadline", "10m"]].concat(), "0s").await;
    let traffic = Arc::new(Traffic {
        address: program.address,
        authority: std::fs::read_to_string(&authority).unwrap(),
        calls: AtomicUsize::new(0),
    });
    let calls = scale(4000, CALLS_OF_A_DAY);
    let start = Instant::now();
    let hour = async |number: usize| {
        // Settings change now and then, and not always for the better.
        let text = Random::new(number as u64).one_of(&["mode: warn\n", "mode: enforce\n", "mode: nonsense\n", "{"]);
        folder.write("settings.yaml", text);
        traffic.flow(calls / 24, number).await;
    };
    for number in 0..6 {
        hour(number).await;
    }
    let before = settled(&program).await;
    let mut number = 6;
    // The long drill lasts ten minutes at least, however many days that makes.
    while number < 24 || (is_long() && start.elapsed() < Duration::from_secs(600)) {
        hour(number).await;
        number += 1;
    }
    let under_load = resident(&program);
    let after = settled(&program).await;
    let (_, metrics) = get(program.status, "/metrics").await;
    println!(
        "figure: a day of traffic: {} calls in {:.0?}: {before} KiB after a quarter, {under_load} at the end, {after} after it",
        traffic.calls.load(Ordering::Relaxed),
        start.elapsed(),
    );
    assert_eq!(value(&metrics, "errors_total{stage=\"panic\"}"), 0, "{metrics}");
    assert!(after <= before + before / 10, "{after} KiB after, {before} KiB before");
    assert_eq!(program.terminate().await, Some(0));
}

struct Traffic {
    address: SocketAddr,
    authority: String,
    calls: AtomicUsize,
}

impl Traffic {
    /// The calls of an hour, on four connections that are new each time.
    async fn flow(self: &Arc<Self>, calls: usize, hour: usize) {
        let callers: Vec<_> = (0..4)
            .map(|caller| {
                let traffic = Arc::clone(self);
                tokio::spawn(async move { traffic.caller(calls / 4, hour * 4 + caller).await })
            })
            .collect();
        for caller in callers {
            caller.await.unwrap();
        }
    }

    async fn caller(&self, calls: usize, seed: usize) {
        let mut random = Random::new(seed as u64);
        let mut client = Client::connect(self.address, &self.authority, "http/1.1").await;
        for _ in 0..calls {
            let path = random.one_of(&["/validate", "/validate/warn", "/validate/audit", "/mutate"]);
            let body = call(&mut random);
            let answer = client.post(path, body.to_string().as_bytes()).await;
            if body.is_object() {
                assert_eq!(answer.status, 200);
                response(&answer.body);
            } else {
                assert_eq!(answer.status, 400);
            }
            self.calls.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// What comes in a day: mostly the operator's own writes, now and then a person's, rarely nonsense.
fn call(random: &mut Random) -> Value {
    let mut good = good_backup();
    // Names never end.
    good["metadata"]["name"] = json!(format!("backup-{}", random.below(1 << 30)));
    match random.below(20) {
        0 => json!("nonsense"),
        1 => create(&bad_backup()),
        2 => update(&good, &bad_backup()),
        3 => create(&backup_without_provider()),
        4 => review("DELETE", &Value::Null, &good),
        5 => {
            good["metadata"]["annotations"] = json!({"filler": "x".repeat(random.below(200_000))});
            create(&good)
        }
        6 => create(&good),
        _ => update(&good, &good),
    }
}
