//! What `NetworkPolicies` let through, as far as it can be known without asking the network.
//!
//! An answer is `None` where it depends on what is not known: addresses of pods, and labels of namespaces that were not read.

use jiff::Timestamp;

use super::cluster::Cluster;
use super::read::{items, reference, text, time};
use crate::document::Node;
use crate::model::ObjectRef;
use crate::selector::selects;
use crate::snapshot::Resource;

/// Which way connections go that a policy speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// To the pods that it is for.
    Ingress,
    /// From the pods that it is for.
    Egress,
}

/// A pod as policies see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Its namespace.
    pub namespace: String,
    /// The labels of its namespace; `None` where only the one is known that has its name.
    pub namespace_labels: Option<Vec<(String, String)>>,
    /// Its labels.
    pub labels: Vec<(String, String)>,
    /// The ports of its containers that have a name.
    pub ports: Vec<(String, u64)>,
}

/// A `NetworkPolicy`.
#[derive(Debug, Clone, PartialEq)]
pub struct NetworkPolicy<'s> {
    /// When it was made.
    pub created: Option<Timestamp>,
    object: Node<'s>,
}

/// The policies of a namespace that were read.
pub fn network_policies<'s>(cluster: &Cluster<'s>, namespace: &str) -> Vec<NetworkPolicy<'s>> {
    let objects = cluster.snapshot.objects(Resource::NetworkPolicies);
    let first = objects.partition_point(|stored| &*stored.namespace < namespace);
    let own = objects[first..]
        .iter()
        .take_while(|stored| &*stored.namespace == namespace);
    own.map(|stored| NetworkPolicy::of(stored.node())).collect()
}

impl Peer {
    /// A pod with these labels.
    pub fn new(cluster: &Cluster<'_>, namespace: &str, labels: Option<&Node<'_>>, pod: Option<&Node<'_>>) -> Self {
        let of_namespace = cluster.object(Resource::Namespaces, "", namespace);
        let containers = pod.map(|pod| items(pod, "spec.containers")).unwrap_or_default();
        let ports = containers.iter().flat_map(|container| items(container, "ports"));
        Self {
            namespace: namespace.to_owned(),
            namespace_labels: of_namespace.map(|object| pairs(object.at("metadata.labels"))),
            labels: pairs(labels),
            ports: ports
                .filter_map(|port| {
                    let number = port.get("containerPort")?.scalar_text()?.parse().ok()?;
                    Some((text(port, "name").into_owned(), number))
                })
                .collect(),
        }
    }

    /// The value of a label.
    pub fn label(&self, key: &str) -> Option<&str> {
        let label = self.labels.iter().find(|(label, _)| label == key);
        label.map(|(_, value)| value.as_str())
    }
}

impl<'s> NetworkPolicy<'s> {
    fn of(object: Node<'s>) -> Self {
        Self {
            created: time(&object, "metadata.creationTimestamp"),
            object,
        }
    }

    /// Its name as an object.
    pub fn reference(&self) -> ObjectRef {
        let (namespace, name) = (
            text(&self.object, "metadata.namespace"),
            text(&self.object, "metadata.name"),
        );
        reference("networking.k8s.io/v1", "NetworkPolicy", &namespace, &name)
    }

    /// Whether it is for a pod of its namespace, and speaks of this direction.
    pub fn is_for(&self, pod: &Peer, direction: Direction) -> bool {
        let types = items(&self.object, "spec.policyTypes");
        let speaks = match (direction, types.is_empty()) {
            (Direction::Ingress, true) => true,
            (Direction::Egress, true) => self.object.at("spec.egress").is_some(),
            (Direction::Ingress, false) => types.iter().any(|kind| kind.as_str() == Some("Ingress")),
            (Direction::Egress, false) => types.iter().any(|kind| kind.as_str() == Some("Egress")),
        };
        let selector = self.object.at("spec.podSelector");
        speaks
            && selector
                .is_none_or(|selector| selects(Some(selector), &|key| Some(value(&pod.labels, key))) == Some(true))
    }

    /// Whether it lets connections through between a pod that it is for and another one, to a TCP port of `to`, which is one
    /// of the two.
    pub fn lets_through(&self, direction: Direction, other: &Peer, to: &Peer, port: u64) -> Option<bool> {
        let (rules, peers) = match direction {
            Direction::Ingress => ("spec.ingress", "from"),
            Direction::Egress => ("spec.egress", "to"),
        };
        let own = text(&self.object, "metadata.namespace");
        any(items(&self.object, rules).iter().map(|rule| {
            let ports = items(rule, "ports");
            if !ports.is_empty() && !ports.iter().any(|of| is_port(of, to, port)) {
                return Some(false);
            }
            let peers = items(rule, peers);
            if peers.is_empty() {
                return Some(true);
            }
            any(peers.iter().map(|peer| is_peer(peer, &own, other)))
        }))
    }
}

/// Whether one of them holds; `None` where none surely does and one may.
fn any(answers: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut all = Some(false);
    for answer in answers {
        match answer {
            Some(true) => return Some(true),
            Some(false) => {}
            None => all = None,
        }
    }
    all
}

fn is_port(of: &Node<'_>, to: &Peer, wanted: u64) -> bool {
    let protocol = of.get("protocol").and_then(Node::as_str);
    if protocol.is_some_and(|protocol| protocol != "TCP") {
        return false;
    }
    let number = |key: &str| of.get(key).and_then(Node::scalar_text).map(str::parse::<u64>);
    match (number("port"), number("endPort")) {
        (None, _) => true,
        (Some(Ok(first)), Some(Ok(last))) => (first..=last).contains(&wanted),
        (Some(Ok(port)), _) => port == wanted,
        // A name, as the pod has it to which the connection goes.
        (Some(Err(_)), _) => {
            let name = of.get("port").and_then(Node::as_str).unwrap_or_default();
            to.ports.iter().any(|(port, number)| port == name && *number == wanted)
        }
    }
}

