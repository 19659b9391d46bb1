//! The collector that checks write into.

use super::diagnosis::{Affects, Diagnosis};
use super::meta::CheckMeta;
use crate::document::Path;
use crate::model::ObjectRef;
use crate::quoted::printable;

/// What the checks have said so far.
#[derive(Debug)]
pub struct Report {
    check: &'static CheckMeta,
    subject: Option<ObjectRef>,
    /// In the order in which the checks spoke.
    diagnoses: Vec<Diagnosis>,
}

impl Report {
    /// An empty report; `check` is the first that will speak.
    pub fn new(check: &'static CheckMeta) -> Self {
        Self {
            check,
            subject: None,
            diagnoses: Vec::new(),
        }
    }

    /// Says which check looks at what from now on.
    pub fn set(&mut self, check: &'static CheckMeta, subject: Option<ObjectRef>) {
        self.check = check;
        self.subject = subject;
    }

    /// Whether nothing was said.
    pub fn is_empty(&self) -> bool {
        self.diagnoses.is_empty()
    }

    /// What was said.
    pub fn finish(self) -> Vec<Diagnosis> {
        self.diagnoses
    }

    /// Something is wrong with an object. `message` is one sentence without a full stop.
    pub fn say(&mut self, object: ObjectRef, message: impl Into<String>) -> &mut Diagnosis {
        let position = self.diagnoses.len();
        self.diagnoses.push(Diagnosis {
            code: self.check.code,
            name: self.check.name,
            severity: self.check.severity,
            is_probable: false,
            message: printable(message.into()).into_owned(),
            help: String::new(),
            commands: Vec::new(),
            object,
            field: Path::default(),
            subject: self.subject.clone(),
            affects: Affects::Subject,
            evidence: Vec::new(),
            explains: self.check.explains,
            class: None,
        });
        &mut self.diagnoses[position]
    }
}
