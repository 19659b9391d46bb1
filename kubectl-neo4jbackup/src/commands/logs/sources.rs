//! Whose logs are printed, and what is not there any more.

use jiff::Timestamp;
use neo4jbackup_core::check::Looks;
use neo4jbackup_core::facts::Cause;
use neo4jbackup_core::live::{self, Container, Installation, Job, NoRun, Outcome, Pod, Run, Wish};
use neo4jbackup_core::logs::About;
use neo4jbackup_core::quoted::{Name, printable, quoted};
use neo4jbackup_core::snapshot::{LogOf, Resource, Snapshot};

use super::Command;
use crate::unread::unread;

/// So many seconds before a run and after it others may speak of it.
const MARGIN: i64 = 60;

/// So many runs are named of which there are logs.
const MOST_NAMED: usize = 3;

/// A log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Source {
    pub(super) of: LogOf,
    /// What stands before its lines.
    pub(super) label: String,
    /// Which of its entries are wanted; `None` for all.
    pub(super) about: Option<About>,
    /// From when on; `None` for all of it.
    pub(super) from: Option<Timestamp>,
    /// Until when.
    pub(super) until: Option<Timestamp>,
}

/// Whose logs are printed.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) sources: Vec<Source>,
    /// What is said before.
    pub(super) notes: Vec<String>,
    /// The name of the run.
    pub(super) run: Option<String>,
    /// Whether it has ended, or is not there any more.
    pub(super) has_ended: bool,
    is_incomplete: bool,
}

