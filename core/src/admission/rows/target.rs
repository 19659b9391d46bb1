//! Is something there that answers, and does the API server reach it?

use std::collections::BTreeSet;

use super::{Row, Topic, certificates};
use crate::admission::failure::Failure;
use crate::admission::sight::{Place, Reach, Sight, Target};
use crate::auth::Verdict;
use crate::document::{Map, Node};
use crate::domain::PART_OF;
use crate::live::{Cluster, Service};
use crate::quoted::{Excerpt, Name, quoted};
use crate::snapshot::Resource;

/// What leads to an argument of the webhook that names the Secret with its authority.
const CA_SECRET: &str = "--ca-secret=";

/// What was seen of a Service, and whether it is reached.
pub(super) fn rows(target: &Target, sight: &Sight<'_>, rows: &mut Vec<Row>) {
    let (namespace, name) = match &target.place {
        Place::Service { namespace, name } => (namespace, name),
        Place::Address(address) => {
            let text = format!(
                "it is called at {}, which is no Service: whether anybody answers there is seen by the calls alone",
                quoted(address)
            );
            rows.push(Row::new(Topic::Service, Verdict::Note, text));
            return;
        }
    };
    let Some(service) = service(target, sight) else { return };
    let of = format!("Service {}/{}", Name(namespace), Name(name));
    let pods = format!("kubectl get pods -n {} -l {}={}", Name(namespace), PART_OF.0, PART_OF.1);
    let (verdict, text) = match (service.exists, service.ready) {
        (Some(false), _) => (Verdict::Wrong, format!("{of} does not exist")),
        (_, _) if service.is_external => (Verdict::Note, format!("{of} stands for a name elsewhere")),
        (_, Some(0)) => (Verdict::Wrong, format!("{of} has no endpoint that is ready")),
        (_, Some(ready)) => {
            let endpoints = if ready == 1 {
                "1 endpoint that is"
            } else {
                "endpoints that are"
            };
            let count = if ready == 1 { String::new() } else { format!("{ready} ") };
            (Verdict::Ok, format!("{of} has {count}{endpoints} ready"))
        }
        (_, None) => (
            Verdict::Unknown,
            format!("whether {of} has endpoints is not known: {}", gap(namespace, sight)),
        ),
    };
    let row = Row::new(Topic::Service, verdict, text);
    rows.push(match (verdict, service.exists) {
        (Verdict::Wrong, Some(false)) => row.help(Failure::NoService.help()),
        (Verdict::Wrong, _) => row.help(Failure::NoEndpoints.help()).command(pods),
        _ => row,
    });
    reached(target, sight, rows);
}

/// Whether the API server reaches it, as it said itself.
fn reached(target: &Target, sight: &Sight<'_>, rows: &mut Vec<Row>) {
    let heard = sight.is_heard();
    match &target.reach {
        Reach::NotAsked => {}
        Reach::Forbidden(_) if heard => {}
        Reach::Forbidden(right) => {
            let text = format!(
                "whether the API server reaches its pods is not known: {}",
                right.is_missing()
            );
            rows.push(Row::new(Topic::Service, Verdict::Unknown, text));
        }
        Reach::Failed(words) if Failure::of(words) == Failure::CallerUnknown => {
            let text = "the API server reaches its pods; whether it is ready was not asked, because it wants a certificate of its callers";
            rows.push(Row::new(Topic::Service, Verdict::Note, text));
        }
        Reach::Failed(words) => {
            let failure = Failure::of(words);
            let text = format!("the API server does not reach its pods: {}", failure.cause(words));
            let verdict = if heard { Verdict::Warning } else { Verdict::Wrong };
            rows.push(Row::new(Topic::Service, verdict, text).help(failure.help()));
        }
        Reach::Answered { complaints, .. } if complaints.is_empty() => {
            let text = "the API server reaches it, and it says that it is ready";
            rows.push(Row::new(Topic::Service, Verdict::Ok, text));
        }
        Reach::Answered { complaints, .. } => {
            let shown: Vec<String> = complaints.iter().map(|line| Excerpt(line).to_string()).collect();
            let text = format!("the API server reaches it, and it says of itself: {}", shown.join("; "));
            let help = "docs/webhook.md, What is wrong?, says what each line of /readyz means";
            rows.push(Row::new(Topic::Service, Verdict::Warning, text).help(help));
        }
    }
}

