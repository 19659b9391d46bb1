//! NB3009.

use super::azure_client_id_malformed::{NAMES_ITSELF, UUID};
use super::google_service_account_malformed::ID;
use crate::{Named, RulePolicy, cel};

/// `ACCOUNT`, `<ACCOUNT_ID>`, `${ACCOUNT}`, of at most 64 characters.
const WORD: &str = "[<>{}$]*[A-Za-z][A-Za-z0-9_-]*[<>{}$]*";

pub(crate) fn policy() -> RulePolicy {
    let placeholders = |list: &str, what: &str, placeholder: &str| {
        format!(
            "variables.{list}\n.map(at, {{'field': at.field, 'what': dyn('{what}'), 'placeholder': dyn({placeholder})}})"
        )
    };
    RulePolicy {
        variables: vec![
            Named::new("placeholderAccounts", placeholders("roles", "account id", &account())),
            Named::new("placeholderProjects", projects()),
            Named::new("placeholderClients", placeholders("clientIds", "client id", &client())),
        ],
        warnings: vec![
            "(variables.placeholderAccounts + variables.placeholderProjects + variables.placeholderClients)
.map(at, at.placeholder != '', at.field + ': `' + at.placeholder + '` is a placeholder of documentation, not your ' + at.what +
  '; put your own ' + at.what + ' there')"
                .to_owned(),
        ],
        of_locations: true,
        ..RulePolicy::default()
    }
}

/// The account of a good ARN that documentation uses, or a word in its place.
fn account() -> String {
    let blank = cel::WHITE_SPACE;
    format!(
        "at.value.matches('^arn:aws[a-z0-9-]*:iam::(123456789012|111122223333|444455556666|000000000000|999999999999):\
         role/([A-Za-z0-9_+=,.@/-]*/)?[A-Za-z0-9_+=,.@-]{{1,64}}$') && size(at.value.find(':role/.*$')) <= 582 ||
  at.value.matches(r'^arn:aws[a-z0-9-]*:iam::{WORD}:') && !at.value.matches(r'[{blank}]') && size(at.value.split(':')[4]) <= 64 ?
  at.value.split(':')[4] : ''"
    )
}

fn projects() -> String {
    format!(
        "variables.googleAccounts.map(at, {{
  'field': at.field, 'value': at.value, 'isGood': dyn(at.isGood && at.value == at.trimmed),
  'project': dyn(at.value.find('@.*$').replace('@', '').replace('.iam.gserviceaccount.com', ''))}})
.map(at, {{'field': at.field, 'what': dyn('project'), 'placeholder': dyn((at.isGood ? at.project in ['project', 'project-id', 'my-project',
    'my-project-id', 'your-project', 'your-project-id', 'example-project', 'my-gcp-project'] :
  at.value.matches('^{ID}@{WORD}[.]iam[.]gserviceaccount[.]com$') &&
  size(at.project) <= 64 && at.project.lowerAscii().contains('project')) ? at.project : '')}})"
    )
}

fn client() -> String {
    format!(
        "(at.value.matches('{UUID}') ? at.value.replace(at.value.substring(0, 1), '').matches('^-*$') ||
  at.value.lowerAscii() in ['12345678-1234-1234-1234-123456789012', '12345678-1234-1234-1234-123456789abc'] :
  at.value != '' && {NAMES_ITSELF}) ? at.value : ''",
    )
}
