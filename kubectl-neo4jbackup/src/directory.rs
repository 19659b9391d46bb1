//! A folder that is held open, and the files in it and below, which are reached through no link.
//!
//! Whoever can change a folder while it is being linted can put a link in the place of a file or of a folder at any time.
//! On Unix every step is therefore taken from the open folder, and a link on the way is an error. Elsewhere links need
//! rights that hardly anybody has, and paths are used.

use std::ffi::{OsStr, OsString};
use std::fs::{File, Metadata};
use std::io;
use std::path::{Path, PathBuf};

#[cfg(unix)]
pub use unix::Directory;

#[cfg(not(unix))]
pub use portable::Directory;

/// The folder and the name of a file that stands below another folder.
fn split(below: &Path) -> io::Result<(&Path, &OsStr)> {
    let name = below.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    Ok((below.parent().unwrap_or(Path::new("")), name))
}

impl Directory {
    /// The folder of a file below this one, and the file's name in it.
    pub fn parent_of(&self, below: &Path) -> io::Result<(Self, OsString)> {
        let (parent, name) = split(below)?;
        Ok((self.below(parent)?, name.to_owned()))
    }

    /// The folder of a file, with every link resolved, and the file's name in it.
    pub fn of_file(path: &Path) -> io::Result<(Self, OsString)> {
        let real = std::fs::canonicalize(path)?;
        let (parent, name) = split(&real)?;
        Ok((Self::open(parent)?, name.to_owned()))
    }
}

#[cfg(unix)]
mod unix {
    use std::os::fd::OwnedFd;
    use std::os::unix::ffi::OsStrExt as _;
    use std::path::Component;

