//! The defaults that the API server can fill in by itself, as mutating admission policies.
//!
//! They are what `/mutate` of the webhook does, but for what an expression cannot see:
//!
//! - **identities from the settings file**: a policy reads the object and its namespace, and no file of ours. Whoever runs
//!   without the webhook declares identities on namespaces;
//! - **settings that switch a default off** (`mode` and `rules` of the settings file, annotations that suppress a rule where
//!   the settings allow it): the label `neo4jbackup.github.io/mode: audit` on the namespace is what a policy obeys;
//! - **the backup or restore that a Job belongs to**, and the ServiceAccount that it runs as: a policy labels the pods of
//!   every Job of the operator where the namespace declares an Azure identity. On pods that sign in elsewhere the label
//!   does nothing.
//!
//! A policy here is one list of JSON patch additions, each behind the test that nothing is there yet. [`Addition`] writes
//! both from the same parts, so that no value can be overwritten. There is one mutation per policy on purpose: the API
//! server keeps the value of a variable from one mutation of a policy to the next, where it would be out of date.

use super::{GROUP, Matched, MutatingPolicy, Named, cel};
use neo4jbackup_core::model::{Account, StoreType};
use neo4jbackup_core::operator::Operator;
use neo4jbackup_core::rbac::declaring_annotation;
use neo4jbackup_core::rules::ServiceAccountImplicit;
use neo4jbackup_core::values::identity::{AZURE_USE_LABEL, Provider};

/// The policies, one for each shape of object.
pub fn policies(operator: Option<Operator>) -> Vec<MutatingPolicy> {
    vec![
        backups(operator),
        restores(operator),
        instances(),
        jobs(),
        service_accounts(),
    ]
}

fn backups(operator: Option<Operator>) -> MutatingPolicy {
    let mut policy = MutatingPolicy {
        name: "neo4jbackup-defaults-backups",
        about: "\
Fills in what a Neo4jBackup leaves out: the cloud of its type of store, and the identity that the namespace declares for
that cloud. On CREATE only; what is there stays as it is.",
        matched: Matched::new(GROUP, "*", &["neo4jbackups"]),
        match_conditions: vec![
            Named::new("names-a-cloud", "dyn(object).?spec.?storage.hasValue()"),
            Named::new("lacks-something", lacks_something()),
        ],
        variables: Vec::new(),
        additions: Vec::new(),
    };
    declare(&mut policy, "spec", "dyn(object).?spec.orValue({})");
    let location = Location {
        name: "storage",
        storage: "variables.spec.?storage.orValue({})",
        // Before 1.14 the block may stand beside the location, where it counts when the location has none.
        cloud: "variables.storage.?cloud.or(variables.spec.?cloud)",
        path: "variables.storage.?cloud.hasValue() || !variables.spec.?cloud.hasValue() ? '/spec/storage/cloud' : '/spec/cloud'",
    };
    names_account(&mut policy, operator);
    declare(
        &mut policy,
        "account",
        format!("variables.namesAccount ? {} : ''", literal(Account::Backup.name())),
    );
    location.fill_in_all(&mut policy, "", "variables.storageOfType != ''", "variables.account");
    policy
}

/// Whether the account is named. Some operators complain of it at each reconcile; where nobody says which operator it is,
/// only v1alpha1 tells that it is none of those.
fn names_account(policy: &mut MutatingPolicy, operator: Option<Operator>) {
    let expression = match operator {
        Some(operator) if ServiceAccountImplicit::META.reach(operator).is_some() => "true",
        Some(_) => "false",
        None => "object.apiVersion.endsWith('/v1alpha1')",
    };
    declare(policy, "namesAccount", expression);
}

