//! A file in the place of another, in one step: whoever reads it meanwhile sees the old one or the new one, never a part.
//!
//! The new one is written beside it and then renamed. A process that is killed in between leaves the new one behind under
//! a name that the next run knows, and not under a lock, which ends with the process: [`sweep`] removes it.

use std::ffi::{OsStr, OsString};
use std::fs::{File, Metadata, TryLockError};
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io::{self, Write as _};

use crate::directory::Directory;

const PREFIX: &str = ".neo4jbackup-";
const SUFFIX: &str = ".tmp";
/// How often another name is tried when a sweep of another run was faster than the lock.
const MOST_ATTEMPTS: usize = 8;

/// Writes a file in the place of the one of this name, whose permissions and owner it gets, or anew. On an error the old
/// one is as it was.
pub(crate) fn replace(directory: &Directory, name: &OsStr, text: &[u8]) -> io::Result<()> {
    let old = if directory.has_file(name) {
        Some(directory.open_file(name.as_ref())?.0)
    } else {
        None
    };
    if old.as_ref().is_some_and(|old| old.permissions().readonly()) {
        return Err(io::Error::other("the file is read-only"));
    }
    put(directory, Directory::create, |file, temporary| {
        write(file, text, old.as_ref())?;
        directory.rename(temporary, name)
    })
}

/// Writes a file that nobody but its owner reads, under a name that nothing has, or with `replaces` in the place of the file
/// that has it. On an error what was there is as it was.
pub(crate) fn put_private(directory: &Directory, name: &OsStr, content: &[u8], replaces: bool) -> io::Result<()> {
    put(directory, Directory::create_private, |file, temporary| {
        write(file, content, None)?;
        if replaces {
            directory.rename(temporary, name)
        } else {
            directory.rename_to_new(temporary, name)
        }
    })
}

/// Writes a file that can be run in the place of the one of this name, or anew.
pub(crate) fn put_program(directory: &Directory, name: &OsStr, content: &[u8]) -> io::Result<()> {
    put(directory, Directory::create_program, |file, temporary| {
        write(file, content, None)?;
        directory.rename(temporary, name)
    })
}

/// Makes a file of another name, and has it written and put in its place.
fn put(
    directory: &Directory,
    create: impl Fn(&Directory, &OsStr) -> io::Result<File>,
    place: impl Fn(&File, &OsStr) -> io::Result<()>,
) -> io::Result<()> {
    for _ in 0..MOST_ATTEMPTS {
        let temporary = temporary_name();
        let file = create(directory, &temporary)?;
        let written = match file.try_lock() {
            // A sweep has it, and will remove it.
            Err(TryLockError::WouldBlock) => continue,
            // Some file systems have no locks. A sweep then leaves alone what it cannot lock.
            Ok(()) | Err(TryLockError::Error(_)) => place(&file, &temporary),
        };
        match written {
            Ok(()) => return Ok(()),
            // Swept between its making and its lock.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => {
                let _ = directory.remove(&temporary);
                return Err(error);
            }
        }
    }
    Err(io::Error::other("another run removes the new file again and again"))
}

fn write(mut file: &File, text: &[u8], old: Option<&Metadata>) -> io::Result<()> {
    if let Some(old) = old {
        keep_owner(file, old);
        file.set_permissions(old.permissions())?;
    }
    file.write_all(text)?;
    file.sync_all()
}

/// Only who may give files away succeeds; for everybody else the new file is their own.
#[cfg(unix)]
fn keep_owner(file: &File, old: &Metadata) {
    use std::os::unix::fs::{MetadataExt as _, fchown};
    let _ = fchown(file, Some(old.uid()), Some(old.gid()));
}

#[cfg(not(unix))]
fn keep_owner(_: &File, _: &Metadata) {}

fn temporary_name() -> OsString {
    let number = RandomState::new().build_hasher().finish();
    OsString::from(format!("{PREFIX}{number:016x}{SUFFIX}"))
}

fn is_temporary(name: &OsStr) -> bool {
    let number = name
        .to_str()
        .and_then(|name| name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX));
    number.is_some_and(|number| number.len() == 16 && number.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Removes from a folder what a killed run has left there. What a running one is writing is under a lock and stays.
pub(crate) fn sweep(directory: &Directory) {
    let Ok(names) = directory.names() else { return };
    for name in names
        .iter()
        .filter(|name| is_temporary(name) && directory.has_file(name))
    {
        let left = directory.open_file(name.as_ref());
        if left.is_ok_and(|(_, file)| file.try_lock().is_ok()) {
            let _ = directory.remove(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    #[test]
    fn what_is_being_written_is_not_swept_away() {
        let folder = TempDir::new().unwrap();
        let directory = Directory::open(folder.path()).unwrap();
        let (alive, dead) = (temporary_name(), temporary_name());
        let held = directory.create(&alive).unwrap();
        held.try_lock().unwrap();
        drop(directory.create(&dead).unwrap());
        for name in ["known.json", ".neo4jbackup-notes.tmp", ".neo4jbackup.yaml"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        sweep(&directory);
        assert!(folder.path().join(&alive).exists());
        assert!(!folder.path().join(&dead).exists());
        assert_eq!(
            directory
                .names()
                .unwrap()
                .iter()
                .filter(|name| directory.has_file(name))
                .count(),
            4
        );
        drop(held);
        sweep(&directory);
        assert!(!folder.path().join(&alive).exists());
    }
}
