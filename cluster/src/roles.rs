//! The roles and bindings of a cluster, from which it is reckoned who may do what where the API server may not be asked.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream;
use kube::{Client, Error};
use neo4jbackup_core::document::Node;
use neo4jbackup_core::facts::{Cause, Right};
use neo4jbackup_core::rbac::evaluate::Roles;
use serde_json::Value;
use tokio::time::Instant;

use crate::connect::Cluster;
use crate::pages::{Failure, Listing, PAGE, Patience, pages};

/// So many lists are under way at a time.
const SIDE_BY_SIDE: usize = 8;

/// The kinds of the whole cluster, then those of namespaces.
const OF_CLUSTER: [(&str, &str); 2] = [
    ("clusterroles", "ClusterRole"),
    ("clusterrolebindings", "ClusterRoleBinding"),
];
const OF_NAMESPACES: [(&str, &str); 2] = [("roles", "Role"), ("rolebindings", "RoleBinding")];

/// The roles and bindings of a cluster, as far as they may be read.
#[derive(Debug, Default)]
pub struct ReadRoles {
    /// What was read.
    pub roles: Roles,
    /// Why the rest was not.
    pub missing: Vec<Cause>,
    /// Whether Roles and `RoleBindings` of all namespaces were read.
    pub has_all_namespaces: bool,
}

/// One list.
struct List {
    namespace: Option<String>,
    kind: (&'static str, &'static str),
}

/// Reads the roles and bindings of a cluster; those of namespaces from all of them, or where that is not allowed from these.
/// One answer may take `request_timeout`, and all of them together `timeout`.
pub async fn read_roles(
    cluster: &Cluster,
    namespaces: &BTreeSet<String>,
    request_timeout: Duration,
    timeout: Duration,
) -> ReadRoles {
    let client = cluster.client();
    let patience = Patience {
        of_request: request_timeout,
        ends: Instant::now() + timeout,
    };
    let mut read = ReadRoles {
        has_all_namespaces: true,
        ..ReadRoles::default()
    };
    let whole = OF_CLUSTER.into_iter().chain(OF_NAMESPACES);
    let whole = whole.map(|kind| List { namespace: None, kind });
    let mut single = Vec::new();
    for (list, answer) in read_all(&client, whole, patience).await {
        let is_of_namespaces = OF_NAMESPACES.contains(&list.kind);
        match answer {
            Ok(objects) => read.take(&objects),
            Err(Cause::Forbidden(_)) if is_of_namespaces && !namespaces.is_empty() => {
                read.has_all_namespaces = false;
                single.extend(namespaces.iter().map(|namespace| List {
                    namespace: Some(namespace.clone()),
                    kind: list.kind,
                }));
            }
            Err(cause) => {
                read.has_all_namespaces &= !is_of_namespaces;
                read.missing.push(cause);
            }
        }
    }
    for (_, answer) in read_all(&client, single.into_iter(), patience).await {
        match answer {
            Ok(objects) => read.take(&objects),
            Err(cause) => read.missing.push(cause),
        }
    }
    read
}

impl ReadRoles {
    fn take(&mut self, objects: &[Node<'static>]) {
        for object in objects {
            self.roles.add(object);
        }
    }
}

/// Reads lists side by side; what came of them, in their order.
async fn read_all(
    client: &Client,
    lists: impl Iterator<Item = List>,
    patience: Patience,
) -> Vec<(List, Result<Vec<Node<'static>>, Cause>)> {
    let answers = lists.map(|list| async move {
        let answer = read_list(client, &list, patience).await;
        (list, answer)
    });
    stream::iter(answers).buffered(SIDE_BY_SIDE).collect().await
}

async fn read_list(client: &Client, list: &List, patience: Patience) -> Result<Vec<Node<'static>>, Cause> {
    let (plural, kind) = list.kind;
    let place = list.namespace.as_ref();
    let place = place.map_or_else(String::new, |name| format!("/namespaces/{name}"));
    let listing = Listing {
        path: format!("/apis/rbac.authorization.k8s.io/v1{place}/{plural}"),
        selectors: Vec::new(),
        media_type: "application/json",
        page: PAGE,
        is_one: false,
    };
    let read = move |text: &str| {
        let mut object: Value = serde_json::from_str(text)?;
        // Lists leave it out.
        object["kind"] = kind.into();
        Ok(Node::from(object))
    };
    let read = pages(client, &listing, patience, read).await;
    match read.failure {
        None => Ok(read.items),
        Some(Failure::Refused(Error::Api(status))) if status.code == 403 => Err(Cause::Forbidden(Right {
            verbs: vec!["list".to_owned()],
            group: "rbac.authorization.k8s.io".to_owned(),
            resource: plural.to_owned(),
            name: None,
            namespace: list.namespace.clone(),
            called: kind.to_owned(),
        })),
        Some(failure) => Err(Cause::Failed(failure.reason())),
    }
}
