//! Each format of the report, as it is read by people and by other programs.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::{SIX_FIELDS, Sandbox, rich};

const FORMATS: [&str; 10] = [
    "text", "table", "short", "json", "yaml", "sarif", "junit", "github", "gitlab", "markdown",
];

/// A run that has everything that a format can show, and a file that cannot be read.
fn render(format: &str) -> String {
    let version = ["--operator-version", "1.14"];
    rich()
        .run(&[&["lint", "deploy.yaml", "absent.yaml", "-o", format], &version[..]].concat())
        .stdout
}

/// The other tests rest on it.
#[test]
fn what_is_rendered_has_everything() {
    let report: Value = serde_json::from_str(&render("json")).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let any = |is_so: &dyn Fn(&Value) -> bool| findings.iter().any(is_so);
    for severity in ["error", "warning", "info"] {
        assert!(any(&|finding| finding["severity"] == severity), "{severity}");
    }
    for kind in ["safe", "unsafe", "default"] {
        assert!(any(&|finding| finding["fix"]["kind"] == kind), "{kind}");
    }
    assert!(any(&|finding| finding["fix"].is_null()));
    assert!(any(&|finding| finding["evidence"] != json!([])));
    assert!(any(&|finding| finding["suppressed"]["by"] == "comment"));
    let skipped = report["skipped"].as_array().unwrap();
    assert!(skipped.iter().any(|skipped| skipped["code"].is_null()));
    assert!(skipped.iter().any(|skipped| !skipped["code"].is_null()));
    assert!(report["summary"]["documents"].as_u64() > Some(1));
}

#[test]
fn text() {
    assert_snapshot!(render("text"));
}

#[test]
fn text_in_color() {
    let run = Sandbox::with(SIX_FIELDS).run(&["lint", "backup.yaml", "--only", "NB5001", "--color", "always"]);
    assert!(run.stdout.contains("\u{1b}["));
    let plain = Sandbox::with(SIX_FIELDS).set("NO_COLOR", "1");
    assert!(!plain.run(&["lint", "backup.yaml"]).stdout.contains('\u{1b}'));
}

#[test]
fn text_fits_a_narrow_terminal() {
    let sandbox = Sandbox::with(SIX_FIELDS).set("COLUMNS", "80");
    let run = sandbox.run(&["lint", "backup.yaml"]);
    let long: Vec<&str> = run
        .stdout
        .lines()
        .filter(|line| line.chars().count() > 80 && !line.contains("= field: "))
        .collect();
    assert!(long.is_empty(), "{long:#?}");
}

#[test]
fn table() {
    assert_snapshot!(render("table"));
}

#[test]
fn short() {
    assert_snapshot!(render("short"));
}

#[test]
fn json() {
    assert_snapshot!(render("json"));
}

#[test]
fn yaml() {
    assert_snapshot!(render("yaml"));
}

#[test]
fn junit() {
    assert_snapshot!(render("junit"));
}

#[test]
fn github() {
    assert_snapshot!(render("github"));
}

#[test]
fn gitlab() {
    assert_snapshot!(render("gitlab"));
}

#[test]
fn markdown() {
    assert_snapshot!(render("markdown"));
}

/// What GitHub asks of every place in a report, all of which it refuses otherwise; and nothing may lead out of the checkout.
fn assert_places(log: &Value) {
    for result in log["runs"][0]["results"].as_array().unwrap() {
        let related = result["relatedLocations"].as_array().into_iter().flatten();
        let own = result["locations"].as_array().unwrap();
        assert!(!own.is_empty(), "{result:#}");
        for place in own.iter().chain(related) {
            let uri = place["physicalLocation"]["artifactLocation"]["uri"].as_str();
            let uri = uri.unwrap_or_else(|| panic!("a place without an address: {place:#}"));
            let leads_out = uri.contains([':', '\\']) || uri.split('/').any(|part| matches!(part, "" | "." | ".."));
            assert!(!leads_out, "{uri}");
            assert!(
                place["physicalLocation"]["region"]["startLine"].as_u64() >= Some(1),
                "{place:#}"
            );
        }
    }
}

