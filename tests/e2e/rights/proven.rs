//! How roles that `rbac generate` prints are proven: whoever has them can do what they are for, and without any single verb on
//! any single object of any single resource he is told what he lacks.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use neo4jbackup_core::document::Node;
use neo4jbackup_core::rbac::rule::PolicyRule;
use neo4jbackup_harness::{ControlPlane, play};
use serde_json::{Value, json};

use super::await_authorizer;

/// Roles, and what is done with them.
pub(super) struct Case<'c> {
    /// Whose they are, as a part of names.
    pub(super) who: &'c str,
    pub(super) control_plane: &'c ControlPlane,
    /// A namespace in which the authorizer can be asked whether it has seen everything.
    pub(super) namespace: &'c str,
    /// The roles and bindings, as they are printed.
    pub(super) objects: Vec<Value>,
    /// What another case proves.
    pub(super) elsewhere: BTreeSet<Single>,
    /// So many users are tried at a time.
    pub(super) side_by_side: usize,
}

/// One verb on one resource, or on one object of it, in a namespace or everywhere.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Single {
    pub(super) namespace: Option<String>,
    pub(super) group: String,
    pub(super) resource: String,
    pub(super) name: Option<String>,
    pub(super) verb: String,
}

impl Single {
    /// Whether a text is about it.
    fn is_named(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        let (plural, subresource) = self.resource.split_once('/').unwrap_or((&self.resource, ""));
        let is_resource = text.contains(&self.resource)
            || (text.contains(plural.trim_end_matches('s')) && text.contains(subresource));
        is_resource && self.name.as_ref().is_none_or(|name| text.contains(name.as_str()))
    }
}

/// Every single one that roles give.
pub(super) fn singles(objects: &[Value]) -> BTreeSet<Single> {
    let mut singles = BTreeSet::new();
    for (object, rule) in rules(objects) {
        let written = PolicyRule::of(&Node::from(rule.clone()));
        for action in written.actions() {
            singles.insert(Single {
                namespace: object["metadata"]["namespace"].as_str().map(str::to_owned),
                group: action.group.clone(),
                resource: action.full_resource(),
                name: (!action.name.is_empty()).then(|| action.name.clone()),
                verb: action.verb.clone(),
            });
        }
    }
    singles
}

/// Every rule, with the role that has it.
fn rules(objects: &[Value]) -> impl Iterator<Item = (&Value, &Value)> {
    objects.iter().flat_map(|object| {
        let rules = object["rules"].as_array().into_iter().flatten();
        rules.map(move |rule| (object, rule))
    })
}

/// The same roles and bindings for another user, without a single one.
fn without(objects: &[Value], user: &str, left_out: Option<&Single>) -> Vec<Value> {
    let mut objects = objects.to_vec();
    for object in &mut objects {
        let name = format!("{}.{user}", object["metadata"]["name"].as_str().unwrap());
        object["metadata"]["name"] = name.as_str().into();
        if object["kind"].as_str().unwrap().ends_with("Binding") {
            object["roleRef"]["name"] = name.as_str().into();
            object["subjects"] = json!([{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}]);
        }
        let Some(single) = left_out else { continue };
        if object["rules"].is_null() || object["metadata"]["namespace"].as_str() != single.namespace.as_deref() {
            continue;
        }
        let rules = object["rules"].as_array().unwrap();
        let rules: Vec<Value> = rules.iter().flat_map(|rule| without_single(rule, single)).collect();
        object["rules"] = rules.into();
    }
    objects
}

