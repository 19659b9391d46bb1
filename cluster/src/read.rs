//! Reads a [`Snapshot`]: a bounded number of lists, page by page and side by side, and the ends of a few logs.
//!
//! What cannot be read is a gap in the snapshot and never a failure: people with rights in one namespace get an answer.

mod log;
mod log_stream;
mod object;
mod page;
mod plan;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use jiff::Timestamp;
use kube::Client;
use neo4jbackup_core::facts::Cause;
use neo4jbackup_core::live::{Cluster as View, wanted};
use neo4jbackup_core::snapshot::{Gap, LogOf, Resource, Snapshot};
use tokio::time::Instant;

pub use self::log_stream::{LogLines, LogStream};
pub use self::object::{ObjectReader, ObjectReading, PodsOf};
use self::page::{Answer, List, list};
use self::plan::{Asked, Part, parts};
use crate::connect::Cluster;
use crate::error_chain::reason;

/// What to read.
#[derive(Debug, Clone)]
pub struct Reading {
    /// The namespaces; `None` for all.
    pub namespaces: Option<BTreeSet<String>>,
    /// The only backup or restore that is of interest, by namespace and name: its Jobs and pods alone are read.
    pub only: Option<(String, String)>,
    /// How long one answer may take.
    pub request_timeout: Duration,
    /// How long everything may take.
    pub timeout: Duration,
    /// Whether to read events, which say why a run did not begin; what looks for causes reads them anyway.
    pub reads_events: bool,
    /// What it is for.
    pub purpose: Purpose,
}

/// What a snapshot is for, which decides what is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// What became of the runs.
    Runs,
    /// When runs are due: also which operator it is, which decides whether they wait for each other.
    Schedules,
    /// Why something is wrong: also logs, events and what more may say so.
    Causes,
    /// What manifests can refer to: no runs, and of Secrets the key names of these, by namespace and name.
    References(BTreeSet<(String, String)>),
    /// Who needs which rights: backups and restores, the operators, and the webhooks of this project.
    Rights,
}

/// Why nothing could be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The API server does not answer.
    #[error("the cluster cannot be asked")]
    NoAnswer(#[source] kube::Error),
    /// It has not answered in time.
    #[error("the cluster has not answered within {} s", .0.as_secs())]
    Silence(Duration),
}

/// A snapshot, and how many requests it took.
#[derive(Debug)]
pub struct Read {
    /// What is in the cluster.
    pub snapshot: Snapshot,
    /// How many requests were sent.
    pub requests: usize,
}

/// Reads what is in a cluster. `taken` is the time that the snapshot bears.
pub async fn read(cluster: &Cluster, reading: &Reading, taken: Timestamp) -> Result<Read, ReadError> {
    let reader = Reader {
        client: cluster.client(),
        reading: reading.clone(),
        ends: Instant::now() + reading.timeout,
    };
    let served = reader.served_version().await?;
    let mut read = Read {
        snapshot: Snapshot::new(taken, reading.namespaces.clone()),
        requests: 1,
    };
    let first = parts(reading, served.as_deref());
    if served.is_none() {
        for resource in Resource::ALL
            .into_iter()
            .filter(|resource| resource.operator_kind().is_some())
        {
            read.snapshot.not_served(resource);
        }
    }
    reader.read_parts(first, &mut read).await;
    read.snapshot.sort();
    match &reading.purpose {
        Purpose::Rights | Purpose::Schedules => {}
        Purpose::Runs => reader.read_good_runs(&mut read).await,
        Purpose::Causes => reader.read_more(served.as_deref(), &mut read).await,
        Purpose::References(secrets) => {
            let (secrets, are_more) = wanted::first_secrets(secrets.clone());
            let parts = secret_parts(secrets, are_more, &mut read);
            reader.read_parts(parts, &mut read).await;
            read.snapshot.sort();
        }
    }
    Ok(read)
}

/// What reads.
struct Reader {
    client: Client,
    reading: Reading,
    ends: Instant,
}

impl Reader {
    /// The version in which the operator's kinds are served, or `None` where they are not; and proof that somebody answers.
    async fn served_version(&self) -> Result<Option<String>, ReadError> {
        let group = neo4jbackup_core::schema::Group::Neo4jNeo4jCom.name();
        let request = http::Request::get(format!("/apis/{group}"));
        let request = request
            .body(Vec::new())
            .map_err(|error| ReadError::NoAnswer(kube::Error::HttpError(error)))?;
        let patience = self.reading.timeout.min(self.reading.request_timeout);
        let answer = tokio::time::timeout(patience, self.client.request::<serde_json::Value>(request)).await;
        match answer {
            Err(_) => Err(ReadError::Silence(patience)),
            Ok(Ok(group)) => {
                let version = group["preferredVersion"]["version"].as_str();
                Ok(Some(version.unwrap_or("v1beta1").to_owned()))
            }
            // Whoever may not see the group may see its objects all the same.
            Ok(Err(kube::Error::Api(status))) if status.code == 403 => Ok(Some("v1beta1".to_owned())),
            Ok(Err(kube::Error::Api(status))) if status.code == 404 => Ok(None),
            Ok(Err(error)) => Err(ReadError::NoAnswer(error)),
        }
    }

