//! The least roles that give somebody what he needs.

use std::collections::BTreeSet;

use super::wanted::{Names, filled_in};
use super::{Party, Requirement, Scope, requirements_with};
use crate::operator::Operator;
use crate::rbac::rule::{PolicyRule, ResourceAction};

/// For whom, and where.
#[derive(Debug, Clone)]
pub struct RoleRequest {
    /// Who.
    pub party: Party,
    /// With which operator.
    pub operator: Operator,
    /// The only namespace that it is about; `None` for all of them.
    pub namespace: Option<String>,
    /// Whether nothing is given beyond that namespace.
    pub is_confined: bool,
    /// The namespace of the operator.
    pub operator_namespace: String,
    /// The namespace of the one who is given the rights.
    pub own: Option<String>,
    /// The names of the installation.
    pub names: Names,
    /// The parts that are not used.
    pub without: Vec<String>,
}

/// The roles, and what they leave out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// A `ClusterRole` first, then Roles; none of them is empty.
    pub roles: Vec<WrittenRole>,
    /// What is needed, and not given because it reaches beyond the namespace.
    pub left_out: Vec<&'static Requirement>,
}

/// A role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenRole {
    /// Its namespace; `None` for a `ClusterRole`, which holds everywhere.
    pub namespace: Option<String>,
    /// Its rules.
    pub rules: Vec<WrittenRule>,
}

/// A rule, and what it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenRule {
    /// The rule.
    pub rule: PolicyRule,
    /// Half a sentence.
    pub reason: String,
}

impl Plan {
    /// The least roles for a request: no right stands in two of them.
    pub fn of(request: &RoleRequest) -> Self {
        let mut plan = Self::default();
        let mut everywhere = Writer::default();
        let mut within: Vec<(String, Writer)> = Vec::new();
        let mut later = Vec::new();
        for requirement in requirements_with(request.party, request.operator) {
            if request.without.contains(&requirement.feature) || !is_about(request, requirement) {
                continue;
            }
            match request.place(requirement.scope) {
                Place::Everywhere if request.is_confined => plan.left_out.push(requirement),
                Place::Everywhere => everywhere.write(requirement, &request.names, &BTreeSet::new()),
                Place::Within(namespace) if request.is_confined && request.namespace.as_ref() != Some(&namespace) => {
                    plan.left_out.push(requirement);
                }
                Place::Within(namespace) => later.push((namespace, requirement)),
            }
        }
        // What holds everywhere need not be said of a namespace.
        for (namespace, requirement) in later {
            let position = within
                .iter()
                .position(|(known, _)| *known == namespace)
                .unwrap_or_else(|| {
                    within.push((namespace, Writer::default()));
                    within.len() - 1
                });
            within[position]
                .1
                .write(requirement, &request.names, &everywhere.actions);
        }
        let roles = within.into_iter().map(|(namespace, writer)| (Some(namespace), writer));
        plan.roles = std::iter::once((None, everywhere))
            .chain(roles)
            .filter(|(_, writer)| !writer.rules.is_empty())
            .map(|(namespace, writer)| WrittenRole {
                namespace,
                rules: writer.rules,
            })
            .collect();
        plan
    }
}

/// Where a requirement has to hold.
enum Place {
    Everywhere,
    Within(String),
}

impl RoleRequest {
    fn place(&self, scope: Scope) -> Place {
        match (scope, &self.namespace, &self.own) {
            (Scope::Namespace, Some(namespace), _) => Place::Within(namespace.clone()),
            (Scope::Own, _, Some(own)) => Place::Within(own.clone()),
            (Scope::Operator, ..) => Place::Within(self.operator_namespace.clone()),
            _ => Place::Everywhere,
        }
    }
}

/// Whoever looks at one namespace does not look at all of them.
fn is_about(request: &RoleRequest, requirement: &Requirement) -> bool {
    requirement.feature != "all-namespaces" || request.namespace.is_none()
}

/// Writes the rules of one role.
#[derive(Default)]
struct Writer {
    rules: Vec<WrittenRule>,
    actions: BTreeSet<ResourceAction>,
}

