//! NB5006.

use crate::facts::{Coverage, RunFacts};
use crate::model::ObjectRef;
use crate::quoted::printable;
use crate::rule::prelude::*;

declare_rule! {
    /// A backup or restore that would begin at once meets a run that is under way on the instance.
    ///
    /// ## What it checks
    /// The Jobs of the operator that have not ended: in the cluster with `lint --live`, or among the files. A restore, and a
    /// backup without a schedule, begin when they are applied; where they are in the cluster already, nothing begins, and
    /// nothing is said. Of two backups of one chain on a volume the operator lets one wait for the other.
    ///
    /// ## Why it matters
    /// A restore stops the instance or replaces its databases under the backup that reads them, which then fails. Two
    /// backups at once read the whole store twice from a server that also serves queries. And two restores of one instance
    /// undo each other.
    ///
    /// ## Bad
    /// A restore of `prod` while the Job `nightly-backup-cron-29387520` backs it up.
    ///
    /// ## Good
    /// The same once that has ended: `kubectl neo4jbackup wait backup/nightly --for=completed`
    InstanceBusy {
        code: "NB5006", name: "instance-busy", severity: Warning,
        kinds: JOBS,
        reads: RESTORED + ["spec.target", "spec.schedule", "spec.suspend"] + TURNS,
        needs: [Jobs, Backups, Restores], doors: Files, fix: None,
        cel: NotExpressible("it looks at other objects"), since: "0.2",
    }
}

/// How many runs are told of one by one.
const MOST_EVIDENCE: usize = 8;

/// The instance of an object that begins when it is applied, or `None` if it does not.
fn target<'a>(subject: &Subject<'a>) -> Option<(Field<'a>, &'a str)> {
    let field = match subject.backup() {
        Some(backup) => {
            let begins = !backup.schedule().is_set() && !backup.spec.field("suspend").is_true();
            begins.then(|| backup.instance())?
        }
        None => subject.restore()?.instance(),
    };
    Some((field, field.text()?))
}

/// What people call the object that a run is of.
fn called(run: &RunFacts) -> &'static str {
    if run.kind == Kind::Neo4jBackup {
        "backup"
    } else {
        "restore"
    }
}

/// Whether the operator lets a backup wait for the end of a run.
fn takes_turns(subject: &Subject<'_>, run: &RunFacts, inventory: &Inventory) -> bool {
    let own = subject.backup_facts();
    let of = inventory.backup(subject.namespace(), &run.of).found();
    subject.kind == Kind::Neo4jBackup
        && run.kind == Kind::Neo4jBackup
        && own.storage.store == Some(StoreType::Pvc)
        && of.is_some_and(|of| of.chain_root(&run.of) == own.chain_root(subject.name()))
}

impl Rule for InstanceBusy {
    fn check(&self, subject: &Subject<'_>, inventory: &Inventory, report: &mut Collector) {
        let (namespace, name) = (subject.namespace(), subject.name());
        let Some((field, instance)) = target(subject) else {
            return;
        };
        if inventory.is_stored(subject.kind, namespace, name) {
            return;
        }
        let runs: Vec<(&str, &RunFacts)> = inventory
            .runs_on(namespace, instance)
            .filter(|(_, run)| (run.kind, run.of.as_str()) != (subject.kind, name))
            .filter(|(_, run)| !takes_turns(subject, run, inventory))
            .collect();
        let Some((_, first)) = runs.first() else {
            let jobs = inventory.coverage_in(Need::Jobs, namespace);
            if let Coverage::Partial(why) = jobs
                && !why.is_not_asked()
            {
                let what = format!("whether a run is under way on {instance}", instance = quoted(instance));
                report.skip(Need::Jobs, what, why);
            }
            return;
        };
        let what = called(first);
        let since = first.since.as_ref();
        let since = since
            .map(|since| format!(" since {}", quoted(since)))
            .unwrap_or_default();
        let more = match runs.len() - 1 {
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        let effect = match (subject.kind, first.kind) {
            (Kind::Neo4jBackup, Kind::Neo4jBackup) => "and both would read the store at once",
            (Kind::Neo4jBackup, _) => "and what is backed up would be neither the old nor the new state",
            (_, Kind::Neo4jBackup) => "and would fail with this restore",
            _ => "and both would write the databases",
        };
        let finding = report.at(
            &field,
            format!(
                "a run of the {what} {of} is under way on {instance}{since}{more}, {effect}",
                of = quoted(&first.of),
                instance = quoted(instance)
            ),
        );
        let (of, place) = (printable(&*first.of), printable(namespace));
        finding.help(format!(
            "apply it when that has ended: `kubectl neo4jbackup wait {what}/{of} -n {place} --for=completed`"
        ));
        for (job, run) in runs.iter().take(MOST_EVIDENCE) {
            let object = ObjectRef {
                api_version: "batch/v1".to_owned(),
                kind: "Job".to_owned(),
                namespace: namespace.to_owned(),
                name: (*job).to_owned(),
            };
            let text = format!("{job} runs the {} {}", called(run), quoted(&run.of), job = quoted(job));
            finding.evidence_of(object, Path::dotted("status.startTime"), text);
        }
    }
}