#[test]
fn sarif() {
    let mut log: Value = serde_json::from_str(&render("sarif")).unwrap();
    assert_places(&log);
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    assert!(rules.len() > 2);
    for rule in rules {
        assert!(
            rule["help"]["markdown"]
                .as_str()
                .is_some_and(|help| help.contains("## ")),
            "{rule}"
        );
    }
    let rules = rules.clone();
    for result in log["runs"][0]["results"].as_array_mut().unwrap() {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        // It moves with every new rule.
        result["ruleIndex"] = 0.into();
    }
    let run = &log["runs"][0];
    let shown = json!({"invocations": run["invocations"], "results": run["results"]});
    assert_snapshot!(serde_json::to_string_pretty(&shown).unwrap());
}

#[test]
fn sarif_of_a_clean_run_has_results() {
    let run = Sandbox::with(SIX_FIELDS).run(&["lint", "backup.yaml", "--only", "NB1002", "-o", "sarif"]);
    let log: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(log["runs"][0]["results"], json!([]));
    assert_eq!(log["runs"][0]["columnKind"], "unicodeCodePoints");
}

#[test]
fn pipelines_get_the_places_of_the_repository_and_no_others() {
    let sandbox = Sandbox::new();
    sandbox.write("repo/.git/HEAD", "");
    sandbox.write("repo/deploy/a b.yaml", SIX_FIELDS);
    sandbox.write("elsewhere.yaml", SIX_FIELDS.replace("nightly", "other"));
    let absolute = sandbox.path("repo/deploy/a b.yaml");
    let lint = |stdin: &str, arguments: &[&str]| {
        let arguments = [&["lint", "--only", "NB5001", "-o"], arguments].concat();
        sandbox.run_in("repo/deploy", stdin, &arguments)
    };
    for inside in ["a b.yaml", "../deploy/./a b.yaml", absolute.to_str().unwrap()] {
        let run = lint("", &["sarif", inside, "../../elsewhere.yaml"]);
        let log: Value = serde_json::from_str(&run.stdout).unwrap();
        assert_places(&log);
        let results = log["runs"][0]["results"].to_string();
        assert!(!results.contains("elsewhere.yaml"), "{results}");
        let locations: Vec<&Value> = log["runs"][0]["results"]
            .as_array()
            .unwrap()
            .iter()
            .map(|result| &result["locations"][0])
            .collect();
        assert_eq!(
            locations[0]["physicalLocation"]["artifactLocation"]["uri"],
            "deploy/a%20b.yaml"
        );
        // What is not in the repository stands at the name of its object, and has no fix there.
        assert_eq!(
            locations[1]["physicalLocation"],
            json!({"artifactLocation": {"uri": "Neo4jBackup/graph/other"}, "region": {"startLine": 1}})
        );
        assert_eq!(
            locations[1]["logicalLocations"][0]["fullyQualifiedName"],
            "Neo4jBackup/graph/other spec.schedule"
        );
        assert_eq!(log["runs"][0]["results"][1]["fixes"], Value::Null);
        let run = lint("", &["gitlab", inside]);
        let issues: Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(issues[0]["location"]["path"], "deploy/a b.yaml");
        let run = lint("", &["github", inside]);
        assert!(
            run.stdout.starts_with("::error file=deploy/a b.yaml,line=10,"),
            "{}",
            run.stdout
        );
    }
    let run = lint(SIX_FIELDS, &["sarif", "-", "absent.yaml", "/absent.yaml"]);
    let log: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_places(&log);
    assert_eq!(
        log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
        "Neo4jBackup/graph/nightly"
    );
    let notifications = &log["runs"][0]["invocations"][0]["toolExecutionNotifications"];
    let place = |number: usize| &notifications[number]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert_eq!(
        (place(0), place(1)),
        (&"deploy/absent.yaml".into(), &Value::Null),
        "{notifications:#}"
    );
}

