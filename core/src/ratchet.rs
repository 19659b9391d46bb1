//! An update that leaves a field alone is never denied for it.

use crate::document::Node;
use crate::finding::{Finding, Severity};
use crate::model::same_meaning;
use crate::registry;

/// Marks the errors of rules whose fields the update left alone.
pub(crate) fn ratchet(findings: &mut [Finding], old: &Node<'_>, new: &Node<'_>) {
    // Many rules read the same fields, and many findings are of one rule: each field is compared once.
    let mut compared: Vec<(&'static str, bool)> = Vec::new();
    let mut is_unchanged = |dotted: &'static str| {
        if let Some((_, known)) = compared.iter().find(|(path, _)| *path == dotted) {
            return *known;
        }
        let key = dotted.rsplit('.').next();
        let unchanged = same_meaning(key, old.at(dotted), new.at(dotted));
        compared.push((dotted, unchanged));
        unchanged
    };
    for finding in findings
        .iter_mut()
        .filter(|finding| finding.severity == Severity::Error)
    {
        let Some(meta) = registry::rule(finding.code) else {
            continue;
        };
        finding.ratcheted = meta.reads.iter().all(|path| is_unchanged(path));
    }
}
