//! NB1009.

use crate::{Named, RulePolicy, cel};
use neo4jbackup_core::schema::Kind;
use neo4jbackup_core::values::names::DerivedName;

pub(crate) fn policy() -> RulePolicy {
    let too_long = |condition: &str, what: &str, derived: DerivedName| {
        let longest_name = derived.longest_name();
        let added = derived.of("").len();
        cel::finding(
            &format!("{condition} && size(variables.ownName) > {longest_name}"),
            &format!(
                "'metadata.name: {what} made from this name would have a name of ' + string(size(variables.ownName) + {added}) + ' \
                 characters, and {} is the limit; use a name of at most {longest_name} characters'",
                derived.longest()
            ),
        )
    };
    RulePolicy {
        kinds: vec![Kind::Neo4jBackup],
        variables: vec![
            Named::new("ownName", "object.metadata.?name.orValue('')"),
            Named::new("isScheduled", "variables.spec.?schedule.orValue('') != ''"),
        ],
        errors: vec![
            too_long("variables.isScheduled", "the CronJob", DerivedName::BackupCronJob),
            too_long("!variables.isScheduled", "the Job", DerivedName::BackupJob),
        ],
        leaves: "restores, for which the limit depends on the instance",
        ..RulePolicy::default()
    }
}
