//! NB7008.

use crate::{Named, RulePolicy, cel};

pub(crate) fn policy() -> RulePolicy {
    RulePolicy {
        variables: vec![
            Named::new("storageType", "variables.spec.?storage.?type.orValue('')"),
            Named::new(
                "setsRetention",
                "variables.spec.?retention.?maxAge.hasValue() || variables.spec.?retention.?maxCount.hasValue()",
            ),
        ],
        warnings: vec![
            cel::finding(
                "variables.setsRetention && variables.storageType in ['s3', 'gcs', 'azure']",
                "'spec.retention: the operator removes nothing from a bucket: retention has no effect with `type: ' + \
                 variables.storageType + '`; set a lifecycle rule on the bucket, and remove `spec.retention`'",
            ),
            cel::finding(
                "variables.setsRetention && variables.storageType == 'pvc' && variables.spec.?schedule.orValue('') != ''",
                "'spec.retention: retention is applied only when this backup object is deleted, so its runs fill the volume \
                 meanwhile; remove old artifacts with a Job of your own, and watch the volume'",
            ),
        ],
        leaves: "the note for backups on a volume that run once",
        ..RulePolicy::default()
    }
}
