//! What `lint` can be told: rules, severities, fixes, baselines, settings.

use std::fs;
use std::sync::{Arc, Mutex};

use insta::assert_snapshot;

use serde_json::{Value, json};

use crate::api_server::ApiServer;
use crate::support::{SIX_FIELDS, Sandbox};

#[test]
fn fix_mends_the_file_and_keeps_its_comments() {
    let sandbox = Sandbox::with(SIX_FIELDS);
    let run = sandbox.run(&["lint", "backup.yaml", "--only", "NB5001", "--fix"]);
    assert_eq!((run.exit, run.stderr.as_str()), (0, "fixed 1 finding in 1 file\n"));
    assert_eq!(
        sandbox.read("backup.yaml"),
        SIX_FIELDS.replace("0 0 2 * * *", "0 2 * * *")
    );
    let again = sandbox.run(&["lint", "backup.yaml", "--only", "NB5001", "--fix"]);
    assert_eq!((again.exit, again.stderr.as_str()), (0, ""));
}

#[cfg(unix)]
#[test]
fn fix_keeps_permissions_and_links() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let sandbox = Sandbox::with(SIX_FIELDS);
    fs::set_permissions(sandbox.path("backup.yaml"), fs::Permissions::from_mode(0o640)).unwrap();
    symlink("backup.yaml", sandbox.path("link.yaml")).unwrap();
    assert_eq!(sandbox.run(&["lint", "link.yaml", "--only", "NB5001", "--fix"]).exit, 0);
    assert!(fs::symlink_metadata(sandbox.path("link.yaml")).unwrap().is_symlink());
    assert!(sandbox.read("backup.yaml").contains("\"0 2 * * *\""));
    let mode = fs::metadata(sandbox.path("backup.yaml")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
    assert_eq!(
        fs::read_dir(sandbox.path(".")).unwrap().count(),
        2,
        "nothing else is left in the folder"
    );
}

#[test]
fn diff_shows_the_change_and_writes_nothing() {
    let sandbox = Sandbox::with(SIX_FIELDS);
    let run = sandbox.run(&["lint", "backup.yaml", "--only", "NB5001", "--fix", "--diff"]);
    assert_snapshot!(run.stdout);
    assert_eq!(run.exit, 1);
    assert_eq!(sandbox.read("backup.yaml"), SIX_FIELDS);
}

#[test]
fn fix_of_standard_input_goes_to_standard_output() {
    let run = Sandbox::new().run_with(SIX_FIELDS, &["lint", "-", "--only", "NB5001", "--fix"]);
    assert_eq!(run.exit, 0);
    assert_eq!(run.stdout, SIX_FIELDS.replace("0 0 2 * * *", "0 2 * * *"));
}

#[test]
fn a_baseline_accepts_what_was_there_and_nothing_new() {
    let sandbox = Sandbox::with(SIX_FIELDS);
    let lint = |more: &[&str]| {
        let arguments = [
            "lint",
            "backup.yaml",
            "--only",
            "NB5001,NB7001",
            "--baseline",
            "known.json",
        ];
        sandbox.run(&[&arguments, more].concat())
    };
    assert_eq!(lint(&[]).exit, 2, "a baseline that is not there is a mistake");
    let run = lint(&["--write-baseline"]);
    assert_eq!(run.exit, 0, "{}", run.stderr);
    assert_snapshot!("baseline", sandbox.read("known.json"));
    let run = lint(&[]);
    assert_eq!((run.exit, run.stderr.as_str()), (0, ""));
    assert!(run.stdout.contains("1 accepted"), "{}", run.stdout);

    // Lines before it do not bring it back; another mistake counts.
    sandbox.write(
        "backup.yaml",
        format!("# one\n# two\n{}", SIX_FIELDS.replace("    bucket: backups\n", "")),
    );
    let run = lint(&["-o", "short"]);
    assert_eq!(run.exit, 1);
    assert!(
        run.stdout.contains("NB7001") && !run.stdout.contains("NB5001"),
        "{}",
        run.stdout
    );

    sandbox.write("backup.yaml", SIX_FIELDS.replace("0 0 2 * * *", "0 2 * * *"));
    let run = lint(&[]);
    assert_eq!(run.exit, 0);
    assert_eq!(
        run.stderr,
        "note: the baseline lists what is no longer found: backup.yaml: NB5001 Neo4jBackup/graph/nightly spec.schedule\n"
    );
}

