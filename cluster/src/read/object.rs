//! One backup, restore or `CronJob` with what belongs to it, read again and again: few requests, and each of them narrow.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use kube::Client;
use neo4jbackup_core::live::{Cluster as View, Job};
use neo4jbackup_core::snapshot::{Resource, Snapshot};
use tokio::time::Instant;

use super::plan::{Part, is_label_value, operators};
use super::{Purpose, Read, ReadError, Reader, Reading};
use crate::connect::Cluster;

/// The pods of so many Jobs are read, the newest; a label selector cannot name any number of them.
const MOST_JOBS: usize = 100;

/// What is read of one object.
#[derive(Debug, Clone)]
pub struct ObjectReading {
    /// [`Resource::Backups`], [`Resource::Restores`] or [`Resource::CronJobs`].
    pub resource: Resource,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The pods of which of its Jobs.
    pub pods: PodsOf,
    /// Whether to read the operator's Deployment and pods.
    pub operator: bool,
    /// Whether to read the pods of the servers that it is about.
    pub servers: bool,
    /// How long one answer may take.
    pub request_timeout: Duration,
}

/// Jobs of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PodsOf {
    /// Those that have not ended.
    OpenJobs,
    /// All of them.
    AllJobs,
}

/// Reads one object.
pub struct ObjectReader {
    client: Client,
    reading: ObjectReading,
    /// The version in which the operator's kinds are served.
    served: Option<String>,
}

impl ObjectReader {
    /// Asks which version of the operator's kinds is served. Fails when nobody answers.
    pub async fn new(cluster: &Cluster, reading: ObjectReading) -> Result<Self, ReadError> {
        let client = cluster.client();
        let served = reader(&client, &reading).served_version().await?;
        Ok(Self {
            client,
            reading,
            served,
        })
    }

    /// Returns what is there now. What cannot be read, also because nobody answers, is a gap.
    pub async fn read(&self, taken: Timestamp) -> Read {
        let ObjectReading { resource, name, .. } = &self.reading;
        let reader = reader(&self.client, &self.reading);
        let mut read = Read {
            snapshot: Snapshot::new(taken, reader.reading.namespaces.clone()),
            requests: 0,
        };
        if self.served.is_none() && resource.operator_kind().is_some() {
            read.snapshot.not_served(*resource);
            return read;
        }
        let mut parts = vec![self.one(*resource, name), self.of_object(Resource::Jobs)];
        match resource {
            Resource::Backups => parts.push(self.of_object(Resource::CronJobs)),
            Resource::Restores => parts.push(
                self.list(Resource::Events)
                    .with_fields(format!("involvedObject.name={name}")),
            ),
            _ => {}
        }
        if self.reading.operator {
            parts.extend(operators());
        }
        reader.read_parts(parts, &mut read).await;
        read.snapshot.sort();
        reader.read_parts(self.more(&read.snapshot), &mut read).await;
        read.snapshot.sort();
        read
    }

    /// What the object and its Jobs lead to.
    fn more(&self, snapshot: &Snapshot) -> Vec<Part> {
        let view = View::of(snapshot);
        let mut parts = Vec::new();
        let jobs = self.jobs(&view);
        if !jobs.is_empty() {
            let labels = format!("batch.kubernetes.io/job-name in ({})", jobs.join(","));
            parts.push(self.list(Resource::Pods).labelled(labels));
        }
        if self.reading.resource == Resource::Restores && is_label_value(&self.reading.name) {
            let labels = format!(
                "app.kubernetes.io/name=backup-seed-proxy,app.kubernetes.io/instance={}",
                self.reading.name
            );
            parts.push(self.list(Resource::Pods).labelled(labels));
        }
        let instance = view
            .backups
            .first()
            .map(|backup| backup.spec().instance().text().unwrap_or_default().to_owned());
        let instance = instance.or_else(|| Some(view.restores.first()?.instance()));
        if let Some(instance) = instance.filter(|name| self.reading.servers && is_label_value(name) && !name.is_empty())
        {
            for (resource, label) in [
                (Resource::Clusters, "neo4j.com/cluster"),
                (Resource::Standalones, "app"),
            ] {
                parts.push(self.one(resource, &instance));
                parts.push(self.list(Resource::Pods).labelled(format!("{label}={instance}")));
            }
        }
        parts
    }

    /// The names of the Jobs whose pods are read.
    fn jobs(&self, view: &View<'_>) -> Vec<String> {
        let runs = view.backups.iter().flat_map(|backup| &backup.runs);
        let runs = runs.chain(view.plain_cron_jobs.iter().flat_map(|of| &of.runs));
        let of_restores = view.restores.iter().flat_map(|of| of.job.iter().chain(&of.hooks));
        let has_ended = |job: &Job<'_>| job.holds("Complete").is_some() || job.holds("Failed").is_some();
        let is_wanted = |job: &&Job<'_>| self.reading.pods == PodsOf::AllJobs || !has_ended(job);
        let jobs = runs
            .filter_map(|run| run.job.as_deref())
            .chain(of_restores)
            .filter(is_wanted);
        jobs.map(|job| job.name.to_string())
            .filter(|name| is_label_value(name))
            .take(MOST_JOBS)
            .collect()
    }

    fn one(&self, resource: Resource, name: &str) -> Part {
        self.of_version(Part::one(resource, Some(&self.reading.namespace), name.to_owned()))
    }

    fn list(&self, resource: Resource) -> Part {
        self.of_version(Part::list(resource, Some(&self.reading.namespace)))
    }

    /// Of a `CronJob` of nobody the Jobs have no label of ours.
    fn of_object(&self, resource: Resource) -> Part {
        let ObjectReading { resource: of, name, .. } = &self.reading;
        let part = self.list(resource);
        if *of != Resource::CronJobs && is_label_value(name) {
            return part.labelled(format!("app.kubernetes.io/instance={name}"));
        }
        part
    }

    fn of_version(&self, mut part: Part) -> Part {
        if part.resource.operator_kind().is_some()
            && let Some(version) = &self.served
        {
            part.version.clone_from(version);
        }
        part
    }
}

fn reader(client: &Client, reading: &ObjectReading) -> Reader {
    // Two rounds of requests, each of which may take its time.
    let timeout = reading.request_timeout.saturating_mul(2);
    let now = Instant::now();
    Reader {
        client: client.clone(),
        reading: Reading {
            namespaces: Some(BTreeSet::from([reading.namespace.clone()])),
            only: Some((reading.namespace.clone(), reading.name.clone())),
            request_timeout: reading.request_timeout,
            timeout,
            reads_events: false,
            purpose: Purpose::Runs,
        },
        ends: now.checked_add(timeout).unwrap_or(now + FOR_EVER),
    }
}

/// Longer than anybody waits.
const FOR_EVER: Duration = Duration::from_secs(60 * 60 * 24 * 365);
