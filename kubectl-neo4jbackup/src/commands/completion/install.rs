//! `completion install` and `completion uninstall`: looks at every place first, then writes, and says what it did.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::ValueEnum as _;
use neo4jbackup_core::quoted::printable;

use super::places::{self, Content, Found, Place};
use super::scripts::{OTHER_PROGRAM, PROGRAM};
use crate::cli::{CompletionInstall, CompletionUninstall, InstallShell};
use crate::commands::usage;
use crate::directory::Directory;
use crate::replace::{put_program, replace};
use crate::{Exit, Io};

const NO_HOME: &str = "nobody says where your home is: set HOME";

/// Puts everything in place.
pub(super) fn install(arguments: &CompletionInstall, io: &mut Io<'_>) -> Exit {
    let Some(mut wanted) = for_kubectl(arguments.dir.as_deref(), io) else {
        return usage(io, &format!("{NO_HOME}, or give --dir"));
    };
    let shells = if arguments.shell.is_empty() {
        shell_of_person(io).into_iter().collect()
    } else {
        arguments.shell.clone()
    };
    for shell in &shells {
        let Some(places) = places::of_shell(*shell, io) else {
            return usage(io, &NO_HOME);
        };
        wanted.extend(places);
    }
    let mut seen = Vec::new();
    for place in wanted {
        match place.look() {
            Ok(found) => seen.push((place, found)),
            Err(error) => return failed(&place, "read", &error, io),
        }
    }
    let foreign = seen.iter().find(|(_, found)| *found == Found::Foreign);
    if let Some((place, _)) = foreign {
        let file = shown(&place.file);
        io.say(&format!(
            "error: {file} is in the way, and not ours: nothing was written; move it away, or name another folder with --dir"
        ));
        return Exit::Refused;
    }
    for (place, found) in &seen {
        let did = match found {
            Found::Same => "is in place",
            _ if arguments.dry_run => "would be written",
            Found::Nothing | Found::Other | Found::Foreign => match put(place) {
                Ok(()) => "written",
                Err(error) => return failed(place, "write", &error, io),
            },
        };
        tell(place, did, io);
    }
    advise(&seen[0].0, shells.is_empty(), io);
    Exit::Good
}

/// Takes everything away.
pub(super) fn uninstall(arguments: &CompletionUninstall, io: &mut Io<'_>) -> Exit {
    let mut folders = places::path_folders(io);
    folders.extend(arguments.dir.as_ref().map(|folder| io.current_directory.join(folder)));
    folders.extend(places::folder_of_person(io));
    folders.sort();
    folders.dedup();
    let mut known: Vec<Place> = Vec::new();
    for folder in &folders {
        known.extend([PROGRAM, OTHER_PROGRAM].map(|program| places::for_kubectl(folder, program)));
    }
    let shells = InstallShell::value_variants().iter();
    known.extend(shells.filter_map(|shell| places::of_shell(*shell, io)).flatten());
    let mut exit = Exit::Good;
    let mut is_clean = true;
    for place in &known {
        let result = match place.look() {
            Ok(Found::Nothing) => continue,
            Ok(Found::Foreign) => {
                io.say(&format!("{} is not ours and stays", shown(&place.file)));
                continue;
            }
            Ok(Found::Same | Found::Other) => take_away(place, arguments.dry_run),
            Err(error) => Err(error),
        };
        match result {
            Ok(false) => {}
            Ok(true) => {
                is_clean = false;
                tell(
                    place,
                    if arguments.dry_run {
                        "would be removed"
                    } else {
                        "removed"
                    },
                    io,
                );
            }
            Err(error) => exit = failed(place, "remove", &error, io),
        }
    }
    if is_clean && exit == Exit::Good {
        io.print("nothing of completion is in place\n");
    }
    exit
}

/// The script for kubectl beside the plugin, under each name that it has in PATH.
fn for_kubectl(named: Option<&Path>, io: &Io<'_>) -> Option<Vec<Place>> {
    let mut plugins = places::plugins(io);
    if plugins.is_empty() {
        // It was called by its path; somebody may still move it.
        plugins.push((PROGRAM, PathBuf::new()));
    }
    let place = |(program, folder): (&str, PathBuf)| {
        let folder = match named {
            Some(named) => io.current_directory.join(named),
            None if places::is_writable(&folder) => folder,
            None => places::folder_of_person(io)?,
        };
        Some(places::for_kubectl(&folder, program))
    };
    plugins.into_iter().map(place).collect()
}

fn shell_of_person(io: &Io<'_>) -> Option<InstallShell> {
    let shell = Path::new(io.variable("SHELL")?).file_name().and_then(OsStr::to_str)?;
    InstallShell::from_str(shell, false).ok()
}

fn put(place: &Place) -> io::Result<()> {
    let text = place.with_ours()?;
    let parent = place.file.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent)?;
    // A file of settings may be a link to where somebody keeps them all.
    let (folder, name) = if matches!(place.content, Content::Part(_)) && place.file.exists() {
        Directory::of_file(&place.file)?
    } else {
        let name = place.file.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        (Directory::open(parent)?, name.to_owned())
    };
    match place.content {
        Content::Program(_) => put_program(&folder, &name, text.as_bytes()),
        Content::Script(_) | Content::Part(_) => replace(&folder, &name, text.as_bytes()),
    }
}

/// Whether something was there, or would be, to be taken away.
fn take_away(place: &Place, is_dry: bool) -> io::Result<bool> {
    if !matches!(place.content, Content::Part(_)) {
        if !is_dry {
            fs::remove_file(&place.file)?;
        }
        return Ok(true);
    }
    let Some(rest) = place.without_ours()? else {
        return Ok(false);
    };
    if is_dry {
        return Ok(true);
    }
    // A link is the person's, whatever it leads to.
    if rest.is_empty() && !place.file.is_symlink() {
        fs::remove_file(&place.file)?;
    } else {
        let (folder, name) = Directory::of_file(&place.file)?;
        replace(&folder, &name, rest.as_bytes())?;
    }
    Ok(true)
}

fn tell(place: &Place, did: &str, io: &mut Io<'_>) {
    io.print(&format!("{} {did}: {}\n", shown(&place.file), place.purpose));
}

fn failed(place: &Place, attempted: &str, error: &io::Error, io: &mut Io<'_>) -> Exit {
    let file = shown(&place.file);
    io.say(&format!(
        "error: cannot {attempted} {file}, which {}: {error}",
        place.purpose
    ));
    Exit::Incomplete
}

/// A path as a terminal may be given it.
fn shown(path: &Path) -> String {
    printable(path.display().to_string()).into_owned()
}

/// What is still missing for it to work.
fn advise(for_kubectl: &Place, knows_no_shell: bool, io: &mut Io<'_>) {
    let folder = for_kubectl.file.parent().unwrap_or(Path::new(""));
    if !places::path_folders(io).iter().any(|known| known == folder) {
        let folder = shown(folder);
        io.say(&format!(
            "note: {folder} is not in PATH, where kubectl looks; add it, or name another folder with --dir"
        ));
    }
    if places::plugins(io).is_empty() {
        io.say("note: kubectl-neo4jbackup is not in PATH: kubectl does not find the plugin");
    }
    if knows_no_shell {
        io.say("note: $SHELL is not bash, zsh or fish; give --shell for its own script, or see `completion --help`");
    }
    io.say("note: kubectl has to complete as well: see `kubectl completion --help`; new shells know it");
}
