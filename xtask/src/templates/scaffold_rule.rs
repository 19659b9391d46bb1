//! NB0000.

use crate::rule::prelude::*;

declare_rule! {
    /// One sentence: what goes wrong when this is let through.
    ///
    /// ## What it checks
    /// …
    ///
    /// ## Why it matters
    /// …
    ///
    /// ## Bad
    /// ```yaml
    /// spec:
    ///   database: wrong
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// spec:
    ///   database: right
    /// ```
    ScaffoldRule {
        code: "NB0000", name: "scaffold-rule", severity: Warning,
        kinds: [Neo4jBackup], reads: ["spec.database"], needs: [], doors: All, fix: None,
        cel: NotExpressible("no policy for this rule has been written yet"), since: "0.1",
    }
}

impl Rule for ScaffoldRule {
    fn check(&self, subject: &Subject<'_>, _inventory: &Inventory, report: &mut Collector) {
        let field = subject.field("spec.database");
        if field.text() == Some("wrong") {
            report.at(&field, "`wrong` does not work").help("use `right`");
        }
    }
}
