//! The result of `doctor` as the object that every format is made from: `DoctorReport` of
//! `report.neo4jbackup.github.io/v1`. Its JSON Schema is `docs/schemas/DoctorReport.json`.

mod changes;

use std::collections::BTreeMap;

use jiff::Timestamp;
use neo4jbackup_core::check::{self, Evidence, EvidenceKind};
use neo4jbackup_core::coverage::Applied;
use neo4jbackup_core::examine::{self, Examination};
use neo4jbackup_core::facts;
use neo4jbackup_core::finding::Severity;
use neo4jbackup_core::live::Cluster;
use neo4jbackup_core::model::ObjectRef;
use neo4jbackup_core::quoted::{beginning, printable};
use neo4jbackup_core::registry;
use neo4jbackup_core::rule::RuleMeta;
use serde::Serialize;

pub(crate) use self::changes::{Change, changes};
use crate::Exit;
use crate::about::About;
use crate::cli::{FailOn, Show};
use crate::look::Source;
use crate::report::{Cause, Verdict};

/// How much of a sign is kept, in characters: a line of a log may have a megabyte.
const LONGEST_SIGN: usize = 4_096;

/// Everything that an examination found.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DoctorReport {
    /// What was looked at, when, and whether that was all.
    #[serde(flatten)]
    pub(crate) about: About,
    /// `pass`, or `fail` when a finding is at or above `--fail-on`.
    pub(crate) result: Verdict,
    /// The version of the operator; null when nothing tells it.
    pub(crate) operator_version: Option<String>,
    /// From when on something is of interest, RFC 3339 in UTC; null for ever.
    pub(crate) since: Option<String>,
    /// Counts, those of findings that are not shown included.
    pub(crate) summary: Summary,
    /// What is wrong: each cause, and after it what follows from it.
    pub(crate) findings: Vec<Finding>,
    /// What could not be checked.
    pub(crate) skipped: Vec<Skipped>,
    /// What single formats say beside it. Not part of the object.
    #[serde(skip)]
    pub(crate) details: Details,
}

/// What single formats say beside the report, filled in for these alone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Details {
    /// The checks and rules that were applied, without those that found something that is not shown.
    pub(crate) applied: Vec<Applied>,
    /// Backups and when a run of them last ended well and stored something; `None` when no such run is known.
    pub(crate) last_good: Vec<(ObjectRef, Option<Timestamp>)>,
}

/// Counts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Summary {
    /// Errors.
    pub(crate) errors: usize,
    /// Warnings.
    pub(crate) warnings: usize,
    /// Remarks.
    pub(crate) infos: usize,
    /// Findings that follow from no other.
    pub(crate) causes: usize,
    /// Checks and rules that were applied to some object.
    pub(crate) applied: usize,
    /// Those of them that found nothing.
    pub(crate) passed: usize,
    /// Checks that could not be made.
    pub(crate) skipped: usize,
    /// Findings that are over, by `--since`; they are counted nowhere else.
    pub(crate) older: usize,
}

/// Something that is wrong.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Finding {
    /// Its number in this report.
    pub(crate) id: usize,
    /// The number of the finding that it follows from; null for a cause.
    pub(crate) caused_by: Option<usize>,
    /// The permanent code.
    pub(crate) code: &'static str,
    /// The name of the check or rule.
    pub(crate) name: &'static str,
    /// How bad it is.
    pub(crate) severity: Severity,
    /// Whether it is only likely.
    pub(crate) probable: bool,
    /// What is wrong.
    pub(crate) message: String,
    /// What to do; may be empty.
    pub(crate) help: String,
    /// Commands that mend it or show more.
    pub(crate) commands: Vec<String>,
    /// The object.
    pub(crate) object: ObjectRef,
    /// The field path; empty for the object as a whole.
    pub(crate) field: String,
    /// The object that was looked at when it was found; null for the cluster as a whole.
    pub(crate) subject: Option<ObjectRef>,
    /// What it rests on.
    pub(crate) evidence: Vec<Sign>,
    /// The page of the check or rule.
    pub(crate) url: String,
    /// How deep it stands below its cause. Not part of the object.
    #[serde(skip)]
    pub(crate) depth: usize,
}

impl Finding {
    /// What is wrong, with the word before it that says where that is not certain.
    pub(crate) fn said(&self) -> String {
        let probably = if self.probable { "probably: " } else { "" };
        format!("{probably}{}", self.message)
    }
}

/// Something that a finding rests on.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Sign {
    /// What kind of sign.
    pub(crate) kind: EvidenceKind,
    /// The object.
    pub(crate) object: ObjectRef,
    /// When it was last seen, RFC 3339 in UTC; null when that is not known.
    #[serde(serialize_with = "time")]
    pub(crate) time: Option<Timestamp>,
    /// What it says, on one line; of what is very long the beginning.
    pub(crate) text: String,
    /// How many characters it has in all, where `text` is only its beginning; else null.
    pub(crate) characters: Option<usize>,
}

impl Sign {
    /// The text in at most so many characters. Where that is less than there is, it says how much that would be.
    pub(crate) fn shortened(&self, characters: usize, ellipsis: &str) -> String {
        let shown = beginning(&self.text, characters);
        if shown.len() == self.text.len() && self.characters.is_none() {
            return self.text.clone();
        }
        let all = self.characters.unwrap_or_else(|| self.text.chars().count());
        format!("{shown}{ellipsis} ({all} characters)")
    }
}

impl From<Evidence> for Sign {
    fn from(evidence: Evidence) -> Self {
        let kept = beginning(&evidence.text, LONGEST_SIGN);
        let is_cut = kept.len() < evidence.text.len();
        Self {
            kind: evidence.kind,
            object: evidence.object,
            time: evidence.time,
            characters: is_cut.then(|| evidence.text.chars().count()),
            text: if is_cut { kept.to_owned() } else { evidence.text },
        }
    }
}

