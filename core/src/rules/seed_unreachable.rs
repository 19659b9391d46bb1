//! NB8014.

use crate::facts::{InstanceFacts, InstanceKind, LocationFacts};
use crate::rule::prelude::*;
use crate::subject::restored;

declare_rule! {
    /// Server pods read the seed with their own credentials, not with those of the backup.
    ///
    /// ## What it checks
    /// For a restore into a known cluster, from operator 1.8 on: the credentials Secret of the location is projected
    /// into the server pods by `spec.extraEnvFrom`, an endpoint stands in `spec.env` as `AWS_ENDPOINT_URL_S3` (or in
    /// that Secret), and a location that is reached by workload identity has a cluster with
    /// `podServiceAccountAnnotations`. The annotation `neo4j.com/auto-inherit-seed-creds: "true"` on the cluster
    /// answers for Secret and endpoint. From 1.19 on the same holds for a standalone that is restored online, which is only
    /// warned of: a run without a recorded artifact is restored by a Job.
    ///
    /// ## Why it matters
    /// The restore is `Failed` at once and for good, with an event `SeedEndpointNotProjected`. Projecting a Secret restarts
    /// the servers one by one, which nobody wants to learn in the middle of a disaster. A missing Secret or endpoint is an
    /// error from operator 1.14 on, where this was seen. A missing identity is a warning: the nodes may have one.
    ///
    /// ## Bad
    /// ```yaml
    /// kind: Neo4jEnterpriseCluster
    /// metadata: {name: prod}
    /// ---
    /// kind: Neo4jRestore
    /// spec:
    ///   instanceRef: prod
    ///   source:
    ///     type: storage
    ///     storage: {type: s3, bucket: backups, cloud: {provider: aws, credentialsSecretRef: s3-keys}}
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// kind: Neo4jEnterpriseCluster
    /// metadata: {name: prod}
    /// spec:
    ///   extraEnvFrom:
    ///   - secretRef: {name: s3-keys}
    /// ```
    SeedUnreachable {
        code: "NB8014", name: "seed-unreachable", severity: Error,
        kinds: [Neo4jRestore], reads: RESTORED + ["spec.source", "spec.allDatabases"], needs: [Instance, Backups, Secrets], doors: All,
        fix: None, cel: NotExpressible("it needs the instance and the referenced backup"), since: "0.1",
        operators: [
            "1.8-1.13": Warning, "server pods read the seed, and what happens to a restore without credentials was not seen";
            "1.14+": Error, "server pods read the seed, and the operator ends a restore whose credentials they lack";
        ],
    }
}

/// The variable by which the servers learn of an endpoint.
const ENDPOINT: &str = "AWS_ENDPOINT_URL_S3";

impl Rule for SeedUnreachable {
    fn check(&self, subject: &Subject<'_>, inventory: &Inventory, report: &mut Collector) {
        let Some(restore) = subject.restore() else { return };
        if !restored::by_engine(subject) {
            return;
        }
        let Some((name, lookup)) = restored::instance(subject, &restore, inventory) else {
            return;
        };
        let Lookup::Found(servers) = lookup else { return };
        let is_standalone = servers.kind == InstanceKind::Standalone;
        if is_standalone
            && (!restored::is_online(subject)
                || restored::offline_reason(subject, &restore, servers, inventory).is_some())
        {
            return;
        }
        let (field, location) = match restore.source_type() {
            Some(SourceType::Backup) => {
                let field = restore.backup_ref();
                let Some(backup) = field.text() else { return };
                match inventory.backup(subject.namespace(), backup) {
                    Lookup::Found(facts) => (field, facts.storage.clone()),
                    Lookup::Unknown(why) => {
                        return report.skip(
                            Need::Backups,
                            format!(
                                "whether the servers of {name} can read what backup {backup} wrote",
                                name = quoted(name),
                                backup = quoted(backup)
                            ),
                            why,
                        );
                    }
                    Lookup::Absent => return,
                }
            }
            Some(SourceType::Storage) => (restore.source.field("storage"), LocationFacts::of(&restore.storage())),
            _ => return,
        };
        if location.store.is_none_or(|store| store == StoreType::Pvc) {
            return;
        }
        let sees_endpoint = sees_endpoint(subject.namespace(), servers, inventory);
        if let Some((severity, missing, help)) = missing(subject, &location, servers, sees_endpoint) {
            report
                .at(
                    &field,
                    if is_standalone {
                        format!(
                            "standalone {name} cannot read the seed: its server lacks {missing}",
                            name = quoted(name)
                        )
                    } else {
                        format!(
                            "the servers of cluster {name} cannot read the seed: they lack {missing}",
                            name = quoted(name)
                        )
                    },
                )
                .help(format!("{help} of {name}, before the restore", name = quoted(name)))
                .severity(if is_standalone { Severity::Warning } else { severity });
        }
    }
}

/// What the servers lack, how bad that is, and where it belongs; the first thing only.
fn missing(
    subject: &Subject<'_>,
    location: &LocationFacts,
    cluster: &InstanceFacts,
    sees_endpoint: bool,
) -> Option<(Severity, String, &'static str)> {
    match (&location.credentials, &location.endpoint) {
        (Some(secret), _) if !cluster.inherits_seed_credentials && !cluster.env_from_secrets.contains(secret) => {
            Some((
                Severity::Error,
                format!("Secret {secret}", secret = quoted(secret)),
                "add it to spec.extraEnvFrom",
            ))
        }
        // Without a Secret the operator does not apply an endpoint either.
        (Some(_), Some(endpoint)) if !cluster.inherits_seed_credentials && !sees_endpoint => {
            let endpoint = quoted(endpoint);
            Some((
                Severity::Error,
                format!("the endpoint {endpoint}"),
                "add AWS_ENDPOINT_URL_S3 to spec.env",
            ))
        }
        (None, _) if !location.annotations.is_empty() && !cluster.pod_identity && subject.era >= Era::V1_13 => Some((
            Severity::Warning,
            "the identity that the backup uses".to_owned(),
            "set spec.podServiceAccountAnnotations",
        )),
        _ => None,
    }
}

/// Whether the servers have the endpoint, or nobody can say.
fn sees_endpoint(namespace: &str, cluster: &InstanceFacts, inventory: &Inventory) -> bool {
    let in_secret = |secret: &String| match inventory.secret(namespace, secret) {
        Lookup::Found(facts) => facts.keys.contains(ENDPOINT),
        Lookup::Absent => false,
        Lookup::Unknown(_) => true,
    };
    cluster.env.contains(ENDPOINT) || cluster.env_from_secrets.iter().any(in_secret)
}
