//! The webhook on controller-runtime that the benchmarks measure against.

use std::path::PathBuf;

use crate::error::HarnessError;
use crate::go_build::{self, GoProgram};
use crate::locations;

/// Builds the peer once, and again when its source changes. `None`, with the reason as progress, where Go is missing:
/// the other peers can be measured all the same.
pub fn controller_runtime_peer(progress: &dyn Fn(&str)) -> Result<Option<PathBuf>, HarnessError> {
    match go_build::check_possible(&[&PEER]) {
        Ok(()) => Ok(go_build::build_all(&[&PEER], progress)?.pop()),
        Err(HarnessError::NoGo { .. }) => {
            progress("skipped: the peer on controller-runtime is written in Go, and Go 1.26 or newer is not installed");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

const PEER: GoProgram = GoProgram {
    name: "controller-runtime-peer",
    package: ".",
    module: locations::controller_runtime_peer,
    linker_flags: "-s -w",
};
