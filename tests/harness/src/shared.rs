//! One control plane for all tests of a process.

use std::io::Write;
use std::sync::OnceLock;

use crate::binaries::Binaries;
use crate::control_plane::{ControlPlane, Options};
use crate::error::HarnessError;

/// The control plane that the tests of this process share; the first caller starts it, and it ends with the process.
pub fn shared_control_plane() -> Result<&'static ControlPlane, &'static HarnessError> {
    static SHARED: OnceLock<Result<ControlPlane, HarnessError>> = OnceLock::new();
    let start = || ControlPlane::start(&Binaries::locate_or_build(&report_progress)?, &Options::default());
    SHARED.get_or_init(start).as_ref()
}

/// Writes a line to standard error, past the capture of the test runner: a person who waits wants to see it.
pub fn report_progress(line: &str) {
    // Nobody reads it when standard error is closed.
    let _ = writeln!(std::io::stderr(), "{line}");
}
