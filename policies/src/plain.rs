//! What is plainly good: most objects. The API server lets them pass before it works out a single variable.
//!
//! Each part says of which rules it knows that they find nothing, in one look and mostly by one regular expression that is
//! stricter than the rule. An object of which not every part holds is judged by all rules, so that nothing is lost where a
//! part is too strict. Texts are matched only when they are short: the API server stops an expression that costs too much.

use neo4jbackup_core::schema::Kind;
use neo4jbackup_core::values::names::DerivedName;

use crate::twin::Twin;
use crate::{Named, rules};

/// A condition under which rules find nothing.
pub(crate) struct Part {
    /// Their codes.
    pub(crate) silences: &'static [&'static str],
    /// CEL over the object.
    when: String,
}

/// Five fields that run at one minute of the hours, on days that every month has or on weekdays.
const SCHEDULE: &str =
    "^[0-5]?[0-9] ([01]?[0-9]|2[0-3]|[*]|[*]/(2|3|4|6|8|12)) (([1-9]|1[0-9]|2[0-8]) [*] [*]|[*] [*] ([*]|[0-6]|1-5))$";
/// A bucket of S3 or Google Cloud Storage, without dots.
const BUCKET: &str = "^[a-z0-9]+(-[a-z0-9]+)*$";
/// What a bucket like that must not have: the stores keep such names for themselves.
const RESERVED: &str = "^(goog|sthree|amzn)|g[o0]{2}g[l1]e";
/// A container behind its account.
const CONTAINER: &str = "^[a-z0-9]{3,24}/[a-z0-9]{3}[a-z0-9]*(-[a-z0-9]+)*$";
const FOLDERS: &str = "^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$";
const NAME: &str = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$";
const ROLE: &str = "^arn:aws(-cn|-us-gov)?:iam::[0-9]{12}:role/[A-Za-z0-9_+=.@-]{1,64}$";
/// Accounts that documentation uses.
const PLACEHOLDER: &str = ":(123456789012|111122223333|444455556666|0{12}|9{12}):";
const SERVICE_ACCOUNT: &str =
    "^[a-z][a-z0-9-]{4,28}[a-z0-9]@[a-z][a-z0-9-]{4,28}[a-z0-9][.]iam[.]gserviceaccount[.]com$";
const CLIENT_ID: &str = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$";
/// Client ids that may stand for one: of digits or of letters alone, or counted through.
const NO_CLIENT_ID: &str = "^([0-9-]+|[a-f-]+|12345678-.*)$";
const ENDPOINT: &str = "^https?://[a-z0-9.-]+(:[0-9]{1,5})?/?$";
const QUANTITY: &str = "^[1-9][0-9]{0,11}([KMGTP]i|[kMGTP])?$";
/// A quantity of processors, or one like that.
const RESOURCE: &str = "^[1-9][0-9]{0,11}([KMGTP]i|[mkMGTP])?$";
const TIME: &str = "^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z$";
const TIMEOUT: &str = "^[1-9][0-9]{0,3}[smh]$";
const TAG: &str = "^(5[.]26[.](0|[1-9][0-9]?)|2025[.](0[1-9]|1[0-2])[.](0|[1-9][0-9]?))-enterprise$";
const DATABASE: &str = "^[a-z][a-z0-9.-]*$";

/// A field is absent, or a text that matches.
fn matches(field: &str, pattern: &str, longest: usize) -> String {
    format!("(!has({field}) || size({field}) <= {longest} && {field}.matches(r'{pattern}'))")
}

/// A field is a text that matches.
fn is(field: &str, pattern: &str, longest: usize) -> String {
    format!("has({field}) && size({field}) <= {longest} && {field}.matches(r'{pattern}')")
}

/// None of the fields is there.
fn none(fields: &[&str]) -> String {
    fields
        .iter()
        .map(|field| format!("!has({field})"))
        .collect::<Vec<_>>()
        .join(" && ")
}

/// The optional value of a field, or another one.
fn value(field: &str, absent: &str) -> String {
    format!("{}.orValue({absent})", field.replace('.', ".?"))
}

