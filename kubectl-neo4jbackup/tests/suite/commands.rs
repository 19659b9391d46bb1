//! The other commands, all of which work without a cluster and without a network.

use insta::assert_snapshot;

use crate::support::{Sandbox, root};

#[test]
fn explain_renders_a_page_for_a_terminal() {
    let sandbox = Sandbox::new().set("COLUMNS", "80");
    let run = sandbox.run(&["explain", "nb1002"]);
    assert_snapshot!(run.stdout);
    assert_eq!(run.exit, 0);
    assert_eq!(sandbox.run(&["explain", "duplicate-key"]).stdout, run.stdout);
    let json: serde_json::Value =
        serde_json::from_str(&sandbox.run(&["explain", "NB1002", "-o", "json"]).stdout).unwrap();
    assert_eq!(json["name"], "duplicate-key");
}

#[test]
fn explain_lists_every_rule() {
    let sandbox = Sandbox::new();
    let json: serde_json::Value =
        serde_json::from_str(&sandbox.run(&["explain", "--list", "-o", "json"]).stdout).unwrap();
    let rules = json["items"].as_array().unwrap();
    let text = sandbox.run(&["explain", "--list"]).stdout;
    for rule in rules {
        let code = rule["code"].as_str().unwrap();
        assert!(text.contains(code), "{code}");
        assert_eq!(sandbox.run(&["explain", code]).exit, 0);
    }
}

#[test]
fn explain_knows_what_was_meant() {
    let run = Sandbox::new().run(&["explain", "duplicate-keys"]);
    assert_eq!((run.exit, run.stdout.as_str()), (2, ""));
    assert_eq!(
        run.stderr,
        "error: there is no rule `duplicate-keys`; did you mean `duplicate-key`?\n"
    );
}

#[test]
fn schema_prints_the_schema_that_is_published() {
    let sandbox = Sandbox::new();
    let run = sandbox.run(&["schema", "neo4jbackups", "--operator-version", "1.12"]);
    let published = std::fs::read_to_string(root().join("docs/schemas/neo4jbackup.v1beta1-legacy.json")).unwrap();
    assert!(run.stdout == published);
    assert_snapshot!(sandbox.run(&["schema"]).stdout);
    let run = sandbox.run(&["schema", "neo4jbakup"]);
    assert_eq!(
        (run.exit, run.stderr.as_str()),
        (2, "error: there is no kind `neo4jbakup`; did you mean `Neo4jBackup`?\n")
    );
}

#[test]
fn policies_prints_the_rules_that_are_asked_for() {
    let sandbox = Sandbox::new();
    let all = sandbox.run(&["policies"]);
    assert_eq!((all.exit, all.stderr.as_str()), (0, ""));
    let folder = root().join("charts/neo4jbackup-webhook/files/policies");
    for file in ["guard.yaml", "rules.yaml", "defaults.yaml"] {
        let text = std::fs::read_to_string(folder.join(file)).unwrap();
        let (_, text) = text.split_once('\n').unwrap();
        assert!(all.stdout.contains(text), "{file} of the chart is not printed");
    }
    let denies = |stdout: &str, code: &str| stdout.contains(&format!("expression: variables.{code} == []"));
    let less = sandbox.run(&[
        "policies",
        "--skip",
        "schedule-invalid,nb7003",
        "--no-guard",
        "--no-defaults",
    ]);
    assert!(!less.stdout.contains("kind: MutatingAdmissionPolicy") && !less.stdout.contains("neo4jbackup-guard"));
    for code in ["NB5001", "NB7003"] {
        assert!(denies(&all.stdout, code) && !denies(&less.stdout, code), "{code}");
    }
    let warned = sandbox.run(&["policies", "--warn", "NB5001"]).stdout;
    let (before, behind) = warned
        .split_once("name: neo4jbackup-rules-warn\n  spec:\n    failurePolicy")
        .unwrap();
    assert!(!denies(before, "NB5001") && denies(behind, "NB5001"));
}

