//! `status` and `doctor` beside `kubectl get` of the same kinds, on a real API server that holds a great many objects.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use neo4jbackup_core::schema::{Era, Kind, crd};
use neo4jbackup_harness::{Binaries, ControlPlane, Options, report_progress};

use super::cost::{Cost, Load, cost_ending};

/// What `status` reads, as kubectl calls it.
const OF_STATUS: &str = "neo4jbackups.neo4j.neo4j.com,neo4jrestores.neo4j.neo4j.com,\
                         neo4jenterpriseclusters.neo4j.neo4j.com,neo4jenterprisestandalones.neo4j.neo4j.com,\
                         neo4jdatabases.neo4j.neo4j.com,neo4jshardeddatabases.neo4j.neo4j.com,jobs.batch,cronjobs.batch";
/// What `doctor` reads beside that.
const OF_DOCTOR: &str = "pods,events,persistentvolumeclaims,serviceaccounts,roles.rbac.authorization.k8s.io,\
                         rolebindings.rbac.authorization.k8s.io,networkpolicies.networking.k8s.io,statefulsets.apps,\
                         deployments.apps";
/// How often a start without any cluster is measured.
const STARTS: usize = 20;

/// One command.
struct Subject {
    name: &'static str,
    /// The plugin, or else kubectl.
    is_ours: bool,
    arguments: Vec<String>,
    /// What its times are compared with.
    beside: Option<&'static str>,
}

/// The best times of several runs, which other programs disturb least, and the most memory.
#[derive(Clone, Copy)]
struct Best {
    seconds: f64,
    processor: f64,
    server: f64,
    megabytes: f64,
    /// List calls that the API server counted.
    lists: u64,
}

/// Fills an API server and measures, first with a tenth of `backups`.
pub(super) fn run(plugin: &Path, built: &Path, backups: usize, rounds: usize, only_ours: bool) -> Result<()> {
    ensure!(
        backups >= 100,
        "at least 100 backups are needed, so that a tenth is more than nothing"
    );
    let binaries = Binaries::locate_or_build(&report_progress)?;
    let arguments = Options {
        name: None,
        // Events are kept for an hour unless this says otherwise, and a slow machine may fill for longer.
        apiserver_arguments: vec!["--event-ttl=24h".into()],
    };
    let control_plane = ControlPlane::start(&binaries, &arguments)?;
    let crds = Kind::ALL.map(|kind| crd(kind, Era::NEWEST).to_string());
    control_plane.install_crds(&crds.join("\n---\n"))?;
    starts(plugin)?;
    let bench = Bench {
        plugin,
        kubectl: binaries.folder().join("kubectl"),
        control_plane: &control_plane,
        rounds,
        subjects: subjects(only_ours),
    };
    let tenth = backups / 10;
    bench.fill(built, 0, tenth)?;
    let few = bench.measure(tenth)?;
    bench.fill(built, tenth, backups)?;
    let many = bench.measure(backups)?;
    report_progress("\nten times as much of everything takes");
    for subject in &bench.subjects {
        let (few, many) = (&few[subject.name], &many[subject.name]);
        report_progress(&format!(
            "{:<34}{:>8.1} x the time{:>8.1} x the processor time{:>8.1} x the memory",
            subject.name,
            many.seconds / few.seconds,
            many.processor / few.processor.max(0.01),
            many.megabytes / few.megabytes
        ));
    }
    Ok(())
}

/// The commands; those of the plugin alone where nothing is compared.
fn subjects(only_ours: bool) -> Vec<Subject> {
    let mut subjects = all_subjects();
    if only_ours {
        subjects.retain(|subject| subject.is_ours);
        for subject in &mut subjects {
            subject.beside = None;
        }
    }
    subjects
}

fn all_subjects() -> Vec<Subject> {
    let ours = |name, arguments: &[&str], beside| Subject {
        name,
        is_ours: true,
        arguments: arguments.iter().map(|&argument| argument.to_owned()).collect(),
        beside,
    };
    let get = |name, kinds: String, output: &[&str]| {
        let mut arguments = vec!["get".to_owned(), kinds, "--all-namespaces".to_owned()];
        arguments.extend(output.iter().map(|&argument| argument.to_owned()));
        Subject {
            name,
            is_ours: false,
            arguments,
            beside: None,
        }
    };
    let of_doctor = || format!("{OF_STATUS},{OF_DOCTOR}");
    vec![
        get("kubectl get, of status", OF_STATUS.to_owned(), &[]),
        get("kubectl get -o name, of status", OF_STATUS.to_owned(), &["-o", "name"]),
        get("kubectl get -o json, of status", OF_STATUS.to_owned(), &["-o", "json"]),
        ours("status -A", &["status", "-A"], Some("kubectl get -o name, of status")),
        get("kubectl get, of doctor", of_doctor(), &[]),
        get("kubectl get -o name, of doctor", of_doctor(), &["-o", "name"]),
        get("kubectl get -o json, of doctor", of_doctor(), &["-o", "json"]),
        ours("doctor -A", &["doctor", "-A"], Some("kubectl get -o name, of doctor")),
        ours("status NAME", &["status", "-n", "graph-3", "nightly-00003"], None),
        ours(
            "doctor backup/NAME",
            &["doctor", "-n", "graph-3", "backup/nightly-00003"],
            None,
        ),
    ]
}

