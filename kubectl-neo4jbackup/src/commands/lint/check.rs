//! Reads, collects and judges all texts.

use std::collections::BTreeMap;
use std::sync::Arc;

use neo4jbackup_core::document::Problem;
use neo4jbackup_core::engine;
use neo4jbackup_core::facts::{self, Inventory};
use neo4jbackup_core::fix::FixKind;
use neo4jbackup_core::lint::text::Replacement;
use neo4jbackup_core::lint::{self, File, FileOutcome, Located};
use neo4jbackup_core::schema::Group;
use neo4jbackup_core::unknown::Unknown;

use super::plan::Plan;
use super::survey::{Bounds, Part, Reading, Survey};
use super::unfinished::{self, OfBlocks};
use crate::input::{Block, Role, Text};
use crate::parallel;
use crate::report::{Cause, Finding, Skipped};

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
    /// How many objects of another operator each file has, by the position of its text.
    left_alone: BTreeMap<Group, BTreeMap<usize, usize>>,
}

/// Judges all texts, each with the knowledge of the others.
pub(super) fn check(texts: &[Text], plan: &Plan) -> Checked {
    check_within(texts, plan, Bounds::default())
}

pub(super) fn check_within(texts: &[Text], plan: &Plan, bounds: Bounds) -> Checked {
    let mut survey = Survey::of(texts, plan, bounds);
    let parts = std::mem::take(&mut survey.parts);
    let mut checked = Checked::default();
    let mut of_blocks = OfBlocks::default();
    for text in &survey.templates {
        match &texts[*text].role {
            Role::Block(block) => of_blocks.template(*text, block),
            _ => checked.unfinished.push((*text, unfinished::template(&texts[*text]))),
        }
    }
    let strangers = survey.strangers.iter();
    checked
        .unfinished
        .extend(strangers.map(|text| (*text, unfinished::OF_SOMEBODY_ELSE.to_owned())));
    let mut unknown: BTreeMap<usize, Vec<Unknown>> = BTreeMap::new();
    let mut shared = Shared::default();
    parallel::in_order(
        &parts,
        |part| check_part(part, &texts[part.text], survey.inventory_of(part.text), plan),
        |part, (mut result, of_part)| {
            for skipped in &mut result.skipped {
                shared.share(skipped);
            }
            unknown.entry(part.text).or_default().extend(of_part);
            if plan.live.is_some() {
                result
                    .findings
                    .iter_mut()
                    .for_each(|finding| finding.tell_live(&survey.named));
            }
            checked.findings.extend(result.findings);
            checked.skipped.extend(result.skipped);
            checked.documents += result.documents;
            checked.judged += result.judged;
            for (group, of_part) in result.left_alone {
                let files = checked.left_alone.entry(group).or_default();
                for (file, objects) in of_part {
                    *files.entry(file).or_default() += objects;
                }
            }
        },
    );
    drop(parts);
    survey.let_go();
    checked.skipped.dedup();
    for (text, unknown) in unknown {
        if let Role::Block(block) = &texts[text].role {
            of_blocks.unknown(text, block, &unknown);
            continue;
        }
        let reasons = unfinished::parts(&texts[text], &unknown).into_iter();
        checked.unfinished.extend(reasons.map(|reason| (text, reason)));
    }
    checked.unfinished.extend(of_blocks.reasons());
    let of_others = checked.left_alone.iter();
    checked.unfinished.extend(of_others.filter_map(|(group, files)| {
        let (first, _) = files.first_key_value()?;
        Some((*first, unfinished::of_another_operator(*group, files)))
    }));
    checked
}

/// The first reason of each rule that something could not be judged, with its causes. Most files lack the same, and then it is
/// kept once.
#[derive(Default)]
struct Shared(BTreeMap<Option<&'static str>, First>);

struct First {
    reason: Arc<str>,
    causes: Arc<[Cause]>,
}

impl Shared {
    fn share(&mut self, skipped: &mut Skipped) {
        let first = self.0.entry(skipped.code).or_insert_with(|| First {
            reason: Arc::clone(&skipped.reason),
            causes: Arc::clone(&skipped.causes),
        });
        if first.reason == skipped.reason {
            skipped.reason = Arc::clone(&first.reason);
        }
        if first.causes == skipped.causes {
            skipped.causes = Arc::clone(&first.causes);
        }
    }
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

/// What is not certain and why, with the rights that would make it so.
fn reason(skipped: &neo4jbackup_core::rule::Skipped) -> String {
    let rights = skipped.why.causes().iter().filter_map(facts::Cause::missing_right);
    let rights: Vec<String> = rights.map(facts::Right::words).collect();
    match rights.as_slice() {
        [] => skipped.reason(),
        rights => format!("{} (missing: {})", skipped.reason(), rights.join("; ")),
    }
}

/// Puts a finding of a block where it stands in the file. A fix that cannot be written there is none.
pub(super) fn in_block(mut finding: Finding, block: &Block, text: &Text) -> Finding {
    finding.move_down(block.lines_before);
    let is_literal = |replacement: &Replacement| block.notation.takes_literally(&replacement.text);
    finding.fix = finding
        .fix
        .filter(|fix| text.is_verbatim && fix.replacements.iter().all(is_literal));
    finding
}

fn check_part(part: &Part<'_>, text: &Text, inventory: &Inventory, plan: &Plan) -> (Checked, Vec<Unknown>) {
    part.with_file(&plan.options.limits, |file| {
        check_file(file, part.text, part.first, text, inventory, plan)
    })
}

/// Judges documents of the text at `position`; `first` is the position of the first one in the file.
pub(super) fn check_file(
    file: &File<'_>,
    position: usize,
    first: usize,
    text: &Text,
    inventory: &Inventory,
    plan: &Plan,
) -> (Checked, Vec<Unknown>) {
    let name = &text.source.name;
    let mut outcome = judge(file, inventory, plan);
    let problem = text.problem.as_ref().map(|not_text| &*not_text.problem);
    let is_said = |problem: &&Problem| first == 0 && !Reading::of(text, plan).passes_over(problem);
    if let Some(problem) = problem.filter(is_said) {
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
        let document = located.document.and_then(|document| file.documents.get(document));
        located.document = located.document.map(|document| document + first);
        let finding = Finding::new(located, name, position, &text.text, document);
        match &text.role {
            Role::Block(block) => in_block(finding, block, text),
            _ => finding,
        }
    });
    let skipped = outcome.skipped.into_iter().map(|skipped| Skipped {
        code: Some(skipped.code),
        file: name.clone(),
        reason: reason(&skipped).into(),
        need: Some(skipped.need),
        causes: skipped.why.causes().iter().map(Cause::from).collect(),
        is_gap: false,
    });
    let checked = Checked {
        findings: findings.collect(),
        skipped: skipped.collect(),
        documents: file.documents.len(),
        judged: outcome.judged,
        unfinished: Vec::new(),
        left_alone: outcome
            .left_alone
            .into_iter()
            .map(|(group, objects)| (group, BTreeMap::from([(text.position_of_file(position), objects)])))
            .collect(),
    };
    (checked, outcome.unknown)
}
