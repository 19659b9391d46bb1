//! Everything that is known of a cluster, put together.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;

use super::backup::Backup;
use super::claim::Claim;
use super::cron_job::CronJob;
use super::database::Database;
use super::event::{About, Event};
use super::instance::Instance;
use super::job::{BoxedJob, Job};
use super::operator::Installation;
use super::plain_cron_job::PlainCronJob;
use super::pod::Pod;
use super::read::{Text, entry, text};
use super::restore::Restore;
use super::webhook::{Webhook, webhooks};
use crate::document::Node;
use crate::facts::{Controller, Coverage, Fact, InstanceKind, Inventory, Need, Why};
use crate::model::Account;
use crate::operator::Operator;
use crate::schema::{Kind, ServedSchemas};
use crate::snapshot::{Resource, Snapshot};

/// What is known of a cluster.
#[derive(Debug)]
pub struct Cluster<'s> {
    /// What it was made of.
    pub snapshot: &'s Snapshot,
    /// The time of the snapshot.
    pub now: Timestamp,
    /// The installations of the operator.
    pub installations: Vec<Installation<'s>>,
    /// The operator, as far as its Deployment or the served schemas tell; `None` when they do not.
    pub operator: Option<Operator>,
    /// The schemas of the operator's kinds that are served.
    pub served: ServedSchemas,
    /// Its backups, by namespace and name.
    pub backups: Vec<Backup<'s>>,
    /// Its restores, by namespace and name.
    pub restores: Vec<Restore<'s>>,
    /// Its `CronJobs` that back up without the operator.
    pub plain_cron_jobs: Vec<PlainCronJob<'s>>,
    /// The `CronJobs` of the operator whose backup is not there, by namespace and name.
    pub loose_cron_jobs: Vec<CronJob<'s>>,
    /// Its clusters and standalones, by namespace and name.
    pub instances: Vec<Instance<'s>>,
    /// Its databases, by the namespace and the name of their instance.
    databases: Vec<Database<'s>>,
    /// What the API server asks before it stores something.
    pub webhooks: Vec<Webhook<'s>>,
    /// The events of claims, by namespace and claim.
    pub claim_events: BTreeMap<(Text<'s>, Text<'s>), Vec<Event<'s>>>,
    /// What manifest rules know of other objects.
    pub inventory: Inventory,
    /// Where the instances of a namespace and a name stand among all; the first of several.
    positions: HashMap<(Text<'s>, Text<'s>), usize>,
}

/// Objects that wait for the one that they belong to.
struct Loose<'s> {
    events: HashMap<About<'s>, Vec<Event<'s>>>,
    pods_of_jobs: HashMap<(Text<'s>, Text<'s>), Vec<Pod<'s>>>,
    /// The other pods; `None` once one is taken.
    other_pods: Vec<Option<Pod<'s>>>,
    /// Which of them belong to whom.
    belongings: HashMap<Owner<'s>, Vec<usize>>,
}

/// Whom a pod says that it belongs to: the label that says it, the namespace and the name.
type Owner<'s> = (&'static str, Text<'s>, Text<'s>);

/// The label of the pods of a cluster.
const OF_CLUSTER: &str = "neo4j.com/cluster";
/// The label of the pods of a standalone.
const OF_STANDALONE: &str = "app";
/// The label of the pods of the seed proxy of a restore, which have another one that says what they are.
const OF_RESTORE: &str = "app.kubernetes.io/instance";

