//! Where reports and baselines go, looked at before any work is done: nothing that somebody else has written is replaced.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Component, Path, PathBuf};

use neo4jbackup_core::document::{self, Limits, Node};
use neo4jbackup_core::registry;

use super::plan::Plan;
use crate::Io;
use crate::baseline::{self, Baseline};
use crate::directory::Directory;
use crate::input::{Origin, Source};
use crate::report::API_VERSION;
use crate::{Exit, replace};

/// Where something is written to.
#[derive(Debug)]
pub(super) enum Destination {
    /// A pipe, a device, or a descriptor of the process, which takes what it is given.
    Stream(PathBuf),
    /// A file, which is replaced in one step.
    File {
        /// The folder that holds it.
        folder: Directory,
        /// Its name there.
        name: OsString,
    },
}

/// Why nothing is written.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    /// There is something that must not be lost.
    #[error("`{flag}` would replace {name}, which {what}; {remedy}")]
    Replaces {
        flag: String,
        name: String,
        what: String,
        remedy: &'static str,
    },

    /// A link leads out of where it stands.
    #[error(
        "`{flag}` leads out of {} by a link, to {}; if that is meant, name that file itself",
        home.display(),
        real.display()
    )]
    LeadsOut { flag: String, home: PathBuf, real: PathBuf },

    /// A link leads nowhere yet.
    #[error("`{flag}` is a link to a file that does not exist; name that file itself")]
    DanglingLink { flag: String },

    /// One would replace the other.
    #[error("`{first}` and `{second}` write to one file; give one of them another name")]
    SameFile { first: String, second: String },

    /// No file can have this name.
    #[error("{name} cannot be written: it is a folder")]
    Folder { name: String },

    /// No folder is made for a report.
    #[error("{name} cannot be written: its folder does not exist")]
    NoFolder { name: String },

    /// The operating system refused.
    #[error("{name} cannot be written: {source}")]
    Write { name: String, source: io::Error },
}

impl Refusal {
    /// What the shell is told.
    pub(super) fn exit(&self) -> Exit {
        match self {
            Self::Replaces { .. } | Self::LeadsOut { .. } | Self::DanglingLink { .. } => Exit::Refused,
            Self::SameFile { .. } | Self::Folder { .. } | Self::NoFolder { .. } | Self::Write { .. } => Exit::Usage,
        }
    }
}

/// Every place that a run writes to beside standard output.
#[derive(Debug, Default)]
pub(super) struct Destinations {
    /// One for each of [`Plan::outputs`], in their order; none is standard output.
    pub(super) reports: Vec<Option<Destination>>,
    /// Where the baseline goes, when it is to be written.
    pub(super) baseline: Option<Destination>,
}

impl Destinations {
    /// Looks at every place. `sources` are what will be read.
    pub(super) fn new(plan: &Plan, sources: &[Source], io: &Io<'_>) -> Result<Self, Refusal> {
        let mut checker = Checker {
            current_directory: &io.current_directory,
            inputs: Inputs::new(plan, sources),
            taken: Vec::new(),
        };
        let mut destinations = Self::default();
        if let Some((name, file)) = plan.baseline.as_ref().filter(|_| plan.write_baseline) {
            let wanted = Wanted {
                flag: "--write-baseline".to_owned(),
                name: name.clone(),
                is_baseline: true,
            };
            destinations.baseline = Some(checker.destination(&wanted, file)?);
        }
        for output in &plan.outputs {
            let destination = output.file.as_ref().map(|file| {
                let wanted = Wanted {
                    flag: format!("-o {}={}", output.name, file.display()),
                    name: file.display().to_string(),
                    is_baseline: false,
                };
                checker.destination(&wanted, &io.current_directory.join(file))
            });
            destinations.reports.push(destination.transpose()?);
        }
        Ok(destinations)
    }
}

/// A file as the system knows it, whatever its name.
#[cfg(unix)]
#[derive(Debug, Clone, PartialEq, Eq)]
struct Identity(u64, u64);