#[test]
fn policies_knows_what_no_policy_can_say() {
    let sandbox = Sandbox::new();
    for (rule, words) in [
        (
            "NB1002",
            "error: no policy has the rule NB1002: the API server only sees one of the values\n",
        ),
        (
            "schedule-invalit",
            "error: there is no rule `schedule-invalit`; did you mean `schedule-invalid`?\n",
        ),
    ] {
        for flag in ["--skip", "--warn"] {
            let run = sandbox.run(&["policies", flag, rule]);
            assert_eq!((run.exit, run.stdout.as_str(), run.stderr.as_str()), (2, "", words));
        }
    }
}

#[test]
fn schedule_next_prints_one_object_for_each_expression() {
    let sandbox = Sandbox::new();
    let run = sandbox.run(&[
        "schedule",
        "next",
        "0 2 * * *",
        "0 0 2 * * *",
        "0 0 31 2 *",
        "--count",
        "2",
        "-o",
        "json",
    ]);
    assert_snapshot!(run.stdout);
    assert_eq!(run.exit, 1);
    let streamed = sandbox.run_with(
        "0 2 * * *\r\n0 0 2 * * *\n0 0 31 2 *",
        &["schedule", "next", "--stdin", "--count", "2", "-o", "json"],
    );
    assert_eq!((streamed.exit, streamed.stdout), (1, run.stdout));
}

#[test]
fn schedule_next_answers_each_line_that_a_program_writes() {
    let run = Sandbox::new().run_with("@daily\n\n@hourly\n", &["schedule", "next", "--stdin", "-o", "json"]);
    let valid: Vec<bool> = run
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["valid"] == true)
        .collect();
    assert_eq!((run.exit, valid), (1, vec![true, false, true]));
    let run = Sandbox::new().run_with("@daily\n\n@hourly\n", &["schedule", "next", "--stdin"]);
    assert_eq!(run.exit, 0, "{}", run.stdout);
}

#[test]
fn schedule_next_counts_in_the_zone_that_is_asked_for() {
    let sandbox = Sandbox::new();
    let zone = |zone: &str| {
        sandbox.run(&[
            "schedule",
            "next",
            "30 2 * * *",
            "--from",
            "2026-03-28T00:00:00Z",
            "--count",
            "2",
            "--time-zone",
            zone,
        ])
    };
    assert_snapshot!(zone("Europe/Berlin").stdout);
    let wrong = zone("europe/berlin");
    assert_eq!(wrong.exit, 2);
    assert!(
        wrong.stderr.contains("did you mean `Europe/Berlin`?"),
        "{}",
        wrong.stderr
    );
}

#[test]
fn version_says_what_is_built_in() {
    let json: serde_json::Value = serde_json::from_str(&Sandbox::new().run(&["version", "-o", "json"]).stdout).unwrap();
    assert_eq!(json["clientVersion"], env!("CARGO_PKG_VERSION"));
    assert!(json["timeZoneData"].as_str().unwrap().starts_with("20"));
    assert!(json["rules"].as_u64().unwrap() > 2);
}

#[test]
fn help_goes_to_standard_output_and_mistakes_to_standard_error() {
    let sandbox = Sandbox::new();
    let help = sandbox.run(&["lint", "--help"]);
    assert!(
        help.exit == 0 && help.stdout.contains("Usage: kubectl neo4jbackup lint"),
        "{}",
        help.stdout
    );
    for arguments in [
        &["lnit"][..],
        &["explain"],
        &["schedule", "next"],
        &["lint", "--diff", "x"],
    ] {
        let run = sandbox.run(arguments);
        assert_eq!((run.exit, run.stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(!run.stderr.is_empty());
    }
}

#[test]
fn the_page_of_the_command_line_is_fresh() {
    let page = std::fs::read_to_string(root().join("docs/cli.md")).unwrap_or_default();
    assert!(
        page == kubectl_neo4jbackup::cli::markdown(),
        "docs/cli.md is stale; run `cargo xtask gen`"
    );
}
