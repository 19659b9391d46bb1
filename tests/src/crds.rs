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

/// The folder with the operator's own of a dialect, below `upstream/crds`: a letter each, the oldest first. `None` for
/// those of which nobody has the definitions.
pub fn folder_of(era: Era) -> Option<&'static str> {
    match era {
        Era::V0_1 => Some("A"),
        Era::V0_2 => Some("B"),
        Era::V1_6 => Some("C"),
        Era::V1_11 => Some("D"),
        Era::V1_13 => Some("E"),
        Era::V1_14 => Some("F"),
        Era::V1_15 => Some("G"),
        Era::V1_0 | Era::V1_7 | Era::V1_8 | Era::V1_19 => None,
    }
}

/// The operator's own, from a folder such as `upstream/crds/F`, as many as there are.
pub fn read(folder: &Path) -> String {
    let file = |kind: Kind| folder.join(format!("{}_{}.yaml", kind.group().name(), kind.plural()));
    let files = Kind::ALL.into_iter().map(file).filter(|file| file.exists());
    let crds: Vec<String> = files.map(|file| std::fs::read_to_string(file).unwrap()).collect();
    assert!(!crds.is_empty(), "{} has no CRDs", folder.display());
    crds.join("\n---\n")
}
