//! `--server-dry-run`: what the API server would say to each object, laid together with what the rules find.
//!
//! It is asked as `kubectl apply --dry-run=server` asks: an object that is there already is judged as a change of it, so that
//! what has been stored with a mistake does not stand in the way of a file that leaves it alone.

mod answer;
mod merge;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use neo4jbackup_cluster::{Objects, chain};
use neo4jbackup_core::document::{Document, Node};
use neo4jbackup_core::field::Field;
use neo4jbackup_core::finding::Severity;
use neo4jbackup_core::lint;
use neo4jbackup_core::quoted::{Name, printable, quoted};
use neo4jbackup_core::schema::Kind;
use neo4jbackup_core::snapshot::Resource;
use neo4jbackup_core::unknown::Unknown;
use neo4jbackup_core::values::names::{is_dns_subdomain, is_label_of_any_length};
use serde_json::Value;

use self::answer::{Answered, Said};
use super::check::Checked;
use super::plan::Plan;
use super::unfinished;
use crate::Io;
use crate::connection::{self, Access, ConnectionError};
use crate::input::{Role, Text};
use crate::look::{REQUEST_TIMEOUT, is_namespace, request_timeout};
use crate::report::{Cause, Skipped};

/// So many questions are open at a time: the API server may have few places for one user.
const MOST_AT_A_TIME: usize = 8;

/// An object that the API server is asked about.
struct Asked {
    /// Position of the text.
    text: usize,
    /// Position of the document in it.
    document: usize,
    kind: Kind,
    api_version: String,
    /// As the file says it.
    namespace: Option<String>,
    /// `None` where the API server is to make one.
    name: Option<String>,
    object: Value,
}

impl Asked {
    fn of(text: usize, position: usize, document: &Document<'_>, manner: &Text) -> Option<Self> {
        let object = &document.root;
        let (kind, _) = Kind::of(object)?;
        let (is_patch, notation) = unfinished::reading(manner);
        if !document.problems.is_empty() || !Unknown::of(object, is_patch, notation).is_empty() {
            return None;
        }
        let field = |path: &'static str| Field::at(object, path).text().map(str::to_owned);
        Some(Self {
            text,
            document: position,
            kind,
            api_version: field("apiVersion")?,
            namespace: field("metadata.namespace"),
            name: field("metadata.name").filter(|name| is_dns_subdomain(name)),
            object: json(object),
        })
    }

    /// Why there is no question that asks about nothing else. Versions and names become part of the address of a request.
    fn obstacle(&self, namespace: &str) -> Option<String> {
        let version = self.api_version.split_once('/').map_or("", |(_, version)| version);
        if !is_label_of_any_length(version) {
            let newest = self.kind.group().newest_api_version();
            return Some(format!(
                "apiVersion {} is no group and version; write {newest}",
                quoted(&self.api_version)
            ));
        }
        if !matches!(self.object["metadata"], Value::Null | Value::Object(_)) {
            let metadata = self.object["metadata"].to_string();
            return Some(format!(
                "metadata is {}, where a map with the name of the object has to stand",
                quoted(&metadata)
            ));
        }
        (!is_namespace(namespace)).then(|| format!("{} is no name of a namespace", Name(namespace)))
    }

    /// Asks, and reads the answer.
    async fn ask(&self, objects: &Objects, default_namespace: &str) -> Answered {
        let namespace = self.namespace.as_deref().unwrap_or(default_namespace);
        if let Some(obstacle) = self.obstacle(namespace) {
            return Answered::failed(obstacle);
        }
        let mut object = self.object.clone();
        object["metadata"]["namespace"] = namespace.into();
        let name = self.name.as_deref();
        let answer = objects.dry_run_apply(&self.api_version, self.kind.plural(), namespace, name, &object);
        match answer.await {
            Ok(answer) => Answered::read(&answer, |verb| {
                Resource::of_kind(self.kind).right(verb, Some(namespace))
            }),
            Err(error) => Answered::failed(chain(&error)),
        }
    }

    /// `Neo4jBackup graph/nightly`.
    fn name(&self) -> String {
        let parts = [self.namespace.as_deref(), self.name.as_deref()];
        let name: Vec<&str> = parts.into_iter().flatten().collect();
        let name = name.join("/");
        format!("{} {}", self.kind.name(), Name(&name)).trim_end().to_owned()
    }

