//! What is known of other objects. Built from the other files of a lint run, from watch caches, or from a snapshot.
//!
//! It keeps facts, not objects: the handful of fields that rules ask for, owned, so that a thousand instances cost
//! little memory. Every look-up has three answers, and a rule must treat the third as "do not know".

use std::collections::{BTreeMap, BTreeSet};

use super::account::AccountFacts;
use super::backup::BackupFacts;
use super::coverage::{Coverage, Need};
use super::fact::{About, Fact};
use super::instance::{InstanceFacts, InstanceKind};
use super::namespace::NamespaceFacts;
use super::owner::Controller;
use super::restore::RestoreFacts;
use super::role::{BindingFacts, RoleFacts};
use super::run::RunFacts;
use super::secret::SecretFacts;
use super::sharded::ShardedFacts;
use super::siblings::{Backups, Others, Restores};
use super::small_map::SmallMap;
use super::why::Why;
use super::writers::{Elsewhere, Writers};
use crate::document::Node;
use crate::model::Account;
use crate::schema::Kind;

/// The answer to a look-up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Lookup<'i, T> {
    /// It is there.
    Found(&'i T),
    /// It is not there, for certain.
    Absent,
    /// Nobody can say, and why: `no cluster was asked`.
    Unknown(&'i Why),
}

impl<'i, T> Lookup<'i, T> {
    /// The facts, when it is there.
    pub fn found(self) -> Option<&'i T> {
        match self {
            Self::Found(facts) => Some(facts),
            _ => None,
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq)]
struct NamespaceObjects {
    facts: Option<NamespaceFacts>,
    clusters: SmallMap<String, InstanceFacts>,
    standalones: SmallMap<String, InstanceFacts>,
    backups: Backups,
    restores: Restores,
    sharded: SmallMap<String, ShardedFacts>,
    secrets: SmallMap<String, SecretFacts>,
    accounts: BTreeMap<Account, AccountFacts>,
    role: Option<RoleFacts>,
    binding: Option<BindingFacts>,
    claims: BTreeSet<String>,
    runs: BTreeMap<String, RunFacts>,
    controllers: BTreeMap<(&'static str, String), Controller>,
}

/// What is known of other objects.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Inventory {
    /// In boxes, because a tree is never full.
    namespaces: BTreeMap<String, Box<NamespaceObjects>>,
    coverage: BTreeMap<Need, Coverage>,
    /// What is known of single namespaces, where that is something else.
    coverage_in: BTreeMap<String, BTreeMap<Need, Coverage>>,
    unknown: Coverage,
    /// Who writes where, in all namespaces; `None` unless somebody compares them.
    writers: Option<Writers>,
    /// The API version in which each kind is served.
    served: BTreeMap<Kind, String>,
    /// What was known of the backups and restores before others were laid over them; `None` of those that were not there.
    stored: BTreeMap<(Kind, String, String), Option<Stored>>,
}

/// What rules ask of the object in a cluster that another one is laid over.
#[derive(Debug, Clone, PartialEq)]
struct Stored {
    instance: Option<String>,
    annotations: SmallMap<String, String>,
}

impl Inventory {
    /// An inventory that knows nothing yet; `why` says why what is not found may still exist.
    pub fn partial(why: impl Into<Why>) -> Self {
        Self {
            unknown: Coverage::Partial(why.into()),
            ..Self::default()
        }
    }

    /// Says that everything of one kind is known from now on, or no longer.
    pub fn set_coverage(&mut self, need: Need, coverage: Coverage) {
        self.coverage.insert(need, coverage);
    }

    /// How much is known of one kind.
    pub fn coverage(&self, need: Need) -> &Coverage {
        self.coverage.get(&need).unwrap_or(&self.unknown)
    }

    /// Says how much of one kind is known in one namespace, where that is something else than in general.
    pub fn set_coverage_in(&mut self, need: Need, namespace: &str, coverage: Coverage) {
        let of_namespace = self.coverage_in.entry(namespace.to_owned()).or_default();
        of_namespace.insert(need, coverage);
    }

    /// Returns how much of one kind is known in a namespace.
    pub fn coverage_in(&self, need: Need, namespace: &str) -> &Coverage {
        let known = self.coverage_in.get(namespace).and_then(|known| known.get(&need));
        known.unwrap_or_else(|| self.coverage(need))
    }

    /// Also compares the backups of one namespace with those of the others from now on, which takes memory for each of them.
    pub fn compare_namespaces(&mut self) {
        let mut writers = Writers::default();
        for (namespace, objects) in &self.namespaces {
            for (name, facts) in objects.backups.iter() {
                writers.add(namespace, name, facts);
            }
        }
        self.writers = Some(writers);
    }

    /// Takes the facts of an object of one of the operator's kinds.
    pub fn insert(&mut self, kind: Kind, namespace: &str, name: &str, object: &Node<'_>) {
        self.add(Fact::of(kind, namespace, name, object));
    }

    /// Takes what is known of one object, in the place of what was known of it.
    pub fn add(&mut self, fact: Fact) {
        let Fact { namespace, name, about } = fact;
        let objects = self.namespaces.entry(namespace.clone()).or_default();
        match about {
            About::Instance(facts) => {
                let instances = match facts.kind {
                    InstanceKind::Cluster => &mut objects.clusters,
                    InstanceKind::Standalone => &mut objects.standalones,
                };
                instances.insert(name, facts);
            }
            About::Backup(facts) => {
                if let Some(writers) = &mut self.writers {
                    if let Some(known) = objects.backups.get(&name) {
                        writers.remove(&namespace, &name, known);
                    }
                    writers.add(&namespace, &name, &facts);
                }
                objects.backups.insert(&name, facts);
            }
            About::Restore(facts) => objects.restores.insert(&name, facts),
            About::ShardedDatabase(facts) => objects.sharded.insert(name, facts),
            About::Secret(facts) => objects.secrets.insert(name, facts),
            About::Namespace(facts) => objects.facts = Some(facts),
            About::Claim => {
                objects.claims.insert(name);
            }
            About::Account(account, facts) => drop(objects.accounts.insert(account, facts)),
            About::Run(facts) => drop(objects.runs.insert(name, facts)),
            About::Controlled(kind, controller) => {
                objects.controllers.insert((kind, name), controller);
            }
            About::Nothing => {}
        }
    }

    /// Takes what is known of an object that is to be applied, in the place of what was known of it: what it says itself, and
    /// what its status has said, which stays when it is applied.
    pub fn lay_over(&mut self, mut fact: Fact) {
        let kind = match &fact.about {
            About::Backup(_) => Some(Kind::Neo4jBackup),
            About::Restore(_) => Some(Kind::Neo4jRestore),
            _ => None,
        };
        if let Some(kind) = kind {
            let key = (kind, fact.namespace.clone(), fact.name.clone());
            // What a second file lays over it is no part of the cluster.
            if !self.stored.contains_key(&key) {
                let known = self.known(kind, &fact.namespace, &fact.name);
                self.stored.insert(key, known);
            }
        }
        if let About::Backup(facts) = &mut fact.about
            && let Lookup::Found(known) = self.backup(&fact.namespace, &fact.name)
        {
            facts.keep_status_of(known);
        }
        self.add(fact);
    }

    /// Whether a backup or restore is in the cluster, whatever is laid over it.
    pub fn is_stored(&self, kind: Kind, namespace: &str, name: &str) -> bool {
        let key = (kind, namespace.to_owned(), name.to_owned());
        match self.stored.get(&key) {
            Some(stored) => stored.is_some(),
            None => self.known(kind, namespace, name).is_some(),
        }
    }

    /// What a backup or restore in the cluster wants as an annotation of its account, whatever is laid over it.
    pub fn stored_identity(&self, kind: Kind, namespace: &str, name: &str, key: &str) -> Option<&str> {
        let stored = self
            .stored
            .get(&(kind, namespace.to_owned(), name.to_owned()))?
            .as_ref()?;
        stored.annotations.get(key).map(String::as_str)
    }

    /// The runs that are under way on an instance: the names of their Jobs, with what they run, as far as the cluster has it.
    pub fn runs_on(&self, namespace: &str, instance: &str) -> impl Iterator<Item = (&str, &RunFacts)> {
        let objects = self.namespaces.get(namespace).into_iter();
        let runs = objects.flat_map(|objects| objects.runs.iter());
        runs.filter(move |(_, run)| self.instance_of(run, namespace).as_deref() == Some(instance))
            .map(|(job, run)| (job.as_str(), run))
    }

    /// The instance that a run began on: that of the object in the cluster.
    fn instance_of(&self, run: &RunFacts, namespace: &str) -> Option<String> {
        let key = (run.kind, namespace.to_owned(), run.of.clone());
        let stored = self.stored.get(&key).cloned().flatten();
        stored.or_else(|| self.known(run.kind, namespace, &run.of))?.instance
    }

    fn known(&self, kind: Kind, namespace: &str, name: &str) -> Option<Stored> {
        let objects = self.namespaces.get(namespace)?;
        let (instance, annotations) = if kind == Kind::Neo4jBackup {
            let facts = objects.backups.get(name)?;
            (&facts.instance, &facts.storage.annotations)
        } else {
            let facts = objects.restores.get(name)?;
            (&facts.instance, &facts.annotations)
        };
        Some(Stored {
            instance: instance.clone(),
            annotations: annotations.clone(),
        })
    }

    /// Returns the controller that an object of a kind belongs to, or `None` if it belongs to none as far as is known.
    pub fn controller(&self, namespace: &str, kind: &'static str, name: &str) -> Option<&Controller> {
        let objects = self.namespaces.get(namespace)?;
        objects.controllers.get(&(kind, name.to_owned()))
    }

    /// The claim of this name.
    pub fn claim(&self, namespace: &str, name: &str) -> Lookup<'_, String> {
        let objects = self.namespaces.get(namespace);
        let found = objects.and_then(|objects| objects.claims.get(name));
        self.answer(Need::Claims, namespace, found)
    }

    /// Forgets an object.
    pub fn remove(&mut self, kind: Kind, namespace: &str, name: &str) {
        if let Some(writers) = &mut self.writers
            && let Some(objects) = self.namespaces.get(namespace).filter(|_| kind == Kind::Neo4jBackup)
            && let Some(facts) = objects.backups.get(name)
        {
            writers.remove(namespace, name, facts);
        }
        self.forget(namespace, |objects| match kind {
            Kind::Neo4jEnterpriseCluster => drop(objects.clusters.remove(name)),
            Kind::Neo4jEnterpriseStandalone => drop(objects.standalones.remove(name)),
            Kind::Neo4jBackup => objects.backups.remove(name),
            Kind::Neo4jRestore => objects.restores.remove(name),
            Kind::Neo4jShardedDatabase => {
                objects.sharded.remove(name);
            }
            Kind::Neo4jDatabase => {}
        });
    }

    /// Takes the key names of a Secret.
    pub fn insert_secret(&mut self, namespace: &str, name: &str, keys: impl IntoIterator<Item = String>) {
        self.add(Fact::of_secret(namespace, name, keys));
    }

    /// Takes the annotations of a namespace.
    pub fn insert_namespace(&mut self, namespace: &str, annotations: BTreeMap<String, String>) {
        self.add(Fact::of_namespace(namespace, annotations));
    }

    /// Forgets the annotations of a namespace.
    pub fn remove_namespace(&mut self, namespace: &str) {
        self.forget(namespace, |objects| objects.facts = None);
    }

    /// Takes what is known of one of the accounts of the Jobs, or that it is gone.
    pub fn set_account(&mut self, namespace: &str, account: Account, facts: Option<AccountFacts>) {
        match facts {
            Some(facts) => drop(self.namespace_mut(namespace).accounts.insert(account, facts)),
            None => self.forget(namespace, |objects| drop(objects.accounts.remove(&account))),
        }
    }

    /// Takes what is known of the Role of the backup account, or that it is gone.
    pub fn set_role(&mut self, namespace: &str, facts: Option<RoleFacts>) {
        match facts {
            Some(_) => self.namespace_mut(namespace).role = facts,
            None => self.forget(namespace, |objects| objects.role = None),
        }
    }

    /// Takes what is known of the `RoleBinding` of the backup account, or that it is gone.
    pub fn set_binding(&mut self, namespace: &str, facts: Option<BindingFacts>) {
        match facts {
            Some(_) => self.namespace_mut(namespace).binding = facts,
            None => self.forget(namespace, |objects| objects.binding = None),
        }
    }

    /// Takes the API version in which a kind is served: `v1beta1`.
    pub fn set_served(&mut self, kind: Kind, version: &str) {
        self.served.insert(kind, version.to_owned());
    }

    /// The API version in which a kind is served, once somebody has listed it.
    pub fn served(&self, kind: Kind) -> Option<&str> {
        self.served.get(&kind).map(String::as_str)
    }

    /// One of the accounts of the Jobs.
    pub fn account(&self, namespace: &str, account: Account) -> Lookup<'_, AccountFacts> {
        let found = self
            .namespaces
            .get(namespace)
            .and_then(|objects| objects.accounts.get(&account));
        self.answer(Need::Accounts, namespace, found)
    }

    /// The Role of the backup account.
    pub fn role(&self, namespace: &str) -> Lookup<'_, RoleFacts> {
        let found = self.namespaces.get(namespace).and_then(|objects| objects.role.as_ref());
        self.answer(Need::Roles, namespace, found)
    }

    /// The `RoleBinding` of the backup account.
    pub fn binding(&self, namespace: &str) -> Lookup<'_, BindingFacts> {
        let found = self
            .namespaces
            .get(namespace)
            .and_then(|objects| objects.binding.as_ref());
        self.answer(Need::Roles, namespace, found)
    }

    /// Every namespace that has a known backup or restore.
    pub fn namespaces_at_work(&self) -> impl Iterator<Item = &str> {
        self.namespaces
            .iter()
            .filter(|(_, objects)| !objects.backups.is_empty() || !objects.restores.is_empty())
            .map(|(name, _)| name.as_str())
    }

    /// The restore of this name.
    pub fn restore(&self, namespace: &str, name: &str) -> Lookup<'_, RestoreFacts> {
        self.answer(
            Need::Restores,
            namespace,
            self.namespaces
                .get(namespace)
                .and_then(|objects| objects.restores.get(name)),
        )
    }

    /// The instance of this name; a cluster wins over a standalone, as it does in the operator.
    pub fn instance(&self, namespace: &str, name: &str) -> Lookup<'_, InstanceFacts> {
        let objects = self.namespaces.get(namespace);
        let found = objects.and_then(|objects| objects.clusters.get(name).or_else(|| objects.standalones.get(name)));
        self.answer(Need::Instance, namespace, found)
    }

    /// The backup of this name.
    pub fn backup(&self, namespace: &str, name: &str) -> Lookup<'_, BackupFacts> {
        self.answer(
            Need::Backups,
            namespace,
            self.namespaces
                .get(namespace)
                .and_then(|objects| objects.backups.get(name)),
        )
    }

    /// The Secret of this name.
    pub fn secret(&self, namespace: &str, name: &str) -> Lookup<'_, SecretFacts> {
        self.answer(
            Need::Secrets,
            namespace,
            self.namespaces
                .get(namespace)
                .and_then(|objects| objects.secrets.get(name)),
        )
    }

    /// The namespace itself.
    pub fn namespace(&self, namespace: &str) -> Lookup<'_, NamespaceFacts> {
        self.answer(
            Need::Namespace,
            namespace,
            self.namespaces
                .get(namespace)
                .and_then(|objects| objects.facts.as_ref()),
        )
    }

    /// The `Neo4jShardedDatabase` of this name.
    pub fn sharded_database(&self, namespace: &str, name: &str) -> Lookup<'_, ShardedFacts> {
        let found = self
            .namespaces
            .get(namespace)
            .and_then(|objects| objects.sharded.get(name));
        self.answer(Need::ShardedDatabases, namespace, found)
    }

    /// The name of the `Neo4jShardedDatabase` that declares a database of this name on an instance, whatever it is called
    /// itself.
    pub fn sharded_database_of(&self, namespace: &str, instance: &str, database: &str) -> Lookup<'_, String> {
        let objects = self.namespaces.get(namespace).into_iter();
        let mut declared = objects.flat_map(|objects| objects.sharded.iter());
        let found = declared.find(|(_, facts)| facts.declares(instance, database));
        self.answer(Need::ShardedDatabases, namespace, found.map(|(name, _)| name))
    }

    /// Every known backup of a namespace, by name.
    pub fn backups(&self, namespace: &str) -> impl Iterator<Item = (&str, &BackupFacts)> {
        self.namespaces
            .get(namespace)
            .into_iter()
            .flat_map(|objects| objects.backups.iter())
    }

    /// Every known restore of a namespace, by name.
    pub fn restores(&self, namespace: &str) -> impl Iterator<Item = (&str, &RestoreFacts)> {
        self.namespaces
            .get(namespace)
            .into_iter()
            .flat_map(|objects| objects.restores.iter())
    }

    /// The known backups whose `chainFromBackup` is this one, those first that are not of the type `DIFF`.
    pub fn successors(&self, namespace: &str, name: &str) -> impl Iterator<Item = (&str, &BackupFacts)> {
        let objects = self.namespaces.get(namespace).into_iter();
        objects.flat_map(|objects| objects.backups.successors(name))
    }

    /// The other backups in the directory of a backup's chain that are of another instance or other databases.
    pub fn strangers_in_chain(&self, namespace: &str, name: &str, own: &BackupFacts, most: usize) -> Others<'_> {
        let objects = self.namespaces.get(namespace);
        objects.map_or_else(Others::default, |objects| {
            objects.backups.strangers_in_chain(name, own, most)
        })
    }

    /// The backups of other chains at the place of a backup, as the operator compares the places of replication sources.
    pub fn other_chains_at_source(&self, namespace: &str, name: &str, own: &BackupFacts, most: usize) -> Others<'_> {
        let objects = self.namespaces.get(namespace);
        objects.map_or_else(Others::default, |objects| {
            objects.backups.other_chains_at_source(name, own, most)
        })
    }

    /// The other backups that run by themselves on the instance of a backup, but for those that the operator lets wait for
    /// it.
    pub fn running_beside(&self, namespace: &str, name: &str, own: &BackupFacts, most: usize) -> Others<'_> {
        let objects = self.namespaces.get(namespace);
        objects.map_or_else(Others::default, |objects| {
            objects.backups.running_beside(name, own, most)
        })
    }

    /// The backups of other namespaces that write to the directory of a backup's chain, where namespaces are compared.
    pub fn writers_elsewhere(&self, namespace: &str, name: &str, own: &BackupFacts, most: usize) -> Elsewhere<'_> {
        let writers = self.writers.as_ref();
        writers.map_or_else(Elsewhere::default, |writers| {
            writers.elsewhere(namespace, name, own, most)
        })
    }

    /// The first other backup by name that wants another value for an annotation of the account of the backups, and which.
    pub fn other_backup_identity(&self, namespace: &str, name: &str, key: &str, value: &str) -> Option<(&str, &str)> {
        let backups = &self.namespaces.get(namespace)?.backups;
        backups.identities().other(name, key, value)
    }

    /// The first other restore by name that wants another value for an annotation of the account of the restores, and which.
    pub fn other_restore_identity(&self, namespace: &str, name: &str, key: &str, value: &str) -> Option<(&str, &str)> {
        let restores = &self.namespaces.get(namespace)?.restores;
        restores.identities().other(name, key, value)
    }

    fn answer<'i, T>(&'i self, need: Need, namespace: &str, found: Option<&'i T>) -> Lookup<'i, T> {
        if let Some(facts) = found {
            return Lookup::Found(facts);
        }
        match self.coverage_in(need, namespace) {
            Coverage::Full => Lookup::Absent,
            Coverage::Partial(why) => Lookup::Unknown(why),
        }
    }

    /// Forgets something of a namespace, and the namespace with the last of it: clusters make and delete them without end.
    fn forget(&mut self, namespace: &str, something: impl FnOnce(&mut NamespaceObjects)) {
        let Some(objects) = self.namespaces.get_mut(namespace) else {
            return;
        };
        something(objects);
        if **objects == NamespaceObjects::default() {
            self.namespaces.remove(namespace);
        }
    }

    fn namespace_mut(&mut self, namespace: &str) -> &mut NamespaceObjects {
        self.namespaces.entry(namespace.to_owned()).or_default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Namespaces that come and go must not make it grow, whatever was in them and in whatever order it went.
    #[test]
    fn a_namespace_that_is_gone_leaves_nothing() {
        let nothing = Node::from(json!({}));
        let mut inventory = Inventory::default();
        for kind in Kind::ALL {
            inventory.insert(kind, "brief", "one", &nothing);
        }
        inventory.insert_namespace("brief", BTreeMap::new());
        inventory.set_account("brief", Account::Backup, Some(AccountFacts::default()));
        inventory.set_role("brief", Some(RoleFacts::default()));
        inventory.set_binding("brief", Some(BindingFacts::of(&nothing, "brief")));
        inventory.insert_namespace("lasting", BTreeMap::new());

        inventory.remove_namespace("brief");
        inventory.set_binding("brief", None);
        inventory.set_role("brief", None);
        inventory.set_account("brief", Account::Backup, None);
        for kind in Kind::ALL {
            assert!(
                inventory.namespaces.contains_key("brief"),
                "{kind:?} is forgotten too early"
            );
            inventory.remove(kind, "brief", "one");
        }
        let left: Vec<&String> = inventory.namespaces.keys().collect();
        assert_eq!(left, ["lasting"]);
    }

    /// Deletions of what was never seen are the rule for watches of single names.
    #[test]
    fn what_was_never_there_leaves_nothing_when_it_goes() {
        let mut inventory = Inventory::default();
        inventory.remove_namespace("unknown");
        inventory.set_account("unknown", Account::Restore, None);
        inventory.set_role("unknown", None);
        inventory.set_binding("unknown", None);
        for kind in Kind::ALL {
            inventory.remove(kind, "unknown", "one");
        }
        assert_eq!(inventory, Inventory::default());
    }
}
