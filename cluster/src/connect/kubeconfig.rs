//! The kubeconfig that kubectl would read: one file, or several that are merged.
//!
//! A file that is named by `--kubeconfig` has to be there; of those in `$KUBECONFIG` the ones that are not there are passed
//! over. The first file that has a cluster, a user or a context of a name wins, and so does the first current context.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use kube::config::{AuthInfo, Cluster, Context, Kubeconfig, KubeconfigError};

use super::ConnectError;
use super::flags::Surroundings;

/// Something of a kubeconfig, and the file that it stands in.
#[derive(Debug, Clone)]
pub(super) struct Entry<T> {
    pub(super) name: String,
    pub(super) value: T,
    pub(super) file: PathBuf,
}

/// What all files say together.
#[derive(Debug, Clone, Default)]
pub(super) struct Merged {
    pub(super) clusters: Vec<Entry<Cluster>>,
    pub(super) users: Vec<Entry<AuthInfo>>,
    pub(super) contexts: Vec<Entry<Context>>,
    pub(super) current_context: Option<(String, PathBuf)>,
    /// The files, whether they are there or not.
    pub(super) files: Vec<PathBuf>,
}

impl Merged {
    /// Reads the file that is named, or else those that kubectl would read.
    pub(super) fn read(named: Option<&Path>, surroundings: &Surroundings) -> Result<Self, ConnectError> {
        let mut merged = Self::default();
        if let Some(named) = named {
            let read = read(&surroundings.current_directory.join(named));
            merged.add(named, read.map_err(|error| failed(named, error))?);
            return Ok(merged);
        }
        for file in usual_files(surroundings) {
            match read(&surroundings.current_directory.join(&file)) {
                Ok(read) => merged.add(&file, read),
                Err(KubeconfigError::ReadConfig(error, _)) if error.kind() == ErrorKind::NotFound => {
                    merged.files.push(file);
                }
                Err(error) => return Err(failed(&file, error)),
            }
        }
        Ok(merged)
    }

    /// Whether no file says anything that a connection could be made of.
    pub(super) fn is_empty(&self) -> bool {
        self.clusters.is_empty() && self.users.is_empty() && self.contexts.is_empty() && self.current_context.is_none()
    }

    /// The files, as a message names them.
    pub(super) fn named(&self) -> String {
        let files: Vec<String> = self.files.iter().map(|file| file.display().to_string()).collect();
        files.join(", ")
    }

    fn add(&mut self, file: &Path, read: Kubeconfig) {
        let clusters = read.clusters.into_iter();
        let users = read.auth_infos.into_iter();
        let contexts = read.contexts.into_iter();
        add(
            &mut self.clusters,
            file,
            clusters.map(|named| (named.name, named.cluster)),
        );
        add(&mut self.users, file, users.map(|named| (named.name, named.auth_info)));
        add(
            &mut self.contexts,
            file,
            contexts.map(|named| (named.name, named.context)),
        );
        let current = read.current_context.filter(|name| !name.is_empty());
        self.current_context = self
            .current_context
            .take()
            .or(current.map(|name| (name, file.to_owned())));
        self.files.push(file.to_owned());
    }
}

/// What a kubeconfig has names for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KubeconfigNames {
    /// Of its contexts.
    pub contexts: Vec<String>,
    /// Of its clusters.
    pub clusters: Vec<String>,
    /// Of its users.
    pub users: Vec<String>,
}

impl KubeconfigNames {
    /// Reads the file that is named, or else those that kubectl would read.
    pub fn read(named: Option<&Path>, surroundings: &Surroundings) -> Result<Self, ConnectError> {
        fn names<T>(entries: Vec<Entry<T>>) -> Vec<String> {
            entries.into_iter().map(|entry| entry.name).collect()
        }
        let merged = Merged::read(named, surroundings)?;
        Ok(Self {
            contexts: names(merged.contexts),
            clusters: names(merged.clusters),
            users: names(merged.users),
        })
    }
}

/// Within a file the last of a name wins, between files the first.
fn add<T: Default>(entries: &mut Vec<Entry<T>>, file: &Path, read: impl Iterator<Item = (String, Option<T>)>) {
    let known = entries.len();
    for (name, value) in read {
        let value = value.unwrap_or_default();
        match entries.iter().position(|entry| entry.name == name) {
            Some(position) if position < known => {}
            Some(position) => entries[position].value = value,
            None => entries.push(Entry {
                name,
                value,
                file: file.to_owned(),
            }),
        }
    }
}

/// Finds an entry by its name.
pub(super) fn find<'e, T>(entries: &'e [Entry<T>], name: &str) -> Option<&'e Entry<T>> {
    entries.iter().find(|entry| entry.name == name)
}

fn read(file: &Path) -> Result<Kubeconfig, KubeconfigError> {
    Kubeconfig::read_from(file)
}

fn usual_files(surroundings: &Surroundings) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = Vec::new();
    if let Some(list) = surroundings.variable("KUBECONFIG") {
        for file in std::env::split_paths(list).filter(|file| !file.as_os_str().is_empty()) {
            if !files.contains(&file) {
                files.push(file);
            }
        }
    }
    if files.is_empty()
        && let Some(home) = home(surroundings)
    {
        files.push(home.join(".kube").join("config"));
    }
    files
}

fn home(surroundings: &Surroundings) -> Option<PathBuf> {
    let home = surroundings
        .variable("HOME")
        .or_else(|| surroundings.variable("USERPROFILE"));
    home.map(PathBuf::from)
}

/// The text of a parser may quote what stands in the file, and that may be a token. So only the place is kept of it.
fn failed(file: &Path, error: KubeconfigError) -> ConnectError {
    let file = file.to_owned();
    match error {
        KubeconfigError::ReadConfig(source, _) => ConnectError::KubeconfigUnreadable { file, source },
        KubeconfigError::Parse(error) => ConnectError::KubeconfigMalformed {
            file,
            place: match error.location() {
                Some(place) => format!("line {}, column {}", place.line(), place.column()),
                None => "as a whole".to_owned(),
            },
        },
        _ => ConnectError::KubeconfigMalformed {
            file,
            place: "as a whole".to_owned(),
        },
    }
}
