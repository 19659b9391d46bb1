//! NB3005.

use crate::{Named, RulePolicy, cel};
use neo4jbackup_core::values::identity::{AWS_ROLE_ARN, AWS_TOKEN_EXPIRATION};

pub(crate) fn policy() -> RulePolicy {
    let message = format!(
        "at.field + ': the role ARN ' + {value} + ' is malformed: ' + at.problem +
  (at.value.trim().matches(r'{GOOD}') ? '; use ' + {trimmed} : '; use `arn:aws:iam::<12 digits>:role/<name>`')",
        value = cel::quoted("at.value"),
        trimmed = cel::quoted("at.value.trim()"),
    );
    let seconds = "r'^[+]?0*[0-9]{1,18}$'";
    RulePolicy {
        variables: vec![
            Named::new("roles", values(AWS_ROLE_ARN)),
            Named::new(
                "judgedRoles",
                format!(
                    "variables.roles.map(at, {{
  'field': at.field, 'value': at.value, 'denies': at.denies, 'problem': dyn({})}})",
                    problem()
                ),
            ),
            Named::new("tokenLifetimes", values(AWS_TOKEN_EXPIRATION)),
        ],
        findings: vec![format!(
            "variables.judgedRoles.map(at, at.problem != '', {})",
            cel::found("at.denies", &message)
        )],
        warnings: vec![
            format!(
                "variables.judgedRoles.map(at, at.problem == '' && !(at.value.split(':')[1] in ['aws', 'aws-cn', 'aws-us-gov', 'aws-eusc']),
  at.field + ': ' + {} + ' is in a partition that few accounts can use; check that the cluster is in the same partition')",
                cel::quoted("at.value")
            ),
            format!(
                "variables.tokenLifetimes.map(at, !at.value.matches(r'^([+]?[0-9]+|-0+)$'), at.field + ': ' + {value} +
  ' is no number of seconds, and EKS ignores it; use a whole number of seconds, 600 or more') +
variables.tokenLifetimes.map(at, at.value.matches('^-0+$') || at.value.matches({seconds}) && int(at.value) < 600,
  at.field + ': ' + {value} + ' is shorter than EKS allows, which takes 600 instead; use a whole number of seconds, 600 or more')",
                value = cel::quoted("at.value"),
            ),
        ],
        leaves: "names of roles where the settings allow them: leave the rule out there",
        of_locations: true,
        ..RulePolicy::default()
    }
}

const GOOD: &str = "^arn:aws[a-z0-9-]*:iam::[0-9]{12}:role/([A-Za-z0-9_+=,.@/-]*/)?[A-Za-z0-9_+=,.@-]{1,64}$";

/// The values of one annotation in every place, their beginnings when they are long.
pub(super) fn values(key: &str) -> String {
    format!(
        "variables.annotated.filter(at, '{key}' in at.values).map(at, {{
  'field': dyn(at.path + '[{key}]'), 'value': dyn({}), 'denies': at.denies}})",
        cel::start(&format!("at.values['{key}']"))
    )
}

/// What is wrong, in the order and in the words of `values::identity::aws`.
fn problem() -> String {
    let blank = cel::WHITE_SPACE;
    format!(
        "at.value == '' ? 'the role ARN is empty' :
    at.value.matches(r'[{blank}]') ? 'a role ARN has no blanks' :
    !at.value.matches('^arn(:[^:]*){{4}}:') ? 'not a role ARN (arn:aws:iam::<account>:role/<name>)' :
    !at.value.matches('^arn:aws[a-z0-9-]*:') ? 'the second part must be aws or another AWS partition' :
    !at.value.matches('^arn:[^:]*:iam:') ? 'the third part must be iam' :
    !at.value.matches('^arn:[^:]*:iam::') ? 'a role has no region; the fourth part must be empty' :
    !at.value.matches('^arn:[^:]*:iam::[0-9]+:') ? 'the account id must be 12 digits' :
    !at.value.matches('^arn:[^:]*:iam::[0-9]{{12}}:') ? 'the account id has ' + string(size(at.value.split(':')[4])) +
    ' digits and needs 12; it looks like a placeholder' :
    !at.value.matches('^arn:[^:]*:iam::[0-9]+:role/') ? 'not a role (the last part must begin with role/)' :
    !at.value.matches('/[A-Za-z0-9_+=,.@-]{{1,64}}$') ? \"the role's name must be 1 to 64 letters, digits or _+=,.@-\" :
    !at.value.matches('^arn:[^:]*:iam::[0-9]+:role/[A-Za-z0-9_+=,.@/-]+$') || size(at.value.find(':role/.*$')) > 582 ?
    \"the role's path has characters that EKS does not accept\" : ''"
    )
}
