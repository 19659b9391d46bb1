//! `CronJobs`.

use jiff::Timestamp;

use super::event::Event;
use super::job::commands;
use super::read::{Text, entry, items, optional, optional_number, reference, text, time};
use super::secret_use::{SecretUse, secret_uses};
use crate::document::Node;
use crate::model::ObjectRef;

/// What a controller of `CronJobs` says when it begins no run.
const BEGINS_NONE: [&str; 5] = [
    "TooManyMissedTimes",
    "MissSchedule",
    "JobAlreadyActive",
    "FailedNeedsStart",
    "FailedCreate",
];

/// A `CronJob`.
#[derive(Debug, Clone, PartialEq)]
pub struct CronJob<'s> {
    /// Its namespace.
    pub namespace: Text<'s>,
    /// Its name.
    pub name: Text<'s>,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// Whether somebody has asked for it to be deleted.
    pub is_terminating: bool,
    /// Its schedule as written.
    pub schedule: Text<'s>,
    /// The zone that its schedule is in, when it names one.
    pub time_zone: Option<Text<'s>>,
    /// Whether it is held.
    pub is_suspended: bool,
    /// `Allow`, `Forbid` or `Replace`.
    pub concurrency: Text<'s>,
    /// How many seconds late a run may begin; what is later is lost.
    pub starting_deadline: Option<u64>,
    /// When it last started a run.
    pub last_scheduled: Option<Timestamp>,
    /// When a run last ended well.
    pub last_succeeded: Option<Timestamp>,
    /// The names of its Jobs that have not ended.
    pub active: Vec<Text<'s>>,
    /// `app.kubernetes.io/instance`.
    pub instance: Text<'s>,
    /// The kind and the name of its owner.
    pub owner: Option<(Text<'s>, Text<'s>)>,
    /// The containers of its Jobs: the name, and the command with its arguments.
    pub commands: Vec<(Text<'s>, String)>,
    /// The Secrets without which its pods cannot start.
    pub secrets: Vec<SecretUse<'s>>,
    /// The account of its pods.
    pub account: Text<'s>,
    /// Its events, oldest first.
    pub events: Vec<Event<'s>>,
}

impl<'s> CronJob<'s> {
    /// The `CronJob` in an object.
    pub(super) fn of(object: &Node<'s>) -> Self {
        let owners = items(object, "metadata.ownerReferences");
        Self {
            namespace: text(object, "metadata.namespace"),
            name: text(object, "metadata.name"),
            created: time(object, "metadata.creationTimestamp"),
            is_terminating: object.at("metadata.deletionTimestamp").is_some(),
            schedule: text(object, "spec.schedule"),
            time_zone: optional(object, "spec.timeZone"),
            is_suspended: object.at("spec.suspend").and_then(Node::as_bool).unwrap_or_default(),
            concurrency: optional(object, "spec.concurrencyPolicy").unwrap_or("Allow".into()),
            starting_deadline: optional_number(object, "spec.startingDeadlineSeconds"),
            last_scheduled: time(object, "status.lastScheduleTime"),
            last_succeeded: time(object, "status.lastSuccessfulTime"),
            active: items(object, "status.active")
                .iter()
                .map(|job| text(job, "name"))
                .collect(),
            instance: entry(object, "metadata.labels", "app.kubernetes.io/instance").unwrap_or_default(),
            owner: owners.first().map(|owner| (text(owner, "kind"), text(owner, "name"))),
            commands: commands(object, "spec.jobTemplate.spec.template.spec"),
            secrets: secret_uses(object, "spec.jobTemplate.spec.template.spec"),
            account: text(object, "spec.jobTemplate.spec.template.spec.serviceAccountName"),
            events: Vec::new(),
        }
    }

    /// Its name as an object.
    pub fn reference(&self) -> ObjectRef {
        reference("batch/v1", "CronJob", &self.namespace, &self.name)
    }

    /// The name of the backup that it is of, where it is the operator's. Old operators give it no label that says so, and
    /// older ones no owner; then its own name tells.
    pub fn backup(&self) -> Text<'s> {
        match &self.owner {
            Some((_, owner)) => owner.clone(),
            None if !self.instance.is_empty() => self.instance.clone(),
            None => self.name.trim_end_matches("-backup-cron").to_owned().into(),
        }
    }

    /// What its controller noted when it began no run, the newest first.
    pub fn refusals(&self) -> impl Iterator<Item = &Event<'s>> {
        let events = self.events.iter().rev();
        events.filter(|event| BEGINS_NONE.contains(&&*event.reason))
    }

    /// Whether the operator made it: it belongs to a backup, or has the name of one that does and lost its owner.
    pub fn is_of_operator(&self) -> bool {
        match &self.owner {
            Some((kind, _)) => kind == "Neo4jBackup",
            None => self.name.ends_with("-backup-cron"),
        }
    }

    /// Whether its Jobs back a database up with neo4j-admin.
    pub fn runs_neo4j_admin(&self) -> bool {
        let is_backup = |command: &str| {
            command.contains("neo4j-admin") && ["backup", "dump"].iter().any(|word| command.contains(word))
        };
        self.commands.iter().any(|(_, command)| is_backup(command))
    }
}