/// A few quantities by name, all plain.
fn resources(field: &str) -> String {
    let map = |name: &str| value(&format!("{field}.{name}"), "{}");
    format!(
        "[{}, {}].all(map, size(map) <= 8 && map.all(name, string(map[name]).matches('{RESOURCE}')))",
        map("limits"),
        map("requests")
    )
}

/// No option that a rule looks at but quantities.
fn options() -> String {
    format!(
        "(!has(spec.options) || {} &&\n{})",
        none(&[
            "spec.options.additionalArgs",
            "spec.options.tempPath",
            "spec.options.tempStorage",
            "spec.options.splitArchivePartSize",
            "spec.options.preRestore",
            "spec.options.postRestore",
        ]),
        resources("spec.options.resources")
    )
}

/// The parts of a kind: an object of v1beta1 of which all hold is plainly good.
pub(crate) fn parts(kind: Kind) -> Vec<Part> {
    match kind {
        Kind::Neo4jBackup => backup(),
        Kind::Neo4jRestore => restore(),
        Kind::Neo4jEnterpriseCluster | Kind::Neo4jEnterpriseStandalone => instance(),
        Kind::Neo4jDatabase | Kind::Neo4jShardedDatabase => vec![
            Part {
                silences: &["NB8001"],
                when: none(&["spec.seedConfig"]),
            },
            Part {
                silences: &["NB1014"],
                when: format!(
                    "{} &&\n{}",
                    matches("spec.clusterRef", NAME, 63),
                    none(&["spec.instanceRef", "spec.targetCluster", "spec.seedCredentials"])
                ),
            },
        ],
    }
}

fn backup() -> Vec<Part> {
    let longest = DerivedName::BackupCronJob
        .longest_name()
        .min(DerivedName::BackupJob.longest_name());
    let set = |field: &str, absent: &str| format!("({} == {absent} ? 0 : 1)", value(field, absent));
    vec![
        Part {
            silences: &["NB1007", "NB1014"],
            when: is("spec.instanceRef", NAME, 63),
        },
        Part {
            silences: &["NB1014"],
            when: format!(
                "[{}, {}].all(name, size(name) <= 63 && name.matches('{NAME}')) &&\n{}",
                value("spec.storage.cloud.credentialsSecretRef", "'a'"),
                value("spec.storage.pvc.storageClassName", "'a'"),
                none(&["spec.clusterRef", "spec.targetCluster", "spec.seedCredentials"])
            ),
        },
        Part {
            silences: &["NB1008"],
            when: format!(
                "{} + {} + {} == 1",
                set("spec.database", "''"),
                set("spec.allDatabases", "false"),
                set("spec.shardedDatabase", "''")
            ),
        },
        Part {
            silences: &["NB1009"],
            when: format!("size(object.metadata.?name.orValue('')) <= {longest}"),
        },
        Part {
            silences: &["NB5001", "NB5002", "NB5003", "NB5005"],
            when: matches("spec.schedule", SCHEDULE, 32),
        },
        Part {
            silences: &["NB3010", "NB7007", "NB7008", "NB8013"],
            when: none(&[
                "spec.retention",
                "spec.cloud",
                "spec.source",
                "spec.resources",
                "spec.env",
            ]),
        },
        Part {
            silences: &["NB1012", "NB7004", "NB7006", "NB8013"],
            when: options(),
        },
        Part {
            silences: &["NB7004"],
            when: matches("spec.chainFromBackup", NAME, 63),
        },
        Part {
            silences: &["NB7003", "NB7004"],
            when: format!("has(spec.storage) && {}", matches("spec.storage.path", FOLDERS, 256)),
        },
        Part {
            silences: &["NB7001", "NB7002", "NB7005", "NB7006", "NB7009", "NB3001"],
            when: format!(
                "{} && [spec.storage].all(at, at.type == 'pvc' ?\n  \
                 {} && has(at.pvc) && {} && {} :\n  \
                 {{'s3': 'aws', 'gcs': 'gcp', 'azure': 'azure'}}[?at.type].orValue('-') == {} && !has(at.pvc) &&\n  \
                 (at.type == 'azure' ? {} :\n   {} && size(at.bucket) > 2 && !at.bucket.matches('{RESERVED}')))",
                none(&["spec.storage.size", "spec.storage.backupStorage"]),
                none(&["at.bucket", "at.cloud"]),
                is("at.pvc.name", NAME, 63),
                matches("at.pvc.size", QUANTITY, 20),
                value("at.cloud.provider", "''"),
                is("at.bucket", CONTAINER, 63),
                is("at.bucket", BUCKET, 63),
            ),
        },
        Part {
            silences: &["NB3010", "NB3012"],
            when: format!(
                "(!has(spec.storage.cloud) || {} ||\n spec.storage.type == 's3' && {} != '' && {})",
                none(&["spec.storage.cloud.endpointURL", "spec.storage.cloud.forcePathStyle"]),
                value("spec.storage.cloud.credentialsSecretRef", "''"),
                matches("spec.storage.cloud.endpointURL", ENDPOINT, 128),
            ),
        },
        identity_of_backup(),
    ]
}

