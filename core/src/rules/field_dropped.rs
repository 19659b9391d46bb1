//! NB1010.

use crate::model::{dropped, last_applied};
use crate::rule::prelude::*;
use crate::schema::SchemaProblem;
use crate::subject::moved_field::{NEVER_HAD_EFFECT, hint, plain_note};

declare_rule! {
    /// The manifest that was applied has a field that the stored object lacks: the API server dropped it.
    ///
    /// ## What it checks
    /// `kubectl apply` keeps what it was given in an annotation. Each field below `spec` there that the object under review
    /// lacks, although it says something (`false`, 0 and empty values are what absence says, too).
    ///
    /// ## Why it matters
    /// Unknown fields are pruned before any webhook sees the object. The annotation is the only trace of a `timezone`, or,
    /// on operator 1.14, of a `target`, a `clusterRef` or a `force`. It never denies: the annotation may be old.
    ///
    /// ## Bad
    /// ```yaml
    /// metadata:
    ///   annotations:
    ///     kubectl.kubernetes.io/last-applied-configuration: '{"spec":{"timezone":"Europe/Berlin"}}'
    /// spec: {}
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// metadata:
    ///   annotations:
    ///     kubectl.kubernetes.io/last-applied-configuration: '{"spec":{"schedule":"0 1 * * *"}}'
    /// spec: {schedule: "0 1 * * *"}
    /// ```
    FieldDropped {
        code: "NB1010", name: "field-dropped", severity: Warning,
        kinds: JOBS, reads: ["metadata.annotations", "spec"], needs: [], doors: Reviews, fix: None,
        cel: NotExpressible("CEL cannot parse the JSON in the annotation"), since: "0.1",
    }
}

impl Rule for FieldDropped {
    fn check(&self, subject: &Subject<'_>, _: &Inventory, report: &mut Collector) {
        let Some(text) = last_applied(subject.object) else {
            return;
        };
        if let Door::Update(old) = subject.door
            && last_applied(old) == Some(text)
        {
            // Not an apply: whoever takes a field away by another way has meant it.
            return;
        }
        let Ok(applied) = serde_json::from_str::<Node<'_>>(text) else {
            return;
        };
        for path in dropped(&applied, subject.object) {
            let name = quoted(path.last_key().unwrap_or_default());
            let help = match subject.schema().and_then(|schema| schema.why_dropped(&applied, &path)) {
                Some(SchemaProblem::Unknown {
                    did_you_mean: Some(meant),
                    ..
                }) => format!("did you mean `{meant}`?"),
                Some(SchemaProblem::Unknown { replaced_by, note, .. }) => hint(replaced_by.as_ref(), plain_note(note)),
                Some(SchemaProblem::OtherVersion {
                    replaced_by,
                    had_effect,
                    note,
                    ..
                }) => {
                    let never = (!had_effect).then(|| NEVER_HAD_EFFECT.to_owned());
                    let notes: Vec<String> = never.into_iter().chain(plain_note(note)).collect();
                    hint(
                        replaced_by.as_ref(),
                        Some(notes.join("; ")).filter(|notes| !notes.is_empty()),
                    )
                }
                _ => "look whether the CRD in the cluster is that of the operator".to_owned(),
            };
            let finding = report.at_path(
                path.clone(),
                format!("{name} was applied, and the API server dropped it"),
            );
            finding.help(help).reason(Reason::NotSupported);
            if let Some(value) = path.find(&applied).and_then(Node::scalar_text) {
                finding.value(value);
            }
        }
    }
}
