//! The webhook counts what it answered.

use neo4jbackup_harness::manifests;
use neo4jbackup_harness::{Way, WebhookServer};

use crate::world::{World, on_each_control_plane};

on_each_control_plane!(a_refusal_and_a_default_are_counted_once);

fn a_refusal_and_a_default_are_counted_once(world: &'static World) {
    let namespace = world.namespace();
    // One of its own, which no other test asks.
    let webhook = world.another_webhook();
    namespace.guard_with(&webhook);
    let before = Counts::of(&webhook);
    assert!(!namespace.send(Way::Create, manifests::SIX_FIELD_CRON).success());
    namespace.must_apply(manifests::GOOD_BACKUP);
    let after = Counts::of(&webhook);

    let labels = [
        "hook=\"validate\"",
        "kind=\"Neo4jBackup\"",
        "operation=\"CREATE\"",
        "dry_run=\"false\"",
    ];
    let refused = [&labels[..], &["allowed=\"false\""]].concat();
    let allowed = [&labels[..], &["allowed=\"true\""]].concat();
    let grown = |metric: &str, labels: &[&str]| after.sum(metric, labels) - before.sum(metric, labels);
    assert_eq!(grown("requests_total", &refused), 1);
    assert_eq!(grown("requests_total", &allowed), 1);
    assert_eq!(grown("findings_total", &["rule=\"NB5001\"", "outcome=\"denied\""]), 1);
    assert!(grown("patches_total", &[]) >= 1);
    assert_eq!(after.sum("errors_total", &[]), 0);
    assert_eq!(after.sum("dropped_patch_operations_total", &[]), 0);
}

/// The text of `/metrics`.
struct Counts(String);

impl Counts {
    fn of(webhook: &WebhookServer) -> Self {
        let (status, text) = webhook.status("/metrics").unwrap();
        assert_eq!(status, 200, "{text}");
        Self(text)
    }

    /// The sum over all lines of a metric that have the labels.
    fn sum(&self, metric: &str, labels: &[&str]) -> u64 {
        let lines = self
            .0
            .lines()
            .filter_map(|line| line.strip_prefix("neo4j_backup_webhook_")?.strip_prefix(metric));
        let wanted = lines.filter(|line| labels.iter().all(|label| line.contains(label)));
        wanted
            .map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap())
            .sum()
    }
}
