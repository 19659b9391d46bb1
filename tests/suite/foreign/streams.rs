//! The program with hostile files, names and arguments: what it prints and writes, in every format.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use neo4jbackup_tests::fixture;
use neo4jbackup_tests::plugin::{self, Run};
use serde_json::Value;
use tempfile::TempDir;

use super::voice::{assert_lines, assert_markdown, command, is_hidden};
use super::{every_text, hostile, objects};

/// All formats but `github`, which is made of commands.
const FORMATS: [&str; 9] = [
    "text", "table", "short", "json", "yaml", "sarif", "junit", "gitlab", "markdown",
];

fn run(folder: &Path, arguments: &[&str]) -> Run {
    run_with(folder, "", &BTreeMap::new(), arguments)
}

fn run_with(folder: &Path, stdin: &str, environment: &BTreeMap<String, String>, arguments: &[&str]) -> Run {
    plugin::run_with(folder, stdin, environment.clone(), arguments)
}

#[test]
fn no_format_has_a_foreign_voice() {
    let texts = hostile::texts();
    let folder = TempDir::new().unwrap();
    let mut turn = 0;
    for fixture in fixture::all() {
        for case in &fixture.cases {
            for object in objects(case) {
                turn += 1;
                let versions = hostile::versions(&object, &texts[turn % texts.len()]);
                // Few of the places of each object: together the fixtures have a text in each of their fields.
                for (position, version) in versions.into_iter().enumerate().skip(turn % 29).step_by(29) {
                    let place = folder.path().join(format!("{}-{turn}-{position}.json", fixture.rule));
                    // As serde_json writes it: what JSON does not have to escape stands in the file as it is.
                    fs::write(place, version.to_string()).unwrap();
                }
            }
        }
    }
    check_formats(folder.path(), 500);
}

#[test]
fn no_name_of_a_file_has_a_foreign_voice() {
    let folder = TempDir::new().unwrap();
    let bad =
        "apiVersion: neo4j.neo4j.com/v1beta1\nkind: Neo4jBackup\nmetadata: {name: a}\nspec: {schedule: 0 0 2 * * *}\n";
    for text in hostile::texts() {
        let name: String = text
            .chars()
            .filter(|letter| !"/\0".contains(*letter))
            .take(40)
            .collect();
        fs::write(folder.path().join(format!("{name}.yaml")), bad).unwrap();
        fs::write(folder.path().join(format!("{name}.yml")), [0, 1, 2]).unwrap();
    }
    check_formats(folder.path(), 30);
}

