//! NB3002.

use crate::{Named, RulePolicy};

pub(crate) fn policy() -> RulePolicy {
    RulePolicy {
        variables: vec![Named::new(
            "identities",
            "variables.locations.filter(at, has(at.cloud.identity)).map(at, {
  'field': dyn(at.cloudPath + '.identity.provider'),
  'isSaid': dyn(has(at.cloud.identity.provider)), 'said': dyn(at.cloud.identity.?provider.orValue('')),
  'wanted': at.provider})",
        )],
        warnings: vec![
            "variables.identities.map(at, at.said in ['aws', 'gcp', 'azure'] && at.wanted != '' && at.said != at.wanted,
  at.field + ': the identity is of `' + at.said + '`, but the location is in `' + at.wanted + '`; use `' + at.wanted + '`')"
                .to_owned(),
        ],
        errors: vec![
            "variables.identities.map(at, !at.isSaid, at.field + ': the identity has no provider, which the schema requires; ' +
  (at.wanted == '' ? 'set it to `aws`, `gcp` or `azure`' : 'set it to `' + at.wanted + '`'))"
                .to_owned(),
        ],
        of_locations: true,
        ..RulePolicy::default()
    }
}
