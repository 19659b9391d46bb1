//! NB7001.

use crate::{RulePolicy, cel};

const MISSING: &str = "at.isCloud && at.block.?bucket.orValue('').trim() == ''";

/// For its credentials alone, a location needs no bucket.
pub(crate) fn policy() -> RulePolicy {
    let is_azure = "at.type == 'azure'";
    let effect = "variables.isBackup ?
    (variables.isBeta ? ', and the operator refuses such a backup' : ', so there is nowhere to write to') :
    at.used == 'artifacts' ? ', so there is nothing to read from' : ''";
    let message = format!(
        "at.path + '.bucket: `type: ' + at.type + '` has no ' + ({is_azure} ? 'container' : 'bucket') +\n  \
         ({effect}) +\n  '; set it to ' + ({is_azure} ? '`<account>/<container>`' : 'its name')"
    );
    RulePolicy {
        findings: vec![format!(
            "variables.locations.map(at, at.used in ['artifacts', 'nothing'] && {MISSING},\n  {})",
            cel::found("at.used == 'artifacts'", &message)
        )],
        of_locations: true,
        ..RulePolicy::default()
    }
}