    /// Reads lists side by side and puts what came of them into the snapshot.
    async fn read_parts(&self, parts: Vec<Part>, read: &mut Read) {
        let mut answers: FuturesUnordered<_> = parts.into_iter().map(|part| self.read_part(part)).collect();
        while let Some((part, list)) = answers.next().await {
            read.requests += list.requests;
            Self::take(&part, list, &mut read.snapshot);
        }
    }

    async fn read_part(&self, part: Part) -> (Part, List) {
        let list = list(&self.client, &part, self.reading.request_timeout, self.ends).await;
        (part, list)
    }

    fn take(part: &Part, list: List, snapshot: &mut Snapshot) {
        let cause = match list.answer {
            Answer::Complete => {
                snapshot.add(part.resource, list.objects);
                return;
            }
            Answer::Absent => {
                snapshot.add(part.resource, []);
                return;
            }
            Answer::NotServed => {
                snapshot.not_served(part.resource);
                return;
            }
            Answer::Forbidden => Cause::Forbidden(part.right()),
            Answer::Failed(text) => Cause::Failed(text),
        };
        snapshot.add(part.resource, list.objects);
        match part.asked {
            Asked::Elsewhere => snapshot.miss_elsewhere(part.resource, cause),
            Asked::Directly => snapshot.miss(
                part.resource,
                Gap {
                    namespace: part.namespace.clone(),
                    cause,
                },
            ),
        }
    }

    /// Reads what the first lists say is worth reading.
    async fn read_more(&self, served: Option<&str>, read: &mut Read) {
        let (secrets, are_more) = wanted::secrets(&read.snapshot);
        let mut parts = secret_parts(secrets, are_more, read);
        let only = self.only();
        // Putting everything together takes its time, and what is read from here on changes neither answer.
        let view = View::of(&read.snapshot);
        let (has_stalled, logs) = (wanted::has_stalled(&view), wanted::logs(&view, only));
        for installation in &view.installations {
            parts.push(Part::list(Resource::Leases, Some(&installation.namespace)));
        }
        let [services, unread] = wanted::services(&view);
        for (namespace, name) in services {
            let slices = format!("kubernetes.io/service-name={name}");
            parts.push(Part::list(Resource::EndpointSlices, Some(&namespace)).labelled(slices));
            parts.push(Part::one(Resource::Services, Some(&namespace), name));
        }
        drop(view);
        if self.reading.namespaces.is_none() {
            let pods = wanted::backup_pods(&read.snapshot).into_iter();
            parts.extend(pods.map(|(namespace, name)| Part::one(Resource::Pods, Some(&namespace), name)));
        }
        for (namespace, _) in unread {
            for resource in [Resource::Services, Resource::EndpointSlices] {
                let cause = Cause::NotAsked("only those of the first webhooks were read".to_owned());
                let gap = Gap {
                    namespace: Some(namespace.clone()),
                    cause,
                };
                read.snapshot.miss(resource, gap);
            }
        }
        if let (true, Some(version), Some(_)) = (has_stalled, served, &self.reading.namespaces) {
            // What blinds the operator may be in any namespace.
            parts.extend([Resource::Backups, Resource::Restores].map(|resource| Part::elsewhere(resource, version)));
        }
        self.read_parts(parts, read).await;
        read.snapshot.sort();
        self.read_logs(logs, read).await;
    }

    /// The only backup or restore that is of interest.
    fn only(&self) -> Option<(&str, &str)> {
        let (namespace, name) = self.reading.only.as_ref()?;
        Some((namespace, name))
    }

    /// Reads the logs of runs that ended well, where nothing else tells whether they made a backup.
    async fn read_good_runs(&self, read: &mut Read) {
        let jobs = wanted::jobs_of_good_runs(&read.snapshot, self.only());
        if jobs.is_empty() {
            return;
        }
        let pods = jobs.into_iter().map(|(namespace, name)| {
            let labels = format!("batch.kubernetes.io/job-name={name}");
            Part::list(Resource::Pods, Some(&namespace)).labelled(labels)
        });
        self.read_parts(pods.collect(), read).await;
        read.snapshot.sort();
        let logs = wanted::logs_of_good_runs(&read.snapshot, self.only());
        self.read_logs(logs, read).await;
    }

    /// Reads the ends of logs side by side.
    async fn read_logs(&self, logs: Vec<LogOf>, read: &mut Read) {
        read.requests += logs.len();
        let tails = logs
            .into_iter()
            .map(|of| log::tail(&self.client, of, self.reading.request_timeout, self.ends));
        let mut tails: FuturesUnordered<_> = tails.collect();
        while let Some((of, tail)) = tails.next().await {
            read.snapshot.add_log(of, tail);
        }
    }
}

/// The Secrets to read, one by one: a list would bring every value of the namespace.
fn secret_parts(secrets: Vec<(String, String)>, are_more: bool, read: &mut Read) -> Vec<Part> {
    read.snapshot.add(Resource::Secrets, []);
    if are_more {
        let cause = Cause::NotAsked(format!("only the first {} that are named were read", secrets.len()));
        let gap = Gap { namespace: None, cause };
        read.snapshot.miss(Resource::Secrets, gap);
    }
    let part = |(namespace, name): (String, String)| Part::one(Resource::Secrets, Some(&namespace), name);
    secrets.into_iter().map(part).collect()
}

/// Text that several pages share.
type Shared = Arc<str>;
