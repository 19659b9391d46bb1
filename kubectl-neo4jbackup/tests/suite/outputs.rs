//! What reports and baselines are written over, and what they are not.

use std::fs;
#[cfg(unix)]
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};

use crate::support::{Run, SIX_FIELDS, Sandbox};

fn lint(sandbox: &Sandbox, arguments: &[&str]) -> Run {
    sandbox.run(&[&["lint", "--only", "NB5001"], arguments].concat())
}

#[test]
fn a_report_never_replaces_what_is_linted() {
    let sandbox = Sandbox::with(SIX_FIELDS);
    sandbox.write("deploy/backup.yaml", SIX_FIELDS);
    fs::hard_link(sandbox.path("backup.yaml"), sandbox.path("second")).unwrap();
    for (paths, output) in [
        ("backup.yaml", "backup.yaml"),
        ("backup.yaml", "./deploy/../backup.yaml"),
        (".", "backup.yaml"),
        ("backup.yaml", "second"),
        ("deploy", "deploy/backup.yaml"),
    ] {
        let run = lint(&sandbox, &[paths, "-o", &format!("json={output}")]);
        assert_eq!((run.exit, run.stdout.as_str()), (4, ""), "{}", run.stderr);
        assert!(
            run.stderr.starts_with(&format!(
                "error: `-o json={output}` would replace {output}, which is what is linted as "
            )),
            "{}",
            run.stderr
        );
        assert!(
            run.stderr.ends_with("backup.yaml; give the report another name\n"),
            "{}",
            run.stderr
        );
    }
    let run = lint(
        &sandbox,
        &["backup.yaml", "--baseline", "backup.yaml", "--write-baseline"],
    );
    assert_eq!(run.exit, 4);
    assert_eq!(
        run.stderr,
        "error: `--write-baseline` would replace backup.yaml, which is what is linted as backup.yaml; name another file with --baseline\n"
    );
    for name in ["backup.yaml", "deploy/backup.yaml"] {
        assert_eq!(sandbox.read(name), SIX_FIELDS);
    }
}

#[test]
fn a_report_never_replaces_a_manifest_the_settings_or_a_baseline() {
    let sandbox = Sandbox::with(SIX_FIELDS);
    sandbox.write("other.yaml", "apiVersion: v1\nkind: Secret\n");
    sandbox.write(".neo4jbackup.yaml", "baseline: known.json\n");
    assert_eq!(
        lint(
            &sandbox,
            &["backup.yaml", "--baseline", "known.json", "--write-baseline"]
        )
        .exit,
        0
    );
    let known = sandbox.read("known.json");
    for (arguments, why) in [
        (
            &["-o", "json=other.yaml"][..],
            "which holds a Kubernetes manifest (Secret)",
        ),
        (
            &["-o", "json=.neo4jbackup.yaml"],
            "which holds the settings of this run",
        ),
        (
            &["-o", "json=known.json"],
            "which is the baseline known.json of this run",
        ),
        (
            &["-o", "json=known.json", "--baseline", "new.json", "--write-baseline"],
            "which is a baseline",
        ),
        (
            &["--baseline", "other.yaml", "--write-baseline"],
            "which no run has written as a baseline",
        ),
        (
            &["--baseline", ".neo4jbackup.yaml", "--write-baseline"],
            "which holds the settings of this run",
        ),
    ] {
        let run = lint(&sandbox, &[&["backup.yaml"], arguments].concat());
        assert_eq!((run.exit, run.stdout.as_str()), (4, ""), "{arguments:?} {}", run.stderr);
        assert!(run.stderr.contains(why), "{}", run.stderr);
    }
    assert_eq!(sandbox.read("known.json"), known);
    assert!(
        !sandbox.path("new.json").exists(),
        "nothing is written before everything is looked at"
    );
    // Written again, by whoever wrote it.
    assert_eq!(
        lint(
            &sandbox,
            &["backup.yaml", "--baseline", "known.json", "--write-baseline"]
        )
        .exit,
        0
    );
    for format in ["json", "yaml", "sarif", "text", "markdown", "junit", "gitlab"] {
        for _ in 0..2 {
            let run = lint(&sandbox, &["backup.yaml", "-o", &format!("{format}=report")]);
            assert_eq!(run.exit, 0, "{format}: {}", run.stderr);
            fs::rename(sandbox.path("report"), sandbox.path(&format!("report.{format}"))).unwrap();
            fs::copy(sandbox.path(&format!("report.{format}")), sandbox.path("report")).unwrap();
        }
        fs::remove_file(sandbox.path("report")).unwrap();
    }
}