/// No identity, or one of the annotations that are well formed, and no placeholder.
fn identity_of_backup() -> Part {
    let annotated = |provider: &str, key: &str, pattern: &str, not: &str| {
        format!("['{provider}', '{key}'] == of && text.matches(r'{pattern}') && !text.matches(r'{not}')")
    };
    Part {
        silences: &["NB3002", "NB3005", "NB3006", "NB3007", "NB3008", "NB3009"],
        when: format!(
            "(!has(spec.storage.cloud) || !has(spec.storage.cloud.identity) || [spec.storage.cloud].all(cloud,\n  \
             {} == {} &&\n  \
             [{}].all(values, size(values) < 4 && values.all(key,\n    \
             size(values[key]) <= 128 && [[cloud.provider, key]].all(of, [values[key]].all(text,\n      {} ||\n      {} ||\n      {}))))))",
            value("cloud.identity.provider", "''"),
            value("cloud.provider", "'-'"),
            value("cloud.identity.autoCreate.annotations", "{}"),
            annotated("aws", "eks.amazonaws.com/role-arn", ROLE, PLACEHOLDER),
            annotated("gcp", "iam.gke.io/gcp-service-account", SERVICE_ACCOUNT, "@.*project"),
            annotated("azure", "azure.workload.identity/client-id", CLIENT_ID, NO_CLIENT_ID),
        ),
    }
}

fn restore() -> Vec<Part> {
    vec![
        Part {
            silences: &["NB1007", "NB1008", "NB1014", "NB8008"],
            when: format!(
                "{} && {} && spec.database != 'system' && !{}",
                is("spec.instanceRef", NAME, 63),
                is("spec.database", DATABASE, 63),
                value("spec.allDatabases", "false")
            ),
        },
        Part {
            silences: &[
                "NB1014", "NB3001", "NB3002", "NB3005", "NB3006", "NB3007", "NB3008", "NB3009", "NB3010", "NB3012",
                "NB7001", "NB7002", "NB7003", "NB7004", "NB7005", "NB7006", "NB7009", "NB8004", "NB8007", "NB8008",
                "NB8016",
            ],
            when: format!(
                "[{}].all(source, {} == 'backup' && {} && {}) &&\n{}",
                value("spec.source", "{}"),
                value("source.type", "''"),
                is("source.backupRef", NAME, 63),
                none(&[
                    "source.pitr",
                    "source.storage",
                    "source.backupPath",
                    "source.sourceDatabase"
                ]),
                none(&[
                    "spec.databaseName",
                    "spec.storage",
                    "spec.resources",
                    "spec.env",
                    "spec.clusterRef",
                    "spec.targetCluster",
                    "spec.seedCredentials"
                ])
            ),
        },
        Part {
            silences: &["NB8001"],
            when: matches("spec.source.pointInTime", TIME, 20),
        },
        Part {
            silences: &["NB8010"],
            when: value("spec.options.replaceExisting", "false"),
        },
        Part {
            silences: &["NB8011"],
            when: matches("spec.timeout", TIMEOUT, 8),
        },
        Part {
            silences: &["NB1012", "NB7004", "NB7006", "NB8011", "NB8013"],
            when: options(),
        },
    ]
}