#[test]
fn what_is_piped_has_a_place_for_code_scanning_whatever_it_is_called() {
    let sandbox = Sandbox::new();
    sandbox.write("repo/.git/HEAD", "");
    sandbox.write("broken.yaml", "apiVersion: neo4j.neo4j.com/v1beta1\nkind: [\n");
    // Two backups at the same minute name each other; others are called so that a path or an address could come of it.
    let named = |name: &str| SIX_FIELDS.replace("0 0 2 * * *", "0 2 * * *").replace("nightly", name);
    let rendered = [
        "first",
        "second",
        "../../x",
        "//example.org/x",
        "https:x",
        "'\"\\\\..\"'",
    ]
    .map(named)
    .join("---\n");
    let lint = |stdin: &str| {
        let run = sandbox.run_in("repo", stdin, &["lint", "-", "../broken.yaml", "-o", "sarif"]);
        let log: Value = serde_json::from_str(&run.stdout).unwrap();
        assert_places(&log);
        log["runs"][0]["results"].clone()
    };
    let results = lint(&rendered);
    let with_related = |result: &&Value| result["relatedLocations"].is_array();
    assert!(results.as_array().unwrap().iter().any(|result| with_related(&result)));
    let texts = results.to_string();
    assert!(
        !texts.contains("broken.yaml") && texts.contains("\"elsewhere\""),
        "{texts}"
    );
    assert!(lint("kind: [\n").to_string().contains("\"stdin\""));
}

#[test]
fn more_results_than_github_takes_are_cut_and_that_is_said() {
    let sandbox = Sandbox::new();
    let backup = |number: usize, more: &str, schedule: &str, account: &str| {
        format!(
            "{{\"apiVersion\": \"neo4j.neo4j.com/v1beta1\", \"kind\": \"Neo4jBackup\", \"metadata\": {{\"name\": \"b{number}\"{more}}}, \"spec\": \
             {{\"instanceRef\": \"i{number}\", \"schedule\": \"{schedule}\", \"storage\": {{\"type\": \"s3\", \"bucket\": \"b\", \"cloud\": {{\"provider\": \
             \"aws\", \"identity\": {{\"provider\": \"aws\", \"autoCreate\": {{\"enabled\": true, \"annotations\": {{\"eks.amazonaws.com/role-arn\": \
             \"arn:aws:iam::{account}:role/r\"}}}}}}}}}}}}}}\n---\n"
        )
    };
    let warned: String = (0..40)
        .map(|number| backup(number, "", "0 2 * * *", "123456789012"))
        .collect();
    // Of which somebody has accepted some.
    let accepted = ", \"annotations\": {\"neo4jbackup.github.io/ignore-NB5001\": \"known\"}";
    let wrong: String = (0..25_000)
        .map(|number| {
            let more = if number < 30 { accepted } else { "" };
            backup(number, more, "0 0 2 * * *", "210987654321")
        })
        .collect();
    sandbox.write("a.yaml", warned);
    sandbox.write("b.yaml", wrong);
    let run = sandbox.run(&[
        "lint",
        ".",
        "--only",
        "NB5001,NB3009",
        "-o",
        "sarif=cut.sarif",
        "-o",
        "short",
    ]);
    let cut = "SARIF: GitHub takes no more than 25000 results of a run, so 40 of 25040 were left out: what is accepted first, then \
               the least severe";
    assert!(run.stderr.contains(&format!("warning: {cut}\n")), "{}", run.stderr);
    assert_eq!(run.stdout.lines().filter(|line| line.contains(" NB3009 ")).count(), 40);
    let log: Value = serde_json::from_str(&sandbox.read("cut.sarif")).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 25_000);
    // What nobody has accepted is there, and of that the least severe are what is cut.
    assert!(results.iter().all(|result| result["suppressions"].is_null()));
    assert_eq!(results.iter().filter(|result| result["ruleId"] == "NB3009").count(), 30);
    let notification = &log["runs"][0]["invocations"][0]["toolExecutionNotifications"][0];
    assert_eq!(
        (&notification["level"], &notification["message"]["text"]),
        (&"warning".into(), &cut.into())
    );
}

