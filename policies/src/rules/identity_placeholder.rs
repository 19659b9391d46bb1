//! NB3009.

use super::azure_client_id_malformed::{NAMES_ITSELF, UUID};
use super::google_service_account_malformed::good;
use crate::{Named, RulePolicy, cel};

/// `ACCOUNT`, `<ACCOUNT_ID>`, `${ACCOUNT}`, of at most 64 characters.
const WORD: &str = "[<>{}$]*[A-Za-z][A-Za-z0-9_-]*[<>{}$]*";

pub(crate) fn policy() -> RulePolicy {
    let found = |list: &str, what: &str| {
        format!(
            "variables.{list}.map(at, at.placeholder != '', at.field + ': `' + at.placeholder +
  '` is a placeholder of documentation, not your {what}; put your own {what} there')"
        )
    };
    let placeholders = |list: &str, placeholder: &str| {
        format!("variables.{list}\n.map(at, {{'field': at.field, 'placeholder': dyn({placeholder})}})")
    };
    RulePolicy {
        variables: vec![
            Named::new("placeholderAccounts", placeholders("roles", &account())),
            Named::new("placeholderProjects", placeholders("googleAccounts", &project())),
            Named::new("placeholderClients", placeholders("clientIds", &client())),
        ],
        warnings: vec![
            found("placeholderAccounts", "account id"),
            found("placeholderProjects", "project"),
            found("placeholderClients", "client id"),
        ],
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

fn project() -> String {
    let good = good();
    format!(
        "at.value.matches('^[a-z][a-z0-9-]{{4,28}}[a-z0-9]@{WORD}[.]iam[.]gserviceaccount[.]com$') &&
  !at.value.matches('{good}') && at.value.lowerAscii().split('@')[1].replace('.iam.gserviceaccount.com', '').contains('project') &&
  size(at.value.split('@')[1]) <= 88 ||
  at.value.matches('{good}') && at.value.split('@')[1].replace('.iam.gserviceaccount.com', '') in ['project', 'project-id',
  'my-project', 'my-project-id', 'your-project', 'your-project-id', 'example-project', 'my-gcp-project'] ?
  at.value.split('@')[1].replace('.iam.gserviceaccount.com', '') : ''"
    )
}

fn client() -> String {
    let repeated: Vec<String> = "0123456789abcdefABCDEF"
        .chars()
        .map(|digit| format!("{digit}{{32}}"))
        .collect();
    format!(
        "(at.value.matches('{UUID}') ? at.value.replace('-', '').matches('^({})$') ||
  at.value.lowerAscii() in ['12345678-1234-1234-1234-123456789012', '12345678-1234-1234-1234-123456789abc'] :
  at.value != '' && {NAMES_ITSELF}) ? at.value : ''",
        repeated.join("|")
    )
}