impl<'s> Cluster<'s> {
    /// Puts together what a snapshot holds.
    pub fn of(snapshot: &'s Snapshot) -> Self {
        let mut loose = Loose::of(snapshot);
        let mut jobs: HashMap<(Text<'s>, Text<'s>, Text<'s>), Vec<BoxedJob<'s>>> = HashMap::new();
        let mut jobs_of_cron_jobs: HashMap<(Text<'s>, Text<'s>), Vec<BoxedJob<'s>>> = HashMap::new();
        let mut runs = Vec::new();
        for stored in snapshot.objects(Resource::Jobs) {
            let object = stored.node();
            runs.extend(Fact::of_job(&stored.namespace, &stored.name, &object));
            let mut job = Box::new(Job::of(&object));
            loose.complete_job(&mut job);
            match (&*job.app, &job.owner) {
                ("neo4j-backup" | "neo4j-restore", _) => {
                    let key = (job.namespace.clone(), job.app.clone(), job.instance.clone());
                    jobs.entry(key).or_default().push(job);
                }
                (_, Some((kind, owner))) if kind == "Neo4jRestore" => {
                    let key = (job.namespace.clone(), "neo4j-restore".into(), owner.clone());
                    jobs.entry(key).or_default().push(job);
                }
                (_, Some((kind, owner))) if kind == "CronJob" => {
                    let key = (job.namespace.clone(), owner.clone());
                    jobs_of_cron_jobs.entry(key).or_default().push(job);
                }
                _ => {}
            }
        }
        let mut cron_jobs: HashMap<(Text<'s>, Text<'s>), CronJob<'s>> = HashMap::new();
        let mut plain_cron_jobs = Vec::new();
        for stored in snapshot.objects(Resource::CronJobs) {
            let mut cron_job = CronJob::of(&stored.node());
            cron_job.events = loose.events_of("CronJob", &cron_job.namespace, &cron_job.name);
            if cron_job.is_of_operator() {
                let key = (cron_job.namespace.clone(), cron_job.backup());
                cron_jobs.insert(key, cron_job);
            } else if cron_job.runs_neo4j_admin() {
                let key = (cron_job.namespace.clone(), cron_job.name.clone());
                let jobs = jobs_of_cron_jobs.remove(&key).unwrap_or_default();
                plain_cron_jobs.push(PlainCronJob::new(cron_job, jobs));
            }
        }
        let own = |resource| {
            let stored = snapshot.objects(resource).iter();
            stored.filter(|stored| snapshot.covers(&stored.namespace))
        };
        let mut backups = Vec::new();
        for stored in own(Resource::Backups) {
            let (namespace, name) = (Text::Borrowed(&*stored.namespace), Text::Borrowed(&*stored.name));
            let events = loose.events_of("Neo4jBackup", &namespace, &name);
            let cron_job = cron_jobs.remove(&(namespace.clone(), name.clone()));
            let jobs = jobs.remove(&(namespace, "neo4j-backup".into(), name));
            backups.push(Backup::new(stored.node(), cron_job, jobs.unwrap_or_default(), events));
        }
        let mut restores = Vec::new();
        for stored in own(Resource::Restores) {
            let (namespace, name) = (Text::Borrowed(&*stored.namespace), Text::Borrowed(&*stored.name));
            let events = loose.events_of("Neo4jRestore", &namespace, &name);
            let jobs = jobs.remove(&(namespace.clone(), "neo4j-restore".into(), name.clone()));
            let pods = loose.pods_of(OF_RESTORE, &namespace, &name);
            restores.push(Restore::new(stored.node(), jobs.unwrap_or_default(), pods, events));
        }
        let mut loose_cron_jobs: Vec<CronJob<'s>> = cron_jobs.into_values().collect();
        loose_cron_jobs.retain(|cron_job| snapshot.covers(&cron_job.namespace));
        loose_cron_jobs.sort_by(|one, other| (&one.namespace, &one.name).cmp(&(&other.namespace, &other.name)));
        let instances = instances(snapshot, &mut loose);
        let mut positions = HashMap::new();
        for (position, instance) in instances.iter().enumerate() {
            let key = (instance.namespace.clone(), instance.name.clone());
            positions.entry(key).or_insert(position);
        }
        let installations = installations(snapshot, &mut loose);
        let served = served(snapshot);
        let events = loose.events.into_iter();
        let claim_events = events
            .filter(|((kind, _, _), _)| kind == "PersistentVolumeClaim")
            .map(|((_, namespace, name), events)| ((namespace, name), events))
            .collect();
        Self {
            operator: operator(&installations, &served),
            snapshot,
            now: snapshot.taken,
            installations,
            served,
            backups,
            restores,
            plain_cron_jobs,
            loose_cron_jobs,
            instances,
            databases: databases(snapshot),
            webhooks: webhooks(snapshot),
            claim_events,
            inventory: inventory(snapshot, runs),
            positions,
        }
    }

    /// The backup of this name.
    pub fn backup(&self, namespace: &str, name: &str) -> Option<&Backup<'s>> {
        let key = |backup: &Backup<'s>| (&*backup.namespace, &*backup.name).cmp(&(namespace, name));
        self.backups
            .binary_search_by(key)
            .ok()
            .map(|position| &self.backups[position])
    }

    /// The backups of a namespace, by name.
    pub fn backups_in(&self, namespace: &str) -> &[Backup<'s>] {
        let first = self.backups.partition_point(|backup| &*backup.namespace < namespace);
        let last = self.backups.partition_point(|backup| &*backup.namespace <= namespace);
        &self.backups[first..last]
    }

