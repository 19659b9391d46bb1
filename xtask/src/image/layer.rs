//! The only layer: the program, the accounts that give its user a name, and a place for temporary files.

use std::io::Write;

use anyhow::{Context as _, Result};
use tar::{Builder, EntryType, Header};

/// The user and the group that the program runs as, by the convention of "distroless" images.
pub(super) const USER: u32 = 65532;

const ACCOUNTS: &str = "root:x:0:0:root:/:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/:/sbin/nologin\n";
const GROUPS: &str = "root:x:0:\nnonroot:x:65532:\n";

/// The layer as a tar file that is the same for the same program, whenever and by whomever it is made.
pub(super) fn files(name: &str, program: &[u8]) -> Result<Vec<u8>> {
    let mut layer = Builder::new(Vec::new());
    append(&mut layer, name, EntryType::Regular, 0o755, program)?;
    append(&mut layer, "etc/", EntryType::Directory, 0o755, &[])?;
    append(&mut layer, "etc/passwd", EntryType::Regular, 0o644, ACCOUNTS.as_bytes())?;
    append(&mut layer, "etc/group", EntryType::Regular, 0o644, GROUPS.as_bytes())?;
    append(&mut layer, "tmp/", EntryType::Directory, 0o1777, &[])?;
    layer.into_inner().context("finishing the layer")
}

/// Adds a file of root's, dated 1970.
pub(crate) fn append(
    archive: &mut Builder<impl Write>,
    path: &str,
    kind: EntryType,
    mode: u32,
    content: &[u8],
) -> Result<()> {
    let mut header = Header::new_ustar();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(content.len() as u64);
    archive
        .append_data(&mut header, path, content)
        .with_context(|| format!("adding {path}"))
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn the_layer_holds_the_program_and_nothing_that_could_run_another() {
        let layer = files("neo4jbackup-webhook", b"program").unwrap();
        let mut archive = tar::Archive::new(layer.as_slice());
        let mut seen = Vec::new();
        for entry in archive.entries().unwrap() {
            let mut entry = entry.unwrap();
            let mut text = String::new();
            entry.read_to_string(&mut text).unwrap();
            let path = entry.path().unwrap().display().to_string();
            let header = entry.header();
            assert_eq!((header.uid().unwrap(), header.mtime().unwrap()), (0, 0), "{path}");
            seen.push((path, header.mode().unwrap(), text.len()));
        }
        let expected = [
            ("neo4jbackup-webhook", 0o755, 7),
            ("etc/", 0o755, 0),
            ("etc/passwd", 0o644, ACCOUNTS.len()),
            ("etc/group", 0o644, GROUPS.len()),
            ("tmp/", 0o1777, 0),
        ];
        assert_eq!(
            seen,
            expected
                .map(|(path, mode, size)| (path.to_owned(), mode, size))
                .to_vec()
        );
    }
}
