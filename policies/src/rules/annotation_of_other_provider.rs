//! NB3008.

use crate::{Named, RulePolicy, cel};

/// More annotations than this are left alone: no `ServiceAccount` has them.
const MOST: usize = 64;

pub(crate) fn policy() -> RulePolicy {
    let prefixes = "{'eks.amazonaws.com': 'aws', 'iam.gke.io': 'gcp', 'azure.workload.identity': 'azure'}";
    let keys = "{'aws': 'eks.amazonaws.com/role-arn', 'gcp': 'iam.gke.io/gcp-service-account', \
                'azure': 'azure.workload.identity/client-id'}";
    let message = format!(
        "at.path + '[' + at.key + ']: `' + at.key + '` is an annotation of `' + {prefixes}[at.key.split('/')[0]] +
  '`, but the location is in `' + at.provider + '`; ' + (at.hasRight ? 'remove it' : 'use the annotation `' + at.right + '`')"
    );
    RulePolicy {
        variables: vec![
            Named::new("annotationKeys", keys),
            Named::new(
                "providers",
                "variables.locations.filter(at, size(at.cloud.?identity.?autoCreate.?annotations.orValue({})) in range)
.map(at, {
  'path': dyn(at.cloudPath + '.identity.autoCreate.annotations'), 'readsCloud': at.readsCloud,
  'values': at.cloud.identity.autoCreate.annotations,
  'provider': dyn(at.provider != '' ? at.provider : at.cloud.identity.?provider.orValue(''))})
.filter(at, at.provider in variables.annotationKeys)"
                .replace("in range", &format!("> 0 && size(at.cloud.identity.autoCreate.annotations) <= {MOST}")),
            ),
            Named::new(
                "strangersByLocation",
                format!(
                    "variables.providers.map(at, at.values.map(key, key)
.filter(key, key.contains('/') && {prefixes}[?key.split('/')[0]].orValue(at.provider) != at.provider)
.map(key, {{
  'path': at.path, 'readsCloud': at.readsCloud, 'key': dyn(key), 'provider': at.provider,
  'right': dyn(variables.annotationKeys[string(at.provider)]), 'hasRight': dyn(variables.annotationKeys[string(at.provider)] in at.values)}}))"
                ),
            ),
            Named::new(
                "strangers",
                "size(variables.strangersByLocation) == 0 ? [] :
variables.strangersByLocation[0] +
(size(variables.strangersByLocation) > 1 ? variables.strangersByLocation[1] : []) +
(size(variables.strangersByLocation) > 2 ? variables.strangersByLocation[2] : [])",
            ),
        ],
        findings: vec![format!(
            "variables.strangers.map(at, {})",
            cel::found("at.readsCloud && !at.hasRight", &message)
        )],
        leaves: "more than 64 annotations in one place",
        of_locations: true,
        ..RulePolicy::default()
    }
}
