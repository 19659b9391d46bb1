//! NB8010.

use crate::rule::prelude::*;

declare_rule! {
    /// A restore into a database that exists fails unless something confirms that it may be overwritten.
    ///
    /// ## What it checks
    /// `spec.options.replaceExisting: true`, or before operator 1.14 `spec.force: true`. Whether the database exists
    /// cannot be seen from here, so this is a warning, and there is no fix: wiping a database is for a person to
    /// decide.
    ///
    /// ## Why it matters
    /// In a disaster the database usually does still exist. The restore then is `Failed`, on a standalone after it was
    /// stopped, and minutes are lost.
    ///
    /// ## Bad
    /// ```yaml
    /// spec:
    ///   database: orders
    ///   source: {type: backup, backupRef: daily}
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// spec:
    ///   database: orders
    ///   source: {type: backup, backupRef: daily}
    ///   options: {replaceExisting: true}
    /// ```
    OverwriteUnconfirmed {
        code: "NB8010", name: "overwrite-unconfirmed", severity: Warning,
        kinds: [Neo4jRestore],
        reads: ["spec.options.replaceExisting", "spec.force", "spec.database", "spec.databaseName"],
        needs: [], doors: All, fix: None,
        cel: Expressible, since: "0.1",
    }
}

impl Rule for OverwriteUnconfirmed {
    fn check(&self, subject: &Subject<'_>, _: &Inventory, report: &mut Collector) {
        let Some(restore) = subject.restore() else { return };
        // Where `force` is gone from the schema, another rule says so.
        if restore.confirms_overwriting() {
            return;
        }
        let what = match restore.database().text() {
            Some(name) => format!("the database {}", quoted(name)),
            None => "a database".to_owned(),
        };
        let ways = if subject.era >= Era::V1_14 {
            ""
        } else {
            " or `spec.force: true`"
        };
        let field = restore.options.field("replaceExisting");
        let message =
            format!("the restore fails if {what} exists, because nothing confirms that it may be overwritten");
        let finding = if field.is_set() {
            report.at(&field, message)
        } else {
            report.missing(&field, message)
        };
        finding.help(format!("use `replaceExisting: true`{ways} if it may"));
    }
}
