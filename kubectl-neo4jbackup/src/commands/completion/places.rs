//! Where the scripts go, and what is there now.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::scripts::{self, MARK, OTHER_PROGRAM, PROGRAM};
use crate::Io;
use crate::cli::{InstallShell, Shell};

/// Around what is ours in a file of the person's own.
const BEGIN: &str = "# >>> kubectl neo4jbackup completion >>>\n";
const END: &str = "# <<< kubectl neo4jbackup completion <<<\n";

/// A script, or a part of a file, and where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) file: PathBuf,
    /// What it is for, as the end of a sentence.
    pub(super) purpose: &'static str,
    pub(super) content: Content,
}

/// What goes there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    /// A whole file that is read.
    Script(String),
    /// A whole file that is run.
    Program(String),
    /// A part of a file that is the person's.
    Part(String),
}

/// What is there now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    Nothing,
    /// Exactly what goes there.
    Same,
    /// Ours, of another version; or a file of the person's without our part.
    Other,
    /// A file of somebody else.
    Foreign,
}

impl Place {
    /// Looks what is there.
    pub(super) fn look(&self) -> io::Result<Found> {
        let text = match fs::read(&self.file) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            // Of a link to nowhere somebody wants something, and a file below a file is not there.
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.file.is_symlink() => {
                return Ok(Found::Foreign);
            }
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(Found::Nothing);
            }
            Err(error) => return Err(error),
        };
        Ok(match &self.content {
            Content::Part(part) => match ours(&text) {
                Some((_, is, _)) if is == part => Found::Same,
                _ => Found::Other,
            },
            Content::Program(script) if *script == text && !is_program(&self.file) => Found::Other,
            Content::Script(script) | Content::Program(script) if *script == text => Found::Same,
            Content::Script(_) | Content::Program(_) if is_marked(&text) => Found::Other,
            Content::Script(_) | Content::Program(_) => Found::Foreign,
        })
    }

    /// The whole file, with our part put in or brought up to date.
    pub(super) fn with_ours(&self) -> io::Result<String> {
        let Content::Part(part) = &self.content else {
            return Ok(self.text().to_owned());
        };
        let text = match fs::read_to_string(&self.file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error),
        };
        let (before, after) = match ours(&text) {
            Some((before, _, after)) => (before.to_owned(), after),
            None if text.is_empty() || text.ends_with('\n') => (text.clone(), ""),
            None => (format!("{text}\n"), ""),
        };
        Ok(format!("{before}{BEGIN}{part}{END}{after}"))
    }

    /// What is left of the file without our part; `None` when it is not there.
    pub(super) fn without_ours(&self) -> io::Result<Option<String>> {
        let text = match fs::read_to_string(&self.file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        Ok(ours(&text).map(|(before, _, after)| format!("{before}{after}")))
    }

    fn text(&self) -> &str {
        match &self.content {
            Content::Script(text) | Content::Program(text) | Content::Part(text) => text,
        }
    }
}

/// What stands before our part of a text, the part, and what stands behind it. Of several beginnings the last counts: one whose
/// end somebody has deleted must not reach to the end of another, over lines of that person.
fn ours(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.rsplit_once(BEGIN)?;
    let (part, after) = rest.split_once(END)?;
    Some((before, part, after))
}

fn is_marked(text: &str) -> bool {
    text.lines().take(3).any(|line| line.contains(MARK))
}

