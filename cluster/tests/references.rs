//! References against a server that speaks just enough of the API: lists, watches, and the ways in which both fail.

// A helper of a test fails the test that calls it.
#![allow(clippy::panic, clippy::unwrap_used)]

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use futures::StreamExt as _;
use futures::channel::mpsc::{UnboundedSender, unbounded};
use kube::{Client, Config};
use neo4jbackup_cluster::{Cluster, References, Watching};
use neo4jbackup_core::facts::{Coverage, Inventory, Lookup, Need};
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(20);
const GROUP: &str = "/apis/neo4j.neo4j.com/v1beta1";

/// What each path answers to a list, and who is watching it.
#[derive(Clone, Default)]
struct Api(Arc<Mutex<Served>>);

#[derive(Default)]
struct Served {
    lists: HashMap<String, Vec<Value>>,
    refusals: HashMap<String, u16>,
    watchers: HashMap<String, UnboundedSender<Value>>,
}

impl Api {
    async fn client(&self) -> Client {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Client::try_from(Config::new(address.parse().unwrap())).unwrap()
    }

    fn list(&self, path: &str, objects: Vec<Value>) {
        self.0.lock().unwrap().lists.insert(path.to_owned(), objects);
    }

    fn refuse(&self, path: &str, code: u16) {
        self.0.lock().unwrap().refusals.insert(path.to_owned(), code);
    }

    /// Sends an event to whoever watches the path, as soon as somebody does.
    async fn event(&self, path: &str, kind: &str, object: Value) {
        let event = json!({"type": kind, "object": object});
        eventually("somebody watches", || {
            let served = self.0.lock().unwrap();
            served
                .watchers
                .get(path)
                .is_some_and(|watcher| watcher.unbounded_send(event.clone()).is_ok())
        })
        .await;
    }
}

async fn answer(State(api): State<Api>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let is_watch = request.uri().query().is_some_and(|query| query.contains("watch=true"));
    let mut served = api.0.lock().unwrap();
    if let Some(code) = served.refusals.get(&path) {
        return refusal(*code);
    }
    let Some(objects) = served.lists.get(&path).cloned() else {
        return refusal(404);
    };
    if is_watch {
        let (sender, events) = unbounded::<Value>();
        served.watchers.insert(path, sender);
        let lines = events.map(|event| Ok::<_, Infallible>(Bytes::from(format!("{event}\n"))));
        return Body::from_stream(lines).into_response();
    }
    let list = json!({"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": "1"}, "items": objects});
    ([("content-type", "application/json")], list.to_string()).into_response()
}

fn refusal(code: u16) -> Response {
    let status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
                        "message": "no", "reason": "No", "code": code});
    (
        StatusCode::from_u16(code).unwrap(),
        [("content-type", "application/json")],
        status.to_string(),
    )
        .into_response()
}

fn object(kind: &str, name: &str, spec: &Value) -> Value {
    json!({"apiVersion": "neo4j.neo4j.com/v1beta1", "kind": kind,
           "metadata": {"name": name, "namespace": "graph", "resourceVersion": "2"}, "spec": spec})
}

fn standalone(name: &str, tag: &Value) -> Value {
    object(
        "Neo4jEnterpriseStandalone",
        name,
        &json!({"image": {"repo": "neo4j", "tag": tag}}),
    )
}

async fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn tag(inventory: &Inventory, name: &str) -> Option<String> {
    inventory
        .instance("graph", name)
        .found()
        .and_then(|facts| facts.image_tag.clone())
}

fn started(client: Client) -> References {
    let mut references = References::new(&Cluster::from(client), Watching::References);
    references.start();
    references
}

