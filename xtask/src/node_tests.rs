//! The tests that need a node: what they need is made or installed first, and where that cannot be, they say so.

use anyhow::Result;
use neo4jbackup_harness::{
    ChartTools, NodeBinaries, Prerequisite, Scale, missing_prerequisites, report_progress, static_program,
    workspace_program,
};

use crate::step::Programs;
use crate::{apt, image};

/// The test program with such tests, of several packages, behind a feature of the same name.
pub(crate) const PROGRAM: &str = "node";
/// The packages.
pub(crate) const PACKAGES: [&str; 3] = ["neo4jbackup-harness", "neo4jbackup-tests", "xtask"];

/// Makes or installs what they need, before the tests, so that minutes of building are not taken for a test that hangs.
/// Without a prerequisite it says so, and each of them counts as skipped.
pub(crate) fn prepare(scale: Scale, programs: Programs) -> Result<()> {
    install_packages()?;
    if let Some(obstacle) = obstacle() {
        report_progress(&format!("    skipped: {obstacle}"));
    } else {
        NodeBinaries::locate_or_build(&report_progress)?;
        ChartTools::locate_or_build(&report_progress)?;
        image::run(&image::Options::for_tests(scale))?;
        // The pods of probes run it.
        static_program("kubectl-neo4jbackup", "dev")?;
        if programs == Programs::Needed {
            // It attacks the pods.
            workspace_program("neo4jbackup-emulator")?;
        }
    }
    Ok(())
}

/// Why they cannot run here, as a sentence.
pub(crate) fn obstacle() -> Option<String> {
    let missing: Vec<String> = missing_prerequisites().iter().map(ToString::to_string).collect();
    (!missing.is_empty()).then(|| format!("a node needs {}", missing.join("; and ")))
}

fn install_packages() -> Result<()> {
    match missing_prerequisites().as_slice() {
        [Prerequisite::Packages(packages)] => apt::install(packages),
        _ => Ok(()),
    }
}
