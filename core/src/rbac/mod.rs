//! What has to be there beside the objects themselves, so that the Jobs of a namespace can work: `ServiceAccounts` with
//! the declared identity and, for operators of the 0.x line, a `RoleBinding`.
//!
//! [`needs`] says who needs which right, and [`evaluate`] who has it.
//!
//! Pure: the inventory goes in, server-side applies and issues come out. Who applies them is `cluster`.

mod declaration;
pub mod evaluate;
pub mod needs;
mod plan;
pub mod repair;
pub mod rule;
mod wanted;

pub use declaration::{Declaration, DeclaredBy, declared, declaring_annotation};
pub use plan::{Apply, Issue, Plan, RbacObject, plan};

/// The field manager of everything that is applied.
pub const FIELD_MANAGER: &str = "neo4jbackup-webhook-rbac";

/// The Role that operators of the 0.x line make for the backup account. Nobody may write rules into a Role that he does not
/// have himself, so that it is only looked at.
pub const ROLE: &str = "neo4j-backup-role";

/// The `ClusterRole` with the same rights, which the chart makes and a `RoleBinding` gives in one namespace. To give it
/// takes the right to `bind` it, and none of those that are in it.
pub const CLUSTER_ROLE: &str = "neo4jbackup-legacy-jobs";

/// The `RoleBinding` that gives one of the two to the account.
pub const ROLE_BINDING: &str = "neo4j-backup-rolebinding";

#[cfg(test)]
mod tests;
