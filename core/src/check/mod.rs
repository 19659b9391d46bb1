//! What a check of a live cluster is, what it says, and how causes and effects are told apart.

mod causes;
mod diagnosis;
mod evidence;
mod meta;
pub mod prelude;
mod report;
mod when;

pub use self::causes::{Cause, fold};
pub use self::diagnosis::{Affects, Diagnosis};
pub use self::evidence::{Evidence, EvidenceKind};
pub use self::meta::{CheckMeta, Looks};
pub use self::report::Report;
pub use self::when::{ago, span, when};

use crate::live::{Backup, Cluster, Instance, PlainCronJob, Restore};

/// What has metadata; [`declare_check!`](crate::declare_check) writes it.
pub trait Declared: Sync {
    /// The metadata.
    fn meta(&self) -> &'static CheckMeta;
}

/// A check. It says what is wrong with one object, or with the cluster as a whole, and cannot fail: what it cannot know
/// stands in the snapshot as a gap, and the engine says so in its place.
pub trait Check: Declared {
    /// Whether what it finds in the cluster is certain also where only a part of what it needs could be read.
    fn finds_in_parts(&self) -> bool {
        false
    }

    /// Looks at the cluster as a whole.
    fn check_cluster(&self, cluster: &Cluster<'_>, report: &mut Report) {
        let _ = (cluster, report);
    }

    /// Looks at one backup.
    fn check_backup(&self, backup: &Backup<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        let _ = (backup, cluster, report);
    }

    /// Looks at one restore.
    fn check_restore(&self, restore: &Restore<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        let _ = (restore, cluster, report);
    }

    /// Looks at one cluster or standalone.
    fn check_instance(&self, instance: &Instance<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        let _ = (instance, cluster, report);
    }

    /// Looks at one `CronJob` that backs up without the operator.
    fn check_plain_cron_job(&self, cron_job: &PlainCronJob<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        let _ = (cron_job, cluster, report);
    }
}
