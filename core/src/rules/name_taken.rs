//! NB2010.

use crate::facts::Controller;
use crate::quoted::printable;
use crate::rule::prelude::*;
use crate::values::names::DerivedName;

declare_rule! {
    /// A name that the object needs belongs to a controller that is not the operator.
    ///
    /// ## What it checks
    /// The `CronJob` that the operator makes for a scheduled backup, `NAME-backup-cron`: whether one of that name belongs to
    /// another controller. And, where a cluster is looked at, whether the object of this name there belongs to a controller
    /// that the object at hand does not name among its `ownerReferences`.
    ///
    /// ## Why it matters
    /// The operator takes over no `CronJob` of another controller: it fails on each attempt, and no run ever begins. And an
    /// object that a controller has made is made anew by it, so that what is applied over it does not last.
    ///
    /// ## Bad
    /// A backup `nightly` with a schedule beside
    /// ```yaml
    /// kind: CronJob
    /// metadata:
    ///   name: nightly-backup-cron
    ///   ownerReferences: [{apiVersion: example.com/v1, kind: Janitor, name: janitor, uid: "1", controller: true}]
    /// ```
    ///
    /// ## Good
    /// Another name for one of the two.
    NameTaken {
        code: "NB2010", name: "name-taken", severity: Warning,
        kinds: JOBS, reads: ["spec.schedule"], needs: [],
        doors: All, fix: None, cel: NotExpressible("it looks at another object"), since: "0.2",
        explains: ["NB5101"],
    }
}

impl Rule for NameTaken {
    fn check(&self, subject: &Subject<'_>, inventory: &Inventory, report: &mut Collector) {
        let (namespace, name) = (subject.namespace(), subject.name());
        let schedule = subject.backup().map(|backup| backup.schedule());
        if let Some(schedule) = schedule.filter(|schedule| schedule.text().is_some()) {
            let cron_job = DerivedName::BackupCronJob.of(name);
            let taken = inventory.controller(namespace, "CronJob", &cron_job);
            let is_own = |by: &Controller| by.kind == Kind::Neo4jBackup.name() && by.name == name;
            if let Some(by) = taken.filter(|by| !is_own(by)) {
                report
                    .at(
                        &schedule,
                        format!(
                            "the CronJob {} that the operator would make belongs to {} {}, and no run ever begins",
                            quoted(&cron_job),
                            printable(&*by.kind),
                            quoted(&by.name)
                        ),
                    )
                    .help("give the backup another name, or remove that CronJob");
            }
        }
        let kind = subject.kind.name();
        let stored = inventory.controller(namespace, kind, name);
        if let Some(by) = stored.filter(|by| Controller::of(subject.object).as_ref() != Some(by)) {
            report
                .at(
                    &subject.field("metadata.name"),
                    format!(
                        "the {kind} {} in the cluster belongs to {} {}, which makes it anew",
                        quoted(name),
                        printable(&*by.kind),
                        quoted(&by.name)
                    ),
                )
                .help("change what that controller makes it from, or give this one another name")
                .evidence(format!(
                    "metadata.ownerReferences in the cluster: {} {}",
                    printable(&*by.kind),
                    quoted(&by.name)
                ));
        }
    }
}
