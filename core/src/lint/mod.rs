//! Text to located findings: the whole of `lint` but the files.
//!
//! Three steps, so that a caller may spread the first and the last over threads: [`read`] each file, [`collect`] what
//! the files say of each other, [`judge`] each file. Who has much to read keeps only the [`facts`] of what was read, and
//! reads it again, a part at a time, when it is judged: trees and places take thirty times the memory of the text.

pub mod text;

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::Timestamp;

use crate::document::{self, Document, Limits, Node, Path, ProblemKind, Span};
use crate::engine::{self, Judgement};
use crate::facts::{Controller, Fact, Inventory};
use crate::field::Field;
use crate::finding::{Evidence, Finding, Severity};
use crate::fix::FixKind;
use crate::model::ObjectRef;
use crate::operator::Operator;
use crate::rule::Skipped;
use crate::rules::IdentityPlaceholder;
use crate::schema::{Group, Kind, ServedSchemas};
use crate::settings::Settings;
use crate::subject::{Context, Door, Subject};
use crate::unknown::Unknown;
use crate::values::placeholder::{self, Notation};

/// What a lint run is told.
#[derive(Debug, Clone)]
pub struct Options {
    /// Levels, modes and identity defaults.
    pub settings: Settings,
    /// The operator that will read the manifests; chosen by each object's `apiVersion` when not said.
    pub operator: Option<Operator>,
    /// The schemas that the API server serves, where they are at hand; else the tables say which fields there are.
    pub served: Option<Arc<ServedSchemas>>,
    /// The time of the run.
    pub now: Timestamp,
    /// The namespace of objects that do not say.
    pub namespace: String,
    /// Whether the mutating webhook will fill in defaults before anybody judges.
    pub assume_webhook: bool,
    /// Bounds on the input.
    pub limits: Limits,
}

impl Options {
    /// The usual options at a given time.
    pub fn at(now: Timestamp) -> Self {
        Self {
            settings: Settings::default(),
            operator: None,
            served: None,
            now,
            namespace: "default".to_owned(),
            assume_webhook: false,
            limits: Limits::default(),
        }
    }

    /// What every judgement rests on.
    pub fn context(&self) -> Context<'_> {
        Context {
            settings: &self.settings,
            now: self.now,
            operator: self.operator,
            served: self.served.as_deref(),
            namespace: &self.namespace,
        }
    }
}

/// A finding and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Located {
    /// What is wrong.
    pub finding: Finding,
    /// Where in the file.
    pub span: Span,
    /// Position of the document in [`File::documents`]; `None` for a finding about the file as a whole.
    pub document: Option<usize>,
    /// Where the evidence of the finding stands in the file: for each one in turn, `None` where it does not.
    pub related: Vec<Option<Span>>,
}

/// One file, read.
#[derive(Debug)]
pub struct File<'a> {
    /// Its documents, those of foreign kinds included.
    pub documents: Vec<Document<'a>>,
    /// Problems of the file as a whole.
    pub problems: Vec<document::Problem>,
    /// Whether its objects are patches, laid over objects that stand elsewhere.
    pub is_patch: bool,
    /// What its objects stand in, which says what is filled in later.
    pub notation: Notation,
}

impl File<'_> {
    /// Whether the text is a template that no reader of YAML understands.
    pub fn is_template(&self) -> bool {
        let is_template = |problem: &document::Problem| problem.kind == ProblemKind::Template;
        let mut of_documents = self.documents.iter().flat_map(|document| &document.problems);
        of_documents.any(is_template) || self.problems.iter().any(is_template)
    }
}

/// What one file came to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FileOutcome {
    /// The findings, by line.
    pub findings: Vec<Located>,
    /// What could not be checked, without repetition.
    pub skipped: Vec<Skipped>,
    /// How many of the documents were of a kind that the rules know.
    pub judged: usize,
    /// How many of the documents belong to another operator, by the group of its API: they are left alone.
    pub left_alone: BTreeMap<Group, usize>,
    /// What is not known yet of those that were judged, so that no finding that depends on it is among the findings.
    pub unknown: Vec<Unknown>,
}

impl<'a> From<document::Parsed<'a>> for File<'a> {
    fn from(parsed: document::Parsed<'a>) -> Self {
        Self {
            documents: parsed.documents,
            problems: parsed.problems,
            is_patch: false,
            notation: Notation::default(),
        }
    }
}

/// Reads one file; [`document::decode`] makes text of its bytes.
pub fn read<'a>(text: &'a str, limits: &Limits) -> File<'a> {
    document::parse(text, limits).into()
}

/// Adds what a file says to what is known of other objects.
pub fn collect(file: &File<'_>, options: &Options, inventory: &mut Inventory) {
    for fact in facts(file, options) {
        inventory.lay_over(fact);
    }
}

/// What a file says that others ask for.
pub fn facts<'f>(file: &'f File<'_>, options: &'f Options) -> impl Iterator<Item = Fact> + 'f {
    // What only changes another object is nothing that others can name.
    let objects = file.documents.iter().filter(|_| !file.is_patch);
    objects.filter_map(|document| fact(&document.root, file.notation, options))
}

