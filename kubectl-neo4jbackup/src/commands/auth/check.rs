//! `auth check`: what is there, and what is missing.

use std::collections::BTreeSet;

use neo4jbackup_core::auth::{Access as Way, Method, accesses, rows};
use neo4jbackup_core::check::Diagnosis;
use neo4jbackup_core::examine::{Options, examine};
use neo4jbackup_core::facts::Lookup;
use neo4jbackup_core::settings::Settings;
use neo4jbackup_core::snapshot::Resource;

use super::Question;
use super::ask::{Answers, Questions, takes_token};
use crate::auth_report::{AuthReport, Item, RowItem};
use crate::connection::Access;
use crate::look::{LookError, REQUEST_TIMEOUT};
use crate::{Exit, Io};

/// The rules and checks that are about identities.
const CODES: [&str; 22] = [
    "NB2005", "NB3001", "NB3002", "NB3003", "NB3004", "NB3005", "NB3006", "NB3007", "NB3008", "NB3009", "NB3010",
    "NB3011", "NB3012", "NB3013", "NB3101", "NB3102", "NB3103", "NB3104", "NB3105", "NB3106", "NB8014", "NB8105",
];

/// The annotation of an account that says for whom its tokens for AWS are.
const AUDIENCE: &str = "eks.amazonaws.com/audience";

/// Answers it.
pub(super) fn run(question: &Question<'_>, io: &mut Io<'_>) -> Exit {
    let all = accesses(question.cluster);
    let asked: Vec<&Way> = all.iter().filter(|way| question.is_asked(way)).collect();
    let answers = match answers(question, &asked, io) {
        Ok(answers) => answers,
        Err(error) => return error.tell(io),
    };
    let found = found(question);
    let items: Vec<Item> = asked
        .iter()
        .map(|way| {
            let own = rows(way, &all, question.cluster, &answers.secrets);
            let mut own: Vec<RowItem> = own.into_iter().map(RowItem::from).collect();
            let told: BTreeSet<&str> = own.iter().filter_map(|row| row.code).collect();
            let object = &way.object;
            let further: Vec<RowItem> = found
                .iter()
                .filter(|diagnosis| diagnosis.concerns(&object.kind, &object.namespace, &object.name))
                .filter(|diagnosis| !told.contains(diagnosis.code))
                .map(RowItem::from)
                .collect();
            own.extend(further);
            Item::new(way, own)
        })
        .collect();
    let report = AuthReport::new(
        question.cluster,
        question.seen.source.clone(),
        items,
        answers.tokens,
        false,
    );
    question.print(&report, io)
}

/// What the cluster says beside its objects; of a bundle nothing is asked.
fn answers(question: &Question<'_>, asked: &[&Way], io: &mut Io<'_>) -> Result<Answers, LookError> {
    if question.arguments.look.from_bundle.is_some() {
        return Ok(Answers::default());
    }
    let cluster = question.cluster;
    let secrets = asked
        .iter()
        .filter(|way| way.method == Method::Secret)
        .filter_map(|way| {
            let name = way.place.as_ref()?.location.credentials.clone()?;
            let namespace = way.object.namespace.clone();
            let is_there = matches!(cluster.inventory.secret(&namespace, &name), Lookup::Found(_));
            is_there.then_some((namespace, name))
        });
    let mut tokens: Vec<(&Way, Option<String>)> = Vec::new();
    for way in asked.iter().filter(|way| question.arguments.trust && takes_token(way)) {
        let is_same = |other: &Way| {
            let key = |way: &Way| {
                (
                    way.object.namespace.clone(),
                    way.actor.account().map(str::to_owned),
                    way.provider(),
                )
            };
            key(other) == key(way)
        };
        if !tokens.iter().any(|(other, _)| is_same(other)) {
            tokens.push((way, audience_of(way, question)));
        }
    }
    let questions = Questions {
        secrets: secrets.collect(),
        tokens,
    };
    let access = Access {
        patience: Some(question.arguments.look.timeout + REQUEST_TIMEOUT),
        ..question.access.clone()
    };
    Ok(questions.ask(&access, io)?)
}

/// For whom the tokens of an account are, where an annotation says so.
fn audience_of(way: &Way, question: &Question<'_>) -> Option<String> {
    let account = question
        .cluster
        .object(Resource::ServiceAccounts, &way.object.namespace, way.actor.account()?)?;
    let audience = account.at("metadata.annotations")?.get(AUDIENCE)?.as_str()?;
    Some(audience.to_owned())
}

/// What rules and checks find that are about identities.
fn found(question: &Question<'_>) -> Vec<Diagnosis> {
    let settings = Settings::default();
    let options = Options {
        settings: &settings,
        target: question.target,
        selects: &|code, _| CODES.contains(&code),
    };
    let examination = examine(question.cluster, &options);
    let all = examination.causes.iter().flat_map(neo4jbackup_core::check::Cause::all);
    all.cloned().collect()
}
