use std::collections::BTreeMap;

use crate::check::prelude::*;
use crate::logs::REFUSED_BY_CLOUD;
use crate::model::Account;

declare_check! {
    /// Several backups, or several restores, want different identities on the account that they share.
    ///
    /// ## What it looks at
    /// The identities that the live backups and restores of a namespace declare, and the events
    /// `ServiceAccountAnnotationConflict` of the last quarter of an hour.
    ///
    /// ## Why it matters
    /// All Jobs of one sort in a namespace run as one account. Whichever object the operator looks at last writes its
    /// identity there, every 30 seconds for ever, and a pod gets the one that is there when it starts.
    ///
    /// ## How to mend it
    /// Give all of them one identity that may reach all their places, or move some to another namespace.
    AccountContended {
        code: "NB3103", name: "account-contended", severity: Warning,
        looks: [AtCluster], needs: [], explains: ["NB3004", "NB3102", "NB6003"], since: "0.2",
    }
}

/// So many seconds after the last event the conflict counts as over.
const FRESH: i64 = 15 * 60;

/// So many objects are told of one by one.
const TOLD: usize = 6;

/// Who wants something of an account.
#[derive(Default)]
struct Wishes {
    /// By annotation and value.
    wanted: BTreeMap<String, BTreeMap<String, Vec<ObjectRef>>>,
    /// What the operator noted of the conflict, as signs.
    events: Vec<(ObjectRef, Evidence)>,
    /// Whether some of them failed, and not because a cloud refused them.
    fail_otherwise: bool,
}

impl Check for AccountContended {
    fn check_cluster(&self, cluster: &Cluster<'_>, report: &mut Report) {
        let mut accounts: BTreeMap<(&str, Account), Wishes> = BTreeMap::new();
        for backup in &cluster.backups {
            if backup.deleted.is_some() || backup.phase == "Completed" {
                continue;
            }
            let annotations = backup.spec().storage().cloud.identity_annotations();
            let event = backup.event(CONFLICT).filter(|event| is_fresh(event, cluster));
            if annotations.is_empty() && event.is_none() {
                continue;
            }
            let wishes = accounts.entry((&backup.namespace, Account::Backup)).or_default();
            wishes.add(&backup.reference(), annotations, event);
            let failure = backup.series().failure();
            wishes.fail_otherwise |= failure.is_some_and(|(_, _, class)| !REFUSED_BY_CLOUD.contains(&&*class.name));
        }
        for restore in &cluster.restores {
            if restore.deleted.is_some() || restore.has_ended() {
                continue;
            }
            let annotations = restore.spec().storage().cloud.identity_annotations();
            let event = restore.event(CONFLICT).filter(|event| is_fresh(event, cluster));
            if annotations.is_empty() && event.is_none() {
                continue;
            }
            let wishes = accounts.entry((&restore.namespace, Account::Restore)).or_default();
            wishes.add(&restore.reference(), annotations, event);
        }
        for ((namespace, account), wishes) in accounts {
            say(namespace, account, wishes, report);
        }
    }
}

const CONFLICT: &str = "ServiceAccountAnnotationConflict";

fn is_fresh(event: &Event<'_>, cluster: &Cluster<'_>) -> bool {
    event
        .last
        .is_some_and(|last| cluster.now.as_second() - last.as_second() <= FRESH)
}

impl Wishes {
    fn add(&mut self, object: &ObjectRef, annotations: BTreeMap<String, String>, event: Option<&Event<'_>>) {
        for (key, value) in annotations {
            self.wanted
                .entry(key)
                .or_default()
                .entry(value)
                .or_default()
                .push(object.clone());
        }
        let event = event.map(|event| (object.clone(), Evidence::event(object.clone(), event)));
        self.events.extend(event);
    }
}

fn say(namespace: &str, account: Account, wishes: Wishes, report: &mut Report) {
    let contended = wishes.wanted.iter().find(|(_, values)| values.len() > 1);
    let mut objects: Vec<ObjectRef> = wishes.events.iter().map(|(object, _)| object.clone()).collect();
    let message = if let Some((key, values)) = contended {
        let mut wanted = values
            .iter()
            .filter_map(|(value, objects)| Some((value, objects.first()?)));
        let told: Vec<String> = wanted
            .by_ref()
            .take(2)
            .map(|(value, object)| format!("{} wants {}", name(&object.name), quoted(value)))
            .collect();
        let more = match wanted.count() {
            0 => String::new(),
            1 => ", and 1 more another".to_owned(),
            more => format!(", and {more} more others"),
        };
        objects.extend(values.values().flatten().cloned());
        let (account, key) = (account.name(), name(key));
        format!(
            "ServiceAccount {account} changes its identity all the time: of {key} {}{more}",
            told.join(", ")
        )
    } else if let Some((object, _)) = wishes.events.first() {
        format!(
            "ServiceAccount {} changes its identity: {} found another one there",
            account.name(),
            name(&object.name)
        )
    } else {
        return;
    };
    objects.sort_by(|one, other| (&one.kind, &one.name).cmp(&(&other.kind, &other.name)));
    objects.dedup();
    let at = ObjectRef {
        api_version: "v1".to_owned(),
        kind: "ServiceAccount".to_owned(),
        namespace: namespace.to_owned(),
        name: account.name().to_owned(),
    };
    let diagnosis = report.say(at, message);
    if wishes.fail_otherwise {
        diagnosis.explains = &["NB3004", "NB3102"];
    }
    diagnosis
        .all_evidence(wishes.events.into_iter().take(TOLD).map(|(_, evidence)| evidence))
        .affects(Affects::Objects(objects))
        .help("give all of them one identity that may reach all their places, or move some to another namespace")
        .command(format!(
            "kubectl get serviceaccount/{} -n {namespace} -o yaml",
            account.name()
        ));
}