    use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, linkat, openat, renameat, statat, unlinkat};
    use rustix::io::Errno;

    use super::{File, Metadata, OsStr, OsString, Path, PathBuf, io, split};

    const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
    /// A pipe that has taken the place of a file must not keep anybody waiting.
    const FILE: OFlags = OFlags::RDONLY.union(OFlags::NONBLOCK).union(OFlags::CLOEXEC);

    /// A folder that is held open.
    #[derive(Debug)]
    pub struct Directory {
        folder: OwnedFd,
        path: PathBuf,
    }

    impl Directory {
        /// Opens a folder that somebody has named; links on the way are followed.
        pub fn open(path: &Path) -> io::Result<Self> {
            let folder = openat(CWD, path, FOLDER, Mode::empty())?;
            Ok(Self {
                folder,
                path: path.to_owned(),
            })
        }

        /// Where it was when it was opened.
        pub fn path(&self) -> &Path {
            &self.path
        }

        /// Opens a folder below this one, through no link.
        pub fn below(&self, below: &Path) -> io::Result<Self> {
            Ok(Self {
                folder: self.reach(below, FOLDER)?,
                path: self.path.join(below),
            })
        }

        /// Opens a file below this folder to be read, through no link, and says what it is: a file indeed, and no pipe or
        /// device.
        pub fn open_file(&self, below: &Path) -> io::Result<(Metadata, File)> {
            let file = File::from(self.reach(below, FILE)?);
            let about = file.metadata()?;
            if about.is_file() {
                Ok((about, file))
            } else {
                Err(io::Error::other("it is no longer a file"))
            }
        }

        /// Makes a file in this folder that is not there yet.
        pub fn create(&self, name: &OsStr) -> io::Result<File> {
            self.create_with(name, 0o666)
        }

        /// The same for a file that nobody but its owner reads, from the beginning.
        pub fn create_private(&self, name: &OsStr) -> io::Result<File> {
            self.create_with(name, 0o600)
        }

        /// The same for a file that can be run.
        pub fn create_program(&self, name: &OsStr) -> io::Result<File> {
            self.create_with(name, 0o777)
        }

        fn create_with(&self, name: &OsStr, mode: u32) -> io::Result<File> {
            let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            Ok(File::from(openat(
                &self.folder,
                name,
                flags,
                Mode::from_raw_mode(mode),
            )?))
        }

        /// Gives a file of this folder another name, in the place of the file that has it.
        pub fn rename(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
            Ok(renameat(&self.folder, from, &self.folder, to)?)
        }

        /// Gives a file of this folder another name, which nothing has yet; one that somebody was faster to take is an error.
        pub fn rename_to_new(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
            match linkat(&self.folder, from, &self.folder, to, AtFlags::empty()) {
                Ok(()) => {
                    // It is there under its name; a sweep takes the other one.
                    let _ = self.remove(from);
                    Ok(())
                }
                // Some file systems have no second names. There, somebody may be faster.
                Err(Errno::PERM | Errno::NOTSUP | Errno::NOSYS | Errno::MLINK) => {
                    match statat(&self.folder, to, AtFlags::SYMLINK_NOFOLLOW) {
                        Err(Errno::NOENT) => self.rename(from, to),
                        Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
                        Err(error) => Err(error.into()),
                    }
                }
                Err(error) => Err(error.into()),
            }
        }

        /// Whether there is anything of this name in the folder.
        pub fn has(&self, name: &OsStr) -> bool {
            statat(&self.folder, name, AtFlags::SYMLINK_NOFOLLOW).is_ok()
        }

        /// Removes a file of this folder.
        pub fn remove(&self, name: &OsStr) -> io::Result<()> {
            Ok(unlinkat(&self.folder, name, AtFlags::empty())?)
        }

        /// Whether there is a file of this name in the folder, and no link, pipe or device.
        pub fn has_file(&self, name: &OsStr) -> bool {
            statat(&self.folder, name, AtFlags::SYMLINK_NOFOLLOW)
                .is_ok_and(|about| FileType::from_raw_mode(about.st_mode) == FileType::RegularFile)
        }

        /// The names in this folder.
        pub fn names(&self) -> io::Result<Vec<OsString>> {
            let entries = Dir::read_from(&self.folder)?;
            let names = entries.map(|entry| Ok(OsStr::from_bytes(entry?.file_name().to_bytes()).to_owned()));
            names.collect()
        }

        fn reach(&self, below: &Path, flags: OFlags) -> io::Result<OwnedFd> {
            let found = match self.reach_at_once(below, flags) {
                Some(found) => found,
                None => self.reach_by_steps(below, flags),
            };
            found.map_err(|error| match error {
                Errno::LOOP | Errno::XDEV | Errno::NOTDIR => io::Error::other("a link has taken its place meanwhile"),
                other => other.into(),
            })
        }

        /// One call of the kernel, where it has it and a sandbox lets it through.
        #[cfg(any(target_os = "linux", target_os = "android"))]
        fn reach_at_once(&self, below: &Path, flags: OFlags) -> Option<Result<OwnedFd, Errno>> {
            use rustix::fs::{ResolveFlags, openat2};
            let below = if below.as_os_str().is_empty() {
                Path::new(".")
            } else {
                below
            };
            let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
            match openat2(&self.folder, below, flags, Mode::empty(), resolve) {
                Err(Errno::NOSYS | Errno::PERM | Errno::INVAL | Errno::AGAIN) => None,
                found => Some(found),
            }
        }

        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        #[allow(clippy::unused_self, reason = "where there is such a call, it needs the folder")]
        fn reach_at_once(&self, _: &Path, _: OFlags) -> Option<Result<OwnedFd, Errno>> {
            None
        }

        fn reach_by_steps(&self, below: &Path, flags: OFlags) -> Result<OwnedFd, Errno> {
            let step =
                |from: &OwnedFd, name: &OsStr, flags| openat(from, name, flags | OFlags::NOFOLLOW, Mode::empty());
            let Ok((parent, name)) = split(below) else {
                return step(&self.folder, OsStr::new("."), flags);
            };
            let mut folder: Option<OwnedFd> = None;
            for component in parent.components() {
                let Component::Normal(name) = component else {
                    return Err(Errno::XDEV);
                };
                folder = Some(step(folder.as_ref().unwrap_or(&self.folder), name, FOLDER)?);
            }
            step(folder.as_ref().unwrap_or(&self.folder), name, flags)
        }
    }

    #[cfg(test)]
    mod tests {
        use std::fs;
        use std::os::unix::fs::symlink;

        use tempfile::TempDir;

        use super::*;

        type Way = fn(&Directory, &Path, OFlags) -> Result<OwnedFd, Errno>;

        #[test]
        fn no_way_leads_through_a_link_or_upwards() {
            let outside = TempDir::new().unwrap();
            fs::create_dir_all(outside.path().join("in/a/b")).unwrap();
            fs::write(outside.path().join("in/a/b/file"), "inside").unwrap();
            fs::write(outside.path().join("file"), "outside").unwrap();
            symlink("../file", outside.path().join("in/link")).unwrap();
            symlink("b", outside.path().join("in/a/c")).unwrap();
            let folder = Directory::open(&outside.path().join("in")).unwrap();
            let at_once: Way = |folder, below, flags| {
                let found = folder.reach_at_once(below, flags);
                found.unwrap_or_else(|| folder.reach_by_steps(below, flags))
            };
            for way in [at_once, Directory::reach_by_steps] {
                assert!(way(&folder, Path::new("a/b/file"), FILE).is_ok());
                assert!(way(&folder, Path::new("a/b"), FOLDER).is_ok());
                assert!(way(&folder, Path::new(""), FOLDER).is_ok());
                for below in ["link", "a/c/file", "a/c", "../file", "a/../../file"] {
                    assert!(way(&folder, Path::new(below), FILE).is_err(), "{below}");
                }
            }
        }
    }
}

