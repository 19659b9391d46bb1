//! `cargo xtask test` and `cargo xtask e2e`: what CI runs and what a contributor runs before a commit.

use std::path::Path;

use anyhow::{Result, ensure};
use neo4jbackup_harness::{Binaries, Scale, report_progress, webhook_program_for, workspace_program};

use crate::step::{Programs, Screen, Step, Tally};
use crate::{apt, r#gen, node_tests, site, tools};

/// The test programs that need a real API server or a real object store, each behind the feature `e2e` of its package.
const END_TO_END: [(&str, &str); 4] = [
    ("neo4jbackup-harness", "control_plane"),
    ("neo4jbackup-tests", "e2e"),
    ("neo4jbackup-tests", "stores"),
    ("xtask", "dist"),
];
/// The feature.
const END_TO_END_FEATURE: &str = "e2e";

/// The test programs whose drills need no API server. They are part of every `cargo test`, where the drills are short.
const DRILLS: [&str; 2] = ["drills", "suite"];

/// Runs every check and every test, the fast ones first, and counts. One that fails does not keep the rest from running.
pub(crate) fn test(root: &Path) -> Result<()> {
    Binaries::check_prerequisites()?;
    let mut steps = vec![
        Step::run("format", || Step::cargo(&["fmt", "--all", "--check"])),
        Step::run("generated files", || {
            r#gen::run(root, true)?;
            Ok(Tally::one_passed())
        }),
        Step::run("clippy", || {
            Step::cargo(&[
                "clippy",
                "--workspace",
                "--all-targets",
                "--all-features",
                "--",
                "--deny=warnings",
            ])
        }),
        Step::run("tests", || {
            apt::install_for_tests()?;
            Step::cargo_test(&Screen::shown(), Scale::Short, Programs::Built, &["--workspace"], &[])
        }),
        Step::run("dependencies", || tools::check_dependencies(root)),
        Step::run("documentation", || {
            site::run(root)?;
            Ok(Tally::one_passed())
        }),
    ];
    steps.extend(run_with_clusters(Scale::Short, Programs::Built, &[]));
    summarize(&steps, &[tools::NO_ADVISORIES])
}

/// Runs the tests on a real API server; `arguments` go to the test programs. In the long form, every drill is long, and
/// those that need no API server run as well.
pub(crate) fn end_to_end(long: bool, arguments: &[String]) -> Result<()> {
    let scale = if long { Scale::Long } else { Scale::Short };
    let mut steps = run_with_clusters(scale, Programs::Needed, arguments);
    if long {
        steps.push(Step::run("drills", || run_drills(arguments)));
    }
    summarize(&steps, &[])
}

/// Says what came of the steps, and `left_out`: what no step has looked at.
fn summarize(steps: &[Step], left_out: &[&str]) -> Result<()> {
    report_progress("\nsummary");
    let mut total = Tally::default();
    for step in steps {
        report_progress(&format!("  {step}"));
        total += step.tally;
    }
    if let Some(obstacle) = node_tests::obstacle() {
        report_progress(&format!("  the node tests did not run: {obstacle}"));
    }
    for note in left_out {
        report_progress(&format!("  {note}"));
    }
    report_progress(&total.to_string());
    ensure!(total.failed == 0, "not everything passed");
    Ok(())
}

fn run_drills(arguments: &[String]) -> Result<Tally> {
    let mut command = vec!["--workspace"];
    for test in DRILLS {
        command.extend(["--test", test]);
    }
    Step::cargo_test(&Screen::shown(), Scale::Long, Programs::Needed, &command, arguments)
}

/// Runs the tests on a real API server and those on a node.
///
/// The short ones run at once, because those on a node wait for most of their time: for pods that start and drain. They share
/// nothing but what was built before: control planes take free ports and folders of their own, a node has its own network,
/// processes and control groups. The long ones measure, so that each has the machine for itself.
fn run_with_clusters(scale: Scale, programs: Programs, arguments: &[String]) -> Vec<Step> {
    let mut steps = vec![Step::run("test clusters", || prepare(scale, programs))];
    let run = |screen: &Screen, tests: &[&str]| {
        let command = test_command(tests);
        let command: Vec<&str> = command.iter().map(String::as_str).collect();
        Step::cargo_test(screen, scale, programs, &command, arguments)
    };
    let end_to_end = |screen: &Screen| run(screen, &END_TO_END.map(|(_, test)| test));
    let on_a_node = |screen: &Screen| run(screen, &[node_tests::PROGRAM]);
    let names = ["end-to-end tests", "node tests"];
    match scale {
        Scale::Short => steps.extend(Step::run_two((names[0], end_to_end), (names[1], on_a_node))),
        Scale::Long => steps.extend([
            Step::run(names[0], || end_to_end(&Screen::shown())),
            Step::run(names[1], || on_a_node(&Screen::shown())),
        ]),
    }
    steps
}

/// Builds what they need and the tests themselves, before any of them runs, so that minutes of building are not taken for a
/// test that hangs, and nobody waits for the other's build.
fn prepare(scale: Scale, programs: Programs) -> Result<Tally> {
    Binaries::locate_or_build(&report_progress)?.with_controller_manager(&report_progress)?;
    node_tests::prepare(scale, programs)?;
    let tests = [&END_TO_END.map(|(_, test)| test)[..], &[node_tests::PROGRAM]].concat();
    let command = test_command(&tests);
    let command: Vec<&str> = ["test", "--no-run"]
        .into_iter()
        .chain(command.iter().map(String::as_str))
        .collect();
    let built = Step::cargo(&command)?;
    if programs == Programs::Needed {
        // Last, because they are what the tests will start.
        webhook_program_for(scale)?;
        workspace_program("kubectl-neo4jbackup")?;
    }
    Ok(built)
}

/// The arguments of cargo for these test programs: always of the whole workspace and with the same features, because cargo
/// then uses what was built before.
fn test_command(tests: &[&str]) -> Vec<String> {
    let end_to_end = END_TO_END.map(|(package, _)| format!("{package}/{END_TO_END_FEATURE}"));
    let on_a_node = node_tests::PACKAGES.map(|package| format!("{package}/{}", node_tests::PROGRAM));
    let mut command = vec!["--workspace".to_owned()];
    for feature in end_to_end.into_iter().chain(on_a_node) {
        command.extend(["--features".to_owned(), feature]);
    }
    for test in tests {
        command.extend(["--test".to_owned(), (*test).to_owned()]);
    }
    command
}
