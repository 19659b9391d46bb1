//! NB8015.

use crate::rule::prelude::*;
use crate::subject::restored;
use crate::values::point_in_time;

declare_rule! {
    /// A backup cannot be rolled back beyond its beginning, nor forward beyond its end.
    ///
    /// ## What it checks
    /// `spec.source.pointInTime` against the successful runs that the referenced backup remembers in its status: not
    /// before the oldest of them began, not after the newest of them ended, or from operator 1.19 on, not after the newest
    /// began. And whether there are differential
    /// artifacts at all: a backup of `backupType: FULL` to which no known backup is chained has none.
    ///
    /// ## Why it matters
    /// A full backup holds one state, and a differential one the transactions since then. A moment before the first run
    /// is in none of them; a moment after the last run is not either, and the restore ends at the last run without
    /// saying so. From 1.19 on the operator seeds from the earliest run that began at or after the moment: where there is none,
    /// the restore of a cluster fails, and a standalone is stopped for a Job. The status remembers ten runs, so that older artifacts may still exist: then restore with
    /// `type: storage` and the exact file.
    ///
    /// ## Bad
    /// ```yaml
    /// kind: Neo4jBackup
    /// metadata: {name: daily}
    /// status:
    ///   history:
    ///   - {status: Succeeded, startTime: "2025-03-01T02:00:00Z", completionTime: "2025-03-01T02:10:00Z"}
    /// ---
    /// kind: Neo4jRestore
    /// spec:
    ///   source: {type: backup, backupRef: daily, pointInTime: "2025-01-15T14:30:00Z"}
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// kind: Neo4jRestore
    /// spec:
    ///   source: {type: backup, backupRef: daily, pointInTime: "2025-03-01T02:05:00Z"}
    /// ```
    PointInTimeOutsideBackups {
        code: "NB8015", name: "point-in-time-outside-backups", severity: Warning,
        kinds: [Neo4jRestore],
        reads: ["spec.source.pointInTime", "spec.source.type", "spec.source.backupRef", "spec.source.pitr.baseBackup"],
        needs: [Backups, Clock], doors: All, fix: None,
        cel: NotExpressible("it needs the history of the referenced backup"), since: "0.1",
        changes: [
            restored::ONLINE, "the newest run counts from where it began, not from where it ended";
        ],
    }
}

impl Rule for PointInTimeOutsideBackups {
    fn check(&self, subject: &Subject<'_>, inventory: &Inventory, report: &mut Collector) {
        let Some(restore) = subject.restore() else { return };
        let field = restore.point_in_time();
        let Some(text) = field.text() else { return };
        let Ok(point) = point_in_time::parse(text) else { return };
        let Some(name) = restored::backup_ref(&restore).and_then(|reference| reference.text()) else {
            return;
        };
        let backup = match inventory.backup(subject.namespace(), name) {
            Lookup::Found(backup) => backup,
            Lookup::Unknown(why) => {
                return report.skip(
                    Need::Backups,
                    format!(
                        "whether the runs of backup {name} reach to the point in time",
                        name = quoted(name)
                    ),
                    why,
                );
            }
            Lookup::Absent => return,
        };
        let mut successors = inventory.successors(subject.namespace(), name);
        if backup.backup_type.as_deref() == Some("FULL") && successors.next().is_none() {
            report
                .at(
                    &field,
                    format!(
                        "backup {name} takes full backups only, which hold no state between two runs",
                        name = quoted(name)
                    ),
                )
                .help(format!(
                    "chain differential backups to it with {}, or use backupType AUTO",
                    quoted(&format!("chainFromBackup: {name}"))
                ));
        }
        let Some(runs) = &backup.runs else { return };
        let oldest = &runs.oldest_start;
        let seeds = restored::is_online(subject) && restore.source_type() == Some(SourceType::Backup);
        let newest = if seeds { &runs.newest_start } else { &runs.newest_end };
        let instant = |text: &str| point_in_time::parse(text).ok().map(|point| point.timestamp());
        let shown = quoted(text);
        if instant(oldest).is_some_and(|oldest| point.timestamp() < oldest) {
            report
                .at(
                    &field,
                    format!(
                        "{shown} is before the oldest run that backup {name} remembers ({oldest})",
                        name = quoted(name),
                        oldest = quoted(oldest)
                    ),
                )
                .help("choose a later moment, or restore an older artifact by `type: storage`")
                .evidence_of(
                    subject.other(Kind::Neo4jBackup, name),
                    Path::dotted("status.history"),
                    format!(
                        "the oldest successful run of {name} began at {oldest}",
                        name = quoted(name),
                        oldest = quoted(oldest)
                    ),
                );
        } else if point.timestamp() <= subject.now && instant(newest).is_some_and(|newest| point.timestamp() > newest) {
            let (name, newest) = (quoted(name), quoted(newest));
            let (message, fact) = if seeds {
                (
                    format!("no run of backup {name} began at or after {shown}; the newest one began at {newest}"),
                    format!("the newest successful run of {name} began at {newest}"),
                )
            } else {
                (
                    format!("{shown} is after the newest run of backup {name} ({newest}), where the restore would end"),
                    format!("the newest successful run of {name} ended at {newest}"),
                )
            };
            let backup = restored::backup_ref(&restore)
                .and_then(|reference| reference.text())
                .unwrap_or_default();
            report
                .at(&field, message)
                .help("run the backup once more first, if the instance still has the transactions")
                .evidence_of(
                    subject.other(Kind::Neo4jBackup, backup),
                    Path::dotted("status.history"),
                    fact,
                );
        }
    }
}
