//! What has been collected from a cluster, in a folder or in an archive of one: objects in YAML or JSON files as `kubectl get`
//! prints them, and the ends of logs.
//!
//! ```text
//! bundle.yaml                                   optional: when, which namespaces, and what could not be read (head.rs)
//! *.yaml, *.yml, *.json                         objects, several in a file or in a List; folders at will
//! logs/NAMESPACE/POD/CONTAINER.log              the end of a log
//! logs/NAMESPACE/POD/CONTAINER.previous.log     the same of the container that ran before
//! ```
//!
//! `report` writes one ([`files`], [`pack`]), and reading it gives what was written.

mod archive;
mod files;
mod head;
mod pack;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use neo4jbackup_core::document::{self, Limits, Node};
use neo4jbackup_core::quoted::{Name, quoted};
use neo4jbackup_core::snapshot::{LogOf, LogTail, Resource, Snapshot, StoredObject, stored};

pub(crate) use self::files::{Content, Files, files};
use self::head::Head;
pub use self::head::HeadError;
pub(crate) use self::pack::pack;

/// The file that says what the others are.
const HEAD: &str = "bundle.yaml";
/// The folder of the logs.
const LOGS: &str = "logs";

/// Why a bundle cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// A file or folder cannot be read.
    #[error("{} cannot be read", Name(&file.to_string_lossy()))]
    Unreadable {
        /// The file or folder.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file holds something else than objects.
    #[error("{}:{line}: {message}", Name(&file.to_string_lossy()))]
    Malformed {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// An object has a name that none can have.
    #[error("{}: a {kind} is called {}, which no cluster takes: lower-case letters, digits, `-` and `.`", Name(&file.to_string_lossy()), quoted(name))]
    Name {
        /// The file.
        file: PathBuf,
        /// Its kind.
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// The head says something that it cannot say.
    #[error("{} {source}", Name(&file.to_string_lossy()))]
    Head {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        source: HeadError,
    },
    /// An archive holds too much.
    #[error(
        "{} holds more than {entries} entries or unpacks to more than {mebibytes} MiB; unpack it yourself, and give the folder",
        Name(&file.to_string_lossy())
    )]
    TooLarge {
        /// The archive.
        file: PathBuf,
        /// How many entries it may have.
        entries: usize,
        /// How much they may be, unpacked.
        mebibytes: u64,
    },
    /// An archive has an entry with a path that no honest one has.
    #[error("{} has an entry that leads out of it: {}", Name(&file.to_string_lossy()), quoted(&entry.to_string_lossy()))]
    Outside {
        /// The archive.
        file: PathBuf,
        /// The path of the entry.
        entry: PathBuf,
    },
    /// There is nothing in it.
    #[error("{} holds no object that a check looks at; give the folder of a report, or one with what `kubectl get … -o yaml` prints", Name(&path.to_string_lossy()))]
    Empty {
        /// The file or folder.
        path: PathBuf,
    },
}

/// What was collected.
#[derive(Debug, Clone, PartialEq)]
pub struct Bundle {
    /// What was there.
    pub snapshot: Snapshot,
    /// The only object that was asked about, as the command line named it, `backup/nightly`; `None` for everything.
    pub target: Option<String>,
    /// The version of the API server, when it is known.
    pub server_version: Option<String>,
}

/// Reads what was there, as [`open`].
pub fn read(path: &Path) -> Result<Snapshot, BundleError> {
    open(path).map(|bundle| bundle.snapshot)
}

/// Reads what was collected in a folder, in an archive of one, or in one file of objects.
pub fn open(path: &Path) -> Result<Bundle, BundleError> {
    let mut collected = Collected::new();
    let is_archive = path.is_file()
        && archive::read(path, &mut |below, content| {
            collected.take(&path.join(below), below, || {
                let mut bytes = Vec::new();
                content.read_to_end(&mut bytes).map(|_| bytes)
            })
        })?;
    if !is_archive {
        let mut files = Vec::new();
        collect(path, &mut files)?;
        files.sort();
        for file in &files {
            let below = file.strip_prefix(path).unwrap_or(file);
            collected.take(file, below, || fs::read(file))?;
        }
    }
    collected.finish(path)
}

/// What was read so far.
struct Collected {
    snapshot: Snapshot,
    newest: Newest,
    head: Head,
}

impl Collected {
    fn new() -> Self {
        Self {
            snapshot: Snapshot::new(Timestamp::UNIX_EPOCH, None),
            newest: Newest::default(),
            head: Head::default(),
        }
    }

    /// Takes a file by its path below the root; of one that nobody asks for, nothing is read.
    fn take(
        &mut self,
        file: &Path,
        below: &Path,
        bytes: impl FnOnce() -> io::Result<Vec<u8>>,
    ) -> Result<(), BundleError> {
        let text = || {
            let bytes = bytes().map_err(|source| BundleError::Unreadable {
                file: file.to_owned(),
                source,
            })?;
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        };
        if below == Path::new(HEAD) {
            self.head = Head::parse(&text()?).map_err(|source| wrong_head(file, source))?;
        } else if let Some(of) = log_of(below) {
            self.snapshot.add_log(of, LogTail::Read(text()?));
        } else if is_manifest(file) {
            add_objects(file, &text()?, &mut self.snapshot, &mut self.newest)?;
        }
        Ok(())
    }

