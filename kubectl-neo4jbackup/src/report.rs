//! The result of `lint` as the object that every format is made from: `LintReport` of
//! `report.neo4jbackup.github.io/v1`. Its JSON Schema is `docs/schemas/LintReport.json`.

use std::collections::BTreeSet;
use std::sync::Arc;

use json_patch::Patch;
use neo4jbackup_core::document::{Document, Path, Span};
use neo4jbackup_core::facts::{self, Need, Right};
use neo4jbackup_core::finding::{Evidence, Severity, Suppressed};
use neo4jbackup_core::fix::{self, FixKind};
use neo4jbackup_core::lint::Located;
use neo4jbackup_core::lint::text::{Replacement, replacements};
use neo4jbackup_core::model::ObjectRef;
use neo4jbackup_core::quoted::printable;
use neo4jbackup_core::registry;
use neo4jbackup_core::rule::RuleMeta;
use serde::{Serialize, Serializer};

use crate::input::Gap;

/// The version of all reports.
pub const API_VERSION: &str = concat!("report.", neo4jbackup_core::in_domain!("v1"));

/// Everything that a run of `lint` found.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LintReport {
    /// [`API_VERSION`].
    pub api_version: &'static str,
    /// `LintReport`.
    pub kind: &'static str,
    /// `pass`, or `fail` when a finding is at or above `--fail-on`.
    pub result: Verdict,
    /// Whether everything could be read and every rule could be sure.
    pub complete: bool,
    /// The operator version that was asked for; null when each object's `apiVersion` chose.
    pub operator_version: Option<String>,
    /// Counts, those of findings that are not shown included.
    pub summary: Summary,
    /// The findings that are to be shown, by file, document and line.
    pub findings: Vec<Finding>,
    /// What could not be judged.
    pub skipped: Vec<Skipped>,
    /// How many documents have a finding that counts. Not part of the object.
    #[serde(skip)]
    pub documents_with_findings: usize,
    /// How many findings `--fix` can fix. Not part of the object.
    #[serde(skip)]
    pub fixable: usize,
}

/// The outcome in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Nothing is at or above `--fail-on`.
    Pass,
    /// Something is.
    Fail,
}

/// Counts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Files that were read.
    pub files: usize,
    /// Documents in them, those of foreign kinds included.
    pub documents: usize,
    /// Documents that rules were applied to.
    pub judged: usize,
    /// Errors that count.
    pub errors: usize,
    /// Warnings that count.
    pub warnings: usize,
    /// Remarks that count.
    pub infos: usize,
    /// Findings that somebody has accepted.
    pub suppressed: usize,
}

impl Summary {
    /// Counts findings, and nothing else.
    pub fn of(findings: &[Finding]) -> Self {
        let mut summary = Self::default();
        for finding in findings {
            let count = match (&finding.suppressed, finding.severity) {
                (Some(_), _) => &mut summary.suppressed,
                (None, Severity::Error) => &mut summary.errors,
                (None, Severity::Warning) => &mut summary.warnings,
                (None, Severity::Info) => &mut summary.infos,
            };
            *count += 1;
        }
        summary
    }
}

/// One finding.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// The permanent code.
    pub code: &'static str,
    /// The name of the rule.
    pub name: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// What to do; may be empty.
    pub help: String,
    /// The object; null when the text could not be read that far.
    pub object: Option<ObjectRef>,
    /// The field path; empty for the object as a whole.
    pub field: String,
    /// The value, when it is a scalar.
    pub value: Option<String>,
    /// Where it stands.
    pub location: Location,
    /// Facts that it rests on.
    pub evidence: Vec<String>,
    /// Where those of the facts stand that are said by a field.
    pub related: Vec<Related>,
    /// How a machine can fix it.
    pub fix: Option<Fix>,
    /// Who accepted it, and why.
    pub suppressed: Option<Suppressed>,
    /// The page of the rule.
    pub url: String,
    /// Places in the text for renderers. Not part of the object.
    #[serde(skip)]
    pub place: Place,
}

