//! From one engine to another, while good and bad backups are tried sixty times a second: none that is bad may pass, and
//! none that is good may be refused.

use neo4jbackup_harness::manifests;
use neo4jbackup_harness::{Namespace, Way, await_that, drill_scale, report_progress};

use crate::cluster::{Cluster, turn};
use crate::load::{Expected, Load, Tally};
use crate::release::{FAIL, Release, sets};

/// Every way between two of the three, once.
const ROUND: [(&str, &str); 6] = [
    ("webhook", "policies"),
    ("policies", "webhook"),
    ("webhook", "both"),
    ("both", "policies"),
    ("policies", "both"),
    ("both", "webhook"),
];

/// The two that take everything away that judges, and put something else there.
const WORST: [(&str, &str); 2] = [ROUND[0], ROUND[1]];

#[test]
fn no_bad_object_passes_and_no_good_one_is_blocked_when_engines_are_switched() {
    let Some(turn) = turn() else { return };
    let rounds: &[Round] = drill_scale().choose(
        &[("Fail", &FAIL, &[])],
        &[
            ("Fail, --wait", &FAIL, &["--wait"]),
            ("Fail", &FAIL, &[]),
            ("Ignore", &[], &[]),
        ],
    );
    for (number, round) in rounds.iter().enumerate() {
        let switches: &[(&str, &str)] = drill_scale().choose(&WORST, &ROUND);
        go_round(turn.cluster, switches, &format!("switched-{number}"), round);
    }
}

