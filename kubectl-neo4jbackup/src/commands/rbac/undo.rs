//! `rbac undo`: brings back what was there before a repair.

use futures::stream::{self, StreamExt as _};
use neo4jbackup_cluster::{Objects, Storing, WriteError};
use neo4jbackup_core::quoted::Name;
use neo4jbackup_core::rbac::repair::{Part, Restoration, Undo, UndoState, UndoStep};
use serde_json::Value;

use super::consent;
use super::observe::{RbacError, SIDE_BY_SIDE, name_of};
use super::show::{self, reference};
use super::trial::sentence;
use super::undo_file;
use super::writing::restore;
use crate::cli::RbacUndo;
use crate::connection::{self, Access};
use crate::{Exit, Io};

/// One object, and what brings it back.
struct Return<'u> {
    step: &'u UndoStep,
    now: Option<Value>,
    restoration: Restoration,
}

/// What stands in the way.
enum Found<'u> {
    /// Nothing.
    Returns(Vec<Return<'u>>),
    /// These sentences.
    Refused(Vec<String>),
}

impl<'u> Found<'u> {
    fn of(returns: Vec<Return<'u>>, reasons: Vec<String>) -> Self {
        if reasons.is_empty() {
            Self::Returns(returns)
        } else {
            Self::Refused(reasons)
        }
    }
}

/// Runs the command.
pub(super) fn run(arguments: &RbacUndo, access: Access, io: &mut Io<'_>) -> Exit {
    let undo = match undo_file::read(&io.current_directory.join(&arguments.file)) {
        Ok(undo) => undo,
        Err(error) => {
            io.say(&format!("error: {}", neo4jbackup_cluster::chain(&error)));
            return Exit::Usage;
        }
    };
    let access = &Access {
        patience: Some(arguments.timeout),
        ..access
    };
    let found = connection::ask(access, io, async |cluster| {
        let other = cluster.server() != undo.server && !arguments.force;
        if other {
            let reason = format!(
                "it was written for {}, and you ask {}; --force takes that for the same cluster",
                Name(&undo.server),
                Name(cluster.server())
            );
            return Ok(Found::Refused(vec![reason]));
        }
        find(&Objects::of(cluster), &undo, arguments.force).await
    });
    let returns = match found {
        Ok(Found::Returns(returns)) => returns,
        Ok(Found::Refused(reasons)) => {
            for reason in reasons {
                io.say(&format!("error: {reason}"));
            }
            io.say("nothing was changed");
            return Exit::Refused;
        }
        Err(error) => return error.tell(io),
    };
    if returns.is_empty() {
        io.say("everything is as it was before the repair");
        return Exit::Good;
    }
    for Return { step, now, .. } in &returns {
        let name = reference(&step.namespace, step.part);
        io.print(&show::difference(&name, now.as_ref(), step.before.as_ref()));
    }
    let noun = if returns.len() == 1 { "object" } else { "objects" };
    let question = format!("Bring back {} {noun} in {}?", returns.len(), Name(&undo.server));
    if let Err(exit) = consent::ask(&question, arguments.yes, io) {
        return exit;
    }
    let done = connection::converse(access, io, async |cluster, io| {
        let objects = Objects::of(cluster);
        for (number, Return { step, now, restoration }) in returns.iter().enumerate() {
            let name = reference(&step.namespace, step.part);
            match restore(&objects, restoration, now.as_ref(), Storing::Real).await {
                Ok(()) => io.print(&format!("brought back {name}\n")),
                Err(WriteError::NoAnswer(source)) => return Err(RbacError::Write(name, source)),
                Err(error) => {
                    io.say(&format!(
                        "error: cannot bring back {name}: {}",
                        sentence(&error, "look again")
                    ));
                    io.say(&format!(
                        "{number} of {} were brought back; the same command does the rest",
                        returns.len()
                    ));
                    return Ok(Exit::Refused);
                }
            }
        }
        Ok(Exit::Good)
    });
    done.unwrap_or_else(|error| {
        let exit = error.tell(io);
        io.say("not all of it may be back; the same command does the rest");
        exit
    })
}

/// Looks at every object, last change first, and tries what brings it back; namespaces side by side.
async fn find<'u>(objects: &Objects, undo: &'u Undo, is_forced: bool) -> Result<Found<'u>, RbacError> {
    let of_namespaces = undo.steps.chunk_by(|one, other| one.namespace == other.namespace);
    let looks = of_namespaces.rev().map(|steps| find_in(objects, steps, is_forced));
    let mut looks = stream::iter(looks).buffered(SIDE_BY_SIDE);
    let (mut returns, mut reasons) = (Vec::new(), Vec::new());
    while let Some(found) = looks.next().await {
        match found? {
            Found::Returns(found) => returns.extend(found),
            Found::Refused(why) => reasons.extend(why),
        }
    }
    Ok(Found::of(returns, reasons))
}

/// The same for the changes of one namespace.
async fn find_in<'u>(objects: &Objects, steps: &'u [UndoStep], is_forced: bool) -> Result<Found<'u>, RbacError> {
    let (mut returns, mut reasons) = (Vec::new(), Vec::new());
    for step in steps.iter().rev() {
        let now = objects.read(&name_of(&step.namespace, step.part)).await?;
        let name = reference(&step.namespace, step.part);
        if step.state(now.as_ref()) == UndoState::ChangedSince && !is_forced {
            reasons.push(format!(
                "{name} was changed since the repair; --force brings it back all the same"
            ));
            continue;
        }
        let Some(restoration) = step.restoration(now.as_ref()) else {
            continue;
        };
        match restore(objects, &restoration, now.as_ref(), Storing::DryRun).await {
            Ok(()) => {}
            // The Role that it binds is brought back first.
            Err(WriteError::Missing(_)) if step.part == Part::RoleBinding && brings_role(&returns) => {}
            Err(WriteError::NoAnswer(source)) => return Err(RbacError::Trial(name, source)),
            Err(error) => {
                reasons.push(format!("{name}: {}", sentence(&error, "look again")));
                continue;
            }
        }
        returns.push(Return { step, now, restoration });
    }
    Ok(Found::of(returns, reasons))
}

fn brings_role(returns: &[Return<'_>]) -> bool {
    returns.iter().any(|other| other.step.part == Part::Role)
}
