//! What the two hooks say of one review. Pure: the same review, settings, references and time give the same answer.

use std::borrow::Cow;

use neo4jbackup_core::document::Node;
use neo4jbackup_core::engine;
use neo4jbackup_core::finding::{Finding, Severity};
use neo4jbackup_core::fix::{self, FixKind};
use neo4jbackup_core::outcome;
use neo4jbackup_core::outcome::Cause;
use neo4jbackup_core::ratchet::ratchet;
use neo4jbackup_core::schema::{Era, GROUP, Kind};
use neo4jbackup_core::settings::{Mode, Mutation, Oversize};
use neo4jbackup_core::subject::{Door, Subject};

use crate::admission::decision::{Basis, Opinion, codes, propose};
use crate::admission::hook::Hook;
use crate::admission::response::{Answer, Denial};
use crate::admission::review::{Operation, Request};
use crate::admission::workload;

/// Answers `/validate`.
pub(crate) fn validate<'a>(request: &'a Request<'a>, basis: &Basis<'_>) -> Opinion<'a> {
    let Some(judged) = Judged::of(request) else {
        return no_opinion(request, basis);
    };
    let (mut findings, skipped) = judged.findings(request, basis);
    if let Door::Update(old) = judged.door {
        ratchet(&mut findings, old, &request.object);
        if is_terminating(&request.object) || is_terminating(old) {
            never_deny(&mut findings);
        }
    }
    let mode = basis.settings.mode_of(&request.namespace);
    let verdict = outcome::verdict(&findings);
    let mut audit = verdict.audit;
    if !findings.is_empty() {
        audit.insert("rules", codes(&findings));
        audit.insert("mode", mode_name(mode).to_owned());
    }
    let denial = (!verdict.allowed).then(|| Denial {
        kind: &request.kind,
        name: name(request),
        problems: verdict.problems,
        causes: verdict.causes,
    });
    let answer = Answer {
        uid: Cow::Borrowed(&request.uid),
        denial,
        warnings: verdict.warnings,
        audit,
        patch: None,
    };
    Opinion {
        answer,
        kind: judged.kind.name(),
        mode,
        findings,
        skipped,
        dropped_operations: 0,
    }
}

/// Answers `/mutate`: fills in what is absent, on CREATE and nowhere else.
pub(crate) fn mutate<'a>(request: &'a Request<'a>, basis: &Basis<'_>) -> Opinion<'a> {
    if let Some(opinion) = workload::mutate(request, basis) {
        return opinion;
    }
    let mutation = basis.settings.mutation;
    let wanted = |judged: &Judged<'_>| judged.door == Door::Create && mutation != Mutation::Off;
    let Some(judged) = Judged::of(request).filter(wanted) else {
        return no_opinion(request, basis);
    };
    let mode = basis.settings.mode_of(&request.namespace);
    let (mut findings, skipped) = judged.findings(request, basis);
    findings.retain(|finding| {
        let applied = finding.fix.as_ref().is_some_and(|fix| fix.kind == FixKind::Default);
        // What is only recorded changes nothing.
        applied && !finding.audit_only && finding.suppressed.is_none()
    });
    let mut answer = Answer {
        uid: Cow::Borrowed(&request.uid),
        ..Answer::default()
    };
    let mut dropped_operations = 0;
    if !findings.is_empty() {
        let patch = fix::patch(&request.object, &engine::edits(&findings, FixKind::Default));
        dropped_operations = propose(&mut answer, patch, codes(&findings), mutation);
    }
    Opinion {
        answer,
        kind: judged.kind.name(),
        mode,
        findings,
        skipped,
        dropped_operations,
    }
}

/// The audit annotation of a review that was too large to judge; it says what became of it.
pub(crate) const OVERSIZE: &str = "oversize";

