//! Variables that policies share. Each policy gets those that it uses.

use neo4jbackup_core::schema::Kind;

use super::Named;

/// The kinds that rules tell apart, by the variable that says so.
const GROUPS: [(&str, &[Kind]); 4] = [
    ("isBackup", &[Kind::Neo4jBackup]),
    ("isRestore", &[Kind::Neo4jRestore]),
    (
        "isInstance",
        &[Kind::Neo4jEnterpriseCluster, Kind::Neo4jEnterpriseStandalone],
    ),
    ("isDatabase", &[Kind::Neo4jDatabase, Kind::Neo4jShardedDatabase]),
];

/// The kinds for which the operator makes Jobs, which many rules are about.
const RUNS_JOBS: &str = "runsJobs";

/// Lists with more items than this are not looked into.
pub(super) const MOST_ITEMS: usize = 64;

/// All of them, each using earlier ones only.
pub(super) fn variables() -> Vec<Named> {
    let places: Vec<String> = (0..MOST_ITEMS).map(|place| place.to_string()).collect();
    let of_kinds = GROUPS.iter().map(|(name, kinds)| {
        let kinds: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
        Named::new(*name, format!("object.kind in ['{}']", kinds.join("', '")))
    });
    let mut variables: Vec<Named> = of_kinds.collect();
    variables.extend([
        Named::new(RUNS_JOBS, "variables.isBackup || variables.isRestore"),
        // Version v1alpha1 is read as the last operator that served it, v1beta1 as 1.14.
        Named::new("isBeta", "object.apiVersion.endsWith('/v1beta1')"),
        Named::new("spec", "dyn(object).?spec.orValue({})"),
        Named::new("source", "variables.spec.?source.orValue({})"),
        Named::new("sourceType", "variables.source.?type.orValue('')"),
        Named::new("pitr", "variables.source.?pitr.orValue({})"),
        Named::new("base", "variables.pitr.?baseBackup.orValue({})"),
        Named::new("options", "variables.spec.?options.orValue({})"),
        Named::new("backups", "variables.spec.?backups.orValue({})"),
        Named::new(
            "databaseField",
            "has(variables.spec.database) || !has(variables.spec.databaseName) ? 'database' : 'databaseName'",
        ),
        Named::new(
            "restoredDatabase",
            "variables.spec[?variables.databaseField].orValue('')",
        ),
        Named::new("locations", locations()),
        Named::new("annotated", annotated()),
        Named::new("places", format!("[{}]", places.join(", "))),
    ]);
    variables
}

/// CEL for "the object is of none of these kinds"; `None` where there is no other.
pub(super) fn is_none_of(kinds: &[Kind]) -> Option<String> {
    let (inside, outside): (Vec<_>, Vec<_>) = GROUPS
        .iter()
        .partition(|(_, group)| group.iter().all(|kind| kinds.contains(kind)));
    let list = |groups: &[&(&str, &[Kind])], before: &str, between: &str| {
        let groups: Vec<String> = groups
            .iter()
            .map(|(name, _)| format!("{before}variables.{name}"))
            .collect();
        groups.join(between)
    };
    let runs_jobs = [Kind::Neo4jBackup, Kind::Neo4jRestore];
    if outside.is_empty() {
        None
    } else if kinds.len() == runs_jobs.len() && runs_jobs.iter().all(|kind| kinds.contains(kind)) {
        Some(format!("!variables.{RUNS_JOBS}"))
    } else if outside.len() < inside.len() {
        Some(list(&outside, "", " || "))
    } else {
        Some(list(&inside, "!", " && "))
    }
}

