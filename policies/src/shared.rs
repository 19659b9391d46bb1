//! Variables that policies share. Each policy gets those that it uses.

use super::Named;

/// All of them, each using earlier ones only.
pub(super) fn variables() -> Vec<Named> {
    vec![
        // Version v1alpha1 is read as the last operator that served it, v1beta1 as 1.14.
        Named::new("isBeta", "object.apiVersion.endsWith('/v1beta1')"),
        Named::new("spec", "dyn(object).?spec.orValue({})"),
        Named::new("source", "variables.spec.?source.orValue({})"),
        Named::new("sourceType", "variables.source.?type.orValue('')"),
        Named::new("pitr", "variables.source.?pitr.orValue({})"),
        Named::new("base", "variables.pitr.?baseBackup.orValue({})"),
        Named::new("options", "variables.spec.?options.orValue({})"),
        Named::new("backups", "variables.spec.?backups.orValue({})"),
        Named::new("locations", locations()),
        Named::new("annotated", annotated()),
    ]
}

/// What the operator does with bucket, path and volume of a location, and whether it reads its cloud block: the same as
/// `rules::location`.
fn locations() -> String {
    let restore_use =
        "variables.sourceType == 'storage' ? 'artifacts' : variables.sourceType == 'pitr' ? 'access' : 'nothing'";
    let base_use =
        "variables.sourceType == 'pitr' && variables.base.?type.orValue('') == 'storage' ? 'artifacts' : 'nothing'";
    [
        // Before 1.14 a backup may have its cloud block beside the location.
        location(
            "object.kind == 'Neo4jBackup' && has(variables.spec.storage)",
            "'spec.storage'",
            "variables.spec.storage",
            "has(variables.spec.storage.cloud) || !has(variables.spec.cloud) ? 'spec.storage.cloud' : 'spec.cloud'",
            "variables.spec.storage.?cloud.or(variables.spec.?cloud).orValue({})",
            "'artifacts'",
            "true",
        ),
        in_restore(
            "has(variables.source.storage)",
            "spec.source.storage",
            "variables.source.storage",
            restore_use,
            "variables.sourceType in ['storage', 'pitr']",
        ),
        in_restore(
            "has(variables.base.storage)",
            "spec.source.pitr.baseBackup.storage",
            "variables.base.storage",
            base_use,
            "false",
        ),
        in_restore(
            "has(variables.pitr.logStorage)",
            "spec.source.pitr.logStorage",
            "variables.pitr.logStorage",
            "'nothing'",
            "false",
        ),
        // Instances had backup settings until v1beta1 came.
        location(
            "object.kind in ['Neo4jEnterpriseCluster', 'Neo4jEnterpriseStandalone'] && !variables.isBeta &&\n\
             (has(variables.backups.defaultStorage) || has(variables.backups.cloud))",
            "'spec.backups.defaultStorage'",
            "variables.backups.?defaultStorage.orValue({})",
            "has(variables.backups.cloud) ? 'spec.backups.cloud' : 'spec.backups.defaultStorage.cloud'",
            "variables.backups.?cloud.or(variables.backups.?defaultStorage.?cloud).orValue({})",
            "'nothing'",
            "true",
        ),
    ]
    .join(" +\n")
}

fn in_restore(condition: &str, path: &str, block: &str, used: &str, reads_cloud: &str) -> String {
    location(
        condition,
        &format!("'{path}'"),
        block,
        &format!("'{path}.cloud'"),
        &format!("{block}.?cloud.orValue({{}})"),
        used,
        reads_cloud,
    )
}

fn location(
    condition: &str,
    path: &str,
    block: &str,
    cloud_path: &str,
    cloud: &str,
    used: &str,
    reads_cloud: &str,
) -> String {
    let entries = [
        ("path", path),
        ("block", block),
        ("cloudPath", cloud_path),
        ("cloud", cloud),
        ("used", used),
        ("readsCloud", reads_cloud),
    ];
    let entries: Vec<String> = entries
        .iter()
        .map(|(key, value)| format!("'{key}': dyn({value})"))
        .collect();
    format!("({condition}\n? [{{{}}}] : [])", entries.join(",\n  "))
}

/// Every block of annotations for a `ServiceAccount`, and whether a mistake in it is an error.
fn annotated() -> String {
    "variables.locations.filter(at, at.cloud.?identity.?autoCreate.?annotations.hasValue()).map(at, {
  'path': dyn(at.cloudPath + '.identity.autoCreate.annotations'),
  'values': dyn(at.cloud.identity.autoCreate.annotations),
  'denies': dyn(at.readsCloud)}) +
(object.kind == 'Neo4jEnterpriseCluster' && has(variables.spec.podServiceAccountAnnotations)
? [{'path': dyn('spec.podServiceAccountAnnotations'),
  'values': dyn(variables.spec.podServiceAccountAnnotations),
  'denies': dyn(true)}] : [])"
        .to_owned()
}
