//! NB1014.

use crate::rule::prelude::*;
use crate::subject::location::{Use, locations};
use crate::values::names::{LONGEST_LABEL, LONGEST_SUBDOMAIN, is_dns_subdomain, is_label_of_any_length};

declare_rule! {
    /// A name that no object can have is refused, or waited for in vain.
    ///
    /// ## What it checks
    /// The object's own name and namespace; the names of the instance, of backups, volume claims, storage classes and
    /// Secrets that it refers to: lower-case letters, digits, `-` and `.`, with a letter or digit at both ends. For
    /// operators 1.11.2 to 1.13 also `target.name`, which must have no `.` either, whatever is backed up. What the schema says
    /// of a name, and `chainFromBackup` (NB7004), is left to others.
    ///
    /// ## Why it matters
    /// The API server refuses an object of such a name, and no other object can be the one that is referred to: a backup
    /// then waits for ever, a restore fails, a pod never starts. A database whose name has a `_` cannot be a target of its
    /// own, and the operator marks the backup `Invalid`.
    ///
    /// ## Bad
    /// ```yaml
    /// metadata: {name: Nightly_Backup}
    /// spec: {instanceRef: My Cluster}
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// metadata: {name: nightly-backup}
    /// spec: {instanceRef: my-cluster}
    /// ```
    NameMalformed {
        code: "NB1014", name: "name-malformed", severity: Error,
        kinds: ALL, reads: STORES + SOURCES + CLAIMS + CLOUDS + INSTANCE_CLOUDS + [
            "metadata.name", "metadata.generateName", "spec.instanceRef", "spec.clusterRef",
            "spec.targetCluster", "spec.target", "spec.source.backupRef", "spec.source.pitr.baseBackup.backupRef",
            "spec.backups.defaultStorage", "spec.options.tempStorage.storageClassName",
            "spec.seedCredentials.secretRef",
        ],
        needs: [], doors: All, fix: None, cel: Expressible, since: "0.1",
    }
}

impl Rule for NameMalformed {
    fn check(&self, subject: &Subject<'_>, _: &Inventory, report: &mut Collector) {
        own_name(subject, report);
        let (instance, backup) = ("cluster or standalone", "`Neo4jBackup`");
        match subject.backup() {
            Some(backup) => {
                let target = backup.legacy_target().map(|target| target.field("name"));
                if let Some(name) = target {
                    target_name(subject, &name, report);
                }
                let field = backup.instance();
                if target.is_none_or(|name| name.path() != field.path()) {
                    reference(&field, instance, report);
                }
            }
            None if matches!(
                subject.kind,
                Kind::Neo4jEnterpriseCluster | Kind::Neo4jEnterpriseStandalone
            ) => {}
            None => {
                for name in ["spec.instanceRef", "spec.clusterRef", "spec.targetCluster"] {
                    reference(&subject.field(name), instance, report);
                }
            }
        }
        for name in ["spec.source.backupRef", "spec.source.pitr.baseBackup.backupRef"] {
            reference(&subject.field(name), backup, report);
        }
        for location in locations(subject) {
            let storage = location.storage;
            if storage.store() == Some(StoreType::Pvc) && location.used != Use::Nothing {
                reference(&storage.pvc_name(), "PersistentVolumeClaim", report);
                reference(&storage.block.field("pvc.storageClassName"), "StorageClass", report);
            }
            if location.reads_cloud {
                reference(&storage.cloud.credentials(), "Secret", report);
            }
        }
        reference(
            &subject.field("spec.options.tempStorage.storageClassName"),
            "StorageClass",
            report,
        );
        reference(&subject.field("spec.seedCredentials.secretRef"), "Secret", report);
    }
}

/// What the API server makes of an object's own name. Behind a generated one it puts letters and digits.
fn own_name(subject: &Subject<'_>, report: &mut Collector) {
    let generated = subject.field("metadata.generateName");
    let named = [
        (subject.field("metadata.name"), is_dns_subdomain as fn(&str) -> bool),
        (generated, |prefix| is_dns_subdomain(&format!("{prefix}x"))),
        (subject.field("metadata.namespace"), |name| {
            name.len() <= LONGEST_LABEL && is_label_of_any_length(name)
        }),
    ];
    for (field, is_name) in named {
        let Some(text) = field.text().filter(|text| !is_name(text)) else {
            continue;
        };
        report
            .at(
                &field,
                format!("the API server takes no object with {}", in_place(&field, text)),
            )
            .help("use lower-case letters, digits and `-`, with a letter or digit at both ends");
    }
}

fn in_place(field: &Field<'_>, text: &str) -> String {
    let path = field.path();
    format!("the {} {}", path.last_key().unwrap_or_default(), quoted(text))
}

/// The operator's own check of a target, whatever its kind.
fn target_name(subject: &Subject<'_>, field: &Field<'_>, report: &mut Collector) {
    let Some(text) = field.text() else { return };
    if subject.era > Era::V1_13 {
        return;
    }
    let is_checked = subject.is_validated();
    if is_checked && !(text.len() <= LONGEST_SUBDOMAIN && is_label_of_any_length(text)) {
        report
            .at(field, format!("the operator takes no target with the name {}", quoted(text)))
            .help("use a name of lower-case letters, digits and `-`; a database with another name can only be part of `kind: Cluster`");
    } else if !is_checked && subject.field("spec.target.kind").text() == Some("Cluster") {
        reference(field, "cluster or standalone", report);
    }
}

fn reference(field: &Field<'_>, what: &str, report: &mut Collector) {
    // A name of blanks is as good as none, which is for others to say.
    let Some(text) = field
        .text()
        .filter(|text| !text.trim().is_empty() && !is_dns_subdomain(text))
    else {
        return;
    };
    report
        .at(field, format!("{} is a name that no {what} can have", quoted(text)))
        .help(format!("name an existing {what}"))
        .severity(Severity::Warning);
}
