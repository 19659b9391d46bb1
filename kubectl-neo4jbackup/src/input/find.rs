//! The files that paths, folders and globs lead to.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use ignore::{DirEntry, WalkBuilder};

use super::{Gap, Inputs, Origin, Source};

/// The endings of names that hold manifests.
const ENDINGS: [&str; 3] = ["yaml", "yml", "json"];

/// Files and folders that the settings leave out, in the notation of `.gitignore`.
#[derive(Debug, Clone)]
pub struct Exclude(Gitignore);

impl Exclude {
    /// Patterns relative to a folder. The error names the pattern that is none.
    pub fn new(folder: &Path, patterns: &[String]) -> Result<Self, String> {
        let mut builder = GitignoreBuilder::new(folder);
        for pattern in patterns {
            builder
                .add_line(None, pattern)
                .map_err(|error| format!("`{pattern}` is not a pattern: {error}"))?;
        }
        builder.build().map(Self).map_err(|error| error.to_string())
    }

    fn has(&self, path: &Path, is_folder: bool) -> bool {
        self.0.matched(path, is_folder).is_ignore()
    }
}

/// Finds the files of all paths. Files of folders must have the name of a manifest, be no hidden files, and not be
/// left out by `.gitignore` or the settings; a file that is named itself is always read.
pub fn find(paths: &[PathBuf], current_directory: &Path, exclude: &Exclude) -> Inputs {
    let mut finder = Finder {
        current_directory,
        exclude,
        inputs: Inputs::default(),
        seen: (paths.len() > 1).then(HashSet::new),
    };
    for path in paths {
        finder.path(path);
    }
    finder.inputs
}

struct Finder<'f> {
    current_directory: &'f Path,
    exclude: &'f Exclude,
    inputs: Inputs,
    /// The real places of what was found, kept when two paths may lead to one file.
    seen: Option<HashSet<PathBuf>>,
}

impl Finder<'_> {
    fn path(&mut self, path: &Path) {
        if path == Path::new("-") {
            if !self.inputs.sources.iter().any(|source| source.origin == Origin::Stdin) {
                self.inputs.sources.push(Source {
                    name: "<stdin>".to_owned(),
                    origin: Origin::Stdin,
                });
            }
            return;
        }
        let full = self.current_directory.join(path);
        match fs::metadata(&full) {
            Ok(metadata) if metadata.is_dir() => self.folder(path, &full),
            Ok(metadata) if metadata.is_file() || is_descriptor(path) => self.file(path, full),
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

    fn file(&mut self, name: &Path, full: PathBuf) {
        if let Some(seen) = &mut self.seen
            && let Ok(real) = fs::canonicalize(&full)
            && !seen.insert(real)
        {
            return;
        }
        self.inputs.sources.push(Source {
            name: shown(name),
            origin: Origin::File(full),
        });
    }

    fn gap(&mut self, name: &Path, reason: String) {
        self.inputs.gaps.push(Gap {
            file: shown(name),
            reason,
        });
    }

    fn folder(&mut self, name: &Path, full: &Path) {
        self.walk(name, full, None, &|path| has_manifest_name(path));
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
            self.walk(&base, &full, depth(pattern, &base), &|path| matches(&matcher, path));
        }
        if self.inputs.sources.len() + self.inputs.gaps.len() == before {
            self.gap(pattern, "matches no file".to_owned());
        }
    }

    /// Goes through a folder, `depth` levels down when not all the way; `wanted` gets the names as they are shown.
    fn walk(&mut self, name: &Path, full: &Path, depth: Option<usize>, wanted: &dyn Fn(&Path) -> bool) {
        let exclude = self.exclude.clone();
        let kept = move |entry: &DirEntry| {
            entry.depth() == 0 || !exclude.has(entry.path(), entry.file_type().is_some_and(|kind| kind.is_dir()))
        };
        let walk = WalkBuilder::new(full)
            .follow_links(true)
            .max_depth(depth)
            .git_global(false)
            .add_custom_ignore_filename(".neo4jbackupignore")
            .sort_by_file_name(Ord::cmp)
            .filter_entry(kept)
            .build();
        let named = |path: &Path| {
            path.strip_prefix(full)
                .map_or_else(|_| path.to_owned(), |below| name.join(below))
        };
        for entry in walk {
            match entry {
                Ok(entry) => {
                    let name = named(entry.path());
                    let Some(kind) = entry.file_type().filter(|kind| !kind.is_dir()) else {
                        continue;
                    };
                    if !wanted(&name) {
                        continue;
                    }
                    if kind.is_file() {
                        self.file(&name, entry.into_path());
                    } else {
                        self.gap(
                            &name,
                            "is not a file but a pipe or a device, and was left out".to_owned(),
                        );
                    }
                }
                Err(error) => self.walk_error(name, &error, &named),
            }
        }
    }

    fn walk_error(&mut self, folder: &Path, error: &ignore::Error, named: &dyn Fn(&Path) -> PathBuf) {
        let (path, error) = innermost(None, error);
        match error {
            ignore::Error::Loop { ancestor, child } => {
                let ancestor = named(ancestor);
                let ancestor = if ancestor.as_os_str().is_empty() {
                    Path::new(".")
                } else {
                    &ancestor
                };
                let reason = format!(
                    "leads back to `{}`, which contains it; the files there were judged once",
                    shown(ancestor)
                );
                self.gap(&named(child), reason);
            }
            ignore::Error::Io(error) => {
                let name = path.map_or_else(|| folder.to_owned(), named);
                // A link into nowhere that does not even look like a manifest is none of our business.
                let is_dangling = error.kind() == io::ErrorKind::NotFound && !has_manifest_name(&name);
                if !is_dangling {
                    self.gap(&name, reason(error));
                }
            }
            other => self.gap(folder, format!("cannot be listed: {other}")),
        }
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

fn matches(matcher: &GlobMatcher, path: &Path) -> bool {
    matcher.is_match(path)
}

/// What a shell hands over for `<(command)`.
fn is_descriptor(path: &Path) -> bool {
    path.starts_with("/dev/fd") || path.starts_with("/proc/self/fd") || path == Path::new("/dev/stdin")
}
