//! Where does a file stand in the checkout that a pipeline shows? GitHub and GitLab know files from the root of the repository
//! on, wherever in it `lint` was started, and know no others.

use std::fs;
use std::path::{Path, PathBuf};

use crate::baseline::without_dots;
use crate::config;
use crate::input::STDIN;

/// The folder that a pipeline has checked out.
#[derive(Debug, Clone)]
pub struct Checkout {
    current_directory: PathBuf,
    root: PathBuf,
}

impl Checkout {
    /// The repository around a folder, or the folder where there is none.
    pub fn around(current_directory: &Path) -> Self {
        Self {
            root: config::root(current_directory, current_directory).to_owned(),
            current_directory: current_directory.to_owned(),
        }
    }

    /// The way from the root to a file, with the slashes of a URL. `None` for what is no file below it: standard input, files
    /// elsewhere.
    pub fn place(&self, file: &str) -> Option<String> {
        if file == STDIN {
            return None;
        }
        let full = without_dots(&self.current_directory.join(file));
        let below = full.strip_prefix(&self.root).map(Path::to_owned).or_else(|_| {
            // One of the two may be named by way of a link.
            let (full, root) = (fs::canonicalize(&full).ok(), fs::canonicalize(&self.root).ok());
            full.zip(root)
                .and_then(|(full, root)| full.strip_prefix(root).map(Path::to_owned).ok())
                .ok_or(())
        });
        let parts: Vec<_> = below
            .ok()?
            .components()
            .map(|part| part.as_os_str().to_string_lossy().into_owned())
            .collect();
        Some(parts.join("/")).filter(|place| !place.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_those_of_the_repository() {
        let folder = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(folder.path()).unwrap();
        fs::create_dir_all(root.join("repo/.git")).unwrap();
        fs::create_dir_all(root.join("repo/deploy")).unwrap();
        let checkout = Checkout::around(&root.join("repo/deploy"));
        let place = |file: &str| checkout.place(file);
        assert_eq!(place("./a b.yaml").as_deref(), Some("deploy/a b.yaml"));
        assert_eq!(place("../docs/x.md").as_deref(), Some("docs/x.md"));
        let absolute = root.join("repo/c.yaml");
        assert_eq!(place(absolute.to_str().unwrap()).as_deref(), Some("c.yaml"));
        for outside in ["../../other.yaml", "/etc/passwd", "<stdin>", ".."] {
            assert_eq!(place(outside), None, "{outside}");
        }
    }
}