fn instance() -> Vec<Part> {
    vec![
        Part {
            silences: &["NB2002"],
            when: format!(
                "has(spec.image) && {} && {} == 'neo4j'",
                is("spec.image.tag", TAG, 32),
                value("spec.image.repo", "'neo4j'")
            ),
        },
        Part {
            silences: &[
                "NB1014", "NB3001", "NB3002", "NB3005", "NB3006", "NB3007", "NB3008", "NB3009", "NB3012", "NB7001",
                "NB7002", "NB7003", "NB7004", "NB7009", "NB8001",
            ],
            when: none(&[
                "spec.backups",
                "spec.source",
                "spec.seedCredentials",
                "spec.restoreFrom",
                "spec.podServiceAccountAnnotations",
                "spec.options",
                "spec.env",
            ]),
        },
        Part {
            silences: &["NB7006"],
            when: format!(
                "(!has(spec.storage) || {} && !has(spec.storage.backupStorage)) &&\n{}",
                matches("spec.storage.size", QUANTITY, 20),
                resources("spec.resources")
            ),
        },
    ]
}

/// What the twins themselves say of a kind: the code of each, and when its rule finds nothing.
fn of_twins(kind: Kind) -> Vec<(&'static str, String)> {
    let of_twin = |twin: &Twin| {
        let plain = (twin.policy)().plain.into_iter();
        let code = twin.code;
        plain.filter_map(move |(of, when)| (of == kind).then_some((code, when)))
    };
    rules::ALL.iter().flat_map(of_twin).collect()
}

/// The conditions under which an object is judged: that it is no plainly good one, for each sort of kinds.
pub(crate) fn conditions() -> Vec<Named> {
    let sorts: [(&str, &[Kind]); 4] = [
        ("is-no-plain-backup", &[Kind::Neo4jBackup]),
        ("is-no-plain-restore", &[Kind::Neo4jRestore]),
        (
            "is-no-plain-instance",
            &[Kind::Neo4jEnterpriseCluster, Kind::Neo4jEnterpriseStandalone],
        ),
        (
            "is-no-plain-database",
            &[Kind::Neo4jDatabase, Kind::Neo4jShardedDatabase],
        ),
    ];
    let condition = |(name, kinds): (&str, &[Kind])| {
        let part = |part: Part| format!("// {}\n{}", part.silences.join(" "), part.when);
        let of_first = |kind: &Kind| {
            let twins = of_twins(*kind).into_iter();
            let twins = twins.map(|(code, when)| format!("// {code}\n({when})"));
            parts(*kind).into_iter().map(part).chain(twins).collect::<Vec<_>>()
        };
        let parts = kinds.first().map(of_first).unwrap_or_default();
        let names: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
        let expression = format!(
            "!(object.kind in ['{}'] && object.apiVersion.endsWith('/v1beta1') && has(object.spec) && [dyn(object).spec].all(spec,\n{}))",
            names.join("', '"),
            parts.join(" &&\n")
        );
        Named::new(name, expression)
    };
    sorts.map(condition).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule_policy;

    #[test]
    fn the_parts_of_a_kind_silence_every_rule_that_judges_it() {
        for rule in rule_policy::all() {
            for kind in &rule.kinds {
                let by_a_part = parts(*kind).iter().any(|part| part.silences.contains(&rule.meta.code));
                let is_silenced = by_a_part || of_twins(*kind).iter().any(|(code, _)| *code == rule.meta.code);
                assert!(
                    is_silenced,
                    "no part of what is plainly good for {} says when {} finds nothing",
                    kind.name(),
                    rule.meta.code
                );
            }
        }
    }
}
