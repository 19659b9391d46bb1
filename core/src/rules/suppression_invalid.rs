//! NB1013.

use crate::rule::prelude::*;

declare_rule! {
    /// A request to ignore a rule that does not count hides nothing, and whoever wrote it believes that it does.
    ///
    /// ## What it checks
    /// Each annotation `neo4jbackup.github.io/ignore-CODE` and each comment `# neo4jbackup:ignore CODE reason`: the code
    /// exists, a reason is given, the date after `until=` is a date and not past, and something is reported under that
    /// code. In the webhook, the settings must list the rule under `ignorable`.
    ///
    /// ## Why it matters
    /// An accepted finding is a decision, with a reason and an end. A stale one hides the next defect of the same kind.
    ///
    /// ## Bad
    /// ```yaml
    /// metadata:
    ///   annotations:
    ///     neo4jbackup.github.io/ignore-NB7003: ""
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// metadata:
    ///   annotations:
    ///     neo4jbackup.github.io/ignore-NB7003: "old artifacts live under this path; until=2027-06-30"
    /// ```
    SuppressionInvalid {
        code: "NB1013", name: "suppression-invalid", severity: Warning,
        kinds: ALL, reads: ["metadata.annotations", "spec"], needs: [Clock], doors: All, fix: None,
        cel: NotExpressible("it compares what a person asked for with what the other rules found"), since: "0.1",
    }
}

/// The engine reports it, once all other rules have spoken.
impl Rule for SuppressionInvalid {}
