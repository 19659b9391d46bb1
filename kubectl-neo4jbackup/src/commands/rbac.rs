//! `rbac`: the accounts of the Jobs, and their rights.

mod ask;
mod check;
mod consent;
mod diff;
mod generate;
mod observe;
mod parties;
mod proof;
mod repair;
mod show;
mod trial;
mod undo;
mod undo_file;
mod webhook_settings;
mod webhooks;
mod writing;

use crate::cli::{Rbac, RbacCommand};
use crate::connection::Access;
use crate::{Exit, Io};

/// Runs the command.
pub(super) fn run(arguments: &Rbac, namespace: Option<&str>, access: Access, io: &mut Io<'_>) -> Exit {
    match &arguments.command {
        RbacCommand::Check(arguments) => check::run(arguments, namespace, access, io),
        RbacCommand::Generate(arguments) => generate::run(arguments, namespace, io),
        RbacCommand::Diff(arguments) => diff::run(arguments, namespace, access, io),
        RbacCommand::Repair(arguments) => repair::run(arguments, namespace, access, io),
        RbacCommand::Undo(arguments) => undo::run(arguments, access, io),
    }
}