#[test]
fn settings_are_found_above_and_flags_go_before_them() {
    let sandbox = Sandbox::new();
    sandbox.write("repo/.git/HEAD", "");
    sandbox.write(
        "repo/.neo4jbackup.yaml",
        "failOn: never\nonly: [NB5001]\nexclude: [old/]\n",
    );
    sandbox.write("repo/deploy/backup.yaml", SIX_FIELDS);
    sandbox.write("repo/deploy/old/backup.yaml", SIX_FIELDS);
    let run = sandbox.run(&["lint", "repo/deploy", "-o", "short"]);
    assert_eq!(run.exit, 0);
    assert_eq!(run.stdout.lines().count(), 1, "{}", run.stdout);
    assert_eq!(sandbox.run(&["lint", "repo/deploy", "--fail-on", "error"]).exit, 1);

    let sandbox = sandbox.set("NEO4JBACKUP_FAIL_ON", "error");
    assert_eq!(
        sandbox.run(&["lint", "repo/deploy"]).exit,
        1,
        "the environment goes before the file"
    );
    assert_eq!(sandbox.run(&["lint", "repo/deploy", "--fail-on", "never"]).exit, 0);
}

#[test]
fn settings_of_the_current_folder_count_without_a_repository() {
    let sandbox = Sandbox::new();
    sandbox.write(".neo4jbackup.yaml", "failOn: never\n");
    sandbox.write("deploy/prod/backup.yaml", SIX_FIELDS);
    assert_eq!(sandbox.run(&["lint", "deploy/prod"]).exit, 0);
}

#[test]
fn settings_above_the_repository_do_not_count() {
    let sandbox = Sandbox::new();
    sandbox.write(".neo4jbackup.yaml", "failOn: never\n");
    sandbox.write("repo/.git/HEAD", "");
    sandbox.write("repo/backup.yaml", SIX_FIELDS);
    assert_eq!(sandbox.run(&["lint", "repo"]).exit, 1);
}

#[test]
fn a_mistake_in_the_settings_is_named() {
    let sandbox = Sandbox::with(SIX_FIELDS);
    sandbox.write(".neo4jbackup.yaml", "# ours\nfailon: never\n");
    let run = sandbox.run(&["lint", "backup.yaml"]);
    assert_eq!((run.exit, run.stdout.as_str()), (2, ""));
    assert_eq!(
        run.stderr,
        "error: .neo4jbackup.yaml:2: there is no key `failon`; did you mean `failOn`?\n"
    );
}

#[test]
fn a_mistake_in_the_environment_is_named() {
    let sandbox = Sandbox::with(SIX_FIELDS).set("NEO4JBACKUP_FAIL_ON", "errors");
    let run = sandbox.run(&["lint", "backup.yaml"]);
    assert_eq!(run.exit, 2);
    assert!(run.stderr.contains("NEO4JBACKUP_FAIL_ON"), "{}", run.stderr);
}

#[test]
fn rules_that_are_not_shown_still_fail() {
    let warning = SIX_FIELDS.replace("0 0 2 * * *", "* * * * *");
    let sandbox = Sandbox::with(&warning);
    let base = ["lint", "backup.yaml", "--only", "NB5xxx", "-o", "json"];
    let run = sandbox.run(&[&base[..], &["--fail-on", "warning", "--show", "error"]].concat());
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(run.exit, 1);
    assert_eq!(report["result"], "fail");
    assert_eq!(report["findings"], serde_json::json!([]));
    assert_eq!(report["summary"]["warnings"], 1);
    assert_eq!(sandbox.run(&base).exit, 0);
}

#[test]
fn an_unknown_rule_is_refused_with_advice() {
    let sandbox = Sandbox::with(SIX_FIELDS);
    for flag in ["--only", "--skip"] {
        let run = sandbox.run(&["lint", "backup.yaml", flag, "NB5001,schedul-invalid"]);
        assert_eq!(run.exit, 2);
        assert_eq!(
            run.stderr,
            "error: there is no rule `schedul-invalid`; did you mean `schedule-invalid`?\n"
        );
    }
}

#[test]
fn the_operator_version_is_checked_and_reported() {
    let sandbox = Sandbox::with(SIX_FIELDS);
    let run = sandbox.run(&["lint", "backup.yaml", "--operator-version", "1.12", "-o", "json"]);
    assert!(run.stdout.contains("\"operatorVersion\": \"1.12\""), "{}", run.stdout);
    let run = sandbox.run(&["lint", "backup.yaml", "--operator-version", "latest"]);
    assert_eq!(run.exit, 2);
    assert!(run.stderr.contains("write it as `1.14`"), "{}", run.stderr);
}

