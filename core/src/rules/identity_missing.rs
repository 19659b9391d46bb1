//! NB3003.

use crate::ensure;
use crate::ensure::{Declaration, DeclaredBy};
use crate::rule::prelude::*;
use crate::subject::location::{Location, Use, annotations_at, creates_account, implied_account, locations};

declare_rule! {
    /// A Job that writes to an object store needs credentials or an identity, and nothing here gives it one.
    ///
    /// ## What it checks
    /// A location in an object store has `cloud.credentialsSecretRef`, or an identity annotation of its cloud below
    /// `cloud.identity.autoCreate.annotations`. Where neither is there, the identity comes from the namespace, when that has
    /// one of `neo4jbackup.github.io/aws-role-arn`, `neo4jbackup.github.io/gcp-service-account` and
    /// `neo4jbackup.github.io/azure-client-id`, or else from the settings (`identity`). On Azure the annotation alone is not
    /// enough: the pods need the label `azure.workload.identity/use: "true"`, which the operator never sets. The webhook
    /// sets it on the Jobs that the operator makes.
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
        kinds: LOCATED, reads: JOB_CLOUDS + ["spec.storage.type", "spec.source.storage.type", "spec.backups"],
        needs: [Namespace], doors: All, fix: Default,
        cel: NotExpressible("the identity comes from the namespace or from the settings"), since: "0.1",
    }
}

impl Rule for IdentityMissing {
    fn check(&self, subject: &Subject<'_>, inventory: &Inventory, report: &mut Collector) {
        for location in locations(subject) {
            let concerned = if is_instance(subject) {
                // The backup pod of an instance takes its identity from here only, and a person who names its account
                // has said whose identity it has.
                location.storage.store() != Some(StoreType::Pvc)
                    && Block::at(subject.object, "spec.backups.cloud").is_set()
                    && location.storage.cloud.service_account().text().is_none()
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
                needs_label(subject, annotations.path().key(provider.identity_annotation()), report);
            }
        }
    }
}

fn missing(
    subject: &Subject<'_>,
    location: &Location<'_>,
    provider: Provider,
    inventory: &Inventory,
    report: &mut Collector,
) {
    let key = provider.identity_annotation();
    let path = location.storage.cloud.annotations().path().key(key);
    match declared(subject, provider, inventory, report) {
        None => undeclared(subject, provider, path, report),
        Some(declared) => not_taken(subject, location, provider, path, &declared, report),
    }
}

/// Nobody gives the Job credentials.
fn undeclared(subject: &Subject<'_>, provider: Provider, path: Path, report: &mut Collector) {
    let secret = if subject.era >= Era::V1_0 {
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
}

/// The namespace or the settings declare an identity that the object does not name.
fn not_taken(
    subject: &Subject<'_>,
    location: &Location<'_>,
    provider: Provider,
    path: Path,
    declared: &Declaration<'_>,
    report: &mut Collector,
) {
    let by = match declared.by {
        DeclaredBy::Namespace => format!("namespace {}", quoted(subject.namespace())),
        DeclaredBy::Settings => "the settings file".to_owned(),
    };
    let finding = report.at_path(
        path.clone(),
        format!(
            "nothing here gives the Job credentials for `{provider}`, but {} declares {}",
            by,
            quoted(declared.identity)
        ),
    );
    if !declared.is_well_formed() {
        finding.help(format!("correct what {by} declares: it is malformed"));
        return;
    }
    if !may_be_filled_in(location, is_instance(subject)) {
        finding.help("set this annotation, or name the account of the backup pod in `serviceAccount`");
        return;
    }
    let title = format!(
        "set the annotation `{}` to {}",
        provider.identity_annotation(),
        quoted(declared.identity)
    );
    finding.help("use that identity").fix(Fix {
        kind: FixKind::Default,
        title,
        edits: edits(subject, location, provider, path, declared.identity),
    });
}

/// What puts the identity there, with everything that the schema requires beside it.
fn edits(subject: &Subject<'_>, location: &Location<'_>, provider: Provider, path: Path, identity: &str) -> Vec<Edit> {
    let cloud = location.storage.cloud;
    let mut edits = Vec::new();
    if !cloud.identity_provider().is_set() {
        edits.push(Edit::Set {
            path: cloud.identity_provider().path(),
            value: provider.as_str().into(),
        });
    }
    edits.push(Edit::Set {
        path,
        value: identity.into(),
    });
    // The account stands in the block that is made here, or else a second look would add it.
    if let Some(account) = implied_account(subject, location, true) {
        edits.push(Edit::Set {
            path: cloud.service_account().path(),
            value: account.into(),
        });
    }
    edits
}

/// What is declared for the namespace of the object; says so when the namespace itself could not be asked.
fn declared<'x>(
    subject: &'x Subject<'_>,
    provider: Provider,
    inventory: &'x Inventory,
    report: &mut Collector,
) -> Option<Declaration<'x>> {
    let namespace = subject.namespace();
    if let Lookup::Unknown(why) = inventory.namespace(namespace) {
        report.skip(
            Need::Namespace,
            format!(
                "namespace {namespace} may declare an identity",
                namespace = quoted(namespace)
            ),
            why,
        );
    }
    ensure::declared(namespace, provider, inventory, subject.settings)
}

fn is_instance(subject: &Subject<'_>) -> bool {
    !matches!(subject.kind, Kind::Neo4jBackup | Kind::Neo4jRestore)
}

/// An instance without `identity` stops the operators of its time with a nil pointer, so a whole block is an
/// improvement. A block without `autoCreate` runs its pod as `default`: an `autoCreate` would make it run as another
/// account, and what runs must stay as it is.
fn may_be_filled_in(location: &Location<'_>, is_instance: bool) -> bool {
    let cloud = location.storage.cloud;
    !is_instance || !cloud.identity().is_set() || creates_account(location)
}

/// The webhook sets the label itself when it is asked about Jobs, so in a review there is nothing to warn of.
fn needs_label(subject: &Subject<'_>, path: Path, report: &mut Collector) {
    if subject.door != Door::File {
        return;
    }
    report
        .at_path(path, "Azure takes this identity only in pods with the label `azure.workload.identity/use`, which the operator never sets")
        .help("let the webhook label the pods of the Jobs, or set `credentialsSecretRef`");
}
