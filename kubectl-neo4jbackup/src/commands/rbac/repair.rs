//! `rbac repair`: shows what is to be changed, asks, changes it, and proves that it is so.

use std::collections::BTreeSet;
use std::path::Path;

use futures::stream::{self, StreamExt as _};
use neo4jbackup_cluster::{Cluster, Objects, Storing};
use neo4jbackup_core::quoted::Name;
use neo4jbackup_core::rbac::repair::{Action, Part, Remark, Rights, Step, Undo, UndoState, UndoStep};

use super::consent;
use super::observe::{Question, RbacError, SIDE_BY_SIDE, Seen};
use super::proof::Prover;
use super::show::{self, reference};
use super::trial::{Verdict, sentence, try_all};
use super::undo_file::{self, UndoFileError};
use super::writing::carry_out;
use crate::cli::RbacRepair;
use crate::connection::{self, Access};
use crate::look::{REQUEST_TIMEOUT, request_timeout};
use crate::{Exit, Io};

/// Runs the command.
pub(super) fn run(arguments: &RbacRepair, namespace: Option<&str>, access: Access, io: &mut Io<'_>) -> Exit {
    let access = Access {
        patience: Some(arguments.scope.look.timeout * 2 + REQUEST_TIMEOUT),
        ..access
    };
    let question = match Question::new(namespace, &arguments.scope, io) {
        Ok(question) => question,
        Err(error) => return error.tell(io),
    };
    let planned = connection::ask(&access, io, async |cluster| {
        let seen = question.ask(cluster, &access).await?;
        let verdicts = try_all(&Objects::of(cluster), &seen, arguments).await?;
        Ok::<_, RbacError>((seen, verdicts))
    });
    let plan = match planned {
        Ok((seen, verdicts)) => Plan { seen, verdicts },
        Err(error) => return error.tell(io),
    };
    plan.tell(io);
    let steps = plan.ready();
    if steps.is_empty() {
        return plan.exit_without_change(io);
    }
    if arguments.dry_run {
        io.say("dry run: nothing was changed");
        return plan.exit_of_rest().max(Exit::NotGood);
    }
    if let Err(exit) = consent::ask(&plan.asks(steps.len()), arguments.yes, io) {
        return exit;
    }
    let undo = match plan.write_undo(&steps, arguments.undo_file.as_deref(), io) {
        Ok(path) => path,
        Err(error) => return refuse_undo(&error, io),
    };
    io.say(&format!("what was there is written to {undo}"));
    let done = connection::converse(&access, io, async |cluster, io| {
        let mut done = change(cluster, &plan, &steps, arguments, io).await?;
        if done.failure.is_none() {
            done.is_good = check(cluster, &question, &access, &plan, &steps, io).await?;
        }
        Ok::<_, RbacError>(done)
    });
    io.say(&format!(
        "kubectl neo4jbackup rbac undo {undo} brings back what was there"
    ));
    match done {
        Ok(Done {
            failure: Some(exit), ..
        }) => exit,
        Ok(done) => {
            let of_changes = if done.is_good { Exit::Good } else { Exit::NotGood };
            of_changes.max(plan.exit_of_rest())
        }
        Err(error) => {
            let exit = error.tell(io);
            io.say("not all of it may be done; the same command does the rest");
            exit
        }
    }
}

fn refuse_undo(error: &UndoFileError, io: &mut Io<'_>) -> Exit {
    io.say(&format!(
        "error: {}; nothing was changed",
        neo4jbackup_cluster::chain(error)
    ));
    match error {
        UndoFileError::Exists(_) => Exit::Refused,
        _ => Exit::Usage,
    }
}

/// What came of the changes.
struct Done {
    /// The exit code, where one of them has failed.
    failure: Option<Exit>,
    /// Whether it is as it has to be.
    is_good: bool,
}

/// What is to be done, and what the API server says to it.
struct Plan {
    seen: Seen,
    verdicts: Vec<Verdict>,
}