#[cfg(not(unix))]
mod portable {
    use std::fs::{self, OpenOptions};

    use super::{File, Metadata, OsStr, OsString, Path, PathBuf, io};

    /// A folder.
    #[derive(Debug)]
    pub struct Directory {
        path: PathBuf,
    }

    impl Directory {
        /// Opens a folder that somebody has named.
        pub fn open(path: &Path) -> io::Result<Self> {
            let path = fs::canonicalize(path)?;
            if path.is_dir() {
                Ok(Self { path })
            } else {
                Err(io::ErrorKind::NotADirectory.into())
            }
        }

        /// Where it is.
        pub fn path(&self) -> &Path {
            &self.path
        }

        /// Opens a folder below this one, through no link.
        pub fn below(&self, below: &Path) -> io::Result<Self> {
            let path = self.path.join(below);
            // A folder that is where its name says has no link on the way.
            if fs::canonicalize(&path)? == path || below.as_os_str().is_empty() {
                Ok(Self { path })
            } else {
                Err(io::Error::other("a link has taken its place meanwhile"))
            }
        }

        /// Opens a file below this folder to be read, through no link, and says what it is.
        pub fn open_file(&self, below: &Path) -> io::Result<(Metadata, File)> {
            let (parent, name) = self.parent_of(below)?;
            if parent.has_file(&name) {
                let file = File::open(parent.path.join(name))?;
                Ok((file.metadata()?, file))
            } else {
                Err(io::Error::other("it is no longer a file"))
            }
        }

        /// Makes a file in this folder that is not there yet.
        pub fn create(&self, name: &OsStr) -> io::Result<File> {
            OpenOptions::new()
                .write(true)
                .create_new(true)
                .open(self.path.join(name))
        }

        /// The same for a file that nobody but its owner reads, as far as the folder sees to that.
        pub fn create_private(&self, name: &OsStr) -> io::Result<File> {
            self.create(name)
        }

        /// The same for a file that can be run, which is a matter of its name here.
        pub fn create_program(&self, name: &OsStr) -> io::Result<File> {
            self.create(name)
        }

        /// Gives a file of this folder another name, in the place of the file that has it.
        pub fn rename(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
            fs::rename(self.path.join(from), self.path.join(to))
        }

        /// Gives a file of this folder another name, which nothing has yet; one that somebody was faster to take is an error.
        pub fn rename_to_new(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
            fs::hard_link(self.path.join(from), self.path.join(to))?;
            // It is there under its name; a sweep takes the other one.
            let _ = self.remove(from);
            Ok(())
        }

        /// Whether there is anything of this name in the folder.
        pub fn has(&self, name: &OsStr) -> bool {
            fs::symlink_metadata(self.path.join(name)).is_ok()
        }

        /// Removes a file of this folder.
        pub fn remove(&self, name: &OsStr) -> io::Result<()> {
            fs::remove_file(self.path.join(name))
        }

        /// Whether there is a file of this name in the folder, and no link.
        pub fn has_file(&self, name: &OsStr) -> bool {
            fs::symlink_metadata(self.path.join(name)).is_ok_and(|about| about.is_file())
        }

        /// The names in this folder.
        pub fn names(&self) -> io::Result<Vec<OsString>> {
            fs::read_dir(&self.path)?.map(|entry| Ok(entry?.file_name())).collect()
        }
    }
}
