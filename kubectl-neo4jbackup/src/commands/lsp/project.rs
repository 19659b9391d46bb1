//! A folder that an editor has open: its settings, and what its files say of each other.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use neo4jbackup_core::facts::{Fact, Inventory};
use neo4jbackup_core::schema::Kind;

use super::super::lint::Plan;
use super::super::lint::single::{self, Accepted};
use super::definitions::Definitions;
use super::real::real;
use crate::cli::Lint;
use crate::config;
use crate::connection::Access;
use crate::input::{self, Origin, PlainFolders, Reader, Role, Source, Text};
use crate::{Io, parallel};

/// What a project is made with, again when its settings have changed.
pub(super) struct Surroundings {
    pub(super) flags: crate::cli::Lsp,
    pub(super) namespace: Option<String>,
    pub(super) access: Access,
    pub(super) environment: BTreeMap<String, String>,
    pub(super) now: jiff::Timestamp,
}

/// What is wanted of the files of a folder.
pub(super) struct Settings {
    pub(super) plan: Plan,
    pub(super) accepted: Accepted,
    /// What the definitions say to people by which the files are judged.
    pub(super) definitions: Definitions,
}

impl Surroundings {
    #[cfg(test)]
    pub(super) fn of_test() -> Self {
        Self {
            flags: crate::cli::Lsp::default(),
            namespace: None,
            access: Access::default(),
            environment: BTreeMap::new(),
            now: "2026-06-01T00:00:00Z".parse().unwrap(),
        }
    }

    /// The files and folders that settings for a folder come from whatever stands in them.
    fn sources(&self, root: &Path) -> Vec<PathBuf> {
        let definitions = self
            .flags
            .crds
            .iter()
            .filter(|path| path.as_path() != Path::new("cluster"));
        let named: Vec<&PathBuf> = definitions.chain(&self.flags.config).collect();
        let found = config::find(root, root).ok().flatten();
        let found = found.filter(|_| self.flags.config.is_none());
        named.into_iter().map(|path| root.join(path)).chain(found).collect()
    }

    /// Reads the settings for a folder, and lays down in `sources` what else they come from. The error is a sentence for the
    /// person who edits.
    fn settings(&self, root: &Path, sources: &mut Vec<PathBuf>) -> Result<Settings, String> {
        let crate::cli::Lsp {
            operator_version,
            crds,
            assume_webhook,
            config,
            ..
        } = self.flags.clone();
        let arguments = Lint {
            paths: vec![root.to_owned()],
            operator_version,
            crds,
            assume_webhook,
            config,
            ..Lint::default()
        };
        // What goes to the editor is the protocol and nothing else.
        let mut silent = Io {
            stdin: &mut std::io::empty(),
            stdout: &mut std::io::sink(),
            stderr: &mut std::io::sink(),
            environment: self.environment.clone(),
            now: self.now,
            current_directory: root.to_owned(),
            machine_zone: || None,
            terminal_width: None,
            stdin_is_terminal: false,
            output_lost: false,
        };
        let mut access = self.access.clone();
        let plan = Plan::new(arguments, self.namespace.clone(), &mut access, false, &mut silent);
        let plan = plan.map_err(|error| error.to_string())?;
        // Also one that is not there yet: it is waited for.
        sources.extend(plan.baseline.iter().map(|(_, file)| file.clone()));
        let accepted = Accepted::of(&plan).map_err(|error| error.to_string())?;
        let served = plan.options.served.as_deref();
        let definitions = served.map(|served| Definitions::of(&self.flags.crds, served, &access, &mut silent));
        Ok(Settings {
            accepted,
            definitions: definitions.unwrap_or_default(),
            plan,
        })
    }
}

/// What was read of the files of a folder.
pub(super) type Scan = BTreeMap<PathBuf, Vec<Fact>>;

/// A folder with its settings.
pub(super) struct Project {
    root: PathBuf,
    /// What is wanted, or why that is not known.
    pub(super) settings: Result<Arc<Settings>, String>,
    /// The files and folders that the settings come from, where they really are.
    pub(super) sources: Vec<PathBuf>,
    /// Whether the files that are not open count as well.
    pub(super) reads_folder: bool,
    /// What the files say of which the editor has no text of its own.
    files: Scan,
    /// What all files say; made when somebody asks.
    inventory: Option<Inventory>,
}

impl Project {
    pub(super) fn new(root: PathBuf, reads_folder: bool, surroundings: &Surroundings) -> Self {
        let mut sources = surroundings.sources(&root);
        let settings = surroundings.settings(&root, &mut sources).map(Arc::new);
        Self {
            sources: sources.iter().map(|source| real(source)).collect(),
            root,
            settings,
            reads_folder,
            files: Scan::new(),
            inventory: None,
        }
    }