/// What a round is called, its values, and the options of helm.
type Round = (&'static str, &'static [&'static str], &'static [&'static str]);

fn go_round(cluster: &'static Cluster, switches: &[(&str, &str)], name: &str, (policy, values, options): &Round) {
    let release = Release::prepare(cluster);
    let upgrade = |engine: &str| {
        let engine = format!("engine={engine}");
        let values = [&[engine.as_str()], *values].concat();
        release.run(&[&["upgrade", "--install", "--reset-values"], *options, &sets(&values)].concat());
    };
    let namespace = cluster.namespace(name);
    upgrade(switches[0].0);
    await_judgement(&namespace);
    let mut total = Tally::default();
    for (from, to) in switches {
        let load = Load::start_at(RATE, cluster, &namespace.name, Expected::Told);
        load.await_calls(CALLS_AROUND);
        upgrade(to);
        load.await_calls(CALLS_AROUND);
        if *to == "policies" {
            await_that("the end of the server", || release.pods().is_empty());
        }
        let tally = load.stop(&format!("{from} -> {to} ({policy})"));
        report_progress(&format!(
            "figure: {from} -> {to} ({policy}): {} calls, {} bad passed, {} good blocked",
            tally.calls, tally.passed, tally.blocked
        ));
        assert_eq!(release.difference(), "", "{from} -> {to}");
        let left = release.everything();
        assert!(!left.contains("switch"), "{left}");
        assert_eq!(left.contains("webhookconfiguration"), *to != "policies", "{left}");
        assert_eq!(left.contains("neo4jbackup-rules"), *to != "webhook", "{left}");
        total.calls += tally.calls;
        total.passed += tally.passed;
        total.blocked += tally.blocked;
        total.failures.extend(tally.failures);
    }
    assert_eq!((total.passed, total.blocked), (0, 0), "{total}");
    total.assert_nothing_failed();
    release.uninstall();
    assert_eq!(release.everything(), "");
}

/// Nobody judges before the first one, so that only good ones tell anything. With `Fail`, they are blocked where the
/// webhook counts before it answers.
#[test]
fn a_first_installation_that_must_not_fail_open_blocks_nobody() {
    let Some(turn) = turn() else { return };
    for (name, options) in drill_scale().choose(&[WAITING][..], &[WAITING, ("first", &[])]) {
        let release = Release::prepare(turn.cluster);
        let namespace = turn.cluster.namespace(name);
        let load = Load::start_at(RATE, turn.cluster, &namespace.name, Expected::Accepted);
        load.await_calls(CALLS_AROUND);
        release.run(&[&["install"], *options, &sets(&FAIL)].concat());
        load.await_calls(CALLS_AROUND);
        let installed = load.stop("a first installation");
        report_progress(&format!(
            "figure: first installation (Fail) {options:?}: {} calls, {} good blocked",
            installed.calls, installed.blocked
        ));
        installed.assert_nothing_failed();
        // From the end of helm on, it counts.
        let load = Load::start_at(RATE, turn.cluster, &namespace.name, Expected::Told);
        load.await_calls(CALLS_AROUND);
        // What the hook has made is Helm's own from now on: it may be changed, gone back from, and deleted.
        let values = ["validating.failurePolicy=Ignore", "mutating.failurePolicy=Fail"];
        release.run(&[&["upgrade", "--reset-values"], &sets(&values)[..]].concat());
        assert_eq!(policy(&release), "Ignore");
        assert_eq!(release.difference(), "");
        release.roll_back("1");
        assert_eq!(policy(&release), "Fail");
        load.await_calls(CALLS_AROUND);
        load.stop("an upgrade and back again").assert_nothing_failed();
        let load = Load::start_at(RATE, turn.cluster, &namespace.name, Expected::Accepted);
        load.await_calls(CALLS_AROUND);
        release.uninstall();
        load.await_calls(CALLS_AROUND);
        load.stop("an uninstall right after that").assert_nothing_failed();
        assert_eq!(release.everything(), "");
    }
}

/// Pods that find no node never answer. What judged before has to go on judging, and the same upgrade, once it can, ends
/// what was begun.
#[test]
fn a_switch_that_fails_leaves_the_old_engine_in_force_and_goes_on_later() {
    let Some(turn) = turn() else { return };
    let release = Release::prepare(turn.cluster);
    release.run(&["install", "--set=engine=policies"]);
    let namespace = turn.cluster.namespace("failed");
    await_judgement(&namespace);
    let load = Load::start_at(RATE, turn.cluster, &namespace.name, Expected::Told);
    let nowhere = "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].\
                   matchFields[0]";
    let nowhere = ["key=metadata.name", "operator=In", "values={nowhere}"].map(|part| format!("{nowhere}.{part}"));
    let nowhere: Vec<&str> = nowhere.iter().map(String::as_str).collect();
    let upgrade = ["upgrade", "--reset-values", "--timeout=20s", "--set=engine=webhook"];
    let failed = release.try_run(&[&upgrade[..], &sets(&[&FAIL[..], &nowhere].concat())].concat());
    let said = failed.unwrap_err();
    assert!(said.contains("post-upgrade hooks failed"), "{said}");
    load.await_calls(CALLS_AROUND);
    release.run(&[&["upgrade", "--reset-values", "--set=engine=webhook"], &sets(&FAIL)[..]].concat());
    load.await_calls(CALLS_AROUND);
    load.stop("a switch that fails once").assert_nothing_failed();
    let left = release.everything();
    assert!(
        !left.contains("neo4jbackup-rules") && !left.contains("switch"),
        "{left}"
    );
    assert_eq!(release.difference(), "");
    // Right after the other way, too, nothing is left.
    release.run(&["upgrade", "--reset-values", "--set=engine=policies"]);
    release.uninstall();
    assert_eq!(release.everything(), "");
}

fn policy(release: &Release) -> String {
    let path = "--output=jsonpath={.webhooks[0].failurePolicy}";
    let answer = release.must_kubectl(&["get", "validatingwebhookconfiguration", &release.configuration(), path]);
    answer.stdout
}

/// Waits until a bad backup is refused and a good one is not.
fn await_judgement(namespace: &Namespace) {
    let bad = manifests::SIX_FIELD_CRON;
    await_that("that somebody judges", || {
        namespace.send(Way::DryRun, bad).stderr.contains("[NB5001]")
            && namespace.send(Way::DryRun, manifests::GOOD_BACKUP).success()
    });
}

/// A first installation that helm waits for: the namespace of its backups, and the options.
const WAITING: (&str, &[&str]) = ("first-and-waiting", &["--wait"]);
/// Calls in a second.
const RATE: u32 = 60;
/// As many before and after each step: some seconds.
const CALLS_AROUND: usize = 300;