#[cfg(not(unix))]
#[derive(Debug, Clone, PartialEq, Eq)]
struct Identity(PathBuf);

impl Identity {
    #[cfg(unix)]
    fn of(path: &Path) -> Option<Self> {
        use std::os::unix::fs::MetadataExt as _;
        let about = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
        Some(Self(about.dev(), about.ino()))
    }

    #[cfg(not(unix))]
    fn of(path: &Path) -> Option<Self> {
        let is_file = fs::metadata(path).is_ok_and(|about| about.is_file());
        is_file.then(|| fs::canonicalize(path).ok().map(Self)).flatten()
    }
}

/// What a run reads; asked only when there is a file to be replaced.
struct Inputs<'p> {
    sources: &'p [Source],
    config: Option<&'p Path>,
    baseline: Option<(&'p str, &'p Path)>,
}

impl<'p> Inputs<'p> {
    fn new(plan: &'p Plan, sources: &'p [Source]) -> Self {
        let baseline = plan.baseline.as_ref().filter(|_| !plan.write_baseline);
        Self {
            sources,
            config: plan.config.as_deref(),
            baseline: baseline.map(|(name, file)| (name.as_str(), file.as_path())),
        }
    }

    /// What is read from this very file, in words.
    fn reads(&self, identity: &Identity) -> Option<Read> {
        let is_it = |path: &Path| Identity::of(path).as_ref() == Some(identity);
        let named = |text: String| Some(Read { text, is_found: false });
        if self.config.is_some_and(is_it) {
            return named("holds the settings of this run".to_owned());
        }
        if let Some((name, _)) = self.baseline.filter(|(_, file)| is_it(file)) {
            return named(format!("is the baseline {name} of this run"));
        }
        let source = self.sources.iter().find(|source| match source.origin.path() {
            Some(path) => is_it(&path),
            // Where standard input is a file, the shell has opened it.
            None => is_it(Path::new("/dev/stdin")),
        });
        source.map(|source| Read {
            text: format!("is what is linted as {}", source.name),
            is_found: matches!(source.origin, Origin::Found { .. }),
        })
    }
}

/// A part that a file has in a run.
struct Read {
    /// The end of a sentence.
    text: String,
    /// Whether the file was found in a folder, and not named.
    is_found: bool,
}

/// A place as it was asked for.
struct Wanted {
    /// The flag that asks for it.
    flag: String,
    /// The file as it was written.
    name: String,
    is_baseline: bool,
}

impl Wanted {
    fn replaces(&self, what: String) -> Refusal {
        Refusal::Replaces {
            flag: self.flag.clone(),
            name: self.name.clone(),
            what,
            remedy: if self.is_baseline {
                "name another file with --baseline"
            } else {
                "give the report another name"
            },
        }
    }

    fn folder(&self) -> Refusal {
        Refusal::Folder {
            name: self.name.clone(),
        }
    }

    fn unwritable(&self, source: io::Error) -> Refusal {
        Refusal::Write {
            name: self.name.clone(),
            source,
        }
    }
}

struct Checker<'c> {
    current_directory: &'c Path,
    inputs: Inputs<'c>,
    /// The files that are written to so far, and what asks for each.
    taken: Vec<(PathBuf, String)>,
}

