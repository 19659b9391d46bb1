//! What every report on live objects says of itself: what was looked at, when, and whether that was all.

use jiff::Timestamp;
use neo4jbackup_core::live::Cluster;
use serde::{Serialize, Serializer};

use crate::look::Source;
use crate::report::API_VERSION;

/// The fields that all such reports begin with.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct About {
    /// [`API_VERSION`].
    pub(crate) api_version: &'static str,
    /// Which report it is: `DoctorReport`, `StatusList`, `ScheduleList`.
    pub(crate) kind: &'static str,
    /// Whether everything is known that the answer rests on.
    pub(crate) complete: bool,
    /// The context of the kubeconfig; null for a bundle.
    pub(crate) context: Option<String>,
    /// The bundle; null for a cluster.
    pub(crate) bundle: Option<String>,
    /// The namespaces that were asked for; null for all.
    pub(crate) namespaces: Option<Vec<String>>,
    /// The time of the snapshot, RFC 3339 in UTC.
    #[serde(serialize_with = "in_utc")]
    pub(crate) checked_at: Timestamp,
}

impl About {
    /// What a report of this kind says of itself.
    pub(crate) fn new(kind: &'static str, cluster: &Cluster<'_>, source: Source, complete: bool) -> Self {
        let namespaces = cluster.snapshot.namespaces.as_ref();
        Self {
            api_version: API_VERSION,
            kind,
            complete,
            context: source.context,
            bundle: source.bundle,
            namespaces: namespaces.map(|namespaces| namespaces.iter().cloned().collect()),
            checked_at: cluster.now,
        }
    }
}

fn in_utc<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(time)
}
