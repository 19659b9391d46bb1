//! NB8008.

use crate::rule::prelude::*;
use crate::subject::restored;

declare_rule! {
    /// The database `system` cannot be restored.
    ///
    /// ## What it checks
    /// `spec.database` of a restore, or `spec.databaseName` before operator 1.14, is not `system`, nor is
    /// `spec.source.sourceDatabase` from 1.19 on.
    ///
    /// ## Why it matters
    /// `system` holds users, roles and the list of databases. The operator refuses to restore it, in phase `Failed` and
    /// without an event, because it would disagree with the servers that run it. Users and roles of a single database
    /// travel with its backup (`options.includeMetadata`), and a restore of all databases leaves `system` out.
    ///
    /// ## Bad
    /// ```yaml
    /// spec:
    ///   database: system
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// spec:
    ///   database: orders
    /// ```
    SystemDatabaseRestored {
        code: "NB8008", name: "system-database-restored", severity: Error,
        kinds: [Neo4jRestore], reads: ["spec.database", "spec.databaseName", "spec.source.sourceDatabase"],
        needs: [], doors: All, fix: None, cel: Expressible, since: "0.1",
        changes: [
            restored::ONLINE, "`sourceDatabase` may not be `system` either";
        ],
        explains: ["NB8101"],
    }
}

impl Rule for SystemDatabaseRestored {
    fn check(&self, subject: &Subject<'_>, _: &Inventory, report: &mut Collector) {
        let Some(restore) = subject.restore() else { return };
        // Older operators drop the second field, which another rule says.
        let source = Some(restore.source_database()).filter(|_| restored::may_be_online(subject));
        for field in [Some(restore.database()), source].into_iter().flatten() {
            // Neo4j does not tell upper from lower case in the names of databases.
            if let Some(name) = field.text().filter(|name| name.eq_ignore_ascii_case("system")) {
                report
                    .at(
                        &field,
                        format!(
                            "the database {name} cannot be restored; the operator refuses it",
                            name = quoted(name)
                        ),
                    )
                    .help("restore the others; users and roles come with `options.includeMetadata` of their backup")
                    .reason(Reason::NotSupported);
            }
        }
    }
}
