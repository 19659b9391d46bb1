//! NB8007.

use crate::{Named, RulePolicy, cel};

pub(crate) fn policy() -> RulePolicy {
    let from_base = "variables.sourceType == 'pitr' && variables.base.?type.orValue('')";
    let reference = |condition: &str, field: &str, place: &str| {
        cel::finding(
            condition,
            &format!("'{field}: {place} is `backup`, and no backup is named; name a Neo4jBackup of this namespace'"),
        )
    };
    let location = |condition: &str, field: &str, place: &str| {
        cel::finding(
            condition,
            &format!(
                "'{field}: {place} is `storage`, and no location is given; say where the artifact lies: type, bucket and cloud, or \
                 a volume'"
            ),
        )
    };
    let (of_source, of_base) = ("spec.source.type", "spec.source.pitr.baseBackup.type");
    RulePolicy {
        variables: vec![
            Named::new("backupPath", "variables.source.?backupPath.orValue('')"),
            Named::new(
                "namesArtifact",
                format!("{}.replace('/', '').trim() != ''", cel::start("variables.backupPath")),
            ),
        ],
        errors: vec![
            reference(
                "variables.sourceType == 'backup' && variables.source.?backupRef.orValue('') == ''",
                "spec.source.backupRef",
                of_source,
            ),
            location(
                "variables.sourceType == 'storage' && !has(variables.source.storage)",
                "spec.source.storage",
                of_source,
            ),
            cel::finding(
                "variables.sourceType == 'storage' && !variables.namesArtifact",
                "'spec.source.backupPath: spec.source.type is `storage`, and no artifact is named; name the exact .backup file \
                 below the path of the location'",
            ),
            reference(
                &format!("{from_base} == 'backup' && variables.base.?backupRef.orValue('') == ''"),
                "spec.source.pitr.baseBackup.backupRef",
                of_base,
            ),
            location(
                &format!("{from_base} == 'storage' && !has(variables.base.storage)"),
                "spec.source.pitr.baseBackup.storage",
                of_base,
            ),
            // Operators before 1.19 have no such field, and the API server drops it before it asks.
            cel::finding(
                "variables.spec.?allDatabases.orValue(false) && variables.source.?sourceDatabase.orValue('') != ''",
                "'spec.source.sourceDatabase: sourceDatabase names one database, and spec.allDatabases restores all of them; \
                 remove one of the two'",
            ),
            cel::finding(
                "!variables.spec.?allDatabases.orValue(false) && variables.source.?sourceDatabase.orValue('') != '' &&\n\
                 variables.source.sourceDatabase != variables.restoredDatabase && variables.sourceType == 'storage' &&\n\
                 variables.source.?storage.?type.orValue('') in ['s3', 'gcs', 'azure'] &&\n\
                 !variables.backupPath.endsWith('.backup') && variables.namesArtifact",
                &format!(
                    "'spec.source.backupPath: a restore under another name needs the exact .backup file below a bucket, and ' + {} + \
                     ' is not one; name the file of the database, as the history of the backup lists it'",
                    cel::quoted("variables.backupPath")
                ),
            ),
            cel::finding(
                "variables.spec.?allDatabases.orValue(false) && variables.sourceType in ['storage', 'pitr']",
                "'spec.source.type: spec.allDatabases cannot be restored from `type: ' + variables.sourceType +\n\
                 '`; use `type: backup` with the backupRef of a backup of all databases, or name one database'",
            ),
        ],
        leaves: "whether a cluster is given the exact file: that needs the instance",
        ..RulePolicy::default()
    }
}