struct Bench<'b> {
    plugin: &'b Path,
    kubectl: std::path::PathBuf,
    control_plane: &'b ControlPlane,
    rounds: usize,
    subjects: Vec<Subject>,
}

impl Bench<'_> {
    fn fill(&self, built: &Path, from: usize, to: usize) -> Result<()> {
        let authority = self.control_plane.directory().join("bench-authority.pem");
        fs::write(&authority, self.control_plane.certificate_authority())?;
        let mut command = Command::new(built.join("fill"));
        command
            .args(["--url", self.control_plane.url()])
            .arg("--authority")
            .arg(&authority);
        command.args(["--from", &from.to_string(), "--to", &to.to_string()]);
        command.env("NEO4JBACKUP_BENCH_TOKEN", self.control_plane.token());
        super::finish(&mut command, "the program that creates objects")
    }

    /// Gives every command its turn in every round.
    fn measure(&self, backups: usize) -> Result<BTreeMap<&'static str, Best>> {
        let mut best: BTreeMap<&'static str, Best> = BTreeMap::new();
        for _ in 0..self.rounds.max(1) {
            for subject in &self.subjects {
                let run = self.run(subject).with_context(|| subject.name.to_owned())?;
                let known = best.remove(subject.name).map_or(run, |known: Best| known.and(&run));
                best.insert(subject.name, known);
            }
        }
        report_progress(&format!(
            "\n{backups} backups, {} Jobs, {} events; the best of {} rounds\n{:<34}{:>9}{:>14}{:>14}{:>9}{:>8}{:>8}",
            backups * 10,
            backups * 20,
            self.rounds.max(1),
            "",
            "s",
            "processor s",
            "API server s",
            "MB",
            "lists",
            "ratio"
        ));
        for subject in &self.subjects {
            let own = &best[subject.name];
            let ratio = subject.beside.map(|beside| own.seconds / best[beside].seconds);
            report_progress(&format!(
                "{:<34}{:>9.2}{:>14.2}{:>14.2}{:>9.0}{:>8}{:>8}",
                subject.name,
                own.seconds,
                own.processor,
                own.server,
                own.megabytes,
                own.lists,
                ratio.map(|ratio| format!("{ratio:.2}")).unwrap_or_default()
            ));
        }
        Ok(best)
    }

    fn run(&self, subject: &Subject) -> Result<Best> {
        let program = if subject.is_ours { self.plugin } else { &self.kubectl };
        let mut command = Command::new(program);
        command
            .args(&subject.arguments)
            .env("KUBECONFIG", self.control_plane.kubeconfig());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let process = self.control_plane.apiserver_process_id();
        let process = process.context("the API server does not run")?;
        let (lists, server) = (self.lists()?, Load::of(process).processor);
        // Something is wrong with some of the backups, so that ours end with 1.
        let good: &[i32] = if subject.is_ours { &[0, 1] } else { &[0] };
        let cost = cost_ending(&mut command, good)?;
        let server = Load::of(process).processor.saturating_sub(server);
        Ok(Best::new(&cost, server, self.lists()? - lists))
    }

    /// How many list calls the API server has answered.
    fn lists(&self) -> Result<u64> {
        let metrics = self.control_plane.api_client()?.get("/metrics");
        let metrics = metrics.context("the API server has no metrics")?;
        let lines = metrics.as_str().unwrap_or_default().lines();
        let counts =
            lines.filter(|line| line.starts_with("apiserver_request_total{") && line.contains(r#"verb="LIST""#));
        let counts = counts.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok());
        // A count, which a metric has as a fraction.
        Ok(format!("{:.0}", counts.sum::<f64>()).parse()?)
    }
}

impl Best {
    fn new(cost: &Cost, server: Duration, lists: u64) -> Self {
        Self {
            seconds: cost.time.as_secs_f64(),
            processor: cost.processor.as_secs_f64(),
            server: server.as_secs_f64(),
            megabytes: cost.megabytes,
            lists,
        }
    }

    fn and(&self, other: &Self) -> Self {
        Self {
            seconds: self.seconds.min(other.seconds),
            processor: self.processor.min(other.processor),
            server: self.server.min(other.server),
            megabytes: self.megabytes.max(other.megabytes),
            lists: self.lists.max(other.lists),
        }
    }
}

/// How long the plugin takes where no cluster is asked.
fn starts(plugin: &Path) -> Result<()> {
    for argument in ["--help", "version"] {
        let mut best = Duration::MAX;
        for _ in 0..STARTS {
            let mut command = Command::new(plugin);
            command.arg(argument).stdin(Stdio::null()).stdout(Stdio::null());
            let begin = Instant::now();
            let status = command.stderr(Stdio::null()).status()?;
            best = best.min(begin.elapsed());
            ensure!(status.success(), "{argument} ended with {status}");
        }
        report_progress(&format!(
            "{:<34}{:>9.1} ms, the best of {STARTS}",
            argument,
            best.as_secs_f64() * 1e3
        ));
    }
    Ok(())
}
