//! What core says of roles and bindings is what the API server's own authorizer says, asked thousands of times.

mod beside;
mod checked;
mod generated;
mod guard;
mod invented;
mod operators;
mod people;
mod prober;
mod proven;
mod repairer;
mod stage;

use std::collections::BTreeSet;
use std::thread;

use neo4jbackup_core::document::Node;
use neo4jbackup_core::rbac::evaluate::{Caller, RoleName, Roles};
use neo4jbackup_core::rbac::rule::{Action, ResourceAction};
use neo4jbackup_harness::{ApiClient, await_something};
use serde_json::{Value, json};

use self::invented::{Question, World as Invented};
use crate::world::World;

/// So many sets of roles and bindings are made, and so many questions are asked of each.
const WORLDS: usize = 25;
const QUESTIONS: usize = 200;

/// So many questions are under way at a time.
const ASKERS: usize = 8;

const API: &str = "/apis/rbac.authorization.k8s.io/v1";

#[test]
fn five_thousand_questions_are_answered_as_the_api_server_answers_them() {
    let control_plane = &World::with_controllers().control_plane;
    let mut client = control_plane.api_client().unwrap();
    let namespaces: Vec<String> = (0..3)
        .map(|_| control_plane.create_namespace("rights").unwrap())
        .collect();
    let worlds: Vec<Invented> = (0..WORLDS).map(|seed| Invented::new(seed, &namespaces)).collect();
    for object in worlds.iter().flat_map(|world| &world.objects) {
        make(&mut client, object);
    }
    let roles = await_aggregated(&mut client, &worlds);
    await_authorizer(&mut client, &namespaces[0]);

    let questions: Vec<Question> = worlds.iter().flat_map(|world| world.questions(QUESTIONS)).collect();
    assert_eq!(questions.len(), 5_000);
    let share = questions.len().div_ceil(ASKERS);
    let allowed: usize = thread::scope(|scope| {
        let askers = questions.chunks(share).map(|questions| {
            let (mut client, roles) = (client.another(), &roles);
            scope.spawn(move || {
                questions
                    .iter()
                    .filter(|question| agree(&mut client, roles, question))
                    .count()
            })
        });
        let askers: Vec<_> = askers.collect();
        askers.into_iter().map(|asker| asker.join().unwrap()).sum()
    });
    // Were nearly all of one sort, the comparison would show little.
    let share = allowed * 100 / questions.len();
    assert!(
        (15..=85).contains(&share),
        "{share} % of the questions are answered with yes"
    );
}

/// Asks both; returns what they say.
fn agree(client: &mut ApiClient, roles: &Roles, question: &Question) -> bool {
    let reckoned = roles.allows(&question.caller, &question.action);
    let answered = review(client, &question.caller, &question.action);
    assert_eq!(
        reckoned.is_some(),
        answered["allowed"] == true,
        "{question:?}\nreckoned: {reckoned:?}\nanswered: {answered}"
    );
    reckoned.is_some()
}

fn review(client: &mut ApiClient, caller: &Caller, action: &Action) -> Value {
    let mut spec = json!({"user": caller.name, "groups": caller.groups});
    match action {
        Action::Resource(action) => {
            spec["resourceAttributes"] = json!({
                "verb": action.verb, "group": action.group, "resource": action.resource,
                "subresource": action.subresource, "name": action.name, "namespace": action.namespace,
            });
        }
        Action::Url { verb, path } => spec["nonResourceAttributes"] = json!({"verb": verb, "path": path}),
    }
    let review = json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec});
    let answer = client.send("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", &review);
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.body["status"].clone()
}

fn make(client: &mut ApiClient, object: &Value) {
    let plural = format!("{}s", object["kind"].as_str().unwrap().to_lowercase());
    let path = match object["metadata"]["namespace"].as_str() {
        Some(namespace) => format!("{API}/namespaces/{namespace}/{plural}"),
        None => format!("{API}/{plural}"),
    };
    let answer = client.send("POST", &path, object);
    assert_eq!(answer.status, 201, "{object}: {answer:?}");
}

/// Every role and binding of the cluster, as it is stored.
fn stored(client: &mut ApiClient) -> Roles {
    let mut roles = Roles::default();
    for (plural, kind) in [
        ("clusterroles", "ClusterRole"),
        ("clusterrolebindings", "ClusterRoleBinding"),
        ("roles", "Role"),
        ("rolebindings", "RoleBinding"),
    ] {
        let list = client.get(&format!("{API}/{plural}")).unwrap();
        for item in list["items"].as_array().unwrap() {
            let mut item = item.clone();
            item["kind"] = kind.into();
            roles.add(&Node::from(item));
        }
    }
    roles
}

/// Waits until the controller has filled in the aggregated roles just as core does; returns what is stored then.
fn await_aggregated(client: &mut ApiClient, worlds: &[Invented]) -> Roles {
    let names: BTreeSet<&str> = worlds.iter().map(|world| world.aggregated.as_str()).collect();
    await_something("the rules of aggregated roles", || {
        let roles = stored(client);
        let mut reckoned = roles.clone();
        reckoned.aggregate();
        let rules = |roles: &Roles, name: &str| {
            let role = RoleName {
                namespace: None,
                name: name.to_owned(),
            };
            let rules = roles.rules(&role).unwrap_or_default().iter();
            rules.cloned().collect::<BTreeSet<_>>()
        };
        let is_filled = |name: &&str| {
            let filled = rules(&roles, name);
            !filled.is_empty() && filled == rules(&reckoned, name)
        };
        let left: Vec<_> = names.iter().filter(|name| !is_filled(name)).collect();
        if left.is_empty() {
            Ok(roles)
        } else {
            Err(format!("not filled in: {left:?}"))
        }
    })
}

/// Waits until the authorizer has seen everything: it hears of each of the four kinds in the order of their changes. It is
/// asked once in a namespace.
fn await_authorizer(client: &mut ApiClient, namespace: &str) {
    let rules = json!([{"apiGroups": [""], "resources": ["last"], "verbs": ["get"]}]);
    let subject = |name: &str| json!([{"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": name}]);
    // Several tests do so in one cluster.
    let name = format!("last-{namespace}");
    let role = |kind: &str| json!({"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name});
    for (of_role, of_binding, user) in [
        ("ClusterRole", "ClusterRoleBinding", format!("{name}-of-cluster")),
        ("Role", "RoleBinding", format!("{name}-of-namespace")),
    ] {
        let mut metadata = json!({"name": name});
        if of_role == "Role" {
            metadata["namespace"] = namespace.into();
        }
        let version = "rbac.authorization.k8s.io/v1";
        make(
            client,
            &json!({"apiVersion": version, "kind": of_role, "metadata": metadata, "rules": rules}),
        );
        make(
            client,
            &json!({"apiVersion": version, "kind": of_binding, "metadata": metadata, "roleRef": role(of_role), "subjects": subject(&user)}),
        );
        let caller = Caller {
            name: user,
            groups: Vec::new(),
        };
        let action = Action::Resource(ResourceAction {
            verb: "get".to_owned(),
            resource: "last".to_owned(),
            namespace: namespace.to_owned(),
            ..ResourceAction::default()
        });
        await_something("the authorizer", || {
            let answer = review(client, &caller, &action);
            if answer["allowed"] == true {
                Ok(())
            } else {
                Err(answer.to_string())
            }
        });
    }
}
