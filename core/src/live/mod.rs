//! Views of what is in a cluster, as those think of it who look after backups: backups with their runs, runs with their
//! Jobs, Jobs with their pods, and everything with its events.
//!
//! ```text
//! Cluster ─┬─ Backup  ─┬─ Run ── Job ── Pod ── Container ── log
//!          │           └─ CronJob
//!          ├─ Restore ──── Job …
//!          ├─ PlainCronJob ─ Run …      a CronJob that runs neo4j-admin without any operator
//!          ├─ Instance
//!          └─ Operator
//! ```
//!
//! Everything borrows from a [`Snapshot`](crate::snapshot::Snapshot) and belongs to one parent, so that a check follows
//! fields and looks nothing up.

mod backup;
mod choice;
mod claim;
mod clock_change;
mod cluster;
mod cron_job;
mod database;
mod event;
mod forecast;
mod health;
mod instance;
mod job;
mod missed;
mod network;
mod operator;
mod operator_log;
mod plain_cron_job;
mod pod;
mod read;
mod restore;
mod run;
mod schedule;
mod secret_use;
mod series;
pub mod wanted;
mod webhook;

pub use self::backup::Backup;
pub use self::choice::{NoRun, Wish};
pub use self::claim::Claim;
pub use self::clock_change::{ClockChange, clock_changes};
pub use self::cluster::Cluster;
pub use self::cron_job::CronJob;
pub use self::database::Database;
pub use self::event::Event;
pub use self::forecast::{Lane, Meeting, meeting};
pub use self::health::{Health, Mark, MarkKind, Objective, State, typical_seconds};
pub use self::instance::Instance;
pub use self::job::Job;
pub use self::missed::Reason;
pub use self::network::{Direction, Peer, network_policies};
pub use self::operator::{Installation, Lease, Mode};
pub use self::operator_log::{LogLine, Logged};
pub use self::plain_cron_job::{PlainCronJob, contradiction};
pub use self::pod::{Container, Ended, Pod, Waiting};
pub use self::read::{Condition, Text};
pub use self::restore::Restore;
pub use self::run::{Artifacts, Failure, Outcome, Run};
pub use self::schedule::{Fate, Plan, Planned};
pub use self::secret_use::SecretUse;
pub use self::series::Series;
pub use self::webhook::{Asks, Service, Webhook};
