//! Where the harness reads its Go modules and keeps what it builds and runs.

use std::env;
use std::path::{Path, PathBuf};

/// The Kubernetes that `tests/cluster/go.mod` pins, as `kubectl version` prints it.
pub const KUBERNETES_VERSION: &str = "v1.36.3";

/// The folder of the Go module that builds the Kubernetes programs.
pub(crate) fn kubernetes_module() -> PathBuf {
    workspace().join("tests/cluster")
}

/// The folder of the Go module that builds etcd.
pub(crate) fn etcd_module() -> PathBuf {
    workspace().join("tests/cluster/etcd")
}

/// The folder of the Go module that builds helm.
pub(crate) fn helm_module() -> PathBuf {
    workspace().join("tests/cluster/helm")
}

/// The folder of the Go module that builds kubeconform.
pub(crate) fn kubeconform_module() -> PathBuf {
    workspace().join("tests/cluster/kubeconform")
}

/// The folder of the Go module that builds actionlint.
pub(crate) fn actionlint_module() -> PathBuf {
    workspace().join("tests/cluster/actionlint")
}

/// The folder of the Go module that pins projects whose `CustomResourceDefinitions` the chart's tests install.
pub(crate) fn crds_module() -> PathBuf {
    workspace().join("tests/cluster/crds")
}

/// The folder of the Go module of the webhook that the benchmarks measure against.
pub(crate) fn controller_runtime_peer() -> PathBuf {
    workspace().join("benches/peers/controller-runtime")
}

/// The folder that built programs stay in, one per Kubernetes version.
pub(crate) fn built_binaries() -> PathBuf {
    target().join("cluster").join(KUBERNETES_VERSION)
}

/// The folder that holds one directory for each running control plane.
pub(crate) fn run_directories() -> PathBuf {
    target().join("cluster/run")
}

/// Cargo's target folder: the one place that version control ignores and `cargo clean` empties.
pub fn target() -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => workspace().join(folder),
        None => workspace().join("target"),
    }
}

pub(crate) fn workspace() -> &'static Path {
    let harness = Path::new(env!("CARGO_MANIFEST_DIR"));
    harness.ancestors().nth(2).unwrap_or(harness)
}
