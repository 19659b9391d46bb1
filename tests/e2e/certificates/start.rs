//! From an empty Secret to an answer.

use neo4jbackup_harness::await_within;

use super::stage::{DEADLINE, ON_DEMAND, Stage, is_ready};
use crate::world::World;

#[test]
fn replicas_that_start_at_once_agree_on_one_authority() {
    let mut stage = Stage::with_replicas(&World::rendered().control_plane, ON_DEMAND, 3);
    assert_eq!(stage.bundle().len(), 1);
    assert_eq!(stage.count("tls_steps_total", "step=\"begun\""), 1);
    assert_eq!(stage.count("ca_bundle_in_sync", "validating/"), 3);
    assert_eq!(stage.count("ca_bundle_in_sync", "mutating/"), 3);
    stage.create_backup().unwrap();
    let (_, text) = stage.replicas[0].status("/readyz").unwrap();
    for line in [
        "[+] certificate: valid from ",
        "[+] authority: ",
        "[+] ca bundle validating/",
        "[+] loopback review",
    ] {
        assert!(text.contains(line), "{text}");
    }
}

#[test]
fn a_replica_is_ready_once_its_configurations_are_there() {
    let mut stage = Stage::new(&World::rendered().control_plane, ON_DEMAND);
    stage.start_replicas(1);
    await_within(DEADLINE, "a look", || match is_ready(&stage.replicas[0]) {
        Err(text) if text.contains("there is no such configuration") => Ok(()),
        other => Err(format!("{other:?}")),
    });
    stage.configure();
    stage.await_all_ready("the configurations are there");
    stage.create_backup().unwrap();
}
