//! More calls at once than the server answers in time.

use std::time::{Duration, Instant};

use futures::future::join_all;
use neo4jbackup_emulator::{Emulator, Endpoints, FailurePolicy, Outcome, Reason, Review};
use neo4jbackup_harness::{WebhookReplica, drill_scale};
use serde_json::json;
use tokio::task::block_in_place;

use crate::fleet::Fleet;
use crate::load::{ask_all, good_backup};
use crate::{drill, figure};

/// The server lets large reviews wait for each other, until their time is over.
const AT_ONCE: usize = 150;

/// As large as an object can be.
const PADDING: usize = 1_400_000;

#[test]
fn calls_that_are_too_many_obey_the_failure_policy_and_leave_no_trace() {
    drill(async {
        // Room for all connections: what is too much here is what is asked on them, for the time that it may take.
        let fleet = Fleet::start(1, &["--memory-limit=1Gi", "--deadline=500ms"]).await;
        // There is one and it stays; whether it answers the probes of the kubelet meanwhile is another question.
        let replica = Endpoints::fixed(fleet.endpoints.visible());
        for policy in [FailurePolicy::Ignore, FailurePolicy::Fail] {
            let emulator = Emulator::new(
                fleet
                    .config(policy)
                    .endpoints(replica.clone())
                    .idle_connections(AT_ONCE),
            );
            let mut slowest = Duration::ZERO;
            let waves = drill_scale().choose(1, 5);
            for _ in 0..waves {
                wave(&emulator, policy).await;
                let recovery = recover(&emulator).await;
                slowest = slowest.max(recovery);
            }
            figure(
                "overload",
                &format!(
                    "{waves} waves of {AT_ONCE}, {policy:?}; as before after {} ms; {}",
                    slowest.as_millis(),
                    emulator.counts()
                ),
            );
        }
        let metrics = nothing_under_way(&fleet.replicas[0]).await;
        figure(
            "overload",
            &format!("{} calls turned away or out of time", turned_away(&metrics)),
        );
        assert!(turned_away(&metrics) > 0, "{metrics}");
    });
}

/// Small objects are judged faster than they arrive.
async fn wave(emulator: &Emulator, policy: FailurePolicy) {
    let mut backup = good_backup();
    backup["metadata"]["annotations"] = json!({"padding": "x".repeat(PADDING)});
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
            // Turned away at once, out of time at the server, out of time here, or cut off with half of it sent. Never a
            // connection that was kept and closes unannounced: that would cost a call that is not too many.
            let is_overload = matches!(
                reason,
                Reason::Status(503 | 504)
                    | Reason::Deadline
                    | Reason::Handshake
                    | Reason::Write
                    | Reason::EndedUnanswered
            );
            assert!(is_overload, "{reason}");
        }
    }
}

/// From the last answer of the wave until requests are answered as before. Judgements whose callers have given up may
/// still be under way.
async fn recover(emulator: &Emulator) -> Duration {
    let start = Instant::now();
    loop {
        let began = start.elapsed();
        if ask_all(emulator, 20).await == 0 {
            return began;
        }
        assert!(began < Duration::from_secs(5), "not as before: {}", emulator.counts());
    }
}

/// Waits until the last judgement has ended, whose caller has long given up; gives the metrics.
async fn nothing_under_way(replica: &WebhookReplica) -> String {
    let start = Instant::now();
    loop {
        let (status, metrics) = block_in_place(|| replica.status("/metrics")).unwrap();
        if status == 200 && metrics.contains("neo4j_backup_webhook_in_flight 0\n") {
            return metrics;
        }
        assert!(start.elapsed() < Duration::from_secs(20), "{metrics}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// How many calls the server says it has turned away, or was out of time for.
fn turned_away(metrics: &str) -> u64 {
    let count = |stage: &str| -> u64 {
        let name = format!("neo4j_backup_webhook_errors_total{{stage=\"{stage}\"}} ");
        let number = metrics.lines().find_map(|line| line.strip_prefix(&name));
        number.map_or(0, |number| number.parse().unwrap())
    };
    count("shed") + count("deadline")
}