impl Finding {
    /// Marks the places that lie in objects of the cluster, because no file has these; `named` are those of the files.
    pub(crate) fn tell_live(&mut self, named: &BTreeSet<(&str, String, String)>) {
        for related in &mut self.related {
            let Some(object) = related.object.as_ref().filter(|_| related.location.is_none()) else {
                continue;
            };
            related.in_cluster =
                !named.contains(&(object.kind.as_str(), object.namespace.clone(), object.name.clone()));
        }
    }

    /// Says that the text in which it was found begins so many lines further down in its file.
    pub(crate) fn move_down(&mut self, lines: usize) {
        let related = self.related.iter_mut().filter_map(|related| related.location.as_mut());
        for location in std::iter::once(&mut self.location).chain(related) {
            location.line += lines;
            location.end_line += lines;
        }
    }

    /// The object as `Kind/namespace/name`, or without what is not known.
    pub fn object_name(&self) -> String {
        self.object.as_ref().map(object_name).unwrap_or_default()
    }
}

/// An object as `Kind/namespace/name`, or without what is not known.
pub fn object_name(object: &ObjectRef) -> String {
    let parts = [&object.kind, &object.namespace, &object.name];
    let known: Vec<&str> = parts
        .into_iter()
        .map(String::as_str)
        .filter(|part| !part.is_empty())
        .collect();
    known.join("/")
}

/// A place that has to do with a finding.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Related {
    /// The object; null when it is that of the finding.
    pub object: Option<ObjectRef>,
    /// The field path.
    pub field: String,
    /// What it says: one of the texts in `evidence`.
    pub text: String,
    /// Where it stands; null when that is not in the same file.
    pub location: Option<Location>,
    /// Whether it stands in no file but in the cluster that the files are laid over.
    pub in_cluster: bool,
    /// The field, for who looks for it in other files. Not part of the object.
    #[serde(skip)]
    pub path: Path,
    /// The first byte and the one behind the last, where it stands in the same file. Not part of the object.
    #[serde(skip)]
    pub place: Option<(usize, usize)>,
}

impl Related {
    fn new(evidence: &Evidence, span: Option<Span>, file: &str) -> Option<Self> {
        Some(Self {
            field: evidence.path.as_ref()?.to_string(),
            object: evidence.object.clone(),
            text: evidence.text.clone(),
            location: span.map(|span| Location::new(file, span)),
            in_cluster: false,
            path: evidence.path.clone()?,
            place: span.map(|span| (span.start.offset, span.end.offset)),
        })
    }
}

/// Where a finding stands: lines and columns from 1, in characters; the end is not included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Location {
    /// The file as it was named.
    pub file: String,
    /// First line.
    pub line: usize,
    /// First column.
    pub column: usize,
    /// Last line.
    pub end_line: usize,
    /// The column behind the last.
    pub end_column: usize,
}

impl Location {
    pub(crate) fn new(file: &str, span: Span) -> Self {
        Self {
            file: file.to_owned(),
            line: span.start.line,
            column: span.start.column,
            end_line: span.end.line,
            end_column: span.end.column,
        }
    }
}

/// How a machine can fix a finding.
#[derive(Debug, Clone, Serialize)]
pub struct Fix {
    /// Who may apply it.
    pub kind: FixKind,
    /// What it does.
    pub title: String,
    /// The JSON patch for the object.
    pub patch: Patch,
    /// The change of the text. Not part of the object.
    #[serde(skip)]
    pub replacements: Vec<Replacement>,
}

/// Something that could not be judged.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Skipped {
    /// The rule that could not be sure; null when the file could not be read, or is what another tool makes manifests of.
    pub code: Option<&'static str>,
    /// The file.
    pub file: String,
    /// What is not certain, and why, in a sentence. Thousands of files may have the same.
    #[serde(serialize_with = "shared")]
    pub reason: Arc<str>,
    /// What the rule needs to know; null for a file.
    pub need: Option<Need>,
    /// Why that is not known; empty for a file.
    #[serde(serialize_with = "shared")]
    pub causes: Arc<[Cause]>,
    /// Whether the file could not be read at all, which standard error says. Not part of the object.
    #[serde(skip)]
    pub is_gap: bool,
}