fn fact(object: &Node<'_>, notation: Notation, options: &Options) -> Option<Fact> {
    // Nor is what is named by a placeholder.
    let is_placeholder = |name: &Node<'_>| {
        let name = name.as_str();
        name.is_some_and(|name| placeholder::find_in(notation, name).is_some())
    };
    if object.at("metadata.name").is_some_and(is_placeholder) {
        return None;
    }
    let name = Field::at(object, "metadata.name").str().unwrap_or_default();
    let namespace = Field::at(object, "metadata.namespace")
        .text()
        .unwrap_or(&options.namespace);
    if let Some((kind, _)) = Kind::of(object) {
        return Some(Fact::of(kind, namespace, name, object));
    }
    let entries = |field: &'static str| Field::at(object, field).entries();
    let annotations = || {
        let entries = entries("metadata.annotations");
        entries
            .filter_map(|(key, value)| Some((key.to_owned(), value.as_str()?.to_owned())))
            .collect()
    };
    match (Field::at(object, "apiVersion").str(), Field::at(object, "kind").str()) {
        (Some("v1"), Some("Secret")) => {
            let keys = entries("data").chain(entries("stringData"));
            Some(Fact::of_secret(namespace, name, keys.map(|(key, _)| key.to_owned())))
        }
        (Some("v1"), Some("Namespace")) => Some(Fact::of_namespace(name, annotations())),
        (Some("v1"), Some("PersistentVolumeClaim")) => Some(Fact::of_claim(namespace, name)),
        (Some("v1"), Some("ServiceAccount")) => Fact::of_account(namespace, name, annotations()),
        (Some("batch/v1"), Some("Job")) => Fact::of_job(namespace, name, object),
        (Some("batch/v1"), Some("CronJob")) => {
            let controller = Controller::of(object)?;
            Some(Fact::of_controlled("CronJob", namespace, name, controller))
        }
        _ => None,
    }
}

/// Judges one file.
pub fn judge(file: &File<'_>, inventory: &Inventory, options: &Options) -> FileOutcome {
    let mut outcome = FileOutcome::default();
    for problem in &file.problems {
        let finding = engine::document_problem(problem);
        outcome.findings.push(Located {
            finding,
            span: problem.span,
            document: None,
            related: Vec::new(),
        });
    }
    let objects = Objects::of(file, &options.namespace);
    for (position, document) in file.documents.iter().enumerate() {
        if let Some(group) = Group::left_alone(&document.root) {
            *outcome.left_alone.entry(group).or_default() += 1;
        }
        let judgement = judge_document(
            document,
            (file.is_patch, file.notation),
            inventory,
            options,
            &mut outcome.judged,
        );
        outcome
            .unknown
            .extend(Some(judgement.unknown).filter(|unknown| !unknown.is_empty()));
        outcome.skipped.extend(judgement.skipped);
        outcome
            .findings
            .extend(judgement.findings.into_iter().map(|(finding, span)| Located {
                related: objects.related(document, &finding),
                span,
                finding,
                document: Some(position),
            }));
    }
    outcome.findings.sort_by(|left, right| {
        let key = |located: &Located| (located.document, located.span.start, located.finding.code);
        key(left)
            .cmp(&key(right))
            .then_with(|| left.finding.message.cmp(&right.finding.message))
    });
    outcome.skipped.sort();
    outcome.skipped.dedup();
    outcome
}

/// The documents of a file by the object in each; sorted only when a finding names another object, and then once.
struct Objects<'f> {
    file: &'f File<'f>,
    /// The namespace of objects that do not say.
    namespace: &'f str,
    by_name: OnceCell<HashMap<Key<'f>, &'f Document<'f>>>,
}

/// API group, kind, namespace, name.
type Key<'f> = [&'f str; 4];

impl<'f> Objects<'f> {
    fn of(file: &'f File<'f>, namespace: &'f str) -> Self {
        Self {
            file,
            namespace,
            by_name: OnceCell::new(),
        }
    }

    /// The document of an object, whatever the version in which it is read.
    fn find(&self, object: &ObjectRef) -> Option<&'f Document<'f>> {
        let by_name = self.by_name.get_or_init(|| {
            let mut by_name = HashMap::new();
            for document in &self.file.documents {
                let text = |path: &'static str| Field::at(&document.root, path).str().unwrap_or_default();
                let key = self.key(
                    text("apiVersion"),
                    text("kind"),
                    text("metadata.namespace"),
                    text("metadata.name"),
                );
                by_name.entry(key).or_insert(document);
            }
            by_name
        });
        let ObjectRef {
            api_version,
            kind,
            namespace,
            name,
        } = object;
        by_name.get(&self.key(api_version, kind, namespace, name)).copied()
    }

    fn key<'k>(&self, api_version: &'k str, kind: &'k str, namespace: &'k str, name: &'k str) -> Key<'k>
    where
        'f: 'k,
    {
        let (group, _) = api_version.split_once('/').unwrap_or_default();
        let namespace = if namespace.is_empty() {
            self.namespace
        } else {
            namespace
        };
        [group, kind, namespace, name]
    }

