//! `--watch` as a person sees it, in a terminal; and as a program reads it, which gets what has changed.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::api_server::ApiServer;
use crate::pty::{PROGRAM, Terminal};
use crate::schema::{faults, schema};
use serde_json::{Value, json};

/// A cluster of which only the backups are of interest.
struct Cluster {
    api_server: ApiServer,
    backups: Arc<Mutex<Vec<Value>>>,
}

impl Cluster {
    fn start(backups: Vec<Value>) -> Self {
        let backups = Arc::new(Mutex::new(backups));
        let there = Arc::clone(&backups);
        let api_server = ApiServer::start(move |path| {
            let items = if path.ends_with("/namespaces/graph/neo4jbackups") {
                there.lock().unwrap().clone()
            } else {
                Vec::new()
            };
            json!({"preferredVersion": {"version": "v1beta1"}, "metadata": {"resourceVersion": "1"}, "items": items})
        });
        Self { api_server, backups }
    }

    fn set(&self, backups: Vec<Value>) {
        *self.backups.lock().unwrap() = backups;
    }

    fn arguments<'a>(&'a self, command: &'a str, more: &[&'a str]) -> Vec<&'a str> {
        let first = [command, "-n", "graph", "--watch=50ms", "--server", &self.api_server.url];
        [&first[..], more].concat()
    }
}

/// A backup of long ago, that is to run each night and is suspended or not.
fn backup(name: &str, is_suspended: bool) -> Value {
    json!({
        "apiVersion": "neo4j.neo4j.com/v1beta1", "kind": "Neo4jBackup",
        "metadata": {"name": name, "namespace": "graph", "uid": name, "creationTimestamp": "2026-01-01T00:00:00Z"},
        "spec": {"instanceRef": "prod", "database": "sales", "schedule": "0 2 * * *", "suspend": is_suspended,
                 "storage": {"type": "pvc", "pvc": {"name": "backups"}}},
        "status": {"phase": "Scheduled"},
    })
}

fn many() -> Vec<Value> {
    let name = |number| format!("a-backup-with-a-name-that-is-much-longer-than-others-{number}");
    (0..14).map(|number| backup(&name(number), false)).collect()
}

#[test]
fn what_was_shown_before_is_gone_and_nothing_scrolls() {
    for (command, more) in [
        ("status", &[][..]),
        ("status", &["-o", "wide"]),
        ("doctor", &[]),
        ("doctor", &["-o", "table"]),
        ("doctor", &["-o", "short"]),
    ] {
        let cluster = Cluster::start(many());
        let mut terminal = Terminal::start(16, 90, &cluster.arguments(command, more));
        let first = terminal.await_frame("the long list", |screen| screen.contains("others-1"));
        assert!(first.contains(" more lines)"), "{command} {more:?}:\n{first}");
        cluster.set(vec![backup("alone", true)]);
        let second = terminal.await_frame("the short list", |screen| screen.contains("alone"));
        assert_eq!(second, terminal.last_frame_alone(), "{command} {more:?}");
        assert_eq!(terminal.rows_scrolled(), 0, "{command} {more:?}:\n{second}");
        // In a larger window there is more to see; from the next look on.
        terminal.resize(40, 120);
        cluster.set(many());
        let third = terminal.await_frame("the larger window", |screen| {
            screen.lines().count() > 16 && screen.contains("others-1")
        });
        assert_eq!(third, terminal.last_frame_alone(), "{command} {more:?}");
        assert_eq!(terminal.rows_scrolled(), 0, "{command} {more:?}:\n{third}");
        terminal.press_ctrl_c();
    }
}

#[test]
fn status_ends_quietly_with_130_and_says_what_matters_below_the_lines() {
    let cluster = Cluster::start(vec![backup("one", true), backup("two", false)]);
    let mut terminal = Terminal::start(16, 90, &cluster.arguments("status", &[]));
    let screen = terminal.await_frame("both", |screen| screen.contains("two "));
    let lines: Vec<&str> = screen.lines().map(str::trim_end).collect();
    let attention = "1 of 2 needs attention: kubectl neo4jbackup doctor backup/two -n graph";
    assert!(
        lines[0].starts_with("BACKUP ") && lines[1].starts_with("one "),
        "{screen}"
    );
    assert_eq!(lines[3..5], ["", attention], "{screen}");
    assert!(lines[6].starts_with("looked at ") && lines[6].ends_with("; again every 0.05s, until Ctrl-C"));
    terminal.press_ctrl_c();
    let (exit, rest) = terminal.end();
    assert_eq!((exit, rest.as_str()), (Some(130), "^C"));
}

