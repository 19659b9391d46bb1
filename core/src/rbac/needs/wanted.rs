//! What somebody needs in one cluster, and what he has beyond it.

use std::collections::BTreeMap;

use super::{Party, Requirement, Scope, requirements};
use crate::operator::Operator;
use crate::rbac::evaluate::{Caller, Grant, Roles};
use crate::rbac::rule::{Action, PolicyRule, ResourceAction};

/// Where somebody is at work.
#[derive(Debug, Clone, Default)]
pub struct Place {
    /// The namespaces; the empty name stands for all of them.
    pub namespaces: Vec<String>,
    /// The namespace of his own.
    pub own: Option<String>,
    /// The namespaces of the operators.
    pub operators: Vec<String>,
}

/// The names of an installation: what stands in `{}` in a table, without them.
pub type Names = BTreeMap<String, Vec<String>>;

/// One action that is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// What, and where.
    pub action: ResourceAction,
    /// By which row of the tables.
    pub requirement: &'static Requirement,
    /// Whether it is certain, or depends on the version of the operator, which is not known well enough.
    pub is_certain: bool,
}

/// A rule that somebody has and does not need, or not all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excess<'r> {
    /// The rule, and how he comes by it.
    pub grant: Grant<'r>,
    /// What of it is not needed.
    pub actions: Vec<Action>,
    /// Whether that is all of it.
    pub is_whole: bool,
}

/// Every action that somebody needs or can need. Without an operator, all that any of them needs is uncertain.
pub fn wanted(party: Party, operator: Option<Operator>, place: &Place, names: &Names) -> Vec<Wanted> {
    let mut wanted = Vec::new();
    for requirement in requirements(party) {
        let (is_certain, is_possible) = match operator {
            Some(operator) => (
                operator.is_in(requirement.operators),
                operator.can_be_in(requirement.operators),
            ),
            None => (requirement.operators == crate::operator::Versions::ALL, true),
        };
        if !is_possible {
            continue;
        }
        let namespaces: Vec<&str> = match requirement.scope {
            Scope::Namespace => place.namespaces.iter().map(String::as_str).collect(),
            Scope::Cluster => vec![""],
            Scope::Own => place.own.as_deref().into_iter().collect(),
            Scope::Operator => place.operators.iter().map(String::as_str).collect(),
        };
        for action in filled_in(&requirement.rule, names).actions() {
            wanted.extend(namespaces.iter().map(|namespace| Wanted {
                action: action.within(namespace),
                requirement,
                is_certain,
            }));
        }
    }
    wanted
}

/// A rule with the names of an installation. What is not known stays as it is written.
pub fn filled_in(rule: &PolicyRule, names: &Names) -> PolicyRule {
    let mut rule = rule.clone();
    rule.names = rule
        .names
        .into_iter()
        .flat_map(|name| {
            let known = name
                .strip_prefix('{')
                .and_then(|name| names.get(name.strip_suffix('}')?));
            known.cloned().unwrap_or_else(|| vec![name])
        })
        .collect();
    rule
}

/// Every rule that somebody has and nothing of `wanted` needs, but for those that the API server gives everybody.
pub fn excess<'r>(roles: &'r Roles, caller: &'r Caller, wanted: &[ResourceAction]) -> Vec<Excess<'r>> {
    let grants = roles.all_grants(caller).filter(|grant| !grant.is_default);
    grants
        .filter_map(|grant| {
            let of_urls = grant.rule.urls.iter().flat_map(|path| {
                let verbs = grant.rule.verbs.iter();
                verbs.map(|verb| Action::Url {
                    verb: verb.clone(),
                    path: path.clone(),
                })
            });
            let actions: Vec<_> = grant.rule.actions().collect();
            let count = actions.len() + grant.rule.urls.len() * grant.rule.verbs.len();
            let actions: Vec<_> = actions
                .into_iter()
                .filter(|action| !wanted.iter().any(|wanted| is_needed(action, grant.namespace, wanted)))
                .map(|action| Action::Resource(action.within(grant.namespace)))
                .chain(of_urls)
                .collect();
            let is_whole = actions.len() == count;
            (!actions.is_empty()).then_some(Excess {
                grant,
                actions,
                is_whole,
            })
        })
        .collect()
}

/// Whether an action that is allowed in a namespace, or everywhere, is one that is wanted.
fn is_needed(action: &ResourceAction, namespace: &str, wanted: &ResourceAction) -> bool {
    let is_same = (&action.verb, &action.group, &action.resource, &action.subresource)
        == (&wanted.verb, &wanted.group, &wanted.resource, &wanted.subresource);
    is_same
        && (wanted.name.is_empty() || wanted.name == action.name)
        && (wanted.namespace.is_empty() || wanted.namespace == namespace)
}
