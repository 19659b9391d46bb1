//! `kill -9` in the middle of every step of a rotation: whoever comes next goes on.

use neo4jbackup_harness::await_within;

use super::calls::Calls;
use super::stage::{DEADLINE, Stage, Timings};
use crate::world::World;

/// Slow enough to be caught in each state.
const UNDER_WATCH: Timings = Timings {
    authority: "24h",
    leaf: "1h",
    publish_wait: "2s",
    overlap: "1s",
    tick: "200ms",
};

/// What the Secret and the bundles look like in the middle of each step.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// The next authority is in the Secret and perhaps in one of the bundles.
    Prepared,
    /// It is in every bundle, and nobody has noted that.
    InBundles,
    /// It is noted, and waited for.
    Published,
    /// It is the current one, and some replicas serve leaves of the old one.
    Promoted,
}

const MOMENTS: [Moment; 4] = [Moment::Prepared, Moment::InBundles, Moment::Published, Moment::Promoted];

impl Moment {
    fn await_in(self, stage: &mut Stage<'_>, before: &str) {
        await_within(DEADLINE, "the moment", || {
            let is_there = self.is_there(stage, before);
            if is_there { Ok(()) } else { Err(format!("{self:?}")) }
        });
    }

    fn is_there(self, stage: &mut Stage<'_>, before: &str) -> bool {
        let next = stage.secret_value("next.crt");
        match self {
            Self::Prepared => next.is_some(),
            Self::InBundles => next.is_some() && stage.every_bundle_holds(2),
            Self::Published => stage.secret_value("next.published").is_some(),
            Self::Promoted => next.is_none() && stage.secret_value("ca.crt").is_some_and(|current| current != before),
        }
    }
}

#[test]
fn a_rotation_that_is_killed_in_any_step_is_finished_by_the_next_replica() {
    let mut stage = Stage::with_replicas(&World::rendered().control_plane, UNDER_WATCH, 1);
    for moment in MOMENTS {
        let before = stage.ask_for_rotation();
        moment.await_in(&mut stage, &before);
        let port = stage.replicas[0].address().port();
        stage.replicas[0].kill();
        // Another one, which remembers nothing.
        stage.replicas[0] = stage.start_replica(Some(port));
        stage.await_all_ready("the next replica");
        stage.await_rotation(&before);
        await_within(DEADLINE, "an answer", || stage.create_backup());
        println!("figure: killed at {moment:?}: finished by the next");
    }
}

/// With others beside it, no call to those is lost either.
#[test]
fn the_others_finish_what_a_killed_replica_began_and_lose_no_call() {
    let mut stage = Stage::with_replicas(&World::rendered().control_plane, UNDER_WATCH, 3);
    for (number, moment) in MOMENTS.into_iter().enumerate() {
        // Which one takes the steps is a matter of luck, so each is killed in turn.
        let victim = number % stage.replicas.len();
        let before = stage.ask_for_rotation();
        moment.await_in(&mut stage, &before);
        let calls = Calls::to_others(&stage, 20, victim);
        let port = stage.replicas[victim].address().port();
        stage.replicas[victim].kill();
        stage.await_rotation(&before);
        let outcome = calls.end();
        assert!(outcome.failures.is_empty(), "killed at {moment:?}: {outcome:?}");
        stage.replicas[victim] = stage.start_replica(Some(port));
        stage.await_all_ready("the replica that was killed");
        await_within(DEADLINE, "an answer", || stage.create_backup());
    }
}
