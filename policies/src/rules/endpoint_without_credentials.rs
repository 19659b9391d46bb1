//! NB3010.

use crate::{Named, RulePolicy, cel};

pub(crate) fn policy() -> RulePolicy {
    let why = "!at.readsCloud ? 'nothing reads this block; put it into `spec.source.storage.cloud`' :
    at.provider != 'aws' ? 'only S3-compatible stores have one; remove it, or use `type: s3` and `provider: aws`' :
    'the operator only hands it over with credentials; set `credentialsSecretRef` beside it'";
    RulePolicy {
        variables: vec![Named::new(
            "unwiredClouds",
            format!(
                "variables.locations.map(at, {{
  'path': at.cloudPath, 'cloud': at.cloud, 'readsCloud': at.readsCloud,
  'provider': dyn(at.provider != '' ? at.provider : at.cloud.?identity.?provider.orValue(''))}})
.filter(at, !at.readsCloud || at.provider != 'aws' || at.cloud.?credentialsSecretRef.orValue('') == '')
.map(at, {{'path': at.path, 'cloud': at.cloud, 'why': dyn({why})}})"
            ),
        )],
        warnings: vec![
            format!(
                "variables.unwiredClouds.map(at, at.cloud.?endpointURL.orValue('') != '',
  at.path + '.endpointURL: the endpoint ' + {} + ' has no effect: ' + at.why)",
                cel::quoted("at.cloud.endpointURL")
            ),
            "variables.unwiredClouds.map(at, at.cloud.?forcePathStyle.orValue(false),
  at.path + '.forcePathStyle: path style has no effect: ' + at.why)"
                .to_owned(),
        ],
        ..RulePolicy::default()
    }
}
