//! What `status` says of the folders of `tests/scenarios`.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use kubectl_neo4jbackup::Exit;
use neo4jbackup_tests::plugin::{Run, run_with};

fn status(scenario: &str, environment: &[(&str, &str)], arguments: &[&str]) -> Run {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("scenarios")
        .join(scenario);
    let environment = environment
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let environment: BTreeMap<String, String> = environment.collect();
    let command = ["status", "--from-bundle", "."].into_iter();
    run_with(&folder, "", environment, command.chain(arguments.iter().copied()))
}

const HEALTHY: &str = "healthy-scheduled-1-14";
const FAILING: &str = "run-failure-in-log";

#[test]
fn a_backup_that_fails_says_scheduled_and_is_told_as_failing() {
    let run = status(FAILING, &[("COLUMNS", "120"), ("LANG", "en_US.UTF-8")], &[]);
    assert_eq!(
        run.stdout,
        "BACKUP    SCOPE   LAST GOOD   RPO    NEXT RUN (UTC)      STATE        LAST RUNS\n\
         nightly   neo4j   24h ago     !24h   11-22 06:00 (23h)   Failing x1   ????????????✓✗\n"
    );
    let advice = "1 of 1 needs attention: kubectl neo4jbackup doctor backup/nightly -n graph --from-bundle .\n";
    assert_eq!(run.stderr, advice);
    assert_eq!(run.exit, Exit::NotGood);
}

#[test]
fn a_healthy_backup_is_told_in_80_and_in_120_columns() {
    let run = status(HEALTHY, &[("COLUMNS", "120"), ("LANG", "en_US.UTF-8")], &[]);
    assert_eq!(
        run.stdout,
        "BACKUP    SCOPE   LAST GOOD   RPO      NEXT RUN (UTC)      STATE     LAST RUNS\n\
         nightly   neo4j   65m ago     ok 24h   11-22 06:00 (22h)   Healthy   ????????????✓✓\n"
    );
    assert_eq!((run.stderr.as_str(), run.exit), ("", Exit::Good));
    let narrow = status(HEALTHY, &[("COLUMNS", "80")], &["--no-headers"]);
    assert_eq!(
        narrow.stdout,
        "nightly   65m ago   ok 24h   11-22 06:00 (22h)   Healthy   ????????????++\n"
    );
    let narrow = status(HEALTHY, &[("COLUMNS", "80")], &[]);
    assert_eq!(
        narrow.stdout,
        "BACKUP    LAST GOOD   RPO      NEXT RUN (UTC)      STATE     LAST RUNS\n\
         nightly   65m ago     ok 24h   11-22 06:00 (22h)   Healthy   ????????????++\n"
    );
}

#[test]
fn programs_get_names_and_json_and_a_bound_of_their_own() {
    let names = status(HEALTHY, &[], &["-o", "name"]);
    assert_eq!(names.stdout, "neo4jbackup.neo4j.neo4j.com/nightly\n");
    let run = status(HEALTHY, &[], &["nightly", "-o", "json", "--rpo", "1m"]);
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(
        (&report["kind"], &report["attention"]),
        (&"StatusList".into(), &1.into())
    );
    let item = &report["items"][0];
    assert_eq!(
        (&item["state"], &item["rpo"]["met"]),
        (&"Overdue".into(), &false.into())
    );
    assert_eq!(item["lastGoodAgeSeconds"], 3_940);
    assert_eq!(run.exit, Exit::NotGood);
    assert_eq!(status(HEALTHY, &[], &["nope"]).exit, Exit::Usage);
}

#[test]
fn templates_of_kubectl_pick_what_a_script_needs() {
    let names = status(
        HEALTHY,
        &[],
        &[
            "-o",
            "jsonpath={range .items[*]}{.namespace}/{.name} {.state}{\"\\n\"}{end}",
        ],
    );
    assert_eq!(
        (names.stdout.as_str(), names.exit),
        ("graph/nightly Healthy\n", Exit::Good)
    );
    let bad = status(HEALTHY, &[], &["-o", "jsonpath={.items[?(@.name=~/x/)]}"]);
    assert_eq!(bad.exit, Exit::Usage);
    assert!(bad.stderr.contains("is not supported"), "{}", bad.stderr);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("template");
    fs::write(&file, "{.items[0].runs[-1:].outcome}").unwrap();
    let from_file = status(HEALTHY, &[], &["-o", &format!("jsonpath-file={}", file.display())]);
    assert_eq!(from_file.stdout, "good");
    let absent = status(HEALTHY, &[], &["-o", "jsonpath-file=absent"]);
    assert_eq!(absent.exit, Exit::Usage);
}

/// The page of a scenario, checked to be XML but for its first lines, which HTML has its own way for.
fn page(scenario: &str) -> String {
    let run = status(scenario, &[], &["-o", "html"]);
    let body = run.stdout.split_once("<body>").unwrap().1;
    let body = format!("<body>{}", body.strip_suffix("</html>\n").unwrap());
    roxmltree::Document::parse(&body).unwrap_or_else(|error| panic!("{scenario}: {error}\n{body}"));
    run.stdout
}

#[test]
fn the_page_needs_nothing_from_elsewhere_and_tells_what_is_wrong() {
    let text = page("one-good-and-three-broken");
    assert!(text.contains("content=\"default-src 'none'; style-src 'unsafe-inline'\""));
    for part in ["<script", "http://", "https://", "url(", "@import", "src=", " onload"] {
        assert!(!text.contains(part), "{part} is in the page");
    }
    for part in [
        "prefers-color-scheme: dark",
        "@media print",
        "NB6009",
        "NB6007",
        "need attention",
        "aria-label=\"graph/archive\"",
        "scope=\"col\"",
    ] {
        assert!(text.contains(part), "{part} is not in the page:\n{text}");
    }
    page(HEALTHY);
    page("artifact-larger-than-volume");
}

#[test]
fn doctor_and_status_count_the_same_failures() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut failing = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let scenario = entry.unwrap().file_name().into_string().unwrap();
        let said = status(&scenario, &[], &["-o", "json"]);
        let list: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("scenarios")
            .join(&scenario);
        let arguments = ["doctor", "--from-bundle", ".", "-o", "json"];
        let doctor = run_with(&root, "", BTreeMap::new(), arguments);
        let report: serde_json::Value = serde_json::from_str(&doctor.stdout).unwrap();
        for item in list["items"].as_array().unwrap() {
            if item["kind"] != "Neo4jBackup" {
                continue;
            }
            let findings = report["findings"].as_array().unwrap().iter();
            let of_runs = findings.filter(|finding| {
                let code = finding["code"].as_str().unwrap();
                ["NB6001", "NB6004"].contains(&code)
                    && finding["object"]["name"] == item["name"]
                    && finding["object"]["namespace"] == item["namespace"]
            });
            let told: Vec<&str> = of_runs.map(|finding| finding["message"].as_str().unwrap()).collect();
            let failures = item["failuresInARow"].as_u64().unwrap();
            let place = format!("{scenario}, {}: {failures} by status, {told:?} by doctor", item["name"]);
            assert_eq!(told.is_empty(), failures == 0, "{place}");
            if failures > 1 {
                assert!(told[0].contains(&format!("last {failures} runs")), "{place}");
            } else if failures == 1 {
                assert!(!told[0].contains(" runs failed"), "{place}");
            }
            failing += failures;
        }
    }
    assert!(failing > 1, "no scenario has a run that failed");
}