/// Whether something could be filled in: not where the block of the cloud says it all, and not where there is neither such a
/// block nor a store in a cloud.
fn lacks_something() -> String {
    let stores = [StoreType::S3, StoreType::Gcs, StoreType::Azure].map(|store| literal(store.as_str()));
    let annotations = Provider::ALL.map(|provider| literal(provider.identity_annotation()));
    format!(
        "[dyn(object).?spec.orValue({{}})].exists(spec, [spec.?storage.?cloud.or(spec.?cloud)].exists(block,
!block.hasValue() ? spec.?storage.?type.orValue('') in [{stores}] : [block.value()].exists(cloud,
!(has(cloud.provider) && has(cloud.identity) && has(cloud.identity.provider) && has(cloud.identity.serviceAccount) &&
  (cloud.?credentialsSecretRef.orValue('') != '' ||
   [{annotations}].exists(key, key in cloud.identity.?autoCreate.?annotations.orValue({{}})))))))",
        stores = stores.join(", "),
        annotations = annotations.join(", "),
    )
}

fn restores(operator: Option<Operator>) -> MutatingPolicy {
    let mut policy = MutatingPolicy {
        name: "neo4jbackup-defaults-restores",
        about: "\
The same for a Neo4jRestore: the cloud of the place that it reads from, the identity that the namespace declares when it
reads artifacts from there itself, and the provider of each identity.",
        matched: Matched::new(GROUP, "*", &["neo4jrestores"]),
        match_conditions: vec![Named::new(
            "names-a-location",
            "dyn(object).?spec.?source.?storage.hasValue() || dyn(object).?spec.?source.?pitr.hasValue()",
        )],
        variables: Vec::new(),
        additions: Vec::new(),
    };
    declare(&mut policy, "source", "dyn(object).?spec.?source.orValue({})");
    declare(&mut policy, "sourceType", "variables.source.?type.orValue('')");
    let location = Location {
        name: "storage",
        storage: "variables.source.?storage.orValue({})",
        cloud: "variables.storage.?cloud",
        path: "'/spec/source/storage/cloud'",
    };
    names_account(&mut policy, operator);
    // Operators before 1.8 have no account of their own for restores.
    declare(
        &mut policy,
        "account",
        format!(
            "variables.namesAccount && variables.sourceType in ['storage', 'pitr'] && !object.apiVersion.endsWith('/v1alpha1') ? {} : ''",
            literal(Account::Restore.name())
        ),
    );
    // A point-in-time restore takes only its credentials from here.
    location.fill_in_all(
        &mut policy,
        "variables.source.?storage.hasValue() && variables.sourceType in ['storage', 'pitr'] && ",
        "variables.sourceType == 'storage' && variables.storageOfType != ''",
        "variables.account",
    );
    for location in [
        Location {
            name: "base",
            storage: "variables.source.?pitr.?baseBackup.?storage.orValue({})",
            cloud: "variables.base.?cloud",
            path: "'/spec/source/pitr/baseBackup/storage/cloud'",
        },
        Location {
            name: "log",
            storage: "variables.source.?pitr.?logStorage.orValue({})",
            cloud: "variables.log.?cloud",
            path: "'/spec/source/pitr/logStorage/cloud'",
        },
    ] {
        location.fill_in_identity_provider(&mut policy, "false");
    }
    policy
}

fn instances() -> MutatingPolicy {
    let mut policy = MutatingPolicy {
        name: "neo4jbackup-defaults-instances",
        about: "\
The same for the backup settings that clusters and standalones have in operators before 1.8.",
        matched: Matched {
            exact: true,
            ..Matched::new(
                GROUP,
                "v1alpha1",
                &["neo4jenterpriseclusters", "neo4jenterprisestandalones"],
            )
        },
        match_conditions: vec![Named::new(
            "has-backup-settings",
            "dyn(object).?spec.?backups.hasValue()",
        )],
        variables: Vec::new(),
        additions: Vec::new(),
    };
    declare(&mut policy, "backups", "dyn(object).?spec.?backups.orValue({})");
    let location = Location {
        name: "storage",
        storage: "variables.backups.?defaultStorage.orValue({})",
        cloud: "variables.backups.?cloud.or(variables.storage.?cloud)",
        path: "variables.backups.?cloud.hasValue() ? '/spec/backups/cloud' : '/spec/backups/defaultStorage/cloud'",
    };
    location.declare(&mut policy);
    // What runs must go on as the account that it runs as: an `autoCreate` makes another one, and a name is one.
    declare(
        &mut policy,
        "createsAccount",
        "variables.storageIdentity.?autoCreate.hasValue() &&\n\
         variables.storageIdentity.?autoCreate.?enabled.orValue(true) != false",
    );
    declare(
        &mut policy,
        "account",
        "object.kind == 'Neo4jEnterpriseCluster' && variables.backups.?cloud.hasValue() &&\n\
         dyn(object).metadata.?name.orValue('') != '' &&\n\
         (variables.createsAccount || !variables.storageCloud.?identity.hasValue()) ?\n\
         dyn(object).metadata.name + '-cloud-identity' : ''",
    );
    location.fill_in_all(
        &mut policy,
        "",
        "variables.storage.?type.orValue('') != 'pvc' && variables.backups.?cloud.hasValue() &&\n\
         variables.storageIdentity.?serviceAccount.orValue('') == '' &&\n\
         (variables.createsAccount || !variables.storageCloud.?identity.hasValue())",
        "variables.account",
    );
    policy
}

