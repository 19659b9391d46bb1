//! Rolling restarts under load, with `failurePolicy: Fail`.

use std::time::Duration;

use neo4jbackup_emulator::FailurePolicy;
use neo4jbackup_harness::{Scale, drill_scale};

use crate::fleet::Fleet;
use crate::load::Load;
use crate::{drill, figure};

#[test]
fn no_restart_loses_a_call() {
    drill(async {
        let scale = drill_scale();
        // In the long form, the time that the program keeps serving is its own default.
        let arguments: &[&str] = scale.choose(&["--lame-duck=6s"], &[]);
        let (replicas, rounds, rate) = scale.choose((2, 1, 50), (3, 20, 100));
        let mut fleet = Fleet::start(replicas, arguments).await;
        let emulator = fleet.emulator(FailurePolicy::Fail);
        let load = Load::start(&emulator, rate, rate / 10);
        for _ in 0..rounds {
            fleet.roll().await;
        }
        let left = fleet.see_off(Duration::from_secs(40)).await;
        let records = load.stop().await;
        let counts = emulator.counts();
        figure(
            "rolling restarts",
            &format!("{left} replicas replaced, {rate}/s; {counts}"),
        );
        assert_eq!((counts.failed, counts.lost()), (0, 0), "{counts}");
        assert!(
            records.len() > 200,
            "too few requests to prove anything: {}",
            records.len()
        );
        // Replicas that leave ask for their connections to be closed; nobody needs to see a closed one to learn it.
        assert_eq!(counts.resent, 0, "{counts}");
    });
}

/// The same without the time to leave: were nothing lost here, the drill above would prove nothing.
#[test]
fn without_a_lame_duck_the_same_restarts_lose_calls() {
    drill(async {
        let mut fleet = Fleet::start(2, &["--lame-duck=0s"]).await;
        let emulator = fleet.emulator(FailurePolicy::Fail);
        let rate = drill_scale().choose(50, 100);
        let load = Load::start(&emulator, rate, rate / 10);
        let rounds = drill_scale().choose(5, 20);
        for _ in 0..rounds {
            fleet.roll().await;
            if drill_scale() == Scale::Short && emulator.counts().failed > 0 {
                break;
            }
        }
        let left = fleet.see_off(Duration::from_secs(40)).await;
        load.stop().await;
        let counts = emulator.counts();
        figure(
            "rolling restarts, no lame duck",
            &format!("{left} replicas replaced, {rate}/s; {counts}"),
        );
        assert!(counts.failed > 0, "{counts}");
    });
}
