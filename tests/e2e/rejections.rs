//! What must not be stored, however it is sent, and the words of the refusal.

use neo4jbackup_harness::{Way, manifests};
use neo4jbackup_tests::transcript::{assert_transcript, in_every_way};

use crate::world::{World, on_each_control_plane};

on_each_control_plane!(
    a_schedule_of_six_fields,
    an_object_store_without_a_bucket,
    an_account_of_nine_digits,
    a_restore_to_a_time_with_a_blank,
    a_restore_to_a_time_that_blinds_the_operator,
    a_seed_to_a_time_with_a_blank,
    a_point_in_time_on_an_image_before_2025,
    two_mistakes_at_once,
);

fn a_schedule_of_six_fields(world: &'static World) {
    Refusal {
        manifest: manifests::SIX_FIELD_CRON,
        object: "neo4jbackup/six-fields",
        reason: "[NB5001]",
        snapshot: "six-field-cron",
    }
    .assert_in(world);
}

fn an_object_store_without_a_bucket(world: &'static World) {
    Refusal {
        manifest: manifests::NO_BUCKET,
        object: "neo4jbackup/no-bucket",
        reason: "[NB7001]",
        snapshot: "no-bucket",
    }
    .assert_in(world);
}

fn an_account_of_nine_digits(world: &'static World) {
    Refusal {
        manifest: manifests::NINE_DIGIT_ACCOUNT,
        object: "neo4jbackup/short-account",
        reason: "[NB3005]",
        snapshot: "nine-digit-account",
    }
    .assert_in(world);
}

fn a_restore_to_a_time_with_a_blank(world: &'static World) {
    Refusal {
        manifest: manifests::RECOVERY_TO_NO_TIME,
        object: "neo4jrestore/no-time",
        // The API server's own schema is faster than any webhook here.
        reason: "must be of type date-time",
        snapshot: "restore-to-a-time-with-a-blank",
    }
    .assert_in(world);
}

fn a_restore_to_a_time_that_blinds_the_operator(world: &'static World) {
    Refusal {
        manifest: manifests::RECOVERY_THAT_BLINDS,
        object: "neo4jrestore/lower-case-zone",
        reason: "[NB8001]",
        snapshot: "restore-that-blinds-the-operator",
    }
    .assert_in(world);
}

fn a_seed_to_a_time_with_a_blank(world: &'static World) {
    Refusal {
        manifest: manifests::SEED_TO_NO_TIME,
        object: "neo4jdatabase/orders",
        reason: "[NB8001]",
        snapshot: "seed-to-a-time-with-a-blank",
    }
    .assert_in(world);
}

fn a_point_in_time_on_an_image_before_2025(world: &'static World) {
    Refusal {
        manifest: manifests::RECOVERY_ON_LEDGER,
        object: "neo4jrestore/recovery",
        reason: "[NB8002]",
        snapshot: "point-in-time-on-5.26",
    }
    .assert_in(world);
}

fn two_mistakes_at_once(world: &'static World) {
    Refusal {
        manifest: &manifests::SIX_FIELD_CRON.replace("bucket: acme-graph-backups, ", ""),
        object: "neo4jbackup/six-fields",
        reason: "[NB7001]",
        snapshot: "two-mistakes",
    }
    .assert_in(world);
}

/// A manifest that must not get in by any way.
struct Refusal<'a> {
    manifest: &'a str,
    /// What must not be stored: `neo4jbackup/nightly`.
    object: &'a str,
    /// A part of each answer.
    reason: &'a str,
    /// The name of the snapshot with all answers.
    snapshot: &'a str,
}

impl Refusal<'_> {
    fn assert_in(&self, world: &World) {
        let namespace = world.guarded_namespace();
        let transcript = in_every_way(&namespace, self.manifest);
        let ways = Way::ALL.len();
        assert_eq!(transcript.matches("exit code 1\n").count(), ways, "{transcript}");
        assert_eq!(transcript.matches(self.reason).count(), ways, "{transcript}");
        assert_transcript(self.snapshot, &transcript);
        assert_eq!(namespace.stored(self.object), None);
    }
}
