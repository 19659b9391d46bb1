//! The files that paths, folders and globs lead to.

use std::collections::{HashSet, VecDeque};
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf, is_separator};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use globset::GlobBuilder;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use ignore::{DirEntry, WalkBuilder, WalkState};

use super::embedded::has_name_of_guide;
use super::role::KUSTOMIZATIONS;
use super::{Gap, Inputs, Origin, PlainFolders, STDIN, Source};

/// The endings of names that hold manifests.
const ENDINGS: [&str; 3] = ["yaml", "yml", "json"];

/// Why nothing can be left out.
#[derive(Debug, thiserror::Error)]
pub enum ExcludeError {
    /// One of the patterns is none.
    #[error("`{pattern}` is not a pattern: {source}")]
    Pattern { pattern: String, source: ignore::Error },

    /// Each is a pattern, and all together are too much.
    #[error("{0}")]
    Together(#[source] ignore::Error),
}

/// Files and folders that the settings leave out, in the notation of `.gitignore`.
#[derive(Debug, Clone)]
pub struct Exclude(Gitignore);

impl Exclude {
    /// Patterns relative to a folder.
    pub fn new(folder: &Path, patterns: &[String]) -> Result<Self, ExcludeError> {
        let mut builder = GitignoreBuilder::new(folder);
        for pattern in patterns {
            builder
                .add_line(None, pattern)
                .map_err(|source| ExcludeError::Pattern {
                    pattern: pattern.clone(),
                    source,
                })?;
        }
        Ok(Self(builder.build().map_err(ExcludeError::Together)?))
    }

    fn has(&self, path: &Path, is_folder: bool) -> bool {
        self.0.matched(path, is_folder).is_ignore()
    }
}

/// Finds the files of all paths. Files of folders must have the name of a manifest, be no hidden files, and not be
/// left out by `.gitignore` or the settings; a file that is named itself is always read. A link in a folder is followed to
/// places below the paths, and nowhere else: who may put a link into a repository must not choose what is read.
///
/// With `has_guides`, files of folders may also have the name of a text in which manifests stand.
pub fn find(paths: &[PathBuf], current_directory: &Path, exclude: &Exclude, has_guides: bool) -> Inputs {
    let named = paths.iter().map(|path| current_directory.join(path));
    let mut finder = Finder {
        current_directory,
        exclude,
        has_guides,
        inputs: Inputs::default(),
        named: named.filter_map(|path| fs::canonicalize(path).ok()).collect(),
        seen: (paths.len() > 1).then(HashSet::new),
        walked: Arc::default(),
        kustomized: Arc::default(),
    };
    for path in paths {
        finder.path(path);
    }
    let mut inputs = finder.inputs;
    let mut plain = std::mem::take(&mut *lock(&finder.walked));
    for folder in lock(&finder.kustomized).iter() {
        plain.remove(folder);
    }
    inputs.plain_folders = PlainFolders(plain);
    inputs
}

struct Finder<'f> {
    current_directory: &'f Path,
    exclude: &'f Exclude,
    has_guides: bool,
    inputs: Inputs,
    /// The real places of the paths.
    named: HashSet<PathBuf>,
    /// The real places of what was found, kept when two names may lead to one file.
    seen: Option<HashSet<PathBuf>>,
    /// The real folders of which every manifest has been found.
    walked: Arc<Mutex<HashSet<PathBuf>>>,
    /// The folders among them that hold a kustomization.
    kustomized: Arc<Mutex<Vec<PathBuf>>>,
}

/// Which names are wanted.
type Wanted<'w> = dyn Fn(&Path) -> bool + Sync + 'w;

/// One walk through a folder and what its links lead to.
struct Walk<'w> {
    /// Which names are wanted, as they are shown.
    wanted: &'w Wanted<'w>,
    /// Whether it is about all manifests, whatever the names of their folders: each folder is then looked at once.
    is_whole: bool,
    links: VecDeque<Link>,
}

/// A real folder to go through.
struct Place<'p> {
    /// The folder that was named, at or above it.
    root: Arc<Path>,
    folder: &'p Path,
    /// Folders to leave out, because every manifest in them has been found.
    walked: Option<Arc<Mutex<HashSet<PathBuf>>>>,
}

/// A link that was found in a folder.
struct Link {
    /// The name to show.
    name: PathBuf,
    /// Where it is, with every link above resolved.
    place: PathBuf,
    /// How many levels below it are wanted; all when not said.
    levels: Option<usize>,
}

