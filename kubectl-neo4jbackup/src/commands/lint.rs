//! `lint`: files in, findings out.

mod check;
mod destination;
mod fix;
mod output;
mod plan;
mod selection;
mod unfinished;

use std::collections::BTreeSet;
use std::fs;

use neo4jbackup_core::quoted::{Name, printable};

use crate::baseline::{self, Baseline};
use crate::cli::{FailOn, Lint};
use crate::input::{self, Gap, Inputs, Surroundings, Text};
use crate::report::{API_VERSION, Finding, LintReport, Skipped, Summary, Verdict};
use crate::{Exit, Io, parallel};

use self::check::Checked;
use self::destination::{Destination, Destinations};
use self::plan::Plan;
use super::usage;

/// Runs the command.
pub(super) fn run(arguments: Lint, namespace: Option<String>, color: bool, io: &mut Io<'_>) -> Exit {
    let plan = match Plan::new(arguments, namespace, color, io) {
        Ok(plan) => plan,
        Err(message) => return usage(io, &message),
    };
    let inputs = input::find(&plan.paths, &io.current_directory, &plan.exclude);
    let destinations = match Destinations::new(&plan, &inputs.sources, io) {
        Ok(destinations) => destinations,
        Err(refusal) => {
            io.say(&format!("error: {}", refusal.message));
            return refusal.exit;
        }
    };
    let (mut texts, mut gaps) = load(inputs, &plan, io);
    let mut changed = false;
    if plan.fix.is_some() {
        changed = fix::run(&plan, &mut texts, &mut gaps, io);
    }
    let mut checked = check::check(&texts, &plan);
    let stale = match accept(&plan, destinations.baseline.as_ref(), &texts, &mut checked.findings, io) {
        Ok(stale) => stale,
        Err(message) => return usage(io, &message),
    };
    let report = report(&plan, &texts, checked, &gaps);
    // Before anything is printed: no format and no broken pipe may change it.
    let exit = exit(&plan, &report, &gaps, changed);
    for gap in &gaps {
        io.say(&format!("error: {} {}", Name(&gap.file), gap.reason));
    }
    for line in stale {
        io.say(&format!("note: the baseline lists what is no longer found: {line}"));
    }
    match output::write(&plan, &destinations.reports, &report, &texts, io) {
        Ok(()) => exit,
        Err(message) => usage(io, &message),
    }
}

/// Reads every file that the paths lead to.
fn load(inputs: Inputs, plan: &Plan, io: &mut Io<'_>) -> (Vec<Text>, Vec<Gap>) {
    let Inputs { sources, mut gaps } = inputs;
    let limit = plan.options.limits.file_bytes;
    let stdin = sources
        .iter()
        .find(|source| source.origin.is_stdin())
        .map(|source| input::load_stdin(source, io.stdin, limit));
    let mut stdin = stdin.into_iter();
    let mut texts = Vec::with_capacity(sources.len());
    let loaded = parallel::map(&sources, |source| {
        (!source.origin.is_stdin()).then(|| input::load(source, limit))
    });
    for result in loaded.into_iter().filter_map(|result| result.or_else(|| stdin.next())) {
        match result {
            Ok(text) => texts.push(text),
            Err(gap) => gaps.push(gap),
        }
    }
    let mut surroundings = Surroundings::of(texts.iter().map(|text| &text.source));
    for text in &mut texts {
        text.role = surroundings.role(&text.source);
    }
    (texts, gaps)
}

