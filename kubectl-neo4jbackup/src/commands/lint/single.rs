//! One text at a time, for who keeps what was read and asks again: an editor.

use std::collections::BTreeSet;
use std::path::Path;

use neo4jbackup_core::document;
use neo4jbackup_core::facts::{Fact, Inventory};
use neo4jbackup_core::fix::FixKind;
use neo4jbackup_core::lint::text::fix;
use neo4jbackup_core::lint::{self, File};

use super::plan::Plan;
use super::survey::Reading;
use super::{AcceptError, check, read_baseline, survey, unfinished};
use crate::baseline::{Baseline, Place};
use crate::input::Text;
use crate::report::Finding;

/// Reads a text. Returns `None` where it is a template, which nobody can judge.
pub(in crate::commands) fn read<'t>(text: &'t Text, plan: &Plan) -> Option<File<'t>> {
    if unfinished::is_chart_template(text) {
        return None;
    }
    let parsed = document::parse(&text.text, &plan.options.limits);
    let file = survey::file(parsed, Reading::of(text, plan));
    (!file.is_template()).then_some(file)
}

/// What a file says that others ask for.
pub(in crate::commands) fn facts(file: &File<'_>, plan: &Plan) -> Vec<Fact> {
    lint::facts(file, &plan.options).collect()
}

/// What several files say.
pub(in crate::commands) fn inventory<'f>(facts: impl Iterator<Item = &'f Fact>) -> Inventory {
    let mut inventory = survey::among_files();
    for fact in facts {
        inventory.lay_over(fact.clone());
    }
    inventory
}

/// Findings that are known and accepted.
pub(in crate::commands) struct Accepted(Option<Baseline>);

impl Accepted {
    /// Reads the baseline of the plan, when it has one.
    pub(in crate::commands) fn of(plan: &Plan) -> Result<Self, AcceptError> {
        let baseline = plan.baseline.as_ref();
        let baseline = baseline.map(|(name, file)| read_baseline(name, file)).transpose();
        Ok(Self(baseline?))
    }
}

/// The findings of a file that are to be shown and that nobody has accepted.
pub(in crate::commands) fn judge(
    file: &File<'_>,
    text: &Text,
    inventory: &Inventory,
    plan: &Plan,
    accepted: &Accepted,
) -> Vec<Finding> {
    let (checked, _) = check::check_file(file, 0, 0, text, inventory, plan);
    let mut findings = checked.findings;
    if let (Some(baseline), Some((name, file))) = (&accepted.0, &plan.baseline) {
        let folder = file.parent().unwrap_or(Path::new(""));
        let place = Place {
            name,
            folder,
            current_directory: folder,
        };
        baseline.apply(&mut findings, &BTreeSet::new(), &place);
    }
    findings.retain(|finding| finding.suppressed.is_none() && plan.show.includes(finding.severity));
    findings
}

/// The text with every fix that is certain.
pub(in crate::commands) fn fix_all(text: &Text, inventory: &Inventory, plan: &Plan) -> String {
    let judge = |file: &File<'_>| check::judge(file, inventory, plan);
    fix(
        &text.text,
        FixKind::Safe,
        unfinished::reading(text),
        &plan.options.limits,
        judge,
    )
    .text
}
