//! What `status` says of the folders of `tests/scenarios`.

use std::collections::BTreeMap;
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
