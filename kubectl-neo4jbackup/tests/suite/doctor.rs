//! The formats of `doctor`, as their readers read them, for every scenario.

use std::fs;

use insta::assert_snapshot;
use kubectl_neo4jbackup::cli::DoctorFormat;
use serde_json::Value;

use crate::openmetrics;
use crate::support::{Run, Sandbox, root, scenarios};
use crate::xsd;

/// Where every address in a report leads.
const PAGES: &str = "https://github.com/neo4jbackup/neo4jbackup/blob/main/docs/";

fn doctor(folder: &std::path::Path, arguments: &[&str]) -> Run {
    let sandbox = Sandbox::new().set("LANG", "C.UTF-8");
    let folder = folder.to_str().unwrap();
    sandbox.run(&[&["doctor", "--from-bundle", folder], arguments].concat())
}

/// One scenario in one format, as if it lay in the current folder.
fn shown(scenario: &str, arguments: &[&str]) -> String {
    let folder = root().join("tests/scenarios").join(scenario);
    let run = doctor(&folder, arguments);
    run.stdout.replace(folder.to_str().unwrap(), "BUNDLE")
}

fn report(folder: &std::path::Path) -> Value {
    serde_json::from_str(&doctor(folder, &["-o", "json"]).stdout).unwrap()
}

#[test]
fn junit() {
    assert_snapshot!(shown("run-failure-in-log", &["-o", "junit", "--only", "NB6xxx"]));
}

#[test]
fn markdown() {
    assert_snapshot!(shown("one-good-and-three-broken", &["-o", "markdown"]));
}

#[test]
fn openmetrics() {
    assert_snapshot!(shown("one-good-and-three-broken", &["-o", "openmetrics"]));
}

#[test]
fn html() {
    assert_snapshot!(shown("one-good-and-three-broken", &["-o", "html"]));
}

#[test]
fn the_exit_code_is_the_same_for_every_format() {
    for folder in scenarios() {
        let expected = doctor(&folder, &[]).exit;
        for format in DoctorFormat::names() {
            let run = doctor(&folder, &["-o", &format]);
            assert_eq!(
                (run.exit, run.stderr.as_str()),
                (expected, ""),
                "{format} of {}",
                folder.display()
            );
        }
    }
}

#[test]
fn junit_obeys_the_schema_of_jenkins_and_counts_right() {
    let text = fs::read_to_string(root().join("kubectl-neo4jbackup/tests/schemas/junit-10.xsd")).unwrap();
    let document = roxmltree::Document::parse(&text).unwrap();
    let schema = xsd::Schema::new(&document, &[]);
    for folder in scenarios() {
        let run = doctor(&folder, &["-o", "junit"]);
        let xml = roxmltree::Document::parse(&run.stdout).unwrap();
        assert_eq!(schema.validate(&xml, "testsuites"), Ok(()), "{}", folder.display());
        let report = report(&folder);
        let findings = report["findings"].as_array().unwrap();
        let failing = findings.iter().filter(|finding| finding["severity"] != "info").count();
        let root = xml.root_element();
        let all = |name: &'static str| root.descendants().filter(move |node| node.has_tag_name(name));
        let number =
            |node: roxmltree::Node<'_, '_>, name: &str| node.attribute(name).unwrap().parse::<usize>().unwrap();
        assert_eq!(all("failure").count(), failing, "{}", folder.display());
        assert_eq!(
            (number(root, "failures"), number(root, "tests")),
            (failing, all("testcase").count())
        );
        for suite in all("testsuite") {
            let cases = suite.children().filter(|node| node.has_tag_name("testcase")).count();
            assert_eq!(number(suite, "tests"), cases);
        }
        // Every check that was applied is seen, and what it says stands below the failure.
        let applied = report["summary"]["applied"].as_u64().unwrap();
        let codes: std::collections::BTreeSet<&str> = all("testcase")
            .filter_map(|case| case.attribute("name").unwrap().split(' ').next())
            .filter(|code| code.starts_with("NB"))
            .collect();
        assert!(codes.len() as u64 >= applied, "{} of {applied}", codes.len());
        for finding in findings {
            let message = finding["message"].as_str().unwrap();
            let told = all("failure")
                .chain(all("system-out"))
                .any(|node| node.text().unwrap().contains(message));
            assert!(told, "{message}");
        }
    }
}

