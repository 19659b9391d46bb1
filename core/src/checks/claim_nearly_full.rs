use crate::check::prelude::*;
use crate::values::quantity;

declare_check! {
    /// The claim that a backup writes to is full, or will be soon.
    ///
    /// ## What it looks at
    /// The sizes that the histories of all backups on a claim give for their runs, against its capacity; and the log of the
    /// newest run, where it ran out of space below `/backup`. Operators note sizes for few runs, and a history has ten runs:
    /// what is counted is what is known, and where it is more than the claim holds, somebody prunes and nothing follows.
    ///
    /// ## Why it matters
    /// The run that does not fit fails, and all after it. `spec.retention` removes nothing from a volume while the backup
    /// exists.
    ///
    /// ## How to mend it
    /// Enlarge the claim where its class allows that, or delete artifacts that are no longer needed; of a chain, never one
    /// that a later one continues.
    ClaimNearlyFull {
        code: "NB7102", name: "claim-nearly-full", severity: Error,
        looks: [AtBackups], needs: [Claims], explains: ["NB6003", "NB7008"], since: "0.2",
    }
}

/// A claim of which this many hundredths are used is nearly full.
const NEARLY: u128 = 85;

/// The directory at which the Jobs of the operator mount the claim.
const MOUNTED_AT: &str = "/backup";

impl Check for ClaimNearlyFull {
    fn check_backup(&self, backup: &Backup<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        let storage = backup.spec().storage();
        let Some(claim) = storage
            .pvc_name()
            .text()
            .and_then(|name| cluster.claim(&backup.namespace, name))
        else {
            return;
        };
        let Some(capacity) = claim
            .capacity
            .as_deref()
            .and_then(|size| quantity::parse(size).ok()?.bytes())
        else {
            return;
        };
        let series = backup.series();
        let ran_out = series.failure().filter(|(_, _, class)| class.name == "no-space-left");
        let use_of = Use::of(backup, &claim, capacity, cluster);
        let is_told = ran_out.is_some_and(|(_, line, _)| line.contains(MOUNTED_AT));
        let is_full = is_told || (ran_out.is_some() && use_of.as_ref().is_some_and(|of| of.fitting == 0));
        let (message, severity) = match &use_of {
            // Nothing is to come any more.
            _ if backup.deleted.is_some() || (backup.plan.is_none() && !is_full) => return,
            Some(of) if is_full => (
                format!("claim {} is full: {}", name(&claim.name), of.says()),
                Severity::Error,
            ),
            None if is_full => (
                format!(
                    "claim {} is full: it has {}",
                    name(&claim.name),
                    name(claim.capacity.as_deref().unwrap_or_default())
                ),
                Severity::Error,
            ),
            Some(of) if of.fitting == 0 => (
                format!(
                    "claim {} has no room for the next run: {}",
                    name(&claim.name),
                    of.says()
                ),
                Severity::Error,
            ),
            Some(of) if of.stored * 100 >= capacity * NEARLY => (
                format!(
                    "claim {} is nearly full: {}{}",
                    name(&claim.name),
                    of.says(),
                    until(of, backup, cluster)
                ),
                Severity::Warning,
            ),
            _ => return,
        };
        let diagnosis = report.say(backup.reference(), message);
        diagnosis.severity(severity);
        if let Some((failure, line, _)) = ran_out.filter(|_| is_full) {
            diagnosis.evidence(Evidence::log(failure.pod, failure.container, line));
        } else {
            diagnosis.explains = &["NB7008"];
        }
        if let Some(size) = &claim.capacity {
            diagnosis.evidence(Evidence::field(claim.reference(), "status.capacity.storage", size));
        }
        let larger = capacity.div_ceil(GIB) * 2;
        diagnosis
            .help(
                "enlarge the claim, if its class allows that, or delete artifacts by hand that no chain needs; spec.retention \
                 removes none while the backup exists",
            )
            .command(format!(
                "kubectl patch pvc/{} -n {} --type=merge -p '{{\"spec\":{{\"resources\":{{\"requests\":{{\"storage\":\"{larger}Gi\"}}}}}}}}'",
                claim.name, claim.namespace
            ));
    }
}

const GIB: u128 = 1 << 30;

/// How much of a claim is used, as far as the histories know.
struct Use {
    capacity: u128,
    stored: u128,
    /// What the newest run of the backup took.
    newest: u128,
    /// How many more runs like that fit.
    fitting: u128,
    /// How many backups write to the claim.
    writers: usize,
}

impl Use {
    /// `None` where no size is known, or where more is known than the claim holds.
    fn of(backup: &Backup<'_>, claim: &Claim<'_>, capacity: u128, cluster: &Cluster<'_>) -> Option<Self> {
        let sizes =
            |backup: &Backup<'_>| -> u128 { backup.runs.iter().filter_map(|run| run.bytes).map(u128::from).sum() };
        let newest = backup
            .runs
            .iter()
            .find_map(|run| run.bytes.map(u128::from))
            .filter(|bytes| *bytes > 0)?;
        let on_claim = |other: &&Backup<'_>| other.spec().storage().pvc_name().text() == Some(&*claim.name);
        let writers = cluster.backups_in(&backup.namespace).iter().filter(on_claim);
        let (count, stored) = writers.fold((0, 0), |(count, sum), backup| (count + 1, sum + sizes(backup)));
        let free = capacity.checked_sub(stored)?;
        Some(Self {
            capacity,
            stored,
            newest,
            fitting: free / newest,
            writers: count,
        })
    }

    fn says(&self) -> String {
        let runs = if self.writers > 1 {
            format!("the runs that are known of its {} backups", self.writers)
        } else {
            "the runs that are known".to_owned()
        };
        let (stored, capacity, newest) = (gibibytes(self.stored), gibibytes(self.capacity), gibibytes(self.newest));
        format!("{runs} take {stored} of {capacity}, and the newest took {newest}")
    }
}

/// Which run will be the first that does not fit, as the end of a sentence.
fn until(of: &Use, backup: &Backup<'_>, cluster: &Cluster<'_>) -> String {
    let fit = match of.fitting {
        1 => "1 more run fits".to_owned(),
        count => format!("{count} more runs fit"),
    };
    let plan = backup.plan.as_ref().filter(|_| of.writers == 1);
    let first = plan.and_then(|plan| plan.runs(cluster.now).nth(usize::try_from(of.fitting).ok()?));
    match first {
        Some(time) => format!("; {fit}, and that of {time} does not"),
        None => format!("; {fit}"),
    }
}

/// A size in gibibytes, with one digit behind the point.
fn gibibytes(bytes: u128) -> String {
    let tenths = (bytes * 10).div_ceil(GIB);
    format!("{}.{}Gi", tenths / 10, tenths % 10)
}
