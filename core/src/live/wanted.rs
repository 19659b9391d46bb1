//! What more is to be read, after what is known already.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{Cluster, CronJob, Installation, Job, Outcome, Pod, Run, Webhook};
use crate::document::Node;
use crate::facts::LocationFacts;
use crate::model;
use crate::schema::Kind;
use crate::snapshot::{LogOf, Resource, Snapshot};

/// So many Secrets are looked at.
const MOST_SECRETS: usize = 64;

/// So many services of webhooks are looked at.
const MOST_SERVICES: usize = 16;

/// So many backup pods are looked at, of those that are not ready.
const MOST_BACKUP_PODS: usize = 16;

/// So many logs are read. What is wrong shows in the newest.
const MOST_LOGS: usize = 48;

/// So many pods of one Job are looked at, the newest.
const MOST_PODS: usize = 2;

/// The Secrets that backups, restores and the `CronJobs` of backups name, by namespace and name, and whether there are more than are worth asking for.
pub fn secrets(snapshot: &Snapshot) -> (Vec<(String, String)>, bool) {
    let mut names = BTreeSet::new();
    for resource in [Resource::Backups, Resource::Restores] {
        for stored in snapshot.objects(resource) {
            if !snapshot.covers(&stored.namespace) {
                continue;
            }
            let named = secrets_of(&stored.node()).into_iter();
            names.extend(named.map(|name| (stored.namespace.to_string(), name)));
        }
    }
    for stored in snapshot.objects(Resource::CronJobs) {
        // Most name none, and reading an object takes longer than a look at its text.
        let names_secret = ["secretKeyRef", "secretRef", "secretName"];
        if snapshot.covers(&stored.namespace) && names_secret.iter().any(|key| stored.text().contains(key)) {
            let cron_job = CronJob::of(&stored.node());
            let is_backup = cron_job.runs_neo4j_admin();
            let secrets = cron_job.secrets.into_iter().filter(|_| is_backup);
            names.extend(secrets.map(|of| (stored.namespace.to_string(), of.secret.into_owned())));
        }
    }
    first_secrets(names)
}

/// Those of the Secrets that are worth asking for, and whether there are more.
pub fn first_secrets(names: BTreeSet<(String, String)>) -> (Vec<(String, String)>, bool) {
    let are_more = names.len() > MOST_SECRETS;
    (names.into_iter().take(MOST_SECRETS).collect(), are_more)
}

/// The Secrets that a backup or restore names; none of an object of another kind.
pub fn secrets_of(object: &Node<'_>) -> Vec<String> {
    let places = match Kind::of(object) {
        Some((Kind::Neo4jBackup, _)) => vec![LocationFacts::of(&model::Backup::of(object).storage())],
        Some((Kind::Neo4jRestore, _)) => {
            let restore = model::Restore::of(object);
            vec![
                LocationFacts::of(&restore.storage()),
                LocationFacts::of(&restore.base_storage()),
                LocationFacts::of(&restore.log_storage()),
            ]
        }
        _ => Vec::new(),
    };
    places.into_iter().filter_map(|place| place.credentials).collect()
}

/// The backup pods of clusters of old operators that are not ready, by namespace and name. They have no label that all of
/// those operators write, so that a list of labelled pods may lack them.
pub fn backup_pods(snapshot: &Snapshot) -> Vec<(String, String)> {
    let mut pods = Vec::new();
    for stored in snapshot.objects(Resource::Clusters) {
        let set = format!("{}-backup", stored.name);
        let Some(set_object) = snapshot.object(Resource::StatefulSets, &stored.namespace, &set) else {
            continue;
        };
        let pod = format!("{set}-0");
        let is_read = snapshot.object(Resource::Pods, &stored.namespace, &pod).is_some();
        let set_object = set_object.node();
        let is_ready = set_object
            .at("status.readyReplicas")
            .and_then(Node::scalar_text)
            .is_some_and(|ready| ready != "0");
        if !is_read && !is_ready && pods.len() < MOST_BACKUP_PODS {
            pods.push((stored.namespace.to_string(), pod));
        }
    }
    pods
}

/// For so many seconds the operator may leave an object alone.
const PATIENCE: i64 = 60;

/// Whether the operator has left one of the objects that were asked for alone, though it had the time: it has written
/// nothing about it, nothing about its present spec, or does not let it go. Then objects of other namespaces, and the log of
/// the operator, may say why.
pub fn has_stalled(cluster: &Cluster<'_>) -> bool {
    let is_old =
        |time: Option<Timestamp>| time.is_none_or(|time| cluster.now.as_second() - time.as_second() > PATIENCE);
    let backups = cluster.backups.iter().map(|backup| {
        let is_left = backup.is_silent() || backup.is_outdated();
        (is_left, backup.created, backup.deleted)
    });
    let restores = cluster.restores.iter().map(|restore| {
        let is_left = restore.is_silent() || restore.is_outdated();
        (is_left, restore.created, restore.deleted)
    });
    let mut all = backups.chain(restores);
    all.any(|(is_left, created, deleted)| {
        (is_left && is_old(created)) || deleted.is_some_and(|deleted| is_old(Some(deleted)))
    })
}