    /// The databases that a `Neo4jDatabase` declares for an instance, by name.
    pub fn databases_of(&self, namespace: &str, instance: &str) -> &[Database<'s>] {
        let of = |database: &Database<'s>| (&*database.namespace, &*database.instance).cmp(&(namespace, instance));
        let first = self.databases.partition_point(|database| of(database).is_lt());
        let last = self.databases.partition_point(|database| of(database).is_le());
        &self.databases[first..last]
    }

    /// The instance of this name; a cluster wins over a standalone, as it does in the operator.
    pub fn instance(&self, namespace: &str, name: &str) -> Option<&Instance<'s>> {
        let key = (Text::Borrowed(namespace), Text::Borrowed(name));
        self.positions.get(&key).map(|position| &self.instances[*position])
    }

    /// The claim of this name, when it was read.
    pub fn claim(&self, namespace: &str, name: &str) -> Option<Claim<'s>> {
        let stored = self.snapshot.object(Resource::Claims, namespace, name)?;
        let key = (Text::Borrowed(&*stored.namespace), Text::Borrowed(&*stored.name));
        let events = self.claim_events.get(&key).cloned().unwrap_or_default();
        Some(Claim::of(&stored.node(), events))
    }

    /// The pod of this name without its events, when it was read.
    pub fn pod(&self, namespace: &str, name: &str) -> Option<Pod<'s>> {
        let object = self.object(Resource::Pods, namespace, name)?;
        Some(Pod::of(&object, self.snapshot))
    }

    /// The object of one of Kubernetes' own resources, when it was read.
    pub fn object(&self, resource: Resource, namespace: &str, name: &str) -> Option<Node<'s>> {
        self.snapshot
            .object(resource, namespace, name)
            .map(crate::snapshot::StoredObject::node)
    }
}

impl<'s> Loose<'s> {
    fn of(snapshot: &'s Snapshot) -> Self {
        let mut events: HashMap<About<'s>, Vec<Event<'s>>> = HashMap::new();
        for stored in snapshot.objects(Resource::Events) {
            let (about, event) = Event::of(&stored.node());
            events.entry(about).or_default().push(event);
        }
        for events in events.values_mut() {
            events.sort_by_key(|event| event.last);
            // Of most objects there are one or two, and a list that grows has room for four.
            events.shrink_to_fit();
        }
        let mut loose = Self {
            events,
            pods_of_jobs: HashMap::new(),
            other_pods: Vec::new(),
            belongings: HashMap::new(),
        };
        for stored in snapshot.objects(Resource::Pods) {
            let object = stored.node();
            let mut pod = Pod::of(&object, snapshot);
            pod.events = loose.events_of("Pod", &pod.namespace, &pod.name);
            match pod.job.clone() {
                Some(job) => loose
                    .pods_of_jobs
                    .entry((pod.namespace.clone(), job))
                    .or_default()
                    .push(pod),
                None => loose.keep(pod, &object),
            }
        }
        for pods in loose.pods_of_jobs.values_mut() {
            pods.sort_by_key(|pod| pod.created);
        }
        loose
    }

