//! NB5004.

use crate::rule::prelude::*;
use crate::values::cron::{Schedule, first_common_run};

declare_rule! {
    /// Two backups of one instance that start in the same minute load it twice at once.
    ///
    /// ## What it checks
    /// The schedules of the other known backups of the same instance, in the same namespace, for a minute within the
    /// next year in which both start. Suspended backups do not count, nor does `@every`, whose minutes depend on when
    /// the `CronJob` was made. Of two backups of one chain on a volume the operator lets one wait for the other with a
    /// lock, so these are left alone; on object storage there is no such lock. Of very many backups of one instance the
    /// first 64 are compared.
    ///
    /// ## Why it matters
    /// A backup reads the whole store from a server that is also serving queries. Two at once take longer than two in a
    /// row, and the lock of a chain on a volume gives up after an hour.
    ///
    /// ## Bad
    /// ```yaml
    /// metadata: {name: orders}
    /// spec: {instanceRef: prod, database: orders, schedule: "0 2 * * *"}
    /// ---
    /// metadata: {name: customers}
    /// spec: {instanceRef: prod, database: customers, schedule: "0 */2 * * *"}
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// metadata: {name: orders}
    /// spec: {instanceRef: prod, database: orders, schedule: "0 2 * * *"}
    /// ---
    /// metadata: {name: customers}
    /// spec: {instanceRef: prod, database: customers, schedule: "30 */2 * * *"}
    /// ```
    SchedulesOverlap {
        code: "NB5004", name: "schedules-overlap", severity: Warning,
        kinds: [Neo4jBackup],
        reads: BACKED_UP + ["spec.schedule", "spec.suspend"] + TURNS,
        needs: [Backups, Clock], doors: All, fix: None, cel: NotExpressible("it compares with other backups"),
        since: "0.1",
    }
}

/// How far ahead a common minute is looked for, in days.
const HORIZON: u32 = 366;

/// With more backups of one instance than this, the first ones say enough.
const MOST_SIBLINGS: usize = 64;

/// How many of them are listed one by one.
const MOST_EVIDENCE: usize = 8;

impl Rule for SchedulesOverlap {
    fn check(&self, subject: &Subject<'_>, inventory: &Inventory, report: &mut Collector) {
        let Some(backup) = subject.backup() else { return };
        let field = backup.schedule();
        let Some(Ok(schedule)) = subject.schedule() else { return };
        let own = subject.backup_facts();
        if own.suspended || own.instance.is_none() {
            return;
        }
        let namespace = subject.namespace();
        let siblings = inventory.running_beside(namespace, subject.name(), own, MOST_SIBLINGS);
        let common = siblings.named.iter().filter_map(|name| {
            let text = inventory.backup(namespace, name).found()?.schedule.as_deref()?;
            let run = first_common_run(schedule, &Schedule::parse(text).ok()?, subject.now, HORIZON)?;
            Some((run, *name, text))
        });
        let mut common: Vec<_> = common.collect();
        common.sort();
        let Some((run, name, text)) = common.first() else {
            return;
        };
        let instance = own.instance.as_deref().unwrap_or_default();
        let at_least = if siblings.count > siblings.named.len() {
            "at least "
        } else {
            ""
        };
        let more = match common.len() - 1 {
            0 => String::new(),
            more => format!(", and with {at_least}{more} more"),
        };
        let finding = report.at(
            &field,
            format!(
                "starts in the same minute as backup {name} ({text}) of instance {instance}{more}, next at {}",
                run.strftime("%Y-%m-%dT%H:%MZ"),
                name = quoted(name),
                text = quoted(text),
                instance = quoted(instance)
            ),
        );
        finding.help("move one of the two by half an hour or more");
        for (run, name, text) in common.iter().take(MOST_EVIDENCE) {
            finding.evidence_of(
                subject.other(Kind::Neo4jBackup, name),
                Path::dotted("spec.schedule"),
                format!(
                    "{name} runs {text}, first together at {run}",
                    name = quoted(name),
                    text = quoted(text)
                ),
            );
        }
        if common.len() > MOST_EVIDENCE {
            finding.evidence(format!("and {at_least}{} more", common.len() - MOST_EVIDENCE));
        }
    }
}
