//! What is decided upon a review, and what the decision rests on.

use std::borrow::Cow;

use jiff::Timestamp;
use json_patch::{Patch, PatchOperation};
use neo4jbackup_core::engine::Judgement;
use neo4jbackup_core::facts::Inventory;
use neo4jbackup_core::finding::Finding;
use neo4jbackup_core::settings::{Mode, Mutation, Settings};

use crate::admission::current_operator::KnownOperator;
use crate::admission::patch_warnings::patch_warnings;
use crate::admission::response::AdmissionResponse;
use crate::admission::review::Request;

/// What a judgement rests on beside the review itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Basis<'a> {
    /// The settings in the mode that the address asks for.
    pub(crate) settings: &'a Settings,
    /// What is known of other objects.
    pub(crate) inventory: &'a Inventory,
    /// What is known of the operator that is installed.
    pub(crate) operator: &'a KnownOperator,
    /// The time of the decision, by which instants of an object lie in the past or in the future.
    pub(crate) now: Timestamp,
}

/// What is decided upon one review: the response, and what logs and metrics want to know of its making.
#[derive(Debug, Default)]
pub(crate) struct Decision<'a> {
    /// What the API server is answered.
    pub(crate) response: AdmissionResponse<'a>,
    /// What the rules say, after it was weighed; of `/mutate`, the findings that something is filled in for.
    pub(crate) judgement: Judgement,
    /// The kind of the object as a label: one of a few words, whatever the caller has sent.
    pub(crate) kind: &'static str,
    /// The mode that holds in the namespace of the object.
    pub(crate) mode: Mode,
    /// How many operations of the patch were left out because they were no additions. Anything but 0 is a defect of a rule.
    pub(crate) dropped_operations: usize,
}

impl<'a> Decision<'a> {
    /// Allows a review of which nothing else is to be said.
    pub(crate) fn allow(request: &'a Request<'a>, kind: &'static str, basis: &Basis<'_>) -> Self {
        Self {
            response: AdmissionResponse {
                uid: Cow::Borrowed(&request.uid),
                ..AdmissionResponse::default()
            },
            kind,
            mode: basis.settings.mode_of(&request.namespace),
            ..Self::default()
        }
    }

    /// Puts the additions of a patch into the response, as the patch itself or as warnings, and counts the operations that
    /// are none. `codes` are those of the rules that ask for it.
    pub(crate) fn propose(&mut self, mut patch: Patch, codes: String, mutation: Mutation) {
        let wanted = patch.0.len();
        patch.0.retain(|operation| matches!(operation, PatchOperation::Add(_)));
        self.dropped_operations = wanted - patch.0.len();
        debug_assert_eq!(self.dropped_operations, 0, "a default may only add");
        if patch.0.is_empty() {
            return;
        }
        match mutation {
            Mutation::Apply => {
                self.response.patch = serde_json::to_vec(&patch).ok();
                self.response.audit.insert("defaulted", codes);
            }
            Mutation::Suggest => {
                self.response.warnings = patch_warnings(&patch, &codes);
                self.response.audit.insert("suggested", codes);
            }
            Mutation::Off => {}
        }
    }
}

/// Returns the codes of findings, each once, in order, with commas between them: for logs and the audit log.
pub(crate) fn codes<'f>(findings: impl IntoIterator<Item = &'f Finding>) -> String {
    let mut codes: Vec<&str> = findings.into_iter().map(|finding| finding.code).collect();
    codes.sort_unstable();
    codes.dedup();
    codes.join(",")
}
