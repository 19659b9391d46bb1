//! What is filled in on objects that the operator makes: the pod label that Azure workload identity needs on Jobs, and
//! the declared identity on the `ServiceAccounts` of the Jobs.
//!
//! On CREATE only, like every default. For a scheduled backup the label on its Jobs is what counts: the operator writes
//! the whole template of its `CronJob` again in each reconcile, so a label that was put there is gone within half a minute
//! (operators of the 0.x line never update a `CronJob`, and there it stays). A Job takes its labels and its pod template
//! from the `CronJob` and is created anew for each run; nobody updates it afterwards.

use crate::document::{Node, Path};
use crate::facts::{Inventory, LocationFacts};
use crate::field::Field;
use crate::fix::Edit;
use crate::model::{Account, Provider, StoreType};
use crate::rbac::{Declaration, declared};
use crate::registry;
use crate::schema::Kind;
use crate::settings::{Level, Mode, Settings};
use crate::values::identity::{AZURE_CLIENT_ID, AZURE_USE_LABEL};

/// The rule that an administrator switches off to have nothing filled in here.
pub const RULE: &str = "NB3003";

/// A kind of object that the operator makes for its backups and restores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Workload {
    /// `batch/v1` Job.
    Job,
    /// `batch/v1` `CronJob`.
    CronJob,
    /// `v1` `ServiceAccount`.
    ServiceAccount,
}

impl Workload {
    /// The workload of this group, version and kind.
    pub fn of(group: &str, version: &str, kind: &str) -> Option<Self> {
        match (group, version, kind) {
            ("batch", "v1", "Job") => Some(Self::Job),
            ("batch", "v1", "CronJob") => Some(Self::CronJob),
            ("", "v1", "ServiceAccount") => Some(Self::ServiceAccount),
            _ => None,
        }
    }

    /// The name of the kind.
    pub fn name(self) -> &'static str {
        match self {
            Self::Job => "Job",
            Self::CronJob => "CronJob",
            Self::ServiceAccount => "ServiceAccount",
        }
    }
}

/// What is to be filled in on a new object; nothing on an object that is not the operator's, that is not of the usual
/// shape, or whose identity nobody knows.
pub fn defaults(
    workload: Workload,
    object: &Node<'_>,
    namespace: &str,
    inventory: &Inventory,
    settings: &Settings,
) -> Vec<Edit> {
    if !is_switched_on(settings, namespace) {
        return Vec::new();
    }
    let within = Namespace {
        inventory,
        settings,
        name: namespace,
    };
    match workload {
        Workload::Job => within.label(object, "spec.template").into_iter().collect(),
        Workload::CronJob => within
            .label(object, "spec.jobTemplate.spec.template")
            .into_iter()
            .collect(),
        Workload::ServiceAccount => within.annotations(object),
    }
}

/// The same switches as for the rule: what is only recorded changes nothing.
fn is_switched_on(settings: &Settings, namespace: &str) -> bool {
    let level = registry::rule(RULE).map_or(Level::Enforce, |meta| settings.level_of(meta.code, meta.name));
    settings.mode_of(namespace) != Mode::Audit && !matches!(level, Level::Audit | Level::Off)
}

struct Namespace<'p> {
    inventory: &'p Inventory,
    settings: &'p Settings,
    name: &'p str,
}