/// Marks what the baseline accepts, or writes the baseline. Returns the entries that nothing needs any more.
fn accept(
    plan: &Plan,
    destination: Option<&Destination>,
    texts: &[Text],
    findings: &mut [Finding],
    io: &mut Io<'_>,
) -> Result<Vec<String>, String> {
    let Some((name, file)) = &plan.baseline else {
        return Ok(Vec::new());
    };
    let place = baseline::Place {
        name,
        folder: file.parent().unwrap_or(&io.current_directory),
        current_directory: &io.current_directory,
    };
    if let Some(destination) = destination {
        let text = baseline::render(findings, &place);
        destination
            .write(&text)
            .map_err(|error| format!("{name} cannot be written: {error}"))?;
        let count = findings.iter().filter(|finding| finding.suppressed.is_none()).count();
        let named = Baseline::parse(&text).map_err(|error| format!("{name} {error}"))?;
        named.apply(findings, &BTreeSet::new(), &place);
        io.say(&format!("wrote {name}: {count} findings are accepted from now on"));
        return Ok(Vec::new());
    }
    let text = fs::read_to_string(file).map_err(|error| format!("the baseline {name} {}", input::reason(&error)))?;
    let known = Baseline::parse(&text).map_err(|error| format!("{name} {error}"))?;
    let read: BTreeSet<String> = texts.iter().map(|text| text.source.name.clone()).collect();
    Ok(known.apply(findings, &read, &place))
}

fn report(plan: &Plan, texts: &[Text], checked: Checked, gaps: &[Gap]) -> LintReport {
    let Checked {
        mut findings,
        skipped,
        documents,
        judged,
        unfinished,
    } = checked;
    let mut summary = Summary {
        files: texts.len(),
        documents,
        judged,
        ..Summary::default()
    };
    let mut places = BTreeSet::new();
    let mut fixable = 0;
    for finding in &findings {
        if finding.suppressed.is_some() {
            summary.suppressed += 1;
            continue;
        }
        match finding.severity {
            neo4jbackup_core::finding::Severity::Error => summary.errors += 1,
            neo4jbackup_core::finding::Severity::Warning => summary.warnings += 1,
            neo4jbackup_core::finding::Severity::Info => summary.infos += 1,
        }
        places.insert((finding.place.text, finding.place.document));
        let mendable = finding
            .fix
            .as_ref()
            .is_some_and(|fix| plan.mends(fix.kind) && !fix.replacements.is_empty());
        fixable += usize::from(mendable);
    }
    let fails = findings
        .iter()
        .any(|finding| finding.suppressed.is_none() && plan.fail_on.includes(finding.severity));
    findings.retain(|finding| plan.show.includes(finding.severity));
    let unreadable = gaps.iter().map(|gap| Skipped {
        code: None,
        file: gap.file.clone(),
        reason: printable(gap.reason.as_str()).into_owned(),
        need: None,
        causes: Vec::new(),
        is_gap: true,
    });
    let unfinished = unfinished.into_iter().map(|(text, reason)| Skipped {
        code: None,
        file: texts[text].source.name.clone(),
        reason: printable(reason).into_owned(),
        need: None,
        causes: Vec::new(),
        is_gap: false,
    });
    let mut all_skipped: Vec<Skipped> = unreadable.chain(unfinished).collect();
    all_skipped.extend(skipped);
    LintReport {
        api_version: API_VERSION,
        kind: "LintReport",
        result: if fails { Verdict::Fail } else { Verdict::Pass },
        complete: all_skipped.is_empty(),
        operator_version: plan.operator_version.clone(),
        summary,
        findings,
        skipped: all_skipped,
        // A file that could not be read as text has a finding and no document.
        documents_with_findings: places.len().min(documents),
        fixable,
    }
}

/// Findings win over gaps; what a rule could not be sure of is no gap, or no manifest alone would ever pass.
fn exit(plan: &Plan, report: &LintReport, gaps: &[Gap], changed: bool) -> Exit {
    let differs = changed && plan.diff && plan.fail_on != FailOn::Never;
    if report.result == Verdict::Fail || differs {
        Exit::NotGood
    } else if !plan.allow_incomplete && (!gaps.is_empty() || report.summary.judged == 0) {
        Exit::Incomplete
    } else {
        Exit::Good
    }
}
