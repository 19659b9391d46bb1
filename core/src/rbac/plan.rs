//! From what is there to what has to be applied.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::declaration::declared;
use super::needs::grants_of_jobs;
use super::wanted::wanted_by_objects;
use super::{CLUSTER_ROLE, ROLE, ROLE_BINDING};
use crate::facts::{BindingFacts, Coverage, Inventory, Lookup, Need, RoleFacts, RoleReference};
use crate::model::{Account, Provider};
use crate::schema::{Era, Kind};
use crate::settings::Settings;

/// An object that is looked after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RbacObject {
    /// One of the two `ServiceAccounts`.
    ServiceAccount(Account),
    /// `neo4j-backup-rolebinding`.
    RoleBinding,
}

impl RbacObject {
    /// The name of the object.
    pub fn name(self) -> &'static str {
        match self {
            Self::ServiceAccount(account) => account.name(),
            Self::RoleBinding => ROLE_BINDING,
        }
    }

    /// The kind of the object.
    pub fn kind(self) -> &'static str {
        match self {
            Self::ServiceAccount(_) => "ServiceAccount",
            Self::RoleBinding => "RoleBinding",
        }
    }
}

/// One server-side apply.
#[derive(Debug, Clone, PartialEq)]
pub struct Apply {
    /// Where.
    pub namespace: String,
    /// What.
    pub object: RbacObject,
    /// Everything that our field manager says of it; what it no longer says, the API server takes away.
    pub manifest: Value,
    /// Whether the fields are taken over from another manager. Never for annotations: those are the operator's, too.
    pub force: bool,
}

/// Something that a person has to decide. Names of objects, never values.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Issue {
    /// More than one identity of a cloud is wanted on one account; nothing is written.
    IdentityConflict {
        /// Where.
        namespace: String,
        /// On which account.
        account: Account,
        /// Of which cloud.
        provider: Provider,
    },
    /// What the namespace or the settings declare is no identity of that cloud; nothing is written.
    Malformed {
        /// Where.
        namespace: String,
        /// Of which cloud.
        provider: Provider,
    },
    /// The `RoleBinding` gives the backup account other rights than its Jobs need. What it gives cannot be changed.
    BindingElsewhere {
        /// Where.
        namespace: String,
    },
    /// A Role of an operator that is gone still lets the Jobs run commands in every pod.
    LeftoverRole {
        /// Where.
        namespace: String,
        /// `metadata.uid` of the Role.
        uid: String,
    },
}

/// What is to be done, and what is to be said.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plan {
    /// The applies that would change something, by namespace.
    pub applies: Vec<Apply>,
    /// What stands in the way, by namespace.
    pub issues: Vec<Issue>,
}

/// What is missing in each namespace that has a backup or a restore. `operator` is the version that is installed, when
/// somebody has said it.
///
/// Nothing is planned on half a picture: while a list is incomplete, an object that seems to be missing may be there.
/// Planned again on the outcome of its own applies, the plan is empty.
pub fn plan(inventory: &Inventory, settings: &Settings, operator: Option<Era>) -> Plan {
    let mut plan = Plan::default();
    let known = |need| *inventory.coverage(need) == Coverage::Full;
    if ![Need::Backups, Need::Restores, Need::Namespace, Need::Accounts]
        .into_iter()
        .all(known)
    {
        return plan;
    }
    let dialect = Dialect::of(inventory, operator);
    for namespace in inventory.namespaces_at_work() {
        // A namespace that is gone takes nothing any more; its objects follow.
        if matches!(inventory.namespace(namespace), Lookup::Absent) {
            continue;
        }
        let within = Namespace {
            inventory,
            settings,
            name: namespace,
        };
        for account in dialect.accounts() {
            within.account(*account, &mut plan);
        }
        if known(Need::Roles) {
            match dialect {
                Dialect::ServedByPods => within.binding(&mut plan),
                Dialect::Newer | Dialect::LateAlpha => within.leftover(&mut plan),
                Dialect::Unknown => {}
            }
        }
    }
    plan
}

/// Which accounts and roles the operator expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dialect {
    /// v1alpha1 where nothing says that it is 1.0 or later: Jobs run commands in the backup pod and need rights for it.
    ServedByPods,
    /// v1alpha1 of operator 1.0 to 1.6: no rights, and no account for restores.
    LateAlpha,
    /// v1beta1: two accounts without rights.
    Newer,
    /// Nobody has listed a backup yet.
    Unknown,
}

impl Dialect {
    fn of(inventory: &Inventory, operator: Option<Era>) -> Self {
        match inventory.served(Kind::Neo4jBackup) {
            Some("v1alpha1") if operator.is_some_and(|era| era >= Era::V1_0) => Self::LateAlpha,
            Some("v1alpha1") => Self::ServedByPods,
            Some(_) => Self::Newer,
            None => Self::Unknown,
        }
    }

    fn accounts(self) -> &'static [Account] {
        match self {
            Self::ServedByPods | Self::LateAlpha => &[Account::Backup],
            Self::Newer => &Account::ALL,
            Self::Unknown => &[],
        }
    }
}

