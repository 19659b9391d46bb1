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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::check::Declared as _;
    use crate::snapshot::{Snapshot, stored_as};

    const ROLE: &str = "arn:aws:iam::210987654321:role/neo4j-backup";

    fn backup(cloud: &Value) -> Value {
        json!({"apiVersion": "neo4j.neo4j.com/v1beta1", "kind": "Neo4jBackup",
            "metadata": {"name": "nightly", "namespace": "graph"},
            "spec": {"instanceRef": "prod", "database": "neo4j",
                "storage": {"type": "s3", "bucket": "acme", "path": "neo4j", "cloud": cloud}}})
    }

    /// What is said of a backup and of an account with these annotations.
    fn said(cloud: &Value, annotations: &Value) -> Vec<Diagnosis> {
        let account = json!({"apiVersion": "v1", "kind": "ServiceAccount",
            "metadata": {"name": "neo4j-backup-sa", "namespace": "graph", "annotations": annotations}});
        let mut snapshot = Snapshot::new("2026-11-21T10:00:00Z".parse().unwrap(), None);
        for resource in Resource::ALL {
            let object = match resource {
                Resource::Backups => Some(backup(cloud)),
                Resource::ServiceAccounts => Some(account.clone()),
                _ => None,
            };
            let stored = object.map(|object| stored_as(resource, "v1", Node::from(object)));
            snapshot.add(resource, stored);
        }
        let mut report = Report::new(AccountAnnotationMisspelt.meta());
        AccountAnnotationMisspelt.check_cluster(&Cluster::of(&snapshot), &mut report);
        report.finish()
    }

    #[test]
    fn a_slip_is_told_with_the_right_key_whom_it_harms_and_what_removes_it() {
        let found = said(&json!({"provider": "aws"}), &json!({"eks.amazon.com/role-arn": ROLE}));
        let [diagnosis] = found.as_slice() else {
            panic!("{found:#?}")
        };
        assert_eq!(
            diagnosis.help,
            "declare eks.amazonaws.com/role-arn below `cloud.identity.autoCreate.annotations`, and remove the other one"
        );
        assert_eq!(
            diagnosis.commands,
            ["kubectl annotate serviceaccount/neo4j-backup-sa -n graph eks.amazon.com/role-arn-"]
        );
        let Affects::Objects(objects) = &diagnosis.affects else {
            panic!("{diagnosis:#?}")
        };
        assert_eq!(
            objects.iter().map(|object| &*object.name).collect::<Vec<_>>(),
            ["nightly"]
        );
    }

    #[test]
    fn each_slip_is_told_by_itself_and_those_of_another_cloud_are_none() {
        let annotations =
            json!({"role-arn": ROLE, "eks.amazonaws.com/role_arn": ROLE, "client_id": "x", "team": "graph"});
        assert_eq!(said(&json!({"provider": "aws"}), &annotations).len(), 2);
        assert_eq!(said(&json!({"provider": "azure"}), &annotations).len(), 1);
        assert!(said(&json!({"provider": "gcp"}), &annotations).is_empty());
    }

    #[test]
    fn where_it_does_no_harm_or_a_rule_tells_of_it_nothing_is_said() {
        let slip = json!({"eks.amazon.com/role-arn": ROLE});
        let identity = |annotations: &Value| json!({"provider": "aws", "autoCreate": {"annotations": annotations}});
        for (cloud, annotations) in [
            // The credentials come another way.
            (json!({"provider": "aws", "credentialsSecretRef": "keys"}), slip.clone()),
            // The object declares the right one, which the operator then writes: what lacks is NB3102.
            (
                json!({"provider": "aws", "identity": identity(&json!({"eks.amazonaws.com/role-arn": ROLE}))}),
                slip.clone(),
            ),
            // The object declares the slip itself: NB3013.
            (json!({"provider": "aws", "identity": identity(&slip)}), slip.clone()),
            // The right one is there, too.
            (
                json!({"provider": "aws"}),
                json!({"eks.amazon.com/role-arn": ROLE, "eks.amazonaws.com/role-arn": ROLE}),
            ),
        ] {
            assert!(said(&cloud, &annotations).is_empty(), "{cloud} {annotations}");
        }
    }
}