impl Writer {
    /// Writes a rule, without what an earlier rule or one that holds everywhere gives.
    fn write(&mut self, requirement: &Requirement, names: &Names, everywhere: &BTreeSet<ResourceAction>) {
        let rule = filled_in(&requirement.rule, names);
        // By resource, the verbs that are left.
        let mut left: Vec<(String, String, Vec<String>)> = Vec::new();
        for action in rule.actions() {
            let of_all = ResourceAction {
                name: String::new(),
                ..action.clone()
            };
            let is_given = [&action, &of_all]
                .into_iter()
                .any(|action| self.actions.contains(action) || everywhere.contains(action));
            if is_given {
                continue;
            }
            let (group, resource) = (action.group.clone(), action.full_resource());
            match left
                .iter_mut()
                .find(|(known, of, _)| (known, of) == (&group, &resource))
            {
                Some((.., verbs)) if verbs.contains(&action.verb) => {}
                Some((.., verbs)) => verbs.push(action.verb),
                None => left.push((group, resource, vec![action.verb])),
            }
        }
        // Resources of one group with the same verbs are one rule.
        let mut rules: Vec<PolicyRule> = Vec::new();
        for (group, resource, verbs) in left {
            let same = rules
                .iter_mut()
                .find(|rule| rule.verbs == verbs && rule.groups == [group.clone()]);
            match same {
                Some(same) => same.resources.push(resource),
                None => rules.push(PolicyRule {
                    groups: vec![group],
                    resources: vec![resource],
                    names: rule.names.clone(),
                    urls: Vec::new(),
                    verbs,
                }),
            }
        }
        for rule in rules {
            self.actions.extend(rule.actions());
            let reason = requirement.reason.clone();
            self.rules.push(WrittenRule { rule, reason });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rbac::needs::Level;

    fn request(party: Party, namespace: Option<&str>) -> RoleRequest {
        RoleRequest {
            party,
            operator: Operator::exactly(crate::operator::NEWEST),
            namespace: namespace.map(str::to_owned),
            is_confined: false,
            operator_namespace: "ops".to_owned(),
            own: None,
            names: Names::new(),
            without: Vec::new(),
        }
    }

    /// Every action of a plan, with its namespace.
    fn actions(plan: &Plan) -> Vec<ResourceAction> {
        let roles = plan.roles.iter();
        let actions = roles.flat_map(|role| {
            let namespace = role.namespace.clone().unwrap_or_default();
            let rules = role.rules.iter().flat_map(|written| written.rule.actions());
            rules.map(move |action| action.within(&namespace))
        });
        actions.collect()
    }

    #[test]
    fn no_right_is_given_twice() {
        for party in [
            Party::Plugin(Level::Read),
            Party::Plugin(Level::Repair),
            Party::Operator,
            Party::Editor,
            Party::Webhook,
        ] {
            for namespace in [None, Some("graph"), Some("ops")] {
                let actions = actions(&Plan::of(&request(party, namespace)));
                let given = |action: &ResourceAction| {
                    let count = actions.iter().filter(|other| {
                        (&other.verb, &other.group, &other.resource, &other.subresource)
                            == (&action.verb, &action.group, &action.resource, &action.subresource)
                            && (other.name.is_empty() || other.name == action.name)
                            && (other.namespace.is_empty() || other.namespace == action.namespace)
                    });
                    count.count()
                };
                for action in &actions {
                    assert_eq!(
                        given(action),
                        1,
                        "{party:?} {namespace:?}: {action} in {:?}",
                        action.namespace
                    );
                }
            }
        }
    }

    #[test]
    fn whoever_is_confined_is_given_nothing_beyond_the_namespace() {
        let confined = RoleRequest {
            is_confined: true,
            ..request(Party::Plugin(Level::Read), Some("graph"))
        };
        let plan = Plan::of(&confined);
        let namespaces: Vec<_> = plan.roles.iter().map(|role| role.namespace.as_deref()).collect();
        assert_eq!(namespaces, [Some("graph")]);
        assert!(!plan.left_out.is_empty());
        let words: Vec<String> = actions(&plan).iter().map(ToString::to_string).collect();
        for needed in [
            "list pods",
            "list neo4jbackups.neo4j.neo4j.com",
            "get namespaces",
            "get pods/log",
        ] {
            assert!(words.iter().any(|word| word == needed), "{needed}: {words:?}");
        }
    }

    #[test]
    fn what_is_not_used_is_left_out() {
        let without = RoleRequest {
            without: vec!["secrets".to_owned(), "rbac-check".to_owned()],
            ..request(Party::Plugin(Level::Read), None)
        };
        let words: Vec<String> = actions(&Plan::of(&without)).iter().map(ToString::to_string).collect();
        assert!(!words.contains(&"get secrets".to_owned()), "{words:?}");
        assert!(
            !words.iter().any(|word| word.contains("subjectaccessreviews")),
            "{words:?}"
        );
        // Those of the namespaces stay.
        assert!(
            words.contains(&"list roles.rbac.authorization.k8s.io".to_owned()),
            "{words:?}"
        );
    }
}
