//! What a file is for, as the files around it say: a manifest, a template of a Helm chart, a patch of a kustomization.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use neo4jbackup_core::document::{Limits, Node, parse};

use super::{Block, Origin, PlainFolders, Source};
use crate::directory::Directory;
use crate::parallel;

/// The folder of a chart in which every file is a template.
const TEMPLATES: &str = "templates";
const CHART: &str = "Chart.yaml";
/// The names that kustomize looks for, in its order.
pub(super) const KUSTOMIZATIONS: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];
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
    /// No manifest itself, but a text in which some may stand; these follow it.
    Guide,
    /// A manifest that stands in a guide.
    Block(Block),
}

/// What each of the files is for. Reads nothing but kustomizations, and quotes none of them.
///
/// Every folder is looked at once, however many files are in it and below it, and those that are known to be `plain` not at
/// all.
pub fn roles(sources: &[&Source], plain: &PlainFolders) -> Vec<Role> {
    let paths = parallel::map(sources, |source| real(&source.origin));
    let surroundings = Surroundings::of(sources, &paths, plain);
    let role = |(source, path): (&&Source, &Option<PathBuf>)| {
        let path = path.as_deref()?;
        surroundings.role(Path::new(&source.name), path)
    };
    let roles = sources.iter().zip(&paths).map(role);
    roles.map(Option::unwrap_or_default).collect()
}

/// Where a file really is.
fn real(origin: &Origin) -> Option<PathBuf> {
    match origin {
        Origin::Found { .. } => origin.path(),
        _ => real_place(&origin.path()?),
    }
}

/// Where a file really is, or will be once it is saved: what an editor has need not be there yet.
fn real_place(path: &Path) -> Option<PathBuf> {
    fs::canonicalize(path).ok().or_else(|| {
        let folder = fs::canonicalize(path.parent()?).ok()?;
        Some(folder.join(path.file_name()?))
    })
}

/// What is known of the folders above the files.
#[derive(Debug)]
struct Surroundings<'p> {
    /// The folders of charts that have templates among the files.
    charts: HashSet<&'p Path>,
    /// The real places of the patches that the kustomization of a folder names, where it names some.
    patches: HashMap<&'p Path, HashSet<PathBuf>>,
    /// The patches that a kustomization among the files names, with the folder of the kustomization as it is shown.
    named: HashMap<PathBuf, String>,
}

impl<'p> Surroundings<'p> {
    /// What the folders above the files and the kustomizations among them say; `paths` is where the files really are.
    fn of(sources: &[&Source], paths: &'p [Option<PathBuf>], plain: &PlainFolders) -> Self {
        let folders: BTreeSet<&Path> = paths.iter().flatten().filter_map(|path| path.parent()).collect();
        let above = folders.iter().flat_map(|folder| folder.ancestors());
        let of_templates = above.filter(|folder| folder.file_name().is_some_and(|name| name == TEMPLATES));
        let may_be_charts: BTreeSet<&Path> = of_templates.filter_map(Path::parent).collect();
        let may_be_charts: Vec<&Path> = may_be_charts.into_iter().collect();
        let is_chart = parallel::map(&may_be_charts, |folder| folder.join(CHART).is_file());
        let near = folders
            .iter()
            .flat_map(|folder| folder.ancestors().take(MOST_FOLDERS_UPWARDS));
        let near: BTreeSet<&Path> = near.filter(|folder| !plain.0.contains(*folder)).collect();
        let near: Vec<&Path> = near.into_iter().collect();
        let patches = parallel::map(&near, |folder| patches_of(folder));
        let patches = near.into_iter().zip(patches);
        let charts = may_be_charts.into_iter().zip(is_chart);
        Self {
            charts: charts
                .filter_map(|(folder, is_chart)| is_chart.then_some(folder))
                .collect(),
            patches: patches.filter(|(_, patches)| !patches.is_empty()).collect(),
            named: named(sources),
        }
    }

    /// What a file is for; `None` when nothing around it says so.
    fn role(&self, shown: &Path, path: &Path) -> Option<Role> {
        if self.charts.is_empty() && self.patches.is_empty() && self.named.is_empty() {
            return None;
        }
        for (levels, folder) in path.ancestors().enumerate().skip(1) {
            let is_template = folder.file_name().is_some_and(|name| name == TEMPLATES);
            let chart = folder
                .parent()
                .filter(|parent| is_template && self.charts.contains(parent));
            if let Some(chart) = chart {
                let chart = shown_ancestor(shown, levels + 1, chart);
                return Some(Role::OfChart { chart });
            }
            let patches = self.patches.get(folder).filter(|_| levels <= MOST_FOLDERS_UPWARDS);
            if patches.is_some_and(|patches| patches.contains(path)) {
                let kustomization = shown_ancestor(shown, levels, folder);
                return Some(Role::Patch { kustomization });
            }
        }
        let kustomization = self.named.get(path)?.clone();
        Some(Role::Patch { kustomization })
    }
}

/// The patches that the kustomizations among the files name.
fn named(sources: &[&Source]) -> HashMap<PathBuf, String> {
    let mut named = HashMap::new();
    for source in sources.iter().filter(|source| is_kustomization(&source.origin)) {
        let folder = source.origin.path().and_then(|path| path.parent().map(Path::to_owned));
        let Some(folder) = folder.and_then(|folder| fs::canonicalize(folder).ok()) else {
            continue;
        };
        let shown = shown_ancestor(Path::new(&source.name), 1, &folder);
        let patches = patches_of(&folder).into_iter();
        named.extend(patches.map(|patch| (patch, shown.clone())));
    }
    named
}

fn is_kustomization(origin: &Origin) -> bool {
    let name = match origin {
        Origin::Stdin => None,
        Origin::Named(path) | Origin::Found { below: path, .. } => path.file_name(),
    };
    name.is_some_and(|name| KUSTOMIZATIONS.iter().any(|known| name == *known))
}

/// The patches that the kustomization of a folder names. What cannot be read names none.
fn patches_of(folder: &Path) -> HashSet<PathBuf> {
    let Ok(directory) = Directory::open(folder) else {
        return HashSet::new();
    };
    // Through no link: who may put one into a repository must not choose what is read.
    let mut files = KUSTOMIZATIONS.iter().map(|name| directory.open_file(Path::new(name)));
    let Some(Ok((_, file))) = files.find(Result::is_ok) else {
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
        .filter_map(|name| real_place(&folder.join(name)))
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