impl Plan {
    fn judged(&self) -> impl Iterator<Item = (&Step, &Verdict)> {
        self.seen.repair.steps.iter().zip(&self.verdicts)
    }

    /// The steps that can be done, each with the object as it would be then.
    fn ready(&self) -> Vec<(&Step, Option<serde_json::Value>)> {
        let ready = self.judged().filter_map(|(step, verdict)| match verdict {
            Verdict::Ready(object) => Some((step, object.clone().or_else(|| step.after()))),
            Verdict::Left(_) | Verdict::Refused(_) => None,
        });
        ready.collect()
    }

    fn tell(&self, io: &mut Io<'_>) {
        for note in self.halfway(&io.current_directory).iter().chain(&self.seen.notes) {
            io.say(&format!("note: {note}"));
        }
        for (step, verdict) in self.judged() {
            let name = reference(&step.namespace, step.part);
            match verdict {
                Verdict::Ready(object) => {
                    let after = object.clone().or_else(|| step.after());
                    let text = show::difference(&name, step.before.as_ref(), after.as_ref());
                    io.print(&format!("{} {name}\n{text}", step.action.verb()));
                }
                Verdict::Left(why) => io.print(&format!("leave {name}: {why}\n")),
                Verdict::Refused(why) => io.print(&format!("refuse to {} {name}: {why}\n", step.action.verb())),
            }
        }
    }

    /// What earlier runs have done that did not come to their end.
    fn halfway(&self, folder: &Path) -> Vec<String> {
        let mut notes = Vec::new();
        for (path, undo) in undo_file::all_in(folder) {
            if undo.server != self.seen.server {
                continue;
            }
            let is_seen = |step: &&UndoStep| self.seen.observed(&step.namespace).is_some();
            let (mut made, mut open) = (Vec::new(), Vec::new());
            for step in undo.steps.iter().filter(is_seen) {
                let name = reference(&step.namespace, step.part);
                match step.state(self.seen.object(&step.namespace, step.part)) {
                    UndoState::Made => made.push(name),
                    UndoState::AsBefore => open.push(name),
                    UndoState::ChangedSince => {}
                }
            }
            if !made.is_empty() && !open.is_empty() {
                notes.push(format!(
                    "of what {} was written for, {} is as that run made it, and {} as it was before: the run was interrupted, \
                     or partly taken back since",
                    Name(&path.file_name().unwrap_or_default().to_string_lossy()),
                    made.join(", "),
                    open.join(", ")
                ));
            }
        }
        notes
    }

    fn asks(&self, changes: usize) -> String {
        let noun = if changes == 1 { "change" } else { "changes" };
        let context = self.seen.context.as_deref();
        let context = context
            .map(|context| format!("context {}, ", Name(context)))
            .unwrap_or_default();
        format!(
            "The API server would accept it. Make {changes} {noun} in {context}{}?",
            Name(&self.seen.server)
        )
    }

    fn write_undo(
        &self,
        steps: &[(&Step, Option<serde_json::Value>)],
        named: Option<&Path>,
        io: &Io<'_>,
    ) -> Result<String, UndoFileError> {
        let steps = steps.iter().map(|(step, after)| UndoStep {
            namespace: step.namespace.clone(),
            part: step.part,
            before: step.before.clone(),
            after: after.clone().filter(|_| step.action != Action::Remove),
        });
        let undo = Undo {
            api_version: Undo::API_VERSION.to_owned(),
            kind: Undo::KIND.to_owned(),
            written: io.now.to_string(),
            server: self.seen.server.clone(),
            steps: steps.collect(),
        };
        let path = undo_file::write(named, &io.current_directory, io.now, &undo)?;
        Ok(Name(&path.to_string_lossy()).to_string())
    }

    fn exit_without_change(&self, io: &mut Io<'_>) -> Exit {
        let exit = self.exit_of_rest();
        if exit == Exit::Good {
            io.say(&format!("for {}, everything is as it has to be", self.seen.operator));
        } else {
            io.say("nothing was changed");
        }
        exit
    }