/// Every kind of outcome, in every format.
#[test]
fn the_exit_code_is_the_same_for_every_format() {
    let sandbox = Sandbox::with(SIX_FIELDS);
    sandbox.write("twice.yaml", "kind: A\nkind: B\n");
    sandbox.write("other.yaml", "kind: ConfigMap\napiVersion: v1\n");
    let outcomes: [(u8, &[&str]); 8] = [
        (0, &["lint", "backup.yaml", "--only", "NB1002"]),
        (0, &["lint", "backup.yaml", "--only", "NB5001", "--fail-on", "never"]),
        (1, &["lint", "backup.yaml", "--only", "NB5001"]),
        (1, &["lint", "backup.yaml", "--only", "NB5001", "absent.yaml"]),
        (
            2,
            &["lint", "backup.yaml", "--only", "NB5001", "--skip", "no-such-rule"],
        ),
        (3, &["lint", "other.yaml"]),
        (3, &["lint", "backup.yaml", "--only", "NB1002", "absent.yaml"]),
        (0, &["lint", "other.yaml", "absent.yaml", "--allow-incomplete"]),
    ];
    for (exit, arguments) in outcomes {
        for format in FORMATS {
            let arguments = [arguments, &["-o", format]].concat();
            let run = sandbox.run(&arguments);
            assert_eq!(run.exit, exit, "{arguments:?}\n{}{}", run.stdout, run.stderr);
        }
    }
}

#[test]
fn one_format_on_standard_output_and_others_in_files() {
    let sandbox = Sandbox::with(SIX_FIELDS);
    let run = sandbox.run(&[
        "lint",
        "backup.yaml",
        "-o",
        "short",
        "-o",
        "sarif=lint.sarif",
        "-o",
        "junit=lint.xml",
    ]);
    assert_eq!(run.exit, 1);
    assert!(
        run.stdout.starts_with("backup.yaml:10:13: error NB5001 "),
        "{}",
        run.stdout
    );
    assert!(sandbox.read("lint.sarif").contains("\"version\": \"2.1.0\""));
    assert!(sandbox.read("lint.xml").starts_with("<?xml"));

    let run = sandbox.run(&["lint", "backup.yaml", "-o", "short", "-o", "json"]);
    assert_eq!((run.exit, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains("-o json=FILE"), "{}", run.stderr);
    let run = sandbox.run(&["lint", "backup.yaml", "-o", "jsno"]);
    assert_eq!(run.stderr, "error: there is no format `jsno`; did you mean `json`?\n");
}

#[test]
fn what_a_manifest_holds_steers_neither_terminal_nor_workflow() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "a,b:c%.yaml",
        SIX_FIELDS.replace("0 0 2 * * *", "0 2 * * \\e[31m\\r\\n::error::x"),
    );
    for format in ["text", "short", "table", "github", "markdown"] {
        let run = sandbox.run(&["lint", "a,b:c%.yaml", "--only", "NB5001", "-o", format]);
        assert!(!run.stdout.contains(['\u{1b}', '\r']), "{format}: {}", run.stdout);
        assert!(
            !run.stdout.lines().any(|line| line.starts_with("::error::")),
            "{}",
            run.stdout
        );
        assert_eq!(run.exit, 1);
    }
    let run = sandbox.run(&["lint", "a,b:c%.yaml", "--only", "NB5001", "-o", "github"]);
    assert!(
        run.stdout.starts_with("::error file=a%2Cb%3Ac%25.yaml,line="),
        "{}",
        run.stdout
    );
}
