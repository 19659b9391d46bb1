//! Reads, collects and judges all texts.

use std::collections::BTreeMap;

use neo4jbackup_core::document::Document;
use neo4jbackup_core::engine;
use neo4jbackup_core::facts::Inventory;
use neo4jbackup_core::fix::FixKind;
use neo4jbackup_core::lint::{self, File, FileOutcome, Located};
use neo4jbackup_core::schema::Group;
use neo4jbackup_core::unknown::Unknown;

use super::plan::Plan;
use super::unfinished;
use crate::input::Text;
use crate::parallel;
use crate::report::{Cause, Finding, Skipped};

/// Why something that a manifest names may exist although it was not found.
const NOT_AMONG_THE_FILES: &str = "it is not among the linted files";

/// Documents that one thread judges at a time.
const MOST_DOCUMENTS: usize = 256;

/// What all texts came to.
#[derive(Default)]
pub(super) struct Checked {
    pub(super) findings: Vec<Finding>,
    pub(super) skipped: Vec<Skipped>,
    pub(super) documents: usize,
    pub(super) judged: usize,
    /// Texts of which something was not judged, by position, each with what: another tool makes manifests of them, or another
    /// operator reads them.
    pub(super) unfinished: Vec<(usize, String)>,
    /// How many objects of another operator each text has.
    left_alone: BTreeMap<Group, BTreeMap<usize, usize>>,
}

/// A stretch of the documents of one text, so that one long file keeps all threads busy.
struct Part<'t> {
    text: usize,
    /// Position of the first document in the file.
    first: usize,
    file: File<'t>,
}

/// Judges all texts, each with the knowledge of the others.
pub(super) fn check(texts: &[Text], plan: &Plan) -> Checked {
    let files = parallel::map(texts, |text| unfinished::read(text, plan));
    let mut checked = Checked::default();
    let mut parts: Vec<Part<'_>> = Vec::new();
    for (text, file) in files.into_iter().enumerate() {
        match file {
            Some(file) => parts.extend(split(text, file)),
            None => checked.unfinished.push((text, unfinished::template(&texts[text]))),
        }
    }
    let inventory = inventory(parts.iter().map(|part| &part.file), plan);
    let results = parallel::map(&parts, |part| check_part(part, &texts[part.text], &inventory, plan));
    let mut unknown: BTreeMap<usize, Vec<Unknown>> = BTreeMap::new();
    for (part, (result, of_part)) in parts.iter().zip(results) {
        unknown.entry(part.text).or_default().extend(of_part);
        checked.findings.extend(result.findings);
        checked.skipped.extend(result.skipped);
        checked.documents += result.documents;
        checked.judged += result.judged;
        for (group, of_part) in result.left_alone {
            let texts = checked.left_alone.entry(group).or_default();
            for (text, objects) in of_part {
                *texts.entry(text).or_default() += objects;
            }
        }
    }
    checked.skipped.dedup();
    for (text, unknown) in unknown {
        let reasons = unfinished::parts(&texts[text], &unknown).into_iter();
        checked.unfinished.extend(reasons.map(|reason| (text, reason)));
    }
    let of_others = checked.left_alone.iter();
    checked.unfinished.extend(of_others.filter_map(|(group, texts)| {
        let (first, _) = texts.first_key_value()?;
        Some((*first, unfinished::of_another_operator(*group, texts)))
    }));
    checked
}

fn split(text: usize, file: File<'_>) -> Vec<Part<'_>> {
    let File {
        documents,
        mut problems,
        is_patch,
    } = file;
    let mut documents = documents.into_iter();
    let mut parts = Vec::new();
    let mut first = 0;
    loop {
        let chunk: Vec<Document<'_>> = documents.by_ref().take(MOST_DOCUMENTS).collect();
        let count = chunk.len();
        if count == 0 && first > 0 {
            return parts;
        }
        // What concerns the file as a whole is said once, before the rest.
        let file = File {
            documents: chunk,
            problems: std::mem::take(&mut problems),
            is_patch,
        };
        parts.push(Part { text, first, file });
        first += count.max(1);
    }
}

/// What the files say of each other.
pub(super) fn inventory<'f, 't: 'f>(files: impl IntoIterator<Item = &'f File<'t>>, plan: &Plan) -> Inventory {
    let mut inventory = Inventory::partial(NOT_AMONG_THE_FILES);
    for file in files {
        lint::collect(file, &plan.options, &mut inventory);
    }
    inventory
}

/// What the rules that were asked for say of a file.
pub(super) fn judge(file: &File<'_>, inventory: &Inventory, plan: &Plan) -> FileOutcome {
    let mut outcome = lint::judge(file, inventory, &plan.options);
    outcome
        .findings
        .retain(|located| plan.selection.includes(located.finding.code));
    outcome.skipped.retain(|skipped| plan.selection.includes(skipped.code));
    for Located { finding, .. } in &mut outcome.findings {
        let is_left_to_the_webhook = |kind| kind == FixKind::Default && plan.options.assume_webhook;
        if finding.fix.as_ref().is_some_and(|fix| is_left_to_the_webhook(fix.kind)) {
            finding.fix = None;
        }
    }
    outcome
}

fn check_part(part: &Part<'_>, text: &Text, inventory: &Inventory, plan: &Plan) -> (Checked, Vec<Unknown>) {
    let name = &text.source.name;
    let mut outcome = judge(&part.file, inventory, plan);
    if let Some(problem) = text.problem.as_deref().filter(|_| part.first == 0) {
        let finding = engine::document_problem(problem);
        if plan.selection.includes(finding.code) {
            outcome.findings.push(Located {
                finding,
                span: problem.span,
                document: None,
                related: Vec::new(),
            });
        }
    }
    let findings = outcome.findings.into_iter().map(|mut located| {
        let document = located.document.and_then(|position| part.file.documents.get(position));
        located.document = located.document.map(|position| position + part.first);
        Finding::new(located, name, part.text, &text.text, document)
    });
    let skipped = outcome.skipped.into_iter().map(|skipped| Skipped {
        code: Some(skipped.code),
        file: name.clone(),
        reason: skipped.reason(),
        need: Some(skipped.need),
        causes: skipped.why.causes().iter().map(Cause::from).collect(),
        is_gap: false,
    });
    let checked = Checked {
        findings: findings.collect(),
        skipped: skipped.collect(),
        documents: part.file.documents.len(),
        judged: outcome.judged,
        unfinished: Vec::new(),
        left_alone: outcome
            .left_alone
            .into_iter()
            .map(|(group, objects)| (group, BTreeMap::from([(part.text, objects)])))
            .collect(),
    };
    (checked, outcome.unknown)
}
