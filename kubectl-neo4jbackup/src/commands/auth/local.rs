//! `auth check --local`: asks the stores from here, with the credentials of whoever sits here.

use neo4jbackup_core::auth::{Access as Way, Verdict, accesses};
use neo4jbackup_core::quoted::name;
use neo4jbackup_probe::{Outcome, Report, Step, Task};

use super::Question;
use super::store::{rows, task};
use crate::auth_report::{AuthReport, Item, Probed, RowItem};
use crate::commands::probe::take;
use crate::{Exit, Io};

/// Answers it. Each store is asked once, whoever shares it.
pub(super) fn run(question: &Question<'_>, io: &mut Io<'_>) -> Exit {
    let all = accesses(question.cluster);
    let mut asked: Vec<(Task, Report)> = Vec::new();
    let mut items = Vec::new();
    for way in all.iter().filter(|way| question.is_asked(way)) {
        let task = match task(way, question.arguments) {
            Ok(task) => task,
            Err(row) => {
                items.push(Item::new(way, vec![row]));
                continue;
            }
        };
        let known = asked.iter().find(|(other, _)| *other == task);
        let report = match known {
            Some((_, report)) => report.clone(),
            None => match take(&task, io) {
                Ok(report) => report,
                Err(error) => {
                    io.say(&format!("error: cannot wait for an answer: {error}"));
                    return Exit::Incomplete;
                }
            },
        };
        let mut said = vec![RowItem::told("from", Verdict::Note, &from(way))];
        said.extend(rows(way, question.arguments, &report));
        help_with_names_of_the_cluster(&report, &mut said);
        let mut item = Item::new(way, said);
        if known.is_none() {
            asked.push((task, report.clone()));
        }
        item.probe = Some(Probed { from: "here", report });
        items.push(item);
    }
    let report = AuthReport::new(question.cluster, question.seen.source.clone(), items, Vec::new(), true);
    question.print(&report, io)
}

/// Whose credentials these are, and whose not.
fn from(way: &Way) -> String {
    let whose = match way.actor.account() {
        Some(account) => format!("ServiceAccount {}", name(account)),
        None => "the pods".to_owned(),
    };
    format!(
        "asked from here, with your own credentials: this says nothing about what {whose} may, nor whether its pods get there"
    )
}

/// A Service is known by its name to the pods of its cluster alone.
fn help_with_names_of_the_cluster(report: &Report, rows: &mut [RowItem]) {
    let is_failed = |row: &&neo4jbackup_probe::Row| row.step == Step::Dns && matches!(row.outcome, Outcome::Failed(_));
    let endpoint = report.endpoint.as_deref().unwrap_or_default();
    let host = endpoint.rsplit_once(':').map_or(endpoint, |(host, _)| host);
    let labels: Vec<&str> = host.split('.').collect();
    let is_service = matches!(labels.as_slice(), [.., "svc"] | [.., "svc", "cluster", "local"]);
    if !is_service || !report.steps.iter().any(|row| is_failed(&row)) {
        return;
    }
    for row in rows.iter_mut().filter(|row| row.topic == Step::Dns.name()) {
        "Only pods of the cluster know the name of a Service; look from there.".clone_into(&mut row.help);
    }
}