fn is_peer(peer: &Node<'_>, own_namespace: &str, pod: &Peer) -> Option<bool> {
    // The addresses of pods are not known.
    if peer.get("ipBlock").is_some() {
        return None;
    }
    let in_namespace = match peer.get("namespaceSelector") {
        None => Some(pod.namespace == own_namespace),
        Some(selector) => selects(Some(selector), &|key| match (key, &pod.namespace_labels) {
            ("kubernetes.io/metadata.name", _) => Some(Some(pod.namespace.clone())),
            (_, Some(labels)) => Some(value(labels, key)),
            (_, None) => None,
        }),
    };
    let is_pod = match peer.get("podSelector") {
        None => Some(true),
        Some(selector) => selects(Some(selector), &|key| Some(value(&pod.labels, key))),
    };
    match (in_namespace, is_pod) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

/// The value of a label, or `None` where there is none.
fn value(labels: &[(String, String)], key: &str) -> Option<String> {
    let found = labels.iter().find(|(label, _)| label == key);
    found.map(|(_, value)| value.clone())
}

fn pairs(labels: Option<&Node<'_>>) -> Vec<(String, String)> {
    let labels = labels.and_then(Node::as_map).into_iter();
    labels
        .flat_map(crate::document::Map::iter)
        .filter_map(|(key, value)| Some((key.to_owned(), value.as_str()?.to_owned())))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn policy(spec: &Value) -> NetworkPolicy<'static> {
        NetworkPolicy::of(Node::from(
            json!({"metadata": {"namespace": "graph", "name": "p"}, "spec": spec}),
        ))
    }

    fn pod(labels: &[(&str, &str)]) -> Peer {
        let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        Peer {
            namespace: "graph".to_owned(),
            namespace_labels: None,
            labels: labels.iter().map(owned).collect(),
            ports: vec![("backup".to_owned(), 6362)],
        }
    }

    fn lets_in(ingress: &Value) -> Option<bool> {
        let policy = policy(&json!({"podSelector": {}, "ingress": ingress}));
        let backup = pod(&[("app.kubernetes.io/component", "backup-cron")]);
        policy.lets_through(Direction::Ingress, &backup, &pod(&[]), 6362)
    }

    #[test]
    fn a_policy_without_rules_lets_nothing_through() {
        assert_eq!(lets_in(&json!([])), Some(false));
        assert_eq!(lets_in(&json!([{}])), Some(true));
    }

    #[test]
    fn a_port_is_a_number_a_range_or_a_name() {
        assert_eq!(lets_in(&json!([{"ports": [{"port": 7687}]}])), Some(false));
        assert_eq!(
            lets_in(&json!([{"ports": [{"port": 6362, "protocol": "UDP"}]}])),
            Some(false)
        );
        assert_eq!(
            lets_in(&json!([{"ports": [{"port": 6000, "endPort": 7000}]}])),
            Some(true)
        );
        assert_eq!(lets_in(&json!([{"ports": [{"port": "backup"}]}])), Some(true));
        assert_eq!(lets_in(&json!([{"ports": [{"port": "bolt"}]}])), Some(false));
    }

    #[test]
    fn a_peer_is_told_by_its_labels_and_those_of_its_namespace() {
        let component = |operator: &str, values: Value| {
            json!([{"from": [{"podSelector": {"matchExpressions": [
                {"key": "app.kubernetes.io/component", "operator": operator, "values": values}
            ]}}]}])
        };
        assert_eq!(lets_in(&component("In", json!(["backup", "backup-cron"]))), Some(true));
        assert_eq!(lets_in(&component("In", json!(["backup"]))), Some(false));
        assert_eq!(lets_in(&component("NotIn", json!(["database"]))), Some(true));
        assert_eq!(lets_in(&component("DoesNotExist", json!([]))), Some(false));
        assert_eq!(lets_in(&component("Like", json!([]))), None);
        let namespace = |labels: Value| json!([{"from": [{"namespaceSelector": {"matchLabels": labels}}]}]);
        assert_eq!(
            lets_in(&namespace(json!({"kubernetes.io/metadata.name": "graph"}))),
            Some(true)
        );
        assert_eq!(
            lets_in(&namespace(json!({"kubernetes.io/metadata.name": "other"}))),
            Some(false)
        );
        assert_eq!(lets_in(&namespace(json!({"team": "data"}))), None);
        let without = json!([{"from": [{"namespaceSelector": {"matchExpressions": [
            {"key": "team", "operator": "NotIn", "values": ["data"]}
        ]}}]}]);
        assert_eq!(lets_in(&without), None);
        assert_eq!(lets_in(&json!([{"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}])), None);
    }

    #[test]
    fn a_policy_is_for_the_pods_and_the_direction_that_it_names() {
        let server = pod(&[("app", "prod")]);
        let egress = policy(&json!({"podSelector": {"matchLabels": {"app": "prod"}}, "policyTypes": ["Egress"]}));
        assert!(egress.is_for(&server, Direction::Egress) && !egress.is_for(&server, Direction::Ingress));
        let plain = policy(&json!({"podSelector": {"matchLabels": {"app": "other"}}}));
        assert!(!plain.is_for(&server, Direction::Ingress));
        let all = policy(&json!({"podSelector": {}}));
        assert!(all.is_for(&server, Direction::Ingress) && !all.is_for(&server, Direction::Egress));
    }
}
