//! NB8002.

use crate::facts::{InstanceFacts, InstanceKind};
use crate::rule::prelude::*;
use crate::subject::restored;
use crate::values::neo4j_version::{Feature, parse_as_operator};

declare_rule! {
    /// Point-in-time recovery needs Neo4j 2025.01 or later on the instance that is restored.
    ///
    /// ## What it checks
    /// The image tag of the instance that a restore with `spec.source.pointInTime` or `spec.source.type: pitr`, or a
    /// database with `spec.seedConfig.restoreUntil`, names. An instance that is not known, or a tag without a version
    /// such as `latest`, gives a warning.
    ///
    /// ## Why it matters
    /// There are two mechanisms. Clusters are seeded with `seedRestoreUntil`, which Neo4j has since 2025.01; the
    /// operator refuses it on 5.26. From operator 1.19 on standalones are seeded as well, where that is possible. Else they
    /// are restored with `neo4j-admin database restore --restore-until`, which
    /// exists since 5.0, needs differential backups that reach to the point in time, and silently gives the nearest
    /// state without them. On a standalone of 5.26 the operator itself would try: that everything before 2025.01 is an
    /// error is a policy of this rule, and the safe one.
    ///
    /// If standalone `--restore-until` on 5.26 is what you want, set `rules.NB8002: warn` in the settings, or accept the
    /// finding for one restore with the annotation `neo4jbackup.github.io/ignore-NB8002: "reason"`.
    ///
    /// ## Bad
    /// ```yaml
    /// kind: Neo4jEnterpriseStandalone
    /// metadata: {name: recovery}
    /// spec: {image: {repo: neo4j, tag: 5.26.0-enterprise}}
    /// ---
    /// kind: Neo4jRestore
    /// spec:
    ///   instanceRef: recovery
    ///   source: {type: backup, backupRef: daily, pointInTime: "2025-01-15T14:30:00Z"}
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// kind: Neo4jEnterpriseStandalone
    /// metadata: {name: recovery}
    /// spec: {image: {repo: neo4j, tag: 2025.10.1-enterprise}}
    /// ```
    PointInTimeUnsupported {
        code: "NB8002", name: "point-in-time-unsupported", severity: Error,
        kinds: [Neo4jRestore, Neo4jDatabase, Neo4jShardedDatabase],
        reads: RESTORED + ["spec.source.pointInTime", "spec.source.type", "spec.seedConfig.restoreUntil"],
        needs: [Instance], doors: All, fix: None, cel: NotExpressible("it needs the image of the instance"),
        since: "0.1",
        changes: [
            restored::ONLINE, "the remedy is `type: backup` with a new database, which takes a point in time on a cluster, too";
        ],
    }
}

impl Rule for PointInTimeUnsupported {
    fn check(&self, subject: &Subject<'_>, inventory: &Inventory, report: &mut Collector) {
        let (field, reference) = match subject.restore() {
            Some(restore) if restore.point_in_time().is_set() => (restore.point_in_time(), restore.instance()),
            Some(restore) if restore.is_point_in_time() => (restore.source.field("type"), restore.instance()),
            Some(_) => return,
            None => (
                subject.field("spec.seedConfig.restoreUntil"),
                subject.field("spec.clusterRef"),
            ),
        };
        let Some(name) = reference.text().filter(|_| field.text().is_some()) else {
            return;
        };
        match inventory.instance(subject.namespace(), name) {
            Lookup::Found(facts) => judge(subject, &field, name, facts, report),
            Lookup::Absent => unknown(
                &field,
                name,
                &format!("{name} does not exist", name = quoted(name)),
                report,
            ),
            Lookup::Unknown(why) => {
                report.skip(
                    Need::Instance,
                    format!("whether {name} runs Neo4j 2025.01 or later", name = quoted(name)),
                    why,
                );
                unknown(
                    &field,
                    name,
                    &format!("the image of {name} is not known here", name = quoted(name)),
                    report,
                );
            }
        }
    }
}

fn judge(subject: &Subject<'_>, field: &Field<'_>, name: &str, facts: &InstanceFacts, report: &mut Collector) {
    let tag = facts.image_tag.as_deref().unwrap_or_default();
    let shown = quoted(tag);
    let Some(version) = parse_as_operator(tag) else {
        let why = if tag.is_empty() {
            format!("{name} names no image tag", name = quoted(name))
        } else {
            format!("the tag {shown} of {name} names no version", name = quoted(name))
        };
        return unknown(field, name, &why, report);
    };
    // The younger of the two mechanisms sets the bar for both.
    if version.supports(Feature::SeedRestoreUntil) {
        return;
    }
    let shown_name = quoted(name);
    let (message, help) = match (subject.kind, facts.kind) {
        (Kind::Neo4jRestore, InstanceKind::Standalone) => (
            format!(
                "point-in-time recovery needs Neo4j 2025.01 or later by the policy of this rule, and {shown_name} runs {shown}; the \
                 operator itself would try it, offline with `--restore-until`"
            ),
            "upgrade it first, or allow it: `NB8002: warn` below `rules` in the settings, or the annotation \
             `neo4jbackup.github.io/ignore-NB8002` with a reason on the restore",
        ),
        (kind, _) => (
            format!("point-in-time recovery needs Neo4j 2025.01 or later, and {shown_name} runs {shown}"),
            match kind {
                Kind::Neo4jRestore if restored::is_online(subject) => {
                    "upgrade it first; a restore of `type: backup` then takes a point in time for a new database"
                }
                Kind::Neo4jRestore => {
                    "upgrade it first; clusters then take spec.seedConfig.restoreUntil of a Neo4jDatabase"
                }
                _ => "upgrade it first; Neo4j 5.x seeds only the state at the end of the artifacts",
            },
        ),
    };
    report.at(field, message).help(help).evidence_of(
        subject.other(facts.kind, name),
        Path::dotted("spec.image.tag"),
        format!("spec.image.tag of {name} is {shown}", name = quoted(name)),
    );
}

fn unknown(field: &Field<'_>, name: &str, why: &str, report: &mut Collector) {
    report
        .at(
            field,
            format!("point-in-time recovery needs Neo4j 2025.01 or later, and {why}"),
        )
        .help(format!("check spec.image.tag of {name}", name = quoted(name)))
        .severity(Severity::Warning);
}