fn jobs() -> MutatingPolicy {
    let mut policy = MutatingPolicy {
        name: "neo4jbackup-defaults-jobs",
        about: "\
Labels the pods of the operator's Jobs for backups and restores where the namespace declares an Azure identity: Azure's
workload identity needs the label, and the operator never sets it.",
        matched: Matched::new("batch", "v1", &["jobs", "cronjobs"]),
        match_conditions: vec![Named::new("made-by-the-operator", MADE_BY_THE_OPERATOR)],
        variables: Vec::new(),
        additions: Vec::new(),
    };
    declare(
        &mut policy,
        "template",
        "object.kind == 'CronJob' ? dyn(object).spec.jobTemplate.spec.template : dyn(object).spec.template",
    );
    declare(
        &mut policy,
        "path",
        "object.kind == 'CronJob' ? '/spec/jobTemplate/spec/template/metadata' : '/spec/template/metadata'",
    );
    declare(&mut policy, "metadata", "variables.template.?metadata.orValue({})");
    declare(&mut policy, "labels", "variables.metadata.?labels.orValue({})");
    declare_identity(&mut policy, Provider::Azure);
    // The account of the pod decides what it may sign in as.
    declare(
        &mut policy,
        "account",
        format!(
            "dyn(object).metadata.labels['app.kubernetes.io/name'] == 'neo4j-backup' ? {} : {}",
            literal(Account::Backup.name()),
            literal(Account::Restore.name())
        ),
    );
    let wanted = format!(
        "variables.template.?spec.?serviceAccountName.orValue('') == variables.account &&\n\
         {azure} && !({label} in variables.labels)",
        azure = is_well_formed(Provider::Azure, "variables.azureDeclaration"),
        label = literal(AZURE_USE_LABEL)
    );
    declare(&mut policy, "lacksLabel", wanted);
    let (wanted, parent) = ("variables.lacksLabel", "variables.path");
    policy.additions.extend([
        Addition {
            holder: "variables.template",
            path: "variables.path.replace('/metadata', '')",
            key: Key::Named("metadata"),
            wanted,
            value: "{}",
        }
        .to_cel(),
        Addition {
            holder: "variables.metadata",
            path: parent,
            key: Key::Named("labels"),
            wanted,
            value: "{}",
        }
        .to_cel(),
        Addition {
            holder: "variables.labels",
            path: "variables.path + '/labels'",
            key: Key::Computed(&literal(AZURE_USE_LABEL)),
            wanted,
            value: "'true'",
        }
        .to_cel(),
    ]);
    policy
}

/// Those that run neo4j-admin: not the Jobs of hooks, and not the cleanup of volumes.
const MADE_BY_THE_OPERATOR: &str = "\
[['neo4j-backup', 'backup'], ['neo4j-backup', 'backup-cron'], ['neo4j-restore', 'restore']].exists(sort,
  dyn(object).metadata.?labels['app.kubernetes.io/name'].orValue('') == sort[0] &&
  dyn(object).metadata.?labels['app.kubernetes.io/component'].orValue('') == sort[1])";

