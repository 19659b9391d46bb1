//! NB7009.

use crate::{Named, RulePolicy, cel};

pub(crate) fn policy() -> RulePolicy {
    RulePolicy {
        variables: vec![Named::new(
            "containers",
            format!(
                "variables.locations.filter(at, at.type == 'azure' && at.block.?bucket.orValue('') != '').map(at, {{
  'field': dyn(at.path + '.bucket'), 'name': dyn({})}})",
                cel::start("at.block.bucket")
            ),
        )],
        warnings: vec![format!(
            "variables.containers.map(at, at.name.matches('^[A-Za-z0-9._-]+$'), at.field + ': ' + {} +
  ' names no storage account; Neo4j would take it for the account; use `<account>/' + at.name + '`')",
            cel::quoted("at.name"),
        )],
        of_locations: true,
        ..RulePolicy::default()
    }
}
