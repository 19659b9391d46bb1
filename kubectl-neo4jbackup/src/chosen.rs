//! Which backups a command that lists them is asked about.

use neo4jbackup_core::check::Looks;
use neo4jbackup_core::examine::Target;
use neo4jbackup_core::live::Cluster;

use crate::look::Seen;
use crate::target::{TargetError, Wanted};

/// Backups as the command line names them; none of them stands for all.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    wanted: Vec<Wanted>,
    namespace: Option<String>,
}

/// Backups that are there.
#[derive(Debug)]
pub(crate) struct Chosen {
    targets: Vec<Target>,
    namespace: Option<String>,
}

impl Asked {
    /// Reads the words of the command line.
    pub(crate) fn read(words: &[String], namespace: Option<&str>) -> Result<Self, TargetError> {
        let wanted: Vec<Wanted> = words.iter().map(|word| Wanted::read(word)).collect::<Result<_, _>>()?;
        match wanted.iter().find(|wanted| wanted.looks == Looks::AtRestores) {
            Some(restore) => Err(TargetError::Restore(restore.name.clone())),
            None => Ok(Self {
                wanted,
                namespace: namespace.map(str::to_owned),
            }),
        }
    }

    /// The only object of interest, when its Jobs can be asked for by its name.
    pub(crate) fn only(&self) -> Option<String> {
        match &self.wanted[..] {
            // Of a CronJob the Jobs have no label of ours.
            [one] if one.looks == Looks::AtBackups => Some(one.name.clone()),
            _ => None,
        }
    }

    /// Finds them in what was seen, of which `cluster` is the view. Where that was collected for one backup, all are that one.
    pub(crate) fn find(&self, seen: &Seen, cluster: &Cluster<'_>) -> Result<Chosen, TargetError> {
        let namespace = self.namespace.as_deref();
        let mut targets = Vec::new();
        if self.wanted.is_empty()
            && let (Some(wanted), namespace) = seen.asked(None, namespace)?
            && wanted.narrows()
        {
            if wanted.looks == Looks::AtRestores {
                return Err(TargetError::Restore(wanted.name.clone()));
            }
            targets.push(wanted.find(namespace, cluster)?);
        }
        for wanted in &self.wanted {
            let (wanted, namespace) = seen.asked(Some(wanted), namespace)?;
            if let Some(wanted) = wanted {
                targets.push(wanted.find(namespace, cluster)?);
            }
        }
        Ok(Chosen {
            targets,
            namespace: self.namespace.clone(),
        })
    }
}

impl Chosen {
    /// Whether it was named one by one.
    pub(crate) fn is_named(&self) -> bool {
        !self.targets.is_empty()
    }

    /// Whether an object is among them.
    pub(crate) fn has(&self, looks: Looks, namespace: &str, name: &str) -> bool {
        let is_target = |target: &Target| target.looks == looks && target.namespace == namespace && target.name == name;
        let is_within = self.namespace.as_deref().is_none_or(|within| within == namespace);
        is_within && (self.targets.is_empty() || self.targets.iter().any(is_target))
    }
}