/// The runs of the object.
pub(super) fn runs<'v, 's>(command: &Command<'_>, view: &'v live::Cluster<'s>) -> &'v [Run<'s>] {
    let name = &*command.wanted.name;
    match command.wanted.looks {
        Looks::AtRestores => &[],
        Looks::AtPlainCronJobs => {
            let mut all = view.plain_cron_jobs.iter();
            all.find(|of| of.cron_job.name == name).map_or(&[], |of| &of.runs)
        }
        _ => view.backup(&command.namespace, name).map_or(&[], |of| &of.runs),
    }
}

/// Why it is not known which pods there are.
pub(super) fn unseen_pods(command: &Command<'_>, snapshot: &Snapshot) -> Option<String> {
    // Without a Job nobody asks for pods.
    snapshot.is_served(Resource::Pods)?;
    let cause = snapshot.gap(Resource::Pods, Some(&command.namespace))?;
    Some(unread(Resource::Pods, &cause))
}

impl Found {
    /// Looks for what was asked for.
    pub(super) fn of(command: &Command<'_>, wish: &Wish, view: &live::Cluster<'_>) -> Self {
        let mut found = Self::default();
        let window = if command.wanted.looks == Looks::AtRestores {
            found.add_restore(command, view)
        } else {
            found.add_run(command, wish, view)
        };
        if let Some(note) = unseen_pods(command, view.snapshot) {
            found.miss(note);
        }
        if command.arguments.operator {
            found.add_operator(command, view, window);
        }
        if command.arguments.servers {
            found.add_servers(view, window);
        }
        if command.arguments.previous && !found.sources.iter().any(|source| source.of.previous) {
            found.miss("no container of it has been started again: there are no previous logs".to_owned());
        }
        found
    }

    /// Whether everything is there that was asked for.
    pub(super) fn is_complete(&self) -> bool {
        !self.is_incomplete
    }

    fn miss(&mut self, note: String) {
        self.is_incomplete = true;
        self.notes.push(printable(note).into_owned());
    }

    /// The logs of the run that was chosen; returns when it took place.
    fn add_run(&mut self, command: &Command<'_>, wish: &Wish, view: &live::Cluster<'_>) -> Window {
        let runs = runs(command, view);
        let run = match wish.choose(runs) {
            Ok(run) => run,
            // What is followed may still come.
            Err(NoRun::Never) if command.arguments.follow && *wish == Wish::Last => {
                self.notes.push("there is no run yet: it is waited for".to_owned());
                return Window::default();
            }
            Err(error) => {
                self.has_ended = true;
                self.miss(no_run(&error));
                return Window::default();
            }
        };
        let window = Window {
            from: run.scheduled.into_iter().chain(run.started).min(),
            until: run.ended,
        };
        self.run = Some(run.id.to_string());
        self.has_ended = run.has_ended() || run.job.is_none();
        let Some(job) = &run.job else {
            self.miss(gone(run, runs));
            return window;
        };
        self.notes
            .push(printable(format!("{}: {}", job.name, outcome(run))).into_owned());
        self.add_job(command, job, true);
        if job.pods.is_empty() && run.has_ended() && unseen_pods(command, view.snapshot).is_none() {
            self.miss(without_pods(job, runs));
        }
        window
    }

    fn add_restore(&mut self, command: &Command<'_>, view: &live::Cluster<'_>) -> Window {
        let mut restores = view.restores.iter();
        let Some(restore) = restores.find(|of| of.name == command.wanted.name) else {
            return Window::default();
        };
        let jobs: Vec<&Job<'_>> = restore.job.iter().chain(&restore.hooks).collect();
        let is_only = jobs.len() == 1 && restore.proxy_pods.is_empty();
        for job in &jobs {
            self.add_job(command, job, is_only);
        }
        for pod in &restore.proxy_pods {
            self.add_pod(command, pod, None);
        }
        self.has_ended = restore.has_ended();
        let has_pods = jobs.iter().any(|job| !job.pods.is_empty()) || !restore.proxy_pods.is_empty();
        let is_known = unseen_pods(command, view.snapshot).is_none();
        if !has_pods && is_known && (restore.has_ended() || !command.arguments.follow) {
            self.miss(format!(
                "there is no pod of this restore: a cluster restores by itself, and the Job of a standalone goes some time after its \
                 end. Phase {}: {}. `--operator` and `--servers` print what they say of it",
                quoted(&restore.phase),
                quoted(&restore.message)
            ));
        }
        Window {
            from: restore.started.or(restore.created),
            until: restore.ended(),
        }
    }

    fn add_job(&mut self, command: &Command<'_>, job: &Job<'_>, is_only: bool) {
        let prefix = is_only.then(|| format!("{}-", job.name));
        for pod in &job.pods {
            self.add_pod(command, pod, prefix.as_deref());
        }
    }

    /// Adds the containers of a pod. What is `known` of its name needs not be told.
    fn add_pod(&mut self, command: &Command<'_>, pod: &Pod<'_>, known: Option<&str>) {
        let is_wanted = |name: &str| {
            command
                .arguments
                .container
                .as_deref()
                .is_none_or(|wanted| wanted == name)
        };
        let containers: Vec<&Container<'_>> = pod.containers.iter().filter(|of| is_wanted(&of.name)).collect();
        if containers.is_empty() {
            let names: Vec<String> = pod.containers.iter().map(|of| Name(&of.name).to_string()).collect();
            self.miss(format!(
                "{} has no such container; it has {}",
                pod.name,
                names.join(", ")
            ));
        }
        let short = known
            .and_then(|known| pod.name.strip_prefix(known))
            .unwrap_or(&pod.name);
        for container in containers {
            let label = format!("{}/{}", Name(short), Name(&container.name));
            let has_begun = container.running_since.is_some() || container.ended.is_some() || container.restarts > 0;
            if command.arguments.previous {
                if container.ended_before.is_some() {
                    self.sources.push(source(pod, container, label, true));
                }
            } else if has_begun {
                self.sources.push(source(pod, container, label, false));
            } else {
                self.say_waiting(pod, container, &label, command.arguments.follow);
            }
        }
    }

    /// A container that has not begun has no log. One that waits for its turn is nothing to tell of. Where it is followed it
    /// may still begin, and nothing is missing.
    fn say_waiting(&mut self, pod: &Pod<'_>, container: &Container<'_>, label: &str, may_begin: bool) {
        let stuck = container.waiting.as_ref().map(|of| (&of.reason, &of.message));
        let scheduled = pod
            .condition("PodScheduled")
            .filter(|condition| condition.status == "False");
        let scheduled = scheduled.map(|condition| (&condition.reason, &condition.message));
        let told = stuck.or(scheduled).filter(|(reason, _)| *reason != "PodInitializing");
        let Some((reason, message)) = told else { return };
        let message = if message.is_empty() {
            String::new()
        } else {
            format!(": {}", quoted(message))
        };
        let note = format!("{label} has not begun: {}{message}", Name(reason));
        if may_begin {
            self.notes.push(printable(note).into_owned());
        } else {
            self.miss(note);
        }
    }

    /// The pods of the operator that looks after the namespace.
    fn add_operator(&mut self, command: &Command<'_>, view: &live::Cluster<'_>, window: Window) {
        let is_in_charge = |of: &&Installation<'_>| of.mode.watches(&command.namespace) != Some(false);
        let pods: Vec<&Pod<'_>> = view
            .installations
            .iter()
            .filter(is_in_charge)
            .flat_map(|of| &of.pods)
            .collect();
        if pods.is_empty() {
            let snapshot = view.snapshot;
            let gap = snapshot
                .gap(Resource::Deployments, None)
                .map(|cause| unread(Resource::Deployments, &cause));
            let elsewhere = || {
                let mut gaps = snapshot.gaps_elsewhere();
                gaps.find(|(resource, _)| *resource == Resource::Pods)
                    .map(|(resource, cause)| unread(resource, cause))
            };
            let why = gap
                .or_else(elsewhere)
                .unwrap_or_else(|| "there is no pod of an operator".to_owned());
            self.miss(format!("no log of the operator: {why}"));
        }
        let is_only = pods.len() == 1;
        for pod in pods {
            for container in pod
                .containers
                .iter()
                .filter(|of| !of.name.contains("proxy") && !of.is_init)
            {
                let label = if is_only {
                    "operator".to_owned()
                } else {
                    Name(&pod.name).to_string()
                };
                let about = About::Object {
                    kind: command.wanted.resource().kind(),
                    namespace: command.namespace.clone(),
                    name: command.wanted.name.clone(),
                };
                self.sources.push(Source {
                    about: Some(about),
                    ..window.of(source(pod, container, label, false))
                });
            }
        }
    }

    /// The servers that are backed up or restored.
    fn add_servers(&mut self, view: &live::Cluster<'_>, window: Window) {
        let pods: Vec<&Pod<'_>> = view.instances.iter().flat_map(|of| &of.pods).collect();
        if pods.is_empty() {
            let resources = [Resource::Clusters, Resource::Standalones].into_iter();
            let gaps = resources.filter_map(|resource| Some((resource, view.snapshot.gap(resource, None)?)));
            // Whoever may not read the instance does not learn which pods are its servers.
            let unread: Vec<String> = gaps
                .filter(|(_, cause)| !matches!(cause, Cause::NotAsked(_)))
                .map(|(resource, cause)| unread(resource, &cause))
                .collect();
            if unread.is_empty() {
                self.miss("no log of a server: there is no pod of the instance that it names".to_owned());
            }
            for reason in unread {
                self.miss(format!("no log of a server: {reason}"));
            }
        }
        for pod in pods {
            let containers = pod.containers.iter().filter(|of| of.name == "neo4j");
            for container in containers {
                let label = format!("{}/{}", Name(&pod.name), Name(&container.name));
                self.sources.push(Source {
                    about: Some(About::Backups),
                    ..window.of(source(pod, container, label, false))
                });
            }
        }
    }
}

/// When a run took place.
#[derive(Debug, Clone, Copy, Default)]
struct Window {
    from: Option<Timestamp>,
    until: Option<Timestamp>,
}

impl Window {
    /// A log within the window, and a little more.
    fn of(self, source: Source) -> Source {
        let moved = |time: Timestamp, seconds: i64| Timestamp::from_second(time.as_second() + seconds).ok();
        Source {
            from: self.from.and_then(|from| moved(from, -MARGIN)),
            until: self.until.and_then(|until| moved(until, MARGIN)),
            ..source
        }
    }
}

fn source(pod: &Pod<'_>, container: &Container<'_>, label: String, previous: bool) -> Source {
    Source {
        of: LogOf {
            namespace: pod.namespace.to_string(),
            pod: pod.name.to_string(),
            container: container.name.to_string(),
            previous,
        },
        label,
        about: None,
        from: None,
        until: None,
    }
}

fn no_run(error: &NoRun) -> String {
    let list = "--list prints all runs";
    match error {
        NoRun::Never => {
            "there is no run: nothing is in the history, and there is no Job; `--operator` prints what the operator \
                         says, `doctor` why nothing runs"
                .to_owned()
        }
        NoRun::NoneFailed => format!("none of the runs that are known failed; {list}"),
        NoRun::Unknown => format!("there is no such run; {list}"),
        NoRun::Several(names) => format!("several runs are called so: {}", names.join(", ")),
    }
}

/// What came of a run, in a few words.
pub(super) fn outcome(run: &Run<'_>) -> String {
    let at = |time: Option<Timestamp>| {
        let whole = time.and_then(|time| Timestamp::from_second(time.as_second()).ok());
        whole.map(|time| format!(" at {time}")).unwrap_or_default()
    };
    match run.outcome {
        Outcome::Succeeded if !run.is_good() => format!("ended{} and stored nothing", at(run.ended)),
        Outcome::Succeeded => format!("ended well{}", at(run.ended)),
        Outcome::Failed => format!("failed{}", at(run.ended.or(run.started))),
        Outcome::Running => "goes on".to_owned(),
        Outcome::Waiting => "has not begun".to_owned(),
        Outcome::Held => "is suspended".to_owned(),
        Outcome::Unknown => "nobody knows how it ended".to_owned(),
    }
}

/// A run whose Job is not there any more.
fn gone(run: &Run<'_>, runs: &[Run<'_>]) -> String {
    format!(
        "the Job of {} is gone, and its pods with it: Kubernetes removes it some time after its end (ttlSecondsAfterFinished), and \
         a CronJob keeps only its last ones. The history says: {}. {}",
        named(run),
        outcome(run),
        left(runs)
    )
}

