use jiff::Timestamp;

use crate::check::prelude::*;

declare_check! {
    /// An object that was deleted does not go.
    ///
    /// ## What it looks at
    /// Backups and restores that somebody deleted minutes ago and that still have finalizers, and what the log of the operator
    /// says about them.
    ///
    /// ## Why it matters
    /// Only the operator takes its finalizer away. Until it does, no object of the same name can be created, a namespace that
    /// is being deleted stays, and a standalone that was stopped for a restore stays stopped.
    ///
    /// ## How to mend it
    /// Mend the operator, or what refuses its write: it lets the object go by itself then. Only when there will be no operator
    /// any more, take the finalizer away by hand; what the operator would have cleaned up stays.
    ObjectTerminating {
        code: "NB9011", name: "object-terminating", severity: Error,
        looks: [AtBackups, AtRestores], needs: [], explains: [], since: "0.2",
    }
}

/// For so many seconds the operator may take its time.
const PATIENCE: i64 = 120;

/// For so many seconds a Job may clean up what the backup stored; one that hangs keeps the object for ever.
const CLEANING: i64 = 30 * 60;

impl Check for ObjectTerminating {
    fn check_backup(&self, backup: &Backup<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        let is_young = |created: Timestamp| cluster.now.as_second() - created.as_second() <= CLEANING;
        let cleans = backup.other_jobs.iter().any(|job| {
            let goes_on = job.holds("Complete").is_none() && job.holds("Failed").is_none();
            goes_on && job.created.is_some_and(is_young)
        });
        if !cleans {
            say(backup.reference(), backup.deleted, &backup.finalizers, cluster, report);
        }
    }

    fn check_restore(&self, restore: &Restore<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        say(
            restore.reference(),
            restore.deleted,
            &restore.finalizers,
            cluster,
            report,
        );
    }
}

fn say(
    object: ObjectRef,
    deleted: Option<Timestamp>,
    finalizers: &[impl AsRef<str>],
    cluster: &Cluster<'_>,
    report: &mut Report,
) {
    let is_late = |deleted: &Timestamp| cluster.now.as_second() - deleted.as_second() > PATIENCE;
    let Some(deleted) = deleted.filter(is_late) else { return };
    let (own, others): (Vec<&str>, Vec<&str>) = finalizers
        .iter()
        .map(AsRef::as_ref)
        .partition(|finalizer| is_operators(finalizer));
    let time = when(deleted, cluster.now);
    let kind = object.kind.to_lowercase();
    let (namespace, of) = (object.namespace.clone(), object.name.clone());
    let listed = own.iter().chain(&others).copied().collect::<Vec<_>>().join(", ");
    let finalizers = Evidence::field(object.clone(), "metadata.finalizers", &listed);
    let show = format!("kubectl get {kind}/{of} -n {namespace} -o jsonpath='{{.metadata.finalizers}}'");
    if own.is_empty() {
        let Some(other) = others.first() else { return };
        report
            .say(
                object,
                format!(
                    "it was deleted {time}, and {} keeps it, which is not the operator's",
                    quoted(other)
                ),
            )
            .evidence(finalizers)
            .help("find the program that has put this finalizer there, and mend it")
            .command(show);
        return;
    }
    let refusal = last_error(&object, cluster);
    let why = match &refusal {
        Some((_, error)) if error.contains("denied request") || error.contains("denied the request") => {
            "an admission policy or webhook refuses the write with which the operator would let it go"
        }
        Some((_, error)) if error.contains("failed calling webhook") => {
            "a webhook that does not answer stops the write with which the operator would let it go"
        }
        Some(_) => "the operator tries to let it go and fails",
        None => "the operator has not let it go",
    };
    let diagnosis = report.say(object, format!("it was deleted {time} and is still there: {why}"));
    let sign = refusal.map(|(logged, error)| Evidence::log(logged.pod, logged.container, &error));
    diagnosis.all_evidence(sign).evidence(finalizers);
    let help = if why.starts_with("an admission") {
        "let the policy leave out objects that are being deleted (`has(object.metadata.deletionTimestamp)`), or updates that \
         do not change the spec"
    } else {
        "mend the operator, which lets it go by itself then; take the finalizer away by hand only when there will be no \
         operator any more, as what it cleans up stays"
    };
    diagnosis.help(help);
    match &*cluster.installations {
        [installation] => diagnosis.command(format!(
            "kubectl logs deployment/{} -n {} --tail 200",
            installation.name, installation.namespace
        )),
        _ => diagnosis.command(show),
    };
}

/// Whether a finalizer is the operator's: `neo4j.com/backup-finalizer`.
fn is_operators(finalizer: &str) -> bool {
    let domain = finalizer.split('/').next().unwrap_or_default();
    domain == "neo4j.com" || domain.ends_with(".neo4j.com")
}

/// The last thing that went wrong for the operator with an object.
fn last_error<'c, 's>(object: &ObjectRef, cluster: &'c Cluster<'s>) -> Option<(Logged<'c, 's>, String)> {
    let lines = cluster
        .installations
        .iter()
        .flat_map(|installation| installation.lines_with("Reconciler error"));
    let errors = lines.filter_map(|logged| {
        // Reading an entry takes longer than looking for a name.
        if !logged.line.contains(&*object.name) {
            return None;
        }
        let line = LogLine::of(logged.line)?;
        line.is_about(object).then(|| (logged, line.error.into_owned()))
    });
    errors.last()
}
