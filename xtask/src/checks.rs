//! `cargo xtask test` and `cargo xtask e2e`: what CI runs and what a contributor runs before a commit.

use std::path::Path;

use anyhow::{Result, ensure};
use neo4jbackup_harness::{Binaries, Scale, report_progress, webhook_program_for};

use crate::step::{Step, Tally};
use crate::{r#gen, node_tests, tools};

/// The test programs that need a real API server, each behind the feature `e2e` of its package.
const END_TO_END: [(&str, &str); 2] = [("neo4jbackup-harness", "control_plane"), ("neo4jbackup-tests", "e2e")];

/// The test programs whose drills need no API server. They are part of every `cargo test`, where the drills are short.
const DRILLS: [&str; 2] = ["drills", "suite"];

/// Runs every check and every test, the fast ones first, and counts. One that fails does not keep the rest from running.
pub(crate) fn test(root: &Path) -> Result<()> {
    Binaries::check_prerequisites()?;
    let steps = [
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
        Step::run("tests", || Step::cargo_test(Scale::Short, &["--workspace"], &[])),
        Step::run("dependencies", || tools::check_dependencies(root)),
        Step::run("end-to-end tests", || run_end_to_end(Scale::Short, &[])),
        Step::run("node tests", || node_tests::run(Scale::Short, &[])),
    ];
    summarize(&steps, &[tools::NO_ADVISORIES])
}

/// Runs the tests on a real API server; `arguments` go to the test programs. In the long form, every drill is long, and
/// those that need no API server run as well.
pub(crate) fn end_to_end(long: bool, arguments: &[String]) -> Result<()> {
    let scale = if long { Scale::Long } else { Scale::Short };
    let mut steps = vec![
        Step::run("end-to-end tests", || run_end_to_end(scale, arguments)),
        Step::run("node tests", || node_tests::run(scale, arguments)),
    ];
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
    Step::cargo_test(Scale::Long, &command, arguments)
}

fn run_end_to_end(scale: Scale, arguments: &[String]) -> Result<Tally> {
    // Before the tests, so that minutes of building are not taken for a test that hangs.
    Binaries::locate_or_build(&report_progress)?.with_controller_manager(&report_progress)?;
    webhook_program_for(scale)?;
    // The whole workspace, because cargo then uses what the other tests have built.
    let mut command = vec!["--workspace".to_owned()];
    for (package, test) in END_TO_END {
        command.extend([
            "--features".to_owned(),
            format!("{package}/e2e"),
            "--test".to_owned(),
            test.to_owned(),
        ]);
    }
    let command: Vec<&str> = command.iter().map(String::as_str).collect();
    Step::cargo_test(scale, &command, arguments)
}
