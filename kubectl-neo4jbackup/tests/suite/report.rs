//! Where `report` writes, what it refuses, and that no secret is in what it writes.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::GzDecoder;
use kubectl_neo4jbackup::Exit;

use crate::support::{Run, Sandbox, root};

const SECRET: &str = "correct-Horse7battery/Staple";
const DEFAULT: &str = "neo4jbackup-report-20261121T061000Z.tar.gz";

fn scenario() -> String {
    root().join("tests/scenarios/run-failure-in-log").display().to_string()
}

fn report(sandbox: &Sandbox, arguments: &[&str]) -> Run {
    sandbox.run(&[&["report", "--from-bundle", &scenario()], arguments].concat())
}

/// The paths in an archive, and what is in them.
fn entries(archive: &[u8]) -> Vec<(String, String)> {
    let mut archive = tar::Archive::new(GzDecoder::new(archive));
    let entries = archive.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().display().to_string();
        let mut text = String::new();
        std::io::Read::read_to_string(&mut entry, &mut text).unwrap();
        (path, text)
    });
    entries.collect()
}

fn names(sandbox: &Sandbox) -> Vec<String> {
    let entries = fs::read_dir(sandbox.path(".")).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn an_archive_gets_a_name_and_says_what_to_do_with_it() {
    let sandbox = Sandbox::new();
    let run = report(&sandbox, &[]);
    assert_eq!((run.exit, run.stderr.as_str()), (Exit::Good.code(), ""));
    assert_eq!(names(&sandbox), [DEFAULT]);
    let lines: Vec<_> = run.stdout.lines().collect();
    assert!(lines[0].starts_with(&format!("wrote {DEFAULT} (")), "{}", run.stdout);
    assert_eq!(lines[1], "redacted: nothing; no secret was found");
    let command = lines[2].strip_prefix("look at it: kubectl neo4jbackup ").unwrap();
    let looked = sandbox.run(&command.split(' ').collect::<Vec<_>>());
    assert!(looked.stdout.contains("NB6003"), "{}", looked.stdout);

    let archive = fs::read(sandbox.path(DEFAULT)).unwrap();
    let entries = entries(&archive);
    let paths: Vec<_> = entries.iter().map(|(path, _)| path.split_once('/').unwrap()).collect();
    assert!(
        paths
            .iter()
            .all(|(folder, _)| *folder == DEFAULT.trim_end_matches(".tar.gz"))
    );
    for path in [
        "README.txt",
        "bundle.yaml",
        "doctor.json",
        "doctor.txt",
        "versions.json",
        "namespaces/graph/jobs.json",
    ] {
        assert!(paths.iter().any(|(_, below)| *below == path), "{path}: {paths:?}");
    }
    assert!(paths.is_sorted());
    // What it says of itself is what it says when it is read.
    let said = &entries
        .iter()
        .find(|(path, _)| path.ends_with("/doctor.json"))
        .unwrap()
        .1;
    let mut said: serde_json::Value = serde_json::from_str(said).unwrap();
    let read = sandbox.run(&["doctor", "--from-bundle", DEFAULT, "-o", "json"]);
    let read: serde_json::Value = serde_json::from_str(&read.stdout).unwrap();
    said["bundle"] = DEFAULT.into();
    assert_eq!(said, read);
}

#[cfg(unix)]
#[test]
fn nobody_but_the_owner_reads_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let sandbox = Sandbox::new();
    let mode = |name: &str| fs::metadata(sandbox.path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(report(&sandbox, &["-o", "a.tar.gz"]).exit, Exit::Good.code());
    assert_eq!(mode("a.tar.gz"), 0o600);
    // Also in the place of a file that others may read.
    sandbox.write("b.tar.gz", "old");
    fs::set_permissions(sandbox.path("b.tar.gz"), fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(report(&sandbox, &["-o", "b.tar.gz", "--force"]).exit, Exit::Good.code());
    assert_eq!(mode("b.tar.gz"), 0o600);
}

#[test]
fn a_file_is_replaced_on_demand_alone() {
    let sandbox = Sandbox::new();
    sandbox.write("a.tar.gz", "precious");
    let run = report(&sandbox, &["-o", "a.tar.gz"]);
    assert_eq!((run.exit, run.stdout.as_str()), (Exit::Refused.code(), ""));
    assert_eq!(run.stderr, "error: a.tar.gz is there already; --force replaces it\n");
    assert_eq!(sandbox.read("a.tar.gz"), "precious");
    assert_eq!(names(&sandbox), ["a.tar.gz"]);
    assert_eq!(report(&sandbox, &["-o", "a.tar.gz", "--force"]).exit, Exit::Good.code());
    assert!(!entries(&fs::read(sandbox.path("a.tar.gz")).unwrap()).is_empty());
    // Nor the one that is there without being named.
    assert_eq!(report(&sandbox, &[]).exit, Exit::Good.code());
    assert_eq!(report(&sandbox, &[]).exit, Exit::Refused.code());
}

#[cfg(unix)]
#[test]
fn what_is_no_file_stays_whatever_is_asked_for() {
    use std::os::unix::fs::symlink;
    let sandbox = Sandbox::new();
    sandbox.write("target", "precious");
    symlink("target", sandbox.path("link.tar.gz")).unwrap();
    symlink("nowhere", sandbox.path("dangling.tar.gz")).unwrap();
    fs::create_dir(sandbox.path("folder.tar.gz")).unwrap();
    for name in ["link.tar.gz", "dangling.tar.gz", "folder.tar.gz"] {
        let run = report(&sandbox, &["-o", name, "--force"]);
        assert_eq!(run.exit, Exit::Refused.code(), "{name}: {}", run.stderr);
        assert!(run.stderr.contains("is no file"), "{}", run.stderr);
    }
    assert_eq!(sandbox.read("target"), "precious");
    for name in ["missing/a.tar.gz", "folder.tar.gz/", ".."] {
        let run = report(&sandbox, &["-o", name]);
        assert_eq!(run.exit, Exit::Usage.code(), "{name}: {}", run.stderr);
    }
    assert_eq!(names(&sandbox).len(), 4);
}

#[test]
fn a_dry_run_lists_what_it_does_not_write() {
    let sandbox = Sandbox::new();
    let run = report(&sandbox, &["--dry-run"]);
    assert_eq!(run.exit, Exit::Good.code(), "{}", run.stderr);
    assert!(names(&sandbox).is_empty());
    report(&sandbox, &[]);
    for (path, text) in entries(&fs::read(sandbox.path(DEFAULT)).unwrap()) {
        let line = format!("{:>12}  {}\n", text.len(), path.split_once('/').unwrap().1);
        assert!(run.stdout.contains(&line), "{line}{}", run.stdout);
    }
}

#[test]
fn who_redacts_nothing_has_to_mean_it_and_the_name_says_so() {
    let sandbox = Sandbox::new();
    let run = report(&sandbox, &["--no-redact"]);
    assert_eq!(run.exit, Exit::Refused.code());
    assert!(run.stderr.contains("--no-redact --yes"), "{}", run.stderr);
    assert!(names(&sandbox).is_empty());
    assert_eq!(report(&sandbox, &["--yes"]).exit, Exit::Usage.code());

    for (arguments, name) in [
        (&[][..], format!("UNREDACTED-{DEFAULT}")),
        (&["-o", "a.tar.gz"], "UNREDACTED-a.tar.gz".to_owned()),
        (&["-o", "b-UNREDACTED.tar.gz"], "b-UNREDACTED.tar.gz".to_owned()),
    ] {
        let run = report(&sandbox, &[&["--no-redact", "--yes"], arguments].concat());
        assert_eq!(run.exit, Exit::Good.code(), "{}", run.stderr);
        assert!(run.stdout.starts_with(&format!("wrote {name} (")), "{}", run.stdout);
        let entries = entries(&fs::read(sandbox.path(&name)).unwrap());
        assert!(entries.iter().all(|(path, _)| path.starts_with("UNREDACTED-")));
        let readme = entries.iter().find(|(path, _)| path.ends_with("/README.txt")).unwrap();
        assert!(readme.1.contains("\nUNREDACTED: "), "{}", readme.1);
    }
}

/// One secret at many places, in many disguises.
fn plant(sandbox: &Sandbox) {
    let applied = serde_json::json!({"spec": {"options": {"password": SECRET}}}).to_string();
    let twice = serde_json::json!({"inner": applied}).to_string();
    let encoded = STANDARD.encode(format!("{{\"password\": \"{SECRET}\"}}"));
    let escaped: String = SECRET.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
    let pod = serde_json::json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "nightly", "namespace": "graph", "annotations": {
            "example.com/once": applied, "example.com/twice": twice, "example.com/encoded": encoded,
            "example.com/escaped": format!("{{\"password\": \"{escaped}\"}}"),
        }},
        "spec": {"containers": [{
            "name": "backup", "image": "neo4j",
            "env": [{"name": "DB_PASSWORD", "value": SECRET}, {"name": "NEO4J_AUTH", "value": format!("neo4j/{SECRET}")}],
            "args": ["--password", SECRET, format!("https://u:{SECRET}@host/x")],
        }]},
    });
    let event = serde_json::json!({
        "apiVersion": "v1", "kind": "Event", "metadata": {"name": "e", "namespace": "graph"}, "type": "Warning",
        "involvedObject": {"kind": "Pod", "namespace": "graph", "name": "nightly"}, "reason": "Failed",
        "message": format!("login with {SECRET} failed"),
    });
    let secret = serde_json::json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "cloud", "namespace": "graph"},
        "data": {"password": STANDARD.encode(SECRET)},
    });
    sandbox.write("b/pod.json", pod.to_string());
    sandbox.write("b/event.json", event.to_string());
    sandbox.write("b/secret.json", secret.to_string());
    sandbox.write(
        "b/bundle.yaml",
        format!(
            "takenAt: \"2026-11-21T06:10:00Z\"\nnamespaces: [graph]\ncomplete: true\n\
             gaps: [{{resource: jobs, kind: failed, text: 'no answer: password={SECRET}'}}]\n\
             logs: [{{namespace: graph, pod: gone, container: backup, kind: failed, text: 'token {SECRET}'}}]\n"
        ),
    );
    sandbox.write(
        "b/logs/graph/nightly/backup.log",
        format!("password={SECRET}\nretry with {SECRET}\n{encoded}\n"),
    );
}

