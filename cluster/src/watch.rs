//! One watch: from events to facts, and from errors to words.

use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures::{Stream, StreamExt};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ManagedFieldsEntry;
use kube::api::{Api, DynamicObject};
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Client, ResourceExt};
use neo4jbackup_core::document::Node;
use neo4jbackup_core::facts::{AccountFacts, BindingFacts, Cause, Inventory, RoleFacts};
use neo4jbackup_core::rbac::FIELD_MANAGER;
use tokio::sync::watch::{Receiver, Sender};
use tokio::time::timeout;

use crate::shared_inventory::InventoryWriter;
use crate::watched::{Progress, Watched, coverage};

/// A watch that has failed for so long no longer tells what is there.
const PATIENCE: Duration = Duration::from_secs(120);

/// A watch that has not failed for so long works: failures come at least this often while it does not, because the
/// pause between attempts is at most 30 seconds and an attempt to connect takes at most 30 more.
const QUIET: Duration = Duration::from_secs(75);

/// How long one watch request lasts, in seconds. A connection that died without a word is noticed after this time.
pub(crate) const WATCH_SECONDS: u32 = 120;

/// How long to wait before asking again for a kind that is not served.
const NOT_SERVED_PAUSE: Duration = Duration::from_secs(15);

/// Where all watches put what they see, and how far each has come.
#[derive(Debug)]
pub(crate) struct WatchSink {
    writer: InventoryWriter,
    progress: Sender<Vec<(Watched, Progress)>>,
    heard: Mutex<Vec<(Watched, Instant)>>,
    /// Grows with every change of what is known.
    changes: Sender<u64>,
}

impl WatchSink {
    /// Nothing was heard of any watch yet.
    pub(crate) fn new(writer: InventoryWriter, progress: Sender<Vec<(Watched, Progress)>>) -> Self {
        Self {
            writer,
            progress,
            heard: Mutex::default(),
            changes: Sender::new(0),
        }
    }

    /// Returns a receiver that sees every change of what is known.
    pub(crate) fn changes(&self) -> Receiver<u64> {
        self.changes.subscribe()
    }

    fn change(&self, change: impl Fn(&mut Inventory)) {
        self.writer.change(change);
        self.changes.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// How long ago the watch of `source` last said anything.
    pub(crate) fn age(&self, source: Watched, now: Instant) -> Option<Duration> {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard
            .iter()
            .find(|(name, _)| *name == source)
            .map(|(_, at)| now.saturating_duration_since(*at))
    }

    fn hear(&self, source: Watched) {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.retain(|(name, _)| *name != source);
        heard.push((source, Instant::now()));
    }

    /// Notes how far a watch has come, and says it to the rules.
    fn note(&self, source: Watched, now: &Progress) {
        let changed = self.progress.send_if_modified(|all| {
            let Some((_, before)) = all.iter_mut().find(|(name, _)| *name == source) else {
                return false;
            };
            let changed = before != now;
            before.clone_from(now);
            changed
        });
        if !changed {
            return;
        }
        match now {
            Progress::Pending => {}
            Progress::Complete => tracing::info!(kind = source.name(), "references are complete"),
            Progress::Failing(cause) => {
                tracing::warn!(kind = source.name(), reason = %cause, "references are incomplete");
            }
        }
        let need = source.need();
        let coverage = coverage(need, &self.progress.borrow());
        self.change(|inventory| inventory.set_coverage(need, coverage.clone()));
    }
}

/// Follows one kind for as long as it is polled.
pub(crate) async fn follow(client: Client, source: Watched, sink: std::sync::Arc<WatchSink>) {
    let resources = source.resources();
    let mut follower = Follower::new(source, &sink);
    for resource in resources.iter().cycle() {
        let objects: Api<DynamicObject> = Api::all_with(client.clone(), resource);
        let mut config = watcher::Config::default().timeout(WATCH_SECONDS);
        if let Some(name) = source.object_name() {
            config = config.fields(&format!("metadata.name={name}"));
        }
        follower.version.clone_from(&resource.version);
        follower.last_version = resources.last() == Some(resource);
        follower.follow(watcher(objects, config).default_backoff()).await;
        // Not served in this version. The other one may be, and a CRD may be installed at any time.
        if follower.last_version {
            tokio::time::sleep(NOT_SERVED_PAUSE).await;
        }
    }
}

/// What is known of one kind, and how its watch fares.
struct Follower<'k> {
    source: Watched,
    sink: &'k WatchSink,
    /// What the inventory holds of this kind, by namespace and name.
    known: BTreeSet<(String, String)>,
    /// What the list that is under way has shown so far.
    listed: Option<BTreeSet<(String, String)>>,
    /// When the failures began that have not ended since, and what the last one said.
    failing: Option<(Instant, Cause)>,
    complete: bool,
    /// Whether the kind would have to be served under this version, because the others were tried before.
    last_version: bool,
    /// The API version that is being followed.
    version: String,
}

