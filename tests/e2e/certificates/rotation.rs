//! Authorities and leaves come and go, and no call is lost.

use std::time::Duration;

use neo4jbackup_harness::await_within;

use super::calls::Calls;
use super::stage::{DEADLINE, ON_DEMAND, Stage, Timings};
use crate::world::World;

/// Authorities that come to an end by themselves, every 24 seconds.
const BY_ITSELF: Timings = Timings {
    authority: "36s",
    leaf: "7s",
    publish_wait: "2s",
    overlap: "1s",
    tick: "250ms",
};

const RATE: u32 = 50;

#[test]
fn no_call_is_lost_while_authorities_and_leaves_change() {
    let control_plane = &World::rendered().control_plane;
    let long = std::env::var_os("NEO4JBACKUP_DRILLS").is_some_and(|value| value == "long");
    let (timings, authorities, leaves) = if long { (BY_ITSELF, 20, 200) } else { (ON_DEMAND, 2, 10) };
    let mut stage = Stage::with_replicas(control_plane, timings, 3);
    let promoted = |stage: &Stage<'_>| stage.count("tls_steps_total", "step=\"promoted\"");
    let signed = |stage: &Stage<'_>| stage.count("tls_rotations_total", "role=\"leaf\",result=\"success\"");
    let (first_promoted, first_signed) = (promoted(&stage), signed(&stage));
    let calls = Calls::start(&stage, RATE);
    if !long {
        for _ in 0..authorities {
            let before = stage.ask_for_rotation();
            stage.await_rotation(&before);
        }
    }
    await_within(Duration::from_secs(1200), "the rotations", || {
        let rotated = (promoted(&stage) - first_promoted, signed(&stage) - first_signed);
        assert_eq!(
            calls.failures(),
            std::collections::BTreeMap::new(),
            "after {rotated:?} rotations"
        );
        std::thread::sleep(Duration::from_millis(200));
        if rotated.0 >= authorities && rotated.1 >= leaves {
            Ok(())
        } else {
            Err(format!("{rotated:?}"))
        }
    });
    let rotated = (promoted(&stage) - first_promoted, signed(&stage) - first_signed);
    let outcome = calls.end();
    println!(
        "figure: {} authorities and {} leaves: {outcome:?}",
        rotated.0, rotated.1
    );
    assert!(outcome.failures.is_empty(), "{outcome:?}");
    assert!(
        outcome.made >= outcome.elapsed.as_secs() * u64::from(RATE) / 2,
        "too few calls to prove anything: {outcome:?}"
    );
    assert!(
        outcome.through_the_api_server > outcome.elapsed.as_secs(),
        "{outcome:?}"
    );
    if !long {
        // Once the last leaf of the old ones is over, they leave the bundles.
        await_within(DEADLINE, "one authority", || match stage.bundle().len() {
            1 => Ok(()),
            count => Err(format!("{count} authorities")),
        });
        stage.create_backup().unwrap();
    }
}
