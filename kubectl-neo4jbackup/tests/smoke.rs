//! The program file itself, where the surroundings of a real process matter.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by them")]

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

const BACKUP: &str =
    "apiVersion: neo4j.neo4j.com/v1beta1\nkind: Neo4jBackup\nmetadata:\n  name: a\nspec:\n  schedule: \"* *\"\n";

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_kubectl-neo4jbackup"))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn lint(folder: &TempDir, arguments: &[&str]) -> Output {
    program()
        .arg("lint")
        .args(arguments)
        .current_dir(folder.path())
        .output()
        .unwrap()
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let folder = TempDir::new().unwrap();
    // More than a pipe holds, so that the program is still writing when the reader has gone.
    for number in 0..2_000 {
        fs::write(folder.path().join(format!("{number}.yaml")), BACKUP).unwrap();
    }
    let mut child = program()
        .args(["lint", "."])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 1];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "the exit code is that of the findings");
    assert_eq!(text(&output.stderr), "");
}

#[test]
fn schedules_are_answered_while_the_input_is_still_open() {
    let mut child = program()
        .args(["schedule", "next", "--stdin", "-o", "json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"@daily\n").unwrap();
    let mut first = [0; 14];
    child.stdout.as_mut().unwrap().read_exact(&mut first).unwrap();
    assert_eq!(&first, b"{\"expression\":");
    drop(stdin);
    assert!(child.wait_with_output().unwrap().status.success());
}

#[test]
fn a_file_of_two_gigabytes_is_not_read() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("backup.yaml"), BACKUP).unwrap();
    File::create(folder.path().join("huge.yaml"))
        .unwrap()
        .set_len(2 << 30)
        .unwrap();
    let output = lint(&folder, &[".", "--only", "NB1002", "-o", "json"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(
        text(&output.stderr).contains("huge.yaml has 2048 MiB, more than the 64 MiB"),
        "{}",
        text(&output.stderr)
    );
    assert!(text(&output.stdout).contains("\"judged\": 1"));
}

#[cfg(unix)]
#[test]
fn a_pipe_in_a_folder_keeps_nobody_waiting() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("backup.yaml"), BACKUP).unwrap();
    let pipe = folder.path().join("pipe.yaml");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &pipe,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RWXU,
        0,
    )
    .unwrap();
    for path in [".", "pipe.yaml", "/dev/null"] {
        let output = lint(&folder, &[path, "backup.yaml", "--only", "NB1002"]);
        assert_eq!(output.status.code(), Some(3), "{path}");
        assert!(
            text(&output.stderr).contains("a pipe or a device"),
            "{}",
            text(&output.stderr)
        );
    }
}

#[cfg(unix)]
#[test]
fn what_a_shell_substitutes_is_read() {
    let output = Command::new("bash")
        .arg("-c")
        .arg(format!(
            "'{}' lint <(printf '{BACKUP}') -o short",
            env!("CARGO_BIN_EXE_kubectl-neo4jbackup")
        ))
        .output()
        .unwrap();
    assert!(
        text(&output.stdout).contains("NB5001"),
        "{}{}",
        text(&output.stdout),
        text(&output.stderr)
    );
}

#[test]
fn many_kinds_of_bad_files_spoil_nothing() {
    let folder = TempDir::new().unwrap();
    for (name, bytes) in [
        ("binary.yaml", &b"\0\x01\x02"[..]),
        ("deep.yaml", "[".repeat(100_000).as_bytes()),
        ("empty.yaml", b""),
        ("good.yaml", BACKUP.as_bytes()),
    ] {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    let output = lint(&folder, &[".", "-o", "short"]);
    assert_eq!(output.status.code(), Some(1));
    let stdout = text(&output.stdout);
    assert!(
        stdout.contains("deep.yaml:") && stdout.contains("good.yaml:"),
        "{stdout}"
    );
    assert!(text(&output.stderr).contains("binary.yaml is a binary file"));
}

#[cfg(target_os = "linux")]
#[test]
fn results_that_cannot_be_written_are_not_a_good_run() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let output = program().args(["explain", "NB5001"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(
        text(&output.stderr).contains("cannot write to standard output"),
        "{}",
        text(&output.stderr)
    );
}
