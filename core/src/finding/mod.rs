//! What a rule says: one finding per defect, with everything that a person or a machine needs to fix it.

mod evidence;

use std::fmt;
use std::sync::Arc;

use crate::document::Path;
use crate::fix::{Fix, FixKind};
use crate::model::ObjectRef;
use crate::quoted::{code_span, printable, quoted};

pub use self::evidence::Evidence;

/// How bad a finding is. The order is that of importance: `Info` is the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; never changes a verdict.
    Info,
    /// Probably not what was meant, or not certain; never denies.
    Warning,
    /// Cannot work, or would do something else than it says; denies.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// The `reason` of a cause in a `Status`, in apimachinery's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// `FieldValueInvalid`.
    Invalid,
    /// `FieldValueRequired`.
    Required,
    /// `FieldValueNotSupported`.
    NotSupported,
    /// `FieldValueForbidden`.
    Forbidden,
    /// `FieldValueNotFound`.
    NotFound,
    /// `FieldValueTooLong`.
    TooLong,
    /// `FieldValueDuplicate`.
    Duplicate,
}

impl Reason {
    /// The text that apimachinery uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invalid => "FieldValueInvalid",
            Self::Required => "FieldValueRequired",
            Self::NotSupported => "FieldValueNotSupported",
            Self::Forbidden => "FieldValueForbidden",
            Self::NotFound => "FieldValueNotFound",
            Self::TooLong => "FieldValueTooLong",
            Self::Duplicate => "FieldValueDuplicate",
        }
    }
}

/// Where somebody says that a finding is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SuppressedBy {
    /// An annotation of the object.
    Annotation,
    /// A comment in the file.
    Comment,
    /// A file that lists what was there before.
    Baseline,
}

impl fmt::Display for SuppressedBy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Annotation => "annotation",
            Self::Comment => "comment",
            Self::Baseline => "baseline",
        })
    }
}

/// Why a finding does not count although it is true.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Suppressed {
    /// Where it was said.
    pub by: SuppressedBy,
    /// The reason that a person gave.
    pub reason: String,
}

/// One defect of one object. Its texts are printable, whatever the object holds; `value` is the value itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The permanent code, `NB5001`.
    pub code: &'static str,
    /// The name of the rule, `schedule-invalid`.
    pub name: &'static str,
    /// How bad it is, after the settings had their say.
    pub severity: Severity,
    /// What is wrong, with the value quoted; no full stop at the end.
    pub message: String,
    /// What to do, as a command; empty when there is nothing to add.
    pub help: String,
    /// The object, shared by its findings; `None` while nobody has said, or when the text could not be read that far.
    pub object: Option<Arc<ObjectRef>>,
    /// The field: the primary place.
    pub path: Path,
    /// Set when the name of the field is wrong and not its value.
    pub at_key: bool,
    /// The value as it stands, when it is a scalar.
    pub value: Option<String>,
    /// The kind of defect, for the causes of a denial.
    pub reason: Reason,
    /// What the finding rests on beside the field itself: other fields, other objects, facts, times. Those with a place
    /// are the related places.
    pub evidence: Vec<Evidence>,
    /// A change that fixes it.
    pub fix: Option<Fix>,
    /// Set when somebody has said that this one is known and accepted.
    pub suppressed: Option<Suppressed>,
    /// Set when an update left the fields alone that the rule reads: then it warns and does not deny.
    pub ratcheted: bool,
    /// Set when the settings say that this rule is only recorded.
    pub audit_only: bool,
    /// How many more of this rule and severity there are that a review does not list. What is true of this one is true
    /// of them.
    pub more: usize,
}

impl Finding {
    /// Says what to do.
    pub fn help(&mut self, help: impl Into<String>) -> &mut Self {
        self.help = printable(help.into()).into_owned();
        self
    }

    /// Says that the name of the field is wrong, whatever its value.
    pub fn at_key(&mut self) -> &mut Self {
        self.at_key = true;
        self
    }

    /// Quotes the value when it is not the scalar at the path itself.
    pub fn value(&mut self, value: impl Into<String>) -> &mut Self {
        self.value = Some(value.into());
        self
    }

    /// Lowers (or raises) the severity below the rule's own for this one case.
    pub fn severity(&mut self, severity: Severity) -> &mut Self {
        self.severity = severity;
        self
    }

    /// Says what kind of defect it is; `Invalid` unless said.
    pub fn reason(&mut self, reason: Reason) -> &mut Self {
        self.reason = reason;
        self
    }

    /// Says which object it is about, where that is not the one under review.
    pub fn about(&mut self, object: ObjectRef) -> &mut Self {
        self.object = Some(Arc::new(object));
        self
    }

    /// Adds a fact that the finding rests on.
    pub fn evidence(&mut self, fact: impl Into<String>) -> &mut Self {
        self.add_evidence(None, None, fact.into())
    }

    /// Adds a fact that another field of the object says.
    pub fn evidence_at(&mut self, path: Path, fact: impl Into<String>) -> &mut Self {
        self.add_evidence(None, Some(path), fact.into())
    }

    /// Adds a fact that a field of another object says.
    pub fn evidence_of(&mut self, object: ObjectRef, path: Path, fact: impl Into<String>) -> &mut Self {
        self.add_evidence(Some(object), Some(path), fact.into())
    }

    fn add_evidence(&mut self, object: Option<ObjectRef>, path: Option<Path>, fact: String) -> &mut Self {
        let text = printable(fact).into_owned();
        self.evidence.push(Evidence { object, path, text });
        self
    }

    /// Offers a change that fixes it.
    pub fn fix(&mut self, mut fix: Fix) -> &mut Self {
        fix.title = printable(fix.title).into_owned();
        self.fix = Some(fix);
        self
    }

    /// Offers another value for the field and says so: ``use `0 2 * * *` ``.
    pub fn replace(&mut self, kind: FixKind, value: &str) -> &mut Self {
        let title = format!("use {}", quoted(value));
        let fix = Fix::set(kind, title.as_str(), self.path.clone(), value);
        self.help(title).fix(fix)
    }

    /// Offers the only value that works for the field, which is missing, and says so. The webhook may apply it.
    pub fn fill_in(&mut self, value: &str) -> &mut Self {
        let shown = quoted(value);
        let title = format!("set {} to {shown}", code_span(&self.path.to_string()));
        let fix = Fix::set(FixKind::Default, title, self.path.clone(), value);
        self.help(format!("set it to {shown}")).fix(fix)
    }

    /// Whether this finding counts against the object.
    pub fn denies(&self) -> bool {
        self.severity == Severity::Error && self.suppressed.is_none() && !self.ratcheted && !self.audit_only
    }

    /// How many defects this finding stands for.
    pub fn count(&self) -> usize {
        self.more + 1
    }

    /// One line that stands alone: what is wrong, what to do, and the code.
    pub fn sentence(&self) -> String {
        if self.help.is_empty() {
            format!("{} [{}]", self.message, self.code)
        } else {
            format!("{}; {} [{}]", self.message, self.help, self.code)
        }
    }
}
