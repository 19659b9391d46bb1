//! Attackers that hold thousands of connections, or send the slowest body there is, beside an API server that calls and a
//! kubelet that probes.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use neo4jbackup_emulator::FailurePolicy;
use neo4jbackup_harness::{Scale, WebhookReplica, drill_scale, workspace_program};
use serde_json::{Value, json};
use tokio::task::block_in_place;

use crate::fleet::{Fleet, SERVER_NAME};
use crate::load::{Load, Record, good_backup};
use crate::{drill, figure};

/// What the chart gives by default.
const MEMORY: u64 = 256 * 1024 * 1024;

/// Each attacker comes from an address of its own, as a pod does.
const SOURCES: [&str; 2] = ["127.0.0.2", "127.0.0.3"];

#[test]
fn unfinished_headers_in_thousands_keep_nobody_out() {
    drill(async {
        let fleet = Fleet::start(1, &["--memory-limit=256Mi"]).await;
        let replica = &fleet.replicas[0];
        let emulator = fleet.emulator(FailurePolicy::Fail);
        let connections = drill_scale().choose(1000, 10_000);
        let seconds = drill_scale().choose(5, 60);
        let authority = replica.directory().join("authority.crt");
        std::fs::write(&authority, fleet.authority.certificate_pem()).unwrap();
        block_in_place(Attacker::build);
        let load = Load::start(&emulator, 50, 5);
        let (seen, attackers) = block_in_place(|| {
            let mut attackers = Vec::new();
            for source in SOURCES {
                attackers.push(Attacker::start(
                    replica.status_address(),
                    source,
                    connections,
                    seconds,
                    &[],
                ));
                let tls = ["--authority", text(&authority), "--name", SERVER_NAME];
                attackers.push(Attacker::start(replica.address(), source, connections, seconds, &tls));
            }
            let over = AtomicBool::new(false);
            thread::scope(|scope| {
                let watch = scope.spawn(|| Seen::of(replica, &over));
                let said: Vec<String> = attackers.into_iter().map(Attacker::end).collect();
                over.store(true, Ordering::Relaxed);
                (watch.join().unwrap(), said)
            })
        });
        let records = load.stop().await;
        let mut fleet = fleet;
        assert_eq!(fleet.replicas[0].exit_status().unwrap(), None, "it ended");
        let turned_away = counts(&fleet.replicas[0]);
        let slowest = slowest(&records);
        figure(
            "flood",
            &format!(
                "{connections} unfinished headers to each port from each of {} processes for {seconds} s ({}): {} reviews, \
                 slowest {slowest:?}; {seen}; {turned_away}",
                SOURCES.len(),
                attackers.join("; "),
                records.len()
            ),
        );
        assert_all_answered(&records);
        assert_eq!(seen.unanswered, 0, "{seen}");
        assert!(seen.most_memory < MEMORY / 5 * 4, "{seen}");
        if drill_scale() == Scale::Long {
            assert!(slowest < Duration::from_secs(1) && seen.slowest_probe < Duration::from_secs(1));
        }
    });
}

#[test]
fn callers_with_the_worst_body_hold_nobody_up() {
    drill(async {
        let fleet = Fleet::start(1, &["--memory-limit=256Mi"]).await;
        let replica = &fleet.replicas[0];
        let emulator = fleet.emulator(FailurePolicy::Fail);
        let authority = replica.directory().join("authority.crt");
        std::fs::write(&authority, fleet.authority.certificate_pem()).unwrap();
        let seconds = drill_scale().choose(4, 30);
        block_in_place(Attacker::build);
        for (name, review) in worst() {
            let body = replica.directory().join("body.json");
            std::fs::write(&body, review.to_string()).unwrap();
            let options = [
                "--authority",
                text(&authority),
                "--name",
                SERVER_NAME,
                "--body",
                text(&body),
            ];
            let load = Load::start(&emulator, 50, 1);
            let said = block_in_place(|| Attacker::start(replica.address(), SOURCES[0], 60, seconds, &options).end());
            let records = load.stop().await;
            let mut times: Vec<Duration> = records.iter().map(|record| record.ended - record.began).collect();
            times.sort_unstable();
            let p99 = times[times.len() * 99 / 100];
            figure(
                "worst body",
                &format!(
                    "60 callers with {} KB of {name} ({said}): {} good reviews beside them, median {:?}, p99 {p99:?}, slowest {:?}; {}",
                    review.to_string().len() / 1000,
                    records.len(),
                    times[times.len() / 2],
                    times[times.len() - 1],
                    counts(replica)
                ),
            );
            assert_all_answered(&records);
            if drill_scale() == Scale::Long {
                assert!(p99 < Duration::from_millis(50), "{name}: {p99:?}");
            }
        }
    });
}

