//! The `CustomResourceDefinitions` of the operator's kinds, each read by its name: whoever may read no others may read these.

use neo4jbackup_core::document::Node;
use neo4jbackup_core::schema::{Kind, ServedError, ServedSchemas};

use crate::connect::Cluster;
use crate::objects::{ObjectError, ObjectName, Objects};

/// Why it is not known what a cluster serves.
#[derive(Debug, thiserror::Error)]
pub enum DefinitionError {
    /// A definition could not be read.
    #[error(transparent)]
    Read(#[from] ObjectError),
    /// One cannot be used.
    #[error("the definition of {} {source}", kind.name())]
    Unusable {
        /// The kind that it defines.
        kind: Kind,
        /// Why.
        source: ServedError,
    },
}

/// Returns the name of the definition of a kind.
pub(crate) fn definition_name(kind: Kind) -> String {
    format!("{}.{}", kind.plural(), kind.group().name())
}

/// Reads the schemas of the operator's kinds that a cluster serves; empty where it serves none.
pub async fn served_schemas(cluster: &Cluster) -> Result<ServedSchemas, DefinitionError> {
    let objects = Objects::of(cluster);
    let mut served = ServedSchemas::default();
    for kind in Kind::ALL {
        let name = ObjectName {
            api_version: "apiextensions.k8s.io/v1".to_owned(),
            kind: "CustomResourceDefinition".to_owned(),
            namespace: None,
            name: definition_name(kind),
        };
        if let Some(definition) = objects.read(&name).await? {
            let defined = served.define(&Node::from(definition));
            defined.map_err(|source| DefinitionError::Unusable { kind, source })?;
        }
    }
    Ok(served)
}
