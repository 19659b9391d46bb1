//! What nearly every check needs: `use crate::check::prelude::*;`.

pub use crate::check::{Affects, Check, CheckMeta, Diagnosis, Evidence, Report, span, when};
pub use crate::declare_check;
pub use crate::document::{Node, Path};
pub use crate::finding::Severity;
pub use crate::live::{
    Artifacts, Backup, Claim, Cluster, Condition, Container, CronJob, Database, Ended, Event, Failure, Fate,
    Installation, Instance, Job, Lease, LogLine, Logged, Mode, Outcome, PlainCronJob, Plan, Pod, Restore, Run, Series,
    Waiting, Webhook,
};
pub use crate::model::ObjectRef;
pub use crate::quoted::{excerpt, name, quoted};
pub use crate::snapshot::Resource;