/// The services that answer for webhooks which can stop something or are ours, by namespace and name: those to read, and
/// those that are too many.
pub fn services(cluster: &Cluster<'_>) -> [Vec<(String, String)>; 2] {
    let name_of = |webhook: &Webhook<'_>| {
        let service = webhook.service.as_ref()?;
        Some((service.namespace.to_string(), service.name.to_string()))
    };
    let of = |selects: &dyn Fn(&Webhook<'_>) -> bool| -> BTreeSet<(String, String)> {
        let webhooks = cluster.webhooks.iter().filter(|webhook| selects(webhook));
        webhooks.filter_map(name_of).collect()
    };
    let ours = of(&|webhook| webhook.is_ours());
    // Those that concern backups first, and then the others, which an event may name.
    let telling = of(&|webhook| webhook.stops() && webhook.concerns_backups());
    let others = of(&|webhook| webhook.stops());
    let mut names: Vec<(String, String)> = ours.iter().cloned().collect();
    names.extend(telling.difference(&ours).cloned());
    names.extend(
        others
            .iter()
            .filter(|name| !ours.contains(*name) && !telling.contains(*name))
            .cloned(),
    );
    let left = names.split_off(names.len().min(MOST_SERVICES));
    [names, left]
}

/// The logs that may say why something failed or waits, the most telling first; of `target`, a namespace and a name, alone
/// where one is given.
pub fn logs(cluster: &Cluster<'_>, target: Option<(&str, &str)>) -> Vec<LogOf> {
    let is_wanted = |namespace: &str, name: &str| target.is_none_or(|target| target == (namespace, name));
    let mut wanted = Vec::new();
    let mut of_good = Vec::new();
    let backups = cluster.backups.iter();
    for backup in backups.filter(|backup| is_wanted(&backup.namespace, &backup.name)) {
        of_runs(&backup.runs, &mut wanted);
    }
    for cron_job in &cluster.plain_cron_jobs {
        if is_wanted(&cron_job.cron_job.namespace, &cron_job.cron_job.name) {
            of_runs(&cron_job.runs, &mut wanted);
            if let Some(job) = cron_job.newest_good_job() {
                of_job(job, &mut of_good);
            }
        }
    }
    let restores = cluster.restores.iter();
    for restore in restores.filter(|restore| is_wanted(&restore.namespace, &restore.name)) {
        let jobs = restore.job.iter().chain(&restore.hooks);
        for job in jobs.filter(|job| job.holds("Complete").is_none()) {
            of_job(job, &mut wanted);
        }
        restore.proxy_pods.iter().for_each(|pod| of_pod(pod, &mut wanted));
    }
    let is_in_trouble = |installation: &&Installation<'_>| {
        installation.ready.is_some_and(|ready| ready < installation.wanted) || has_stalled(cluster)
    };
    for installation in cluster.installations.iter().filter(is_in_trouble) {
        installation.pods.iter().for_each(|pod| of_pod(pod, &mut wanted));
    }
    wanted.append(&mut of_good);
    wanted.truncate(MOST_LOGS);
    wanted
}

/// The Jobs of the runs of which only a log tells whether they made a backup, by namespace and name: the newest of each `CronJob`
/// without the operator, where it ended well.
pub fn jobs_of_good_runs(snapshot: &Snapshot, target: Option<(&str, &str)>) -> Vec<(String, String)> {
    let mut jobs = Vec::new();
    if has_plain_cron_job(snapshot) {
        of_good_runs(&Cluster::of(snapshot), target, |job| {
            jobs.push((job.namespace.to_string(), job.name.to_string()));
        });
    }
    jobs.truncate(MOST_LOGS);
    jobs
}

/// The logs of those Jobs, once their pods have been read.
pub fn logs_of_good_runs(snapshot: &Snapshot, target: Option<(&str, &str)>) -> Vec<LogOf> {
    let mut logs = Vec::new();
    of_good_runs(&Cluster::of(snapshot), target, |job| of_job(job, &mut logs));
    logs.truncate(MOST_LOGS);
    logs
}

/// Whether there is a `CronJob` without the operator. Putting everything together takes its time, and hardly any cluster has one
/// beside those of the operator.
fn has_plain_cron_job(snapshot: &Snapshot) -> bool {
    let mut cron_jobs = snapshot.objects(Resource::CronJobs).iter();
    cron_jobs.any(|stored| {
        let cron_job = CronJob::of(&stored.node());
        !cron_job.is_of_operator() && cron_job.runs_neo4j_admin()
    })
}

fn of_good_runs(cluster: &Cluster<'_>, target: Option<(&str, &str)>, mut take: impl FnMut(&Job<'_>)) {
    for of in &cluster.plain_cron_jobs {
        let name = (&*of.cron_job.namespace, &*of.cron_job.name);
        if target.is_none_or(|target| target == name) {
            of.newest_good_job().into_iter().for_each(&mut take);
        }
    }
}

/// The last run that ended, when it failed, and one that is going on.
fn of_runs(runs: &[Run<'_>], wanted: &mut Vec<LogOf>) {
    let going_on = runs.iter().find(|run| run.outcome == Outcome::Running);
    let ended = runs.iter().find(|run| run.has_ended());
    let failed = ended.filter(|run| run.outcome == Outcome::Failed);
    for run in failed.into_iter().chain(going_on) {
        run.job.iter().for_each(|job| of_job(job, wanted));
    }
}

fn of_job(job: &Job<'_>, wanted: &mut Vec<LogOf>) {
    job.pods
        .iter()
        .rev()
        .take(MOST_PODS)
        .for_each(|pod| of_pod(pod, wanted));
}

/// Of a container that has begun there is a log, and of one that was started again there is that of the one before.
fn of_pod(pod: &Pod<'_>, wanted: &mut Vec<LogOf>) {
    for container in &pod.containers {
        let log = |previous| LogOf {
            namespace: pod.namespace.to_string(),
            pod: pod.name.to_string(),
            container: container.name.to_string(),
            previous,
        };
        if container.running_since.is_some() || container.ended.is_some() {
            wanted.push(log(false));
        }
        if container.restarts > 0 && container.ended_before.is_some() {
            wanted.push(log(true));
        }
    }
}
