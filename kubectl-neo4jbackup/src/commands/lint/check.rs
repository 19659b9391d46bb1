//! Reads, collects and judges all texts.

use neo4jbackup_core::engine;
use neo4jbackup_core::fix::FixKind;
use neo4jbackup_core::inventory::Inventory;
use neo4jbackup_core::lint::{self, File, FileOutcome, Located};

use super::plan::Plan;
use crate::input::Text;
use crate::parallel;
use crate::report::{Finding, Skipped};

/// Why something that a manifest names may exist although it was not found.
const NOT_AMONG_THE_FILES: &str = "it is not among the linted files";

/// What all texts came to.
#[derive(Default)]
pub(super) struct Checked {
    pub(super) findings: Vec<Finding>,
    pub(super) skipped: Vec<Skipped>,
    pub(super) documents: usize,
    pub(super) judged: usize,
}

/// Judges all texts, each with the knowledge of the others.
pub(super) fn check(texts: &[Text], plan: &Plan) -> Checked {
    let files = parallel::map(texts, |text| lint::read(&text.text, &plan.options.limits));
    let inventory = inventory(&files, plan);
    let pairs: Vec<(usize, (&Text, &File<'_>))> = texts.iter().zip(&files).enumerate().collect();
    let results = parallel::map(&pairs, |(index, (text, file))| {
        check_one(*index, text, file, &inventory, plan)
    });
    let mut checked = Checked::default();
    for result in results {
        checked.findings.extend(result.findings);
        checked.skipped.extend(result.skipped);
        checked.documents += result.documents;
        checked.judged += result.judged;
    }
    checked
}

/// What the files say of each other.
pub(super) fn inventory(files: &[File<'_>], plan: &Plan) -> Inventory {
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

fn check_one(index: usize, text: &Text, file: &File<'_>, inventory: &Inventory, plan: &Plan) -> Checked {
    let name = &text.source.name;
    let mut outcome = judge(file, inventory, plan);
    if let Some(problem) = &text.problem {
        let finding = engine::document_problem(problem);
        if plan.selection.includes(finding.code) {
            outcome.findings.push(Located {
                finding,
                object: None,
                span: problem.span,
                document: None,
            });
        }
    }
    let findings = outcome.findings.into_iter().map(|located| {
        let document = located.document.and_then(|position| file.documents.get(position));
        Finding::new(located, name, index, &text.text, document)
    });
    let skipped = outcome.skipped.into_iter().map(|skipped| Skipped {
        code: Some(skipped.code),
        file: name.clone(),
        reason: skipped.reason,
    });
    Checked {
        findings: findings.collect(),
        skipped: skipped.collect(),
        documents: file.documents.len(),
        judged: outcome.judged,
    }
}
