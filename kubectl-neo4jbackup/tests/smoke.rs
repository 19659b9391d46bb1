//! The program file itself, where the surroundings of a real process matter.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by them")]

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::process::{Command, Output, Stdio};

use kubectl_neo4jbackup::cli::DoctorFormat;
use tempfile::TempDir;

const BACKUP: &str =
    "apiVersion: neo4j.neo4j.com/v1beta1\nkind: Neo4jBackup\nmetadata:\n  name: a\nspec:\n  schedule: \"* *\"\n";

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_kubectl-neo4jbackup"))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs a program whose reader goes away after the first byte.
fn read_one_byte(command: &mut Command) -> Output {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = [0; 1];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    child.wait_with_output().unwrap()
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
    let output = read_one_byte(program().args(["lint", "."]).current_dir(folder.path()));
    assert_eq!(output.status.code(), Some(1), "the exit code is that of the findings");
    assert_eq!(text(&output.stderr), "");
}

/// `doctor … | head -1`: the exit code is that of the verdict, and nobody is told anything.
#[test]
fn a_reader_of_a_diagnosis_may_go_away() {
    let folder = TempDir::new().unwrap();
    for number in 0..400 {
        let backup = BACKUP.replace("name: a", &format!("name: a{number}\n  namespace: graph"));
        fs::write(folder.path().join(format!("{number}.yaml")), backup).unwrap();
    }
    for format in DoctorFormat::names() {
        let output = read_one_byte(
            program()
                .args(["doctor", "--from-bundle", ".", "-o", &format])
                .current_dir(folder.path()),
        );
        assert_eq!(
            (output.status.code(), text(&output.stderr).as_str()),
            (Some(1), ""),
            "{format}"
        );
    }
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
    let output = lint(&folder, &["."]);
    assert_eq!(output.status.code(), Some(1));
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert!(stdout.contains("--> good.yaml:"), "{stdout}");
    // Nothing in it says that it is one of ours.
    assert!(
        format!("{stdout}{stderr}").contains("not checked: deep.yaml "),
        "{stdout}{stderr}"
    );
    assert!(stderr.contains("binary.yaml is a binary file"), "{stderr}");
    // Who names it wants to know.
    let output = lint(&folder, &["deep.yaml", "-o", "short"]);
    assert_eq!(output.status.code(), Some(1));
    let stdout = text(&output.stdout);
    assert!(stdout.starts_with("deep.yaml:1:101: error NB1001 "), "{stdout}");
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

/// A backup that `--fix` fixes.
#[cfg(unix)]
fn mendable() -> String {
    BACKUP.replace("* *", "0 0 2 * * *")
}

/// Runs the program where no file may grow: a write fails as on a full disk when the signal is ignored, and else it ends
/// the program at once, in the middle of the write.
#[cfg(unix)]
fn lint_without_room(folder: &TempDir, is_killed: bool, arguments: &[&str]) -> Output {
    let trap = if is_killed { "" } else { "trap '' XFSZ;" };
    Command::new("sh")
        .args(["-c", &format!("{trap} ulimit -c 0; ulimit -f 0; exec \"$@\""), "sh"])
        .args([env!("CARGO_BIN_EXE_kubectl-neo4jbackup"), "lint", "--only", "NB5001"])
        .args(arguments)
        .current_dir(folder.path())
        .output()
        .unwrap()
}

/// Everything in a folder.
fn names(folder: &TempDir) -> Vec<String> {
    let entries = fs::read_dir(folder.path()).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[cfg(unix)]
#[test]
fn a_full_disk_leaves_what_was_there() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("backup.yaml"), mendable()).unwrap();
    fs::write(folder.path().join("report.json"), "{}").unwrap();
    let known = lint(
        &folder,
        &[
            "backup.yaml",
            "--only",
            "NB5001",
            "--baseline",
            "known.json",
            "--write-baseline",
        ],
    );
    assert_eq!(known.status.code(), Some(0), "{}", text(&known.stderr));
    let before = ["backup.yaml", "report.json", "known.json"].map(|name| fs::read(folder.path().join(name)).unwrap());
    for (arguments, exit, name) in [
        (&["-o", "json=report.json"][..], 2, "report.json cannot be written"),
        (&["-o", "json=new.json"], 2, "new.json cannot be written"),
        (
            &["--baseline", "known.json", "--write-baseline"],
            2,
            "known.json cannot be written",
        ),
        (&["--fix"], 1, "backup.yaml was not fixed"),
    ] {
        let output = lint_without_room(&folder, false, &[&["backup.yaml"], arguments].concat());
        assert_eq!(
            output.status.code(),
            Some(exit),
            "{arguments:?} {}",
            text(&output.stderr)
        );
        assert!(text(&output.stderr).contains(name), "{}", text(&output.stderr));
    }
    let after = ["backup.yaml", "report.json", "known.json"].map(|name| fs::read(folder.path().join(name)).unwrap());
    assert_eq!(before, after);
    assert_eq!(names(&folder), ["backup.yaml", "known.json", "report.json"]);
}

