//! NB3001.

use crate::{Named, RulePolicy, cel};

pub(crate) fn policy() -> RulePolicy {
    let of_cloud = "variables.locations.filter(at, at.isCloud)";
    let missing = cel::found(
        "variables.isBackup && variables.isBeta",
        "at.field + ': `type: ' + at.type + '` has no cloud provider' +
  (!variables.isBackup ? ', so the Job gets no credentials' : variables.isBeta ? ', and the operator refuses such a backup' : '') +
  '; set it to `' + at.wanted + '`'",
    );
    let mismatch = cel::found(
        "at.readsCloud && variables.isBeta",
        "at.field + ': `' + at.said + '` is not the cloud of `type: ' + at.type + '`; use `' + at.wanted +
  '`, or give the location the type that belongs to `' + at.said + '`'",
    );
    RulePolicy {
        variables: vec![Named::new(
            "clouds",
            format!(
                "{of_cloud}.map(at, {{
  'field': dyn(at.cloudPath + '.provider'), 'type': at.type, 'readsCloud': at.readsCloud,
  'isSaid': dyn(has(at.cloud.provider)), 'said': dyn(at.cloud.?provider.orValue('')),
  'wanted': dyn({{'s3': 'aws', 'gcs': 'gcp', 'azure': 'azure'}}[string(at.type)])}})"
            ),
        )],
        findings: vec![
            format!("variables.clouds.map(at, !at.isSaid && at.readsCloud, {missing})"),
            format!(
                "variables.clouds.map(at, at.said in ['aws', 'gcp', 'azure'] && at.said != at.wanted,\n  {mismatch})"
            ),
        ],
        of_locations: true,
        ..RulePolicy::default()
    }
}
