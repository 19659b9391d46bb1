//! krew, which installs plugins of kubectl, and the program that its index checks manifests with.

use std::path::PathBuf;

use crate::binaries::find_or_build;
use crate::error::HarnessError;
use crate::go_build::GoProgram;
use crate::locations;

/// Both, as absolute paths.
#[derive(Debug, Clone)]
pub struct Krew {
    pub krew: PathBuf,
    pub validate_manifest: PathBuf,
}

impl Krew {
    /// Takes each from `KUBEBUILDER_ASSETS` where it is there, else from `target/cluster/<version>/`, else builds it there with
    /// Go, in seconds.
    pub fn locate_or_build(progress: &dyn Fn(&str)) -> Result<Self, HarnessError> {
        Ok(Self {
            krew: find_or_build(&KREW, progress)?,
            validate_manifest: find_or_build(&VALIDATE, progress)?,
        })
    }
}

const KREW: GoProgram = of_krew("krew", "sigs.k8s.io/krew/cmd/krew");
const VALIDATE: GoProgram = of_krew("validate-krew-manifest", "sigs.k8s.io/krew/cmd/validate-krew-manifest");

const fn of_krew(name: &'static str, package: &'static str) -> GoProgram {
    GoProgram {
        name,
        package,
        module: locations::krew_module,
        linker_flags: "-s -w",
    }
}
