//! NB1008.

use crate::model::Scope;
use crate::rule::prelude::*;

declare_rule! {
    /// A backup is of one database, of all databases, or of one sharded database: exactly one of the three.
    ///
    /// ## What it checks
    /// Exactly one of `database`, `allDatabases: true` and `shardedDatabase` in a backup, since operator 1.13. A restore
    /// may have `database` or `allDatabases: true`, not both.
    ///
    /// ## Why it matters
    /// The schema knows none of this. The operator marks such a backup `Invalid`, such a restore `Failed`, and runs neither.
    ///
    /// ## Bad
    /// ```yaml
    /// spec:
    ///   instanceRef: prod
    ///   database: orders
    ///   allDatabases: true
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// spec:
    ///   instanceRef: prod
    ///   allDatabases: true
    /// ```
    ScopeUnclear {
        code: "NB1008", name: "scope-unclear", severity: Error,
        kinds: JOBS, reads: [
            "spec.database", "spec.allDatabases", "spec.shardedDatabase", "spec.databaseName", "spec.target",
            "spec.databases", "spec.clusterRef", "spec.instanceRef",
        ],
        needs: [], doors: All, fix: None, cel: Expressible, since: "0.1",
        explains: ["NB1101"],
    }
}

const SCOPES: [&str; 3] = ["spec.database", "spec.allDatabases", "spec.shardedDatabase"];
/// Fields that say what is backed up in other words; that they are dropped is another rule's to say.
const OTHER_WORDS: [&str; 4] = ["spec.target", "spec.databaseName", "spec.databases", "spec.clusterRef"];

impl Rule for ScopeUnclear {
    fn check(&self, subject: &Subject<'_>, _: &Inventory, report: &mut Collector) {
        if subject.era < Era::V1_13 || !subject.field("spec").is_set() {
            return;
        }
        let Some(backup) = subject.backup() else {
            several_in_restore(subject, report);
            return;
        };
        match backup.scope() {
            Scope::Missing if !says_something(subject, &backup) => {
                report
                    .missing(&subject.field("spec.database"), "nothing says what is backed up")
                    .help("set one of `database`, `allDatabases: true` and `shardedDatabase`");
            }
            Scope::Several => {
                let set = SCOPES.into_iter().filter(|name| {
                    let field = subject.field(name);
                    field.text().is_some() || field.is_true()
                });
                let names: Vec<String> = set
                    .map(|name| format!("`{}`", name.trim_start_matches("spec.")))
                    .collect();
                let last = if names.len() == 2 { "the other" } else { "the others" };
                let finding = report.at(
                    &subject.field("spec.allDatabases"),
                    format!("{} are set together, and only one may be", names.join(" and ")),
                );
                finding
                    .help(format!("keep one and remove {last}"))
                    .reason(Reason::Forbidden);
                let others = ["spec.database", "spec.shardedDatabase"].map(|name| subject.field(name));
                for field in others.iter().filter(|field| field.text().is_some()) {
                    also_set(finding, field);
                }
            }
            _ => {}
        }
    }
}

/// A value of the wrong type is the schema's to report.
fn says_something(subject: &Subject<'_>, backup: &Backup<'_>) -> bool {
    // Operator 1.13 has the target, and passes over it beside an `instanceRef`.
    let passes_over_target = subject.era == Era::V1_13 && backup.spec.field("instanceRef").text().is_some();
    let is_said = |name: &'static str| subject.field(name).is_set() && !(passes_over_target && name == "spec.target");
    let wrong_type = |name: &'static str| {
        let field = subject.field(name);
        let fits = if name == "spec.allDatabases" {
            field.is_true() || field.is_false()
        } else {
            field.str().is_some()
        };
        field.is_set() && !fits
    };
    OTHER_WORDS.into_iter().any(is_said) || SCOPES.into_iter().any(wrong_type)
}

fn several_in_restore(subject: &Subject<'_>, report: &mut Collector) {
    let named = ["spec.database", "spec.databaseName"]
        .into_iter()
        .find(|name| subject.field(name).text().is_some());
    let Some(name) = named.filter(|_| subject.kind == Kind::Neo4jRestore) else {
        return;
    };
    let all = subject.field("spec.allDatabases");
    if all.is_true() {
        let named = subject.field(name);
        let name = name.trim_start_matches("spec.");
        let finding = report.at(
            &all,
            format!("`allDatabases` and `{name}` are both set, and only one may be"),
        );
        finding.help("keep one and remove the other").reason(Reason::Forbidden);
        also_set(finding, &named);
    }
}

/// Points at a field that excludes the one of the finding.
fn also_set(finding: &mut Finding, field: &Field<'_>) {
    let path = field.path();
    let text = format!("`{}` is set, too", path.last_key().unwrap_or_default());
    finding.evidence_at(path, text);
}
