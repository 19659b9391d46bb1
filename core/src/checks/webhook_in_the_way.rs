use std::collections::{BTreeMap, BTreeSet};

use crate::check::prelude::*;

declare_check! {
    /// A webhook that does not answer stops what backups need.
    ///
    /// ## What it looks at
    /// Webhooks with `failurePolicy: Fail` whose rules take in Jobs, pods, `CronJobs`, backups or restores in the namespace, and
    /// whether their Service is there and has an endpoint that is ready. And what the API server says where a call failed:
    /// `failed calling webhook`.
    ///
    /// ## Why it matters
    /// The API server stores nothing that it cannot ask about. No Job gets its pod, no `CronJob` its Job, and the operator cannot
    /// write its status; whoever looks at the backup sees nothing of the webhook.
    ///
    /// ## How to mend it
    /// Start what answers for the webhook. Until then, leave the namespace out of it by its `namespaceSelector`, or let calls
    /// that fail pass with `failurePolicy: Ignore`, if those who look after it agree.
    WebhookInTheWay {
        code: "NB9010", name: "webhook-in-the-way", severity: Error,
        looks: [AtCluster], needs: [],
        explains: ["NB1101", "NB5101", "NB6001", "NB6002", "NB6006", "NB6007", "NB6011", "NB6012", "NB8101", "NB9007", "NB9011"],
        since: "0.2",
    }
}

/// What the API server says before the name of the webhook.
const FAILED: &str = "failed calling webhook \"";
/// For so many seconds the words of an event count, and the message of a restore that has ended.
const LATELY: i64 = 24 * 3600;

/// So many namespaces are named.
const MOST_NAMESPACES: usize = 3;

/// Where a call failed, for one object.
struct Failure {
    object: ObjectRef,
    message: String,
    sign: Evidence,
}

impl Check for WebhookInTheWay {
    fn check_cluster(&self, cluster: &Cluster<'_>, report: &mut Report) {
        let mut failures = failures(cluster);
        for webhook in cluster.webhooks.iter().filter(|webhook| webhook.stops()) {
            let seen = failures.remove(&*webhook.name).unwrap_or_default();
            dead(webhook, seen, cluster, report);
        }
        // Of these the configuration could not be read, or is another by now.
        for (of, seen) in failures {
            calls_fail(&of, None, seen, report);
        }
    }
}

/// Says of a webhook that nothing answers for it, or else that its calls fail, as those say who saw it.
fn dead(webhook: &Webhook<'_>, seen: Vec<Failure>, cluster: &Cluster<'_>, report: &mut Report) {
    let service = webhook.service.as_ref().filter(|service| service.is_dead());
    let Some(service) = service else {
        calls_fail(&webhook.name, Some(webhook), seen, report);
        return;
    };
    let asked: Vec<&str> = webhook.asked().map(|asks| asks.resource).collect();
    let mut namespaces: BTreeSet<&str> = BTreeSet::new();
    let mut is_sure = !webhook.has_conditions;
    let backups = cluster.backups.iter().map(|backup| &*backup.namespace);
    let restores = cluster.restores.iter().map(|restore| &*restore.namespace);
    let plain = cluster.plain_cron_jobs.iter().map(|plain| &*plain.cron_job.namespace);
    for namespace in backups.chain(restores).chain(plain) {
        let answers = [
            webhook.looks_at(namespace, cluster.snapshot),
            webhook.selects_workloads(),
        ];
        if !answers.contains(&Some(false)) {
            namespaces.insert(namespace);
            is_sure &= !answers.contains(&None);
        }
    }
    let is_seen = !seen.is_empty();
    if namespaces.is_empty() || (!is_seen && asked.is_empty()) {
        return;
    }
    let why = if service.exists == Some(false) {
        "does not exist"
    } else {
        "has no endpoint that is ready"
    };
    let (of, namespace) = (name(&service.name), name(&service.namespace));
    let what = if asked.is_empty() {
        "what backups need is not stored".to_owned()
    } else {
        let shown: Vec<&str> = namespaces.iter().copied().take(MOST_NAMESPACES).collect();
        let more = match namespaces.len() - shown.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        format!(
            "no write of {} in namespace {}{more} gets through",
            asked.join(", "),
            name(&shown.join(", "))
        )
    };
    let message = format!(
        "webhook {} does not answer: its Service {namespace}/{of} {why}; {what}",
        name(&webhook.name)
    );
    let seen_in = seen.iter().map(|failure| &*failure.object.namespace);
    let affected = namespaces.iter().copied().chain(seen_in).map(str::to_owned).collect();
    let diagnosis = report.say(webhook.configuration.clone(), message);
    diagnosis.all_evidence(seen.into_iter().map(|failure| failure.sign).take(2));
    diagnosis
        .evidence(Evidence::fact(webhook.configuration.clone(), "failurePolicy: Fail"))
        .affects(Affects::Namespaces(affected))
        .help(
            "start what answers for it; until then leave the namespace out of its namespaceSelector, or set failurePolicy: \
             Ignore, if those who look after it agree",
        )
        .command(format!("kubectl get pods -n {}", service.namespace));
    if !is_sure && !is_seen {
        diagnosis.probable();
    }
}

