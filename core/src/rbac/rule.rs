//! One rule of a Role, and the actions that it allows.

use std::fmt;

use serde::Serialize;

use crate::document::Node;
use crate::field::Field;
use crate::quoted::{Name, printable};

/// What stands for everything.
const ANY: &str = "*";

/// One rule, in the form that Roles have it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyRule {
    /// The API groups; the empty text is the core group.
    #[serde(rename = "apiGroups", skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// The resources in the plural, with their subresources: `pods`, `pods/log`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// The only objects that it is about; empty for all.
    #[serde(rename = "resourceNames", skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// Paths of the API server that belong to no resource; only `ClusterRoles` have them.
    #[serde(rename = "nonResourceURLs", skip_serializing_if = "Vec::is_empty")]
    pub urls: Vec<String>,
    /// What may be done.
    pub verbs: Vec<String>,
}

/// What somebody may want to do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Something with a resource.
    Resource(ResourceAction),
    /// Something with a path that belongs to no resource.
    Url {
        /// `get`.
        verb: String,
        /// `/healthz`.
        path: String,
    },
}

/// One verb on one resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
pub struct ResourceAction {
    /// `list`, `create`.
    pub verb: String,
    /// The API group; empty for the core group.
    pub group: String,
    /// The resource in the plural.
    pub resource: String,
    /// `log` of `pods/log`; empty without one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub subresource: String,
    /// The object; empty for any of them.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The namespace; empty for all of them, and for resources that are in none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
}

impl PolicyRule {
    /// Returns the rule that a mapping is. What has the wrong type reads as absent.
    pub fn of(rule: &Node<'_>) -> Self {
        let texts = |key: &'static str| {
            let items = Field::at(rule, key).items().iter();
            items.filter_map(Node::as_str).map(str::to_owned).collect()
        };
        Self {
            groups: texts("apiGroups"),
            resources: texts("resources"),
            names: texts("resourceNames"),
            urls: texts("nonResourceURLs"),
            verbs: texts("verbs"),
        }
    }

    /// Whether it allows an action, wherever it is in force; by the words of the API server's own authorizer.
    pub fn allows(&self, action: &Action) -> bool {
        let has = |list: &[String], wanted: &str| list.iter().any(|known| known == ANY || known == wanted);
        match action {
            Action::Resource(action) => {
                has(&self.verbs, &action.verb)
                    && has(&self.groups, &action.group)
                    && self.resources.iter().any(|resource| is_of(resource, action))
                    && (self.names.is_empty() || self.names.contains(&action.name))
            }
            Action::Url { verb, path } => has(&self.verbs, verb) && self.urls.iter().any(|url| is_below(path, url)),
        }
    }

    /// Every single action that it allows, with `*` as it is written: one for each verb, group, resource and name.
    pub fn actions(&self) -> impl Iterator<Item = ResourceAction> {
        let names = if self.names.is_empty() {
            vec![String::new()]
        } else {
            self.names.clone()
        };
        self.groups.iter().flat_map(move |group| {
            let names = names.clone();
            self.resources.iter().flat_map(move |written| {
                let names = names.clone();
                let (resource, subresource) = written.split_once('/').unwrap_or((written, ""));
                self.verbs.iter().flat_map(move |verb| {
                    names.clone().into_iter().map(move |name| ResourceAction {
                        verb: verb.clone(),
                        group: group.clone(),
                        resource: resource.to_owned(),
                        subresource: subresource.to_owned(),
                        name,
                        namespace: String::new(),
                    })
                })
            })
        })
    }
}

/// Whether a resource as a rule writes it is the one of an action. `pods/*` stands for nothing but itself; `*/scale` is the
/// subresource of every resource.
fn is_of(written: &str, action: &ResourceAction) -> bool {
    if written == ANY {
        return true;
    }
    if action.subresource.is_empty() {
        return written == action.resource;
    }
    let of_all = written.strip_prefix("*/") == Some(&action.subresource);
    let (resource, rest) = written.split_at_checked(action.resource.len()).unwrap_or((written, ""));
    of_all || (resource == action.resource && rest.strip_prefix('/') == Some(&action.subresource))
}

/// Whether a path is one that a rule writes; `*` at its end stands for everything that follows.
fn is_below(path: &str, written: &str) -> bool {
    written == ANY || written == path || (written.ends_with('*') && path.starts_with(written.trim_end_matches('*')))
}

