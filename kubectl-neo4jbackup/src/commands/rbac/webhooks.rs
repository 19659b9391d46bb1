//! Which webhooks of this project are installed, and with which arguments?

use neo4jbackup_core::document::Node;
use neo4jbackup_core::domain::{NAME_LABEL, WEBHOOK_NAME};
use neo4jbackup_core::live::Cluster;
use neo4jbackup_core::snapshot::Resource;

/// A Deployment of the webhook.
#[derive(Debug)]
pub(super) struct Webhook<'s> {
    /// Its namespace.
    pub(super) namespace: &'s str,
    /// The name of the Deployment.
    pub(super) name: &'s str,
    /// The arguments of the program.
    pub(super) arguments: Vec<String>,
    node: Node<'s>,
}

/// All that were read.
pub(super) fn webhooks<'s>(cluster: &Cluster<'s>) -> Vec<Webhook<'s>> {
    let deployments = cluster.snapshot.objects(Resource::Deployments).iter();
    let webhooks = deployments.filter_map(|stored| {
        let node = stored.node();
        let label = node.at("metadata.labels")?.get(NAME_LABEL)?.as_str()?;
        (label == WEBHOOK_NAME).then_some(())?;
        let arguments = container(&node)?
            .get("args")
            .and_then(Node::as_list)
            .unwrap_or_default();
        let arguments = arguments.iter().filter_map(Node::as_str).map(str::to_owned).collect();
        Some(Webhook {
            namespace: &stored.namespace,
            name: &stored.name,
            arguments,
            node,
        })
    });
    webhooks.collect()
}

fn container<'n, 's>(node: &'n Node<'s>) -> Option<&'n Node<'s>> {
    node.at("spec.template.spec.containers")?.as_list()?.first()
}

impl Webhook<'_> {
    /// The values of a flag.
    pub(super) fn values(&self, flag: &str) -> Vec<String> {
        values(&self.arguments, flag)
    }

    /// The name of the `ConfigMap` with its settings, and the key in it; `None` where it has none.
    pub(super) fn settings(&self) -> Option<(String, String)> {
        let path = self.values("--settings").pop()?;
        let (folder, key) = path.rsplit_once('/')?;
        let named = |list: &Node<'_>, key: &str, value: &str, wanted: &str| -> Option<String> {
            let entries = list.as_list()?.iter();
            let mut found = entries.filter(|entry| entry.get(key).and_then(Node::as_str) == Some(value));
            Some(found.next()?.at(wanted)?.as_str()?.to_owned())
        };
        let volume = named(container(&self.node)?.get("volumeMounts")?, "mountPath", folder, "name")?;
        let volumes = self.node.at("spec.template.spec.volumes")?;
        Some((named(volumes, "name", &volume, "configMap.name")?, key.to_owned()))
    }
}

/// The values of a flag of a command line: `--flag=value`.
pub(super) fn values(arguments: &[String], flag: &str) -> Vec<String> {
    let values = arguments
        .iter()
        .filter_map(|argument| argument.strip_prefix(flag)?.strip_prefix('='));
    values.map(str::to_owned).collect()
}
