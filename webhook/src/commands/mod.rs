//! What the program can be asked to do, one file for each command.

pub(crate) mod arguments;
pub(crate) mod check_admission;
mod removal;
pub(crate) mod remove_configurations;
pub(crate) mod serve;
pub(crate) mod switch;
mod trial;

use arguments::{Arguments, Command};
use check_admission::{CheckError, check_admission};
use remove_configurations::{RemoveError, remove_configurations};
use serve::error::StartError;
use serve::serve_until_stopped;
use switch::{SwitchError, switch};

/// Why the program ends with an error, by command.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// Of `serve`.
    #[error(transparent)]
    Serve(#[from] StartError),
    /// Of `remove-configurations`.
    #[error(transparent)]
    RemoveConfigurations(#[from] RemoveError),
    /// Of `check-admission`.
    #[error(transparent)]
    CheckAdmission(#[from] CheckError),
    /// Of `switch-engine`.
    #[error(transparent)]
    SwitchEngine(#[from] SwitchError),
}

/// Runs the command of the arguments to its end.
pub async fn run(arguments: Arguments) -> Result<(), CommandError> {
    match arguments.command {
        Command::Serve(arguments) => serve_until_stopped(arguments).await?,
        Command::RemoveConfigurations(arguments) => remove_configurations(&arguments).await?,
        Command::CheckAdmission(arguments) => check_admission(&arguments).await?,
        Command::SwitchEngine(arguments) => switch(&arguments).await?,
    }
    Ok(())
}
