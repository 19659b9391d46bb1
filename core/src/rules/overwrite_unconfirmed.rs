//! NB8010.

use crate::rule::prelude::*;
use crate::subject::restored;

declare_rule! {
    /// A restore into a database that exists fails unless something confirms that it may be overwritten.
    ///
    /// ## What it checks
    /// `spec.options.replaceExisting: true`, or before operator 1.14 `spec.force: true`. Whether the database exists
    /// cannot be seen from here, so this is a warning, and there is no fix: wiping a database is for a person to
    /// decide.
    ///
    /// ## Why it matters
    /// In a disaster the database usually does still exist. The restore then is `Failed`, on a standalone up to operator 1.18
    /// after it was stopped, and minutes are lost. A point in time from 1.19 on needs a database that does not exist: restore
    /// under another name, with `spec.source.sourceDatabase`.
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
        kinds: [Neo4jRestore], reads: [
            "spec.options.replaceExisting", "spec.force", "spec.database", "spec.databaseName", "spec.source.type",
            "spec.source.pointInTime",
        ],
        needs: [], doors: All, fix: None,
        cel: Expressible, since: "0.1",
        changes: [
            restored::ONLINE, "a point in time needs a database that does not exist, whatever confirms the overwriting";
        ],
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
        // Online, a point in time is given to a new database only.
        let is_seeded = restore.point_in_time().is_set() && restore.source_type() == Some(SourceType::Backup);
        if is_seeded && restored::is_online(subject) {
            finding.help("restore it under a name that is new, with its old name as source.sourceDatabase");
        } else {
            finding.help(format!("use `replaceExisting: true`{ways} if it may"));
        }
    }
}