impl Checker<'_> {
    fn destination(&mut self, wanted: &Wanted, full: &Path) -> Result<Destination, Refusal> {
        if is_descriptor(full) {
            return Ok(Destination::Stream(full.to_owned()));
        }
        let about = match fs::metadata(full) {
            Ok(about) if about.is_dir() => return Err(wanted.folder()),
            Ok(about) if !about.is_file() => return Ok(Destination::Stream(full.to_owned())),
            Ok(about) => Some(about),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(wanted.unwritable(error)),
        };
        let real = self.real(wanted, full)?;
        if let Some((_, other)) = self.taken.iter().find(|(taken, _)| *taken == real) {
            return Err(Refusal::SameFile {
                first: other.clone(),
                second: wanted.flag.clone(),
            });
        }
        if about.is_some() {
            let text = read(&real).map_err(|error| wanted.unwritable(error))?;
            let read = Identity::of(&real).and_then(|identity| self.inputs.reads(&identity));
            // A report in a folder that is linted again is found there, and no loss.
            let is_old_report = || !wanted.is_baseline && is_report(&text);
            if let Some(what) = read.filter(|read| !(read.is_found && is_old_report())) {
                return Err(wanted.replaces(what.text));
            }
            if let Some(what) = reason_to_keep(&text, wanted.is_baseline) {
                return Err(wanted.replaces(what));
            }
        }
        let (Some(parent), Some(name)) = (real.parent(), real.file_name()) else {
            return Err(wanted.folder());
        };
        let folder = Directory::open(parent).map_err(|error| wanted.unwritable(error))?;
        let name = name.to_owned();
        self.taken.push((real, wanted.flag.clone()));
        Ok(Destination::File { folder, name })
    }

    /// Where a file really is. A link in the working folder, or the file itself, does not lead out of where it stands: a
    /// repository must not choose what is written.
    fn real(&self, wanted: &Wanted, full: &Path) -> Result<PathBuf, Refusal> {
        let unusable = |error: io::Error| wanted.unwritable(error);
        let parent = full.parent().unwrap_or(full);
        let real_parent = fs::canonicalize(parent).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Refusal::NoFolder {
                name: wanted.name.clone(),
            },
            _ => unusable(error),
        })?;
        let is_link = fs::symlink_metadata(full).is_ok_and(|about| about.is_symlink());
        let real = if is_link {
            match fs::canonicalize(full) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return Err(Refusal::DanglingLink {
                        flag: wanted.flag.clone(),
                    });
                }
                real => real.map_err(unusable)?,
            }
        } else {
            real_parent.join(full.file_name().unwrap_or_default())
        };
        let is_plain = |path: &Path| {
            path.components()
                .all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
        };
        let home = match full.strip_prefix(self.current_directory) {
            Ok(below) if is_plain(below) => fs::canonicalize(self.current_directory).map_err(unusable)?,
            _ => real_parent,
        };
        if real.starts_with(&home) {
            return Ok(real);
        }
        Err(Refusal::LeadsOut {
            flag: wanted.flag.clone(),
            home,
            real,
        })
    }
}

/// What a shell or a script gives for a descriptor of the process.
fn is_descriptor(path: &Path) -> bool {
    ["/dev/stdout", "/dev/stderr"]
        .iter()
        .any(|known| path == Path::new(known))
        || ["/dev/fd", "/proc/self/fd"]
            .iter()
            .any(|folder| path.starts_with(folder))
}

/// The text of a file, as far as it is of a size that is read at all; what is no text is none.
fn read(file: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    let limit = Limits::default().file_bytes as u64;
    File::open(file)?.take(limit).read_to_end(&mut bytes)?;
    Ok(document::decode(&bytes).map(Into::into).unwrap_or_default())
}

/// Why the file with this text must not be replaced, as the end of a sentence.
fn reason_to_keep(text: &str, is_baseline: bool) -> Option<String> {
    if text.trim().is_empty() {
        return None;
    }
    if is_baseline {
        let problem = Baseline::parse(text).err()?;
        return Some(format!("no run has written as a baseline (it {problem})"));
    }
    if is_report(text) {
        return None;
    }
    if Baseline::parse(text).is_ok() {
        return Some("is a baseline".to_owned());
    }
    manifest(text).map(|kind| format!("holds a Kubernetes manifest ({kind})"))
}