/// The places of a shell; `None` when nobody says where the home of the person is.
pub(super) fn of_shell(shell: InstallShell, io: &Io<'_>) -> Option<Vec<Place>> {
    let home = home(io)?;
    let folder = |variable: &str, usual: &str| {
        let named = io.variable(variable).map(PathBuf::from);
        named
            .filter(|folder| folder.is_absolute())
            .unwrap_or_else(|| home.join(usual))
    };
    let data = folder("XDG_DATA_HOME", ".local/share");
    let script = |file, shell| Place {
        file,
        purpose: "completes kubectl-neo4jbackup",
        content: Content::Script(scripts::for_shell(shell)),
    };
    Some(match shell {
        InstallShell::Bash => {
            let folder = io.variable("BASH_COMPLETION_USER_DIR").map(PathBuf::from);
            let folder = folder.unwrap_or_else(|| data.join("bash-completion"));
            vec![script(folder.join("completions").join(PROGRAM), Shell::Bash)]
        }
        InstallShell::Fish => {
            let folder = folder("XDG_CONFIG_HOME", ".config").join("fish/completions");
            vec![script(folder.join(format!("{PROGRAM}.fish")), Shell::Fish)]
        }
        InstallShell::Zsh => {
            let file = data.join("neo4jbackup/completion.zsh");
            let quoted = file.display().to_string().replace('\'', r"'\''");
            let part = format!(
                "(( $+functions[compdef] )) || {{ autoload -Uz compinit && compinit -i }}\n\
                 [[ -r '{quoted}' ]] && source '{quoted}'\n"
            );
            vec![
                script(file, Shell::Zsh),
                Place {
                    file: folder("ZDOTDIR", "").join(".zshrc"),
                    purpose: "reads it at the start of zsh",
                    content: Content::Part(part),
                },
            ]
        }
    })
}

/// The script for kubectl in a folder, for the plugin under one of its names.
pub(super) fn for_kubectl(folder: &Path, program: &str) -> Place {
    let plugin = program.trim_start_matches("kubectl-");
    let ending = if cfg!(windows) { ".cmd" } else { "" };
    Place {
        file: folder.join(format!("kubectl_complete-{plugin}{ending}")),
        purpose: "completes kubectl neo4jbackup",
        content: Content::Program(scripts::for_kubectl(program, cfg!(windows))),
    }
}

/// The names under which PATH has the plugin, each with its folder.
pub(super) fn plugins(io: &Io<'_>) -> Vec<(&'static str, PathBuf)> {
    let ending = if cfg!(windows) { ".exe" } else { "" };
    let folders = path_folders(io);
    let found = [PROGRAM, OTHER_PROGRAM].into_iter().filter_map(|program| {
        let has_it = |folder: &&PathBuf| folder.join(format!("{program}{ending}")).is_file();
        Some((program, folders.iter().find(has_it)?.clone()))
    });
    found.collect()
}

/// The folders of PATH.
pub(super) fn path_folders(io: &Io<'_>) -> Vec<PathBuf> {
    let path = io.variable("PATH").unwrap_or_default();
    let folders = std::env::split_paths(path).filter(|folder| folder.is_absolute());
    folders.collect()
}

/// The first folder of PATH below the home that can be written to, or else the one that many systems add to PATH.
pub(super) fn folder_of_person(io: &Io<'_>) -> Option<PathBuf> {
    let home = home(io)?;
    let folders = path_folders(io);
    let own = folders
        .into_iter()
        .find(|folder| folder.starts_with(&home) && is_writable(folder));
    Some(own.unwrap_or_else(|| home.join(".local/bin")))
}

fn home(io: &Io<'_>) -> Option<PathBuf> {
    let home = io.variable("HOME").or_else(|| io.variable("USERPROFILE"));
    home.map(PathBuf::from).filter(|home| home.is_absolute())
}

/// Whether a file can be run; kubectl finds no other.
#[cfg(unix)]
fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(file).is_ok_and(|about| about.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(_: &Path) -> bool {
    true
}

/// Whether this person can make files in a folder.
#[cfg(unix)]
pub(super) fn is_writable(folder: &Path) -> bool {
    folder.is_dir() && rustix::fs::access(folder, rustix::fs::Access::WRITE_OK).is_ok()
}

#[cfg(not(unix))]
pub(super) fn is_writable(folder: &Path) -> bool {
    folder.is_dir()
}