impl Finder<'_> {
    fn path(&mut self, path: &Path) {
        if path == Path::new("-") {
            if !self.inputs.sources.iter().any(|source| source.origin.is_stdin()) {
                self.inputs.sources.push(Source {
                    name: STDIN.to_owned(),
                    origin: Origin::Stdin,
                });
            }
            return;
        }
        let full = self.current_directory.join(path);
        match fs::metadata(&full) {
            Ok(metadata) if metadata.is_dir() && self.has_guides => {
                let is_wanted = |name: &Path| has_manifest_name(name) || has_name_of_guide(name);
                self.walk(path, &full, None, true, &is_wanted);
            }
            Ok(metadata) if metadata.is_dir() => self.walk(path, &full, None, true, &has_manifest_name),
            Ok(metadata) if metadata.is_file() || is_descriptor(path) => self.file(path, Origin::Named(full)),
            Ok(_) => {
                let reason = format!(
                    "is neither a file nor a folder but a pipe or a device; send what it holds to standard input: `lint - < {}`",
                    path.display()
                );
                self.gap(path, reason);
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound && is_glob(path) => self.glob(path),
            Err(error) => self.gap(path, reason(&error)),
        }
    }

    /// Takes a file, unless it was found under another name.
    fn file(&mut self, name: &Path, origin: Origin) {
        if let Some(seen) = &mut self.seen
            && let Some(real) = real(&origin)
            && !seen.insert(real)
        {
            return;
        }
        self.inputs.sources.push(Source {
            name: shown(name),
            origin,
        });
    }

    fn gap(&mut self, name: &Path, reason: String) {
        self.inputs.gaps.push(Gap {
            file: shown(name),
            reason,
        });
    }

    fn glob(&mut self, pattern: &Path) {
        // The walk begins at the deepest folder that the pattern spells out.
        let is_plain = |component: &Component<'_>| !is_glob(Path::new(component.as_os_str()));
        let base: PathBuf = pattern.components().take_while(is_plain).collect();
        let matcher = match GlobBuilder::new(&pattern.to_string_lossy())
            .literal_separator(true)
            .build()
        {
            Ok(glob) => glob.compile_matcher(),
            Err(error) => {
                return self.gap(
                    pattern,
                    format!("is no file, and not a pattern either: {}", error.kind()),
                );
            }
        };
        let full = self.current_directory.join(&base);
        let before = self.inputs.sources.len() + self.inputs.gaps.len();
        if full.is_dir() {
            self.walk(&base, &full, depth(pattern, &base), false, &|path| {
                matcher.is_match(path)
            });
        }
        if self.inputs.sources.len() + self.inputs.gaps.len() == before {
            self.gap(pattern, "matches no file".to_owned());
        }
    }

    /// Goes through a folder, `levels` down when not all the way, and then to where its links lead.
    fn walk(&mut self, name: &Path, full: &Path, levels: Option<usize>, is_whole: bool, wanted: &Wanted<'_>) {
        let folder = match fs::canonicalize(full) {
            Ok(folder) => folder,
            Err(error) => return self.gap(name, reason(&error)),
        };
        // The start of a pattern is named, too.
        self.named.insert(folder.clone());
        let before = self.inputs.sources.len();
        let mut walk = Walk {
            wanted,
            is_whole,
            links: VecDeque::new(),
        };
        let place = Place {
            root: Arc::from(folder.as_path()),
            folder: &folder,
            walked: None,
        };
        self.visit(name, place, levels, &mut walk);
        while let Some(link) = walk.links.pop_front() {
            self.follow(&link, &mut walk);
        }
        // What links lead to has its place among the rest.
        if let Some(found) = self.inputs.sources.get_mut(before..) {
            found.sort_by(|left, right| Path::new(&left.name).cmp(Path::new(&right.name)));
        }
    }

    /// Goes through a real folder and through no link; these are noted.
    fn visit(&mut self, name: &Path, place: Place<'_>, levels: Option<usize>, walk: &mut Walk<'_>) {
        let Place { root, folder, walked } = place;
        let (exclude, kustomized) = (self.exclude.clone(), Arc::clone(&self.kustomized));
        let kept = move |entry: &DirEntry| {
            let is_folder = if entry.path_is_symlink() {
                entry.path().is_dir()
            } else {
                entry.file_type().is_some_and(|kind| kind.is_dir())
            };
            let is_known = || {
                walked
                    .as_ref()
                    .is_some_and(|walked| lock(walked).contains(entry.path()))
            };
            // What the settings leave out is for something all the same.
            if KUSTOMIZATIONS.iter().any(|known| entry.file_name() == *known) {
                lock(&kustomized).extend(entry.path().parent().map(Path::to_owned));
            }
            entry.depth() == 0 || !(exclude.has(entry.path(), is_folder) || is_folder && is_known())
        };
        // Several threads list the folders, and look for files of patterns only where the list of a folder has them.
        let threads = WalkBuilder::new(folder)
            .follow_links(false)
            .max_depth(levels)
            .git_global(false)
            .add_custom_ignore_filename(".neo4jbackupignore")
            .filter_entry(kept)
            .build_parallel();
        let start = Start {
            name,
            root: &root,
            folder,
            levels,
            wanted: walk.wanted,
        };
        let met = Mutex::new(Vec::new());
        threads.run(|| {
            Box::new(|entry| {
                if let Some(entry) = start.met(entry) {
                    lock(&met).push(entry);
                }
                WalkState::Continue
            })
        });
        let mut met = met.into_inner().unwrap_or_else(PoisonError::into_inner);
        // In the order of names, those of each folder together, whatever the threads did.
        met.sort_by_cached_key(|met| in_order_of_names(met.name()));
        let mut folders = Vec::new();
        for met in met {
            match met {
                Met::Folder(folder) => folders.push(folder),
                Met::Link(link) => walk.links.push_back(link),
                Met::File { name, below } => {
                    let folder = Arc::clone(&root);
                    self.file(&name, Origin::Found { folder, below });
                }
                Met::Gap { name, reason } => self.gap(&name, reason),
            }
        }
        if walk.is_whole {
            lock(&self.walked).extend(folders);
        }
    }

    /// Goes where a link leads, when that is below the paths.
    fn follow(&mut self, link: &Link, walk: &mut Walk<'_>) {
        let is_wanted = (walk.wanted)(&link.name);
        let target = fs::canonicalize(&link.place).and_then(|target| Ok((fs::metadata(&target)?, target)));
        let (about, target) = match target {
            Ok(target) => target,
            // A link into nowhere that does not even look like a manifest is none of our business.
            Err(_) if !is_wanted => return,
            Err(error) => return self.gap(&link.name, reason(&error)),
        };
        if !(about.is_dir() || is_wanted) {
            return;
        }
        let Some(named) = target.ancestors().find(|above| self.named.contains(*above)) else {
            return self.gap(
                &link.name,
                format!(
                    "is a link that leads out of the folders that were named, to `{}`, and was not followed; name it itself",
                    target.display()
                ),
            );
        };
        if about.is_file() {
            // A file that was named is the whole of what was named.
            let folder = if named == target { named.parent() } else { Some(named) };
            let Some((folder, Ok(below))) = folder.map(|folder| (folder, target.strip_prefix(folder))) else {
                return;
            };
            let origin = Origin::Found {
                folder: Arc::from(folder),
                below: below.to_owned(),
            };
            self.remember();
            self.file(&link.name, origin);
        } else if !about.is_dir() {
            self.gap(
                &link.name,
                "is not a file but a pipe or a device, and was left out".to_owned(),
            );
        } else if link.place.starts_with(&target) {
            let reason = format!(
                "is a link back to `{}`, which contains it; the files there were judged once",
                target.display()
            );
            self.gap(&link.name, reason);
        } else if link.levels != Some(0) && !(walk.is_whole && self.is_walked(&target)) {
            self.remember();
            let place = Place {
                root: Arc::from(named),
                folder: &target,
                walked: walk.is_whole.then(|| Arc::clone(&self.walked)),
            };
            self.visit(&link.name, place, link.levels, walk);
        }
    }

    fn is_walked(&self, folder: &Path) -> bool {
        lock(&self.walked).contains(folder)
    }

    /// From now on two names may lead to one file.
    fn remember(&mut self) {
        if self.seen.is_none() {
            let found = self.inputs.sources.iter().filter_map(|source| real(&source.origin));
            self.seen = Some(found.collect());
        }
    }
}

