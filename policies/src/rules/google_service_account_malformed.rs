//! NB3006.

use super::role_arn_malformed::values;
use crate::{Named, RulePolicy, cel};
use neo4jbackup_core::values::identity::GOOGLE_SERVICE_ACCOUNT;

/// Names of accounts and projects.
pub(super) const ID: &str = "[a-z][a-z0-9-]{4,28}[a-z0-9]";
const LABEL: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const DEFAULT: &str = "^([0-9]+-compute@developer|[a-z][a-z0-9-]{4,28}[a-z0-9]@appspot)[.]gserviceaccount[.]com$";

pub(crate) fn policy() -> RulePolicy {
    let message = format!(
        "at.field + ': the Google service account ' + {value} + ' is malformed: ' + at.problem +
  (at.isGood || at.isDefault ? '; use ' + {trimmed} : '; use `<name>@<project>.iam.gserviceaccount.com`')",
        value = cel::quoted("at.value"),
        trimmed = cel::quoted("at.trimmed"),
    );
    RulePolicy {
        variables: vec![
            Named::new("googleAccountsAsWritten", values(GOOGLE_SERVICE_ACCOUNT)),
            Named::new(
                "googleAccounts",
                format!(
                    "variables.googleAccountsAsWritten.map(at, {{
  'field': at.field, 'value': at.value, 'denies': at.denies, 'trimmed': dyn(at.value.trim()),
  'isGood': dyn(at.value.trim().matches(r'{}')),
  'isDefault': dyn(at.value.trim().matches(r'{DEFAULT}'))}})",
                    good()
                ),
            ),
            Named::new(
                "judgedAccounts",
                format!(
                    "variables.googleAccounts.map(at, {{
  'field': at.field, 'value': at.value, 'denies': at.denies, 'trimmed': at.trimmed, 'isGood': at.isGood, 'isDefault': at.isDefault,
  'problem': dyn({})}})",
                    problem()
                ),
            ),
        ],
        findings: vec![format!(
            "variables.judgedAccounts.map(at, at.problem != '', {})",
            cel::found("at.denies", &message)
        )],
        warnings: vec![
            format!(
                "variables.judgedAccounts.map(at, at.problem == '' && at.isDefault, at.field + ': ' + {} +
  ' is a default account with far more rights than a backup needs; use a service account that may only reach the bucket')",
                cel::quoted("at.value")
            ),
        ],
        of_locations: true,
        ..RulePolicy::default()
    }
}

/// A project that belongs to a domain has the domain behind it.
fn good() -> String {
    format!("^{ID}@{ID}([.]{LABEL})*[.]iam[.]gserviceaccount[.]com$")
}

/// What is wrong, in the order and in the words of `values::identity::google`.
fn problem() -> String {
    let blank = cel::WHITE_SPACE;
    let id = "must be 6 to 30 lower-case letters, digits and hyphens, a letter first";
    format!(
        "at.value == '' ? 'the service account is empty' :
    at.value.matches(r'[{blank}]') ? 'a service account has no blanks' :
    !at.value.contains('@') ? 'not a service account (<name>@<project>.iam.gserviceaccount.com)' :
    at.isDefault ? '' :
    !at.value.endsWith('.iam.gserviceaccount.com') || !at.value.matches('@.*[.]iam[.]gserviceaccount[.]com$') ?
    'the address must end with .iam.gserviceaccount.com' :
    !at.value.matches('^{ID}@') ? 'the name before the @ {id}' :
    !at.isGood ? 'the project {id}' : ''"
    )
}
