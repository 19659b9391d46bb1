//! One spelling for every place: editors name files through links, and the disk knows only one of the names.

use std::path::{Path, PathBuf};

/// Where a file is, or was, or will be: what exists of its path without links, and the rest as it was given. A file that is
/// not saved yet, or not there any more, belongs to its folder all the same.
pub(super) fn real(path: &Path) -> PathBuf {
    let real_of = |above: &Path| {
        let real = std::fs::canonicalize(above).ok()?;
        let rest = path.strip_prefix(above).ok()?;
        // To join nothing would leave a slash at the end.
        Some(if rest == Path::new("") { real } else { real.join(rest) })
    };
    path.ancestors().find_map(real_of).unwrap_or_else(|| path.to_owned())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_where_its_folder_really_is() {
        let folder = tempfile::TempDir::new().unwrap();
        let root = std::fs::canonicalize(folder.path()).unwrap();
        std::fs::create_dir(root.join("real")).unwrap();
        std::os::unix::fs::symlink("real", root.join("link")).unwrap();
        for (given, place) in [
            ("link", "real"),
            ("link/", "real"),
            ("link/new.yaml", "real/new.yaml"),
            ("link/new/a.yaml", "real/new/a.yaml"),
            ("none/a.yaml", "none/a.yaml"),
        ] {
            assert_eq!(
                real(&root.join(given)).as_os_str(),
                root.join(place).as_os_str(),
                "{given}"
            );
        }
        assert_eq!(real(Path::new("")), Path::new(""));
    }
}
