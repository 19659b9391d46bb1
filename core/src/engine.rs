//! Runs the rules over one object or one document, and puts what they say in a stable order.

use std::sync::{Arc, LazyLock};

use crate::document::{Document, Node, Problem, ProblemKind};
use crate::facts::Inventory;
use crate::finding::{Finding, Severity};
use crate::fix::{self, Edit, FixKind};
use crate::model::ObjectRef;
use crate::ratchet::ratchet;
use crate::registry;
use crate::rule::{Collector, Doors, Rule, RuleMeta, Skipped};
use crate::rules::{self, SuppressionInvalid};
use crate::schema::Kind;
use crate::settings::{Level, Mode};
use crate::subject::{Door, Subject};
use crate::suppress::{self, Requests};

/// What was found, and what could not be checked.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Judgement {
    /// The findings, by field and code.
    pub findings: Vec<Finding>,
    /// What could not be checked, without repetition.
    pub skipped: Vec<Skipped>,
}

/// The rules of each kind, found once.
static BY_KIND: LazyLock<Vec<(Kind, Vec<&'static dyn Rule>)>> = LazyLock::new(|| {
    let of = |kind| {
        registry::all()
            .iter()
            .copied()
            .filter(|rule| rule.meta().kinds.contains(&kind))
            .collect()
    };
    Kind::ALL.into_iter().map(|kind| (kind, of(kind))).collect()
});

/// Judges one object: what the rules say, as far as the settings let it reach, without what somebody has accepted, and on
/// an update without what it leaves alone.
pub fn judge(subject: &Subject<'_>, inventory: &Inventory) -> Judgement {
    conclude(run_rules(subject, inventory), subject)
}

/// What the rules say of one object, as far as the settings let it reach; [`conclude`] comes next.
pub(crate) fn run_rules(subject: &Subject<'_>, inventory: &Inventory) -> Judgement {
    run_into(report_for(subject), subject, inventory)
}

/// Files are for people and their editors, who want everything; an answer to a review shows little and must be cheap.
fn report_for(subject: &Subject<'_>) -> Collector {
    let first = &SuppressionInvalid::META;
    match subject.door {
        Door::File => Collector::new(first),
        Door::Create | Door::Update(_) => Collector::bounded(first),
    }
}

fn run_into(mut report: Collector, subject: &Subject<'_>, inventory: &Inventory) -> Judgement {
    let rules = BY_KIND
        .iter()
        .find(|(kind, _)| *kind == subject.kind)
        .map_or(&[][..], |(_, rules)| rules);
    let is_off = |meta: &RuleMeta| subject.settings.level_of(meta.code, meta.name) == Level::Off;
    let may_be_off = !subject.settings.rules.is_empty();
    for rule in rules {
        let meta = rule.meta();
        if !runs_here(meta.doors, subject.door) || (may_be_off && is_off(meta)) {
            continue;
        }
        let reach = meta.reach(subject.operator);
        if let Some(reach) = reach.filter(|reach| !reach.only_older || subject.door == Door::File) {
            report.set_rule_within(meta, reach);
            rule.check(subject, inventory, &mut report);
        }
    }
    let mut judgement = finish(report);
    level(&mut judgement.findings, subject);
    judgement
}

/// Findings that do not name another object are about the one under review.
pub(crate) fn say_of_what(findings: &mut [Finding], object: Option<ObjectRef>) {
    let Some(object) = object.map(Arc::new) else { return };
    for finding in findings {
        finding.object.get_or_insert_with(|| Arc::clone(&object));
    }
}

/// Judges the text of one document.
pub fn judge_document(document: &Document<'_>) -> Judgement {
    let mut report = Collector::new(&SuppressionInvalid::META);
    for rule in registry::all() {
        report.set_rule(rule.meta());
        rule.check_document(document, &mut report);
    }
    let mut judgement = finish(report);
    if !judgement.findings.is_empty() {
        say_of_what(&mut judgement.findings, ObjectRef::of(&document.root));
    }
    judgement
}

/// The finding for a problem of the text itself.
pub fn document_problem(problem: &Problem) -> Finding {
    let meta = match problem.kind {
        ProblemKind::DuplicateKey => &rules::DuplicateKey::META,
        _ => &rules::YamlSyntax::META,
    };
    let mut report = Collector::new(meta);
    let path = problem.path.clone().unwrap_or_default();
    report.at_path(path, problem.message.clone()).help(problem.help.clone());
    report.findings.remove(0)
}

/// The edits of all findings whose fix is of `kind` or narrower, in the order of the findings.
pub fn edits(findings: &[Finding], kind: FixKind) -> Vec<Edit> {
    let fixes = findings
        .iter()
        .filter(|finding| finding.suppressed.is_none())
        .filter_map(|finding| finding.fix.as_ref());
    fixes
        .filter(|fix| fix.kind != FixKind::None && fix.kind <= kind)
        .flat_map(|fix| fix.edits.clone())
        .collect()
}

/// The object with every default filled in, as the mutating webhook would leave it.
pub fn with_defaults<'a>(object: &Node<'a>, findings: &[Finding]) -> Node<'a> {
    fix::apply(object, &edits(findings, FixKind::Default))
}

fn runs_here(doors: Doors, door: Door<'_>) -> bool {
    match doors {
        Doors::All => true,
        Doors::Files => door == Door::File,
        Doors::Reviews => door != Door::File,
    }
}

fn level(findings: &mut [Finding], subject: &Subject<'_>) {
    let mode = subject.settings.mode_of(subject.namespace());
    if mode == Mode::Enforce && subject.settings.rules.is_empty() {
        return;
    }
    for finding in findings {
        let level = subject.settings.level_of(finding.code, finding.name);
        if mode == Mode::Audit || level == Level::Audit {
            finding.audit_only = true;
        } else if mode == Mode::Warn || level == Level::Warn {
            finding.severity = finding.severity.min(Severity::Warning);
        }
    }
}

/// What is left of the findings once everybody had his say: those who have accepted some, and an update.
pub(crate) fn conclude(mut judgement: Judgement, subject: &Subject<'_>) -> Judgement {
    let requests = Requests::of(subject);
    if !requests.is_empty() {
        let mut report = report_for(subject);
        suppress::apply(&mut judgement.findings, &requests, subject, &mut report);
        judgement.findings.append(&mut report.finish().0);
    }
    if !judgement.findings.is_empty() {
        say_of_what(&mut judgement.findings, ObjectRef::of(subject.object));
    }
    spare_update(&mut judgement.findings, subject);
    judgement
}

/// An update is denied neither for what it leaves alone, nor on the way out: the operator takes its finalizer off with a
/// write of the whole object.
fn spare_update(findings: &mut [Finding], subject: &Subject<'_>) {
    let Door::Update(old) = subject.door else { return };
    ratchet(findings, old, subject.object);
    if subject.is_terminating() {
        for finding in findings {
            finding.severity = finding.severity.min(Severity::Warning);
        }
    }
}

fn finish(report: Collector) -> Judgement {
    let (mut findings, mut skipped) = report.finish();
    findings
        .sort_by(|left, right| (&left.path, left.code, &left.message).cmp(&(&right.path, right.code, &right.message)));
    skipped.sort();
    skipped.dedup();
    Judgement { findings, skipped }
}

#[cfg(test)]
mod tests;
