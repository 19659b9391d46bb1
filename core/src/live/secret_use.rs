//! Which Secrets the containers of a pod need.

use super::read::{Text, items, optional, text};
use crate::document::Node;

/// A Secret without which a pod cannot start.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SecretUse<'s> {
    /// The name of the Secret.
    pub secret: Text<'s>,
    /// The key that must be in it; `None` where any will do.
    pub key: Option<Text<'s>>,
    /// What asks for it: a container or a volume, by name.
    pub by: String,
}

/// The Secrets that a template of pods needs: for variables and volumes. What is marked as optional is none of them.
pub(super) fn secret_uses<'s>(object: &Node<'s>, spec: &str) -> Vec<SecretUse<'s>> {
    let Some(spec) = object.at(spec) else { return Vec::new() };
    let is_optional = |source: &Node<'s>| source.get("optional").and_then(Node::as_bool) == Some(true);
    let mut uses = Vec::new();
    let containers = ["initContainers", "containers"].into_iter();
    for container in containers.flat_map(|list| items(spec, list)) {
        let by = format!("container {}", text(container, "name"));
        let variables = items(container, "env").iter();
        for source in variables.filter_map(|variable| variable.at("valueFrom.secretKeyRef")) {
            uses.push((source, "name", optional(source, "key"), by.clone()));
        }
        let groups = items(container, "envFrom").iter();
        for source in groups.filter_map(|group| group.at("secretRef")) {
            uses.push((source, "name", None, by.clone()));
        }
    }
    for volume in items(spec, "volumes") {
        let by = format!("volume {}", text(volume, "name"));
        for source in items(volume, "projected.sources")
            .iter()
            .filter_map(|source| source.get("secret"))
        {
            uses.push((source, "name", None, by.clone()));
            for item in items(source, "items") {
                uses.push((source, "name", optional(item, "key"), by.clone()));
            }
        }
        let Some(source) = volume.get("secret") else { continue };
        uses.push((source, "secretName", None, by.clone()));
        for item in items(source, "items") {
            uses.push((source, "secretName", optional(item, "key"), by.clone()));
        }
    }
    let needed = uses.into_iter().filter(|(source, ..)| !is_optional(source));
    let mut needed: Vec<SecretUse<'s>> = needed
        .map(|(source, name, key, by)| SecretUse {
            secret: text(source, name),
            key,
            by,
        })
        .collect();
    needed.sort();
    needed.dedup_by(|one, other| one.secret == other.secret && one.key == other.key);
    needed
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_optional_is_not_needed() {
        let pod = Node::from(json!({"spec": {
            "containers": [{
                "name": "backup",
                "env": [
                    {"name": "A", "valueFrom": {"secretKeyRef": {"name": "s3", "key": "A"}}},
                    {"name": "B", "valueFrom": {"secretKeyRef": {"name": "s3", "key": "B", "optional": true}}},
                ],
                "envFrom": [{"secretRef": {"name": "all"}}, {"configMapRef": {"name": "map"}}],
            }],
            "volumes": [
                {"name": "key", "secret": {"secretName": "key", "items": [{"key": "id", "path": "id"}]}},
                {"name": "maybe", "secret": {"secretName": "maybe", "optional": true}},
            ],
        }}));
        let uses = secret_uses(&pod, "spec");
        let told: Vec<_> = uses
            .iter()
            .map(|of| (&*of.secret, of.key.as_deref(), &*of.by))
            .collect();
        assert_eq!(
            told,
            [
                ("all", None, "container backup"),
                ("key", None, "volume key"),
                ("key", Some("id"), "volume key"),
                ("s3", Some("A"), "container backup"),
            ]
        );
    }
}
