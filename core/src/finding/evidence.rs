//! What a finding rests on beside the field that it is about.

use crate::document::Path;
use crate::model::ObjectRef;

/// A fact, and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// The object that it is of; `None` when that is the object of the finding.
    pub object: Option<ObjectRef>,
    /// The field that says so; `None` when it is a fact of no single field.
    pub path: Option<Path>,
    /// The fact, on one line: ``version of `prod`: 5.26.0``.
    pub text: String,
}
