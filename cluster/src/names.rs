//! Names and nothing else, as completion asks for them: one short answer to each question.

use kube::api::{Api, DynamicObject, ListParams};
use neo4jbackup_core::schema::Kind;

use crate::connect::Cluster;
use crate::resource;

/// Nobody reads more candidates than this.
const MOST_NAMES: u32 = 500;

/// Why there are none.
#[derive(Debug, thiserror::Error)]
#[error("cannot list names")]
pub struct NamesError(#[from] kube::Error);

/// Returns the names of the namespaces.
pub async fn namespace_names(cluster: &Cluster) -> Result<Vec<String>, NamesError> {
    names(&Api::all_with(cluster.client(), &resource::namespaces())).await
}

/// Returns the names of the objects of a kind in the namespace that the connection means.
pub async fn object_names(cluster: &Cluster, kind: Kind) -> Result<Vec<String>, NamesError> {
    let of_version = |version| {
        let resource = resource::of_operator(version, kind);
        Api::namespaced_with(cluster.client(), cluster.namespace(), &resource)
    };
    match names(&of_version("v1beta1")).await {
        // Operators up to 1.6.
        Err(NamesError(kube::Error::Api(status))) if status.code == 404 => names(&of_version("v1alpha1")).await,
        answer => answer,
    }
}

async fn names(of: &Api<DynamicObject>) -> Result<Vec<String>, NamesError> {
    let listed = of.list_metadata(&ListParams::default().limit(MOST_NAMES)).await?;
    Ok(listed
        .items
        .into_iter()
        .filter_map(|object| object.metadata.name)
        .collect())
}
