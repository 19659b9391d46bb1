//! What a person sees who installs the chart.

use neo4jbackup_harness::await_that;
use neo4jbackup_harness::manifests;
use neo4jbackup_tests::transcript::{assert_transcript, in_every_way};

use crate::certificates::Certificates;
use crate::cluster::turn;
use crate::load::{Expected, Load};
use crate::release::{FAIL, Release};

/// The texts are those of the tests in which the webhook runs beside the API server: they share the snapshots.
#[test]
fn two_replicas_refuse_with_the_same_words_as_a_webhook_outside() {
    let Some(turn) = turn() else { return };
    let release = Release::install(turn.cluster, &FAIL);
    assert_eq!(release.pods().len(), 2);
    let namespace = turn.cluster.guarded_namespace("refused");
    let two_mistakes = manifests::SIX_FIELD_CRON.replace("bucket: acme-graph-backups, ", "");
    for (snapshot, manifest) in [
        ("six-field-cron", manifests::SIX_FIELD_CRON),
        ("no-bucket", manifests::NO_BUCKET),
        ("nine-digit-account", manifests::NINE_DIGIT_ACCOUNT),
        ("point-in-time-on-5.26", manifests::RECOVERY_ON_LEDGER),
        ("two-mistakes", &two_mistakes),
    ] {
        assert_transcript(snapshot, &in_every_way(&namespace, manifest));
    }
    let stored = namespace.kubectl(&["get", "neo4jbackups,neo4jrestores", "--output=name"]);
    assert_eq!(stored.stdout, "", "{stored:?}");
}

#[test]
fn the_tests_of_the_chart_pass() {
    let Some(turn) = turn() else { return };
    let release = Release::install(turn.cluster, &FAIL);
    let namespace = turn.cluster.guarded_namespace("tested");
    let said = release.test();
    assert!(said.contains("Phase:") && said.contains("Succeeded"), "{said}");
    drop(namespace);
}

/// A person asks for a new authority by an annotation. Only the wait before it is used is cut short here: what an API
/// server somewhere else may take to notice, this one does not.
#[test]
fn a_rotation_that_was_asked_for_loses_no_call() {
    let Some(turn) = turn() else { return };
    let release = Release::install(turn.cluster, &FAIL);
    release.add_arguments(&["--publish-wait=5s", "--certificate-tick=1s"]);
    let namespace = turn.cluster.guarded_namespace("rotation");
    let before = Certificates::of(&release);
    assert_eq!(before.bundles, [1, 1]);
    let load = Load::start(turn.cluster, &namespace.name, Expected::Judged);
    let annotation = "neo4jbackup.github.io/rotate=asked";
    release.must_kubectl(&["annotate", "secret", "neo4jbackup-webhook-ca", annotation]);
    await_that("leaves of the new authority", || {
        let now = Certificates::of(&release);
        now.authority != before.authority && now.leaves.iter().all(|leaves| *leaves > 1)
    });
    load.stop("a rotation of the authority").assert_nothing_failed();
    // The old one stays beside the new one until its last leaf is over for certain.
    assert_eq!(Certificates::of(&release).bundles, [2, 2]);
}
