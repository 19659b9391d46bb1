//! What tells which operator a cluster has: the definitions of its kinds, and its Deployment where that is named.
//!
//! Each is watched by its name, so that whoever may look at no others may look at these. What is not known any more, because
//! a watch has broken off, stays as it was last seen.

use std::fmt;
use std::pin::pin;
use std::str::FromStr;
use std::sync::Arc;

use futures::StreamExt;
use kube::Client;
use kube::api::{Api, DynamicObject, TypeMeta};
use kube::discovery::ApiResource;
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, Event, watcher};
use neo4jbackup_core::facts::deployed_version;
use neo4jbackup_core::schema::{Kind, ServedSchemas};
use tokio::sync::watch::{Receiver, Sender};
use tokio::task::JoinSet;

use crate::connect::Cluster;
use crate::definitions::definition_name;
use crate::error_chain::chain;
use crate::resource;
use crate::watch::{WATCH_SECONDS, node};

/// The Deployment of an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeploymentName {
    /// Its namespace.
    pub namespace: String,
    /// Its own name.
    pub name: String,
}

/// The text names no Deployment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` names no Deployment; write it as `namespace/name`")]
pub struct NoDeploymentName(String);

impl FromStr for DeploymentName {
    type Err = NoDeploymentName;

    fn from_str(text: &str) -> Result<Self, NoDeploymentName> {
        match text.split_once('/') {
            Some((namespace, name)) if !namespace.is_empty() && !name.is_empty() && !name.contains('/') => Ok(Self {
                namespace: namespace.to_owned(),
                name: name.to_owned(),
            }),
            _ => Err(NoDeploymentName(text.to_owned())),
        }
    }
}

/// What a cluster says of its operator.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OperatorFacts {
    /// The schemas of its kinds that are served.
    pub served: ServedSchemas,
    /// The version that its Deployment runs; `None` where none is named or may be looked at, and where it does not say.
    pub deployed: Option<String>,
}

/// The watches of what tells which operator a cluster has.
pub struct OperatorWatch {
    client: Client,
    deployment: Option<DeploymentName>,
    facts: Arc<Sender<OperatorFacts>>,
}

impl fmt::Debug for OperatorWatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("OperatorWatch")
            .field("deployment", &self.deployment)
            .finish_non_exhaustive()
    }
}

impl OperatorWatch {
    /// Watches of a cluster, which begin with [`OperatorWatch::run`].
    pub fn new(cluster: &Cluster, deployment: Option<DeploymentName>) -> Self {
        Self {
            client: cluster.client(),
            deployment,
            facts: Arc::new(Sender::default()),
        }
    }

    /// Returns a receiver of what is known, from nothing on.
    pub fn facts(&self) -> Receiver<OperatorFacts> {
        self.facts.subscribe()
    }

    /// Watches for as long as it is polled.
    pub async fn run(self) {
        let definitions = Kind::ALL.into_iter().map(Watched::Definition);
        let deployment = self.deployment.into_iter().map(Watched::Deployment);
        let mut watches = JoinSet::new();
        for watched in definitions.chain(deployment) {
            watches.spawn(follow(self.client.clone(), watched, Arc::clone(&self.facts)));
        }
        watches.join_all().await;
    }
}

/// One object that is watched.
#[derive(Debug)]
enum Watched {
    /// The definition of a kind.
    Definition(Kind),
    /// The Deployment of the operator.
    Deployment(DeploymentName),
}

impl Watched {
    fn resource(&self) -> ApiResource {
        match self {
            Self::Definition(_) => resource::definitions(),
            Self::Deployment(_) => resource::deployments(),
        }
    }

    fn api(&self, client: Client) -> Api<DynamicObject> {
        match self {
            Self::Definition(_) => Api::all_with(client, &self.resource()),
            Self::Deployment(of) => Api::namespaced_with(client, &of.namespace, &self.resource()),
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Definition(kind) => definition_name(*kind),
            Self::Deployment(of) => of.name.clone(),
        }
    }

    /// Takes the object as it is now, where there is one; returns whether that changes what is known.
    fn take(&self, object: Option<DynamicObject>, facts: &mut OperatorFacts) -> bool {
        let resource = self.resource();
        let object = object.map(|mut object| {
            // Items of a list do not say of what kind they are.
            object.types.get_or_insert_with(|| TypeMeta {
                api_version: resource.api_version.clone(),
                kind: resource.kind.clone(),
            });
            node(object)
        });
        match self {
            Self::Definition(kind) => {
                let mut served = facts.served.clone();
                served.forget(*kind);
                if let Some(Err(error)) = object.map(|definition| served.define(&definition)) {
                    tracing::warn!(kind = kind.name(), %error, "a definition cannot be used");
                }
                let is_new = served != facts.served;
                facts.served = served;
                is_new
            }
            Self::Deployment(_) => {
                let deployed = object.as_ref().and_then(deployed_version).map(str::to_owned);
                let is_new = deployed != facts.deployed;
                facts.deployed = deployed;
                is_new
            }
        }
    }
}

async fn follow(client: Client, watched: Watched, facts: Arc<Sender<OperatorFacts>>) {
    let name = watched.name();
    let config = watcher::Config::default()
        .timeout(WATCH_SECONDS)
        .fields(&format!("metadata.name={name}"));
    let mut events = pin!(watcher(watched.api(client), config).default_backoff());
    let (mut is_listed, mut is_failing) = (false, false);
    let take = |object| {
        facts.send_if_modified(|facts| watched.take(object, facts));
    };
    while let Some(event) = events.next().await {
        let failed = event.is_err();
        match event {
            Ok(Event::Init) => {
                // Before the list has an answer, so this says nothing of whether the watch works.
                is_listed = false;
                continue;
            }
            Ok(Event::InitApply(object)) => {
                is_listed = true;
                take(Some(object));
            }
            Ok(Event::InitDone) if is_listed => {}
            Ok(Event::InitDone | Event::Delete(_)) => take(None),
            Ok(Event::Apply(object)) => take(Some(object)),
            Err(error) if !is_failing => {
                let reason = chain(&error);
                tracing::warn!(object = name, reason, "what it says of the operator is not known");
            }
            Err(_) => {}
        }
        is_failing = failed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deployment_has_a_namespace_and_a_name() {
        let name: DeploymentName = "neo4j/operator".parse().unwrap();
        assert_eq!((name.namespace.as_str(), name.name.as_str()), ("neo4j", "operator"));
        for wrong in ["operator", "/operator", "neo4j/", "a/b/c", ""] {
            assert!(wrong.parse::<DeploymentName>().is_err(), "{wrong}");
        }
    }
}
