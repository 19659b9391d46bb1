//! Which checks and rules were applied to which object: what an examination looked at and found to be good.

use crate::check::{Check, Looks};
use crate::examine::{Options, context, manifests, missing};
use crate::live::Cluster;
use crate::model::ObjectRef;
use crate::registry;
use crate::subject::{Door, Subject};

/// A check or rule that was applied.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Applied {
    /// The object that was looked at; `None` for the cluster as a whole.
    pub subject: Option<ObjectRef>,
    /// The code of the check or rule.
    pub code: &'static str,
    /// Its name.
    pub name: &'static str,
}

/// Returns everything that [`examine`](crate::examine::examine) applies with the same options. It is a list as long as there
/// are objects times checks, and so made for those only who want to read it.
pub fn applied(cluster: &Cluster<'_>, options: &Options<'_>) -> Vec<Applied> {
    let mut applied = Vec::new();
    for check in registry::checks() {
        let meta = check.meta();
        if (options.selects)(meta.code, meta.name) {
            of_check(*check, cluster, options, &mut applied);
        }
    }
    let context = context(cluster, options);
    for (_, object) in manifests(cluster, options) {
        let subject = Subject::of(object, Door::Create, &context);
        let Some((subject, reference)) = subject.zip(ObjectRef::of(object)) else {
            continue;
        };
        let rules = registry::all().iter().map(|rule| rule.meta());
        let rules = rules.filter(|meta| meta.kinds.contains(&subject.kind) && (options.selects)(meta.code, meta.name));
        applied.extend(rules.map(|meta| Applied {
            subject: Some(reference.clone()),
            code: meta.code,
            name: meta.name,
        }));
    }
    applied
}

fn of_check(check: &dyn Check, cluster: &Cluster<'_>, options: &Options<'_>, applied: &mut Vec<Applied>) {
    let meta = check.meta();
    for looks in meta.looks {
        let subjects = subjects(*looks, cluster).into_iter().filter(|subject| {
            let Some(subject) = subject else { return true };
            options.looks_at(*looks, &subject.namespace, &subject.name)
        });
        for subject in subjects {
            let namespace = subject.as_ref().map(|subject| subject.namespace.as_str());
            if missing(meta, cluster, namespace).is_empty() {
                applied.push(Applied {
                    subject,
                    code: meta.code,
                    name: meta.name,
                });
            }
        }
    }
}

fn subjects(looks: Looks, cluster: &Cluster<'_>) -> Vec<Option<ObjectRef>> {
    match looks {
        Looks::AtCluster => vec![None],
        Looks::AtBackups => cluster.backups.iter().map(|of| Some(of.reference())).collect(),
        Looks::AtRestores => cluster.restores.iter().map(|of| Some(of.reference())).collect(),
        Looks::AtInstances => cluster.instances.iter().map(|of| Some(of.reference())).collect(),
        Looks::AtPlainCronJobs => {
            let cron_jobs = cluster.plain_cron_jobs.iter();
            cron_jobs.map(|of| Some(of.reference())).collect()
        }
    }
}