#[tokio::test]
async fn what_is_listed_is_known_and_followed() {
    let api = Api::default();
    let standalones = format!("{GROUP}/neo4jenterprisestandalones");
    // A tag that no typed client could decode is no reason to know nothing of all others.
    api.list(
        &standalones,
        vec![
            standalone("old", &json!("5.26.0")),
            standalone("odd", &json!({"a": [1]})),
        ],
    );
    for plural in [
        "neo4jenterpriseclusters",
        "neo4jbackups",
        "neo4jrestores",
        "neo4jshardeddatabases",
    ] {
        api.list(&format!("{GROUP}/{plural}"), vec![]);
    }
    let annotations = json!({"example.com/role": "arn"});
    api.list(
        "/api/v1/namespaces",
        vec![json!({"apiVersion": "v1", "kind": "Namespace",
        "metadata": {"name": "graph", "annotations": annotations}})],
    );
    let references = started(api.client().await);
    let inventory = references.inventory();
    assert!(references.settled(PATIENCE).await);
    let needs = [
        Need::Instance,
        Need::Backups,
        Need::Restores,
        Need::ShardedDatabases,
        Need::Namespace,
    ];
    for need in needs {
        assert_eq!(inventory.load().coverage(need), &Coverage::Full, "{need:?}");
    }
    assert!(
        matches!(inventory.load().coverage(Need::Secrets), Coverage::Partial(_)),
        "Secrets are not read"
    );
    assert_eq!(tag(&inventory.load(), "old").as_deref(), Some("5.26.0"));
    assert!(matches!(inventory.load().instance("graph", "odd"), Lookup::Found(facts) if facts.image_tag.is_none()));
    assert!(matches!(inventory.load().instance("graph", "new"), Lookup::Absent));
    let namespace = inventory.load().namespace("graph").found().cloned().unwrap();
    assert_eq!(namespace.annotations["example.com/role"], "arn");

    api.event(&standalones, "ADDED", standalone("new", &json!("2025.11.0")))
        .await;
    eventually("the new one is known", || {
        tag(&inventory.load(), "new").as_deref() == Some("2025.11.0")
    })
    .await;
    api.event(&standalones, "MODIFIED", standalone("old", &json!("2025.01.0")))
        .await;
    eventually("the change is known", || {
        tag(&inventory.load(), "old").as_deref() == Some("2025.01.0")
    })
    .await;
    api.event(&standalones, "DELETED", standalone("new", &json!("2025.11.0")))
        .await;
    eventually("it is gone", || {
        matches!(inventory.load().instance("graph", "new"), Lookup::Absent)
    })
    .await;
    assert!(
        references
            .ages()
            .iter()
            .any(|(kind, age)| *kind == "Neo4jEnterpriseStandalone" && age.is_some())
    );

    // The history is gone: everything is listed again, and what is not in the list is forgotten.
    api.list(&standalones, vec![standalone("odd", &json!("5.26.1"))]);
    api.event(
        &standalones,
        "ERROR",
        json!({"kind": "Status", "status": "Failure", "code": 410, "reason": "Expired",
                                            "message": "too old"}),
    )
    .await;
    eventually("the new list is taken", || {
        tag(&inventory.load(), "odd").as_deref() == Some("5.26.1")
    })
    .await;
    eventually("the others are forgotten", || {
        matches!(inventory.load().instance("graph", "old"), Lookup::Absent)
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_listed_is_unknown_and_says_why() {
    let api = Api::default();
    api.refuse(&format!("{GROUP}/neo4jrestores"), 403);
    api.refuse("/api/v1/namespaces", 401);
    // An older operator serves the older version.
    api.list(
        "/apis/neo4j.neo4j.com/v1alpha1/neo4jbackups",
        vec![object("Neo4jBackup", "nightly", &json!({}))],
    );
    let references = started(api.client().await);
    let inventory = references.inventory();
    let unknown = |need| match inventory.load().coverage(need) {
        Coverage::Partial(why) => why.to_string(),
        Coverage::Full => "everything is known".to_owned(),
    };
    assert!(unknown(Need::Instance).contains("is not complete yet"));
    assert!(references.settled(PATIENCE).await);
    eventually("backups are known", || {
        *inventory.load().coverage(Need::Backups) == Coverage::Full
    })
    .await;
    assert!(matches!(inventory.load().backup("graph", "nightly"), Lookup::Found(_)));
    assert_eq!(
        unknown(Need::Instance),
        "the Neo4jEnterpriseCluster CRD is not installed; the Neo4jEnterpriseStandalone CRD is not installed"
    );
    assert_eq!(
        unknown(Need::Restores),
        "not allowed to list and watch Neo4jRestore objects"
    );
    let Coverage::Partial(why) = inventory.load().coverage(Need::Restores).clone() else {
        panic!()
    };
    let right = why.causes()[0].missing_right().expect("a right is missing");
    assert_eq!(
        (
            right.verbs.join(","),
            right.group.as_str(),
            right.resource.as_str(),
            &right.name
        ),
        ("list,watch".to_owned(), "neo4j.neo4j.com", "neo4jrestores", &None)
    );
    assert!(unknown(Need::Namespace).contains("does not accept the credentials"));
    assert!(matches!(inventory.load().instance("graph", "prod"), Lookup::Unknown(_)));
}

#[tokio::test]
async fn without_a_cluster_nothing_is_known_and_nothing_fails() {
    let references = References::none("no cluster was asked");
    assert!(references.settled(Duration::ZERO).await);
    let inventory = references.inventory();
    assert!(matches!(
        inventory.load().backup("graph", "nightly"),
        Lookup::Unknown(why) if why.to_string() == "no cluster was asked"
    ));
}

#[tokio::test]
async fn a_cluster_that_does_not_answer_is_unknown_and_says_why() {
    // Nobody listens on the discard port of this machine.
    let client = Client::try_from(Config::new("http://127.0.0.1:9".parse().unwrap())).unwrap();
    let references = started(client);
    assert!(references.settled(PATIENCE).await);
    let inventory = references.inventory();
    let Coverage::Partial(why) = inventory.load().coverage(Need::Backups).clone() else {
        panic!()
    };
    let why = why.to_string();
    assert!(
        why.contains("Neo4jBackup") && why.to_lowercase().contains("refused"),
        "{why}"
    );
}
