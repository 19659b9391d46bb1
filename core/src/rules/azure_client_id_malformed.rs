//! NB3007.

use crate::rule::prelude::*;
use crate::subject::location::annotations;
use crate::values::identity::{AZURE_CLIENT_ID, azure};

declare_rule! {
    /// An Azure client id is a UUID, and anything else is copied to the `ServiceAccount` all the same.
    ///
    /// ## What it checks
    /// `azure.workload.identity/client-id` is a UUID with hyphens. Braces, blanks around it and missing hyphens have a safe
    /// fix.
    ///
    /// ## Why it matters
    /// The operator copies the annotation unchanged; the name of a managed identity or its resource id in this place
    /// fails only when the backup pod asks for a token.
    ///
    /// ## Bad
    /// ```yaml
    /// azure.workload.identity/client-id: neo4j-backup-identity
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// azure.workload.identity/client-id: 7d6f2a50-0c5e-4a0e-9d59-2f6cf3c1b8aa
    /// ```
    AzureClientIdMalformed {
        code: "NB3007", name: "azure-client-id-malformed", severity: Error,
        kinds: LOCATED, reads: ANNOTATIONS + ["spec.source.type"], needs: [], doors: All, fix: Safe, cel: Expressible,
        since: "0.1",
    }
}

impl Rule for AzureClientIdMalformed {
    fn check(&self, subject: &Subject<'_>, _: &Inventory, report: &mut Collector) {
        for annotation in annotations(subject).filter(|annotation| annotation.key == AZURE_CLIENT_ID) {
            let value = annotation.value;
            let Err(error) = azure::check_client_id(value) else {
                continue;
            };
            let finding = report.at_path(
                annotation.path(),
                format!("the client id {} is malformed: {error}", quoted(value)),
            );
            finding.value(value).severity(annotation.severity);
            if let Some(uuid) = with_hyphens(value) {
                finding.replace(FixKind::Safe, &uuid);
            } else {
                finding.help("use the client id (not the name or the object id) of the managed identity");
            }
        }
    }
}

/// The UUID that the text can only mean: its 32 hexadecimal digits with hyphens, without braces and blanks.
fn with_hyphens(text: &str) -> Option<String> {
    let text = text.trim();
    let text = text
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'))
        .unwrap_or(text);
    let digits: String = text.chars().filter(|next| *next != '-').collect();
    if digits.len() != 32 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let groups = [0..8, 8..12, 12..16, 16..20, 20..32].map(|range| digits[range].to_owned());
    Some(groups.join("-"))
}
