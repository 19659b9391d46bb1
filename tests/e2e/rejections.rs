//! What must not be stored, however it is sent, and the words of the refusal.

use neo4jbackup_harness::manifests;
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
    refuses(
        world,
        "six-field-cron",
        manifests::SIX_FIELD_CRON,
        "neo4jbackup/six-fields",
        "[NB5001]",
    );
}

fn an_object_store_without_a_bucket(world: &'static World) {
    refuses(
        world,
        "no-bucket",
        manifests::NO_BUCKET,
        "neo4jbackup/no-bucket",
        "[NB7001]",
    );
}

fn an_account_of_nine_digits(world: &'static World) {
    refuses(
        world,
        "nine-digit-account",
        manifests::NINE_DIGIT_ACCOUNT,
        "neo4jbackup/short-account",
        "[NB3005]",
    );
}

/// The API server's own schema is faster than any webhook here.
fn a_restore_to_a_time_with_a_blank(world: &'static World) {
    let schema = "must be of type date-time";
    refuses(
        world,
        "restore-to-a-time-with-a-blank",
        manifests::RECOVERY_TO_NO_TIME,
        "neo4jrestore/no-time",
        schema,
    );
}

fn a_restore_to_a_time_that_blinds_the_operator(world: &'static World) {
    let object = "neo4jrestore/lower-case-zone";
    refuses(
        world,
        "restore-that-blinds-the-operator",
        manifests::RECOVERY_THAT_BLINDS,
        object,
        "[NB8001]",
    );
}

fn a_seed_to_a_time_with_a_blank(world: &'static World) {
    refuses(
        world,
        "seed-to-a-time-with-a-blank",
        manifests::SEED_TO_NO_TIME,
        "neo4jdatabase/orders",
        "[NB8001]",
    );
}

fn a_point_in_time_on_an_image_before_2025(world: &'static World) {
    let object = "neo4jrestore/recovery";
    refuses(
        world,
        "point-in-time-on-5.26",
        manifests::RECOVERY_ON_LEDGER,
        object,
        "[NB8002]",
    );
}

fn two_mistakes_at_once(world: &'static World) {
    let manifest = manifests::SIX_FIELD_CRON.replace("bucket: acme-graph-backups, ", "");
    refuses(world, "two-mistakes", &manifest, "neo4jbackup/six-fields", "[NB7001]");
}

fn refuses(world: &'static World, snapshot: &str, manifest: &str, object: &str, reason: &str) {
    let namespace = world.guarded_namespace();
    let transcript = in_every_way(&namespace, manifest);
    assert_eq!(transcript.matches("exit code 1\n").count(), 4, "{transcript}");
    assert_eq!(transcript.matches(reason).count(), 4, "{transcript}");
    assert_transcript(snapshot, &transcript);
    assert_eq!(namespace.stored(object), None);
}
