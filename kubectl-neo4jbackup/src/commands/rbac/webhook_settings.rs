//! Which identities do the settings of the installed webhook declare?

use neo4jbackup_cluster::{ObjectName, Objects, chain};
use neo4jbackup_core::live::Cluster;
use neo4jbackup_core::quoted::{Name, printable};
use neo4jbackup_core::settings::{Identity, Settings};
use neo4jbackup_core::snapshot::Resource;

use super::webhooks::{Webhook, webhooks};
use crate::config::parse_settings;
use crate::unread::unread;

/// What gives them where they cannot be read.
const REMEDY: &str = "an identity that they declare is not seen; --settings FILE gives them";

/// The settings that count, and what is to be known of them. What cannot be read declares nothing, and is told.
pub(super) async fn of_webhook(objects: &Objects, cluster: &Cluster<'_>) -> (Settings, Vec<String>) {
    let nothing = Settings::default();
    if let Some(cause) = cluster.snapshot.gap(Resource::Deployments, None) {
        let what = unread(Resource::Deployments, &cause);
        return (
            nothing,
            vec![format!("the settings of a webhook are not known, for {what}; {REMEDY}")],
        );
    }
    let (mut found, mut notes) = (Vec::new(), Vec::new());
    let mut are_all_known = true;
    for webhook in webhooks(cluster) {
        let Some((name, key)) = webhook.settings() else {
            continue;
        };
        let place = format!("{}/configmap/{}", Name(webhook.namespace), Name(&name));
        match read(objects, &webhook, name, &key).await {
            Ok(settings) => found.push((place, settings)),
            Err(why) => {
                are_all_known = false;
                notes.push(format!(
                    "the settings in {place} cannot be used: {}; {REMEDY}",
                    printable(why)
                ));
            }
        }
    }
    // Those that are not known may declare another identity.
    let Some((place, first)) = found.first().filter(|_| are_all_known) else {
        return (nothing, notes);
    };
    if found.iter().any(|(_, settings)| settings.identity != first.identity) {
        let places: Vec<&str> = found.iter().map(|(place, _)| place.as_str()).collect();
        let places = places.join(", ");
        notes.push(format!(
            "{places} declare different identities, and none of them counts; --settings FILE says which"
        ));
        return (nothing, notes);
    }
    if first.identity != Identity::default() {
        notes.push(format!(
            "where a namespace declares no identity, the one of {place} counts"
        ));
    }
    (first.clone(), notes)
}

async fn read(objects: &Objects, webhook: &Webhook<'_>, name: String, key: &str) -> Result<Settings, String> {
    let object = ObjectName {
        api_version: "v1".to_owned(),
        kind: "ConfigMap".to_owned(),
        namespace: Some(webhook.namespace.to_owned()),
        name,
    };
    let read = objects.read(&object).await.map_err(|error| chain(&error))?;
    let stored = read.ok_or("it is not there")?;
    let text = stored["data"][key].as_str();
    let text = text.ok_or_else(|| format!("it has no key {key}"))?;
    parse_settings(text, key).map_err(|error| chain(&error))
}
