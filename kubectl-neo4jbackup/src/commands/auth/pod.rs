//! `auth check --probe`: asks a store from a pod in the place of the one that reaches it.

mod run;
mod watch;

use neo4jbackup_cluster::{ObjectError, ObjectName, Objects};
use neo4jbackup_core::auth::{
    Access as Way, Actor, Method, Verdict, Workload, accesses, forces_path_style, usual_template, workload,
};
use neo4jbackup_core::quoted::name;
use neo4jbackup_core::snapshot::Resource;
use neo4jbackup_probe::{Report, Store, Task};
use serde_json::{Value, json};
use tokio::time::timeout;

use self::run::{Asked, Pod};
use super::Question;
use super::store::{PATIENCE, rows, task};
use crate::auth_report::{AuthReport, Item, Probed, RowItem};
use crate::connection::{self, Access, ConnectionError};
use crate::interrupt::Interrupt;
use crate::{Exit, Io};

/// Answers it.
pub(super) fn run(question: &Question<'_>, io: &mut Io<'_>) -> Exit {
    let interrupt = match Interrupt::listen() {
        Ok(interrupt) => interrupt,
        Err(error) => {
            io.say(&format!("error: cannot listen to Ctrl-C: {error}"));
            return Exit::Incomplete;
        }
    };
    let all = accesses(question.cluster);
    let mut items = Vec::new();
    for way in all.iter().filter(|way| question.is_asked(way)) {
        let asked = match task(way, question.arguments) {
            Ok(task) => ask(question, way, &task, &interrupt, io),
            Err(row) => Ok(Asked::Not(vec![row])),
        };
        items.push(match asked {
            Ok(Asked::Answered { from, report }) => of_answer(question, way, &from, report),
            Ok(Asked::Not(rows)) => Item::new(way, rows),
            Ok(Asked::Interrupted) => return Exit::Interrupted,
            Err(exit) => return exit,
        });
    }
    let report = AuthReport::new(question.cluster, question.seen.source.clone(), items, Vec::new(), true);
    question.print(&report, io)
}

fn of_answer(question: &Question<'_>, way: &Way, from: &str, report: Report) -> Item {
    let mut said = vec![RowItem::told("from", Verdict::Note, from)];
    said.extend(rows(way, question.arguments, &report));
    let mut item = Item::new(way, said);
    item.probe = Some(Probed { from: "pod", report });
    item
}

/// Runs the pod of one backup or restore.
fn ask(question: &Question<'_>, way: &Way, task: &Task, interrupt: &Interrupt, io: &mut Io<'_>) -> Result<Asked, Exit> {
    let patience = question.arguments.look.timeout;
    let access = Access {
        // It has bounds of its own, and what it made is to be removed after each of them.
        patience: Some(patience + run::TO_TIDY_UP),
        interrupt: Some(interrupt.clone()),
        tidies_up: true,
        ..question.access.clone()
    };
    let workload = workload(way, question.cluster);
    let asked = connection::converse(&access, io, async |cluster, io| {
        let objects = Objects::of(cluster);
        let template = tokio::select! {
            biased;
            () = interrupt.pressed() => return Ok(Asked::Interrupted),
            template = template(&objects, way, workload.as_ref()) => template,
        };
        let template = match template {
            Ok(template) => template,
            Err(row) => return Ok::<_, ConnectionError>(Asked::Not(vec![row])),
        };
        let is_of_servers = matches!(way.actor, Actor::Servers { .. });
        let owner = owner(question, way);
        let pod = Pod {
            namespace: &way.object.namespace,
            owner: owner.as_ref(),
            image: &question.arguments.image,
            arguments: arguments(way, task, &template),
            patience,
            template: &template,
            is_of_servers,
            whose: whose(way, workload.as_ref()),
        };
        Ok(pod.run(&objects, interrupt, io).await)
    });
    // Whatever came of it meanwhile: nobody waits for it any more.
    if interrupt.is_set() {
        return Ok(Asked::Interrupted);
    }
    asked.map_err(|error| {
        if matches!(error, ConnectionError::Interrupted) {
            return Exit::Interrupted;
        }
        io.say(&format!("error: {}", neo4jbackup_cluster::chain(&error)));
        error.exit()
    })
}

/// The template of the pods that reach the place, or the row that says why there is none.
async fn template(objects: &Objects, way: &Way, workload: Option<&Workload>) -> Result<Value, RowItem> {
    let unknown = |text: &str| RowItem::told("pod", Verdict::Unknown, text);
    let Some(workload) = workload else {
        let usual = usual_template(way);
        return usual
            .ok_or_else(|| unknown("who reads the backup is not known, or has no pods: there is nobody to ask for"));
    };
    let object = ObjectName {
        api_version: workload.api_version.to_owned(),
        kind: workload.kind.to_owned(),
        namespace: Some(way.object.namespace.clone()),
        name: workload.name.clone(),
    };
    let not_known = |why: &str| unknown(&format!("what its pods have is not known: {why}"));
    // The time to tidy up is for that alone.
    let read = timeout(run::PATIENCE, objects.read(&object)).await;
    let read = read.map_err(|_| not_known(&format!("no answer within {} s", run::PATIENCE.as_secs())))?;
    let read = read.map_err(|error: ObjectError| not_known(&neo4jbackup_cluster::chain(&error)).help(run::RIGHTS))?;
    let gone = format!("{} {} is gone meanwhile", workload.kind, name(&workload.name));
    let template = read.and_then(|read| read.pointer(workload.template).cloned());
    template.ok_or_else(|| unknown(&gone))
}

/// In whose place the pod is, in words.
fn whose(way: &Way, workload: Option<&Workload>) -> String {
    match workload {
        Some(workload) => format!("in the place of the pods of {} {}", workload.kind, name(&workload.name)),
        None => format!(
            "as the operator makes the pods of {}, which has none yet",
            name(&way.object.name)
        ),
    }
}

/// Owned by the backup or restore, the Job goes with it; it is none of its runs.
fn owner(question: &Question<'_>, way: &Way) -> Option<Value> {
    let object = &way.object;
    let resource = if object.kind == "Neo4jBackup" {
        Resource::Backups
    } else {
        Resource::Restores
    };
    let stored = question.cluster.object(resource, &object.namespace, &object.name)?;
    let uid = stored.at("metadata.uid")?.as_str()?;
    Some(json!({
        "apiVersion": object.api_version, "kind": object.kind, "name": object.name, "uid": uid, "controller": false,
    }))
}

/// What the program in the pod is told. Endpoint and region it has from its variables, as what it stands for has.
fn arguments(way: &Way, task: &Task, template: &Value) -> Vec<String> {
    let Store {
        provider,
        bucket,
        prefix,
        ..
    } = &task.store;
    let mut arguments = vec![
        "probe".to_owned(),
        format!("--provider={}", provider.name()),
        format!("--bucket={bucket}"),
        format!("--prefix={prefix}"),
        format!("--timeout={}s", PATIENCE.as_secs()),
    ];
    if forces_path_style(template) {
        arguments.push("--path-style".to_owned());
    }
    if task.write_canary {
        arguments.push("--write-canary".to_owned());
    }
    // Of keys nobody says whose they are to be.
    let by_annotation = way.provider().map(Method::by_annotation);
    if let Some(identity) = way.identity().filter(|_| by_annotation == Some(way.method)) {
        arguments.push(format!("--expect-identity={identity}"));
    }
    arguments
}
