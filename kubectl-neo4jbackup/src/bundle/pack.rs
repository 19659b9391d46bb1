//! Files as one archive, a tar packed by gzip. The same files at the same time are the same bytes.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, EntryType, Header};

use super::Files;

/// Only the owner of what is unpacked reads it.
const MODE: u32 = 0o600;

/// Writes files into an archive, below a folder, all of them with this time in seconds since 1970. Returns what was written to.
pub(crate) fn pack<W: Write>(files: &Files<'_>, folder: &str, time: i64, output: W) -> io::Result<W> {
    let mut builder = Builder::new(GzEncoder::new(output, Compression::default()));
    for (path, content) in files {
        let text = content.text();
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Regular);
        header.set_mode(MODE);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(u64::try_from(time).unwrap_or_default());
        header.set_size(text.len() as u64);
        builder.append_data(&mut header, format!("{folder}/{path}"), text.as_bytes())?;
    }
    builder.into_inner()?.finish()
}
