//! NB1007.

use crate::quoted::code_span;
use crate::rule::prelude::*;

declare_rule! {
    /// An object without a field that it needs is refused, or waits for ever.
    ///
    /// ## What it checks
    /// The fields that the schema of the operator version requires, and those that only the operator itself does: the
    /// instance of backups and restores, the database of a restore, `target.clusterRef` of a database in operators 1.8 to
    /// 1.13, and a name. What another rule tells more about, such as a bucket, is left to it.
    ///
    /// ## Why it matters
    /// The schema of 1.14 requires no `instanceRef`: an object without one is stored, becomes `Invalid` or `Failed` a moment
    /// later, and a scheduled backup simply never runs.
    ///
    /// ## Bad
    /// ```yaml
    /// spec:
    ///   allDatabases: true
    ///   storage: {type: pvc, pvc: {name: backups}}
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// spec:
    ///   instanceRef: prod
    ///   allDatabases: true
    ///   storage: {type: pvc, pvc: {name: backups}}
    /// ```
    RequiredFieldMissing {
        code: "NB1007", name: "required-field-missing", severity: Error,
        kinds: ALL, reads: ["spec", "metadata.name", "metadata.generateName"], needs: [], doors: All, fix: None,
        cel: Expressible, since: "0.1",
    }
}

/// The names that the instance has had, and those that are often taken for it.
const INSTANCE: &[&str] = &[
    "spec.instanceRef",
    "spec.target",
    "spec.clusterRef",
    "spec.targetCluster",
];
/// The same for the database of a restore.
const DATABASE: &[&str] = &[
    "spec.database",
    "spec.databaseName",
    "spec.allDatabases",
    "spec.options.targetDatabaseName",
];

impl Rule for RequiredFieldMissing {
    fn check(&self, subject: &Subject<'_>, _: &Inventory, report: &mut Collector) {
        let is_named = subject.field("metadata.name").is_set() || subject.field("metadata.generateName").is_set();
        if !is_named {
            missing(
                subject,
                "metadata.name",
                "the object has no name",
                "set `metadata.name`",
                report,
            );
        }
        if !matches!(subject.kind, Kind::Neo4jBackup | Kind::Neo4jRestore) {
            required_by_schema(subject, report);
            return;
        }
        if !subject.field("spec").is_set() {
            missing(subject, "spec", "`spec` is missing or empty", "say what to do", report);
            return;
        }
        required_by_schema(subject, report);
        required_by_operator(subject, report);
    }
}

fn required_by_schema(subject: &Subject<'_>, report: &mut Collector) {
    let Some(schema) = subject.schema() else { return };
    schema.each_missing(subject.object, &mut |trail| {
        let name = trail.last_key();
        // Few of the required fields can be said elsewhere; of the others there may be one for each item of a list.
        let may_be_said_elsewhere = matches!(
            name,
            "target" | "clusterRef" | "targetCluster" | "databaseName" | "provider"
        );
        if may_be_said_elsewhere && is_said_elsewhere(subject, &trail.path()) {
            return;
        }
        if report.only_counts(Severity::Error) {
            return;
        }
        let path = trail.path();
        let what = format!("`{name}` is required{}, and is not there", below(&path));
        report.at_path(path, what).help("add it").reason(Reason::Required);
    });
}

fn is_said_elsewhere(subject: &Subject<'_>, path: &Path) -> bool {
    let text = path.to_string();
    match text.as_str() {
        "spec.target" | "spec.clusterRef" | "spec.targetCluster" => has_any(subject, INSTANCE),
        "spec.databaseName" => has_any(subject, DATABASE),
        // The rule about identities looks at the block that the operator reads, and the schema at each.
        "spec.cloud.identity.provider" => !subject.field("spec.storage.cloud").is_set(),
        _ => text.ends_with("cloud.identity.provider"),
    }
}

fn below(path: &Path) -> String {
    let parent = path.parent().unwrap_or_default();
    if parent.0.is_empty() {
        String::new()
    } else {
        format!(" in {}", code_span(&parent.to_string()))
    }
}

/// What the schema lets pass and the operator refuses.
fn required_by_operator(subject: &Subject<'_>, report: &mut Collector) {
    let names_instance = match subject.backup() {
        // Operator 1.13 reads both, and passes over a target that says nothing.
        Some(backup) if subject.era == Era::V1_13 && subject.field("spec.target").is_set() => {
            has_any(subject, &["spec.instanceRef"]) || backup.legacy_target().is_some()
        }
        _ => has_any(subject, INSTANCE),
    };
    if subject.era >= Era::V1_13 && !names_instance {
        let help = "set it to the name of the cluster or standalone, in the same namespace";
        missing(
            subject,
            "spec.instanceRef",
            "no instance is named, and the operator does nothing without one",
            help,
            report,
        );
    }
    if let Some(backup) = subject.backup() {
        if (Era::V1_8..=Era::V1_13).contains(&subject.era) && backup.legacy_target().is_some() {
            required_of_target(subject, report);
        }
    } else if subject.era >= Era::V1_13 && !has_any(subject, DATABASE) {
        let what = "no database is named, so there is nothing to restore";
        missing(
            subject,
            "spec.database",
            what,
            "set it, or `allDatabases: true`",
            report,
        );
    }
}

/// What the operator needs of a target. Up to 1.12 the schema says which fields are absent, but takes empty ones.
fn required_of_target(subject: &Subject<'_>, report: &mut Collector) {
    let kind = subject.field("spec.target.kind");
    let said_by_schema = |field: &Field<'_>| subject.era < Era::V1_13 && !field.is_set();
    if !kind.is_set() && !said_by_schema(&kind) {
        let help = "set it to `Cluster`, `Database` or `ShardedDatabase`";
        missing(subject, "spec.target.kind", "the target has no kind", help, report);
    }
    let name = subject.field("spec.target.name");
    if !has_any(subject, &["spec.target.name"]) && !said_by_schema(&name) {
        let help = "set it to the name of the instance, or of the database where the kind is one";
        missing(subject, "spec.target.name", "the target has no name", help, report);
    }
    let is_database = matches!(kind.text(), Some("Database" | "ShardedDatabase"));
    if is_database && !has_any(subject, &["spec.target.clusterRef"]) {
        let what = "the target is a database, and no instance that holds it is named";
        let help = "set it to the name of the cluster or standalone";
        missing(subject, "spec.target.clusterRef", what, help, report);
    }
}

/// Whether one of the fields says something; `false` and the empty text say what their absence says. A value of the
/// wrong type is the schema's to report.
fn has_any(subject: &Subject<'_>, fields: &[&'static str]) -> bool {
    fields.iter().any(|name| {
        let field = subject.field(name);
        field.is_set() && !field.is_false() && field.str() != Some("")
    })
}

fn missing(subject: &Subject<'_>, field: &'static str, what: &str, help: &str, report: &mut Collector) {
    report.missing(&subject.field(field), what).help(help);
}