/// A check that could not be made is no check that passed, and the right is named that is missing.
#[test]
fn junit_skips_what_could_not_be_checked_and_what_is_not_shown() {
    let sandbox = Sandbox::new();
    let source = root().join("tests/scenarios/restored-from-newest/objects.yaml");
    sandbox.write("objects.yaml", fs::read(source).unwrap());
    sandbox.write(
        "bundle.yaml",
        "takenAt: \"2026-11-21T10:00:00Z\"\ncomplete: true\ngaps: [{resource: jobs, namespace: graph, kind: forbidden}]\n",
    );
    let junit = |arguments: &[&str]| {
        sandbox
            .run(&[&["doctor", "--from-bundle", ".", "-o", "junit"], arguments].concat())
            .stdout
    };
    let text = junit(&[]);
    let xml = roxmltree::Document::parse(&text).unwrap();
    let skipped: Vec<_> = xml.descendants().filter(|node| node.has_tag_name("skipped")).collect();
    assert!(!skipped.is_empty(), "{text}");
    for node in &skipped {
        let right = node.text().unwrap_or_default();
        assert!(right.starts_with("missing: list jobs.batch in "), "{text}");
        let name = node.parent().unwrap().attribute("name").unwrap();
        let made = xml.descendants().filter(|node| node.has_tag_name("testcase"));
        let made = made.filter(|case| case.attribute("name") == Some(name) && !case.has_children());
        assert!(made.count() == 0, "{name} was made: {text}");
    }
    let all = text.matches("<testcase").count();
    assert!(text.contains("NB8113"), "{text}");
    let text = junit(&["--show", "error"]);
    assert!(!text.contains("NB8113"), "{text}");
    assert!(text.matches("<testcase").count() < all);
}

#[test]
fn openmetrics_obeys_its_grammar_and_counts_every_finding() {
    for folder in scenarios() {
        let run = doctor(&folder, &["-o", "openmetrics"]);
        let samples = openmetrics::parse(&run.stdout).unwrap_or_else(|fault| panic!("{}: {fault}", folder.display()));
        let report = report(&folder);
        for finding in report["findings"].as_array().unwrap() {
            let of = |sample: &&openmetrics::Sample| {
                sample.name == "neo4jbackup_diagnosis"
                    && sample.label("code") == finding["code"].as_str()
                    && sample.label("severity") == finding["severity"].as_str()
                    && sample.label("name") == finding["object"]["name"].as_str()
            };
            assert!(
                samples.iter().find(of).is_some_and(|sample| sample.value >= 1.0),
                "{finding}"
            );
        }
        let value = |name: &str| samples.iter().find(|sample| sample.name == name).unwrap().value;
        let of_findings = samples.iter().filter(|of| of.name == "neo4jbackup_diagnosis");
        let counted = of_findings.fold(0.0, |sum, of| sum + of.value);
        let findings = report["findings"].as_array().unwrap().len();
        assert_eq!(counted.to_string(), findings.to_string());
        assert_eq!(
            value("neo4jbackup_examination_complete") > 0.0,
            report["complete"] == true
        );
        assert_eq!(
            value("neo4jbackup_examination_passed") > 0.0,
            report["result"] == "pass"
        );
    }
    let healthy = shown("healthy-scheduled-1-14", &["-o", "openmetrics"]);
    let samples = openmetrics::parse(&healthy).unwrap();
    let last_good = samples
        .iter()
        .find(|of| of.name == "neo4jbackup_last_good_run_timestamp_seconds")
        .unwrap();
    assert_eq!(
        (last_good.label("name"), last_good.value > 1.7e9),
        (Some("nightly"), true),
        "{healthy}"
    );
}

