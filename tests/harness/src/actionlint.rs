//! The program that checks the workflows of GitHub.

use std::path::PathBuf;

use crate::binaries::find_or_build;
use crate::error::HarnessError;
use crate::go_build::GoProgram;
use crate::locations;

/// Takes actionlint from `KUBEBUILDER_ASSETS` where it is there, else from `target/cluster/<version>/`, else builds it there
/// with Go, in seconds.
pub fn actionlint(progress: &dyn Fn(&str)) -> Result<PathBuf, HarnessError> {
    find_or_build(&ACTIONLINT, progress)
}

const ACTIONLINT: GoProgram = GoProgram {
    name: "actionlint",
    package: "github.com/rhysd/actionlint/cmd/actionlint",
    module: locations::actionlint_module,
    linker_flags: "-s -w",
};