    fn finish(self, path: &Path) -> Result<Bundle, BundleError> {
        let Self {
            mut snapshot,
            newest,
            mut head,
        } = self;
        if snapshot.resources().next().is_none() && !head.is_of_report() {
            return Err(BundleError::Empty { path: path.to_owned() });
        }
        let (target, server_version) = (head.target.take(), head.server_version.take());
        snapshot.taken = newest.0.unwrap_or(Timestamp::UNIX_EPOCH);
        head.apply(&mut snapshot)
            .map_err(|source| wrong_head(&path.join(HEAD), source))?;
        snapshot.sort();
        Ok(Bundle {
            snapshot,
            target,
            server_version,
        })
    }
}

/// The newest time that any object names.
#[derive(Debug, Clone, Copy, Default)]
struct Newest(Option<Timestamp>);

impl Newest {
    fn see(&mut self, node: &Node<'_>) {
        match node {
            Node::String(text) if text.len() >= 20 && text.as_bytes()[10] == b'T' => {
                self.0 = self.0.max(text.parse().ok());
            }
            Node::List(items) => items.iter().for_each(|item| self.see(item)),
            Node::Map(map) => map.iter().for_each(|(_, value)| self.see(value)),
            _ => {}
        }
    }
}

fn wrong_head(file: &Path, source: HeadError) -> BundleError {
    BundleError::Head {
        file: file.to_owned(),
        source,
    }
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), BundleError> {
    let unreadable = |source| BundleError::Unreadable {
        file: path.to_owned(),
        source,
    };
    if !fs::metadata(path).map_err(unreadable)?.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(path).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let kind = entry.file_type().map_err(unreadable)?;
        if kind.is_dir() {
            collect(&entry.path(), files)?;
        } else if kind.is_file() {
            files.push(entry.path());
        }
    }
    Ok(())
}

fn is_manifest(file: &Path) -> bool {
    let extension = file.extension().and_then(|extension| extension.to_str());
    matches!(extension, Some("yaml" | "yml" | "json"))
}

fn log_of(below: &Path) -> Option<LogOf> {
    let parts: Vec<&str> = below.iter().map(|part| part.to_str()).collect::<Option<_>>()?;
    let [folder, namespace, pod, file] = parts[..] else {
        return None;
    };
    let name = file.strip_suffix(".log").filter(|_| folder == LOGS)?;
    let before = name.strip_suffix(".previous");
    Some(LogOf {
        namespace: namespace.to_owned(),
        pod: pod.to_owned(),
        container: before.unwrap_or(name).to_owned(),
        previous: before.is_some(),
    })
}

fn add_objects(file: &Path, text: &str, snapshot: &mut Snapshot, newest: &mut Newest) -> Result<(), BundleError> {
    if file.extension().is_some_and(|extension| extension == "json") {
        // One after the other, as reports have them; usually it is one.
        for object in serde_json::Deserializer::from_str(text).into_iter::<Node<'_>>() {
            let object = object.map_err(|error| BundleError::Malformed {
                file: file.to_owned(),
                line: error.line(),
                message: error.to_string(),
            })?;
            add(object, file, snapshot, newest)?;
        }
        return Ok(());
    }
    let parsed = document::parse(text, &Limits::default());
    if let Some(problem) = parsed.problems.first() {
        return Err(BundleError::Malformed {
            file: file.to_owned(),
            line: problem.span.start.line,
            message: problem.message.clone(),
        });
    }
    for document in parsed.documents {
        add(document.root, file, snapshot, newest)?;
    }
    Ok(())
}

fn add(object: Node<'_>, file: &Path, snapshot: &mut Snapshot, newest: &mut Newest) -> Result<(), BundleError> {
    if object.get("items").and_then(Node::as_list).is_some() {
        let Node::Map(map) = object else { return Ok(()) };
        let items = map.0.into_iter().find(|(key, _)| key == "items");
        if let Some((_, Node::List(items))) = items {
            for item in items {
                add(item, file, snapshot, newest)?;
            }
        }
        return Ok(());
    }
    newest.see(&object);
    if let Some((resource, stored)) = stored(object) {
        if !takes_name(resource, &stored) {
            let names = [&stored.name, &stored.namespace].into_iter();
            let name = names.max_by_key(|name| !is_name(name));
            return Err(BundleError::Name {
                file: file.to_owned(),
                kind: resource.kind(),
                name: name.map(ToString::to_string).unwrap_or_default(),
            });
        }
        snapshot.add(resource, [stored]);
    }
    Ok(())
}

/// Whether an object has names that it can have in a cluster: they become part of commands that a person copies into a shell.
fn takes_name(resource: Resource, object: &StoredObject) -> bool {
    let of_rbac = matches!(resource, Resource::Roles | Resource::RoleBindings);
    of_rbac || (is_name(&object.name) && is_name(&object.namespace))
}

/// Whether an object can have this name in a cluster; no name at all is none that does harm.
fn is_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
    name.len() <= 253 && name.bytes().all(is_plain)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests;
