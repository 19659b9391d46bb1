//! Compiles what the control plane is made of, while cargo leaves a core free. Go keeps what it has compiled, so that the build
//! of the control plane, which comes later, has little left to do.

use std::env;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

/// Those that take long, of the module in `tests/cluster`.
const PACKAGES: [&str; 2] = ["k8s.io/kubernetes/cmd/kube-apiserver", "k8s.io/kubernetes/cmd/kubectl"];

/// Starts it, and waits for nothing: where it fails or cannot run, the build proper says why. Several packages at once are
/// compiled and not linked.
pub(crate) fn start(root: &Path, target: &Path) {
    let has_programs = env::var_os("KUBEBUILDER_ASSETS").is_some_and(|folder| !folder.is_empty());
    let Some(lock) = lock(root, target).filter(|_| !has_programs) else {
        return;
    };
    // Compilers of the linter come first. `nice` is on every Unix; elsewhere nothing is warmed up.
    let mut go = Command::new("nice");
    go.args(["-n", "19", "go", "build", "-trimpath", "-buildvcs=false"])
        .args(PACKAGES)
        .current_dir(root.join("tests/cluster"))
        // As the build proper does: with other settings nothing of this could be used.
        .env("GOWORK", "off")
        .env("CGO_ENABLED", "0")
        .env_remove("GOOS")
        .env_remove("GOARCH")
        // Go holds the lock for as long as it runs: two builds at once would compile everything twice.
        .stdin(lock)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if go.spawn().is_ok() {
        eprintln!("==> beside it the API server is compiled, which takes minutes the first time");
    }
}

/// The lock of who builds the control plane; nothing where somebody has it, or has built it.
fn lock(root: &Path, target: &Path) -> Option<File> {
    let folder = target.join("cluster").join(version(root)?);
    fs::create_dir_all(&folder).ok()?;
    if folder.join("kube-apiserver").is_file() {
        return None;
    }
    let lock = File::create(folder.join("build.lock")).ok()?;
    lock.try_lock().ok()?;
    Some(lock)
}

/// The Kubernetes that the module pins: `v1.36.3`.
fn version(root: &Path) -> Option<String> {
    let module = fs::read_to_string(root.join("tests/cluster/go.mod")).ok()?;
    let mut lines = module.lines().map(str::split_whitespace);
    lines.find_map(|mut words| {
        words
            .next()
            .filter(|word| *word == "k8s.io/kubernetes")
            .and(words.next())
            .map(str::to_owned)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_at_a_time_compiles_what_is_not_there() {
        let folder = std::env::temp_dir().join(format!("xtask-start-{}", std::process::id()));
        let target = folder.join("target");
        fs::create_dir_all(folder.join("tests/cluster")).unwrap();
        fs::write(
            folder.join("tests/cluster/go.mod"),
            "require (\n\tk8s.io/kubernetes v1.2.3\n)\n",
        )
        .unwrap();
        let first = lock(&folder, &target);
        let second = lock(&folder, &target);
        let was_first = first.is_some();
        drop(first);
        let third = lock(&folder, &target);
        let was_third = third.is_some();
        fs::write(target.join("cluster/v1.2.3/kube-apiserver"), "").unwrap();
        drop(third);
        let built = lock(&folder, &target);
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!((was_first, was_third), (true, true));
        assert!(second.is_none() && built.is_none());
    }

    /// Where the harness has it as well: the build proper waits for this lock and no other.
    #[test]
    fn the_folder_is_that_of_the_version_in_the_module() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
        let harness = fs::read_to_string(root.join("tests/harness/src/locations.rs")).unwrap();
        let version = version(root).unwrap();
        let line = format!("KUBERNETES_VERSION: &str = \"{version}\"");
        assert!(harness.contains(&line), "{version}");
    }
}
