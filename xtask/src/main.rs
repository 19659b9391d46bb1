//! The project's own commands: `cargo xtask --help`.

mod apt;
mod bench;
mod checks;
mod cluster;
mod dist;
mod r#gen;
mod image;
mod imports;
mod new_rule;
mod node_tests;
mod package;
mod site;
mod step;
mod tools;

use std::path::{Path, PathBuf};
use std::process::{self, ExitCode};

use anyhow::{Context as _, Result, ensure};
use clap::Parser;
use neo4jbackup_harness::report_progress;

/// Builds, runs and checks what cargo alone cannot.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", disable_version_flag = true)]
enum Command {
    /// Writes every generated file: the list of rules, their pages, schema tables, schemas for editors
    Gen {
        /// Writes nothing; fails and names the files that are stale
        #[arg(long)]
        check: bool,
    },
    /// Writes the two files of a new rule, with the next free code
    NewRule {
        /// Names the defect in lower-case words: `schedule-invalid`
        name: String,
        /// The family, which is the first digit of the code
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..=9))]
        family: u32,
    },
    /// Fails when modules of a shipped crate import each other in circles, and names the imports
    Imports,
    /// Shows the webhook at work on a real API server, with the manifests of `examples/demo`
    Demo,
    /// Makes the documentation into pages for a browser: `target/site`
    Site,
    /// Runs every check and every test, those on a real API server included
    Test,
    /// Runs the tests on a real API server, and on a real node where one can run
    E2e {
        /// Runs every drill in its long form: minutes each, and what the documents promise
        #[arg(long)]
        long: bool,
        /// Passed on to the test programs, for example a part of a test's name
        #[arg(last = true)]
        arguments: Vec<String>,
    },
    /// Measures the core, or the webhook beside its peers
    #[command(subcommand)]
    Bench(bench::Subject),
    /// Builds, starts and stops a local Kubernetes control plane
    #[command(subcommand)]
    Cluster(cluster::Action),
    /// Builds the webhook's container image, without a container engine
    Image(image::Options),
    /// Packs the chart for a release, with its image by digest
    Package(package::Options),
    /// Packs the plugin for a release: archive, licences, sums, what it is made of, and the manifest for krew
    Dist(dist::Options),
    /// Looks for known vulnerabilities in all dependencies; needs a network
    Advisories,
}

fn main() -> ExitCode {
    let result = match Command::parse() {
        Command::Gen { check } => r#gen::run(&root(), check),
        Command::NewRule { name, family } => new_rule::run(&root(), &name, family),
        Command::Imports => imports::check(&root()),
        Command::Demo => start_demo(),
        Command::Site => site::run(&root()),
        Command::Test => checks::test(&root()),
        Command::E2e { long, arguments } => checks::end_to_end(long, &arguments),
        Command::Bench(subject) => bench::run(&root(), &subject),
        Command::Cluster(action) => cluster::run(&action),
        Command::Image(options) => image::run(&options),
        Command::Package(options) => package::run(&root(), &options),
        Command::Dist(options) => dist::run(&root(), &options),
        Command::Advisories => tools::check_advisories(&root()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Written here, it is a sentence also where RUST_BACKTRACE is set.
            report_progress(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// By the package that `cargo xtask` starts: it builds what the demo needs and nothing else.
fn start_demo() -> Result<()> {
    let mut command = process::Command::new(step::cargo());
    command.args(["run", "--quiet", "--package", "xtask-start", "--", "demo"]);
    let status = command.status().context("cannot run cargo")?;
    ensure!(status.success(), "the demo failed");
    Ok(())
}

/// The root of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap_or(Path::new("."))
        .to_owned()
}
