//! The scenarios: what is in a cluster, in files.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use neo4jbackup_core::document::{self, Limits};
use neo4jbackup_core::examine::{Examination, Options, examine};
use neo4jbackup_core::live::Cluster;
use neo4jbackup_core::settings::Settings;
use neo4jbackup_harness::later;
use serde_json::Value;

/// The folder of all scenarios.
pub fn scenarios() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

/// What is in a folder, by name; nothing where there is none.
pub fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut entries: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    entries
}

/// The folder of each scenario, by name.
pub fn folders() -> Vec<PathBuf> {
    let mut folders = entries(&scenarios());
    folders.retain(|path| path.is_dir());
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

/// The last part of a path.
pub fn file_name(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

/// A log of a scenario, which stands in `logs/NAMESPACE/POD/CONTAINER.log`.
#[derive(Debug)]
pub struct Log {
    pub namespace: String,
    pub pod: String,
    /// With `.previous` behind it for the one before the last start.
    pub container: String,
    pub text: String,
}

/// The logs of a scenario.
pub fn logs(folder: &Path) -> Vec<Log> {
    let namespaces = entries(&folder.join("logs"));
    let pods = namespaces.iter().flat_map(|namespace| entries(namespace));
    let files = pods.flat_map(|pod| entries(&pod));
    files
        .map(|file| {
            let pod = file.parent().unwrap();
            Log {
                namespace: file_name(pod.parent().unwrap()).to_owned(),
                pod: file_name(pod).to_owned(),
                container: file_name(&file).trim_end_matches(".log").to_owned(),
                text: fs::read_to_string(&file).unwrap(),
            }
        })
        .collect()
}

/// A scenario at another time than its own.
#[derive(Debug)]
pub struct Moved {
    pub folder: PathBuf,
    pub objects: Vec<Value>,
    /// So much later.
    pub minutes: i64,
    /// The time at which it is looked at, before it is moved.
    pub taken_at: Timestamp,
}

impl Moved {
    /// `minutes` says how much later it takes place, of the time at which its first Job or restore was made, or, without
    /// one, of that at which it is looked at.
    pub fn read(name: &str, minutes: impl Fn(Timestamp) -> i64) -> Self {
        let folder = scenarios().join(name);
        let objects = objects(&folder);
        let about: Value = serde_saphyr::from_str(&fs::read_to_string(folder.join("bundle.yaml")).unwrap()).unwrap();
        let taken_at: Timestamp = about["takenAt"].as_str().unwrap().parse().unwrap();
        // What was made last by a controller is made anew, and what came of it, later.
        let made = objects
            .iter()
            .filter(|object| matches!(object["kind"].as_str(), Some("Job" | "Neo4jRestore")));
        let made = made.filter_map(|object| object["metadata"]["creationTimestamp"].as_str());
        let made = made.filter_map(|time| time.parse::<Timestamp>().ok()).min();
        let minutes = minutes(made.unwrap_or(taken_at));
        Self {
            folder,
            objects: objects.iter().map(|object| later(object, minutes)).collect(),
            minutes,
            taken_at,
        }
    }

    /// In the present: what was made in it first is made after now, by an API server that gives it its own time.
    pub fn to_the_present(name: &str) -> Self {
        Self::read(name, |made| (Timestamp::now().as_second() - made.as_second()) / 60 + 1)
    }

    /// Looked at right now: by programs that have no other clock. What was made in it counts as made now.
    pub fn seen_now(name: &str) -> Self {
        let taken_at = Self::read(name, |_| 0).taken_at;
        Self::read(name, |_| (Timestamp::now().as_second() - taken_at.as_second()) / 60)
    }

    /// The time at which it is looked at.
    pub fn now(&self) -> String {
        later(&self.taken_at.to_string().into(), self.minutes)
            .as_str()
            .unwrap()
            .to_owned()
    }
}

/// What a scenario says at its head of who plays it on a node: `# played: node`, or `# played: node, as CASE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Played {
    /// Its own objects: controllers and the kubelet make its runs, and a program logs and ends as it says.
    Itself,
    /// A case of `tests/node/diagnoses` in its place, where more than a program has to fail.
    As(String),
}

/// The scenarios that are really played, by name.
pub fn played() -> Vec<(String, Played)> {
    let played = folders().into_iter().filter_map(|folder| {
        let about = fs::read_to_string(folder.join("bundle.yaml")).unwrap();
        let word = about.lines().find_map(|line| line.strip_prefix("# played: "))?;
        let played = match word.strip_prefix("node") {
            Some("") => Played::Itself,
            Some(rest) if rest.starts_with(", as ") => Played::As(rest.trim_start_matches(", as ").to_owned()),
            _ => panic!("{}: `{word}` is no way to play it", folder.display()),
        };
        Some((file_name(&folder).to_owned(), played))
    });
    played.collect()
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