/// Where a walk began.
struct Start<'s> {
    /// The name of the folder, as it is shown.
    name: &'s Path,
    root: &'s Path,
    folder: &'s Path,
    levels: Option<usize>,
    wanted: &'s Wanted<'s>,
}

/// What a walk met.
enum Met {
    /// A real folder.
    Folder(PathBuf),
    Link(Link),
    /// A wanted file: the name to show, and the way from the root.
    File {
        name: PathBuf,
        below: PathBuf,
    },
    /// What cannot be read: the name to show, and why.
    Gap {
        name: PathBuf,
        reason: String,
    },
}

impl Met {
    fn name(&self) -> &Path {
        match self {
            Self::Folder(name) | Self::Link(Link { name, .. }) | Self::File { name, .. } | Self::Gap { name, .. } => {
                name
            }
        }
    }
}

impl Start<'_> {
    /// What an entry of a folder is for us; `None` for a file that is not wanted.
    fn met(&self, entry: Result<DirEntry, ignore::Error>) -> Option<Met> {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => return Some(self.error(&error)),
        };
        let kind = entry.file_type()?;
        if kind.is_dir() {
            return Some(Met::Folder(entry.into_path()));
        }
        let name = self.named(entry.path());
        if kind.is_symlink() {
            return Some(Met::Link(Link {
                name,
                levels: self.levels.map(|levels| levels.saturating_sub(entry.depth())),
                place: entry.into_path(),
            }));
        }
        (self.wanted)(&name).then(|| match entry.path().strip_prefix(self.root) {
            Ok(below) if kind.is_file() => Met::File {
                name,
                below: below.to_owned(),
            },
            _ => Met::Gap {
                name,
                reason: "is not a file but a pipe or a device, and was left out".to_owned(),
            },
        })
    }

    fn error(&self, error: &ignore::Error) -> Met {
        let (path, error) = innermost(None, error);
        match error {
            ignore::Error::Io(error) => Met::Gap {
                name: path.map_or_else(|| self.name.to_owned(), |path| self.named(path)),
                reason: reason(error),
            },
            other => Met::Gap {
                name: self.name.to_owned(),
                reason: format!("cannot be listed: {other}"),
            },
        }
    }

    /// The name to show of what stands below the folder.
    fn named(&self, path: &Path) -> PathBuf {
        path.strip_prefix(self.folder)
            .map_or_else(|_| path.to_owned(), |below| self.name.join(below))
    }
}

