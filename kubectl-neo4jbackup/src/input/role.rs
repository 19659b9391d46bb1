//! What a file is for, as the files around it say: a manifest, a template of a Helm chart, a patch of a kustomization.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use neo4jbackup_core::document::{Limits, Node, parse};

use super::Source;
use crate::directory::Directory;

/// The folder of a chart in which every file is a template.
const TEMPLATES: &str = "templates";
const CHART: &str = "Chart.yaml";
/// The names that kustomize looks for, in its order.
const KUSTOMIZATIONS: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];
/// Where only the patch was named, its kustomization is looked for in so many folders above it.
const MOST_FOLDERS_UPWARDS: usize = 4;
/// No kustomization that a person wrote is larger.
const LARGEST_KUSTOMIZATION: u64 = 1 << 20;

/// What a file is for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Role {
    /// To be applied as it is, as far as anybody can see.
    #[default]
    Manifests,
    /// A file among the templates of a chart; one without template expressions is a manifest all the same.
    OfChart {
        /// The folder of the chart, as it is shown.
        chart: String,
    },
    /// A patch of a kustomization.
    Patch {
        /// The folder of the kustomization, as it is shown.
        kustomization: String,
    },
}

/// What is known of the folders that were looked at.
#[derive(Debug, Default)]
pub struct Surroundings {
    charts: HashMap<PathBuf, bool>,
    /// The real places of the patches that the kustomization of a folder names.
    patches: HashMap<PathBuf, HashSet<PathBuf>>,
    /// The patches that a kustomization among the files names, with the folder of the kustomization as it is shown.
    named: HashMap<PathBuf, String>,
}

impl Surroundings {
    /// What the files say of each other.
    pub fn of<'s>(sources: impl IntoIterator<Item = &'s Source>) -> Self {
        let mut surroundings = Self::default();
        for source in sources {
            let Some(path) = source.origin.path().filter(|path| is_kustomization(path)) else {
                continue;
            };
            let Some(folder) = path.parent().and_then(|folder| fs::canonicalize(folder).ok()) else {
                continue;
            };
            let shown = shown_ancestor(Path::new(&source.name), 1, &folder);
            let patches: Vec<PathBuf> = surroundings.patches(&folder).iter().cloned().collect();
            surroundings
                .named
                .extend(patches.into_iter().map(|patch| (patch, shown.clone())));
        }
        surroundings
    }

    /// What a file is for. Reads nothing but kustomizations, and quotes none of them.
    pub fn role(&mut self, source: &Source) -> Role {
        let Some(path) = source.origin.path().and_then(|path| fs::canonicalize(path).ok()) else {
            return Role::Manifests;
        };
        let shown = Path::new(&source.name);
        for (levels, folder) in path.ancestors().enumerate().skip(1) {
            let is_template = folder.file_name().is_some_and(|name| name == TEMPLATES);
            if let Some(chart) = folder.parent().filter(|parent| is_template && self.is_chart(parent)) {
                let chart = shown_ancestor(shown, levels + 1, chart);
                return Role::OfChart { chart };
            }
            if levels <= MOST_FOLDERS_UPWARDS && self.patches(folder).contains(&path) {
                let kustomization = shown_ancestor(shown, levels, folder);
                return Role::Patch { kustomization };
            }
        }
        match self.named.get(&path) {
            Some(kustomization) => Role::Patch {
                kustomization: kustomization.clone(),
            },
            None => Role::Manifests,
        }
    }

    fn is_chart(&mut self, folder: &Path) -> bool {
        if let Some(known) = self.charts.get(folder) {
            return *known;
        }
        let is_chart = folder.join(CHART).is_file();
        self.charts.insert(folder.to_owned(), is_chart);
        is_chart
    }

    fn patches(&mut self, folder: &Path) -> &HashSet<PathBuf> {
        self.patches
            .entry(folder.to_owned())
            .or_insert_with(|| patches_of(folder))
    }
}

fn is_kustomization(path: &Path) -> bool {
    let name = path.file_name();
    name.is_some_and(|name| KUSTOMIZATIONS.iter().any(|known| name == *known))
}

/// The patches that the kustomization of a folder names. What cannot be read names none.
fn patches_of(folder: &Path) -> HashSet<PathBuf> {
    let Ok(directory) = Directory::open(folder) else {
        return HashSet::new();
    };
    // Through no link: who may put one into a repository must not choose what is read.
    let mut files = KUSTOMIZATIONS.iter().map(|name| directory.open_file(Path::new(name)));
    let Some(Ok(file)) = files.find(Result::is_ok) else {
        return HashSet::new();
    };
    let mut text = String::new();
    if file.take(LARGEST_KUSTOMIZATION).read_to_string(&mut text).is_err() {
        return HashSet::new();
    }
    let parsed = parse(&text, &Limits::default());
    let Some(document) = parsed.documents.first() else {
        return HashSet::new();
    };
    named_patches(&document.root)
        .filter_map(|name| fs::canonicalize(folder.join(name)).ok())
        .collect()
}

fn named_patches<'n>(kustomization: &'n Node<'_>) -> impl Iterator<Item = &'n str> {
    let list = |key| kustomization.get(key).and_then(Node::as_list).unwrap_or_default();
    let by_path = ["patches", "patchesJson6902"].into_iter().flat_map(list);
    let by_path = by_path.filter_map(|patch| patch.get("path")?.as_str());
    // An entry of several lines is the patch itself.
    let named = list("patchesStrategicMerge").iter().filter_map(Node::as_str);
    by_path.chain(named.filter(|name| !name.contains('\n')))
}

/// The folder so many levels above a file, as the person would write it; its real name where the shown one does not go
/// up so far.
fn shown_ancestor(shown: &Path, levels: usize, real: &Path) -> String {
    let ancestor = shown.ancestors().nth(levels);
    match ancestor {
        Some(folder) if folder.as_os_str().is_empty() => ".".to_owned(),
        Some(folder) if !folder.components().any(|part| part.as_os_str() == "..") => folder.display().to_string(),
        _ => real.display().to_string(),
    }
}
