//! `rbac diff`: how does what is there differ from what has to be there?

use super::observe::{Question, RbacError, Seen};
use super::show;
use crate::cli::{PlainFormat, RbacDiff};
use crate::connection::{self, Access};
use crate::look::REQUEST_TIMEOUT;
use crate::{Exit, Io};

/// Runs the command.
pub(super) fn run(arguments: &RbacDiff, namespace: Option<&str>, access: Access, io: &mut Io<'_>) -> Exit {
    let seen = match look(arguments, namespace, access, io) {
        Ok(seen) => seen,
        Err(error) => return error.tell(io),
    };
    match arguments.output {
        PlainFormat::Json => io.print(&show::json(&seen)),
        PlainFormat::Text => {
            io.print(&show::text(&seen));
            for note in &seen.notes {
                io.say(&format!("note: {note}"));
            }
            if !seen.repair.is_different() {
                io.say(&format!("for {}, everything is as it has to be", seen.operator));
            }
        }
    }
    if seen.repair.is_different() {
        Exit::NotGood
    } else {
        Exit::Good
    }
}

fn look(arguments: &RbacDiff, namespace: Option<&str>, access: Access, io: &mut Io<'_>) -> Result<Seen, RbacError> {
    let question = Question::new(namespace, &arguments.scope, io)?;
    let access = Access {
        patience: Some(arguments.scope.look.timeout + REQUEST_TIMEOUT),
        ..access
    };
    connection::ask(&access, io, async |cluster| question.ask(cluster, &access).await)
}
