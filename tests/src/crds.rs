//! The `CustomResourceDefinitions` of the operator, each set as one manifest.

use std::path::Path;

use neo4jbackup_core::schema::{Era, Kind, crd};

/// Those of operator 1.14, as the schema tables give them.
pub fn rendered() -> String {
    rendered_of(Era::V1_14)
}

/// Those of the kinds that an era has.
pub fn rendered_of(era: Era) -> String {
    let kinds = Kind::ALL.iter().filter(|kind| kind.schema().eras.contains(era));
    let crds: Vec<String> = kinds.map(|kind| crd(*kind, era).to_string()).collect();
    crds.join("\n---\n")
}

/// The folder with the operator's own of a dialect, below `upstream/crds`: a letter each, the oldest first.
pub fn folder_of(era: Era) -> &'static str {
    let position = Era::ALL.iter().position(|known| *known == era).unwrap();
    ["A", "B", "C", "D", "E", "F", "G"][position]
}

/// The operator's own, from a folder such as `upstream/crds/F`, as many as there are.
pub fn read(folder: &Path) -> String {
    let file = |kind: Kind| folder.join(format!("{}_{}.yaml", kind.group().name(), kind.plural()));
    let files = Kind::ALL.into_iter().map(file).filter(|file| file.exists());
    let crds: Vec<String> = files.map(|file| std::fs::read_to_string(file).unwrap()).collect();
    assert!(!crds.is_empty(), "{} has no CRDs", folder.display());
    crds.join("\n---\n")
}