/// Whether a text is a report of ours, in one of the formats whose files are also found as manifests.
fn is_report(text: &str) -> bool {
    // A report says so at its very beginning.
    let beginning: String = text.chars().take(200).collect();
    if beginning.contains(API_VERSION) {
        return !beginning.contains(baseline::KIND);
    }
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(serde_json::Value::Array(issues)) => issues.iter().all(|issue| {
            let code = issue.get("check_name").and_then(serde_json::Value::as_str);
            code.is_some_and(|code| registry::rule(code).is_some())
        }),
        Ok(log) => log
            .pointer("/runs/0/tool/driver/name")
            .is_some_and(|name| name == "kubectl-neo4jbackup"),
        Err(_) => false,
    }
}

/// The kind of the first Kubernetes object in a text, a template of one included.
fn manifest(text: &str) -> Option<String> {
    let parsed = document::parse(text, &Limits::default());
    let kind = parsed.documents.iter().find_map(|document| {
        let field = |key| document.root.get(key).and_then(Node::as_str);
        field("apiVersion").filter(|version| *version != API_VERSION)?;
        field("kind").map(str::to_owned)
    });
    let line_of = |key: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix(key)?.trim_start().strip_prefix(':'))
            .map(|value| value.trim().to_owned())
    };
    kind.or_else(|| {
        line_of("apiVersion").filter(|version| version != API_VERSION)?;
        line_of("kind")
    })
}

impl Destination {
    /// Writes a text there. A file that cannot be written to its end stays as it was.
    pub(super) fn write(&self, text: &str) -> io::Result<()> {
        match self {
            // Not from the beginning: a descriptor may be a file that has something in it already.
            Self::Stream(path) => OpenOptions::new().append(true).open(path)?.write_all(text.as_bytes()),
            Self::File { folder, name } => {
                replace::sweep(folder);
                match replace::replace(folder, name, text.as_bytes()) {
                    Err(error) if is_fixed(&error) && folder.has_file(name) => {
                        write_over(&folder.path().join(name), text.as_bytes())
                    }
                    written => written,
                }
            }
        }
    }
}

/// Whether a file may be written to although none can be put in its place: a single file that is mounted, or one of a
/// folder of others.
fn is_fixed(error: &io::Error) -> bool {
    use io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem, ResourceBusy};
    matches!(error.kind(), PermissionDenied | ReadOnlyFilesystem | ResourceBusy)
}

/// Writes over a file, and puts back what was in it when there is no room for the new text.
fn write_over(path: &Path, text: &[u8]) -> io::Result<()> {
    let old = fs::read(path)?;
    let written = overwrite(path, text);
    if written.is_err() {
        let _ = overwrite(path, &old);
    }
    written
}

fn overwrite(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(path)?;
    file.write_all(text)?;
    file.set_len(text.len() as u64)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifests_are_known_and_reports_are_not_taken_for_any() {
        for manifest in [
            "apiVersion: v1\nkind: Secret\n",
            "# a\n---\nspec: {}\nkind: Neo4jBackup\napiVersion: neo4j.neo4j.com/v1beta1\n",
            "{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": [{\"apiVersion\": \"v1\", \"kind\": \"Secret\"}]}",
            "apiVersion: v1\nkind: {{ .Values.kind }}\nmetadata: {{ nil }}: x\n",
        ] {
            assert!(reason_to_keep(manifest, false).is_some(), "{manifest}");
            assert!(reason_to_keep(manifest, true).is_some(), "{manifest}");
        }
        for other in [
            "",
            "\n",
            "a: 1\n",
            "kind: thing\n",
            "backup.yaml:1:1: error NB1001 x\n",
            "{\"apiVersion\":\"report.neo4jbackup.github.io/v1\",\"kind\":\"LintReport\",\"findings\":[]}",
            "apiVersion: report.neo4jbackup.github.io/v1\nkind: LintReport\nfindings:\n- object:\n    apiVersion: v1\n    kind: x\n",
            "{\"$schema\": \"sarif\", \"runs\": [{\"apiVersion\": \"v1\", \"kind\": \"x\"}]}",
        ] {
            assert_eq!(reason_to_keep(other, false), None, "{other}");
        }
        assert!(reason_to_keep("a: 1\n", true).is_some());
        assert_eq!(reason_to_keep("", true), None);
    }
}