/// The page is XML as well, so that a parser can say what is in it.
#[test]
fn html_loads_nothing_and_says_everything() {
    const ELEMENTS: [&str; 26] = [
        "html", "head", "meta", "title", "style", "body", "header", "main", "section", "article", "h1", "h2", "h3",
        "p", "ul", "li", "span", "a", "code", "pre", "table", "thead", "tbody", "tr", "th", "td",
    ];
    const ATTRIBUTES: [&str; 7] = ["lang", "charset", "http-equiv", "content", "name", "class", "href"];
    for folder in scenarios() {
        let page = doctor(&folder, &["-o", "html"]).stdout;
        let options = roxmltree::ParsingOptions {
            allow_dtd: true,
            ..Default::default()
        };
        let parsed = roxmltree::Document::parse_with_options(&page, options).unwrap();
        let mut text = String::new();
        for node in parsed.root_element().descendants() {
            if node.is_element() {
                let name = node.tag_name().name();
                assert!(ELEMENTS.contains(&name) || name == "time", "<{name}>");
                for attribute in node.attributes() {
                    assert!(ATTRIBUTES.contains(&attribute.name()), "{}", attribute.name());
                    assert!(attribute.name() != "href" || attribute.value().starts_with(PAGES));
                }
            }
            text += node.text().filter(|_| node.is_text()).unwrap_or_default();
        }
        assert!(
            page.contains("default-src 'none'")
                && page.contains("prefers-color-scheme: dark")
                && page.contains("@media print")
        );
        assert!(!page.contains("url(") && !page.contains("@import"));
        for finding in report(&folder)["findings"].as_array().unwrap() {
            assert!(text.contains(finding["message"].as_str().unwrap()), "{finding}");
        }
    }
}

/// `--since` leaves out a restore that failed before, and nothing of a backup that still fails.
#[test]
fn what_is_over_is_left_out_and_what_is_still_wrong_stays() {
    let codes = |scenario: &str, since: &str| {
        let folder = root().join("tests/scenarios").join(scenario);
        let run = doctor(&folder, &["-o", "json", "--since", since]);
        let report: Value = serde_json::from_str(&run.stdout).unwrap();
        let findings = report["findings"].as_array().unwrap().iter();
        let codes: Vec<String> = findings
            .map(|finding| finding["code"].as_str().unwrap().to_owned())
            .collect();
        (codes, report["summary"]["older"].as_u64().unwrap(), run.exit)
    };
    let all = |codes: &[&str]| codes.iter().map(|code| (*code).to_owned()).collect::<Vec<_>>();
    // It failed at 09:13, and at 10:00 somebody asks.
    assert_eq!(codes("restore-failed", "1h"), (all(&["NB8101", "NB8111"]), 0, 1));
    assert_eq!(
        codes("restore-failed", "2026-11-21T09:13:00Z"),
        (all(&["NB8101", "NB8111"]), 0, 1)
    );
    assert_eq!(codes("restore-failed", "10m"), (all(&[]), 2, 0));
    // A scheduled backup whose last run failed: it has not run well since.
    assert_eq!(codes("run-failure-in-log", "1m"), (all(&["NB6003", "NB6001"]), 0, 1));
    // The event is older, what follows from it goes on.
    assert_eq!(
        codes("run-never-ends", "1m"),
        (all(&["NB6007", "NB6006", "NB6002"]), 0, 1)
    );
    let run = doctor(&root().join("tests/scenarios/restore-failed"), &["--since", "10m"]);
    let last = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(last.starts_with("nothing has gone wrong since then: "), "{last}");
    assert!(
        last.contains("; 2 older than 2026-11-21T09:50:00Z left out ("),
        "{last}"
    );
    let run = doctor(
        &root().join("tests/scenarios/restore-failed"),
        &["--since", "yesterday"],
    );
    assert_eq!((run.exit, run.stdout.as_str()), (2, ""), "{}", run.stderr);
}

#[test]
fn a_bundle_and_a_format_for_programs_are_not_watched() {
    let folder = root().join("tests/scenarios/restore-failed");
    let run = doctor(&folder, &["--watch"]);
    assert_eq!((run.exit, run.stdout.as_str()), (2, ""), "{}", run.stderr);
    let run = Sandbox::new().run(&["doctor", "--watch=5s", "-o", "json"]);
    assert_eq!((run.exit, run.stdout.as_str()), (2, ""));
    assert!(
        run.stderr.contains("--watch goes with -o text, table and short"),
        "{}",
        run.stderr
    );
}