impl<'k> Follower<'k> {
    fn new(source: Watched, sink: &'k WatchSink) -> Self {
        Self {
            source,
            sink,
            known: BTreeSet::new(),
            listed: None,
            failing: None,
            complete: false,
            last_version: true,
            version: String::new(),
        }
    }

    /// Takes events until the kind turns out not to be served.
    async fn follow(&mut self, events: impl Stream<Item = watcher::Result<Event<DynamicObject>>>) {
        let mut events = pin!(events);
        loop {
            match timeout(QUIET, events.next()).await {
                Ok(Some(Ok(event))) => self.take(event),
                Ok(Some(Err(error))) => {
                    if self.fail(&error) {
                        return;
                    }
                }
                Ok(None) => return,
                // Silence is what a watch that works and has nothing to say sounds like.
                Err(_) => self.recover(),
            }
        }
    }

    fn take(&mut self, event: Event<DynamicObject>) {
        self.sink.hear(self.source);
        match event {
            // Before the list has an answer, so this says nothing of whether the watch works.
            Event::Init => self.listed = Some(BTreeSet::new()),
            Event::InitApply(object) => {
                let key = key(&object);
                self.put(&key, object);
                if let Some(listed) = &mut self.listed {
                    listed.insert(key);
                }
            }
            Event::InitDone => {
                let listed = self.listed.take().unwrap_or_default();
                let gone: Vec<_> = self.known.difference(&listed).cloned().collect();
                for key in gone {
                    self.drop(&key);
                }
                self.complete = true;
                if let Watched::Operator(kind) = self.source {
                    let version = self.version.clone();
                    self.sink.change(|inventory| inventory.set_served(kind, &version));
                }
                self.recover();
            }
            Event::Apply(object) => {
                let key = key(&object);
                self.put(&key, object);
                self.recover();
            }
            Event::Delete(object) => {
                self.drop(&key(&object));
                self.recover();
            }
        }
    }

    fn put(&mut self, key: &(String, String), object: DynamicObject) {
        let sink = self.sink;
        let (namespace, name) = (key.0.as_str(), key.1.as_str());
        match self.source {
            Watched::Namespaces => {
                let annotations = object.metadata.annotations.unwrap_or_default();
                sink.change(|inventory| inventory.insert_namespace(name, annotations.clone()));
            }
            Watched::Operator(kind) => {
                let node = node(object);
                sink.change(|inventory| inventory.insert(kind, namespace, name, &node));
            }
            Watched::Account(account) => {
                let facts = account_facts(object);
                sink.change(|inventory| inventory.set_account(namespace, account, Some(facts.clone())));
            }
            Watched::Role => {
                let facts = RoleFacts::of(&node(object));
                sink.change(|inventory| inventory.set_role(namespace, Some(facts.clone())));
            }
            Watched::RoleBinding => {
                let facts = BindingFacts::of(&node(object), namespace);
                sink.change(|inventory| inventory.set_binding(namespace, Some(facts.clone())));
            }
        }
        self.known.insert(key.clone());
    }

