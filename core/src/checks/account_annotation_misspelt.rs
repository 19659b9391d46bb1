use std::collections::BTreeMap;

use crate::auth::{Method, accesses, misspelt};
use crate::check::prelude::*;
use crate::document::Map;
use crate::model::Provider;

declare_check! {
    /// An account has an annotation with a slip in its key, which no cloud reads.
    ///
    /// ## What it looks at
    /// The accounts that backups and restores reach their stores by, where nothing gives them credentials: annotations whose
    /// key is nearly the one of the cloud, such as `eks.amazon.com/role-arn` or `client_id`. What an object declares itself
    /// is judged by NB3013.
    ///
    /// ## Why it matters
    /// The cloud passes over annotations that it does not know, and nobody says so. The pods start without credentials.
    ///
    /// ## How to mend it
    /// Declare the right key on the backup, from where the operator copies it, and remove the other one.
    AccountAnnotationMisspelt {
        code: "NB3106", name: "account-annotation-misspelt", severity: Warning,
        looks: [AtCluster], needs: [ServiceAccounts], explains: ["NB3003", "NB6003", "NB8101"], since: "0.2",
    }
}

impl Check for AccountAnnotationMisspelt {
    fn check_cluster(&self, cluster: &Cluster<'_>, report: &mut Report) {
        let mut users: BTreeMap<(String, String, Provider), Vec<ObjectRef>> = BTreeMap::new();
        let mut declared: Vec<(String, String)> = Vec::new();
        for access in accesses(cluster) {
            let namespace = access.object.namespace.clone();
            let annotations = access.place.iter().flat_map(|place| place.location.annotations.iter());
            declared.extend(annotations.map(|(key, _)| (namespace.clone(), key.clone())));
            let (Some(account), Some(provider)) = (access.actor.account(), access.provider()) else {
                continue;
            };
            // Where pods have credentials in another way, or the right key is declared, this one does no harm.
            if matches!(access.method, Method::None | Method::Unknown) {
                let key = (namespace, account.to_owned(), provider);
                users.entry(key).or_default().push(access.object.clone());
            }
        }
        for ((namespace, account, provider), objects) in users {
            let Some(found) = cluster.object(Resource::ServiceAccounts, &namespace, &account) else {
                continue;
            };
            let keys = found.at("metadata.annotations").and_then(Node::as_map);
            let keys = keys.into_iter().flat_map(Map::iter).map(|(key, _)| key);
            for (key, right) in misspelt(keys, provider) {
                // Where an object declares it, the operator writes it again and again, and a rule says so.
                if declared.contains(&(namespace.clone(), key.to_owned())) {
                    continue;
                }
                say(&found, &namespace, &account, (key, right), objects.clone(), report);
            }
        }
    }
}

fn say(
    found: &Node<'_>,
    namespace: &str,
    account: &str,
    (key, right): (&str, &str),
    objects: Vec<ObjectRef>,
    report: &mut Report,
) {
    let Some(at) = ObjectRef::of(found) else { return };
    report
        .say(
            at.clone(),
            format!(
                "ServiceAccount {} has an annotation {}, which no cloud reads",
                name(account),
                quoted(key)
            ),
        )
        .evidence(Evidence::fact(
            at,
            format!("metadata.annotations has {} and no {right}", quoted(key)),
        ))
        .affects(Affects::Objects(objects))
        .help(format!(
            "declare {right} below `cloud.identity.autoCreate.annotations`, and remove the other one"
        ))
        .command(format!(
            "kubectl annotate serviceaccount/{account} -n {namespace} {}-",
            name(key)
        ));
}
