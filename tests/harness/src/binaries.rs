//! Finds the programs of a control plane, and builds them where there are none.

use std::env;
use std::path::{Path, PathBuf};

use crate::error::HarnessError;
use crate::go_build::{self, GoProgram};
use crate::locations;

/// The programs of a control plane, as absolute paths.
#[derive(Debug, Clone)]
pub struct Binaries {
    pub kube_apiserver: PathBuf,
    pub etcd: PathBuf,
    pub kubectl: PathBuf,
    /// Only there after [`Binaries::with_controller_manager`], because few tests need it and it takes a minute to build.
    pub kube_controller_manager: Option<PathBuf>,
}

impl Binaries {
    /// Takes the programs from `KUBEBUILDER_ASSETS` (the convention of envtest), else from `target/cluster/<version>/`,
    /// else builds them there with Go. Processes that ask at the same time build once.
    ///
    /// `progress` receives a line whenever something takes longer than a few seconds.
    pub fn locate_or_build(progress: &dyn Fn(&str)) -> Result<Self, HarnessError> {
        if let Some(folder) = assets_folder() {
            return Self::in_folder(&folder);
        }
        go_build::build_all(&[&KUBE_APISERVER, &ETCD, &KUBECTL], progress)?;
        Self::in_folder(&locations::built_binaries())
    }

    /// Adds kube-controller-manager: Jobs of `CronJobs`, `ServiceAccounts` of namespaces, garbage collection.
    ///
    /// envtest's folders do not contain it, so that it is built even when the rest comes from there.
    pub fn with_controller_manager(mut self, progress: &dyn Fn(&str)) -> Result<Self, HarnessError> {
        self.kube_controller_manager = Some(find_or_build(&KUBE_CONTROLLER_MANAGER, progress)?);
        Ok(self)
    }

    /// An error when [`Binaries::locate_or_build`] or [`Binaries::with_controller_manager`] would fail for want of Go:
    /// better said before minutes of other work than after.
    pub fn check_prerequisites() -> Result<(), HarnessError> {
        let built = match assets_folder() {
            None => [&KUBE_APISERVER, &ETCD, &KUBECTL, &KUBE_CONTROLLER_MANAGER].to_vec(),
            Some(folder) if folder.join(KUBE_CONTROLLER_MANAGER.name).is_file() => Vec::new(),
            Some(_) => vec![&KUBE_CONTROLLER_MANAGER],
        };
        go_build::check_possible(&built)
    }

    /// The folder to put in front of `PATH` for a person who wants the kubectl of this version.
    pub fn folder(&self) -> &Path {
        self.kubectl.parent().unwrap_or(Path::new("."))
    }

    fn in_folder(folder: &Path) -> Result<Self, HarnessError> {
        let program = |program: &GoProgram| {
            let path = folder.join(program.name);
            if path.is_file() {
                return Ok(path);
            }
            Err(HarnessError::IncompleteAssets {
                folder: folder.to_owned(),
                missing: program.name,
            })
        };
        Ok(Self {
            kube_apiserver: program(&KUBE_APISERVER)?,
            etcd: program(&ETCD)?,
            kubectl: program(&KUBECTL)?,
            kube_controller_manager: None,
        })
    }
}

/// The program in `KUBEBUILDER_ASSETS` if that has it, else the one that is built here.
pub(crate) fn find_or_build(program: &GoProgram, progress: &dyn Fn(&str)) -> Result<PathBuf, HarnessError> {
    let asset = assets_folder().map(|folder| folder.join(program.name));
    if let Some(path) = asset.filter(|path| path.is_file()) {
        return Ok(path);
    }
    go_build::build_all(&[program], progress)?;
    Ok(locations::built_binaries().join(program.name))
}

fn assets_folder() -> Option<PathBuf> {
    env::var_os("KUBEBUILDER_ASSETS")
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}

const KUBE_APISERVER: GoProgram = GoProgram::of_kubernetes("kube-apiserver", "k8s.io/kubernetes/cmd/kube-apiserver");
const KUBECTL: GoProgram = GoProgram::of_kubernetes("kubectl", "k8s.io/kubernetes/cmd/kubectl");
const KUBE_CONTROLLER_MANAGER: GoProgram = GoProgram::of_kubernetes(
    "kube-controller-manager",
    "k8s.io/kubernetes/cmd/kube-controller-manager",
);
const ETCD: GoProgram = GoProgram {
    name: "etcd",
    package: "go.etcd.io/etcd/server/v3",
    module: locations::etcd_module,
    linker_flags: "-s -w",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_program_is_a_tool_of_its_module() {
        for program in [&KUBE_APISERVER, &KUBECTL, &KUBE_CONTROLLER_MANAGER, &ETCD] {
            let module = std::fs::read_to_string((program.module)().join("go.mod")).unwrap();
            let named = module
                .lines()
                .any(|line| line.trim().trim_start_matches("tool ").trim() == program.package);
            assert!(named, "{} is not a tool line of its go.mod", program.package);
        }
    }
}
