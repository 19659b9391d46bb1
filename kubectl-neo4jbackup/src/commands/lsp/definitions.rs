//! The definitions that `--crds` names, with what they say to people. `lint` keeps only what decides about an object.

use std::path::{Path, PathBuf};

use neo4jbackup_cluster::{ObjectName, Objects};
use neo4jbackup_core::document::{self, Limits, Node};
use neo4jbackup_core::schema::{Kind, ServedSchemas};

use crate::Io;
use crate::connection::{self, Access, ConnectionError};
use crate::input::{self, Exclude, Reader, Text};

/// The schema of `spec` in each version of each kind.
#[derive(Debug, Default)]
pub(super) struct Definitions(Vec<Definition>);

#[derive(Debug)]
struct Definition {
    kind: Kind,
    version: String,
    spec: Node<'static>,
}

impl Definitions {
    /// Reads again what `lint` has made `served` of. What has changed meanwhile, so that something else came of it, does not
    /// count.
    pub(super) fn of(named: &[PathBuf], served: &ServedSchemas, access: &Access, io: &mut Io<'_>) -> Self {
        let mut definitions = Self::default();
        for path in named {
            if path == Path::new("cluster") {
                for definition in of_cluster(access, io) {
                    definitions.take(&definition, served);
                }
                continue;
            }
            for text in texts(path, &io.current_directory) {
                let parsed = document::parse(&text.text, &Limits::default());
                for document in &parsed.documents {
                    definitions.take(&document.root, served);
                }
            }
        }
        definitions
    }

    /// What the values of `spec` look like.
    pub(super) fn get(&self, kind: Kind, version: &str) -> Option<&Node<'static>> {
        let mut of_kind = self.0.iter().filter(|definition| definition.kind == kind);
        let found = of_kind.find(|definition| definition.version == version)?;
        Some(&found.spec)
    }

    /// Takes an object where `lint` goes by it: a definition, or a JSON Schema, whose kind is the one that it was taken for.
    fn take(&mut self, object: &Node<'_>, served: &ServedSchemas) {
        let is_definition = object.get("kind").is_some();
        let versions = object.at("spec.versions").and_then(Node::as_list).unwrap_or_default();
        for (kind, version) in served.kinds() {
            let of_version = |of: &&Node<'_>| of.get("name").and_then(Node::as_str) == Some(version);
            let mut made = ServedSchemas::default();
            let (is_made, schema) = if is_definition {
                let schema = versions.iter().find(of_version);
                let schema = schema.and_then(|of| of.at("schema.openAPIV3Schema"));
                (made.define(object).is_ok_and(|defined| defined == Some(kind)), schema)
            } else {
                (made.describe(kind, version, object).is_ok(), Some(object))
            };
            let spec = schema.and_then(|schema| schema.at("properties.spec"));
            if let Some(spec) = spec.filter(|_| is_made && made.get(kind, version) == served.get(kind, version)) {
                self.0.push(Definition {
                    kind,
                    version: version.to_owned(),
                    spec: spec.clone().into_owned(),
                });
            }
        }
    }
}

/// The texts of a file or of a folder.
fn texts(path: &PathBuf, current_directory: &Path) -> Vec<Text> {
    let Ok(everything) = Exclude::new(current_directory, &[]) else {
        return Vec::new();
    };
    let found = input::find(std::slice::from_ref(path), current_directory, &everything, false);
    let reader = Reader::new(&found.sources, Limits::default().file_bytes);
    let texts = found.sources.iter().filter_map(|source| reader.load(source).ok());
    texts.collect()
}

/// The definitions that a cluster has, as far as they can be read.
fn of_cluster(access: &Access, io: &mut Io<'_>) -> Vec<Node<'static>> {
    let read = connection::ask(access, io, async |cluster| {
        let objects = Objects::of(cluster);
        let mut found = Vec::new();
        for kind in Kind::ALL {
            let name = ObjectName {
                api_version: "apiextensions.k8s.io/v1".to_owned(),
                kind: "CustomResourceDefinition".to_owned(),
                namespace: None,
                name: format!("{}.{}", kind.plural(), kind.group().name()),
            };
            found.extend(objects.read(&name).await.ok().flatten().map(Node::from));
        }
        Ok::<_, ConnectionError>(found)
    });
    read.unwrap_or_default()
}
