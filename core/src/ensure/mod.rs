//! What has to be there beside the objects themselves, so that the Jobs of a namespace can work: `ServiceAccounts` with
//! the declared identity and, for operators of the 0.x line, a Role and a `RoleBinding`.
//!
//! Pure: the inventory goes in, server-side applies and reports come out. Who applies them is `cluster`.

mod facts;
mod plan;

pub use facts::{AccountFacts, BindingFacts, Grant, RoleFacts};
pub use plan::{Apply, Ensured, Plan, Report, plan};

/// The field manager of everything that is applied.
pub const FIELD_MANAGER: &str = "neo4jbackup-webhook-rbac";

/// The Role that operators of the 0.x line made for the backup account.
pub const ROLE: &str = "neo4j-backup-role";

/// The `RoleBinding` that gave it to the account.
pub const ROLE_BINDING: &str = "neo4j-backup-rolebinding";

#[cfg(test)]
mod tests;