#[test]
fn a_secret_is_nowhere_in_an_archive() {
    let sandbox = Sandbox::new();
    plant(&sandbox);
    for arguments in [&[][..], &["--redact-names"]] {
        let words = [
            "report",
            "--from-bundle",
            "b",
            "-o",
            "a.tar.gz",
            "--force",
            "--allow-incomplete",
        ];
        let run = sandbox.run(&[&words[..], arguments].concat());
        assert_eq!(run.exit, Exit::Good.code(), "{}", run.stderr);
        assert!(!format!("{}{}", run.stdout, run.stderr).contains(SECRET));
        assert!(run.stdout.contains("redacted: "), "{}", run.stdout);
        let escaped: String = SECRET.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
        // Whatever stands before a text shifts its base64.
        let encoded: Vec<String> = (0..3)
            .map(|shift| {
                let text = STANDARD.encode(format!("{}{SECRET}", " ".repeat(shift)));
                text[4..text.len() - 4].to_owned()
            })
            .collect();
        for (path, text) in entries(&fs::read(sandbox.path("a.tar.gz")).unwrap()) {
            for form in [SECRET, &escaped, &SECRET.replace('/', "\\/")]
                .into_iter()
                .chain(encoded.iter().map(String::as_str))
            {
                assert!(!text.contains(form), "{path} has {form}:\n{text}");
            }
        }
        // The same value is the same word everywhere.
        let entries = entries(&fs::read(sandbox.path("a.tar.gz")).unwrap());
        let file = |end: &str| &entries.iter().find(|(path, _)| path.ends_with(end)).unwrap().1;
        let mut lines = file("/backup.log").lines();
        let token = lines.next().unwrap().strip_prefix("password=").unwrap();
        assert!(token.starts_with("<redacted:password:"), "{token}");
        assert_eq!(lines.next(), Some(format!("retry with {token}").as_str()));
        assert!(
            file("/pods.json").contains(&format!("\"value\": \"{token}\"")),
            "{}",
            file("/pods.json")
        );
        assert!(
            file("/pods.json").contains(&format!("\"value\": \"neo4j/{token}\"")),
            "{}",
            file("/pods.json")
        );
    }
}

