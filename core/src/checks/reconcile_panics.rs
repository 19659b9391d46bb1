use jiff::Timestamp;

use crate::check::prelude::*;

declare_check! {
    /// The operator panics each time it looks at an object.
    ///
    /// ## What it looks at
    /// The log of the operator: the line `Observed a panic` with the kind, the namespace and the name of the object, and how
    /// its container ended where a panic takes the whole operator down.
    ///
    /// ## Why it matters
    /// Nothing happens to the object: the operator begins, panics, and begins again, ever less often. It writes no status and
    /// no event. A restore that panics leaves its standalone stopped.
    ///
    /// ## How to mend it
    /// Correct the spec of the object, or delete it. Both work: the operator lets it go at once, and starts a standalone again
    /// that it had stopped for it.
    ReconcilePanics {
        code: "NB9002", name: "reconcile-panics", severity: Error,
        looks: [AtBackups, AtRestores], needs: [],
        explains: ["NB5101", "NB6002", "NB8103", "NB9003", "NB9007", "NB9011"], since: "0.2",
    }
}

/// How the lines begin that name the object; what follows depends on the version.
const PANIC: &str = "Observed a panic";
/// So many seconds lie between two tries at most; a panic before that is one of the past.
const LONGEST_BACK_OFF: i64 = 20 * 60;
/// With this a program in Go ends that panics.
const EXIT_CODE: u64 = 2;

/// What it is the cause of with all objects, where it takes the operator down.
const OF_ALL: &[&str] = &["NB9003", "NB9007", "NB9011"];

impl Check for ReconcilePanics {
    fn check_backup(&self, backup: &Backup<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        let is_open = backup.is_silent() || backup.is_outdated();
        if let Some(panics) = Panics::with(&backup.reference(), is_open, cluster) {
            let help = "correct its spec, or delete it; the operator lets it go at once";
            panics.say(&backup.reference(), cluster, report).help(help);
        }
    }

    fn check_restore(&self, restore: &Restore<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        let is_open = restore.is_silent() || restore.is_outdated();
        if let Some(panics) = Panics::with(&restore.reference(), is_open, cluster) {
            let help = "correct its spec, or delete it; the operator lets it go at once, and starts a standalone again that \
                        it had stopped for it";
            panics.say(&restore.reference(), cluster, report).help(help);
        }
    }
}

/// The panics of the operator with one object.
struct Panics<'i, 's> {
    count: usize,
    last: Logged<'i, 's>,
    said: LogLine<'s>,
    first: Option<Timestamp>,
}

impl<'i, 's> Panics<'i, 's> {
    /// `is_open`: whether the operator has written nothing about the object, or about its present spec.
    fn with(object: &ObjectRef, is_open: bool, cluster: &'i Cluster<'s>) -> Option<Self> {
        let lines = cluster
            .installations
            .iter()
            .flat_map(|installation| installation.lines_with(PANIC));
        let mut panics: Option<Self> = None;
        // Reading an entry takes longer than looking for a name.
        for last in lines.filter(|logged| logged.line.contains(&*object.name)) {
            let Some(said) = LogLine::of(last.line).filter(|said| said.is_about(object)) else {
                continue;
            };
            panics = Some(match panics {
                None => Self {
                    count: 1,
                    last,
                    first: said.time,
                    said,
                },
                Some(before) => Self {
                    count: before.count + 1,
                    last,
                    said,
                    ..before
                },
            });
        }
        panics.filter(|panics| {
            let age = panics.said.time.map(|time| cluster.now.as_second() - time.as_second());
            is_open || age.is_some_and(|age| age < LONGEST_BACK_OFF)
        })
    }

    fn say<'r>(&self, object: &ObjectRef, cluster: &Cluster<'_>, report: &'r mut Report) -> &'r mut Diagnosis {
        let Self {
            count,
            last,
            said,
            first,
        } = self;
        let what = match &*said.panic {
            "" => String::new(),
            panic => format!(" ({})", quoted(panic)),
        };
        let message = format!("the operator panics each time it looks at it{what}, and nothing happens to it");
        let (namespace, name) = (&object.namespace, &object.name);
        let kind = object.kind.to_lowercase();
        let since = match first {
            Some(first) if *count > 1 => format!("{count} panics in its log since {}", when(*first, cluster.now)),
            _ => format!("{count} panic in its log"),
        };
        let line = format!("{} {}", said.sentence, said.panic);
        let diagnosis = report.say(object.clone(), message);
        diagnosis
            .evidence(Evidence::log(last.pod, last.container, line.trim()))
            .evidence(Evidence::fact(last.pod.reference(), since));
        let ended = last.container.ended.as_ref().or(last.container.ended_before.as_ref());
        if let Some(ended) = ended.filter(|ended| ended.exit_code == EXIT_CODE) {
            // This operator does not catch its panics, and the object stops it for all others as well.
            diagnosis
                .evidence(Evidence::ended(last.pod, last.container, ended))
                .affects(Affects::Everything);
            // That a backup of others is overdue may have other causes.
            diagnosis.explains = OF_ALL;
        }
        diagnosis.command(format!("kubectl edit {kind}/{name} -n {namespace}"))
    }
}
