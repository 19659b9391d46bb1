//! Is there a webhook, what happens where it fails, and of which version is it?

use std::collections::{BTreeMap, BTreeSet};

use super::{Row, Topic};
use crate::admission::sight::{Reach, Sight};
use crate::auth::Verdict;
use crate::domain::judge_alike;
use crate::quoted::{Name, quoted};
use crate::snapshot::Resource;

/// Where a configuration is made by us.
const CONFIGURATIONS: [Resource; 2] = [Resource::ValidatingWebhooks, Resource::MutatingWebhooks];

/// How the webhook is registered.
pub(super) fn rows(sight: &Sight<'_>) -> Vec<Row> {
    let mut rows = Vec::new();
    let gaps = CONFIGURATIONS.map(|resource| sight.cluster.snapshot.gap(resource, None));
    let mut unread = CONFIGURATIONS.iter().zip(&gaps).filter_map(|(resource, gap)| {
        Some(format!(
            "{} cannot be read: {}",
            resource.plural(),
            gap.as_ref()?.told()
        ))
    });
    if let Some(unread) = unread.next() {
        let text = format!("whether a webhook is installed is not known: {unread}");
        rows.push(Row::new(Topic::Webhook, Verdict::Unknown, text));
        return rows;
    }
    let configurations: BTreeSet<(&str, &str)> = sight
        .webhooks()
        .map(|webhook| (webhook.configuration.kind.as_str(), webhook.configuration.name.as_str()))
        .collect();
    if configurations.is_empty() {
        rows.push(absent(sight));
        return rows;
    }
    let names: Vec<String> = configurations
        .iter()
        .map(|(kind, name)| format!("{kind} {}", Name(name)))
        .collect();
    let text = format!("registered: {}", names.join(", "));
    rows.push(Row::new(Topic::Webhook, Verdict::Ok, text));
    if !sight.webhooks().any(crate::live::Webhook::validates) {
        let text = "there is no ValidatingWebhookConfiguration of it: nothing is refused";
        rows.push(Row::new(Topic::Webhook, Verdict::Wrong, text).help(INSTALL));
    }
    let passing: Vec<String> = sight
        .webhooks()
        .filter(|webhook| webhook.validates() && !webhook.stops())
        .map(|webhook| Name(&webhook.name).to_string())
        .collect();
    if !passing.is_empty() {
        let text = format!(
            "what cannot be asked passes: failurePolicy is Ignore for {}",
            passing.join(", ")
        );
        rows.push(Row::new(Topic::Webhook, Verdict::Note, text));
    }
    if let Some(gap) = sight.cluster.snapshot.gap(Resource::Namespaces, None) {
        let text = format!(
            "the labels of namespace {} are not known, which say who looks there and how far: {}",
            Name(sight.namespace),
            gap.told()
        );
        rows.push(Row::new(Topic::Webhook, Verdict::Note, text));
    }
    let mut looks = sight
        .webhooks()
        .filter(|webhook| webhook.validates())
        .map(|webhook| webhook.looks_at(sight.namespace, sight.cluster.snapshot))
        .peekable();
    if looks.peek().is_some() && looks.all(|looks| looks == Some(false)) {
        let text = format!(
            "the webhook does not look at namespace {}: its namespaceSelector leaves it out, so that nothing can be tried there",
            Name(sight.namespace)
        );
        let help = "try it in a namespace with backups: -n NAMESPACE";
        rows.push(Row::new(Topic::Webhook, Verdict::Unknown, text).help(help));
    }
    rows
}

const INSTALL: &str = "install the chart neo4jbackup-webhook";

fn absent(sight: &Sight<'_>) -> Row {
    if sight.wants_webhook {
        let text = "no webhook is installed: no webhook configuration of the cluster is neo4jbackup's";
        let help = format!("{INSTALL}; where policies alone are to judge, --policies-only says so");
        return Row::new(Topic::Webhook, Verdict::Wrong, text).help(help);
    }
    Row::new(
        Topic::Webhook,
        Verdict::Note,
        "no webhook is installed, and none is wanted",
    )
}

/// Whether everything judges by the rules of this program.
pub(super) fn versions(sight: &Sight<'_>, rows: &mut Vec<Row>) {
    let mut of: BTreeMap<String, BTreeSet<&'static str>> = BTreeMap::new();
    let mut unknown: BTreeSet<&'static str> = BTreeSet::new();
    let mut see = |version: Option<&str>, what| match version {
        Some(version) => drop(of.entry(version.to_owned()).or_default().insert(what)),
        None => drop(unknown.insert(what)),
    };
    for target in &sight.targets {
        if let Reach::Answered { version, .. } = &target.reach {
            see(version.as_deref(), "the webhook that answers");
        }
    }
    for webhook in sight.webhooks() {
        see(webhook.version.as_deref(), "the chart of the webhook, by its label");
    }
    for policy in sight.policies() {
        see(
            policy.version.as_deref(),
            if policy.is_guard() { "the guard" } else { "the policies" },
        );
    }
    let own = sight.version;
    for (version, what) in of {
        let what: Vec<&str> = what.into_iter().collect();
        let what = what.join(", ");
        if judge_alike(&version, own) {
            let text = format!(
                "{what}: {}, whose rules are those of this program, {own}",
                Name(&version)
            );
            rows.push(Row::new(Topic::Version, Verdict::Ok, text));
            continue;
        }
        let text = format!(
            "{what}: {}, and this program is {own}: they may judge the same manifest differently",
            quoted(&version)
        );
        let help = "bring the older of the two up to date: the chart neo4jbackup-webhook, or this program";
        rows.push(Row::new(Topic::Version, Verdict::Warning, text).help(help));
    }
    if !unknown.is_empty() {
        let what: Vec<&str> = unknown.into_iter().collect();
        let text = format!(
            "{}: no label says of which version, as where the chart did not install it",
            what.join(", ")
        );
        rows.push(Row::new(Topic::Version, Verdict::Note, text));
    }
}
