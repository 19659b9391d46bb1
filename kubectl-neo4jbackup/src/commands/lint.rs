//! `lint`: files in, findings out.

mod check;
mod crds;
mod destination;
mod fix;
mod live;
mod output;
mod overlay;
mod plan;
mod server;
pub(super) mod single;
mod survey;
mod unfinished;

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use neo4jbackup_cluster::chain;
use neo4jbackup_core::quoted::{Name, printable};

use crate::baseline::{self, Baseline, BaselineError};
use crate::cli::{FailOn, Lint};
use crate::connection::Access;
use crate::input::{self, Gap, Inputs, Origin, Reader, Role, Source, Text};
use crate::report::{API_VERSION, Finding, LintReport, Skipped, Summary, Verdict};
use crate::{Exit, Io, parallel};

use self::check::Checked;
use self::destination::{Destination, Destinations};
pub(super) use self::plan::Plan;
use super::usage;

/// Runs the command.
pub(super) fn run(
    arguments: Lint,
    namespace: Option<String>,
    mut access: Access,
    color: bool,
    io: &mut Io<'_>,
) -> Exit {
    let mut plan = match Plan::new(arguments, namespace, &mut access, color, io) {
        Ok(plan) => plan,
        Err(error) => {
            io.say(&format!("error: {error}"));
            return error.exit();
        }
    };
    let mut inputs = input::find(&plan.paths, &io.current_directory, &plan.exclude, plan.has_guides);
    if let Some(file) = &plan.stdin_filename {
        inputs.name_stdin(file, &io.current_directory);
    }
    let destinations = match Destinations::new(&plan, &inputs.sources, io) {
        Ok(destinations) => destinations,
        Err(refusal) => {
            io.say(&format!("error: {refusal}"));
            return refusal.exit();
        }
    };
    let (mut texts, mut gaps) = load(inputs, &plan, io);
    if let Err(error) = live::look(&mut plan, &texts, access.clone(), io) {
        return error.tell(io);
    }
    let mut changed = false;
    if plan.fix.is_some() {
        changed = fix::run(&plan, &mut texts, &mut gaps, io);
    }
    let mut checked = check::check(&texts, &plan);
    if let Some(timeout) = plan.dry_run {
        let asked = server::ask(&plan, timeout, &texts, access, &mut checked, io);
        if let Err(error) = asked {
            io.say(&format!("error: {}", chain(&error)));
            return error.exit();
        }
    }
    let stale = match accept(&plan, destinations.baseline.as_ref(), &texts, &mut checked.findings, io) {
        Ok(stale) => stale,
        Err(error) => return usage(io, &error),
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
    let written = output::write(&plan, &destinations.reports, &report, &texts, io);
    parallel::let_go((report, texts));
    match written {
        Ok(()) => exit,
        Err(error) => usage(io, &error),
    }
}

/// Reads every file that the paths lead to.
fn load(inputs: Inputs, plan: &Plan, io: &mut Io<'_>) -> (Vec<Text>, Vec<Gap>) {
    let Inputs {
        sources,
        mut gaps,
        plain_folders,
    } = inputs;
    let limit = plan.options.limits.file_bytes;
    let stdin = sources
        .iter()
        .find(|source| source.origin.is_stdin())
        .map(|source| input::load_stdin(source, io.stdin, limit));
    let mut stdin = stdin.into_iter();
    let mut texts = Vec::with_capacity(sources.len());
    let reader = Reader::new(&sources, limit);
    let loaded = parallel::map(&sources, |source| {
        (!source.origin.is_stdin()).then(|| reader.load(source))
    });
    for result in loaded.into_iter().filter_map(|result| result.or_else(|| stdin.next())) {
        match result {
            Ok(text) => texts.push(text),
            Err(gap) => gaps.push(gap),
        }
    }
    let stdin = plan.stdin_filename.as_ref().map(|file| Source {
        name: file.to_string_lossy().into_owned(),
        origin: Origin::Named(io.current_directory.join(file)),
    });
    let placed = |text: &'_ Text| text.source.origin.is_stdin().then_some(stdin.as_ref()).flatten();
    let sources: Vec<_> = texts.iter().map(|text| placed(text).unwrap_or(&text.source)).collect();
    let roles = input::roles(&sources, &plain_folders);
    for (text, role) in texts.iter_mut().zip(roles) {
        text.role = role;
    }
    (texts.into_iter().flat_map(input::unfold).collect(), gaps)
}

/// Why findings cannot be accepted.
#[derive(Debug, thiserror::Error)]
pub(super) enum AcceptError {
    /// The baseline is to be written.
    #[error("{name} cannot be written: {source}")]
    Write { name: String, source: io::Error },

    /// The baseline is to be read.
    #[error("the baseline {name} {}", input::reason(source))]
    Read { name: String, source: io::Error },

    /// It is none.
    #[error("{name} {source}")]
    Baseline { name: String, source: BaselineError },
}

fn parse(name: &str, text: &str) -> Result<Baseline, AcceptError> {
    Baseline::parse(text).map_err(|source| AcceptError::Baseline {
        name: name.to_owned(),
        source,
    })
}

/// Reads the baseline that stands in this file.
fn read_baseline(name: &str, file: &Path) -> Result<Baseline, AcceptError> {
    let text = fs::read_to_string(file).map_err(|source| AcceptError::Read {
        name: name.to_owned(),
        source,
    })?;
    parse(name, &text)
}

/// Marks what the baseline accepts, or writes the baseline. Returns the entries that nothing needs any more.
fn accept(
    plan: &Plan,
    destination: Option<&Destination>,
    texts: &[Text],
    findings: &mut [Finding],
    io: &mut Io<'_>,
) -> Result<Vec<String>, AcceptError> {
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
        destination.write(&text).map_err(|source| AcceptError::Write {
            name: name.clone(),
            source,
        })?;
        let count = findings.iter().filter(|finding| finding.suppressed.is_none()).count();
        let named = parse(name, &text)?;
        named.apply(findings, &BTreeSet::new(), &place);
        io.say(&format!("wrote {name}: {count} findings are accepted from now on"));
        return Ok(Vec::new());
    }
    let known = read_baseline(name, file)?;
    let read: BTreeSet<String> = texts.iter().map(|text| text.source.name.clone()).collect();
    Ok(known.apply(findings, &read, &place))
}

