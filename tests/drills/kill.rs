//! One of two replicas dies without a word.

use std::time::{Duration, Instant};

use neo4jbackup_emulator::{FailurePolicy, Reason};
use neo4jbackup_harness::drill_scale;
use tokio::time::sleep;

use crate::fleet::{Fleet, PROPAGATION};
use crate::load::{Load, Record};
use crate::{drill, figure};

/// From the death of a replica until no new connection goes there.
const BLIND: Duration = Duration::from_millis(2500);

#[test]
fn a_killed_replica_takes_only_the_calls_with_it_that_it_was_answering() {
    drill(async {
        let rounds = drill_scale().choose(1, 10);
        for policy in [FailurePolicy::Fail, FailurePolicy::Ignore] {
            let mut fleet = Fleet::start(2, &[]).await;
            let emulator = fleet.emulator(policy);
            for _ in 0..rounds {
                kill_one(&mut fleet, &emulator, policy).await;
            }
            let counts = emulator.counts();
            figure(
                "kill -9 of one of two",
                &format!("{rounds} times, {policy:?}; {counts}"),
            );
            match policy {
                FailurePolicy::Fail => assert_eq!(counts.let_through, 0),
                FailurePolicy::Ignore => assert_eq!(counts.failed, 0, "{counts}"),
            }
        }
    });
}

async fn kill_one(fleet: &mut Fleet, emulator: &neo4jbackup_emulator::Emulator, policy: FailurePolicy) {
    let rate = drill_scale().choose(25, 100);
    let load = Load::start(emulator, rate, rate / 5);
    sleep(Duration::from_secs(1)).await;
    let mut victim = fleet.replicas.remove(0);
    // A moment without an answer makes sure that calls are under way when it dies.
    victim.freeze().unwrap();
    sleep(Duration::from_millis(500)).await;
    let in_flight = load.in_flight();
    let death = Instant::now();
    victim.kill();
    sleep(BLIND).await;
    // Nobody did anything: the other replica has it all. A Deployment then starts another one.
    sleep(Duration::from_secs(1)).await;
    fleet.endpoints.remove(victim.address());
    drop(victim);
    fleet.add_one().await;
    sleep(Duration::from_secs(1)).await;
    let records = load.stop().await;

    let lost: Vec<&Record> = records.iter().filter(|record| !record.failures.is_empty()).collect();
    let (refused, broken): (Vec<&Record>, Vec<&Record>) = lost
        .iter()
        .partition(|record| record.failures.iter().all(|failure| failure.reason == Reason::Connect));
    let last = lost.iter().map(|record| record.ended).max().unwrap_or(death);
    figure(
        "kill -9 of one of two",
        &format!(
            "{policy:?}: {in_flight} requests under way, {} broken off, {} refused while the news spread, none after {:.1} s",
            broken.len(),
            refused.len(),
            last.saturating_duration_since(death).as_secs_f64()
        ),
    );
    assert!(in_flight > 0 && !broken.is_empty(), "nothing was under way");
    assert!(broken.len() <= in_flight, "{broken:?}");
    for record in &broken {
        assert!(record.began <= death, "began after the death: {record:?}");
    }
    assert!(BLIND > PROPAGATION.poll + PROPAGATION.delay);
    assert!(last < death + BLIND, "lost after everybody knew: {lost:?}");
}
