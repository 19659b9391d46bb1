//! NB7009.

use crate::policy::{RulePolicy, cel};

pub(crate) fn policy() -> RulePolicy {
    let bare = "at.block.?type.orValue('') == 'azure' && at.block.?bucket.orValue('').trim() != '' &&
  at.block.bucket.matches('^[A-Za-z0-9._-]+$')";
    RulePolicy {
        warnings: vec![format!(
            "variables.locations.map(at, {bare},\n  at.path + '.bucket: ' + {} + ' names no storage account; Neo4j would take it \
             for the account; use `<account>/' + {} + '`')",
            cel::quoted("at.block.bucket"),
            cel::start("at.block.bucket"),
        )],
        ..RulePolicy::default()
    }
}