/// In the folder that is linted, the report of the last run is found among the inputs.
#[test]
fn a_run_may_be_repeated() {
    let sandbox = Sandbox::with(SIX_FIELDS);
    sandbox.write("values.yaml", "backup: {}\n");
    for output in [
        "json=a.json",
        "yaml=b.yaml",
        "sarif=c.json",
        "gitlab=d.json",
        "text=e.txt",
    ] {
        for round in 1..=3 {
            let run = lint(&sandbox, &[".", "-o", output]);
            assert_eq!(run.exit, 1, "{output}, round {round}: {}", run.stderr);
        }
    }
    let run = lint(&sandbox, &[".", "-o", "json=values.yaml"]);
    assert_eq!(run.exit, 4, "{}", run.stderr);
    assert_eq!(
        lint(&sandbox, &["a.json", "-o", "json=a.json"]).exit,
        4,
        "it was named as an input"
    );
}

#[test]
fn two_reports_do_not_go_to_one_file() {
    let sandbox = Sandbox::with(SIX_FIELDS);
    let run = lint(&sandbox, &["backup.yaml", "-o", "json=out", "-o", "sarif=./out"]);
    assert_eq!(run.exit, 2);
    assert_eq!(
        run.stderr,
        "error: `-o json=out` and `-o sarif=./out` write to one file; give one of them another name\n"
    );
    let run = lint(&sandbox, &["backup.yaml", "-o", "json=absent/out"]);
    assert_eq!(
        (run.exit, run.stderr.as_str()),
        (2, "error: absent/out cannot be written: its folder does not exist\n")
    );
    let run = lint(&sandbox, &["backup.yaml", "-o", "json=."]);
    assert_eq!(
        (run.exit, run.stderr.as_str()),
        (2, "error: . cannot be written: it is a folder\n")
    );
}

#[cfg(unix)]
#[test]
fn a_link_does_not_choose_what_is_replaced() {
    let sandbox = Sandbox::with(SIX_FIELDS);
    let outside = Sandbox::new();
    outside.write("authorized_keys", "ssh-ed25519 A\n");
    symlink(outside.path("authorized_keys"), sandbox.path("report.json")).unwrap();
    symlink(outside.path("."), sandbox.path("out")).unwrap();
    symlink("nowhere", sandbox.path("new.json")).unwrap();
    symlink("backup.yaml", sandbox.path("same.json")).unwrap();
    let absolute = sandbox.path("out/authorized_keys").display().to_string();
    for output in [
        "report.json",
        "out/authorized_keys",
        "out/new",
        "new.json",
        "same.json",
        &absolute,
    ] {
        let run = lint(&sandbox, &["backup.yaml", "-o", &format!("json={output}")]);
        assert_eq!((run.exit, run.stdout.as_str()), (4, ""), "{output}: {}", run.stderr);
    }
    assert_eq!(outside.read("authorized_keys"), "ssh-ed25519 A\n");
    assert!(!outside.path("new").exists());
    assert_eq!(sandbox.read("backup.yaml"), SIX_FIELDS);
    // Named itself it is written, and a link that stays below stays a link.
    let named = outside.path("new").display().to_string();
    assert_eq!(lint(&sandbox, &["backup.yaml", "-o", &format!("json={named}")]).exit, 1);
    assert!(outside.read("new").contains("LintReport"));
    sandbox.write("reports/today.json", "");
    symlink("reports/today.json", sandbox.path("latest.json")).unwrap();
    assert_eq!(lint(&sandbox, &["backup.yaml", "-o", "json=latest.json"]).exit, 1);
    assert!(sandbox.read("reports/today.json").contains("LintReport"));
    assert!(fs::symlink_metadata(sandbox.path("latest.json")).unwrap().is_symlink());
}

#[cfg(unix)]
#[test]
fn a_report_keeps_the_permissions_and_nobody_sees_half_of_it() {
    let sandbox = Sandbox::with(SIX_FIELDS);
    sandbox.write("report.json", "old");
    fs::set_permissions(sandbox.path("report.json"), fs::Permissions::from_mode(0o600)).unwrap();
    let before = fs::metadata(sandbox.path("report.json")).unwrap();
    let reader = fs::File::open(sandbox.path("report.json")).unwrap();
    assert_eq!(lint(&sandbox, &["backup.yaml", "-o", "json=report.json"]).exit, 1);
    let after = fs::metadata(sandbox.path("report.json")).unwrap();
    assert_eq!(after.mode() & 0o777, 0o600);
    assert_ne!(after.ino(), before.ino(), "it is another file under the same name");
    assert_eq!(std::io::read_to_string(reader).unwrap(), "old");
    assert_eq!(
        fs::read_dir(sandbox.path(".")).unwrap().count(),
        2,
        "nothing else is left in the folder"
    );
}