    /// Reads all files of the folder, as `lint` of it does. Takes long for a large one, so another thread may do it.
    pub(super) fn scan(root: &Path, settings: &Settings) -> Scan {
        let plan = &settings.plan;
        let inputs = input::find(&[root.to_owned()], root, &plan.exclude, false);
        let reader = Reader::new(&inputs.sources, plan.options.limits.file_bytes);
        let sources: Vec<&Source> = inputs.sources.iter().collect();
        let roles = input::roles(&sources, &inputs.plain_folders);
        let of_roles: Vec<_> = sources.into_iter().zip(roles).collect();
        let read = parallel::map(&of_roles, |(source, role)| {
            let mut text = reader.load(source).ok()?;
            text.role = role.clone();
            let facts = single::facts(&single::read(&text, plan)?, plan);
            Some((source.origin.path()?, facts))
        });
        read.into_iter()
            .flatten()
            .filter(|(_, facts)| !facts.is_empty())
            .collect()
    }

    /// Takes what was read of the folder.
    pub(super) fn set_files(&mut self, files: Scan) {
        self.files = files;
        self.forget();
    }

    /// Says that what the files say has changed.
    pub(super) fn forget(&mut self) {
        self.inventory = None;
    }

    /// Whether a file has something of the settings in it.
    pub(super) fn rests_on(&self, file: &Path) -> bool {
        let is_source = self.sources.iter().any(|source| file.starts_with(source));
        is_source || file.file_name().is_some_and(|name| name == config::NAME)
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// What all files say, `open` what those do that are open.
    pub(super) fn inventory(&mut self, open: &BTreeMap<PathBuf, &[Fact]>) -> &Inventory {
        let files = &self.files;
        self.inventory
            .get_or_insert_with(|| single::inventory(facts_of(files, open)))
    }

    /// The same for who may change nothing.
    pub(super) fn inventory_now(&self, open: &BTreeMap<PathBuf, &[Fact]>) -> Inventory {
        single::inventory(facts_of(&self.files, open))
    }

    /// The names of the objects of a kind.
    pub(super) fn names(&self, open: &BTreeMap<PathBuf, &[Fact]>, kind: Kind, namespace: &str) -> Vec<String> {
        let keys = facts_of(&self.files, open).filter_map(Fact::key);
        let of_kind = keys.filter(|(known, place, _)| *known == kind.name() && *place == namespace);
        let mut names: Vec<String> = of_kind.map(|(_, _, name)| name.to_owned()).collect();
        names.sort();
        names.dedup();
        names
    }

    /// The file that is not open and that has an object.
    pub(super) fn file_of(&self, kind: &str, namespace: &str, name: &str) -> Option<&Path> {
        let has_it = |facts: &[Fact]| {
            facts.iter().any(|fact| {
                fact.key()
                    .is_some_and(|key| key == (key.0, namespace, name) && key.0 == kind)
            })
        };
        let mut files = self.files.iter();
        files.find(|(_, facts)| has_it(facts)).map(|(path, _)| path.as_path())
    }
}

fn facts_of<'f>(files: &'f Scan, open: &'f BTreeMap<PathBuf, &[Fact]>) -> impl Iterator<Item = &'f Fact> {
    let closed = files.iter().filter(|(path, _)| !open.contains_key(*path));
    let mut all: Vec<(&Path, &[Fact])> = closed.map(|(path, facts)| (path.as_path(), facts.as_slice())).collect();
    all.extend(open.iter().map(|(path, facts)| (path.as_path(), *facts)));
    // Of two files that have the same object, the last in order of names counts, whichever is open.
    all.sort_by_key(|(path, _)| *path);
    all.into_iter().flat_map(|(_, facts)| facts)
}

/// The text of a file, for who looks for a place in it.
pub(super) fn load(path: &Path, limit: usize) -> Option<Text> {
    let source = Source {
        name: path.to_string_lossy().into_owned(),
        origin: Origin::Named(path.to_owned()),
    };
    Reader::new(&[], limit).load(&source).ok()
}

/// A text that an editor has, with what the files around it say that it is for.
pub(super) fn text(path: Option<&Path>, shown: &str, text: String) -> Text {
    let source = Source {
        name: path.map_or_else(|| shown.to_owned(), |path| path.to_string_lossy().into_owned()),
        origin: path.map_or(Origin::Stdin, |path| Origin::Named(path.to_owned())),
    };
    Text {
        role: role(&source),
        source,
        text,
        is_verbatim: true,
        problem: None,
    }
}

/// What the files around a file say that it is for.
pub(super) fn role(source: &Source) -> Role {
    input::roles(&[source], &PlainFolders::default())
        .pop()
        .unwrap_or_default()
}
