//! What a run of `lint` is to do: flags, then the environment, then `.neo4jbackup.yaml`, then the usual.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use neo4jbackup_core::fix::FixKind;
use neo4jbackup_core::lint::Options;
use neo4jbackup_core::operator::Operator;
use neo4jbackup_core::quoted::quoted;
use neo4jbackup_core::schema::ServedSchemas;

use super::crds::{self, CrdsError};
use super::overlay::{Live, Look};
use crate::cli::{FailOn, Lint, Show};
use crate::config::{self, Config, ConfigError};
use crate::connection::Access;
use crate::input::{Exclude, ExcludeError};
use crate::render::{FORMATS, Format};
use crate::selection::Selection;
use crate::suggest::{self, UnknownRule};
use crate::{Exit, Io};

/// What a command line calls standard input.
const STDIN: &str = "-";

/// Why it is not clear what to do.
#[derive(Debug, thiserror::Error)]
pub(in crate::commands) enum PlanError {
    /// No path.
    #[error(
        "say what to lint: files, folders, or `-` for standard input\n\n\
         Usage: kubectl neo4jbackup lint [FLAGS] PATH...\n\nFor more, try '--help'."
    )]
    NothingToLint,

    /// `--stdin-filename` without standard input.
    #[error("--stdin-filename names what comes on standard input, which is not among the paths; add `-`")]
    NoStdin,

    /// The file of settings.
    #[error(transparent)]
    Config(#[from] ConfigError),

    /// Whoever may change a repository must not choose what is quoted or written outside of it.
    #[error(
        "the baseline of the settings leads out of {}, to {}; if that is meant, name it with --baseline",
        root.display(),
        resolved.display()
    )]
    BaselineLeadsOut { root: PathBuf, resolved: PathBuf },

    /// `--crds`.
    #[error(transparent)]
    Crds(Box<CrdsError>),

    /// `exclude` of the settings.
    #[error("exclude: {0}")]
    Exclude(#[from] ExcludeError),

    /// `--only`, `--skip`, or the same in the settings.
    #[error(transparent)]
    Rule(#[from] UnknownRule),

    /// `-o FORMAT=` without the file.
    #[error("`-o {0}` names no file after the `=`")]
    NoFile(String),

    /// `-o` with what is no format.
    #[error("there is no format {}; {advice}", quoted(name))]
    Format { name: String, advice: String },

    /// Two reports for one place.
    #[error("both `{first}` and `{second}` would go to {place}; give one of them a file: `-o {second}=FILE`")]
    SamePlace {
        first: &'static str,
        second: &'static str,
        place: String,
    },
}

impl PlanError {
    /// What it says to the shell.
    pub(in crate::commands) fn exit(&self) -> Exit {
        match self {
            Self::Crds(error) => error.exit(),
            _ => Exit::Usage,
        }
    }
}

/// What to do, with nothing left open.
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(in crate::commands) struct Plan {
    pub(in crate::commands) paths: Vec<PathBuf>,
    /// The file whose text comes on standard input.
    pub(in crate::commands) stdin_filename: Option<PathBuf>,
    pub(in crate::commands) exclude: Exclude,
    /// Whether folders are also gone through for texts in which manifests stand.
    pub(in crate::commands) has_guides: bool,
    pub(in crate::commands) options: Options,
    /// As it was given, or as the schemas tell it.
    pub(in crate::commands) operator_version: Option<String>,
    pub(in crate::commands) selection: Selection,
    pub(in crate::commands) fail_on: FailOn,
    pub(in crate::commands) show: Show,
    /// The widest kind of fix to apply; `None` to apply none.
    pub(in crate::commands) fix: Option<FixKind>,
    /// Whether to show the fixes and write nothing.
    pub(in crate::commands) diff: bool,
    /// The file of settings.
    pub(in crate::commands) config: Option<PathBuf>,
    /// Name and place of the baseline.
    pub(in crate::commands) baseline: Option<(String, PathBuf)>,
    pub(in crate::commands) write_baseline: bool,
    pub(in crate::commands) allow_incomplete: bool,
    pub(in crate::commands) outputs: Vec<Output>,
    pub(in crate::commands) color: bool,
    pub(in crate::commands) width: usize,
    /// Where to look for what the files are laid over; `None` unless they are.
    pub(super) look: Option<Look>,
    /// What was found there.
    pub(super) live: Option<Live>,
    /// How long the API server may take to say what it would do, where it is asked.
    pub(super) dry_run: Option<Duration>,
    /// The namespace that was named.
    pub(super) namespace: Option<String>,
}

/// One report to write.
pub(in crate::commands) struct Output {
    pub(in crate::commands) format: &'static dyn Format,
    /// The name of the format.
    pub(in crate::commands) name: &'static str,
    /// The file; `None` for standard output.
    pub(in crate::commands) file: Option<PathBuf>,
}

impl Plan {
    /// Puts together what was said.
    pub(in crate::commands) fn new(
        arguments: Lint,
        namespace: Option<String>,
        access: &mut Access,
        color: bool,
        io: &mut Io<'_>,
    ) -> Result<Self, PlanError> {
        let paths = paths(
            [arguments.filenames, arguments.paths].concat(),
            arguments.stdin_filename.is_some(),
        )?;
        let file = if let Some(file) = &arguments.config {
            Some(io.current_directory.join(file))
        } else {
            let start = start(&paths, arguments.stdin_filename.as_deref(), io);
            config::find(&start, &real(io.current_directory.clone()))?
        };
        let config_file = file.clone();
        let is_found = arguments.config.is_none();
        let (config, folder) = match file {
            Some(file) => {
                let shown = file
                    .strip_prefix(&io.current_directory)
                    .unwrap_or(&file)
                    .display()
                    .to_string();
                let config = config::read(&file, &shown)?;
                (config, file.parent().map(Path::to_owned).unwrap_or_default())
            }
            None => (Config::default(), io.current_directory.clone()),
        };
        let reads_input = paths.iter().any(|path| path == Path::new(STDIN));
        access.standard_input = reads_input.then_some("manifests");
        let operator_version = arguments.operator_version.or(config.operator_version);
        let served = match arguments.crds.as_slice() {
            [] => None,
            named => {
                let served = crds::read(named, access, io);
                Some(served.map_err(|error| PlanError::Crds(Box::new(error)))?)
            }
        };
        let telling = served.as_ref().filter(|_| operator_version.is_none());
        let told = telling.and_then(ServedSchemas::versions);
        let namespace = namespace.or(config.namespace);
        let look = arguments.live.then(|| Look {
            bundle: arguments.from_bundle,
            namespace: namespace.clone(),
            all_namespaces: arguments.all_namespaces,
            timeout: arguments.timeout,
        });
        let or_config = |flags: Vec<String>, config: Vec<String>| if flags.is_empty() { config } else { flags };
        let only = or_config(arguments.only, config.only);
        let skip = or_config(arguments.skip, config.skip);
        let baseline = match (arguments.baseline, config.baseline) {
            (Some(file), _) => Some((file.display().to_string(), io.current_directory.join(file))),
            (None, Some(file)) => {
                let place = folder.join(&file);
                if is_found {
                    stays_below(&place, config::root(&folder, &real(io.current_directory.clone())))?;
                }
                Some((file.display().to_string(), place))
            }
            (None, None) => None,
        };
        Ok(Self {
            exclude: Exclude::new(&real(folder), &config.exclude)?,
            has_guides: arguments.markdown,
            options: Options {
                settings: config.settings,
                operator: match &operator_version {
                    Some(version) => Some(version.operator),
                    None => told.map(Operator::one_of),
                },
                served: served.map(Arc::new),
                namespace: namespace.clone().unwrap_or_else(|| "default".to_owned()),
                assume_webhook: arguments.assume_webhook || config.assume_webhook.unwrap_or_default(),
                ..Options::at(io.now)
            },
            operator_version: match operator_version {
                Some(version) => Some(version.text),
                None => told.map(|versions| versions.to_string().trim_start_matches("operator ").to_owned()),
            },
            selection: Selection::new(&only, &skip)?,
            fail_on: arguments.fail_on.or(config.fail_on).unwrap_or(FailOn::Error),
            show: arguments.show.or(config.show).unwrap_or(Show::Info),
            fix: match (arguments.fix, arguments.unsafe_fixes) {
                (false, _) => None,
                (true, false) => Some(FixKind::Safe),
                (true, true) => Some(FixKind::Unsafe),
            },
            diff: arguments.diff,
            config: config_file,
            baseline,
            write_baseline: arguments.write_baseline,
            allow_incomplete: arguments.allow_incomplete,
            outputs: outputs(&arguments.output)?,
            color,
            width: io.width(),
            paths,
            stdin_filename: arguments.stdin_filename,
            look,
            live: None,
            dry_run: arguments.server_dry_run.then_some(arguments.timeout),
            namespace: namespace.clone(),
        })
    }

    /// Whether `--fix` makes changes of this kind.
    pub(in crate::commands) fn applies(&self, kind: FixKind) -> bool {
        let widest = self.fix.unwrap_or(FixKind::Safe);
        // What the webhook will fill in needs no change of the file.
        kind != FixKind::None && kind <= widest && !(kind == FixKind::Default && self.options.assume_webhook)
    }
}

/// What to lint: what was named, and standard input where that has a name.
fn paths(mut paths: Vec<PathBuf>, names_stdin: bool) -> Result<Vec<PathBuf>, PlanError> {
    if names_stdin && !paths.iter().any(|path| path == Path::new(STDIN)) {
        if !paths.is_empty() {
            return Err(PlanError::NoStdin);
        }
        paths.push(PathBuf::from(STDIN));
    }
    if paths.is_empty() {
        return Err(PlanError::NothingToLint);
    }
    Ok(paths)
}

/// Where to look for settings: at the first path that is one.
fn start(paths: &[PathBuf], stdin: Option<&Path>, io: &Io<'_>) -> PathBuf {
    // A text that was never saved has a folder all the same.
    let exists = |path: &PathBuf| path.exists() || stdin.is_some() && path.parent().is_some_and(Path::exists);
    let mut full = paths
        .iter()
        .map(PathBuf::as_path)
        .filter_map(|path| if path == Path::new(STDIN) { stdin } else { Some(path) })
        .map(|path| io.current_directory.join(path));
    let found = full.find(exists).unwrap_or_else(|| io.current_directory.clone());
    // `sub/..` is no place to go upwards from.
    real(found)
}

/// Refuses a baseline that settings which were found, and not named, have somewhere else: whoever may change a repository
/// must not choose what is quoted or written outside of it.
fn stays_below(place: &Path, root: &Path) -> Result<(), PlanError> {
    let resolved = std::fs::canonicalize(place).or_else(|_| {
        let parent = std::fs::canonicalize(place.parent().unwrap_or(place));
        parent.map(|parent| parent.join(place.file_name().unwrap_or_default()))
    });
    match resolved {
        Ok(resolved) if !resolved.starts_with(real(root.to_owned())) => Err(PlanError::BaselineLeadsOut {
            root: root.to_owned(),
            resolved,
        }),
        // What cannot be resolved cannot be read either, and that is said later.
        _ => Ok(()),
    }
}

fn real(path: PathBuf) -> PathBuf {
    std::fs::canonicalize(&path).unwrap_or(path)
}

fn outputs(wanted: &[String]) -> Result<Vec<Output>, PlanError> {
    let mut outputs: Vec<Output> = Vec::new();
    for text in wanted {
        let (name, file) = match text.split_once('=') {
            Some((_, "")) => return Err(PlanError::NoFile(text.clone())),
            Some((name, file)) => (name, Some(PathBuf::from(file)).filter(|file| file != Path::new("-"))),
            None => (text.as_str(), None),
        };
        let Some((name, format)) = FORMATS.into_iter().find(|(known, _)| *known == name) else {
            let known: Vec<&str> = FORMATS.into_iter().map(|(known, _)| known).collect();
            return Err(PlanError::Format {
                name: name.to_owned(),
                advice: suggest::advice(name, &known),
            });
        };
        if let Some(other) = outputs.iter().find(|other| other.file == file) {
            let place = file.map_or_else(|| "standard output".to_owned(), |file| file.display().to_string());
            return Err(PlanError::SamePlace {
                first: other.name,
                second: name,
                place,
            });
        }
        outputs.push(Output { format, name, file });
    }
    if outputs.iter().all(|output| output.file.is_some()) {
        // A person who watches the run of a pipeline sees what the files hold.
        let (name, format) = FORMATS[0];
        outputs.insert(
            0,
            Output {
                format,
                name,
                file: None,
            },
        );
    }
    Ok(outputs)
}
