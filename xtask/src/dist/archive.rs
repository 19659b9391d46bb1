//! Archives that are the same for the same files, whenever and by whomever they are made.

use std::io::{Cursor, Write as _};

use anyhow::{Context as _, Result};
use flate2::{Compression, GzBuilder};
use tar::{Builder, EntryType};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::platform::Platform;
use crate::image::append;

/// A file of an archive.
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) is_program: bool,
    pub(super) content: Vec<u8>,
}

impl Entry {
    fn mode(&self) -> u32 {
        if self.is_program { 0o755 } else { 0o644 }
    }
}

/// The archive that is usual on a platform.
pub(super) fn pack(platform: &Platform, entries: &[Entry]) -> Result<Vec<u8>> {
    if platform.is_windows() {
        zip(entries)
    } else {
        tar_gz(entries)
    }
}

fn tar_gz(entries: &[Entry]) -> Result<Vec<u8>> {
    // Neither the time nor the system is told.
    let compressed = GzBuilder::new()
        .mtime(0)
        .operating_system(255)
        .write(Vec::new(), Compression::default());
    let mut archive = Builder::new(compressed);
    for entry in entries {
        append(
            &mut archive,
            &entry.name,
            EntryType::Regular,
            entry.mode(),
            &entry.content,
        )?;
    }
    let compressed = archive.into_inner().context("finishing the archive")?;
    compressed.finish().context("compressing the archive")
}

fn zip(entries: &[Entry]) -> Result<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for entry in entries {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(DateTime::default())
            .unix_permissions(entry.mode());
        let adding = || format!("adding {}", entry.name);
        archive.start_file(&entry.name, options).with_context(adding)?;
        archive.write_all(&entry.content).with_context(adding)?;
    }
    Ok(archive.finish().context("finishing the archive")?.into_inner())
}