/// One namespace.
struct Namespace<'p> {
    inventory: &'p Inventory,
    settings: &'p Settings,
    name: &'p str,
}

impl<'p> Namespace<'p> {
    fn account(&self, account: Account, plan: &mut Plan) {
        let facts = self.inventory.account(self.name, account).found();
        let there = |key: &str| facts.and_then(|facts| facts.annotations.get(key));
        let ours = |key: &str| facts.is_some_and(|facts| facts.applied.contains(key));
        let mut said: BTreeMap<&str, &str> = BTreeMap::new();
        for provider in Provider::ALL {
            let key = provider.identity_annotation();
            let standing = there(key).map(String::as_str);
            match self.wish(account, provider, standing, ours(key)) {
                Wish::Say(identity) => drop(said.insert(key, identity)),
                Wish::Silence => {}
                // What cannot be decided stays as it is, also where it is ours.
                Wish::Issue(report) => {
                    plan.issues.push(report);
                    if let Some(standing) = standing.filter(|_| ours(key)) {
                        said.insert(key, standing);
                    }
                }
            }
        }
        let applied: BTreeMap<&str, &str> = facts.map_or_else(BTreeMap::new, |facts| {
            let applied = facts.applied.iter();
            applied
                .filter_map(|key| Some((key.as_str(), facts.annotations.get(key)?.as_str())))
                .collect()
        });
        if facts.is_some() && applied == said {
            return;
        }
        let mut metadata = json!({"name": account.name(), "namespace": self.name});
        if !said.is_empty() {
            metadata["annotations"] = json!(said);
        }
        plan.applies.push(Apply {
            namespace: self.name.to_owned(),
            object: RbacObject::ServiceAccount(account),
            manifest: json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}),
            force: false,
        });
    }

    /// What we say of one annotation of one account, where `standing` is there now and may be `ours`.
    fn wish(&self, account: Account, provider: Provider, standing: Option<&'p str>, ours: bool) -> Wish<'p> {
        let declared = declared(self.name, provider, self.inventory, self.settings);
        if declared.is_some_and(|declared| !declared.is_well_formed()) {
            return Wish::Issue(Issue::Malformed {
                namespace: self.name.to_owned(),
                provider,
            });
        }
        let declared = declared.map(|declared| declared.identity);
        let objects = wanted_by_objects(self.inventory, self.name, account, provider);
        let mut wanted: BTreeSet<&str> = objects.into_keys().collect();
        wanted.extend(declared);
        if let Some(standing) = standing.filter(|_| !ours && declared.is_some()) {
            wanted.insert(standing);
        }
        if wanted.len() > 1 {
            return Wish::Issue(Issue::IdentityConflict {
                namespace: self.name.to_owned(),
                account,
                provider,
            });
        }
        match declared {
            // Somebody else has written it already: the operator, or a person.
            Some(declared) if standing == Some(declared) && !ours => Wish::Silence,
            Some(declared) => Wish::Say(declared),
            None => Wish::Silence,
        }
    }

    /// A binding of the operator's own, with a Role that has exactly the rights, is as good as ours.
    fn binding(&self, plan: &mut Plan) {
        if self.inventory.backups(self.name).next().is_none() {
            return;
        }
        let is_exact = |role: &RoleFacts| !role.by_name && role.grants == grants_of_jobs();
        let binding = self.inventory.binding(self.name).found();
        let is_right = match binding.map(|binding| &binding.role) {
            None => true,
            Some(RoleReference::ClusterRole(name)) => name == CLUSTER_ROLE,
            Some(RoleReference::Role(name)) => {
                name == ROLE
                    && binding.is_some_and(|binding| binding.binds_account)
                    && self.inventory.role(self.name).found().is_some_and(is_exact)
            }
        };
        if !is_right {
            plan.issues.push(Issue::BindingElsewhere {
                namespace: self.name.to_owned(),
            });
        } else if !binding.is_some_and(|binding| binding.binds_account) {
            plan.applies.push(Apply {
                namespace: self.name.to_owned(),
                object: RbacObject::RoleBinding,
                manifest: self.binding_manifest(binding),
                // The operator makes it once and never fixes it, so there is nobody to fight with.
                force: true,
            });
        }
    }

    /// The subjects are one value to the API server: those that others have put there are said again.
    fn binding_manifest(&self, present: Option<&BindingFacts>) -> Value {
        let mut subjects = present.map(|binding| binding.subjects.clone()).unwrap_or_default();
        subjects.push(json!({
            "kind": "ServiceAccount", "name": Account::Backup.name(), "namespace": self.name,
        }));
        json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
            "metadata": {"name": ROLE_BINDING, "namespace": self.name},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": CLUSTER_ROLE},
            "subjects": subjects,
        })
    }

    fn leftover(&self, plan: &mut Plan) {
        if let Some(role) = self.inventory.role(self.name).found()
            && role.grants_exec()
        {
            plan.issues.push(Issue::LeftoverRole {
                namespace: self.name.to_owned(),
                uid: role.uid.clone(),
            });
        }
    }
}

enum Wish<'w> {
    /// The annotation has this value.
    Say(&'w str),
    /// It is none of ours.
    Silence,
    /// A person has to decide.
    Issue(Issue),
}
