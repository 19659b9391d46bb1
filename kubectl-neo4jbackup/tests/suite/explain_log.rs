//! What `explain --log` says of a log.

use serde_json::Value;

use crate::support::Sandbox;

const LOG: &str = "\
2026-11-20 02:00:01.000+0000 INFO  [c.n.b.b.BackupOutputMonitor] Falling back to full backup of database 'sales'.\r
INFO  [c.n.b.b.BackupOutputMonitor] Finished artifact creation 'orders.backup' for database 'orders', took 98ms.
java.nio.file.FileSystemException: /backups/sales.backup: No space left on device
    at java.base/sun.nio.fs.UnixException.translateToIOException(UnixException.java:100)
Caused by: java.io.IOException: No space left on device
command failed: Backup failed: Unexpected Exception
something else
";

#[test]
fn the_first_cause_stands_first() {
    let mut sandbox = Sandbox::new();
    sandbox.terminal_width = Some(100);
    sandbox.write("backup.log", LOG);
    let run = sandbox.run(&["explain", "--log", "backup.log"]);
    insta::assert_snapshot!(run.stdout);
    assert_eq!((run.exit, run.stderr.as_str()), (0, ""));
    let piped = sandbox.run_with(LOG, &["explain", "--log", "-"]);
    assert_eq!(piped.stdout, run.stdout);
}

#[test]
fn json_has_an_object_for_each_line() {
    let run = Sandbox::new().run_with(LOG, &["explain", "--log", "-", "-o", "json"]);
    let objects: Vec<Value> = run
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let classes: Vec<&str> = objects
        .iter()
        .map(|object| object["class"].as_str().unwrap_or("-"))
        .collect();
    assert_eq!(
        classes,
        [
            "fell-back-to-full",
            "backup-succeeded",
            "no-space-left",
            "-",
            "no-space-left",
            "backup-failed-generic",
            "-"
        ]
    );
    let lines: Vec<&str> = objects.iter().map(|object| object["line"].as_str().unwrap()).collect();
    assert_eq!(lines, LOG.lines().collect::<Vec<_>>());
    for key in ["severity", "cause", "remedy"] {
        assert!(objects[2][key].is_string() && objects[3][key].is_null(), "{key}");
    }
}

#[test]
fn a_log_without_a_cause_says_so() {
    for (log, sentence) in [
        ("", "the log is empty\n"),
        ("all is well\n", "no line tells of a failure that is known here\n"),
        (
            "ok\nBackup job failed\n",
            "line 2 says that something failed (job-backoff-exceeded), and no line says why",
        ),
    ] {
        let run = Sandbox::new().run_with(log, &["explain", "--log", "-"]);
        assert!(run.stdout.starts_with(sentence), "{}", run.stdout);
        assert_eq!(run.exit, 0);
    }
}

#[test]
fn a_log_that_cannot_be_read_is_no_answer() {
    let sandbox = Sandbox::new();
    let run = sandbox.run(&["explain", "--log", "missing.log"]);
    assert_eq!(
        (run.exit, run.stderr.as_str()),
        (3, "error: missing.log does not exist\n")
    );
    let run = sandbox.run(&["explain", "--log", "."]);
    assert_eq!(run.exit, 3, "{}", run.stderr);
    assert_eq!(sandbox.run(&["explain", "--log", "a", "NB1001"]).exit, 2);
}

#[test]
fn no_line_steers_the_terminal_or_fills_the_memory() {
    let mut log = b"No space left on device \x1b[2J\x07\xff \xe2\x80\xae\n".to_vec();
    log.extend(vec![b'x'; 3 << 20]);
    log.extend(b"\nConnection refused: db:6362");
    let sandbox = Sandbox::new();
    sandbox.write("hostile.log", &log);
    for format in ["text", "markdown", "json"] {
        let run = sandbox.run(&["explain", "--log", "hostile.log", "-o", format]);
        let unseen = run.stdout.chars().find(|letter| letter.is_control() && *letter != '\n');
        assert_eq!(unseen, None, "{format}");
        assert!(run.stdout.contains("backup-port-refused"), "{format}: {}", run.stdout);
        assert!(run.stdout.len() < 200_000, "{format}");
    }
}
