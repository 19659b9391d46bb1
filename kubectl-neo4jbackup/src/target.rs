//! `backup/nightly`: the object that somebody asks about.

use neo4jbackup_core::check::Looks;
use neo4jbackup_core::did_you_mean::closest;
use neo4jbackup_core::examine::Target;
use neo4jbackup_core::live::Cluster;
use neo4jbackup_core::quoted::{Name, quoted};
use neo4jbackup_core::snapshot::Resource;
use neo4jbackup_core::values::names;

/// Why it is not clear which object is meant.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TargetError {
    /// No such type.
    #[error("there is no type {}; known are backup, restore and cronjob", quoted(.0))]
    Type(String),
    /// A restore, where only backups are looked at.
    #[error("restore/{0} is no backup; `doctor` looks at restores")]
    Restore(String),
    /// A `CronJob`, where only objects of the operator are looked at.
    #[error("cronjob/{} is no object of the operator; `doctor` looks at CronJobs", Name(.0))]
    CronJob(String),
    /// No such object.
    #[error("there is no {kind} {}{place}{advice}", quoted(name))]
    NotFound {
        kind: &'static str,
        name: String,
        place: String,
        advice: String,
    },
    /// No object has such a name.
    #[error("{} is no name of an object: lower-case letters, digits, `-` and `.`, at most 253", quoted(.0))]
    Name(String),
    /// Only what belongs to another object was collected.
    #[error("what was collected is of {collected} alone; of {wanted} it has no Jobs")]
    NotCollected { wanted: String, collected: String },
    /// Several objects of that name.
    #[error(
        "there is a {kind} {} in several namespaces: {namespaces}; say which with -n",
        quoted(name)
    )]
    Several {
        kind: &'static str,
        name: String,
        namespaces: String,
    },
}

/// An object as the command line names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// What it is.
    pub(crate) looks: Looks,
    /// Its name.
    pub(crate) name: String,
}

impl Wanted {
    /// Reads `TYPE/NAME`; a name alone is that of a backup.
    pub(crate) fn read(word: &str) -> Result<Self, TargetError> {
        let (kind, name) = word.split_once('/').unwrap_or(("backup", word));
        let looks = looks(kind).ok_or_else(|| TargetError::Type(kind.to_owned()))?;
        Ok(Self {
            looks,
            name: name.to_owned(),
        })
    }

    /// The resource that it is of.
    pub(crate) fn resource(&self) -> Resource {
        match self.looks {
            Looks::AtRestores => Resource::Restores,
            Looks::AtPlainCronJobs => Resource::CronJobs,
            _ => Resource::Backups,
        }
    }

    /// Whether its Jobs alone are read where nothing else is of interest. Those of a `CronJob` have no label of ours.
    pub(crate) fn narrows(&self) -> bool {
        self.looks != Looks::AtPlainCronJobs
    }

    /// As the command line has it, with its type: `backup/nightly`.
    pub(crate) fn word(&self) -> String {
        let kind = match self.looks {
            Looks::AtRestores => "restore",
            Looks::AtPlainCronJobs => "cronjob",
            _ => "backup",
        };
        format!("{kind}/{}", Name(&self.name))
    }

    /// Whether an object can have this name, which becomes part of the address of requests.
    pub(crate) fn has_name(&self) -> bool {
        names::is_dns_subdomain(&self.name)
    }

    /// Finds the object.
    pub(crate) fn find(&self, namespace: Option<&str>, cluster: &Cluster<'_>) -> Result<Target, TargetError> {
        find(self.looks, &self.name, namespace, cluster)
    }
}

fn find(looks: Looks, name: &str, namespace: Option<&str>, cluster: &Cluster<'_>) -> Result<Target, TargetError> {
    let known: Vec<(&str, &str)> = match looks {
        Looks::AtRestores => cluster.restores.iter().map(|of| (&*of.namespace, &*of.name)).collect(),
        Looks::AtPlainCronJobs => {
            let cron_jobs = cluster.plain_cron_jobs.iter().map(|of| &of.cron_job);
            cron_jobs.map(|of| (&*of.namespace, &*of.name)).collect()
        }
        _ => cluster.backups.iter().map(|of| (&*of.namespace, &*of.name)).collect(),
    };
    let within = |place: &str| namespace.is_none_or(|namespace| namespace == place);
    let found: Vec<&str> = known
        .iter()
        .filter(|(place, known)| within(place) && *known == name)
        .map(|(place, _)| *place)
        .collect();
    let kind = match looks {
        Looks::AtRestores => "Neo4jRestore",
        Looks::AtPlainCronJobs => "CronJob that runs neo4j-admin",
        _ => "Neo4jBackup",
    };
    match found[..] {
        [place] => Ok(Target {
            looks,
            namespace: place.to_owned(),
            name: name.to_owned(),
        }),
        [] => {
            let near = closest(
                name,
                known.iter().filter(|(place, _)| within(place)).map(|(_, name)| *name),
            );
            Err(TargetError::NotFound {
                kind,
                name: name.to_owned(),
                place: namespace
                    .map(|place| format!(" in namespace {}", quoted(place)))
                    .unwrap_or_default(),
                advice: near
                    .map(|near| format!("; did you mean {}?", quoted(near)))
                    .unwrap_or_default(),
            })
        }
        _ => Err(TargetError::Several {
            kind,
            name: name.to_owned(),
            namespaces: found.join(", "),
        }),
    }
}

fn looks(kind: &str) -> Option<Looks> {
    let kind = kind.to_ascii_lowercase();
    let kind = kind.split('.').next().unwrap_or_default();
    Some(match kind {
        "backup" | "backups" | "neo4jbackup" | "neo4jbackups" => Looks::AtBackups,
        "restore" | "restores" | "neo4jrestore" | "neo4jrestores" => Looks::AtRestores,
        "cronjob" | "cronjobs" | "cj" => Looks::AtPlainCronJobs,
        _ => return None,
    })
}
