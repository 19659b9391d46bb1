//! The roles and bindings of a cluster.

use std::collections::BTreeMap;

use super::caller::Caller;
use crate::document::Node;
use crate::field::Field;
use crate::rbac::rule::PolicyRule;

/// The label of what the API server makes itself when it starts.
const BOOTSTRAPPING: (&str, &str) = ("kubernetes.io/bootstrapping", "rbac-defaults");

/// Roles and bindings, by namespace and name.
#[derive(Debug, Clone, Default)]
pub struct Roles {
    pub(super) of_namespaces: BTreeMap<(String, String), Vec<PolicyRule>>,
    pub(super) of_cluster: BTreeMap<String, ClusterRole>,
    pub(super) bindings: BTreeMap<(String, String), Binding>,
}

/// A `ClusterRole`.
#[derive(Debug, Clone, Default)]
pub(super) struct ClusterRole {
    pub(super) rules: Vec<PolicyRule>,
    pub(super) labels: BTreeMap<String, String>,
    /// Of which others it has the rules.
    pub(super) aggregation: Option<Aggregation>,
}

/// The selectors of an aggregated role.
#[derive(Debug, Clone)]
pub(super) struct Aggregation(pub(super) Vec<Node<'static>>);

impl Aggregation {
    /// Returns the selectors of an `aggregationRule`, or `None` if it has none.
    pub(super) fn of(rule: &Node<'_>) -> Option<Self> {
        let selectors = rule.get("clusterRoleSelectors")?.as_list()?;
        Some(Self(selectors.iter().cloned().map(Node::into_owned).collect()))
    }
}

/// A `RoleBinding`, or a `ClusterRoleBinding`, which has no namespace.
#[derive(Debug, Clone)]
pub(super) struct Binding {
    pub(super) role: RoleName,
    pub(super) subjects: Vec<BoundSubject>,
    /// Whether the API server made it, which every cluster has.
    pub(super) is_default: bool,
}

/// A Role of a namespace, or a `ClusterRole`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoleName {
    /// Its namespace; `None` for a `ClusterRole`.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
}

/// To whom a binding gives its role, as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoundSubject {
    /// `User`, `Group` or `ServiceAccount`.
    pub kind: String,
    /// The name.
    pub name: String,
    /// Of a `ServiceAccount`; empty where nobody has written one.
    pub namespace: String,
}

impl BoundSubject {
    /// Whether somebody is meant, by a binding in this namespace; empty for a `ClusterRoleBinding`.
    pub(super) fn is(&self, caller: &Caller, namespace: &str) -> bool {
        match self.kind.as_str() {
            "User" => caller.name == self.name,
            "Group" => caller.groups.contains(&self.name),
            "ServiceAccount" => {
                let own = if self.namespace.is_empty() {
                    namespace
                } else {
                    &self.namespace
                };
                !own.is_empty() && caller.as_service_account() == Some((own, &self.name))
            }
            _ => false,
        }
    }
}

impl Roles {
    /// Takes a Role, a `ClusterRole` or a binding; anything else is left alone. Their rules are those that are written there:
    /// in a cluster, aggregated roles have had theirs filled in.
    pub fn add(&mut self, object: &Node<'_>) {
        let text = |path: &'static str| Field::at(object, path).str().unwrap_or_default().to_owned();
        let (namespace, name) = (text("metadata.namespace"), text("metadata.name"));
        let rules = || Field::at(object, "rules").items().iter().map(PolicyRule::of).collect();
        match text("kind").as_str() {
            "Role" => {
                self.of_namespaces.insert((namespace, name), rules());
            }
            "ClusterRole" => {
                let role = ClusterRole {
                    rules: rules(),
                    labels: labels(object),
                    aggregation: object.get("aggregationRule").and_then(Aggregation::of),
                };
                self.of_cluster.insert(name, role);
            }
            kind @ ("RoleBinding" | "ClusterRoleBinding") => {
                let is_of_cluster = kind == "ClusterRoleBinding";
                let namespace = if is_of_cluster { String::new() } else { namespace };
                let role = RoleName {
                    namespace: (text("roleRef.kind") == "Role").then(|| namespace.clone()),
                    name: text("roleRef.name"),
                };
                let (label, value) = BOOTSTRAPPING;
                let binding = Binding {
                    role,
                    subjects: subjects(object),
                    is_default: labels(object).get(label).is_some_and(|found| found == value),
                };
                self.bindings.insert((namespace, name), binding);
            }
            _ => {}
        }
    }

    /// The rules of a role; `None` where there is no such role.
    pub fn rules(&self, role: &RoleName) -> Option<&[PolicyRule]> {
        match &role.namespace {
            Some(namespace) => self
                .of_namespaces
                .get(&(namespace.clone(), role.name.clone()))
                .map(Vec::as_slice),
            None => self.of_cluster.get(&role.name).map(|role| role.rules.as_slice()),
        }
    }
}

fn labels(object: &Node<'_>) -> BTreeMap<String, String> {
    let labels = Field::at(object, "metadata.labels");
    let labels = labels.entries().filter_map(|(key, value)| Some((key, value.as_str()?)));
    labels.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

fn subjects(object: &Node<'_>) -> Vec<BoundSubject> {
    let subject = |subject: &Node<'_>| {
        let text = |key: &'static str| Field::at(subject, key).str().unwrap_or_default().to_owned();
        BoundSubject {
            kind: text("kind"),
            name: text("name"),
            namespace: text("namespace"),
        }
    };
    Field::at(object, "subjects").items().iter().map(subject).collect()
}