/// What the operator does with bucket, path and volume of a location, and whether it reads its cloud block: the same as
/// `rules::location`.
fn locations() -> String {
    let restore_use =
        "variables.sourceType == 'storage' ? 'artifacts' : variables.sourceType == 'pitr' ? 'access' : 'nothing'";
    let base_use =
        "variables.sourceType == 'pitr' && variables.base.?type.orValue('') == 'storage' ? 'artifacts' : 'nothing'";
    let entry = |path: &str, block: &str, cloud_path: &str, cloud: &str, used: &str, reads_cloud: &str| {
        let values = [&format!("'{path}'"), block, cloud_path, cloud, used, reads_cloud];
        let values = values.map(|value| format!("dyn({value})"));
        format!("[{}]", values.join(", "))
    };
    let in_restore = |path: &str, holder: &str, field: &str, used: &str, reads_cloud: &str| {
        let block = format!("{holder}.?{field}");
        entry(
            path,
            &format!("variables.isRestore ? {block} : optional.none()"),
            &format!("'{path}.cloud'"),
            &format!("{block}.?cloud"),
            used,
            reads_cloud,
        )
    };
    let entries = [
        // Before 1.14 a backup may have its cloud block beside the location.
        entry(
            "spec.storage",
            "variables.isBackup ? variables.spec.?storage : optional.none()",
            "has(variables.spec.storage) && has(variables.spec.storage.cloud) || !has(variables.spec.cloud) ? 'spec.storage.cloud' : 'spec.cloud'",
            "variables.spec.?storage.?cloud.or(variables.spec.?cloud)",
            "'artifacts'",
            "true",
        ),
        in_restore(
            "spec.source.storage",
            "variables.source",
            "storage",
            restore_use,
            "variables.sourceType in ['storage', 'pitr']",
        ),
        in_restore(
            "spec.source.pitr.baseBackup.storage",
            "variables.base",
            "storage",
            base_use,
            "false",
        ),
        in_restore(
            "spec.source.pitr.logStorage",
            "variables.pitr",
            "logStorage",
            "'nothing'",
            "false",
        ),
        // Instances had backup settings until v1beta1 came.
        entry(
            "spec.backups.defaultStorage",
            "variables.isInstance && !variables.isBeta && (has(variables.backups.defaultStorage) || has(variables.backups.cloud)) ?\n  \
             optional.of(variables.backups.?defaultStorage.orValue({})) : optional.none()",
            "has(variables.backups.cloud) ? 'spec.backups.cloud' : 'spec.backups.defaultStorage.cloud'",
            "variables.backups.?cloud.or(variables.backups.?defaultStorage.?cloud)",
            "'nothing'",
            "true",
        ),
    ];
    format!(
        "[{}]
.filter(at, at[1].hasValue()).map(at, {{
  'path': at[0], 'block': dyn(at[1].value()), 'used': at[4], 'type': dyn({kind}), 'isCloud': dyn({kind} in ['s3', 'gcs', 'azure']),
  'cloudPath': at[2], 'cloud': dyn(at[3].orValue({{}})), 'readsCloud': at[5],
  'provider': dyn(at[3].orValue({{}}).?provider.orValue('') in ['aws', 'gcp', 'azure'] ? at[3].value().provider :
    {{'s3': 'aws', 'gcs': 'gcp', 'azure': 'azure'}}[?{kind}].orValue(''))}})",
        entries.join(",\n"),
        kind = "at[1].value().?type.orValue('')",
    )
}

/// Every block of annotations for a `ServiceAccount`, and whether a mistake in it is an error.
fn annotated() -> String {
    "variables.locations.filter(at, at.cloud.?identity.?autoCreate.?annotations.hasValue()).map(at, {
  'path': dyn(at.cloudPath + '.identity.autoCreate.annotations'),
  'values': at.cloud.identity.autoCreate.annotations,
  'denies': at.readsCloud}) +
(variables.isInstance && has(variables.spec.podServiceAccountAnnotations)
? [{'path': dyn('spec.podServiceAccountAnnotations'),
  'values': dyn(variables.spec.podServiceAccountAnnotations),
  'denies': dyn(true)}] : [])"
        .to_owned()
}