/// Lints the folder into every format at once, and reads each as its reader does.
fn check_formats(folder: &Path, least: usize) {
    let outputs = TempDir::new().unwrap();
    let output = |format: &str| outputs.path().join(format).display().to_string();
    let mut arguments = vec!["lint".to_owned(), ".".to_owned()];
    for format in FORMATS.into_iter().chain(["github"]) {
        arguments.extend(["-o".to_owned(), format!("{format}={}", output(format))]);
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let run_of_all = run(folder, &arguments);
    assert_lines("standard output", &run_of_all.stdout);
    assert_lines("standard error", &run_of_all.stderr);
    let written = |format: &str| fs::read_to_string(output(format)).unwrap();
    for format in FORMATS {
        assert_lines(format, &written(format));
    }

    let report: Value = serde_json::from_str(&written("json")).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let open: Vec<&Value> = findings
        .iter()
        .filter(|finding| finding["suppressed"].is_null())
        .collect();
    assert!(open.len() > least, "only {} findings", open.len());
    for finding in findings {
        for said in ["message", "help", "field", "evidence"] {
            every_text(&finding[said], &mut |text| assert_lines(said, text));
        }
    }
    // The bounds of the library are for input of strangers; the report is ours.
    let unbounded = serde_saphyr::options! { budget: None };
    let yaml: Value = serde_saphyr::from_str_with_options(&written("yaml"), unbounded).unwrap();
    assert_eq!(yaml, report, "YAML says something else");
    let sentence = |finding: &&Value| {
        let part = |name: &str| finding[name].as_str().unwrap().to_owned();
        let help = part("help");
        let end = if help.is_empty() { help } else { format!("; {help}") };
        part("message") + &end
    };
    let sentences: Vec<String> = open.iter().map(sentence).collect();
    assert_markdown("markdown", &written("markdown"), &sentences);
    let sarif: Value = serde_json::from_str(&written("sarif")).unwrap();
    for result in sarif["runs"][0]["results"].as_array().unwrap() {
        let text = result["message"]["text"].as_str().unwrap();
        assert_lines("SARIF", text);
        assert!(!text.contains("]("), "a link in {text}");
    }
    let github = written("github");
    assert!(!github.chars().any(|letter| letter != '\n' && is_hidden(letter)));
    let commands: Vec<(String, String)> = github.lines().filter_map(command).collect();
    assert_eq!((commands.len(), github.lines().count()), (open.len(), open.len()));
    for ((name, data), finding) in commands.iter().zip(open) {
        assert!(["error", "warning", "notice"].contains(&name.as_str()), "{name}");
        assert!(data.starts_with(finding["message"].as_str().unwrap()), "{data}");
        assert_lines("the data of a command", data);
    }

    for narrow in ["40", "47", "61"] {
        let environment = BTreeMap::from([("COLUMNS".to_owned(), narrow.to_owned())]);
        for format in ["text", "table"] {
            let run = run_with(folder, "", &environment, &["lint", ".", "-o", format]);
            assert_lines(&format!("{format} in {narrow} columns"), &run.stdout);
        }
    }
    let run = run(folder, &["lint", ".", "--fix", "--unsafe", "--diff", "-o", "short"]);
    assert!(run.stdout.contains("\n@@ "), "nothing is fixed");
    assert_lines("the difference", &run.stdout);
    assert_lines("what is said of it", &run.stderr);
}

#[test]
fn no_source_has_a_foreign_voice() {
    for text in hostile::texts() {
        let folder = TempDir::new().unwrap();
        let bad = "spec:\n  schedule: \"0 0 2 * * *\" # ";
        let sources = [
            format!("apiVersion: neo4j.neo4j.com/v1beta1\nkind: Neo4jBackup\nmetadata: {{name: a}}\n{bad}{text}\n"),
            format!("a: \"{text}\nb: c\n"),
            format!("a: {text}: {text}\nb: [\n"),
            format!("a: *{text}\n"),
            format!("{text}: 1\n{text}: 2\n? [{text}]\n: x\n"),
            format!("{{\"apiVersion\": \"neo4j.neo4j.com/v1beta1\", \"kind\": \"Neo4jBackup\", \"{text}\": {text}}}"),
            format!("# neo4jbackup:ignore {text}\nkind: Neo4jBackup\napiVersion: neo4j.neo4j.com/v1beta1\n"),
        ];
        for (position, source) in sources.iter().enumerate() {
            fs::write(folder.path().join(format!("{position}.yaml")), source).unwrap();
        }
        for format in FORMATS {
            let run = run(folder.path(), &["lint", ".", "-o", format]);
            assert_lines(format, &run.stdout);
            assert_lines(format, &run.stderr);
        }
        let run = run(folder.path(), &["lint", ".", "--fix", "--diff", "--color", "never"]);
        assert_lines("the difference", &run.stdout);
    }
}

#[test]
fn no_argument_and_no_setting_has_a_foreign_voice() {
    for text in hostile::texts() {
        // No argument of a process holds a zero.
        let text = text.replace('\0', "");
        let folder = TempDir::new().unwrap();
        let key = serde_json::to_string(&text).unwrap();
        fs::write(folder.path().join("config.yaml"), format!("{{{key}: {key}}}")).unwrap();
        fs::write(
            folder.path().join("rules.yaml"),
            format!("settings: {{rules: {{{key}: off}}}}"),
        )
        .unwrap();
        fs::write(
            folder.path().join("values.yaml"),
            format!("show: {key}\noperatorVersion: {key}\n"),
        )
        .unwrap();
        let entry = format!("{{\"file\": {key}, \"code\": {key}, \"object\": {key}, \"field\": {key}}}");
        let baseline = format!(
            "{{\"apiVersion\": \"report.neo4jbackup.github.io/v1\", \"kind\": \"LintBaseline\", \"findings\": [{entry}]}}"
        );
        fs::write(folder.path().join("baseline.json"), baseline).unwrap();
        fs::write(folder.path().join("a.yaml"), "kind: ConfigMap\napiVersion: v1\n").unwrap();
        let (option, output) = (format!("--{text}"), format!("json={text}/x"));
        let (format, twice) = (format!("{text}=x"), format!("short={text}"));
        let runs: [&[&str]; 21] = [
            &["lint", "--", &text],
            &["lint", "a.yaml", &option],
            &["lint", "a.yaml", "-o", &text],
            &["lint", "a.yaml", "-o", &format],
            &["lint", "a.yaml", "-o", &output],
            &["lint", "a.yaml", "-o", &twice, "-o", &twice],
            &["lint", "a.yaml", "--only", &text],
            &["lint", "a.yaml", "--skip", &text],
            &["lint", "a.yaml", "--fail-on", &text],
            &["lint", "a.yaml", "--operator-version", &text],
            &["lint", "a.yaml", "--config", &text],
            &["lint", "a.yaml", "--config", "config.yaml"],
            &["lint", "a.yaml", "--config", "rules.yaml"],
            &["lint", "a.yaml", "--config", "values.yaml"],
            &["lint", "a.yaml", "--baseline", &text],
            &["lint", "a.yaml", "--baseline", "baseline.json"],
            &["explain", &text],
            &["schema", &text],
            &["schedule", "next", "--", &text, "0 0 2 * * *"],
            &["schedule", "next", "--time-zone", &text, "@daily"],
            &[&text],
        ];
        for arguments in runs {
            let run = run(folder.path(), arguments);
            assert_lines(&format!("{arguments:?}"), &run.stdout);
            assert_lines(&format!("{arguments:?}"), &run.stderr);
        }
        for format in ["text", "json"] {
            let arguments = ["schedule", "next", "--stdin", "-o", format];
            // Each line is an expression of its own.
            let text = text.replace(['\n', '\r'], " ");
            let run = run_with(folder.path(), &text, &BTreeMap::new(), &arguments);
            assert_lines(&format!("{arguments:?} of {text:?}"), &run.stdout);
        }
        for name in [
            "NEO4JBACKUP_OUTPUT",
            "NEO4JBACKUP_FAIL_ON",
            "NEO4JBACKUP_OPERATOR_VERSION",
            "NEO4JBACKUP_CONFIG",
        ] {
            let environment = BTreeMap::from([(name.to_owned(), text.clone())]);
            let run = run_with(folder.path(), "", &environment, &["lint", "a.yaml"]);
            assert_lines(name, &run.stderr);
        }
    }
}