    /// Where the evidence of a finding of the document `own` stands, as far as it stands in the file.
    fn related(&self, own: &Document<'_>, finding: &Finding) -> Vec<Option<Span>> {
        let place = |evidence: &Evidence| {
            let path = evidence.path.as_ref()?;
            Some(match &evidence.object {
                Some(object) => span_of(self.find(object)?, path),
                None => span_of(own, path),
            })
        };
        finding.evidence.iter().map(place).collect()
    }
}

struct DocumentOutcome {
    findings: Vec<(Finding, Span)>,
    skipped: Vec<Skipped>,
    unknown: Unknown,
}

fn judge_document(
    document: &Document<'_>,
    (is_patch, notation): (bool, Notation),
    inventory: &Inventory,
    options: &Options,
    judged: &mut usize,
) -> DocumentOutcome {
    let mut findings: Vec<(Finding, Span)> = document
        .problems
        .iter()
        .map(|problem| {
            let mut finding = engine::document_problem(problem);
            finding.object = ObjectRef::of(&document.root).map(Arc::new);
            (finding, problem.span)
        })
        .collect();
    let place = |finding: Finding| {
        let key = if finding.at_key {
            document.spans.find(&finding.path).and_then(|spans| spans.key)
        } else {
            None
        };
        let span = key.unwrap_or_else(|| span_of(document, &finding.path));
        (finding, span)
    };
    findings.extend(engine::judge_document(document).findings.into_iter().map(place));
    if Kind::of(&document.root).is_none() {
        return DocumentOutcome {
            findings,
            skipped: Vec::new(),
            unknown: Unknown::default(),
        };
    }
    *judged += 1;
    let mut judgement = if options.assume_webhook {
        judge_defaulted(document, inventory, options)
    } else {
        judge_object(document, inventory, options)
    };
    if notation != Notation::Manifest {
        // What a guide shows is not what its reader will apply.
        judgement
            .findings
            .retain(|finding| finding.code != IdentityPlaceholder::META.code);
    }
    let unknown = Unknown::of(&document.root, is_patch, notation);
    if !unknown.is_empty() {
        unknown.withhold(&mut judgement.findings, &mut judgement.skipped, &document.root);
    }
    findings.extend(judgement.findings.into_iter().map(place));
    DocumentOutcome {
        findings,
        skipped: judgement.skipped,
        unknown,
    }
}

/// Judges the object of a document, with what its annotations and comments accept.
fn judge_object(document: &Document<'_>, inventory: &Inventory, options: &Options) -> Judgement {
    let subject = Subject::of(&document.root, Door::File, &options.context());
    subject.map_or_else(Judgement::default, |subject| {
        engine::judge(&subject.read_from(document), inventory)
    })
}

/// Judges the object that the mutating webhook would leave, and keeps what that webhook would do as notes.
fn judge_defaulted(document: &Document<'_>, inventory: &Inventory, options: &Options) -> Judgement {
    let context = options.context();
    // The webhook sees the annotations of the object, and no comments.
    let Some(sent) = Subject::of(&document.root, Door::File, &context) else {
        return Judgement::default();
    };
    let first = engine::judge(&sent, inventory);
    let defaulted = engine::with_defaults(sent.object, &first.findings).into_owned();
    let Some(stored) = Subject::of(&defaulted, Door::File, &context) else {
        return first;
    };
    let stored = stored.read_from(document);
    let mut second = engine::run_rules(&stored, inventory);
    let filled = first.findings.into_iter().filter(|finding| {
        finding.fix.as_ref().is_some_and(|fix| fix.kind == FixKind::Default)
            && !second
                .findings
                .iter()
                .any(|left| left.code == finding.code && left.path == finding.path)
    });
    let notes: Vec<Finding> = filled
        .map(|mut finding| {
            finding.severity = Severity::Info;
            finding.message = format!("{}; the webhook fills it in", finding.message);
            finding
        })
        .collect();
    second.findings.extend(notes);
    engine::conclude(second, &stored)
}

/// Where a finding stands: at the value; where the field is missing or holds more than a line, at its key, or at the
/// key of the nearest block that is there.
pub fn span_of(document: &Document<'_>, path: &Path) -> Span {
    let spans = document.spans.nearest(path);
    let exact = document.spans.find(path).is_some();
    match spans.key {
        Some(key) if !exact || spans.value.start.line != spans.value.end.line => key,
        Some(key) if spans.value.start == spans.value.end => key,
        _ if exact && !path.0.is_empty() => spans.value,
        _ => first_line(document),
    }
}

/// The `kind` of the object, which every manifest has, stands for the object as a whole.
fn first_line(document: &Document<'_>) -> Span {
    let kind = document.spans.find(&Path::dotted("kind")).map(|spans| spans.value);
    kind.unwrap_or_else(|| {
        let start = document.spans.value.start;
        Span { start, end: start }
    })
}
