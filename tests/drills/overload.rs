//! More calls at once than the server answers at once.

use std::time::{Duration, Instant};

use futures::future::join_all;
use neo4jbackup_emulator::{Emulator, FailurePolicy, Outcome, Reason, Review};
use neo4jbackup_harness::drill_scale;
use serde_json::json;
use tokio::task::block_in_place;

use crate::fleet::Fleet;
use crate::load::{ask_all, good_backup};
use crate::{drill, figure};

/// The server answers 256 calls at once.
const AT_ONCE: usize = 600;

#[test]
fn calls_that_are_too_many_obey_the_failure_policy_and_leave_no_trace() {
    drill(async {
        let fleet = Fleet::start(1, &[]).await;
        for policy in [FailurePolicy::Ignore, FailurePolicy::Fail] {
            let emulator = Emulator::new(fleet.config(policy).idle_connections(AT_ONCE));
            let waves = drill_scale().choose(1, 5);
            for _ in 0..waves {
                wave(&emulator, policy).await;
                let recovery = Instant::now();
                assert_eq!(ask_all(&emulator, 20).await, 0, "not as before: {}", emulator.counts());
                assert!(recovery.elapsed() < Duration::from_secs(5), "slow after the overload");
            }
            figure(
                "overload",
                &format!("{waves} waves of {AT_ONCE}, {policy:?}; {}", emulator.counts()),
            );
            assert!(shed(&emulator) > 0, "nothing was turned away: {}", emulator.counts());
        }
        let (status, metrics) = block_in_place(|| fleet.replicas[0].status("/metrics")).unwrap();
        assert!(
            status == 200 && metrics.contains("neo4j_backup_webhook_in_flight 0\n"),
            "{metrics}"
        );
        assert!(
            metrics.contains("neo4j_backup_webhook_errors_total{stage=\"shed\"}"),
            "{metrics}"
        );
    });
}

/// Large objects, because small ones are judged faster than they arrive.
async fn wave(emulator: &Emulator, policy: FailurePolicy) {
    let mut backup = good_backup();
    backup["metadata"]["annotations"] = json!({"padding": "x".repeat(200 * 1024)});
    let review = Review::create(backup);
    let outcomes = join_all((0..AT_ONCE).map(|_| emulator.call(&review))).await;
    for outcome in outcomes {
        let reasons: Vec<Reason> = match outcome {
            Outcome::Allowed(_) => Vec::new(),
            Outcome::LetThrough(_, failures) if policy == FailurePolicy::Ignore => {
                failures.iter().map(|failure| failure.reason).collect()
            }
            Outcome::Failed(failure) if policy == FailurePolicy::Fail => vec![failure.reason],
            other => panic!("against the policy {policy:?}: {other:?}"),
        };
        for reason in reasons {
            // Turned away at once, out of time at the server, or out of time here.
            let is_overload = matches!(reason, Reason::Status(503 | 504) | Reason::Deadline | Reason::Handshake);
            assert!(is_overload, "{reason}");
        }
    }
}

fn shed(emulator: &Emulator) -> u64 {
    let counts = emulator.counts();
    counts.failures.get(&Reason::Status(503)).copied().unwrap_or_default() + counts.asked_again
}