    fn events_of(&mut self, kind: &'static str, namespace: &Text<'s>, name: &Text<'s>) -> Vec<Event<'s>> {
        let about = (Text::Borrowed(kind), namespace.clone(), name.clone());
        self.events.remove(&about).unwrap_or_default()
    }

    fn complete_job(&mut self, job: &mut Job<'s>) {
        job.events = self.events_of("Job", &job.namespace, &job.name);
        let key = (job.namespace.clone(), job.name.clone());
        job.pods = self.pods_of_jobs.remove(&key).unwrap_or_default();
    }

    fn keep(&mut self, pod: Pod<'s>, object: &Node<'s>) {
        let mut belongs = |label: &'static str, name: Text<'s>| {
            let owner = (label, pod.namespace.clone(), name);
            self.belongings.entry(owner).or_default().push(self.other_pods.len());
        };
        if pod.part_of.0 == "backup-seed-proxy" {
            belongs(OF_RESTORE, pod.part_of.1.clone());
        }
        for label in [OF_CLUSTER, OF_STANDALONE] {
            if let Some(name) = entry(object, "metadata.labels", label) {
                belongs(label, name);
            }
        }
        self.other_pods.push(Some(pod));
    }

    /// Takes the pods that say by a label that they belong to an object, unless another one has taken them.
    fn pods_of(&mut self, label: &'static str, namespace: &Text<'s>, name: &Text<'s>) -> Vec<Pod<'s>> {
        let owner = (label, namespace.clone(), name.clone());
        let positions = self.belongings.remove(&owner).unwrap_or_default();
        let pods = positions.into_iter();
        pods.filter_map(|position| self.other_pods[position].take()).collect()
    }

    /// Takes the pods of a namespace whose names begin so, unless another object has taken them.
    fn pods_named(&mut self, namespace: &str, prefix: &str) -> Vec<Pod<'s>> {
        let is_meant = |pod: &mut Pod<'_>| pod.namespace == namespace && pod.name.starts_with(prefix);
        let pods = self.other_pods.iter_mut();
        pods.filter_map(|pod| pod.take_if(is_meant)).collect()
    }
}

fn instances<'s>(snapshot: &'s Snapshot, loose: &mut Loose<'s>) -> Vec<Instance<'s>> {
    let mut instances = Vec::new();
    for (resource, kind) in [
        (Resource::Clusters, InstanceKind::Cluster),
        (Resource::Standalones, InstanceKind::Standalone),
    ] {
        for stored in snapshot.objects(resource) {
            if !snapshot.covers(&stored.namespace) {
                continue;
            }
            let (namespace, name) = (Text::Borrowed(&*stored.namespace), Text::Borrowed(&*stored.name));
            let events = loose.events_of(resource.kind(), &namespace, &name);
            let (label, set) = match kind {
                InstanceKind::Cluster => (OF_CLUSTER, format!("{name}-server")),
                InstanceKind::Standalone => (OF_STANDALONE, name.to_string()),
            };
            let pods = loose.pods_of(label, &namespace, &name);
            let set = snapshot.object(Resource::StatefulSets, &namespace, &set);
            let set = set.map(crate::snapshot::StoredObject::node);
            instances.push(Instance::new(stored.node(), kind, set, pods, events));
        }
    }
    instances
}

fn databases(snapshot: &Snapshot) -> Vec<Database<'_>> {
    let stored = snapshot.objects(Resource::Databases).iter();
    let mut databases: Vec<Database<'_>> = stored.map(|stored| Database::of(&stored.node())).collect();
    let by_instance = |one: &Database<'_>, other: &Database<'_>| {
        let instance = (&one.namespace, &one.instance).cmp(&(&other.namespace, &other.instance));
        instance.then_with(|| one.name.cmp(&other.name))
    };
    databases.sort_by(by_instance);
    databases
}

fn installations<'s>(snapshot: &'s Snapshot, loose: &mut Loose<'s>) -> Vec<Installation<'s>> {
    let mut installations = Vec::new();
    for stored in snapshot.objects(Resource::Deployments) {
        let deployment = stored.node();
        let namespace = text(&deployment, "metadata.namespace");
        let name = text(&deployment, "metadata.name");
        let prefix = format!("{name}-");
        if Installation::of(&deployment, Vec::new(), Vec::new()).is_none() {
            continue;
        }
        let pods = loose.pods_named(&namespace, &prefix);
        let events = loose.events_of("Deployment", &namespace, &name);
        let installation = Installation::of(&deployment, pods, events);
        installations.extend(installation.map(|mut installation| {
            installation.find_lease(snapshot);
            installation
        }));
    }
    installations
}

fn served(snapshot: &Snapshot) -> ServedSchemas {
    let mut served = ServedSchemas::default();
    for stored in snapshot.objects(Resource::Definitions) {
        // One that cannot be used is a finding of the platform and takes nothing from the others.
        let _ = served.define(&stored.node());
    }
    served
}

