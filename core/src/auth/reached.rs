//! What the pods that reached a place, or did not, tell of the way.

use jiff::Timestamp;

use super::access::{Access, Actor};
use crate::live::{Cluster, Pod};
use crate::logs::{Class, REFUSED_BY_CLOUD};

/// What the newest run that has ended tells.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Reached {
    /// It reached the place, at this time where one is noted.
    Yes(Option<Timestamp>),
    /// The cloud refused it, as this class of line says.
    Refused(&'static Class),
    /// Nothing.
    Untold,
}

/// What the newest run of a backup or restore that has ended tells.
pub(super) fn reached(access: &Access, cluster: &Cluster<'_>) -> Reached {
    let refused = |class: &'static Class| {
        REFUSED_BY_CLOUD
            .contains(&&*class.name)
            .then_some(Reached::Refused(class))
    };
    let object = &access.object;
    let told = if object.kind == "Neo4jBackup" {
        cluster.backup(&object.namespace, &object.name).and_then(|backup| {
            let ended = backup.runs.iter().find(|run| run.has_ended())?;
            if ended.is_good() {
                return Some(Reached::Yes(ended.ended.or(ended.started)));
            }
            let (_, _, class) = backup.series().failure()?;
            refused(class)
        })
    } else {
        restore(access, cluster).and_then(|restore| {
            if restore.phase == "Completed" {
                return Some(Reached::Yes(restore.ended()));
            }
            let (_, class) = restore.job.as_ref()?.failure()?.line?;
            refused(class)
        })
    };
    told.unwrap_or(Reached::Untold)
}

/// Whether the newest run of a backup or restore that has ended reached the place.
pub(crate) fn has_reached(access: &Access, cluster: &Cluster<'_>) -> bool {
    matches!(reached(access, cluster), Reached::Yes(_))
}

/// The newest pods that reach the place, or try to: of the newest Job, or of the servers.
pub(super) fn pods<'c, 's>(access: &Access, cluster: &'c Cluster<'s>) -> Vec<&'c Pod<'s>> {
    let object = &access.object;
    let pod = match &access.actor {
        Actor::Servers { instance, .. } => {
            let found = cluster.instance(&instance.namespace, &instance.name);
            return found.map(|found| found.pods.iter().collect()).unwrap_or_default();
        }
        _ if object.kind == "Neo4jBackup" => cluster.backup(&object.namespace, &object.name).and_then(|backup| {
            let mut jobs = backup.runs.iter().filter_map(|run| run.job.as_ref());
            jobs.find_map(|job| job.newest_pod())
        }),
        _ => restore(access, cluster).and_then(|restore| restore.job.as_ref()?.newest_pod()),
    };
    pod.into_iter().collect()
}

fn restore<'c, 's>(access: &Access, cluster: &'c Cluster<'s>) -> Option<&'c crate::live::Restore<'s>> {
    let object = &access.object;
    let mut restores = cluster.restores.iter();
    restores.find(|restore| restore.namespace == object.namespace && restore.name == object.name)
}