#[cfg(unix)]
#[test]
fn what_a_killed_run_leaves_is_gone_after_the_next() {
    use std::os::unix::process::ExitStatusExt as _;
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("backup.yaml"), mendable()).unwrap();
    for arguments in [
        &["backup.yaml", "--fix"][..],
        &["backup.yaml", "-o", "json=report.json"],
    ] {
        let output = lint_without_room(&folder, true, arguments);
        assert!(output.status.signal().is_some(), "{}", text(&output.stderr));
    }
    assert_eq!(
        fs::read_to_string(folder.path().join("backup.yaml")).unwrap(),
        mendable()
    );
    assert!(
        names(&folder).len() > 1,
        "the test needs something to be left: {:?}",
        names(&folder)
    );
    let output = lint(&folder, &["backup.yaml", "--only", "NB5001", "--fix"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(names(&folder), ["backup.yaml"]);
}

/// At whatever point it is killed: each file is the old one or the new one, and the next run leaves nothing else behind.
#[cfg(unix)]
#[test]
fn a_run_may_be_killed_at_any_point() {
    const FILES: usize = 40;
    let folder = TempDir::new().unwrap();
    let (old, new) = (mendable(), BACKUP.replace("* *", "0 2 * * *"));
    for round in 0..30_u64 {
        for number in 0..FILES {
            fs::write(folder.path().join(format!("{number}.yaml")), &old).unwrap();
        }
        let mut child = program()
            .args(["lint", ".", "--only", "NB5001", "--fix"])
            .current_dir(folder.path())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Not after a time, which is different on every machine, but after some of the files.
        let wanted = round % FILES as u64;
        let mended = || {
            let texts =
                (0..FILES).map(|number| fs::read_to_string(folder.path().join(format!("{number}.yaml"))).unwrap());
            texts.filter(|text| *text == new).count() as u64
        };
        while child.try_wait().unwrap().is_none() && mended() < wanted {}
        child.kill().unwrap();
        child.wait().unwrap();
        for number in 0..FILES {
            let text = fs::read_to_string(folder.path().join(format!("{number}.yaml"))).unwrap();
            assert!(text == old || text == new, "{text}");
        }
    }
    let output = lint(&folder, &[".", "--only", "NB5001", "--fix"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(names(&folder).len(), FILES, "{:?}", names(&folder));
}

/// What takes what it is given is written to and not replaced.
#[cfg(unix)]
#[test]
fn reports_go_to_pipes_devices_and_descriptors() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("backup.yaml"), BACKUP).unwrap();
    let run = |line: &str| {
        Command::new("bash")
            .args(["-c", line, "bash", env!("CARGO_BIN_EXE_kubectl-neo4jbackup")])
            .current_dir(folder.path())
            .output()
            .unwrap()
    };
    let output = run("\"$1\" lint backup.yaml -o json=/dev/null -o short && echo good || echo \"code $?\"");
    assert!(text(&output.stdout).ends_with("code 1\n"), "{}", text(&output.stderr));
    let output = run("\"$1\" lint backup.yaml -o short -o json=/dev/stdout | grep -c LintReport");
    assert_eq!(text(&output.stdout), "1\n", "{}", text(&output.stderr));
    run("echo before > all; \"$1\" lint backup.yaml -o short -o json=/dev/stdout >> all");
    let all = fs::read_to_string(folder.path().join("all")).unwrap();
    assert!(
        all.starts_with("before\nbackup.yaml:") && all.contains("LintReport"),
        "{all}"
    );
    let output = run("mkfifo pipe && (grep -c LintReport < pipe & \"$1\" lint backup.yaml -o json=pipe > out; wait)");
    assert_eq!(text(&output.stdout), "1\n", "{}", text(&output.stderr));
    let output = run("\"$1\" lint backup.yaml -o json=>(cat > taken) > out; wait; sync");
    assert!(!text(&output.stderr).contains("error"), "{}", text(&output.stderr));
    let output = run("\"$1\" lint - -o json=backup.yaml < backup.yaml");
    assert_eq!(output.status.code(), Some(4), "{}", text(&output.stderr));
    assert_eq!(fs::read_to_string(folder.path().join("backup.yaml")).unwrap(), BACKUP);
    if cfg!(target_os = "linux") {
        let output = run("\"$1\" lint backup.yaml -o json=/dev/full");
        assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
        assert!(
            text(&output.stderr).contains("/dev/full cannot be written: No space left"),
            "{}",
            text(&output.stderr)
        );
    }
}

/// A bundle of which the archive has more than the 2 KiB that [`limited`] lets a file have.
const SCENARIO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/scenarios/run-failure-in-log");

/// Makes a report below a limit of the shell.
#[cfg(unix)]
fn limited(limit: &str, folder: &TempDir, arguments: &[&str]) -> Output {
    Command::new("bash")
        .args(["-c", &format!("{limit}; exec \"$@\""), "bash"])
        .arg(env!("CARGO_BIN_EXE_kubectl-neo4jbackup"))
        .args(["report", "--from-bundle", SCENARIO, "-o", "a.tar.gz"])
        .args(arguments)
        .current_dir(folder.path())
        .output()
        .unwrap()
}

/// The system kills a process that writes more than it may, in the middle of a file.
#[cfg(unix)]
#[test]
fn a_report_that_is_killed_leaves_nothing_under_its_name() {
    use std::os::unix::process::ExitStatusExt as _;
    for (old, arguments) in [(None, &[][..]), (Some("old"), &["--force"])] {
        let folder = TempDir::new().unwrap();
        if let Some(old) = old {
            fs::write(folder.path().join("a.tar.gz"), old).unwrap();
        }
        let output = limited("ulimit -f 2", &folder, arguments);
        assert!(output.status.signal().is_some(), "{output:?}");
        let file = fs::read_to_string(folder.path().join("a.tar.gz"));
        assert_eq!(file.ok().as_deref(), old);
        let strays = names(&folder);
        assert!(
            strays.iter().any(|name| name.starts_with(".neo4jbackup-")),
            "{strays:?}"
        );
        // The next run is not disturbed by it, and sweeps.
        let again = limited("true", &folder, &["--force"]);
        assert_eq!(again.status.code(), Some(0), "{again:?}");
        assert_eq!(names(&folder), ["a.tar.gz"]);
    }
}

/// As on a full disk: what was there stays, nothing is left, and the exit code says that there is no report.
#[cfg(unix)]
#[test]
fn a_report_that_cannot_be_written_to_its_end_leaves_what_was_there() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("a.tar.gz"), "old").unwrap();
    let output = limited("trap '' XFSZ; ulimit -f 2", &folder, &["--force"]);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let said = text(&output.stderr);
    assert!(said.starts_with("error: a.tar.gz cannot be written: "), "{said}");
    assert_eq!(names(&folder), ["a.tar.gz"]);
    assert_eq!(fs::read_to_string(folder.path().join("a.tar.gz")).unwrap(), "old");
}

