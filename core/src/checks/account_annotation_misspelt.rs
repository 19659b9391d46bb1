use std::collections::BTreeMap;

use crate::auth::{Actor, Method, accesses, has_reached, misspelt};
use crate::check::prelude::*;
use crate::document::Map;
use crate::model::Provider;

declare_check! {
    /// An account has an annotation with a slip in its key, which no cloud reads.
    ///
    /// ## What it looks at
    /// The accounts that backups and restores reach their stores by, where nothing gives them credentials: annotations whose
    /// key is nearly the one of the cloud, such as `eks.amazon.com/role-arn` or `client_id`. Where the newest run reached the
    /// store, something gives them. What an object declares itself is judged by NB3013.
    ///
    /// ## Why it matters
    /// The cloud passes over annotations that it does not know, and nobody says so. The pods start without credentials.
    ///
    /// ## How to mend it
    /// Declare the right key on the backup, from where the operator copies it, or for servers on the instance, and remove the
    /// other one.
    AccountAnnotationMisspelt {
        code: "NB3106", name: "account-annotation-misspelt", severity: Warning,
        looks: [AtCluster], needs: [ServiceAccounts], explains: ["NB3003", "NB6003", "NB8101"], since: "0.2",
    }
}

impl Check for AccountAnnotationMisspelt {
    fn check_cluster(&self, cluster: &Cluster<'_>, report: &mut Report) {
        let mut users: BTreeMap<(String, String, Provider), Users> = BTreeMap::new();
        let mut declared: Vec<(String, String)> = Vec::new();
        for access in accesses(cluster) {
            let namespace = access.object.namespace.clone();
            let annotations = access.place.iter().flat_map(|place| place.location.annotations.iter());
            declared.extend(annotations.map(|(key, _)| (namespace.clone(), key.clone())));
            let (Some(account), Some(provider)) = (access.actor.account(), access.provider()) else {
                continue;
            };
            // Where pods have credentials in another way, or the right key is declared, this one does no harm.
            if matches!(access.method, Method::None | Method::Unknown) && !has_reached(&access, cluster) {
                let key = (namespace, account.to_owned(), provider);
                let users = users.entry(key).or_default();
                users.objects.push(access.object.clone());
                if let Actor::Servers { instance, .. } = &access.actor {
                    users.instance = Some(instance.clone());
                }
            }
        }
        for ((namespace, account, provider), users) in users {
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
                say(&found, &namespace, &account, (key, right), users.clone(), report);
            }
        }
    }
}

/// Who reaches a store by an account.
#[derive(Debug, Clone, Default)]
struct Users {
    objects: Vec<ObjectRef>,
    /// The instance whose servers have the account, where it is none of Jobs.
    instance: Option<ObjectRef>,
}

fn say(
    found: &Node<'_>,
    namespace: &str,
    account: &str,
    (key, right): (&str, &str),
    users: Users,
    report: &mut Report,
) {
    let Some(at) = ObjectRef::of(found) else { return };
    let place = match &users.instance {
        Some(instance) => format!(
            "below `spec.podServiceAccountAnnotations` of {} {}",
            instance.kind,
            name(&instance.name)
        ),
        None => "below `cloud.identity.autoCreate.annotations`".to_owned(),
    };
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
        .affects(Affects::Objects(users.objects))
        .help(format!("declare {right} {place}, and remove the other one"))
        .command(format!(
            "kubectl annotate serviceaccount/{account} -n {namespace} {}-",
            name(key)
        ));
}