impl Namespace<'_> {
    fn label(&self, object: &Node<'_>, template: &'static str) -> Option<Edit> {
        let account = account_of_job(object)?;
        let pod = object.at(template)?;
        // The account of the pod decides what it may sign in as: the clean-up and hook Jobs have another.
        let runs_as = Field::at(pod, "spec.serviceAccountName").text()?;
        let labels = Field::at(pod, "metadata.labels");
        let has_room = labels.node().is_none_or(|labels| labels.as_map().is_some());
        let is_set = labels
            .node()
            .is_some_and(|labels| labels.get(AZURE_USE_LABEL).is_some());
        let metadata = Field::at(pod, "metadata");
        let is_sound = metadata.node().is_none_or(|metadata| metadata.as_map().is_some());
        if runs_as != account.name() || is_set || !has_room || !is_sound || !self.signs_in_to_azure(account, object) {
            return None;
        }
        let path = Path::dotted(template).join("metadata.labels").key(AZURE_USE_LABEL);
        Some(Edit::Set {
            path,
            value: "true".into(),
        })
    }

    /// Whether the pods of this Job use an identity of Azure. What the owner says decides; where it is not known, what
    /// the account says, or what is declared for the namespace.
    fn signs_in_to_azure(&self, account: Account, object: &Node<'_>) -> bool {
        let Some(location) = self.location(account, object) else {
            return self.is_declared(account);
        };
        match location.store {
            Some(StoreType::Azure) if location.credentials.is_some() => false,
            Some(StoreType::Azure) => location.annotations.contains_key(AZURE_CLIENT_ID) || self.is_declared(account),
            Some(_) => false,
            None => self.is_declared(account),
        }
    }

    /// Where the owner of the Job writes or reads, when the owner is known.
    fn location(&self, account: Account, object: &Node<'_>) -> Option<&LocationFacts> {
        let owner = owner(account, object)?;
        let backup = |name: &str| Some(&self.inventory.backup(self.name, name).found()?.storage);
        match account {
            Account::Backup => backup(owner),
            Account::Restore => {
                let restore = self.inventory.restore(self.name, owner).found()?;
                match &restore.backup {
                    Some(name) => backup(name),
                    None => Some(&restore.storage),
                }
            }
        }
    }

    fn is_declared(&self, account: Account) -> bool {
        let facts = self.inventory.account(self.name, account).found();
        let carried = facts.is_some_and(|facts| facts.annotations.contains_key(AZURE_CLIENT_ID));
        carried
            || declared(self.name, Provider::Azure, self.inventory, self.settings)
                .as_ref()
                .is_some_and(Declaration::is_well_formed)
    }

    fn annotations(&self, object: &Node<'_>) -> Vec<Edit> {
        let name = Field::at(object, "metadata.name").str().unwrap_or_default();
        let annotations = Field::at(object, "metadata.annotations");
        let has_room = annotations
            .node()
            .is_none_or(|annotations| annotations.as_map().is_some());
        if Account::named(name).is_none() || !has_room {
            return Vec::new();
        }
        let missing = Provider::ALL.into_iter().filter(|provider| {
            let there = annotations
                .node()
                .and_then(|map| map.get(provider.identity_annotation()));
            there.is_none()
        });
        missing
            .filter_map(|provider| declared(self.name, provider, self.inventory, self.settings))
            .filter(Declaration::is_well_formed)
            .map(|declared| Edit::Set {
                path: Path::dotted("metadata.annotations").key(declared.provider.identity_annotation()),
                value: declared.identity.into(),
            })
            .collect()
    }
}

/// The account that a Job or `CronJob` of this sort runs as, by the labels that the operator gives it.
fn account_of_job(object: &Node<'_>) -> Option<Account> {
    match (
        label(object, "app.kubernetes.io/name")?,
        label(object, "app.kubernetes.io/component")?,
    ) {
        ("neo4j-backup", "backup" | "backup-cron") => Some(Account::Backup),
        ("neo4j-restore", "restore") => Some(Account::Restore),
        _ => None,
    }
}

/// The name of the backup or restore that a Job is for: its owner, or, for a Job that belongs to a `CronJob`, its label.
fn owner<'n>(account: Account, object: &'n Node<'n>) -> Option<&'n str> {
    let kind = match account {
        Account::Backup => Kind::Neo4jBackup,
        Account::Restore => Kind::Neo4jRestore,
    };
    let is_ours = |owner: &&Node<'_>| Kind::of(owner).is_some_and(|(owner, _)| owner == kind);
    let owners = Field::at(object, "metadata.ownerReferences").items();
    let named = owners
        .iter()
        .find(is_ours)
        .and_then(|owner| owner.get("name")?.as_str());
    named.or_else(|| label(object, "app.kubernetes.io/instance"))
}

fn label<'n>(object: &'n Node<'_>, key: &str) -> Option<&'n str> {
    object.at("metadata.labels")?.get(key)?.as_str()
}

#[cfg(test)]
mod tests;