/// Ctrl-C while a cluster keeps it waiting.
#[cfg(target_os = "linux")]
#[test]
fn a_report_that_is_interrupted_leaves_nothing() {
    use std::net::TcpListener;
    use std::os::unix::process::ExitStatusExt as _;
    let folder = TempDir::new().unwrap();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = format!("http://{}", silent.local_addr().unwrap());
    // A shell lets what it starts in the background ignore the signal, and with it all that such a test starts.
    let child = Command::new("env")
        .arg("--default-signal=INT")
        .arg(program().get_program())
        .args(["report", "-n", "graph", "--server", &server, "-o", "a.tar.gz"])
        .env("KUBECONFIG", "")
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It has asked, and waits.
    let (_connection, _) = silent.accept().unwrap();
    let interrupted = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(interrupted.unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.signal(), Some(2), "{output:?}");
    assert_eq!((output.stdout.len(), names(&folder).len()), (0, 0));
}

/// Who has not got the archive is not told that it was written.
#[cfg(target_os = "linux")]
#[test]
fn an_archive_that_nobody_takes_was_not_written() {
    let folder = TempDir::new().unwrap();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let (reader, closed) = std::io::pipe().unwrap();
    drop(reader);
    for stdout in [std::process::Stdio::from(full), std::process::Stdio::from(closed)] {
        let output = program()
            .args(["report", "--from-bundle", SCENARIO, "-o", "-"])
            .current_dir(folder.path())
            .stdout(stdout)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(3), "{output:?}");
        let said = text(&output.stderr);
        assert!(
            said.contains("error: standard output did not take the whole archive"),
            "{said}"
        );
        assert!(!said.contains("wrote"), "{said}");
    }
}

/// Through a pipe the archive alone; what is said about it goes to the person.
#[test]
fn an_archive_goes_through_a_pipe() {
    let folder = TempDir::new().unwrap();
    let output = program()
        .args(["report", "--from-bundle", SCENARIO, "-o", "-"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(text(&output.stderr).starts_with("wrote the archive to standard output ("));
    fs::write(folder.path().join("b.tar.gz"), &output.stdout).unwrap();
    let looked = program()
        .args(["doctor", "--from-bundle", "b.tar.gz"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(text(&looked.stdout).contains("NB6003"), "{looked:?}");
}