/// A rule as several, which together give everything but a single one.
fn without_single(rule: &Value, single: &Single) -> Vec<Value> {
    let list = |key: &str| -> Vec<String> {
        let list = rule[key].as_array().into_iter().flatten();
        list.map(|text| text.as_str().unwrap().to_owned()).collect()
    };
    let names = list("resourceNames");
    let concerns = list("apiGroups").contains(&single.group)
        && list("resources").contains(&single.resource)
        && list("verbs").contains(&single.verb)
        && single
            .name
            .as_ref()
            .map_or(names.is_empty(), |name| names.contains(name));
    if !concerns {
        return vec![rule.clone()];
    }
    let but = |list: Vec<String>, left_out: &str| -> Vec<String> {
        list.into_iter().filter(|text| text != left_out).collect()
    };
    let one = |text: &str| vec![text.to_owned()];
    let mut parts = vec![
        (but(list("resources"), &single.resource), list("verbs"), names.clone()),
        (one(&single.resource), but(list("verbs"), &single.verb), names.clone()),
    ];
    if let Some(name) = &single.name {
        let others = but(names, name);
        // A rule without names would be one for all of them.
        let verbs = if others.is_empty() {
            Vec::new()
        } else {
            one(&single.verb)
        };
        parts.push((one(&single.resource), verbs, others));
    }
    let parts = parts
        .into_iter()
        .filter(|(resources, verbs, _)| !resources.is_empty() && !verbs.is_empty());
    let written = parts.map(|(resources, verbs, names)| {
        let mut part = json!({"apiGroups": rule["apiGroups"], "resources": resources, "verbs": verbs});
        if !names.is_empty() {
            part["resourceNames"] = names.into();
        }
        part
    });
    written.collect()
}

impl Case<'_> {
    /// Proves it. `lost` does in the name of a user what the roles are for, and returns the first text that says that something
    /// could not be done and that is the one which is looked for.
    pub(super) fn prove(&self, lost: impl Fn(&str, &dyn Fn(&str) -> bool) -> Option<String> + Sync) {
        let singles: Vec<Single> = singles(&self.objects).difference(&self.elsewhere).cloned().collect();
        assert!(!singles.is_empty(), "{:#?}", self.objects);
        let user = |position: usize| format!("{}-{position}", self.who);
        let whole = format!("{}-whole", self.who);
        let mut client = self.control_plane.api_client().unwrap();
        for (position, single) in singles.iter().enumerate() {
            play(&mut client, without(&self.objects, &user(position), Some(single)));
        }
        play(&mut client, without(&self.objects, &whole, None));
        await_authorizer(&mut client, self.namespace);

        let missed = lost(&whole, &|_: &str| true);
        assert_eq!(missed, None, "the roles are not enough");
        let (next, unnoticed) = (AtomicUsize::new(0), Mutex::new(String::new()));
        thread::scope(|scope| {
            for _ in 0..self.side_by_side {
                scope.spawn(|| {
                    let tries = std::iter::from_fn(|| {
                        let position = next.fetch_add(1, Ordering::Relaxed);
                        Some((position, singles.get(position)?))
                    });
                    for (position, single) in tries {
                        if lost(&user(position), &|text: &str| single.is_named(text)).is_none() {
                            writeln!(unnoticed.lock().unwrap(), "{single:?}").unwrap();
                        }
                    }
                });
            }
        });
        let unnoticed = unnoticed.into_inner().unwrap();
        assert!(
            unnoticed.is_empty(),
            "of {} rights nothing says that these are missing:\n{unnoticed}",
            singles.len()
        );
        println!("{}: {} rights, each of them needed", self.who, singles.len());
    }
}

#[test]
fn what_is_left_of_a_rule_gives_everything_but_the_single_one() {
    let rule = json!({"apiGroups": [""], "resources": ["pods", "secrets"], "resourceNames": ["a", "b"], "verbs": ["get", "list"]});
    let role = json!({"kind": "Role", "metadata": {"name": "role", "namespace": "graph"}, "rules": [rule]});
    let all = singles(std::slice::from_ref(&role));
    assert_eq!(all.len(), 8);
    for single in &all {
        let left = singles(&without(std::slice::from_ref(&role), "jane", Some(single)));
        assert_eq!(all.difference(&left).collect::<Vec<_>>(), [single]);
        assert!(left.is_subset(&all), "{left:#?}");
    }
}