/// What sorts names as their parts do, from folder to folder.
fn in_order_of_names(name: &Path) -> Vec<u8> {
    let bytes = name.as_os_str().as_encoded_bytes().iter();
    bytes
        .map(|byte| if is_separator(char::from(*byte)) { 0 } else { *byte })
        .collect()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where a file really is.
fn real(origin: &Origin) -> Option<PathBuf> {
    match origin {
        Origin::Stdin => None,
        Origin::Named(path) => fs::canonicalize(path).ok(),
        Origin::Found { folder, below } => Some(folder.join(below)),
    }
}

/// The path and the cause of an error of the walk.
fn innermost<'e>(path: Option<&'e Path>, error: &'e ignore::Error) -> (Option<&'e Path>, &'e ignore::Error) {
    match error {
        ignore::Error::WithPath { path, err } => innermost(Some(path), err),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => innermost(path, err),
        ignore::Error::Partial(errors) => errors.first().map_or((path, error), |first| innermost(path, first)),
        _ => (path, error),
    }
}

/// Why a file cannot be read, as the end of a sentence.
pub fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "does not exist".to_owned(),
        io::ErrorKind::PermissionDenied => "cannot be read: permission denied".to_owned(),
        _ => format!("cannot be read: {error}"),
    }
}

/// A name without the `./` that a walk of `.` puts in front, with the slashes of a URL.
fn shown(name: &Path) -> String {
    let name = name.strip_prefix("./").unwrap_or(name);
    let name = name.to_string_lossy();
    if cfg!(windows) {
        name.replace('\\', "/")
    } else {
        name.into_owned()
    }
}

fn has_manifest_name(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    ending.is_some_and(|ending| ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known)))
}

fn is_glob(path: &Path) -> bool {
    path.to_string_lossy().contains(['*', '?', '[', '{'])
}

/// How far below `base` the files of a pattern can be: without `**`, each part of it is one level. Alternatives may hold
/// a slash of their own.
fn depth(pattern: &Path, base: &Path) -> Option<usize> {
    let text = pattern.to_string_lossy();
    let levels = pattern.components().count() - base.components().count();
    (!text.contains("**") && !text.contains('{')).then_some(levels)
}

/// What a shell hands over for `<(command)`.
fn is_descriptor(path: &Path) -> bool {
    path.starts_with("/dev/fd") || path.starts_with("/proc/self/fd") || path == Path::new("/dev/stdin")
}