/// Answers a review of which nothing but `request` is known, because the whole is too large to judge. It denies where
/// an error would deny, unless the settings let such objects pass.
pub(crate) fn too_large<'a>(hook: Hook, request: &'a Request<'a>, basis: &Basis<'_>) -> Opinion<'a> {
    let mut opinion = no_opinion(request, basis);
    if hook == Hook::Mutate || Judged::of(request).is_none() {
        return opinion;
    }
    let denies = opinion.mode == Mode::Enforce && basis.settings.oversize == Oversize::Deny;
    let answer = &mut opinion.answer;
    answer
        .audit
        .insert(OVERSIZE, if denies { "denied" } else { "allowed" }.to_owned());
    if denies {
        answer.denial = Some(Denial {
            kind: &request.kind,
            name: name(request),
            problems: 1,
            causes: vec![Cause {
                reason: "FieldValueTooLong",
                field: "spec".to_owned(),
                message:
                    "the object is too large to judge, so it is refused; make it smaller, or ask the administrator of \
                          the webhook for a larger `resources.limits.memory` or for `settings.oversize: allow`"
                        .to_owned(),
            }],
        });
    } else if opinion.mode != Mode::Audit {
        answer
            .warnings
            .push("the object is too large to judge; nothing of it was checked".to_owned());
    }
    opinion
}

/// A review that the rules look at.
#[derive(Debug, PartialEq)]
struct Judged<'a> {
    kind: Kind,
    door: Door<'a>,
}

impl<'a> Judged<'a> {
    /// `None` for everything that the webhook has no opinion on: other kinds, deletions, connections, subresources.
    fn of(request: &'a Request<'a>) -> Option<Self> {
        if request.kind.group != GROUP || !request.sub_resource.is_empty() {
            return None;
        }
        let kind = Kind::ALL.into_iter().find(|kind| kind.name() == request.kind.kind)?;
        let door = match request.operation {
            Operation::Create => Door::Create,
            Operation::Update => Door::Update(&request.old_object),
            Operation::Delete | Operation::Connect => return None,
        };
        Some(Self { kind, door })
    }

    fn findings(&self, request: &'a Request<'a>, basis: &Basis<'_>) -> (Vec<Finding>, Vec<&'static str>) {
        let era = era(request, basis.operator);
        let (object, namespace) = (&request.object, request.namespace.as_ref());
        let subject = Subject::new(object, self.kind, era, self.door, basis.now, basis.settings, namespace);
        let judgement = engine::judge(&subject, basis.inventory);
        (
            judgement.findings,
            judgement.skipped.into_iter().map(|skipped| skipped.code).collect(),
        )
    }
}

/// The dialect of the object. An operator version of another API version than the object's cannot be the one that is
/// installed, and does not count.
fn era(request: &Request<'_>, operator: Option<Era>) -> Era {
    let version = request.kind.version.as_ref();
    let named = operator.filter(|era| era.api_version() == version);
    named.unwrap_or_else(|| Era::for_object(version, &request.object))
}

fn no_opinion<'a>(request: &'a Request<'a>, basis: &Basis<'_>) -> Opinion<'a> {
    Opinion {
        answer: Answer {
            uid: Cow::Borrowed(&request.uid),
            ..Answer::default()
        },
        kind: kind_label(request),
        mode: basis.settings.mode_of(&request.namespace),
        ..Opinion::default()
    }
}

/// The kind that a review is about, whatever it asks; `other` for kinds that no rule knows.
fn kind_label(request: &Request<'_>) -> &'static str {
    let known = Kind::ALL.into_iter().map(|kind| (GROUP, kind.name()));
    let others = [("batch", "Job"), ("batch", "CronJob"), ("", "ServiceAccount")];
    known
        .chain(others)
        .find(|(group, kind)| request.kind.group == *group && request.kind.kind == *kind)
        .map_or("other", |(_, kind)| kind)
}

/// What is on its way out must be able to go: the operator takes its finalizer off with a write of the whole object.
fn is_terminating(object: &Node<'_>) -> bool {
    object
        .at("metadata.deletionTimestamp")
        .is_some_and(|time| !time.is_null())
}

fn never_deny(findings: &mut [Finding]) {
    for finding in findings {
        finding.severity = finding.severity.min(Severity::Warning);
    }
}

/// The name for a denial. An object that is to be named by the server goes by the prefix that it asks for.
fn name<'a>(request: &'a Request<'a>) -> Cow<'a, str> {
    if !request.name.is_empty() {
        return Cow::Borrowed(&request.name);
    }
    let metadata = |key: &str| {
        request
            .object
            .at(key)
            .and_then(Node::as_str)
            .filter(|name| !name.is_empty())
    };
    Cow::Borrowed(
        metadata("metadata.name")
            .or_else(|| metadata("metadata.generateName"))
            .unwrap_or_default(),
    )
}

pub(crate) fn mode_name(mode: Mode) -> &'static str {
    match mode {
        Mode::Enforce => "enforce",
        Mode::Warn => "warn",
        Mode::Audit => "audit",
    }
}