fn operator(installations: &[Installation<'_>], served: &ServedSchemas) -> Option<Operator> {
    // One whose version cannot be read may be of any.
    let versions: BTreeSet<Option<&str>> = installations
        .iter()
        .map(|installation| installation.version.as_deref())
        .collect();
    let deployed = match Vec::from_iter(versions)[..] {
        [Some(version)] => version.parse().ok().map(Operator::exactly),
        _ => None,
    };
    deployed.or_else(|| served.versions().map(Operator::one_of))
}

fn annotations(object: &Node<'_>) -> BTreeMap<String, String> {
    let annotations = object.at("metadata.annotations").and_then(Node::as_map);
    let annotations = annotations.into_iter().flat_map(crate::document::Map::iter);
    annotations
        .filter_map(|(key, value)| Some((key.to_owned(), value.as_str()?.to_owned())))
        .collect()
}

/// What manifest rules know, from the objects that were read. `runs` are those of the Jobs: there are more of these than of all
/// else, and each is read once.
fn inventory(snapshot: &Snapshot, runs: Vec<Fact>) -> Inventory {
    let mut inventory = Inventory::partial("it was not asked for");
    for kind in Kind::ALL {
        for stored in snapshot.objects(Resource::of_kind(kind)) {
            inventory.insert(kind, &stored.namespace, &stored.name, &stored.node());
        }
    }
    for stored in snapshot.objects(Resource::Secrets) {
        let secret = stored.node();
        // Only the names of those that somebody asks about are read with their keys.
        if let Some(data) = secret.get("data").and_then(Node::as_map) {
            let keys = data.iter().map(|(key, _)| key.to_owned());
            inventory.insert_secret(&stored.namespace, &stored.name, keys);
        }
    }
    for stored in snapshot.objects(Resource::Namespaces) {
        inventory.insert_namespace(&stored.name, annotations(&stored.node()));
    }
    let accounts = snapshot.objects(Resource::ServiceAccounts).iter();
    for stored in accounts.filter(|stored| Account::named(&stored.name).is_some()) {
        let account = Fact::of_account(&stored.namespace, &stored.name, annotations(&stored.node()));
        if let Some(account) = account {
            inventory.add(account);
        }
    }
    for run in runs {
        inventory.add(run);
    }
    for stored in snapshot.objects(Resource::Claims) {
        inventory.add(Fact::of_claim(&stored.namespace, &stored.name));
    }
    for resource in [Resource::CronJobs, Resource::Backups, Resource::Restores] {
        for stored in snapshot.objects(resource) {
            if let Some(controller) = Controller::of(&stored.node()) {
                let (kind, namespace, name) = (resource.kind(), &stored.namespace, &stored.name);
                inventory.add(Fact::of_controlled(kind, namespace, name, controller));
            }
        }
    }
    inventory.compare_namespaces();
    for (need, resources) in [
        (Need::Instance, &[Resource::Clusters, Resource::Standalones][..]),
        (Need::Backups, &[Resource::Backups]),
        (Need::Restores, &[Resource::Restores]),
        (Need::ShardedDatabases, &[Resource::ShardedDatabases]),
        (Need::Namespace, &[Resource::Namespaces]),
        (Need::Secrets, &[Resource::Secrets]),
        (Need::Claims, &[Resource::Claims]),
        (Need::Accounts, &[Resource::ServiceAccounts]),
        (Need::Jobs, &[Resource::Jobs]),
    ] {
        let coverage = |namespace| {
            let gaps = resources
                .iter()
                .filter_map(|resource| snapshot.gap(*resource, namespace));
            let gaps: Vec<_> = gaps.collect();
            if gaps.is_empty() {
                Coverage::Full
            } else {
                Coverage::Partial(Why::all(gaps))
            }
        };
        let Some(namespaces) = &snapshot.namespaces else {
            inventory.set_coverage(need, coverage(None));
            continue;
        };
        let elsewhere = Why::from("its namespace was not looked at");
        inventory.set_coverage(need, Coverage::Partial(elsewhere));
        for namespace in namespaces {
            inventory.set_coverage_in(need, namespace, coverage(Some(namespace)));
        }
    }
    inventory.set_coverage(Need::Clock, Coverage::Full);
    inventory
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn deployment(image: &str) -> Node<'static> {
        Node::from(json!({
            "metadata": {"name": "neo4j-operator", "namespace": "ops", "labels": {"app.kubernetes.io/name": "neo4j-operator"}},
            "spec": {"template": {"spec": {"containers": [{"name": "manager", "image": image}]}}},
        }))
    }

    #[test]
    fn beside_an_operator_of_unknown_version_the_version_is_not_exact() {
        let repository = "ghcr.io/neo4j-partners/neo4j-kubernetes-operator";
        let known = deployment(&format!("{repository}:v1.14.0"));
        let unknown = deployment(&format!("{repository}@sha256:{}", "0".repeat(64)));
        let of = |deployment| Installation::of(deployment, Vec::new(), Vec::new()).unwrap();
        assert_eq!(of(&unknown).version, None);
        let served = ServedSchemas::default();
        assert!(operator(&[of(&known), of(&known)], &served).is_some());
        assert_eq!(operator(&[of(&known), of(&unknown)], &served), None);
    }
}