fn service_accounts() -> MutatingPolicy {
    let mut policy = MutatingPolicy {
        name: "neo4jbackup-defaults-serviceaccounts",
        about: "\
Ties the ServiceAccounts of the operator's Jobs to the identities that the namespace declares.",
        matched: Matched::new("", "v1", &["serviceaccounts"]),
        match_conditions: vec![Named::new(
            "of-the-jobs",
            format!(
                "dyn(object).metadata.?name.orValue('') in [{}]",
                Account::ALL.map(|account| literal(account.name())).join(", ")
            ),
        )],
        variables: Vec::new(),
        additions: Vec::new(),
    };
    declare(
        &mut policy,
        "annotations",
        "dyn(object).metadata.?annotations.orValue({})",
    );
    declare_identities(&mut policy);
    policy.additions.push(
        Addition {
            holder: "dyn(object).metadata",
            path: "'/metadata'",
            key: Key::Named("annotations"),
            wanted: "variables.declared.exists(provider, variables.declared[provider] != '')",
            value: "{}",
        }
        .to_cel(),
    );
    for provider in Provider::ALL {
        let declared = format!("variables.declared[{}]", literal(provider.as_str()));
        policy.additions.push(
            Addition {
                holder: "variables.annotations",
                path: "'/metadata/annotations'",
                key: Key::Computed(&literal(provider.identity_annotation())),
                wanted: &format!("{declared} != ''"),
                value: &declared,
            }
            .to_cel(),
        );
    }
    policy
}

/// A storage location with its cloud block, in CEL.
struct Location<'t> {
    /// What its variables begin with.
    name: &'t str,
    /// The location; `{}` where there is none.
    storage: &'t str,
    /// The cloud block, as an optional.
    cloud: &'t str,
    /// Where the block is, or would be, as a JSON pointer.
    path: &'t str,
}

