//! What may somebody do? The API server is asked, and where it may not be, it is reckoned from roles and bindings.

use neo4jbackup_cluster::{AccessError, AccessReader, Answered, ReadRoles};
use neo4jbackup_core::rbac::evaluate::Caller;
use neo4jbackup_core::rbac::rule::{Action, ResourceAction};

use crate::rights_report::Known;

impl From<Answered> for Known {
    fn from(answered: Answered) -> Self {
        Self {
            way: Some(answered.way),
            allowed: answered.allowed.into_iter().map(Some).collect(),
        }
    }
}

/// Asks what somebody else may do. The roles are read where the API server may not be asked.
pub(super) async fn ask<'r>(
    reader: &AccessReader,
    caller: &Caller,
    actions: &[ResourceAction],
    roles: impl AsyncFnOnce() -> &'r ReadRoles,
) -> Result<Known, AccessError> {
    if actions.is_empty() {
        return Ok(Known {
            way: None,
            allowed: Vec::new(),
        });
    }
    match reader.ask_for(caller, actions).await {
        Ok(answered) => Ok(answered.into()),
        Err(AccessError::Forbidden) => Ok(reckoned(roles().await, caller, actions)),
        Err(error) => Err(error),
    }
}

fn reckoned(roles: &ReadRoles, caller: &Caller, actions: &[ResourceAction]) -> Known {
    let is_allowed = |action: &ResourceAction| {
        let is_allowed = roles.roles.allows(caller, &Action::Resource(action.clone())).is_some();
        // What part of the roles allows is allowed; what it does not, another part may.
        (is_allowed || roles.missing.is_empty()).then_some(is_allowed)
    };
    Known {
        way: None,
        allowed: actions.iter().map(is_allowed).collect(),
    }
}
