//! From what is there to the steps that lead to what has to be there.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::content::{applied, authored};
use super::evidence::{REPAIRER, doubt};
use super::keeper::Keeper;
use super::needed::{Needed, Rights};
use super::part::Part;
use super::rights::{beyond_needed, missing_rules, needed_rules};
use super::step::{Action, Observed, OtherBindings, Remark, Repair, Step, names};
use crate::facts::{Inventory, is_backup_account};
use crate::model::{Account, Provider};
use crate::rbac::declaration::{DeclaredBy, declared};
use crate::rbac::wanted::wanted_by_objects;
use crate::rbac::{CLUSTER_ROLE, ROLE, ROLE_BINDING};
use crate::settings::Settings;

/// Returns what has to be done in the namespaces that were observed, for an operator that expects `needed`. Observed again
/// after all of its steps, there is nothing to be done.
pub fn repair(observed: &[Observed], inventory: &Inventory, settings: &Settings, needed: Needed) -> Repair {
    let mut repair = Repair::default();
    for observed in observed {
        let within = Within {
            observed,
            inventory,
            settings,
        };
        for account in Account::ALL.into_iter().filter(|account| needed.has(*account)) {
            within.account(account, &mut repair);
        }
        match needed.rights {
            Rights::InPods => within.rights(&mut repair),
            Rights::None => within.leftovers(&mut repair),
            Rights::Untouched => {}
        }
    }
    repair
}

struct Within<'o> {
    observed: &'o Observed,
    inventory: &'o Inventory,
    settings: &'o Settings,
}

