//! NB1009.

use crate::facts::InstanceKind;
use crate::rule::prelude::*;
use crate::subject::restored;
use crate::values::names::DerivedName;

declare_rule! {
    /// A name that the operator makes from the object's own name is too long or malformed, and what it names cannot be made.
    ///
    /// ## What it checks
    /// The CronJob of a scheduled backup (52 characters, so 40 for the backup), the Job of a backup or of a standalone's
    /// restore (63, because its pods carry the name as a label), and the Service that serves a backup on a volume to a
    /// cluster (63, so 45 for the restore, and without a `.`), from operator 1.19 on also to a standalone. Where the instance is not known, or a
    /// standalone may be restored with the Job or without it, a restore is only warned of.
    ///
    /// ## Why it matters
    /// The API server takes names of 253 characters, with dots. The operator checks only the first of these, and finds out about
    /// the others when it creates the object.
    ///
    /// ## Bad
    /// ```yaml
    /// metadata: {name: every-night-at-two-all-databases-of-production}
    /// spec: {schedule: "0 2 * * *"}
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// metadata: {name: prod-nightly}
    /// spec: {schedule: "0 2 * * *"}
    /// ```
    DerivedNameTooLong {
        code: "NB1009", name: "derived-name-too-long", severity: Error,
        kinds: JOBS, reads: RESTORED + ONLINE + ["metadata.name", "spec.schedule", "spec.source.storage.type"],
        needs: [Instance, Backups], doors: All, fix: None, cel: Expressible, since: "0.1",
        changes: [
            restored::ONLINE, "a standalone that is restored from a volume without a Job needs the Service, too";
        ],
    }
}

impl Rule for DerivedNameTooLong {
    fn check(&self, subject: &Subject<'_>, inventory: &Inventory, report: &mut Collector) {
        if let Some(backup) = subject.backup() {
            let derived = scheduled_or_once(&backup);
            judge(subject, derived, Severity::Error, report);
        } else if let Some(restore) = subject.restore() {
            // Most names are short enough for everything; then nothing has to be looked up.
            if !is_good(DerivedName::SeedProxy, subject.name()) {
                judge_restore(subject, &restore, inventory, report);
            }
        }
    }
}

fn scheduled_or_once(backup: &Backup<'_>) -> DerivedName {
    if backup.schedule().text().is_some() {
        DerivedName::BackupCronJob
    } else {
        DerivedName::BackupJob
    }
}

fn judge_restore(subject: &Subject<'_>, restore: &Restore<'_>, inventory: &Inventory, report: &mut Collector) {
    let Some(name) = restore.instance().text() else { return };
    let kind = match inventory.instance(subject.namespace(), name) {
        Lookup::Found(facts) => Some(facts.kind),
        Lookup::Absent => None,
        Lookup::Unknown(why) => {
            report.skip(
                Need::Instance,
                format!("whether {name} is a cluster or a standalone", name = quoted(name)),
                why,
            );
            None
        }
    };
    let sure = if kind.is_some() {
        Severity::Error
    } else {
        Severity::Warning
    };
    let standalone = inventory.instance(subject.namespace(), name).found();
    if let Some(standalone) = standalone.filter(|facts| facts.kind == InstanceKind::Standalone)
        && restored::may_be_online(subject)
        && restored::offline_reason(subject, restore, standalone, inventory).is_none()
    {
        // With the Service where it is seeded from a volume, with the Job where no artifact was recorded.
        let derived = if is_on_volume(subject, restore, inventory, report) {
            DerivedName::SeedProxy
        } else {
            DerivedName::RestoreJob
        };
        return judge(subject, derived, Severity::Warning, report);
    }
    // Before 1.8 clusters were restored by a Job as well.
    if kind == Some(InstanceKind::Standalone) || subject.era < Era::V1_8 {
        judge(subject, DerivedName::RestoreJob, Severity::Error, report);
    } else if is_on_volume(subject, restore, inventory, report) {
        judge(subject, DerivedName::SeedProxy, sure, report);
    } else if kind.is_none() {
        judge(subject, DerivedName::RestoreJob, sure, report);
    }
}

/// Whether the backup lies on a volume, for certain.
fn is_on_volume(subject: &Subject<'_>, restore: &Restore<'_>, inventory: &Inventory, report: &mut Collector) -> bool {
    let store = match (restore.source_type(), restore.backup_ref().text()) {
        (Some(SourceType::Backup), Some(name)) => match inventory.backup(subject.namespace(), name) {
            Lookup::Found(facts) => facts.storage.store,
            Lookup::Absent => None,
            Lookup::Unknown(why) => {
                report.skip(
                    Need::Backups,
                    format!("whether backup {name} is on a volume", name = quoted(name)),
                    why,
                );
                None
            }
        },
        _ => restore.storage().store(),
    };
    store == Some(StoreType::Pvc)
}

fn is_good(derived: DerivedName, name: &str) -> bool {
    derived.fits(name) && (derived.may_have_dots() || !name.contains('.'))
}

fn judge(subject: &Subject<'_>, derived: DerivedName, severity: Severity, report: &mut Collector) {
    let name = subject.name();
    if is_good(derived, name) {
        return;
    }
    let what = match derived {
        DerivedName::BackupCronJob => "the CronJob",
        DerivedName::SeedProxy => "the Service that serves the backup to the servers",
        _ => "the Job",
    };
    if derived.fits(name) {
        let text = format!(
            "{what} made from this name would be {}, and no Service has a `.` in its name",
            quoted(&derived.of(name))
        );
        report
            .at(&subject.field("metadata.name"), text)
            .help("use a name without `.`")
            .severity(severity);
        return;
    }
    let made = derived.of(name).chars().count();
    let text = format!(
        "{what} made from this name would have a name of {made} characters, and {} is the limit",
        derived.longest()
    );
    report
        .at(&subject.field("metadata.name"), text)
        .help(format!("use a name of at most {} characters", derived.longest_name()))
        .reason(Reason::TooLong)
        .severity(severity);
}