#[expect(clippy::ref_option, reason = "serde wants it so")]
fn time<S: serde::Serializer>(time: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => serializer.collect_str(time),
        None => serializer.serialize_none(),
    }
}

/// A check that could not be made.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Skipped {
    /// The code of the check; null where every check could be made, and only evidence may be missing.
    pub(crate) code: Option<&'static str>,
    /// Its name; null as well.
    pub(crate) name: Option<&'static str>,
    /// The namespace; null for all.
    pub(crate) namespace: Option<String>,
    /// What is not known, and why, in a sentence.
    pub(crate) reason: String,
    /// Why it is not known.
    pub(crate) cause: Cause,
}

/// What makes a finding the same as one of another look: not its words, in which times go on.
pub(crate) type Key<'r> = (&'r str, &'r ObjectRef, &'r str, Option<&'r ObjectRef>);

impl Finding {
    /// What makes it the same as one of another look.
    pub(crate) fn key(&self) -> Key<'_> {
        (self.code, &self.object, self.field.as_str(), self.subject.as_ref())
    }
}

impl DoctorReport {
    /// Puts an examination into the words of the report.
    pub(crate) fn new(
        examination: &Examination,
        cluster: &Cluster<'_>,
        source: Source,
        fail_on: FailOn,
        show: Show,
    ) -> Self {
        let mut findings = Vec::new();
        for cause in &examination.causes {
            add(cause, None, 0, &mut findings);
        }
        let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
        let summary = Summary {
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            infos: count(Severity::Info),
            causes: examination.causes.len(),
            applied: examination.applied,
            passed: examination.passed,
            skipped: examination.skipped.len(),
            older: 0,
        };
        let fails = findings.iter().any(|finding| fail_on.includes(finding.severity));
        findings.retain(|finding| show.includes(finding.severity));
        Self {
            about: About::new("DoctorReport", cluster, source, examination.skipped.is_empty()),
            result: if fails { Verdict::Fail } else { Verdict::Pass },
            operator_version: cluster.operator.map(|operator| {
                let versions = operator.versions().to_string();
                versions.trim_start_matches("operator ").to_owned()
            }),
            since: None,
            summary,
            findings,
            skipped: skipped(examination, cluster),
            details: Details::default(),
        }
    }

    /// Whether a check could not be made: what it found another time is not known to be gone.
    pub(crate) fn is_unchecked(&self, code: &str) -> bool {
        self.skipped.iter().any(|skipped| skipped.code == Some(code))
    }

    /// The findings by what makes them the same as those of another look.
    pub(crate) fn by_key(&self) -> BTreeMap<Key<'_>, &Finding> {
        self.findings.iter().map(|finding| (finding.key(), finding)).collect()
    }

    /// What the shell is told.
    pub(crate) fn exit(&self, allow_incomplete: bool) -> Exit {
        match self.result {
            Verdict::Fail => Exit::NotGood,
            Verdict::Pass if !self.about.complete && !allow_incomplete => Exit::Incomplete,
            Verdict::Pass => Exit::Good,
        }
    }
}

fn add(cause: &check::Cause, caused_by: Option<usize>, depth: usize, findings: &mut Vec<Finding>) {
    let id = findings.len();
    let diagnosis = cause.diagnosis.clone();
    let url = registry::rule(diagnosis.code)
        .map(RuleMeta::url)
        .or_else(|| registry::check(diagnosis.code).map(check::CheckMeta::url));
    findings.push(Finding {
        id,
        caused_by,
        code: diagnosis.code,
        name: diagnosis.name,
        severity: diagnosis.severity,
        probable: diagnosis.is_probable,
        message: diagnosis.message,
        help: diagnosis.help,
        commands: diagnosis.commands,
        object: diagnosis.object,
        field: diagnosis.field.to_string(),
        subject: diagnosis.subject,
        evidence: diagnosis.evidence.into_iter().map(Sign::from).collect(),
        url: url.unwrap_or_default(),
        depth,
    });
    for effect in &cause.effects {
        add(effect, Some(id), depth + 1, findings);
    }
}

/// The checks that could not be made, and what else could not be read.
fn skipped(examination: &Examination, cluster: &Cluster<'_>) -> Vec<Skipped> {
    let mut skipped: Vec<Skipped> = examination.skipped.iter().map(Skipped::of).collect();
    for (resource, gap) in cluster.snapshot.gaps() {
        let is_said = |known: &examine::Skipped| known.what == resource.plural() && known.cause == gap.cause;
        if !examination.skipped.iter().any(is_said) {
            skipped.push(Skipped::new(
                None,
                gap.namespace.as_deref(),
                resource.plural(),
                &gap.cause,
            ));
        }
    }
    skipped
}

impl Skipped {
    fn of(skipped: &examine::Skipped) -> Self {
        let check = Some((skipped.code, skipped.name));
        Self::new(check, skipped.namespace.as_deref(), &skipped.what, &skipped.cause)
    }

    fn new(
        check: Option<(&'static str, &'static str)>,
        namespace: Option<&str>,
        what: &str,
        cause: &facts::Cause,
    ) -> Self {
        let place = namespace
            .map(|name| format!(" of namespace {name}"))
            .unwrap_or_default();
        Self {
            code: check.map(|(code, _)| code),
            name: check.map(|(_, name)| name),
            namespace: namespace.map(str::to_owned),
            reason: printable(format!("{what}{place}: {cause}")).into_owned(),
            cause: cause.into(),
        }
    }
}
