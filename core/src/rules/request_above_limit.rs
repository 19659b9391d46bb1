//! NB1015.

use crate::rule::prelude::*;
use crate::values::quantity;

declare_rule! {
    /// The API server makes no Job whose pod asks for more of a resource than its limit.
    ///
    /// ## What it checks
    /// Each of `options.resources.requests` is at most the limit of the same name, where there is one.
    ///
    /// ## Why it matters
    /// The operator hands both to the Job as they stand. The Job of a backup is refused at every attempt; that of a restore
    /// too, but by then the operator has stopped the database.
    ///
    /// ## Bad
    /// ```yaml
    /// resources:
    ///   requests: {memory: 4Gi}
    ///   limits: {memory: 2Gi}
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// resources:
    ///   requests: {memory: 2Gi}
    ///   limits: {memory: 4Gi}
    /// ```
    RequestAboveLimit {
        code: "NB1015", name: "request-above-limit", severity: Error,
        kinds: JOBS, reads: ["spec.options.resources"], needs: [], doors: All, fix: None, cel: Expressible, since: "0.1",
        explains: ["NB1101"],
    }
}

impl Rule for RequestAboveLimit {
    fn check(&self, subject: &Subject<'_>, _: &Inventory, report: &mut Collector) {
        let requests = subject.field("spec.options.resources.requests");
        let limits = subject.field("spec.options.resources.limits");
        for (name, node) in requests.entries() {
            let limit = limits.entries().find(|(other, _)| *other == name);
            let texts = (node.scalar_text(), limit.and_then(|(_, node)| node.scalar_text()));
            let (Some(asked), Some(allowed)) = texts else { continue };
            // What is no quantity is a finding of its own.
            let (Ok(request), Ok(limit)) = (quantity::parse(asked), quantity::parse(allowed)) else {
                continue;
            };
            if request <= limit || report.only_counts(Severity::Error) {
                continue;
            }
            report
                .at_path(
                    requests.path().key(name),
                    format!(
                        "{} is above the limit {}, and the API server refuses such a Job",
                        quoted(asked),
                        quoted(allowed)
                    ),
                )
                .help("lower the request, or raise the limit")
                .value(asked)
                .evidence_at(limits.path().key(name), format!("the limit is {}", quoted(allowed)));
        }
    }
}
