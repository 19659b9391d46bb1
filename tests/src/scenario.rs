//! The scenarios: what is in a cluster, in files.

use std::fs;
use std::path::{Path, PathBuf};

use neo4jbackup_core::document::{self, Limits};
use neo4jbackup_core::examine::{Examination, Options, examine};
use neo4jbackup_core::live::Cluster;
use neo4jbackup_core::settings::Settings;
use serde_json::Value;

/// The folder of all scenarios.
pub fn scenarios() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

/// The folder of each scenario, by name.
pub fn folders() -> Vec<PathBuf> {
    let entries = fs::read_dir(scenarios()).unwrap();
    let folders = entries.map(|entry| entry.unwrap().path());
    let mut folders: Vec<_> = folders.filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

/// The objects of a scenario; none where it has none.
pub fn objects(folder: &Path) -> Vec<Value> {
    let text = fs::read_to_string(folder.join("objects.yaml"));
    text.map_or_else(|_| Vec::new(), |text| documents(&text))
}

/// The documents of a YAML text, which has no problem.
pub fn documents(text: &str) -> Vec<Value> {
    let parsed = document::parse(text, &Limits::default());
    assert!(parsed.problems.is_empty(), "{:?}\n{text}", parsed.problems);
    let documents = parsed.documents.iter();
    let values = documents.map(|document| serde_json::to_value(&document.root).unwrap());
    values.filter(|value| !value.is_null()).collect()
}

/// Everything that is found in a cluster.
pub fn examined(cluster: &Cluster<'_>) -> Examination {
    let settings = Settings::default();
    let options = Options {
        settings: &settings,
        target: None,
        selects: &|_, _| true,
    };
    examine(cluster, &options)
}