impl Location<'_> {
    /// Provider, identity provider, identity and its account. `reads_cloud` is empty, or says when the operator looks at
    /// the block at all, with `&&` behind it; `takes_identity` says when Jobs sign in with what the block says, and
    /// `account` as whom, empty where that is not certain.
    fn fill_in_all(&self, policy: &mut MutatingPolicy, reads_cloud: &str, takes_identity: &str, account: &str) {
        let name = self.name;
        declare_identities(policy);
        self.declare(policy);
        declare(
            policy,
            &format!("{name}Annotations"),
            format!("variables.{name}Identity.?autoCreate.?annotations.orValue({{}})"),
        );
        let annotation = choice(
            Provider::ALL.map(|provider| (provider.as_str(), provider.identity_annotation())),
            &format!("variables.{name}Provider"),
        );
        declare(policy, &format!("{name}Annotation"), annotation);
        let known = Provider::ALL.map(|provider| literal(provider.identity_annotation()));
        declare(
            policy,
            &format!("{name}Declaration"),
            format!(
                "variables.{name}Cloud.?credentialsSecretRef.orValue('') == '' &&\n\
                 ![{known}].exists(key, key in variables.{name}Annotations) ?\n\
                 variables.declared[?variables.{name}Provider].orValue('') : ''",
                known = known.join(", ")
            ),
        );
        declare(
            policy,
            &format!("{name}Declared"),
            format!("{takes_identity} ? variables.{name}Declaration : ''"),
        );
        let identity_wanted = format!("variables.{name}Declared != ''");
        let provider_wanted = format!("{reads_cloud}variables.{name}OfType != ''");
        let cloud = format!("variables.{name}Cloud");
        let path = format!("variables.{name}Path");
        policy.additions.extend([
            format!(
                "!variables.{name}CloudBlock.hasValue() && ({provider_wanted} || {identity_wanted}) ?\n  \
                 [JSONPatch{{op: 'add', path: {path}, value: {{}}}}] : []"
            ),
            Addition {
                holder: &cloud,
                path: &path,
                key: Key::Named("provider"),
                wanted: &provider_wanted,
                value: &format!("variables.{name}OfType"),
            }
            .to_cel(),
            Addition {
                holder: &cloud,
                path: &path,
                key: Key::Named("identity"),
                wanted: &identity_wanted,
                value: "{}",
            }
            .to_cel(),
        ]);
        self.add_identity_provider(policy, &identity_wanted);
        let identity = format!("variables.{name}Identity");
        policy.additions.extend([
            Addition {
                holder: &identity,
                path: &format!("{path} + '/identity'"),
                key: Key::Named("serviceAccount"),
                wanted: &format!("{account} != '' && {}", self.has_identity(&identity_wanted)),
                value: account,
            }
            .to_cel(),
            Addition {
                holder: &identity,
                path: &format!("{path} + '/identity'"),
                key: Key::Named("autoCreate"),
                wanted: &identity_wanted,
                value: "{}",
            }
            .to_cel(),
            Addition {
                holder: &format!("{identity}.?autoCreate.orValue({{}})"),
                path: &format!("{path} + '/identity/autoCreate'"),
                key: Key::Named("annotations"),
                wanted: &identity_wanted,
                value: "{}",
            }
            .to_cel(),
            Addition {
                holder: &format!("variables.{name}Annotations"),
                path: &format!("{path} + '/identity/autoCreate/annotations'"),
                key: Key::Computed(&format!("variables.{name}Annotation")),
                wanted: &identity_wanted,
                value: &format!("variables.{name}Declared"),
            }
            .to_cel(),
        ]);
    }

    /// The provider of an identity that is there, which the schema requires wherever the block stands; `also` says when
    /// the identity is about to be there.
    fn fill_in_identity_provider(&self, policy: &mut MutatingPolicy, also: &str) {
        self.declare(policy);
        self.add_identity_provider(policy, also);
    }

    fn add_identity_provider(&self, policy: &mut MutatingPolicy, also: &str) {
        let name = self.name;
        policy.additions.push(
            Addition {
                holder: &format!("variables.{name}Identity"),
                path: &format!("variables.{name}Path + '/identity'"),
                key: Key::Named("provider"),
                wanted: &format!("variables.{name}Provider != '' && {}", self.has_identity(also)),
                value: &format!("variables.{name}Provider"),
            }
            .to_cel(),
        );
    }

    fn has_identity(&self, also: &str) -> String {
        format!("(variables.{}Cloud.?identity.hasValue() || {also})", self.name)
    }

    fn declare(&self, policy: &mut MutatingPolicy) {
        let name = self.name;
        declare(policy, name, self.storage);
        declare(policy, &format!("{name}CloudBlock"), self.cloud);
        declare(policy, &format!("{name}Path"), self.path);
        declare(
            policy,
            &format!("{name}Cloud"),
            format!("variables.{name}CloudBlock.orValue({{}})"),
        );
        declare(
            policy,
            &format!("{name}Identity"),
            format!("variables.{name}Cloud.?identity.orValue({{}})"),
        );
        let stores = [StoreType::S3, StoreType::Gcs, StoreType::Azure];
        let of_type = choice(
            stores.map(|store| (store.as_str(), store.provider().map_or("", Provider::as_str))),
            &format!("variables.{name}.?type.orValue('')"),
        );
        declare(policy, &format!("{name}OfType"), of_type);
        let known = Provider::ALL.map(|provider| literal(provider.as_str()));
        declare(
            policy,
            &format!("{name}Provider"),
            format!(
                "variables.{name}Cloud.?provider.orValue('') in [{known}] ?\n\
                 string(variables.{name}Cloud.provider) : variables.{name}OfType",
                known = known.join(", ")
            ),
        );
    }
}

/// One value for one absent field.
struct Addition<'t> {
    /// The map that the field belongs to, in CEL; `{}` where that is not there yet.
    holder: &'t str,
    /// Where the holder is, as a JSON pointer in CEL.
    path: &'t str,
    key: Key<'t>,
    /// When the value is wanted at all, in CEL.
    wanted: &'t str,
    /// In CEL.
    value: &'t str,
}