    fn drop(&mut self, key: &(String, String)) {
        let (namespace, name) = (key.0.as_str(), key.1.as_str());
        self.sink.change(|inventory| match self.source {
            Watched::Namespaces => inventory.remove_namespace(name),
            Watched::Operator(kind) => inventory.remove(kind, namespace, name),
            Watched::Account(account) => inventory.set_account(namespace, account, None),
            Watched::Role => inventory.set_role(namespace, None),
            Watched::RoleBinding => inventory.set_binding(namespace, None),
        });
        self.known.remove(key);
    }

    /// Notes a failure; true when the kind is not served, so that asking again in the same way is of no use.
    fn fail(&mut self, error: &watcher::Error) -> bool {
        let not_served = status_code(error) == Some(404);
        let since = self.failing.as_ref().map_or_else(Instant::now, |(since, _)| *since);
        let cause = self.cause(error);
        self.failing = Some((since, cause.clone()));
        // What was complete stays so for a while: a watch that breaks off is taken up again within seconds.
        if not_served {
            self.complete = false;
            for key in std::mem::take(&mut self.known) {
                self.drop(&key);
            }
        }
        let matters = if not_served {
            self.last_version
        } else {
            !self.complete || since.elapsed() >= PATIENCE
        };
        if matters {
            self.sink.note(self.source, &Progress::Failing(cause));
        }
        not_served
    }

    fn recover(&mut self) {
        if self.complete {
            self.failing = None;
            self.sink.note(self.source, &Progress::Complete);
        }
    }

    fn cause(&self, error: &watcher::Error) -> Cause {
        let name = self.source.name();
        Cause::Failed(match status_code(error) {
            Some(403) => return Cause::Forbidden(self.source.right()),
            Some(404) => format!("the {name} CRD is not installed"),
            Some(401) => format!("the API server does not accept the credentials to list {name} objects"),
            _ => format!("{name} objects cannot be listed and watched: {}", root_cause(error)),
        })
    }
}

fn status_code(error: &watcher::Error) -> Option<u16> {
    match error {
        watcher::Error::InitialListFailed(kube::Error::Api(status))
        | watcher::Error::WatchStartFailed(kube::Error::Api(status))
        | watcher::Error::WatchFailed(kube::Error::Api(status))
        | watcher::Error::WatchError(status) => Some(status.code),
        _ => None,
    }
}

/// The innermost cause: `connection refused` says more than the three sentences around it.
fn root_cause(error: &watcher::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

fn key(object: &DynamicObject) -> (String, String) {
    (object.namespace().unwrap_or_default(), object.name_any())
}

/// The annotations of an account, and which of them are under our field manager.
fn account_facts(object: DynamicObject) -> AccountFacts {
    let applied = |entry: ManagedFieldsEntry| {
        let ours = entry.manager.as_deref() == Some(FIELD_MANAGER) && entry.operation.as_deref() == Some("Apply");
        let fields = entry.fields_v1.filter(|_| ours)?.0;
        let keys = fields["f:metadata"]["f:annotations"].as_object()?.keys();
        Some(
            keys.filter_map(|key| Some(key.strip_prefix("f:")?.to_owned()))
                .collect(),
        )
    };
    let entries = object.metadata.managed_fields.unwrap_or_default();
    AccountFacts {
        annotations: object.metadata.annotations.unwrap_or_default(),
        applied: entries.into_iter().find_map(applied).unwrap_or_default(),
    }
}

/// The object as rules read it. `managedFields` stay out; they are the larger part of many objects.
pub(crate) fn node(mut object: DynamicObject) -> Node<'static> {
    object.metadata.managed_fields = None;
    serde_json::to_value(object).map(Node::from).unwrap_or_default()
}
