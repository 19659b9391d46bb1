//! A day of requests in minutes, each over connections of its own.

use futures::future::join_all;
use neo4jbackup_emulator::{Emulator, FailurePolicy};
use neo4jbackup_harness::drill_scale;

use crate::fleet::Fleet;
use crate::load::ask_all;
use crate::{drill, figure};

/// One request a second for a day.
const DAY: usize = 24 * 60 * 60;
const CALLERS: usize = 8;
const PARTS: usize = 10;

#[test]
fn a_day_of_connections_takes_no_memory() {
    drill(async {
        let requests = drill_scale().choose(DAY / 60, DAY);
        let fleet = Fleet::start(1, &[]).await;
        let replica = &fleet.replicas[0];
        let emulator = Emulator::new(fleet.config(FailurePolicy::Fail).idle_connections(0));
        let mut sizes = Vec::new();
        for _ in 0..PARTS {
            let callers = (0..CALLERS).map(|_| ask_all(&emulator, requests / PARTS / CALLERS));
            let lost: usize = join_all(callers).await.into_iter().sum();
            assert_eq!(lost, 0, "{}", emulator.counts());
            sizes.extend(replica.resident_bytes());
        }
        let counts = emulator.counts();
        let shown: Vec<String> = sizes.iter().map(|bytes| (bytes / 1024).to_string()).collect();
        figure(
            "a day in miniature",
            &format!("{counts}; KiB after each tenth: {}", shown.join(" ")),
        );
        assert!(
            counts.connections >= counts.requests(),
            "connections were kept: {counts}"
        );
        if sizes.is_empty() {
            println!("skipped: the memory of a process is not shown here");
            return;
        }
        // What was taken in the first fifth is caches and buffers that stay; after that nothing may grow.
        let (early, late) = (sizes[1], sizes[PARTS - 1]);
        assert!(late <= early + early / 10, "it grows: {} KiB", shown.join(" "));
    });
}