/// Operators before 1.8 give the runs in the history no name.
fn named(run: &Run<'_>) -> String {
    if run.id.is_empty() {
        return "the run".to_owned();
    }
    format!("run {}", Name(&run.id))
}

/// A Job that has ended and whose pods are not there any more.
fn without_pods(job: &Job<'_>, runs: &[Run<'_>]) -> String {
    let failed = job.holds("Failed");
    let why = match failed.map(|condition| &*condition.reason) {
        Some("DeadlineExceeded") => "Kubernetes removes the pods of a Job that has taken too long",
        Some("BackoffLimitExceeded") => {
            "Kubernetes removes those that still run when a Job fails; others were removed by somebody, or with their node"
        }
        _ => "somebody has removed them, or they went with their node",
    };
    format!("Job {} has no pods any more: {why}. {}", Name(&job.name), left(runs))
}

/// What can still be had.
fn left(runs: &[Run<'_>]) -> String {
    let has_pods = |run: &&Run<'_>| run.job.as_deref().is_some_and(|job| !job.pods.is_empty());
    let names: Vec<String> = runs
        .iter()
        .filter(has_pods)
        .map(|run| Name(&run.id).to_string())
        .collect();
    match names.len() {
        0 => "No run has pods any more; `--operator` and `--servers` may still tell, and `doctor` what events and history say".to_owned(),
        count => {
            let more = if count > MOST_NAMED { " and older ones" } else { "" };
            let names: Vec<String> = names.into_iter().take(MOST_NAMED).collect();
            format!("There are pods of {}{more}: take one with --run", names.join(", "))
        }
    }
}
