//! NB3003.

use super::location::{Location, Use, annotations_at, locations, quoted};
use crate::declare_rule;
use crate::document::Path;
use crate::finding::Severity;
use crate::fix::{Edit, Fix, FixKind};
use crate::inventory::{Inventory, Lookup};
use crate::model::{Provider, StoreType};
use crate::report::Report;
use crate::rule::{Need, Rule, RuleMeta};
use crate::schema::{Era, Kind};
use crate::subject::Subject;
use crate::values::identity::{aws, azure, google};

declare_rule! {
    /// A Job that writes to an object store needs credentials or an identity, and nothing here gives it one.
    ///
    /// ## What it checks
    /// A location in an object store has `cloud.credentialsSecretRef`, or an identity annotation of its cloud below
    /// `cloud.identity.autoCreate.annotations`. Where neither is there, the identity comes from the namespace, when that has
    /// one of `neo4jbackup.github.io/aws-role-arn`, `neo4jbackup.github.io/gcp-service-account` and
    /// `neo4jbackup.github.io/azure-client-id`, or else from the settings (`identity`). On Azure the annotation alone is not
    /// enough: the pods need the label `azure.workload.identity/use: "true"`, which the operator never sets.
    ///
    /// ## Why it matters
    /// Without credentials each run fails in the pod, minutes after it was accepted; a scheduled backup never says so in
    /// its own status. It is only a warning, because credentials may come from elsewhere: EKS Pod Identity needs no
    /// annotation at all, and a node may have a role of its own.
    ///
    /// ## Bad
    /// ```yaml
    /// cloud:
    ///   provider: aws
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// cloud:
    ///   provider: aws
    ///   identity:
    ///     provider: aws
    ///     autoCreate:
    ///       annotations:
    ///         eks.amazonaws.com/role-arn: arn:aws:iam::210987654321:role/neo4j-backup
    /// ```
    IdentityMissing {
        code: "NB3003", name: "identity-missing", severity: Warning,
        kinds: [Neo4jBackup, Neo4jRestore, Neo4jEnterpriseCluster, Neo4jEnterpriseStandalone],
        reads: [
            "spec.storage.type", "spec.storage.cloud", "spec.cloud", "spec.source.type", "spec.source.storage.type",
            "spec.source.storage.cloud", "spec.backups",
        ],
        needs: [Namespace], doors: All, fix: Default,
        policy: NotExpressible("the identity comes from the namespace or from the settings"), since: "0.1",
    }
}

impl Rule for IdentityMissing {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn check(&self, subject: &Subject<'_>, inventory: &Inventory, report: &mut Report) {
        for location in locations(subject) {
            let is_instance = !matches!(subject.kind, Kind::Neo4jBackup | Kind::Neo4jRestore);
            let concerned = if is_instance {
                location.storage.store() != Some(StoreType::Pvc) && location.storage.cloud.block.is_set()
            } else {
                location.used == Use::Artifacts && location.reads_cloud && location.cloud_store().is_some()
            };
            let Some(provider) = location.storage.provider().filter(|_| concerned) else {
                continue;
            };
            if location.storage.cloud.credentials().text().is_some() {
                continue;
            }
            let annotations = location.storage.cloud.annotations();
            let named: Vec<&str> = annotations_at(annotations, Severity::Warning)
                .map(|annotation| annotation.key)
                .collect();
            if !Provider::ALL
                .iter()
                .any(|provider| named.contains(&provider.identity_annotation()))
            {
                missing(subject, &location, provider, inventory, report);
            } else if provider == Provider::Azure && named.contains(&provider.identity_annotation()) {
                needs_label(annotations.path().key(provider.identity_annotation()), report);
            }
        }
    }
}

fn missing(
    subject: &Subject<'_>,
    location: &Location<'_>,
    provider: Provider,
    inventory: &Inventory,
    report: &mut Report,
) {
    let cloud = location.storage.cloud;
    let key = provider.identity_annotation();
    let path = cloud.annotations().path().key(key);
    let Some(declared) = declared(subject, provider, inventory, report) else {
        let secret = if subject.era >= Era::C {
            "`credentialsSecretRef` or "
        } else {
            ""
        };
        let ambient = match provider {
            Provider::Aws => "; EKS Pod Identity and roles of nodes need neither",
            Provider::Gcp | Provider::Azure => "; a role of the nodes needs neither",
        };
        report
            .at_path(path, format!("nothing gives the Job credentials for `{provider}`"))
            .help(format!("set {secret}this annotation{ambient}"));
        return;
    };
    let finding = report.at_path(
        path.clone(),
        format!(
            "nothing here gives the Job credentials for `{provider}`, but {} declares {}",
            declared.by,
            quoted(&declared.identity)
        ),
    );
    if !is_well_formed(provider, &declared.identity) {
        finding.help(format!("correct what {} declares: it is malformed", declared.by));
        return;
    }
    let mut edits = Vec::new();
    if !cloud.identity_provider().is_set() {
        edits.push(Edit::Set {
            path: cloud.identity_provider().path(),
            value: provider.as_str().into(),
        });
    }
    edits.push(Edit::Set {
        path,
        value: declared.identity.clone().into(),
    });
    let title = format!("set the annotation `{key}` to {}", quoted(&declared.identity));
    finding.help("use that identity").fix(Fix {
        kind: FixKind::Default,
        title,
        edits,
    });
}

/// An identity that somebody has declared for objects that do not say.
struct Declared {
    identity: String,
    by: String,
}

fn declared(subject: &Subject<'_>, provider: Provider, inventory: &Inventory, report: &mut Report) -> Option<Declared> {
    let key = match provider {
        Provider::Aws => "neo4jbackup.github.io/aws-role-arn",
        Provider::Gcp => "neo4jbackup.github.io/gcp-service-account",
        Provider::Azure => "neo4jbackup.github.io/azure-client-id",
    };
    let namespace = subject.namespace();
    match inventory.namespace(namespace) {
        Lookup::Found(facts) => {
            if let Some(identity) = facts.annotations.get(key).filter(|text| !text.is_empty()) {
                return Some(Declared {
                    identity: identity.clone(),
                    by: format!("namespace `{namespace}`"),
                });
            }
        }
        Lookup::Unknown(why) => {
            report.skip(
                Need::Namespace,
                format!("namespace `{namespace}` may declare an identity: {why}"),
            );
        }
        Lookup::Absent => {}
    }
    let identity = subject.settings.identity.of(provider)?;
    Some(Declared {
        identity: identity.to_owned(),
        by: "the settings file".to_owned(),
    })
}

fn is_well_formed(provider: Provider, identity: &str) -> bool {
    match provider {
        Provider::Aws => aws::parse_role_arn(identity).is_ok(),
        Provider::Gcp => google::parse_service_account(identity).is_ok(),
        Provider::Azure => azure::check_client_id(identity).is_ok(),
    }
}

fn needs_label(path: Path, report: &mut Report) {
    report
        .at_path(path, "Azure takes this identity only in pods with the label `azure.workload.identity/use`, which the operator never sets")
        .help("have a mutating policy label the pods of the Jobs, or set `credentialsSecretRef`");
}