/// Writes what is shared as if it were not.
fn shared<T: Serialize + ?Sized, S: Serializer>(value: &Arc<T>, serializer: S) -> Result<S::Ok, S::Error> {
    value.as_ref().serialize(serializer)
}

/// Why something is not known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Cause {
    /// `notAsked`, `pending`, `forbidden` or `failed`.
    pub kind: &'static str,
    /// The cause in words.
    pub text: String,
    /// The right that is missing; null when something else is.
    pub right: Option<Right>,
}

impl From<&facts::Cause> for Cause {
    fn from(cause: &facts::Cause) -> Self {
        Self {
            kind: cause.word(),
            text: printable(cause.to_string()).into_owned(),
            right: cause.missing_right().cloned(),
        }
    }
}

impl From<&Gap> for Skipped {
    /// A file that could not be read.
    fn from(gap: &Gap) -> Self {
        Self {
            code: None,
            file: gap.file.clone(),
            reason: printable(gap.reason.as_str()).into(),
            need: None,
            causes: Arc::default(),
            is_gap: true,
        }
    }
}

/// Where a finding stands in the texts of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// Position of the text.
    pub text: usize,
    /// Position of the document; `None` for a finding about the file.
    pub document: Option<usize>,
    /// First byte.
    pub start: usize,
    /// The byte behind the last.
    pub end: usize,
}

impl Finding {
    /// Puts a finding of the engine into the words of the report. `text` and `document` are what it was found in.
    pub fn new(located: Located, file: &str, index: usize, text: &str, document: Option<&Document<'_>>) -> Self {
        let Located {
            finding,
            span,
            document: position,
            related,
        } = located;
        let spans = related.into_iter().chain(std::iter::repeat(None));
        let places = finding.evidence.iter().zip(spans);
        let related = places
            .filter_map(|(evidence, span)| Related::new(evidence, span, file))
            .collect();
        let fix = finding.fix.filter(|fix| fix.kind != FixKind::None).map(|fix| Fix {
            patch: document
                .map(|document| fix::patch(&document.root, &fix.edits))
                .unwrap_or_default(),
            replacements: document
                .map(|document| replacements(text, document, &fix))
                .unwrap_or_default(),
            kind: fix.kind,
            title: fix.title,
        });
        Self {
            code: finding.code,
            name: finding.name,
            // What is only to be recorded is no reason to fail.
            severity: if finding.audit_only {
                Severity::Info
            } else {
                finding.severity
            },
            message: finding.message,
            help: finding.help,
            object: finding.object.map(Arc::unwrap_or_clone),
            field: finding.path.to_string(),
            value: finding.value,
            location: Location::new(file, span),
            evidence: finding.evidence.into_iter().map(|evidence| evidence.text).collect(),
            related,
            fix,
            suppressed: finding.suppressed,
            url: registry::rule(finding.code).map(RuleMeta::url).unwrap_or_default(),
            place: Place {
                text: index,
                document: position,
                start: span.start.offset,
                end: span.end.offset,
            },
        }
    }
}

/// A number that stays the same for the same text in every version of this program: FNV-1a with 128 bits.
pub fn fingerprint(parts: &[&str]) -> String {
    let mut hash: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    for part in parts {
        // A byte that no UTF-8 has keeps `ab`, `c` and `a`, `bc` apart.
        for byte in part.bytes().chain([0xFF]) {
            hash = (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013B);
        }
    }
    format!("{hash:032x}")
}

/// A fingerprint for each finding, in order: of code, file, object and field, never of the line. The second finding
/// with the same four gets another one.
pub fn fingerprints(findings: &[Finding]) -> Vec<String> {
    let mut seen = std::collections::HashMap::new();
    findings
        .iter()
        .map(|finding| {
            let object = finding.object_name();
            let parts = [finding.code, &finding.location.file, &object, &finding.field];
            let base = fingerprint(&parts);
            let count: &mut usize = seen.entry(base.clone()).or_default();
            *count += 1;
            if *count == 1 {
                base
            } else {
                fingerprint(&[&base, &count.to_string()])
            }
        })
        .collect()
}