/// The name of a field.
enum Key<'t> {
    /// A plain name.
    Named(&'t str),
    /// A string in CEL, which may have slashes.
    Computed(&'t str),
}

impl Addition<'_> {
    /// A list of one addition, or of none where the field is there or not wanted.
    fn to_cel(&self) -> String {
        let Self {
            holder,
            path,
            wanted,
            value,
            ..
        } = self;
        let (absent, pointer) = match self.key {
            Key::Named(key) => (
                format!("!({} in {holder})", literal(key)),
                match path.strip_suffix('\'') {
                    Some(start) => format!("{start}/{key}'"),
                    None => format!("{path} + '/{key}'"),
                },
            ),
            Key::Computed(key) => (
                format!("!({key} in {holder})"),
                format!("{path} + '/' + jsonpatch.escapeKey({key})"),
            ),
        };
        cel::join_texts(&format!(
            "{absent} && ({wanted}) ?\n  [JSONPatch{{op: 'add', path: {pointer}, value: {value}}}] : []"
        ))
    }
}

/// What the namespace declares, by provider: empty where it declares nothing, or something that is no identity.
fn declare_identities(policy: &mut MutatingPolicy) {
    for provider in Provider::ALL {
        declare_identity(policy, provider);
    }
    let entries = Provider::ALL.map(|provider| {
        let text = format!("variables.{provider}Declaration");
        format!(
            "{}: {} ? {text} : ''",
            literal(provider.as_str()),
            is_well_formed(provider, &text)
        )
    });
    declare(policy, "declared", format!("{{\n{}}}", entries.join(",\n")));
}

/// What the namespace declares for one provider, whether or not it is an identity.
fn declare_identity(policy: &mut MutatingPolicy, provider: Provider) {
    declare(
        policy,
        "declarations",
        "namespaceObject.metadata.?annotations.orValue({})",
    );
    declare(
        policy,
        &format!("{provider}Declaration"),
        format!(
            "variables.declarations[?{}].orValue('')",
            literal(declaring_annotation(provider))
        ),
    );
}

/// The grammars of [`neo4jbackup_core::values::identity`].
fn is_well_formed(provider: Provider, text: &str) -> String {
    const ID: &str = "[a-z][-a-z0-9]{4,28}[a-z0-9]";
    const LABEL: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
    match provider {
        Provider::Aws => format!(
            "{text}.matches(r'^arn:aws[-a-z0-9]*:iam::[0-9]{{12}}:role/([-\\w+=,.@/]*/)?[-\\w+=,.@]{{1,64}}$') &&\n\
             size({text}) - {text}.indexOf(':role/') <= 6 + 576"
        ),
        Provider::Gcp => format!(
            "({text}.matches(r'^{ID}@{ID}([.]{LABEL})*[.]iam[.]gserviceaccount[.]com$') &&\n\
             size({text}) - {text}.indexOf('.') <= 25 + 253 ||\n\
             {text}.matches(r'^([0-9]+-compute@developer|{ID}@appspot)[.]gserviceaccount[.]com$'))"
        ),
        Provider::Azure => {
            format!("{text}.matches(r'^[0-9a-fA-F]{{8}}(-[0-9a-fA-F]{{4}}){{3}}-[0-9a-fA-F]{{12}}$')")
        }
    }
}

/// Declares a variable, unless there is one of this name.
fn declare(policy: &mut MutatingPolicy, name: &str, expression: impl Into<String>) {
    if policy.variables.iter().all(|variable| variable.name != name) {
        policy.variables.push(Named::new(name, expression));
    }
}

/// The text that belongs to a key; empty for any other key.
fn choice<const COUNT: usize>(entries: [(&str, &str); COUNT], key: &str) -> String {
    let entries = entries.map(|(key, value)| format!("{}: {}", literal(key), literal(value)));
    format!("{{{}}}[?{key}].orValue('')", entries.join(", "))
}

/// A word of ours as a string of CEL; none has a quote or a backslash.
fn literal(word: &str) -> String {
    format!("'{word}'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_patch_is_one_addition_behind_the_test_that_nothing_is_there() {
        for policy in policies(None) {
            assert!(!policy.additions.is_empty(), "{}", policy.name);
            for addition in policy.additions {
                assert!(addition.starts_with('!'), "{addition}");
                assert_eq!(addition.matches("op: ").count(), 1, "{addition}");
                assert!(addition.contains("JSONPatch{op: 'add', path: "), "{addition}");
                assert!(addition.ends_with("] : []"), "{addition}");
            }
        }
    }
}
