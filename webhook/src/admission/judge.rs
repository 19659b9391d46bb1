//! What the two hooks say of one review. Pure: the same review, settings, references and time give the same answer.

use std::borrow::Cow;

use neo4jbackup_core::document::Node;
use neo4jbackup_core::engine::{self, Judgement};
use neo4jbackup_core::fix::{self, FixKind};
use neo4jbackup_core::schema::Kind;
use neo4jbackup_core::settings::{Mode, Mutation, Oversize};
use neo4jbackup_core::subject::{Context, Door, Subject};
use neo4jbackup_core::verdict::{Cause, Verdict};

use crate::admission::decision::{Basis, Decision, codes};
use crate::admission::hook::Hook;
use crate::admission::response::Denial;
use crate::admission::review::{Operation, Request};
use crate::admission::workload;

/// Decides for `/validate`.
pub(crate) fn validate<'a>(request: &'a Request<'a>, basis: &Basis<'_>) -> Decision<'a> {
    let Some(judged) = Judged::of(request) else {
        return Decision::allow(request, kind_label(request), basis);
    };
    let mut decision = Decision::allow(request, judged.kind.name(), basis);
    decision.judgement = judged.judge(request, basis);
    let findings = &decision.judgement.findings;
    let verdict = Verdict::of(findings);
    let response = &mut decision.response;
    response.warnings = verdict.warnings;
    response.audit = verdict.audit;
    if !findings.is_empty() {
        response.audit.insert("rules", codes(findings.iter()));
        response.audit.insert("mode", decision.mode.as_str().to_owned());
    }
    response.denial = (!verdict.allowed).then(|| Denial {
        kind: &request.kind,
        name: name(request),
        problems: verdict.problems,
        causes: verdict.causes,
    });
    decision
}

/// Decides for `/mutate`: fills in what is absent, on CREATE and nowhere else.
pub(crate) fn mutate<'a>(request: &'a Request<'a>, basis: &Basis<'_>) -> Decision<'a> {
    if let Some(decision) = workload::mutate(request, basis) {
        return decision;
    }
    let mutation = basis.settings.mutation;
    let wanted = |judged: &Judged<'_>| judged.door == Door::Create && mutation != Mutation::Off;
    let Some(judged) = Judged::of(request).filter(wanted) else {
        return Decision::allow(request, kind_label(request), basis);
    };
    let mut decision = Decision::allow(request, judged.kind.name(), basis);
    decision.judgement = judged.judge(request, basis);
    let findings = &mut decision.judgement.findings;
    findings.retain(|finding| {
        let applied = finding.fix.as_ref().is_some_and(|fix| fix.kind == FixKind::Default);
        // What is only recorded changes nothing.
        applied && !finding.audit_only && finding.suppressed.is_none()
    });
    if !findings.is_empty() {
        let patch = fix::patch(&request.object, &engine::edits(findings, FixKind::Default));
        let codes = codes(findings.iter());
        decision.propose(patch, codes, mutation);
    }
    decision
}

/// The audit annotation of a review that was too large to judge; it says what became of it.
pub(crate) const OVERSIZE: &str = "oversize";

/// Decides upon a review of which nothing but `request` is known, because the whole is too large to judge. It denies where
/// an error would deny, unless the settings let such objects pass.
pub(crate) fn too_large<'a>(hook: Hook, request: &'a Request<'a>, basis: &Basis<'_>) -> Decision<'a> {
    let mut decision = Decision::allow(request, kind_label(request), basis);
    if hook == Hook::Mutate || Judged::of(request).is_none() {
        return decision;
    }
    let denies = decision.mode == Mode::Enforce && basis.settings.oversize == Oversize::Deny;
    let response = &mut decision.response;
    response
        .audit
        .insert(OVERSIZE, if denies { "denied" } else { "allowed" }.to_owned());
    if denies {
        response.denial = Some(Denial {
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
    } else if decision.mode != Mode::Audit {
        response
            .warnings
            .push("the object is too large to judge; nothing of it was checked".to_owned());
    }
    decision
}

/// A review that the rules look at.
#[derive(Debug, PartialEq)]
struct Judged<'a> {
    kind: Kind,
    door: Door<'a>,
}

impl<'a> Judged<'a> {
    /// Returns `None` for everything that no rule looks at: other kinds, deletions, connections, subresources.
    fn of(request: &'a Request<'a>) -> Option<Self> {
        if !request.sub_resource.is_empty() {
            return None;
        }
        let kind = Kind::of_group(&request.kind.group, &request.kind.kind)?;
        let door = match request.operation {
            Operation::Create => Door::Create,
            Operation::Update => Door::Update(&request.old_object),
            Operation::Delete | Operation::Connect => return None,
        };
        Some(Self { kind, door })
    }

    /// Runs the rules over the object.
    fn judge(&self, request: &'a Request<'a>, basis: &Basis<'_>) -> Judgement {
        let version = request.kind.version.as_ref();
        let context = Context {
            served: Some(&basis.operator.served),
            settings: basis.settings,
            now: basis.now,
            // An operator version of another API version than the object's cannot be the one that is installed.
            operator: basis
                .operator
                .operator
                .filter(|operator| operator.era().api_version() == version),
            namespace: &request.namespace,
        };
        let subject = Subject::of_kind(self.kind, version, &request.object, self.door, &context);
        engine::judge(&subject, basis.inventory)
    }
}

/// Returns the kind of the object as a label; `other` for kinds that no rule knows.
fn kind_label(request: &Request<'_>) -> &'static str {
    let known = Kind::ALL.into_iter().map(|kind| (kind.group().name(), kind.name()));
    let others = [("batch", "Job"), ("batch", "CronJob"), ("", "ServiceAccount")];
    known
        .chain(others)
        .find(|(group, kind)| request.kind.group == *group && request.kind.kind == *kind)
        .map_or("other", |(_, kind)| kind)
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