/// Puts the report together: what counts is counted before what is not to be shown is left out.
fn report(plan: &Plan, texts: &[Text], checked: Checked, gaps: &[Gap]) -> LintReport {
    let Checked {
        mut findings,
        skipped,
        documents,
        judged,
        unfinished,
        ..
    } = checked;
    let summary = Summary {
        files: texts.iter().filter(|text| !matches!(text.role, Role::Block(_))).count(),
        documents,
        judged,
        ..Summary::of(&findings)
    };
    let open = || findings.iter().filter(|finding| finding.suppressed.is_none());
    let fails = open().any(|finding| plan.fail_on.includes(finding.severity));
    let places: BTreeSet<_> = open()
        .map(|finding| (finding.place.text, finding.place.document))
        .collect();
    let fixable = open().filter(|finding| is_fixable(finding, plan)).count();
    findings.retain(|finding| plan.show.includes(finding.severity));
    let unfinished = unfinished.into_iter().map(|(text, reason)| Skipped {
        code: None,
        file: texts[text].source.name.clone(),
        reason: printable(reason).into(),
        need: None,
        causes: Arc::default(),
        is_gap: false,
    });
    let unfinished = unfinished.chain(live::schema_gap(texts, plan));
    let unreadable = gaps.iter().map(Skipped::from);
    let skipped: Vec<Skipped> = unreadable.chain(unfinished).chain(skipped).collect();
    LintReport {
        api_version: API_VERSION,
        kind: "LintReport",
        result: if fails { Verdict::Fail } else { Verdict::Pass },
        complete: skipped.is_empty(),
        operator_version: plan.operator_version.clone(),
        summary,
        findings,
        skipped,
        // A file that could not be read as text has a finding and no document.
        documents_with_findings: places.len().min(documents),
        fixable,
    }
}

fn is_fixable(finding: &Finding, plan: &Plan) -> bool {
    let fix = finding.fix.as_ref();
    fix.is_some_and(|fix| plan.applies(fix.kind) && !fix.replacements.is_empty())
}

/// Whether a rule could not be sure because the cluster did not say what it was asked.
fn lacks_answers(report: &LintReport) -> bool {
    let mut causes = report.skipped.iter().flat_map(|skipped| skipped.causes.iter());
    causes.any(|cause| matches!(cause.kind, "forbidden" | "failed"))
}

/// Findings win over gaps; what a rule could not be sure of is no gap, or no manifest alone would ever pass.
fn exit(plan: &Plan, report: &LintReport, gaps: &[Gap], changed: bool) -> Exit {
    let differs = changed && plan.diff && plan.fail_on != FailOn::Never;
    if report.result == Verdict::Fail || differs {
        Exit::NotGood
    } else if !plan.allow_incomplete && (!gaps.is_empty() || report.summary.judged == 0 || lacks_answers(report)) {
        Exit::Incomplete
    } else {
        Exit::Good
    }
}