/// Of a report for one object, the others are not judged: their Jobs are not in it.
#[test]
fn a_report_of_one_object_is_about_that_object() {
    let sandbox = Sandbox::new();
    let folder = root().join("tests/scenarios/run-failure-in-log");
    let log = "logs/graph/nightly-backup-cron-29920680-x7k2p/backup.log";
    for name in ["objects.yaml", log] {
        sandbox.write(&format!("one/{name}"), fs::read(folder.join(name)).unwrap());
    }
    let head = fs::read_to_string(folder.join("bundle.yaml")).unwrap();
    sandbox.write("one/bundle.yaml", format!("{head}\ntarget: backup/nightly\n"));
    let made = sandbox.run(&["report", "backup/nightly", "--from-bundle", "one", "-o", "a.tar.gz"]);
    assert_eq!(made.exit, Exit::Good.code(), "{}", made.stderr);
    let look = |words: &[&str]| sandbox.run(&[words, &["--from-bundle", "a.tar.gz"]].concat());
    let expected = sandbox.run(&["doctor", "backup/nightly", "--from-bundle", &scenario(), "-o", "short"]);
    for words in [&["doctor", "-o", "short"][..], &["doctor", "nightly", "-o", "short"]] {
        let run = look(words);
        assert_eq!(run.exit, expected.exit, "{}", run.stderr);
        let findings = |run: &Run| {
            run.stdout
                .lines()
                .filter(|line| line.contains("NB"))
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert_eq!(findings(&run), findings(&expected));
    }
    for words in [&["doctor", "backup/other"][..], &["status", "other"]] {
        let run = look(words);
        assert_eq!(run.exit, Exit::Usage.code());
        assert!(run.stderr.contains("is of backup/nightly alone"), "{}", run.stderr);
    }
    assert!(look(&["status", "-o", "name"]).stdout.contains("nightly"));
}

/// What was collected goes into a report as a whole: who asks for a part of it is told so, and nothing is written.
#[test]
fn a_part_of_what_was_collected_is_refused() {
    let sandbox = Sandbox::new();
    for (arguments, part) in [
        (&["backup/nightly"][..], "backup/nightly"),
        (&["backup/nightli"], "backup/nightli"),
        (&["-n", "other"], "namespace other"),
    ] {
        let run = report(&sandbox, arguments);
        assert_eq!(run.exit, Exit::Usage.code(), "{}", run.stdout);
        assert!(run.stderr.contains(&format!("and not only {part}; ")), "{}", run.stderr);
    }
    assert!(names(&sandbox).is_empty());
}

#[test]
fn what_is_missing_is_said_by_the_exit_code_and_in_the_archive() {
    let sandbox = Sandbox::new();
    plant(&sandbox);
    let run = sandbox.run(&["report", "--from-bundle", "b", "-o", "a.tar.gz"]);
    assert_eq!(run.exit, Exit::Incomplete.code(), "{}", run.stderr);
    assert!(
        run.stdout.contains("not in it: 2 things that could not be read"),
        "{}",
        run.stdout
    );
    let entries = entries(&fs::read(sandbox.path("a.tar.gz")).unwrap());
    let readme = &entries
        .iter()
        .find(|(path, _)| path.ends_with("/README.txt"))
        .unwrap()
        .1;
    assert!(readme.contains("    jobs: no answer: "), "{readme}");
    assert!(readme.contains("    log of graph/gone/backup: token "), "{readme}");
}

/// What a killed run has left is gone after the next one; what is somebody else's stays.
#[test]
fn strays_are_swept() {
    let sandbox = Sandbox::new();
    sandbox.write(".neo4jbackup-0123456789abcdef.tmp", "half");
    sandbox.write(".neo4jbackup-notes.tmp", "mine");
    report(&sandbox, &["-o", "a.tar.gz"]);
    assert_eq!(names(&sandbox), [".neo4jbackup-notes.tmp", "a.tar.gz"]);
    assert!(Path::new(&sandbox.path("a.tar.gz")).exists());
}