/// Says that calls of a webhook fail, as those say who saw it.
fn calls_fail(of: &str, webhook: Option<&Webhook<'_>>, seen: Vec<Failure>, report: &mut Report) {
    let Some(first) = seen.first() else { return };
    // Before it stand the name of the webhook and the address that was called, in quotes.
    let why = first
        .message
        .rsplit_once("\": ")
        .map_or(&*first.message, |(_, why)| why);
    let message = format!("calls of webhook {} fail: {}", name(of), quoted(why));
    let object = webhook.map_or_else(|| first.object.clone(), |webhook| webhook.configuration.clone());
    let affected = seen.iter().map(|failure| failure.object.clone()).collect();
    let diagnosis = report.say(object, message);
    diagnosis.all_evidence(seen.into_iter().map(|failure| failure.sign).take(2));
    diagnosis
        .affects(Affects::Objects(affected))
        .help(
            "mend what answers for it, or its certificate; until then leave the namespace out of its namespaceSelector, or \
             set failurePolicy: Ignore, if those who look after it agree",
        )
        .command("kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations");
}

/// Where calls failed, by the name of the webhook.
fn failures(cluster: &Cluster<'_>) -> BTreeMap<String, Vec<Failure>> {
    let mut failures: BTreeMap<String, Vec<Failure>> = BTreeMap::new();
    let mut see = |object: &ObjectRef, message: &str, sign: Evidence| {
        let Some((_, rest)) = message.split_once(FAILED) else {
            return;
        };
        let Some((of, _)) = rest.split_once('"') else { return };
        let of_webhook = failures.entry(of.to_owned()).or_default();
        if of_webhook.iter().all(|failure| failure.object != *object) {
            let (object, message) = (object.clone(), message.to_owned());
            of_webhook.push(Failure { object, message, sign });
        }
    };
    let mut see_events = |object: &ObjectRef, of: &ObjectRef, events: &[Event<'_>]| {
        let lately = |event: &&Event<'_>| {
            let age = event.last.map(|last| cluster.now.as_second() - last.as_second());
            event.message.contains(FAILED) && age.is_none_or(|age| age < LATELY)
        };
        if let Some(event) = events.iter().rev().find(lately) {
            see(object, &event.message, Evidence::event(of.clone(), event));
        }
    };
    for backup in &cluster.backups {
        let object = backup.reference();
        of_series(&backup.series(), &mut see_events);
        see_events(&object, &object, &backup.events);
    }
    for plain in &cluster.plain_cron_jobs {
        of_series(&plain.series(), &mut see_events);
    }
    for restore in &cluster.restores {
        let object = restore.reference();
        for job in restore.job.iter().chain(&restore.hooks) {
            see_events(&object, &job.reference(), &job.events);
        }
        see_events(&object, &object, &restore.events);
    }
    let backups = cluster
        .backups
        .iter()
        .map(|backup| (backup.reference(), &backup.message));
    let restores = cluster.restores.iter();
    let restores = restores
        .filter(|restore| !restore.is_long_over(cluster.now, LATELY))
        .map(|restore| (restore.reference(), &restore.message));
    for (object, message) in backups.chain(restores) {
        see(
            &object,
            message,
            Evidence::field(object.clone(), "status.message", message),
        );
    }
    failures
}

/// The events of the Job of the newest run in trouble, and of its `CronJob`.
fn of_series(series: &Series<'_, '_>, see_events: &mut dyn FnMut(&ObjectRef, &ObjectRef, &[Event<'_>])) {
    if let Some((_, job)) = series.troubled() {
        see_events(&series.object, &job.reference(), &job.events);
    }
    if let Some(cron_job) = series.cron_job {
        see_events(&series.object, &cron_job.reference(), &cron_job.events);
    }
}
