//! What has been collected, in one file: a tar, packed by gzip or not. It is read from front to back and never unpacked to a
//! disk, so no entry of it can be written anywhere, and no link in it leads anywhere.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read, Seek as _};
use std::path::{Component, Path, PathBuf};

use flate2::read::MultiGzDecoder;
use tar::EntryType;

use super::{BundleError, LOGS};

/// How much an archive may hold. Who made it is not known, and a small one may unpack to a disk full.
#[derive(Debug, Clone, Copy)]
struct Limits {
    entries: usize,
    bytes: u64,
}

/// More than a report of 5,000 backups with all their runs and events has.
const LIMITS: Limits = Limits {
    entries: 65_536,
    bytes: 1 << 30,
};

/// The first bytes of what gzip has packed.
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// Where the head of a tar names its format, and how.
const TAR: (usize, &[u8]) = (257, b"ustar");

/// Takes one entry: its path below the root of the archive, and its bytes.
pub(super) type Take<'t> = dyn FnMut(&Path, &mut dyn Read) -> Result<(), BundleError> + 't;

/// Reads a file that is an archive. Returns `false` when it is none.
pub(super) fn read(path: &Path, take: &mut Take<'_>) -> Result<bool, BundleError> {
    let unreadable = |source| BundleError::Unreadable {
        file: path.to_owned(),
        source,
    };
    let mut file = BufReader::new(File::open(path).map_err(unreadable)?);
    let is_packed = file.fill_buf().map_err(unreadable)?.starts_with(&GZIP);
    if is_packed {
        return entries(path, MultiGzDecoder::new(file), LIMITS, take).map(|()| true);
    }
    let mut head = Vec::new();
    let room = TAR.0 + TAR.1.len();
    file.by_ref()
        .take(room as u64)
        .read_to_end(&mut head)
        .map_err(unreadable)?;
    if !head.ends_with(TAR.1) || head.len() < room {
        return Ok(false);
    }
    file.rewind().map_err(unreadable)?;
    entries(path, file, LIMITS, take).map(|()| true)
}

fn entries(path: &Path, packed: impl Read, limits: Limits, take: &mut Take<'_>) -> Result<(), BundleError> {
    let is_exceeded = Cell::new(false);
    let too_large = || BundleError::TooLarge {
        file: path.to_owned(),
        entries: limits.entries,
        mebibytes: limits.bytes >> 20,
    };
    let fault = |source| {
        if is_exceeded.get() {
            return too_large();
        }
        BundleError::Unreadable {
            file: path.to_owned(),
            source,
        }
    };
    let mut archive = tar::Archive::new(Bounded {
        inner: packed,
        left: limits.bytes,
        is_exceeded: &is_exceeded,
    });
    let mut root = None;
    for (position, entry) in archive.entries().map_err(fault)?.enumerate() {
        let mut entry = entry.map_err(fault)?;
        if position >= limits.entries {
            return Err(too_large());
        }
        let name = entry.path().map_err(fault)?.into_owned();
        let below = within(&name).ok_or_else(|| BundleError::Outside {
            file: path.to_owned(),
            entry: name.clone(),
        })?;
        let root = root.get_or_insert_with(|| root_of(&below, entry.header().entry_type()));
        let below = below.strip_prefix(&*root).unwrap_or(&below);
        // Links, devices and whatever else there may be are passed over, as in a folder.
        if matches!(entry.header().entry_type(), EntryType::Regular | EntryType::Continuous) {
            let taken = take(below, &mut entry);
            if is_exceeded.get() {
                return Err(too_large());
            }
            taken?;
        }
    }
    // What gzip says of the whole stands at its end: an archive that was cut short is no whole one.
    io::copy(&mut archive.into_inner(), &mut io::sink()).map_err(fault)?;
    Ok(())
}

/// The path of an entry without what changes nothing; `None` for one that leads out of the archive.
fn within(name: &Path) -> Option<PathBuf> {
    let parts = name.components().filter(|part| *part != Component::CurDir);
    parts
        .map(|part| match part {
            Component::Normal(part) => Some(part),
            _ => None,
        })
        .collect()
}

/// The folder that a person has packed together with what is in it, by the first entry; empty for none.
fn root_of(first: &Path, kind: EntryType) -> PathBuf {
    let mut parts = first.iter();
    match (parts.next(), parts.next()) {
        (Some(folder), below) if folder != LOGS && (below.is_some() || kind == EntryType::Directory) => folder.into(),
        _ => PathBuf::new(),
    }
}

/// A reader that fails where there would be more than it may read.
struct Bounded<'e, R> {
    inner: R,
    left: u64,
    is_exceeded: &'e Cell<bool>,
}

impl<R: Read> Read for Bounded<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let Some(left) = self.left.checked_sub(count as u64) else {
            self.is_exceeded.set(true);
            return Err(io::Error::other("it holds more than may be read"));
        };
        self.left = left;
        Ok(count)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (name, bytes) in files {
            let mut header = tar::Header::new_gnu();
            // By hand, because the library refuses to write what it would refuse to unpack.
            header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            header.set_cksum();
            builder.append(&header, *bytes).unwrap();
        }
        builder.into_inner().unwrap()
    }

    fn names(archive: &[u8], limits: Limits) -> Result<Vec<String>, BundleError> {
        let mut names = Vec::new();
        entries(Path::new("a.tar"), archive, limits, &mut |below, content| {
            let mut bytes = Vec::new();
            content.read_to_end(&mut bytes).ok();
            names.push(below.display().to_string());
            Ok(())
        })?;
        Ok(names)
    }

    #[test]
    fn a_folder_around_everything_is_no_part_of_the_paths() {
        let of = |files: &[&str]| {
            let files: Vec<_> = files.iter().map(|name| (*name, &b"x"[..])).collect();
            names(&tar(&files), LIMITS).unwrap()
        };
        assert_eq!(of(&["./a.yaml", "./logs/n/p/c.log"]), ["a.yaml", "logs/n/p/c.log"]);
        assert_eq!(of(&["x/a.yaml", "x/logs/n/p/c.log"]), ["a.yaml", "logs/n/p/c.log"]);
        assert_eq!(of(&["logs/n/p/c.log", "a.yaml"]), ["logs/n/p/c.log", "a.yaml"]);
        assert_eq!(of(&["objects/a.yaml", "logs/n/p/c.log"]), ["a.yaml", "logs/n/p/c.log"]);
    }

    #[test]
    fn nothing_leads_out_of_an_archive() {
        for name in ["../a.yaml", "x/../../a.yaml", "/etc/a.yaml"] {
            let error = names(&tar(&[(name, b"")]), LIMITS).unwrap_err();
            assert!(matches!(error, BundleError::Outside { .. }), "{name}: {error}");
        }
    }

    #[test]
    fn an_archive_is_read_to_its_limits() {
        let archive = tar(&[("a.yaml", &[0; 2_000]), ("b.yaml", b"")]);
        let all = archive.len() as u64;
        let limits = |entries, bytes| Limits { entries, bytes };
        assert_eq!(names(&archive, limits(2, all)).unwrap().len(), 2);
        for limits in [limits(1, all), limits(2, all - 1), limits(2, 600), limits(2, 0)] {
            let error = names(&archive, limits).unwrap_err();
            assert!(matches!(error, BundleError::TooLarge { .. }), "{limits:?}: {error}");
        }
    }
}
