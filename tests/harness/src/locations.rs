//! Where the harness reads its Go modules and keeps what it builds and runs.

use std::env;
use std::path::{Path, PathBuf};

/// The Kubernetes that `tests/cluster/go.mod` pins, as `kubectl version` prints it.
pub const KUBERNETES_VERSION: &str = "v1.36.3";

/// The folder of the Go module that builds the Kubernetes programs.
pub(crate) fn kubernetes_module() -> PathBuf {
    root().join("tests/cluster")
}

/// The folder of the Go module that builds etcd.
pub(crate) fn etcd_module() -> PathBuf {
    root().join("tests/cluster/etcd")
}

/// The folder of the Go module that builds helm.
pub(crate) fn helm_module() -> PathBuf {
    root().join("tests/cluster/helm")
}

/// The folder of the Go module that builds kubeconform.
pub(crate) fn kubeconform_module() -> PathBuf {
    root().join("tests/cluster/kubeconform")
}

/// The folder of the Go module that builds an S3 server.
pub(crate) fn versitygw_module() -> PathBuf {
    root().join("tests/stores/versitygw")
}

/// The folder of the Go module that builds a server of Google Cloud Storage.
pub(crate) fn fake_gcs_module() -> PathBuf {
    root().join("tests/stores/fake-gcs-server")
}

/// The folder of the Go module that builds actionlint.
pub(crate) fn actionlint_module() -> PathBuf {
    root().join("tests/cluster/actionlint")
}

/// The folder of the Go module that builds the Lua of Argo CD.
pub(crate) fn glua_module() -> PathBuf {
    root().join("tests/cluster/glua")
}

/// The folder of the Go module that builds krew.
pub(crate) fn krew_module() -> PathBuf {
    root().join("tests/cluster/krew")
}

/// The folder of the Go module that pins projects whose `CustomResourceDefinitions` the chart's tests install.
pub(crate) fn crds_module() -> PathBuf {
    root().join("tests/cluster/crds")
}

/// The folder of the Go module of the webhook that the benchmarks measure against.
pub(crate) fn controller_runtime_peer() -> PathBuf {
    root().join("benches/peers/controller-runtime")
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
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

/// The root of the repository.
pub fn root() -> &'static Path {
    let harness = Path::new(env!("CARGO_MANIFEST_DIR"));
    harness.ancestors().nth(2).unwrap_or(harness)
}

/// A file or folder of real manifests and recordings, by its path below `NEO4JBACKUP_SHARED`, or else below the folder
/// `shared` beside the repository. `None`, after saying so, when it is not there.
pub fn shared(path: &str) -> Option<PathBuf> {
    let base = env::var_os("NEO4JBACKUP_SHARED").map_or_else(|| root().join("../shared"), PathBuf::from);
    let path = base.join(path);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {} is not there", path.display());
    None
}