impl ResourceAction {
    /// The resource with its subresource, as rules write it: `pods/log`.
    pub fn full_resource(&self) -> String {
        if self.subresource.is_empty() {
            self.resource.clone()
        } else {
            format!("{}/{}", self.resource, self.subresource)
        }
    }

    /// The same action in a namespace; in all of them with an empty name.
    #[must_use]
    pub fn within(&self, namespace: &str) -> Self {
        Self {
            namespace: namespace.to_owned(),
            ..self.clone()
        }
    }
}

/// `create pods/exec`, `get secrets "cloud"`, `list neo4jbackups.neo4j.neo4j.com`, without the namespace.
impl fmt::Display for ResourceAction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", printable(&self.verb), printable(&self.resource))?;
        if !self.group.is_empty() {
            write!(formatter, ".{}", printable(&self.group))?;
        }
        if !self.subresource.is_empty() {
            write!(formatter, "/{}", printable(&self.subresource))?;
        }
        if !self.name.is_empty() {
            write!(formatter, " {}", Name(&self.name))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rule(rule: serde_json::Value) -> PolicyRule {
        PolicyRule::of(&Node::from(rule))
    }

    fn action(text: &str) -> Action {
        let words: Vec<&str> = text.split(' ').collect();
        if words[1].starts_with('/') {
            let (verb, path) = (words[0].to_owned(), words[1].to_owned());
            return Action::Url { verb, path };
        }
        let (full, group) = words[1].split_once('.').unwrap_or((words[1], ""));
        let (resource, subresource) = full.split_once('/').unwrap_or((full, ""));
        Action::Resource(ResourceAction {
            verb: words[0].to_owned(),
            group: group.to_owned(),
            resource: resource.to_owned(),
            subresource: subresource.to_owned(),
            name: words.get(2).copied().unwrap_or_default().to_owned(),
            namespace: String::new(),
        })
    }

    fn check(written: serde_json::Value, yes: &[&str], no: &[&str]) {
        let rule = rule(written);
        for text in yes {
            assert!(rule.allows(&action(text)), "{text} is not allowed by {rule:?}");
        }
        for text in no {
            assert!(!rule.allows(&action(text)), "{text} is allowed by {rule:?}");
        }
    }

    #[test]
    fn a_star_stands_for_a_whole_field_or_for_the_resource_of_a_subresource() {
        check(
            json!({"apiGroups": [""], "resources": ["*"], "verbs": ["get"]}),
            &["get pods", "get pods/log", "get secrets x"],
            &["list pods", "get jobs.batch"],
        );
        check(
            json!({"apiGroups": ["*"], "resources": ["*/scale"], "verbs": ["*"]}),
            &["patch statefulsets/scale.apps", "get x/scale"],
            &["patch statefulsets.apps", "get scale"],
        );
        check(
            json!({"apiGroups": [""], "resources": ["pods/*"], "verbs": ["create"]}),
            &[],
            &["create pods/exec", "create pods"],
        );
    }

    #[test]
    fn names_narrow_a_rule_and_an_action_on_all_objects_has_none() {
        check(
            json!({"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["a", "b"], "verbs": ["get", "list"]}),
            &["get secrets a", "list secrets b"],
            &["get secrets c", "list secrets", "get secrets"],
        );
    }

    #[test]
    fn paths_end_in_a_star() {
        check(
            json!({"nonResourceURLs": ["/healthz/*", "/version"], "verbs": ["get"]}),
            &["get /healthz/", "get /healthz/etcd", "get /version"],
            &["get /healthz", "post /version", "get /version/", "get pods"],
        );
        check(
            json!({"nonResourceURLs": ["*"], "verbs": ["get"]}),
            &["get /x"],
            &["get pods"],
        );
    }

    #[test]
    fn a_rule_is_taken_apart_into_single_actions() {
        let rule = rule(json!({"apiGroups": ["", "batch"], "resources": ["a", "b/log"], "verbs": ["get", "list"]}));
        let words: Vec<String> = rule.actions().map(|action| action.to_string()).collect();
        assert_eq!(words.len(), 8);
        assert_eq!(words[3], "list b/log");
        assert_eq!(words[7], "list b.batch/log");
    }
}
