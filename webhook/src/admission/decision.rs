//! What is decided upon a review, and what the decision rests on.

use jiff::Timestamp;
use json_patch::{Patch, PatchOperation};
use neo4jbackup_core::facts::Inventory;
use neo4jbackup_core::finding::Finding;
use neo4jbackup_core::schema::Era;
use neo4jbackup_core::settings::{Mode, Mutation, Settings};

use crate::admission::patch_warnings::suggestions;
use crate::admission::response::Answer;

/// What a judgement rests on beside the review itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Basis<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) inventory: &'a Inventory,
    pub(crate) operator: Option<Era>,
    pub(crate) now: Timestamp,
}

/// An answer, and what it came from.
#[derive(Debug, Default)]
pub(crate) struct Opinion<'a> {
    pub(crate) answer: Answer<'a>,
    /// The kind as a label: one of a few words, whatever the caller has sent.
    pub(crate) kind: &'static str,
    pub(crate) mode: Mode,
    pub(crate) findings: Vec<Finding>,
    /// The codes of the rules that could not be sure, one for each thing that was missing.
    pub(crate) skipped: Vec<&'static str>,
    /// Operations that a patch must not have and that were left out. Anything but 0 is a defect of a rule.
    pub(crate) dropped_operations: usize,
}

/// Puts the additions of a patch into an answer, as the patch itself or as warnings. Returns how many other operations
/// were left out: anything but 0 is a defect of a rule.
pub(crate) fn propose(answer: &mut Answer<'_>, mut patch: Patch, codes: String, mutation: Mutation) -> usize {
    let wanted = patch.0.len();
    patch.0.retain(|operation| matches!(operation, PatchOperation::Add(_)));
    let dropped = wanted - patch.0.len();
    debug_assert_eq!(dropped, 0, "a default may only add");
    if patch.0.is_empty() {
        return dropped;
    }
    match mutation {
        Mutation::Apply => {
            answer.patch = serde_json::to_vec(&patch).ok();
            answer.audit.insert("defaulted", codes);
        }
        Mutation::Suggest => {
            answer.warnings = suggestions(&patch, &codes);
            answer.audit.insert("suggested", codes);
        }
        Mutation::Off => {}
    }
    dropped
}

/// The codes of findings, each once, for logs and the audit log.
pub(crate) fn codes<'f>(findings: impl IntoIterator<Item = &'f Finding>) -> String {
    let mut codes: Vec<&str> = findings.into_iter().map(|finding| finding.code).collect();
    codes.sort_unstable();
    codes.dedup();
    codes.join(",")
}