/// Why calls that lead there bring no answer, as far as that was seen: the cause, and how it goes on behind a colon.
pub(super) fn trouble(target: &Target, sight: &Sight<'_>) -> Option<(Failure, String)> {
    let by = |failure: Failure| Some((failure, failure.cause("")));
    if let Some(service) = service(target, sight) {
        if service.exists == Some(false) {
            return by(Failure::NoService);
        }
        if service.ready == Some(0) && !service.is_external {
            return by(Failure::NoEndpoints);
        }
    }
    // On the way that this command takes, the API server shows no certificate of its own; on that of its calls it may.
    if let Reach::Failed(words) = &target.reach
        && let failure = Failure::of(words)
        && failure != Failure::CallerUnknown
    {
        return Some((failure, failure.cause(words)));
    }
    certificates::trouble(target, sight).and_then(by)
}

fn service<'s>(target: &Target, sight: &'s Sight<'_>) -> Option<&'s Service<'s>> {
    let Place::Service { namespace, name } = &target.place else {
        return None;
    };
    let mut services = sight.webhooks().filter_map(|webhook| webhook.service.as_ref());
    services.find(|service| service.namespace == *namespace && service.name == *name)
}

fn gap(namespace: &str, sight: &Sight<'_>) -> String {
    let gaps = [Resource::EndpointSlices, Resource::Services]
        .map(|resource| sight.cluster.snapshot.gap(resource, Some(namespace)));
    let gap = gaps.into_iter().flatten().next();
    gap.map_or_else(|| "nobody asked".to_owned(), |gap| gap.told())
}

/// The Secrets that the Deployments behind a Service name: of what they serve, and of whom they sign with.
pub fn secrets(cluster: &Cluster<'_>, namespace: &str, service: &str) -> BTreeSet<String> {
    let stored = cluster.snapshot.object(Resource::Services, namespace, service);
    let node = stored.map(crate::snapshot::StoredObject::node);
    let selector = node.as_ref().and_then(|node| node.at("spec.selector")?.as_map());
    let Some(selector) = selector.filter(|selector| !selector.is_empty()) else {
        return BTreeSet::new();
    };
    let deployments = cluster.snapshot.objects(Resource::Deployments).iter();
    let mut names = BTreeSet::new();
    for deployment in deployments.filter(|stored| *stored.namespace == *namespace) {
        let object = deployment.node();
        if selects(selector, &object) {
            names.extend(named_by(&object));
        }
    }
    names
}

fn selects(selector: &Map<'_>, deployment: &Node<'_>) -> bool {
    let labels = deployment.at("spec.template.metadata.labels");
    selector
        .iter()
        .all(|(key, value)| labels.and_then(|labels| labels.get(key)?.as_str()) == value.as_str())
}

fn named_by(deployment: &Node<'_>) -> Vec<String> {
    let list = |path: &str| deployment.at(path).and_then(Node::as_list).unwrap_or_default();
    let mounted = list("spec.template.spec.volumes")
        .iter()
        .filter_map(|volume| volume.at("secret.secretName")?.as_str());
    let arguments = list("spec.template.spec.containers")
        .iter()
        .flat_map(|container| container.get("args").and_then(Node::as_list).unwrap_or_default());
    let signed_with = arguments.filter_map(|argument| argument.as_str()?.strip_prefix(CA_SECRET));
    mounted.chain(signed_with).map(str::to_owned).collect()
}
