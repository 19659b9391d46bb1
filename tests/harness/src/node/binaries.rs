//! The programs of a node that are built here; containerd, runc and the CNI plugins are the system's.

use std::path::{Path, PathBuf};

use crate::binaries::{Binaries, find_or_build};
use crate::error::HarnessError;
use crate::go_build::GoProgram;
use crate::locations;

/// The programs of a control plane and of a node, as absolute paths.
#[derive(Debug, Clone)]
pub struct NodeBinaries {
    pub control_plane: Binaries,
    pub kube_scheduler: PathBuf,
    pub kubelet: PathBuf,
    pub kube_proxy: PathBuf,
    /// Static: it is the only file in its image.
    pub(crate) pause: PathBuf,
}

impl NodeBinaries {
    /// Like [`Binaries::locate_or_build`], for everything that a node needs.
    pub fn locate_or_build(progress: &dyn Fn(&str)) -> Result<Self, HarnessError> {
        Ok(Self {
            control_plane: Binaries::locate_or_build(progress)?.with_controller_manager(progress)?,
            kube_scheduler: find_or_build(&KUBE_SCHEDULER, progress)?,
            kubelet: find_or_build(&KUBELET, progress)?,
            kube_proxy: find_or_build(&KUBE_PROXY, progress)?,
            pause: find_or_build(&PAUSE, progress)?,
        })
    }

    /// Every program.
    pub fn all(&self) -> Vec<&Path> {
        let Binaries {
            kube_apiserver,
            etcd,
            kubectl,
            kube_controller_manager,
        } = &self.control_plane;
        let own = [&self.kube_scheduler, &self.kubelet, &self.kube_proxy, &self.pause];
        let all = [kube_apiserver, etcd, kubectl]
            .into_iter()
            .chain(kube_controller_manager)
            .chain(own);
        all.map(PathBuf::as_path).collect()
    }
}

const KUBE_SCHEDULER: GoProgram = GoProgram::of_kubernetes("kube-scheduler", "k8s.io/kubernetes/cmd/kube-scheduler");
const KUBELET: GoProgram = GoProgram::of_kubernetes("kubelet", "k8s.io/kubernetes/cmd/kubelet");
const KUBE_PROXY: GoProgram = GoProgram::of_kubernetes("kube-proxy", "k8s.io/kubernetes/cmd/kube-proxy");
const PAUSE: GoProgram = GoProgram {
    name: "pause",
    package: "./pause",
    module: locations::kubernetes_module,
    linker_flags: "-s -w",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_program_is_a_tool_or_a_folder_of_the_module() {
        let module = std::fs::read_to_string(locations::kubernetes_module().join("go.mod")).unwrap();
        for program in [&KUBE_SCHEDULER, &KUBELET, &KUBE_PROXY] {
            let named = module.lines().any(|line| line.trim() == program.package);
            assert!(named, "{} is not a tool line of its go.mod", program.package);
        }
        assert!(
            locations::kubernetes_module()
                .join(PAUSE.package)
                .join("main.go")
                .is_file()
        );
    }
}
