//! NB3007.

use super::role_arn_malformed::values;
use crate::{Named, RulePolicy, cel};
use neo4jbackup_core::values::identity::AZURE_CLIENT_ID;

pub(super) const UUID: &str = "^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$";

/// Whether a text says of itself that it stands for a client id.
pub(super) const NAMES_ITSELF: &str =
    "size(bytes(at.value)) <= 64 && at.value.lowerAscii().replace('_', '-').contains('client-id')";

pub(crate) fn policy() -> RulePolicy {
    let message = format!(
        "at.field + ': the client id ' + {value} +
  ' is malformed: ' + (at.value == '' ? 'the client id is empty' : {NAMES_ITSELF} ?
  'a placeholder where the client id, a UUID, belongs' :
  'a client id is a UUID, such as 7d6f2a50-0c5e-4a0e-9d59-2f6cf3c1b8aa') +
  '; use the client id (not the name or the object id) of the managed identity'",
        value = cel::quoted("at.value"),
    );
    RulePolicy {
        variables: vec![Named::new("clientIds", values(AZURE_CLIENT_ID))],
        findings: vec![format!(
            "variables.clientIds.map(at, !at.value.matches('{UUID}'), {})",
            cel::found("at.denies", &message)
        )],
        leaves: "where the hyphens belong",
        of_locations: true,
        ..RulePolicy::default()
    }
}