/// Longer than what one thread judges at a time.
#[test]
fn a_long_file_is_one_file() {
    let sandbox = Sandbox::new();
    let documents: Vec<String> = (0..600)
        .map(|number| SIX_FIELDS.replace("nightly", &format!("n{number}")))
        .collect();
    sandbox.write("long.yaml", documents.join("---\n"));
    let run = sandbox.run(&["lint", "long.yaml", "--only", "NB5001", "-o", "json"]);
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(report["summary"]["documents"], 600);
    let findings = report["findings"].as_array().unwrap();
    let lines: Vec<u64> = findings
        .iter()
        .map(|finding| finding["location"]["line"].as_u64().unwrap())
        .collect();
    let length = SIX_FIELDS.lines().count() as u64 + 1;
    assert_eq!(lines, (0..600).map(|number| number * length + 10).collect::<Vec<_>>());
    assert_eq!(sandbox.run(&["lint", "long.yaml", "--only", "NB5001", "--fix"]).exit, 0);
    assert_eq!(
        sandbox.read("long.yaml"),
        documents.join("---\n").replace("0 0 2 * * *", "0 2 * * *")
    );
}

#[test]
fn nothing_to_lint_is_said() {
    let sandbox = Sandbox::new();
    let run = sandbox.run(&["lint"]);
    assert_eq!(run.exit, 2);
    assert!(run.stderr.starts_with("error: say what to lint"), "{}", run.stderr);
    fs::create_dir(sandbox.path("empty")).unwrap();
    let run = sandbox.run(&["lint", "empty"]);
    assert_eq!(run.exit, 3);
    assert!(run.stdout.starts_with("nothing to judge"), "{}", run.stdout);
}

#[test]
fn the_same_report_every_time() {
    let sandbox = Sandbox::new();
    for number in 0..40 {
        sandbox.write(
            &format!("{number}.yaml"),
            SIX_FIELDS.replace("nightly", &format!("nightly-{number}")),
        );
    }
    let first = sandbox.run(&["lint", ".", "-o", "json"]).stdout;
    for _ in 0..5 {
        assert!(sandbox.run(&["lint", ".", "-o", "json"]).stdout == first);
    }
}

/// What was not checked and the paths that were asked for, of a manifest that an API server is asked about that welcomes everything.
fn asked_of_a_server(manifest: &str) -> (Vec<String>, Vec<String>) {
    let paths = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&paths);
    let server = ApiServer::start(move |path| {
        seen.lock().unwrap().push(path.to_owned());
        json!({})
    });
    let run = Sandbox::with(manifest).run(&[
        "lint",
        "backup.yaml",
        "--server-dry-run",
        "--server",
        &server.url,
        "-o",
        "json",
    ]);
    let report: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"));
    let skipped = report["skipped"].as_array().unwrap().iter();
    let skipped = skipped.filter(|skipped| skipped["code"].is_null());
    let reasons = skipped.map(|skipped| skipped["reason"].as_str().unwrap().to_owned());
    let paths = paths.lock().unwrap().clone();
    (reasons.collect(), paths)
}

#[test]
fn what_makes_no_question_for_the_api_server_is_not_sent_and_that_is_said() {
    let (not_checked, paths) = asked_of_a_server(SIX_FIELDS);
    let path = "/apis/neo4j.neo4j.com/v1beta1/namespaces/graph/neo4jbackups/nightly";
    assert_eq!((not_checked, paths), (vec![], vec![path.to_owned(); 2]));
    let head = "apiVersion: neo4j.neo4j.com/v1beta1\nkind: Neo4jBackup\n";
    for metadata in ["x", "[]", "3", "true"] {
        let (not_checked, paths) = asked_of_a_server(&format!("{head}metadata: {metadata}\nspec: {{}}\n"));
        assert!(
            not_checked.len() == 1
                && not_checked[0].starts_with("what the API server would say to Neo4jBackup: metadata is `"),
            "{not_checked:?}"
        );
        assert_eq!(paths, [""; 0]);
    }
    // A version that would end the path is none: what stands behind the path says that nothing is stored.
    for version in [
        "v1beta1/namespaces/graph/neo4jbackups/victim?x=",
        "v1beta1#",
        "",
        "../v1beta1",
        "v1beta1%3f",
    ] {
        let manifest = SIX_FIELDS.replace("neo4j.neo4j.com/v1beta1", &format!("\"neo4j.neo4j.com/{version}\""));
        let (not_checked, paths) = asked_of_a_server(&manifest);
        assert!(
            not_checked.len() == 1 && not_checked[0].contains("is no group and version; write neo4j.neo4j.com/v1beta1"),
            "{version}: {not_checked:?}"
        );
        assert_eq!(paths, [""; 0], "{version}");
    }
}