    fn skipped(&self, text: &Text, cause: Cause) -> Skipped {
        let reason = format!("what the API server would say to {}: {}", self.name(), cause.text);
        let right = cause
            .right
            .as_ref()
            .map(|right| format!(" (missing: {})", right.words()));
        Skipped {
            code: None,
            file: text.source.name.clone(),
            reason: printable(reason + &right.unwrap_or_default()).into(),
            need: None,
            causes: Arc::new([cause]),
            is_gap: false,
        }
    }
}

fn json(node: &Node<'_>) -> Value {
    serde_json::to_value(node).unwrap_or_default()
}

/// Asks about every finished object of the texts, and adds what is said to what was found. An error is only a cluster that
/// cannot be asked at all, because what is configured cannot be used.
pub(super) fn ask(
    plan: &Plan,
    timeout: Duration,
    texts: &[Text],
    access: Access,
    checked: &mut Checked,
    io: &mut Io<'_>,
) -> Result<(), ConnectionError> {
    let asked = asked(plan, texts, checked);
    if asked.is_empty() {
        return Ok(());
    }
    let access = Access {
        // What has been answered by then is worth more than the rest.
        patience: Some(timeout + REQUEST_TIMEOUT),
        ..access
    };
    let each = request_timeout(&access);
    let answers = connection::ask(&access, io, async |cluster| {
        let objects = Objects::of(cluster);
        let default_namespace = plan.namespace.as_deref().unwrap_or_else(|| cluster.namespace());
        let end = tokio::time::Instant::now() + timeout;
        let questions = asked.iter().map(|asked| async {
            // An endless time has no end on any clock.
            let own = tokio::time::Instant::now().checked_add(each);
            let end = own.map_or(end, |own| own.min(end));
            let answered = tokio::time::timeout_at(end, asked.ask(&objects, default_namespace));
            answered
                .await
                .unwrap_or_else(|_| Answered::failed("it has not answered in time".to_owned()))
        });
        let answers: Vec<Answered> = futures::stream::iter(questions)
            .buffered(MOST_AT_A_TIME)
            .collect()
            .await;
        // They are among the answers.
        drop(cluster.take_warnings());
        Ok::<_, ConnectionError>(answers)
    });
    let answers = match answers {
        Ok(answers) => answers,
        Err(error) if error.exit() == crate::Exit::Usage => return Err(error),
        Err(error) => asked.iter().map(|_| Answered::failed(chain(&error))).collect(),
    };
    let mut said: Vec<(&Asked, Vec<Said>)> = Vec::new();
    for (asked, answered) in asked.iter().zip(answers) {
        match answered {
            Answered::Said(pieces) => said.push((asked, pieces)),
            Answered::Not(cause) => checked.skipped.push(asked.skipped(&texts[asked.text], cause)),
        }
    }
    add(plan, texts, &said, checked);
    Ok(())
}

/// What the API server can be asked about. Of what is unfinished, the report says so already.
fn asked(plan: &Plan, texts: &[Text], checked: &Checked) -> Vec<Asked> {
    let unjudged: BTreeSet<usize> = checked.unfinished.iter().map(|(text, _)| *text).collect();
    let mut asked = Vec::new();
    for (position, text) in texts.iter().enumerate().filter(|(_, text)| text.role != Role::Guide) {
        let file = lint::read(&text.text, &plan.options.limits);
        if unjudged.contains(&position) && file.is_template() {
            continue;
        }
        let documents = file.documents.iter().enumerate();
        asked.extend(documents.filter_map(|(document, read)| Asked::of(position, document, read, text)));
    }
    asked
}

/// Adds what was said, text by text, so that each is read once more and let go.
fn add(plan: &Plan, texts: &[Text], said: &[(&Asked, Vec<Said>)], checked: &mut Checked) {
    for of_text in said.chunk_by(|left, right| left.0.text == right.0.text) {
        let Some((first, _)) = of_text
            .first()
            .filter(|_| of_text.iter().any(|(_, said)| !said.is_empty()))
        else {
            continue;
        };
        let text = &texts[first.text];
        let file = lint::read(&text.text, &plan.options.limits);
        for (asked, said) in of_text {
            let Some(document) = file.documents.get(asked.document) else {
                continue;
            };
            // A refusal stays one, whichever rules are left out here.
            let counts = |said: &&Said| {
                said.severity == Severity::Error || said.code().is_none_or(|code| plan.selection.includes(code))
            };
            for said in said.iter().filter(counts) {
                merge::add(
                    &mut checked.findings,
                    (asked.text, asked.document),
                    text,
                    document,
                    said,
                );
            }
        }
    }
    checked
        .findings
        .sort_by_key(|finding| (finding.place.text, finding.place.document, finding.place.start));
}
