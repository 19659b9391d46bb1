//! Addresses of files as editors write them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

const SCHEME: &str = "file://";

/// The file that an address names. Returns `None` for what is no file of this machine: a text without a name, for one.
pub(super) fn path_of(uri: &str) -> Option<PathBuf> {
    let rest = uri.strip_prefix(SCHEME)?;
    // A server's name stands before the first slash; `localhost` is this machine.
    let path = rest.strip_prefix("localhost").unwrap_or(rest);
    let path = path.split(['?', '#']).next().filter(|path| path.starts_with('/'))?;
    let path = String::from_utf8(decoded(path)?).ok()?;
    let drive = path.as_bytes().get(2).is_some_and(|byte| *byte == b':');
    Some(PathBuf::from(if cfg!(windows) && drive { &path[1..] } else { &path }))
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        decoded.push(if byte == b'%' {
            let digits = [bytes.next()?, bytes.next()?];
            u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
        } else {
            byte
        });
    }
    Some(decoded)
}

/// The address of a file.
pub(super) fn uri_of(path: &Path) -> String {
    let path = path.to_string_lossy().replace('\\', "/");
    let mut uri = String::from(SCHEME);
    if !path.starts_with('/') {
        uri.push('/');
    }
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_blanks_and_letters_of_any_kind_come_back() {
        let path = Path::new("/home/jo/täglich und so/a#b.yaml");
        let uri = uri_of(path);
        assert_eq!(uri, "file:///home/jo/t%C3%A4glich%20und%20so/a%23b.yaml");
        assert_eq!(path_of(&uri).as_deref(), Some(path));
        assert_eq!(path_of("file://localhost/a"), Some(PathBuf::from("/a")));
        for none in [
            "untitled:Untitled-1",
            "file://server/share",
            "file:///%zz",
            "file:///%f",
        ] {
            assert_eq!(path_of(none), None, "{none}");
        }
    }
}
