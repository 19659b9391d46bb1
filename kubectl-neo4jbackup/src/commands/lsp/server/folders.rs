//! Which folder a text belongs to, and when its settings and its files are read again.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gen_lsp_types::{DidChangeWatchedFilesParams, DidChangeWorkspaceFoldersParams};

use super::super::client::Client;
use super::super::project::Project;
use super::super::real::real;
use super::super::uri;
use super::{Errand, Server};

impl Server {
    /// Begins with a folder that the editor has open.
    pub(super) fn begin_folder(&mut self, root: PathBuf) {
        let home = self.surroundings.environment.get("HOME");
        // Who has opened a whole home does not want all of it read.
        let reads_folder = root.parent().is_some() && home.is_none_or(|home| real(Path::new(home)) != root);
        self.begin(root, reads_folder);
    }

    /// Reads the settings for a folder, also when it has been there before.
    fn begin(&mut self, root: PathBuf, reads_folder: bool) {
        let project = Project::new(root.clone(), reads_folder, &self.surroundings);
        self.errands.extend(scan(&project));
        self.projects.insert(root, project);
        self.watch_sources();
    }

    /// The folder by whose settings a text is judged: the innermost that the editor has open, or else its own. A text that is
    /// no file belongs to the first that is open.
    pub(super) fn folder_for(&mut self, path: Option<&Path>) -> PathBuf {
        let mut open = self.client.folders.iter();
        let folder = match path {
            None => open.next(),
            Some(path) => open
                .filter(|root| path.starts_with(root))
                .max_by_key(|root| root.as_os_str().len()),
        };
        let own = || path.and_then(Path::parent).map(Path::to_owned);
        let folder = folder.cloned().or_else(own);
        let folder = folder.unwrap_or_else(|| real(&std::env::temp_dir()));
        if !self.projects.contains_key(&folder) {
            self.begin(folder.clone(), false);
        }
        folder
    }

    /// Forgets the folders that are not open, and of which nothing is open any more.
    pub(super) fn leave_unused_folders(&mut self) {
        let documents = self.documents.values().map(|document| &document.folder);
        let used: BTreeSet<&PathBuf> = documents.chain(&self.client.folders).collect();
        self.projects.retain(|root, _| used.contains(root));
    }

    pub(super) fn folders_changed(&mut self, params: DidChangeWorkspaceFoldersParams) {
        let place_of = |uri: &str| Some(real(&uri::path_of(uri)?));
        for folder in params.event.removed {
            let removed = place_of(folder.uri.as_ref());
            let folders = &mut self.client.folders;
            let Some(at) = folders.iter().position(|open| Some(open) == removed.as_ref()) else {
                continue;
            };
            let root = folders.remove(at);
            // Two names of it may have been open.
            if !folders.contains(&root) {
                // A text that lies in it directly belongs to it still, and its other files do not.
                self.projects.remove(&root);
            }
        }
        for folder in params.event.added {
            if let Some(root) = place_of(folder.uri.as_ref()) {
                self.client.folders.push(root.clone());
                self.begin_folder(root);
            }
        }
        let documents: Vec<(String, PathBuf)> = self
            .documents
            .iter()
            .map(|(uri, document)| (uri.clone(), document.key.clone()))
            .collect();
        for (uri, path) in documents {
            let folder = self.folder_for(path.is_absolute().then_some(&path));
            if let Some(document) = self.documents.get_mut(&uri) {
                document.folder = folder;
            }
        }
        self.leave_unused_folders();
        // What was open in one may be open in another now.
        self.projects.values_mut().for_each(Project::forget);
        self.due = self.documents.keys().cloned().collect();
    }

    pub(super) fn files_changed(&mut self, params: &DidChangeWatchedFilesParams) {
        let changes = params.changes.iter();
        let changed: Vec<PathBuf> = changes.flat_map(|change| names_of(change.uri.as_ref())).collect();
        self.changed(&changed);
    }

    /// Whether settings come from one of these files.
    pub(super) fn is_source(&self, paths: &[PathBuf]) -> bool {
        let mut projects = self.projects.values();
        projects.any(|project| paths.iter().any(|path| project.rests_on(path)))
    }

    /// Reads again what has to do with these files.
    pub(super) fn changed(&mut self, paths: &[PathBuf]) {
        let mut stale = Vec::new();
        for (root, project) in &self.projects {
            if paths.iter().any(|path| project.rests_on(path)) {
                stale.push((root.clone(), project.reads_folder));
            } else if paths.iter().any(|path| path.starts_with(root)) {
                self.errands.extend(scan(project));
            }
        }
        for (root, reads_folder) in stale {
            self.begin(root, reads_folder);
        }
        for document in self.documents.values_mut() {
            document.look_around();
        }
        self.due = self.documents.keys().cloned().collect();
    }

    /// Asks the editor to tell of files that change, now that it listens.
    pub(super) fn watch(&mut self) {
        self.watched = Some(BTreeSet::new());
        let wish = self.client.watch("files".to_owned(), &Client::patterns());
        self.errands.extend(wish.map(Errand::Send));
        self.watch_sources();
    }

    /// Asks it the same of the files that settings name and that it was not asked of yet. What settings name no more is told
    /// of for nothing.
    fn watch_sources(&mut self) {
        let Some(watched) = &mut self.watched else { return };
        let sources = self.projects.values().flat_map(|project| &project.sources);
        let new: BTreeSet<PathBuf> = sources.filter(|source| !watched.contains(*source)).cloned().collect();
        let patterns: Vec<_> = new.iter().filter_map(|source| self.client.pattern_of(source)).collect();
        watched.extend(new);
        if !patterns.is_empty() {
            let id = format!("files-{}", watched.len());
            self.errands.extend(self.client.watch(id, &patterns).map(Errand::Send));
        }
    }
}

/// What a file is called: where it really is, and as the editor has it. Settings may be found by the name of a link.
pub(super) fn names_of(uri: &str) -> Vec<PathBuf> {
    uri::path_of(uri)
        .map(|path| vec![real(&path), path])
        .unwrap_or_default()
}

/// What a folder is read for, if it is.
pub(super) fn scan(project: &Project) -> Option<Errand> {
    let settings = project.settings.as_ref().ok().filter(|_| project.reads_folder)?;
    Some(Errand::Scan(project.root().to_owned(), Arc::clone(settings)))
}