/// What a program reads, a document or line after the other.
struct Reader {
    child: std::process::Child,
    lines: mpsc::Receiver<String>,
}

impl Reader {
    fn start(cluster: &Cluster, more: &[&str]) -> Self {
        let mut child = Command::new(PROGRAM)
            .args(cluster.arguments("status", more))
            .env_clear()
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = mpsc::channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        Self { child, lines }
    }

    fn line(&self) -> String {
        self.lines.recv_timeout(Duration::from_secs(120)).unwrap()
    }

    /// The lines up to one that ends a document.
    fn until(&self, end: &str) -> String {
        let mut text = String::new();
        loop {
            let line = self.line();
            text += &line;
            text.push('\n');
            if line == end {
                return text;
            }
        }
    }

    /// Ends it. Returns what is left, what it said, and its exit code.
    fn interrupt(self) -> (Vec<String>, String, Option<i32>) {
        let id = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
        let output = self.child.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        (self.lines.iter().collect(), stderr, output.status.code())
    }
}

/// The first word of a line, and its column of states.
fn words(line: &str) -> (&str, bool) {
    let name = line.split(' ').next().unwrap_or_default();
    (name, line.contains("Suspended"))
}

#[test]
fn who_reads_lines_gets_those_that_changed() {
    let cluster = Cluster::start(vec![backup("one", true), backup("two", true)]);
    let reader = Reader::start(&cluster, &[]);
    assert!(reader.line().starts_with("BACKUP "));
    assert_eq!(words(&reader.line()), ("one", true));
    assert_eq!(words(&reader.line()), ("two", true));
    cluster.set(vec![backup("one", true), backup("two", false)]);
    assert_eq!(words(&reader.line()), ("two", false));
    cluster.set(vec![backup("two", false), backup("three", true)]);
    let gone = reader.line();
    assert!(gone.starts_with("one ") && gone.contains(" Gone "), "{gone}");
    assert_eq!(words(&reader.line()), ("three", true));
    let (rest, stderr, exit) = reader.interrupt();
    assert_eq!((rest, exit), (Vec::<String>::new(), Some(130)));
    // Once, however often it was looked at.
    let said = "needs attention: kubectl neo4jbackup doctor backup/two -n graph\n";
    assert_eq!(stderr, format!("1 of 2 {said}"));
}

#[test]
fn programs_get_reports_of_what_changed() {
    let cluster = Cluster::start(vec![backup("one", true), backup("two", true)]);
    let json = Reader::start(&cluster, &["-o", "json"]);
    let yaml = Reader::start(&cluster, &["-o", "yaml"]);
    let names = Reader::start(&cluster, &["-o", "name"]);
    let template = Reader::start(&cluster, &["-o", "jsonpath={.items[*].name}"]);
    let list = |text: &str| -> Vec<(String, String)> {
        let report: Value = serde_json::from_str(text).unwrap();
        assert_eq!(faults(&schema("StatusList.json"), &report), Vec::<String>::new());
        let items = report["items"].as_array().unwrap().iter();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        items.map(|item| (text(&item["name"]), text(&item["state"]))).collect()
    };
    let both = |one: &str, other: &str| [one, other].map(str::to_owned);
    let first = list(&json.until("}"));
    assert_eq!(first.len(), 2, "{first:?}");
    assert_eq!(names.line(), "neo4jbackup.neo4j.neo4j.com/one");
    assert_eq!(names.line(), "neo4jbackup.neo4j.neo4j.com/two");
    assert_eq!(template.line(), "one two");
    assert_eq!(yaml.line(), "apiVersion: report.neo4jbackup.github.io/v1");
    cluster.set(vec![backup("two", true)]);
    let [name, state] = both("one", "Gone");
    assert_eq!(list(&json.until("}")), [(name, state)]);
    assert_eq!(names.line(), "neo4jbackup.neo4j.neo4j.com/one");
    assert_eq!(template.line(), "one");
    assert!(yaml.until("---").contains("name: two\n"));
    for reader in [json, yaml, names, template] {
        assert_eq!(reader.interrupt().2, Some(130));
    }
}

#[test]
fn a_page_and_a_bundle_are_of_one_moment() {
    let sandbox = crate::support::Sandbox::new();
    let run = sandbox.run(&["status", "--watch", "-o", "html"]);
    assert!(run.exit == 2 && run.stderr.contains("--watch goes with every format but html"));
    let run = sandbox.run(&["status", "--watch", "--from-bundle", "."]);
    assert!(
        run.exit == 2 && run.stderr.contains("cannot be used with"),
        "{}",
        run.stderr
    );
}
