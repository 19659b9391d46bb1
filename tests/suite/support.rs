//! Places, and the bounds under which the suites run.

use std::path::PathBuf;

use jiff::Timestamp;

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the package lies in the repository")
        .to_owned()
}

/// The folder with real manifests and recordings, when it is there. Says so when it is not.
pub(crate) fn shared(path: &str) -> Option<PathBuf> {
    let base = std::env::var_os("NEO4JBACKUP_SHARED").map_or_else(|| root().join("../shared"), PathBuf::from);
    let path = base.join(path);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {} is not there", path.display());
    None
}

/// The time of every judgement in the suites.
pub(crate) fn now() -> Timestamp {
    "2026-06-01T00:00:00Z".parse().expect("a valid instant")
}
