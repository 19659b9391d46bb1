//! `--crds`: the schemas by which fields are judged, from files as other validators take them, or from a cluster.

use std::path::{Path, PathBuf};

use neo4jbackup_cluster::{DefinitionError, chain, served_schemas};
use neo4jbackup_core::document::{self, Document, Limits, Node};
use neo4jbackup_core::quoted::Name;
use neo4jbackup_core::schema::{Era, Group, Kind, ServedError, ServedSchemas};

use crate::connection::{self, Access, ConnectionError};
use crate::input::{self, Exclude, ExcludeError, Gap, Reader};
use crate::{Exit, Io};

/// The group whose definitions are looked for.
const GROUP: &str = Group::Neo4jNeo4jCom.name();

/// Why there are no schemas.
#[derive(Debug, thiserror::Error)]
pub(in crate::commands) enum CrdsError {
    /// A file or folder that cannot be read.
    #[error("--crds: {} {}", Name(&.0.file), .0.reason)]
    Unreadable(Gap),

    /// A file that is no YAML.
    #[error("--crds: {}:{line}: {message}", Name(name))]
    Yaml { name: String, line: usize, message: String },

    /// A definition that cannot be used.
    #[error("--crds: the definition of {kind} in {} {source}", Name(name))]
    Unusable {
        name: String,
        kind: &'static str,
        source: ServedError,
    },

    /// A path without any definition that is wanted.
    #[error(
        "--crds: {} has no CustomResourceDefinition of the group {GROUP}, and no JSON Schema of one of its kinds",
        path.display()
    )]
    None { path: PathBuf },

    /// A cluster that cannot be asked.
    #[error("--crds: {}", chain(.0))]
    Connection(#[from] ConnectionError),

    /// A cluster that does not say.
    #[error("--crds: {}", chain(.0))]
    Cluster(#[from] DefinitionError),

    /// A cluster without the operator.
    #[error("--crds: the cluster has no CustomResourceDefinition of the group {GROUP}")]
    NoneInCluster,

    /// Nothing is excluded from what is named.
    #[error("--crds: {0}")]
    Exclude(#[from] ExcludeError),
}

impl CrdsError {
    /// What it says to the shell.
    pub(super) fn exit(&self) -> Exit {
        match self {
            Self::Connection(error) => error.exit(),
            Self::Cluster(DefinitionError::Read(_)) => Exit::Incomplete,
            _ => Exit::Usage,
        }
    }
}

/// Reads all schemas that were named. What is named later wins.
pub(super) fn read(named: &[PathBuf], access: &Access, io: &mut Io<'_>) -> Result<ServedSchemas, CrdsError> {
    let mut served = ServedSchemas::default();
    for path in named {
        if path == Path::new("cluster") {
            let of_cluster = connection::ask(access, io, async |cluster| {
                Ok::<_, CrdsError>(served_schemas(cluster).await?)
            })?;
            if of_cluster.is_empty() {
                return Err(CrdsError::NoneInCluster);
            }
            served.extend(of_cluster);
        } else if !read_path(path, &io.current_directory, &mut served)? {
            return Err(CrdsError::None { path: path.clone() });
        }
    }
    Ok(served)
}

/// Reads a file or a folder; returns whether anything in it is wanted.
fn read_path(path: &PathBuf, current_directory: &Path, served: &mut ServedSchemas) -> Result<bool, CrdsError> {
    let limits = Limits::default();
    let everything = Exclude::new(current_directory, &[])?;
    let inputs = input::find(std::slice::from_ref(path), current_directory, &everything, false);
    if let Some(gap) = inputs.gaps.into_iter().next() {
        return Err(CrdsError::Unreadable(gap));
    }
    let mut found = false;
    let reader = Reader::new(&inputs.sources, limits.file_bytes);
    for source in &inputs.sources {
        let text = reader.load(source).map_err(CrdsError::Unreadable)?;
        let parsed = document::parse(&text.text, &limits);
        let of_documents = parsed.documents.iter().flat_map(|document| &document.problems);
        if let Some(problem) = of_documents.chain(&parsed.problems).next() {
            return Err(CrdsError::Yaml {
                name: source.name.clone(),
                line: problem.span.start.line,
                message: problem.message.clone(),
            });
        }
        for document in &parsed.documents {
            found |= take(document, &source.name, served)?;
        }
    }
    Ok(found)
}

/// Takes a definition, or a JSON Schema; returns whether it is of a kind that is wanted.
fn take(document: &Document<'_>, name: &str, served: &mut ServedSchemas) -> Result<bool, CrdsError> {
    let object = &document.root;
    let unusable = |kind: &'static str| {
        let name = name.to_owned();
        move |source| CrdsError::Unusable { name, kind, source }
    };
    if object.get("kind").is_some() {
        let kind = object.at("spec.names.kind").and_then(Node::as_str);
        let kind = kind.and_then(Kind::named).map_or("a kind", Kind::name);
        return Ok(served.define(object).map_err(unusable(kind))?.is_some());
    }
    let Some((kind, version)) = described(object, name) else {
        return Ok(false);
    };
    served.describe(kind, version, object).map_err(unusable(kind.name()))?;
    Ok(true)
}

/// Kind and version that a JSON Schema is about: as it says itself, or else as its file is named, with the group, or the
/// folder of the group: `neo4jbackup_v1beta1.json`, `neo4j.neo4j.com-neo4jbackup-v1beta1.json`.
fn described(schema: &Node<'_>, name: &str) -> Option<(Kind, &'static str)> {
    schema.at("properties.spec")?;
    let known = |version: &str| {
        let mut versions = Era::ALL.into_iter().map(Era::api_version);
        versions.find(|known| *known == version)
    };
    let says = |path| schema.at(path).and_then(Node::as_str);
    if let (Some(api_version), Some(kind)) = (says("properties.apiVersion.const"), says("properties.kind.const")) {
        let (group, version) = api_version.split_once('/')?;
        return Some((Kind::of_group(group, kind)?, known(version)?));
    }
    let path = Path::new(name);
    let stem = path.file_stem()?.to_str()?.to_ascii_lowercase();
    let folder = path.parent().and_then(Path::file_name).and_then(|name| name.to_str());
    let rest = match stem.split_once(GROUP) {
        Some((_, rest)) => rest,
        // A folder that is named like a group is one, and another group has kinds of the same names.
        None if folder.is_some_and(|folder| folder.contains('.') && folder != GROUP) => return None,
        None => &stem,
    };
    let words: Vec<&str> = rest.split(['-', '_']).filter(|word| !word.is_empty()).collect();
    let [kind, version] = words.as_slice() else { return None };
    Some((Kind::named(kind)?, known(version)?))
}
