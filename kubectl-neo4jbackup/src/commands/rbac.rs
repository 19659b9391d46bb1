//! `rbac`: the accounts of the Jobs, and their rights.

mod diff;

use crate::cli::{Rbac, RbacCommand};
use crate::connection::Access;
use crate::{Exit, Io};

/// Runs the command.
pub(super) fn run(arguments: &Rbac, namespace: Option<&str>, access: Access, io: &mut Io<'_>) -> Exit {
    match &arguments.command {
        RbacCommand::Diff(arguments) => diff::run(arguments, namespace, access, io),
    }
}
