//! NB2006.

use crate::facts::{InstanceFacts, InstanceKind};
use crate::rule::prelude::*;
use crate::values::neo4j_version::{Feature, Version, parse_as_operator};
use crate::values::quantity;

declare_rule! {
    /// An option needs a newer Neo4j than the instance runs, or a feature that the instance does not have.
    ///
    /// ## What it checks
    /// `preferDiffAsParent` (2025.04), `remoteAddressResolution` (2025.09), `parallelDownload` and `skipRecovery` (2025.11),
    /// `validate` (2025.01), `splitArchivePartSize` (2026.09), and `shardedDatabase` (2025.12, a cluster with `propertySharding.enabled: true`), against the
    /// image tag of the instance. Where the instance is not known, nothing is said.
    ///
    /// ## Why it matters
    /// The operator builds no command for an option that the version lacks: a one-shot backup is `Failed` for good, a
    /// scheduled one is tried again for ever, without an event. `validate` is left out without a word on 5.26.
    ///
    /// ## Bad
    /// ```yaml
    /// spec: {instanceRef: on-5-26, options: {parallelDownload: true}}
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// spec: {instanceRef: on-5-26, options: {compress: true}}
    /// ```
    OptionNotInVersion {
        code: "NB2006", name: "option-not-in-version", severity: Error,
        kinds: [Neo4jBackup], reads: BACKED_UP + ["spec.shardedDatabase", "spec.options"], needs: [Instance],
        doors: All, fix: None, cel: NotExpressible("it looks at the image of the instance"), since: "0.1",
    }
}

const OPTIONS: [(&str, Feature, Severity); 6] = [
    ("preferDiffAsParent", Feature::PreferDiffAsParent, Severity::Error),
    (
        "remoteAddressResolution",
        Feature::RemoteAddressResolution,
        Severity::Error,
    ),
    ("parallelDownload", Feature::ParallelDownload, Severity::Error),
    ("skipRecovery", Feature::SkipRecovery, Severity::Error),
    ("validate", Feature::BackupValidate, Severity::Warning),
    ("splitArchivePartSize", Feature::SplitArchive, Severity::Error),
];

/// Whether an option asks for something: it is true, or a size above zero.
fn asks(field: &Field<'_>) -> bool {
    let is_size = |text| quantity::parse(text).is_ok_and(|size| !size.is_zero());
    field.is_true() || field.text().is_some_and(is_size)
}

impl Rule for OptionNotInVersion {
    fn check(&self, subject: &Subject<'_>, inventory: &Inventory, report: &mut Collector) {
        let Some(backup) = subject.backup() else { return };
        let sharded = backup.spec.field("shardedDatabase");
        let asks_for_something =
            sharded.text().is_some() || OPTIONS.iter().any(|(name, ..)| asks(&backup.options.field(name)));
        let Some(name) = backup.instance().text().filter(|_| asks_for_something) else {
            return;
        };
        let facts = match inventory.instance(subject.namespace(), name) {
            Lookup::Found(facts) => facts,
            Lookup::Absent => return,
            Lookup::Unknown(why) => {
                report.skip(
                    Need::Instance,
                    format!("whether {} has what the options need", quoted(name)),
                    why,
                );
                return;
            }
        };
        if sharded.text().is_some() {
            sharding(&sharded, name, facts, report);
        }
        // A tag that names no version is reported with the instance.
        if let Some(version) = facts.image_tag.as_deref().and_then(parse_as_operator) {
            options(subject, &backup, name, facts, version, report);
        }
    }
}

fn options(
    subject: &Subject<'_>,
    backup: &Backup<'_>,
    name: &str,
    facts: &InstanceFacts,
    version: Version,
    report: &mut Collector,
) {
    for (option, feature, severity) in OPTIONS {
        let field = backup.options.field(option);
        if asks(&field) && !version.supports(feature) {
            let effect = if severity == Severity::Error {
                "the backup fails"
            } else {
                "the operator leaves it out"
            };
            let text = format!(
                "needs Neo4j {} and {} runs {version}, so {effect}",
                feature.first_version(),
                quoted(name)
            );
            report
                .at(&field, text)
                .help("remove it, or upgrade the instance first")
                .reason(Reason::NotSupported)
                .severity(severity)
                .evidence_of(
                    subject.other(facts.kind, name),
                    Path::dotted("spec.image.tag"),
                    format!("version of {}: {version}", quoted(name)),
                );
        }
    }
}

fn sharding(field: &Field<'_>, name: &str, facts: &InstanceFacts, report: &mut Collector) {
    let name = quoted(name);
    let version = facts.image_tag.as_deref().and_then(parse_as_operator);
    let (text, help) = if facts.kind == InstanceKind::Standalone {
        (
            format!("{name} is a standalone, which has no sharded databases"),
            "use `database` or `allDatabases: true`".to_owned(),
        )
    } else if !facts.property_sharding {
        (
            format!("{name} does not have `propertySharding.enabled: true`"),
            "enable it there, or use `database`".to_owned(),
        )
    } else {
        let first = Feature::PropertySharding.first_version();
        match version.filter(|version| !version.supports(Feature::PropertySharding)) {
            Some(version) => (
                format!("needs Neo4j {first} and {name} runs {version}"),
                "upgrade the instance first".to_owned(),
            ),
            None => return,
        }
    };
    report.at(field, text).help(help).reason(Reason::NotSupported);
}