impl Within<'_> {
    fn namespace(&self) -> &str {
        &self.observed.namespace
    }

    fn stored(&self, part: Part) -> Option<&Value> {
        self.observed.objects.get(&part)
    }

    fn account(&self, account: Account, repair: &mut Repair) {
        let has_jobs = match account {
            Account::Backup => self.inventory.backups(self.namespace()).next().is_some(),
            Account::Restore => self.inventory.restores(self.namespace()).next().is_some(),
        };
        if !has_jobs {
            return;
        }
        let mut annotations = BTreeMap::new();
        let undecided = repair.remarks.len();
        for provider in Provider::ALL {
            if let Some(identity) = self.identity(account, provider, &mut repair.remarks) {
                annotations.insert(provider.identity_annotation(), identity);
            }
        }
        if repair.remarks.len() > undecided {
            return;
        }
        let part = Part::of_account(account);
        let stored = self.stored(part);
        let standing = |key: &str| stored.and_then(|stored| stored["metadata"]["annotations"][key].as_str());
        if stored.is_some()
            && annotations
                .iter()
                .all(|(key, identity)| standing(key) == Some(identity))
        {
            return;
        }
        // What an apply leaves out, it takes away.
        let ours = stored.map(applied_annotations).unwrap_or_default();
        let mut said: Map<String, Value> = ours
            .into_iter()
            .filter_map(|key| Some((key.to_owned(), standing(key)?.into())))
            .collect();
        said.extend(
            annotations
                .into_iter()
                .map(|(key, identity)| (key.to_owned(), identity.into())),
        );
        let mut manifest = self.manifest(part);
        if !said.is_empty() {
            manifest["metadata"]["annotations"] = said.into();
        }
        repair.steps.push(self.write(part, manifest, false));
    }

    /// The identity of a cloud that an account has to carry; `None` where none is declared, or a remark says why not.
    fn identity(&self, account: Account, provider: Provider, remarks: &mut Vec<Remark>) -> Option<String> {
        let namespace = self.namespace();
        let mut wanted: BTreeMap<String, Vec<String>> = wanted_by_objects(self.inventory, namespace, account, provider)
            .into_iter()
            .map(|(identity, by)| (identity.to_owned(), by.into_iter().collect()))
            .collect();
        let is_identity = |identity: &str| provider.has_identity(identity);
        let mut malformed = wanted.keys().find(|identity| !is_identity(identity)).cloned();
        if let Some(declared) = declared(namespace, provider, self.inventory, self.settings) {
            let by = match declared.by {
                DeclaredBy::Namespace => format!("namespace/{namespace}"),
                DeclaredBy::Settings => "settings".to_owned(),
            };
            if malformed.is_none() && !declared.is_well_formed() {
                malformed = Some(declared.identity.to_owned());
            }
            wanted.entry(declared.identity.to_owned()).or_default().push(by);
        }
        let namespace = namespace.to_owned();
        if let Some(identity) = malformed {
            let by = wanted.remove(&identity).unwrap_or_default();
            remarks.push(Remark::Malformed {
                namespace,
                account,
                provider,
                identity,
                by,
            });
            return None;
        }
        if wanted.len() > 1 {
            remarks.push(Remark::Conflict {
                namespace,
                account,
                provider,
                wanted,
            });
            return None;
        }
        wanted.into_keys().next()
    }

    fn rights(&self, repair: &mut Repair) {
        if self.inventory.backups(self.namespace()).next().is_none() {
            return;
        }
        let binding = self.stored(Part::RoleBinding);
        let bound = binding.map(|binding| {
            let text = |key: &str| binding["roleRef"][key].as_str().unwrap_or_default();
            (text("kind"), text("name"))
        });
        if bound != Some(("ClusterRole", CLUSTER_ROLE)) {
            let stored = self.stored(Part::Role).and_then(|role| role["rules"].as_array());
            let stored = stored.cloned().unwrap_or_default();
            let missing = missing_rules(&stored);
            if !missing.is_empty() {
                let mut manifest = self.manifest(Part::Role);
                manifest["rules"] = if stored.is_empty() {
                    needed_rules().into()
                } else {
                    stored.into_iter().chain(missing).collect()
                };
                repair.steps.push(self.write(Part::Role, manifest, true));
            }
        }
        let subjects = binding.and_then(|binding| binding["subjects"].as_array());
        let mut subjects = subjects.cloned().unwrap_or_default();
        let is_right = matches!(bound, None | Some(("ClusterRole", CLUSTER_ROLE) | ("Role", ROLE)));
        if !is_right {
            // Who had another role by the binding must not come to run commands in pods by it.
            let (kind, name) = bound.unwrap_or_default();
            repair.remarks.extend((!subjects.is_empty()).then(|| Remark::Loses {
                namespace: self.namespace().to_owned(),
                kind: kind.to_owned(),
                name: name.to_owned(),
                subjects: subjects.iter().map(subject_name).collect(),
            }));
            subjects.clear();
        }
        let is_named = subjects
            .iter()
            .any(|subject| is_backup_account(subject, self.namespace()));
        if is_named {
            return;
        }
        if bound != Some(("ClusterRole", CLUSTER_ROLE)) {
            let rules = self.stored(Part::Role).and_then(|role| role["rules"].as_array());
            let further = beyond_needed(rules.map(Vec::as_slice).unwrap_or_default());
            repair.remarks.extend((!further.is_empty()).then(|| Remark::Further {
                namespace: self.namespace().to_owned(),
                actions: further,
            }));
        }
        subjects.push(json!({
            "kind": "ServiceAccount", "name": Account::Backup.name(), "namespace": self.namespace(),
        }));
        let mut manifest = self.manifest(Part::RoleBinding);
        manifest["roleRef"] = match binding {
            Some(binding) if is_right => binding["roleRef"].clone(),
            _ => json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": ROLE}),
        };
        manifest["subjects"] = subjects.into();
        let mut step = self.write(Part::RoleBinding, manifest, true);
        if !is_right {
            step.action = Action::Recreate;
            step.manifest = step.manifest.map(|manifest| recreated(&manifest, step.before.as_ref()));
        }
        repair.steps.push(step);
    }

    fn leftovers(&self, repair: &mut Repair) {
        let mut is_bound = false;
        for part in [Part::RoleBinding, Part::Role] {
            let Some(object) = self.stored(part) else { continue };
            let why = doubt(part, object, self.namespace()).or_else(|| match (part, &self.observed.others) {
                (Part::Role, _) if is_bound => Some(format!("{ROLE_BINDING} still binds it")),
                (Part::Role, OtherBindings::Unknown) => {
                    Some("the RoleBindings of the namespace cannot be listed, and another one may bind it".to_owned())
                }
                (Part::Role, OtherBindings::Known(others)) if !others.is_empty() => {
                    Some(format!("it is bound by {} too", names(others)))
                }
                _ => None,
            });
            let Some(why) = why else {
                repair.steps.push(self.step(part, Action::Remove, None, false));
                continue;
            };
            // A binding of another role has nothing to do with the operator, and gives nothing of the Role.
            is_bound |= part == Part::RoleBinding && object["roleRef"]["name"] == ROLE;
            repair.remarks.push(Remark::Doubtful {
                namespace: self.namespace().to_owned(),
                part,
                why,
            });
        }
    }

    /// What an apply says of an object in any case. Where the object is there, it is that one, as it was seen.
    fn manifest(&self, part: Part) -> Value {
        let mut metadata = json!({"name": part.name(), "namespace": self.namespace()});
        if let Some(stored) = self.stored(part) {
            for key in ["uid", "resourceVersion"] {
                metadata[key] = stored["metadata"][key].clone();
            }
        }
        json!({"apiVersion": part.api_version(), "kind": part.kind(), "metadata": metadata})
    }

    fn write(&self, part: Part, manifest: Value, takes_over: bool) -> Step {
        let action = match self.stored(part) {
            Some(_) => Action::Change,
            None => Action::Create,
        };
        // What appears meanwhile is not taken over from whoever has made it.
        let takes_over = takes_over && action == Action::Change;
        self.step(part, action, Some(manifest), takes_over)
    }

    fn step(&self, part: Part, action: Action, manifest: Option<Value>, takes_over: bool) -> Step {
        let before = self.stored(part).cloned();
        Step {
            namespace: self.namespace().to_owned(),
            part,
            action,
            keeper: before.as_ref().and_then(Keeper::of),
            before,
            manifest,
            takes_over,
        }
    }
}

/// A subject of a binding, for people: `User jane`.
fn subject_name(subject: &Value) -> String {
    let text = |key: &str| subject[key].as_str().unwrap_or_default();
    match text("namespace") {
        "" => format!("{} {}", text("kind"), text("name")),
        namespace => format!("{} {namespace}/{}", text("kind"), text("name")),
    }
}

/// A binding that takes the place of another one, with everything but what it binds.
fn recreated(manifest: &Value, before: Option<&Value>) -> Value {
    let mut made = manifest.clone();
    let metadata = before.map(|before| authored(before)["metadata"].clone());
    made["metadata"] = applied(metadata.as_ref(), &made["metadata"]);
    authored(&made)
}

/// The annotations that a repair has applied before.
fn applied_annotations(object: &Value) -> Vec<&str> {
    let entries = object["metadata"]["managedFields"].as_array().into_iter().flatten();
    entries
        .filter(|entry| entry["manager"] == REPAIRER && entry["operation"] == "Apply")
        .filter_map(|entry| entry["fieldsV1"]["f:metadata"]["f:annotations"].as_object())
        .flat_map(Map::keys)
        .filter_map(|key| key.strip_prefix("f:"))
        .collect()
}
