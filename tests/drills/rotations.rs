//! Certificates that change while calls are made: files of a mounted Secret, swapped as the kubelet swaps them.

use std::time::{Duration, Instant};

use neo4jbackup_emulator::{Emulator, FailurePolicy};
use neo4jbackup_harness::{CertificateAuthority, drill_scale};
use tokio::task::block_in_place;
use tokio::time::sleep;

use crate::fleet::{Fleet, SERVER_NAME};
use crate::load::Load;
use crate::{drill, figure};

#[test]
fn no_change_of_a_certificate_or_its_authority_loses_a_call() {
    drill(async {
        let scale = drill_scale();
        let mut fleet = Fleet::start(scale.choose(2, 3), &["--reload-interval=50ms"]).await;
        // With few kept connections, most calls meet the certificate of the moment.
        let config = fleet.config(FailurePolicy::Fail).idle_connections(2);
        let emulator = Emulator::new(config);
        let load = Load::start(&emulator, 50, 10);
        let (leaves, every) = scale.choose((20, 5), (200, 10));
        let mut authorities = 0;
        for number in 1..=leaves {
            if number % every == 0 {
                authorities += 1;
                rotate_authority(&mut fleet, &emulator, number).await;
            } else {
                rotate_leaf(&fleet, number).await;
            }
        }
        load.stop().await;
        let counts = emulator.counts();
        figure(
            "certificate rotations",
            &format!("{leaves} leaves, {authorities} authorities, 50/s; {counts}"),
        );
        assert_eq!((counts.failed, counts.lost()), (0, 0), "{counts}");
        assert!(
            counts.connections > counts.requests() / 4,
            "too few handshakes to prove anything: {counts}"
        );
    });
}

/// The control: an authority that no bundle names yet must be refused, or the drill would not see a lost call.
#[test]
fn an_authority_that_is_served_before_it_is_published_loses_calls() {
    drill(async {
        let fleet = Fleet::start(1, &["--reload-interval=50ms"]).await;
        let config = fleet.config(FailurePolicy::Fail).idle_connections(0);
        let emulator = Emulator::new(config);
        assert_eq!(crate::load::ask_all(&emulator, 5).await, 0);
        let stranger = CertificateAuthority::new().unwrap();
        let issued = stranger.issue_server_certificate(&[SERVER_NAME]).unwrap();
        fleet.secret.swap(&issued).unwrap();
        wait_for_rotations(&fleet, 1).await;
        assert_eq!(crate::load::ask_all(&emulator, 5).await, 5);
    });
}

async fn rotate_leaf(fleet: &Fleet, number: usize) {
    let issued = fleet.authority.issue_server_certificate(&[SERVER_NAME]).unwrap();
    fleet.secret.swap(&issued).unwrap();
    wait_for_rotations(fleet, number).await;
}

/// The new authority beside the old one, then certificates of it, then the new one alone.
async fn rotate_authority(fleet: &mut Fleet, emulator: &Emulator, number: usize) {
    let next = CertificateAuthority::new().unwrap();
    let both = format!("{}{}", fleet.authority.certificate_pem(), next.certificate_pem());
    emulator.set_ca_bundle(&both);
    fleet.authority = next;
    rotate_leaf(fleet, number).await;
    emulator.set_ca_bundle(fleet.authority.certificate_pem());
}

/// Waits until every replica serves the certificate of that number.
async fn wait_for_rotations(fleet: &Fleet, number: usize) {
    let line = format!("neo4j_backup_webhook_tls_rotations_total{{role=\"leaf\",result=\"success\"}} {number}\n");
    let start = Instant::now();
    for replica in &fleet.replicas {
        loop {
            let (_, metrics) = block_in_place(|| replica.status("/metrics")).unwrap();
            if metrics.contains(&line) {
                break;
            }
            assert!(start.elapsed() < Duration::from_secs(20), "not served: {metrics}");
            sleep(Duration::from_millis(20)).await;
        }
    }
}