/// Bodies that have held a thread for long, each just below the size that used to be judged on the event loop, and one of
/// the size that the API server can store.
fn worst() -> Vec<(&'static str, Value)> {
    let with = |change: &dyn Fn(&mut Value)| {
        let mut backup = good_backup();
        change(&mut backup);
        json!({
            "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
            "request": {
                "uid": "drill", "operation": "CREATE", "name": "nightly", "namespace": "graph",
                "kind": {"group": "neo4j.neo4j.com", "version": "v1beta1", "kind": "Neo4jBackup"},
                "object": backup,
            },
        })
    };
    let mut applied = String::from("{\"spec\":{");
    for number in 0..8000 {
        let _ = write!(applied, "{}\"k{number:05}\":1", if number == 0 { "" } else { "," });
    }
    applied += "}}";
    vec![
        (
            "unknown fields in last-applied-configuration",
            with(&|backup| {
                backup["metadata"]["annotations"] =
                    json!({"kubectl.kubernetes.io/last-applied-configuration": applied});
            }),
        ),
        (
            "wrong arguments",
            with(&|backup| backup["spec"]["options"] = json!({"additionalArgs": vec!["x"; 25_000]})),
        ),
        (
            "empty arguments, as many as can be stored",
            with(&|backup| backup["spec"]["options"] = json!({"additionalArgs": vec![""; 480_000]})),
        ),
    ]
}

/// One process that attacks.
struct Attacker(Child);

impl Attacker {
    /// Built once, before anything is measured.
    fn build() -> PathBuf {
        static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| workspace_program("neo4jbackup-emulator").unwrap());
        PROGRAM.clone()
    }

    fn start(target: std::net::SocketAddr, source: &str, connections: usize, seconds: usize, options: &[&str]) -> Self {
        let mut command = Command::new(Self::build());
        command
            .args([
                &target.to_string(),
                source,
                &connections.to_string(),
                &seconds.to_string(),
            ])
            .args(options)
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit());
        Self(command.spawn().unwrap())
    }

    /// Waits for its end, and gives what it said.
    fn end(self) -> String {
        let output = self.0.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", output.status);
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}

/// What the kubelet sees of a replica meanwhile.
#[derive(Debug, Default)]
struct Seen {
    probes: usize,
    unanswered: usize,
    slowest_probe: Duration,
    most_memory: u64,
}

impl Seen {
    fn of(replica: &WebhookReplica, over: &AtomicBool) -> Self {
        let mut seen = Self::default();
        while !over.load(Ordering::Relaxed) {
            let began = Instant::now();
            let answer = replica.status("/readyz");
            seen.slowest_probe = seen.slowest_probe.max(began.elapsed());
            seen.probes += 1;
            seen.unanswered += usize::from(!matches!(answer, Ok((200, _))));
            seen.most_memory = seen.most_memory.max(replica.resident_bytes().unwrap_or_default());
            // A kubelet asks every few seconds, this one far more often.
            thread::sleep(Duration::from_millis(50));
        }
        seen
    }
}

impl std::fmt::Display for Seen {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "{} probes, {} unanswered, slowest {:?}; at most {} MiB",
            self.probes,
            self.unanswered,
            self.slowest_probe,
            self.most_memory >> 20
        )
    }
}

fn assert_all_answered(records: &[Record]) {
    let failed: Vec<_> = records.iter().flat_map(|record| &record.failures).collect();
    assert!(
        failed.is_empty(),
        "{} failed: {:?}",
        failed.len(),
        &failed[..failed.len().min(5)]
    );
}

fn slowest(records: &[Record]) -> Duration {
    let times = records.iter().map(|record| record.ended - record.began);
    times.max().unwrap_or_default()
}

/// What the replica says it has refused.
fn counts(replica: &WebhookReplica) -> String {
    let (_, metrics) = block_in_place(|| replica.status("/metrics")).unwrap();
    let wanted = ["turned_away_total", "errors_total", "oversize_total"];
    let lines = metrics.lines().filter(|line| !line.starts_with('#'));
    let lines: Vec<&str> = lines
        .filter(|line| wanted.iter().any(|name| line.contains(name)))
        .filter_map(|line| line.strip_prefix("neo4j_backup_webhook_"))
        .collect();
    lines.join(", ")
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