    /// What is not done, whatever becomes of the rest.
    fn exit_of_rest(&self) -> Exit {
        if self
            .verdicts
            .iter()
            .any(|verdict| matches!(verdict, Verdict::Refused(_)))
        {
            return Exit::Refused;
        }
        let is_left = self.verdicts.iter().any(|verdict| matches!(verdict, Verdict::Left(_)));
        if is_left || self.seen.repair.remarks.iter().any(Remark::is_unsettled) {
            Exit::NotGood
        } else {
            Exit::Good
        }
    }
}

/// Makes the changes one by one, and says of each that it is made.
async fn change(
    cluster: &Cluster,
    plan: &Plan,
    steps: &[(&Step, Option<serde_json::Value>)],
    arguments: &RbacRepair,
    io: &mut Io<'_>,
) -> Result<Done, RbacError> {
    let objects = Objects::of(cluster);
    for (number, (step, _)) in steps.iter().enumerate() {
        let name = reference(&step.namespace, step.part);
        let written = carry_out(&objects, step, arguments.force_conflicts, Storing::Real, &[]).await;
        match written {
            Ok(_) => io.print(&format!("{} {name}\n", done(step.action))),
            Err(neo4jbackup_cluster::WriteError::NoAnswer(source)) => return Err(RbacError::Write(name, source)),
            Err(error) => {
                io.say(&format!(
                    "error: cannot {} {name}: {}",
                    step.action.verb(),
                    sentence(&error, "look again")
                ));
                io.say(&format!("{number} of {} changes were made", steps.len()));
                let exit = match error {
                    neo4jbackup_cluster::WriteError::Changed => Exit::NotGood,
                    _ => Exit::Refused,
                };
                return Ok(Done {
                    failure: Some(exit.max(plan.exit_of_rest())),
                    is_good: false,
                });
            }
        }
    }
    Ok(Done {
        failure: None,
        is_good: true,
    })
}

fn done(action: Action) -> &'static str {
    match action {
        Action::Create => "created",
        Action::Change => "changed",
        Action::Recreate => "recreated",
        Action::Remove => "removed",
    }
}

/// Looks again, and asks what the accounts may do now.
async fn check(
    cluster: &Cluster,
    question: &Question,
    access: &Access,
    plan: &Plan,
    steps: &[(&Step, Option<serde_json::Value>)],
    io: &mut Io<'_>,
) -> Result<bool, RbacError> {
    let again = question.ask(cluster, access).await?;
    let mut is_good = true;
    let changed: BTreeSet<(&str, Part)> = steps.iter().map(|(step, _)| (&*step.namespace, step.part)).collect();
    for step in &again.repair.steps {
        if !changed.contains(&(step.namespace.as_str(), step.part)) {
            continue;
        }
        is_good = false;
        let name = reference(&step.namespace, step.part);
        io.say(&format!(
            "error: {name} is not as it has to be: somebody has changed it since"
        ));
    }
    let rights = plan.seen.needed.rights;
    // A namespace that has nothing left is not listed again, and is what there is to prove.
    let to_prove: BTreeSet<String> = changed
        .into_iter()
        .filter(|(_, part)| matches!(part, Part::Role | Part::RoleBinding))
        .map(|(namespace, _)| namespace.to_owned())
        .filter(|namespace| rights == Rights::None || plan.seen.with_backups.contains(namespace))
        .collect();
    let prover = Prover::new(cluster, to_prove.clone(), request_timeout(access));
    let proofs = to_prove.iter().map(|namespace| prover.prove(namespace, rights));
    let mut proofs = stream::iter(proofs).buffered(SIDE_BY_SIDE);
    while let Some(proof) = proofs.next().await {
        let proof = proof.map_err(RbacError::Proof)?;
        is_good &= proof.is_good;
        io.print(&format!("proof: {}\n", proof.sentence));
    }
    if is_good {
        io.print(&format!(
            "checked again: {} of {} objects are as they have to be\n",
            steps.len(),
            steps.len()
        ));
    }
    Ok(is_good)
}
