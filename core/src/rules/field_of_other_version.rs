//! NB1004.

use crate::model::same_meaning;
use crate::operator::NEWEST;
use crate::rule::prelude::*;
use crate::schema::{self, EraSet, SchemaProblem};
use crate::subject::moved_field::{BEYOND_THE_TABLES, NEVER_HAD_EFFECT, fits, hint, move_fix, plain_note};

declare_rule! {
    /// A field of another operator version is dropped without a word.
    ///
    /// ## What it checks
    /// Every field below `spec` against the operator version that will read the object (`--operator-version`, or else the
    /// newest that serves the `apiVersion`), or against what the cluster serves where `--crds` names it, with what replaces it there. It is an error where dropping the field changes
    /// what happens, and a warning where it never had an effect, or where the operator is newer than what this version of the
    /// tool knows.
    ///
    /// ## Why it matters
    /// Operator 1.14 removed `target`, `clusterRef`, `databaseName`, `force` and `cloud` from the schema without a new API
    /// version. The API server prunes them, and a backup is then without a target, a restore without a confirmation.
    ///
    /// ## Bad
    /// ```yaml
    /// spec:
    ///   target: {kind: Database, name: orders, clusterRef: prod}
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// spec:
    ///   instanceRef: prod
    ///   database: orders
    /// ```
    FieldOfOtherVersion {
        code: "NB1004", name: "field-of-other-version", severity: Error,
        kinds: ALL, reads: ["spec"], needs: [], doors: Files, fix: Unsafe,
        cel: NotExpressible("the API server drops the field before any policy sees it"), since: "0.1",
    }
}

impl Rule for FieldOfOtherVersion {
    fn check(&self, subject: &Subject<'_>, _: &Inventory, report: &mut Collector) {
        for problem in subject.schema_problems() {
            let SchemaProblem::OtherVersion {
                path,
                eras_with_it,
                replaced_by,
                changes_meaning,
                had_effect,
                note,
            } = problem
            else {
                continue;
            };
            let name = quoted(path.last_key().unwrap_or_default());
            let effect = if *had_effect {
                String::new()
            } else {
                format!("; {NEVER_HAD_EFFECT}")
            };
            let is_beyond = subject.is_beyond_the_tables();
            let who = if is_beyond {
                format!("{} is {BEYOND_THE_TABLES} {NEWEST}", subject.operator)
            } else if subject.is_schema_served() {
                "the schema that is served lacks it, so it is dropped".to_owned()
            } else {
                format!("{} drops it", subject.operator)
            };
            let text = format!("{name} is a field of {eras_with_it}, and {who}{effect}");
            let finding = report.at_path(path.clone(), text);
            finding.at_key().reason(Reason::NotSupported);
            if let Some(text) = path.find(subject.object).and_then(|node| node.scalar_text()) {
                finding.value(text);
            }
            if !changes_meaning || is_beyond || is_default(subject, path, *eras_with_it) {
                finding.severity(Severity::Warning);
            }
            let note = plain_note(*note).filter(|_| *had_effect);
            if says_nothing(subject, path) {
                finding
                    .help("remove it")
                    .fix(Fix::remove(FixKind::Safe, "remove it", path.clone()));
                continue;
            }
            let (help, fix) = target(subject, path).unwrap_or_else(|| {
                let fix = other_fix(subject, path, replaced_by.as_ref(), *had_effect);
                (hint(replaced_by.as_ref(), note), fix)
            });
            finding.help(help).fix = fix.map(|fix| Fix {
                kind: if is_beyond { FixKind::Unsafe } else { fix.kind },
                ..fix
            });
        }
    }
}

/// Whether the value asks for nothing, as `force: false` does.
fn says_nothing(subject: &Subject<'_>, path: &Path) -> bool {
    same_meaning(path.last_key(), path.find(subject.object), None)
}

/// Whether the value is what the versions that have the field do without it.
fn is_default(subject: &Subject<'_>, path: &Path, eras: EraSet) -> bool {
    let Some(value) = path.find(subject.object) else {
        return false;
    };
    let defaults = eras
        .iter()
        .next_back()
        .map(|era| schema::defaults(subject.kind, era))
        .unwrap_or_default();
    defaults
        .into_iter()
        .any(|field| field.path == path.to_string() && *value == field.value.into())
}

/// What `target` of a backup says in the words of today, where nothing contradicts it.
fn target(subject: &Subject<'_>, path: &Path) -> Option<(String, Option<Fix>)> {
    if subject.kind != Kind::Neo4jBackup || subject.era < Era::V1_14 || *path != Path::dotted("spec.target") {
        return None;
    }
    let field = |name: &'static str| Backup::of(subject.object).spec.field(name);
    let name = field("target.name").text()?;
    let (instance, scope, value) = match field("target.kind").text()? {
        "Cluster" => (Some(name), "allDatabases", serde_json::Value::from(true)),
        "Database" => (field("target.clusterRef").text(), "database", name.into()),
        "ShardedDatabase" => (field("target.clusterRef").text(), "shardedDatabase", name.into()),
        _ => return None,
    };
    let said = format!(
        "{scope}: {}",
        value.as_str().map_or_else(|| value.to_string(), str::to_owned)
    );
    let said = quoted(&said);
    let Some(instance) = instance else {
        return Some((format!("name the instance in `instanceRef`, and write {said}"), None));
    };
    let help = format!("write {} and {said}", quoted(&format!("instanceRef: {instance}")));
    let others = ["instanceRef", "database", "allDatabases", "shardedDatabase"];
    let is_elsewhere = field("target.namespace")
        .text()
        .is_some_and(|there| there != subject.namespace());
    if is_elsewhere || others.into_iter().any(|name| field(name).is_set()) {
        return Some((help, None));
    }
    let to = Path::dotted("spec").key(scope);
    let edits = vec![
        Edit::Set {
            path: Path::dotted("spec.instanceRef"),
            value: instance.into(),
        },
        Edit::Set {
            path: to.clone(),
            value,
        },
        Edit::Remove { path: path.clone() },
    ];
    let fix = fits(subject, &to, &edits).then(|| Fix {
        kind: FixKind::Safe,
        title: help.clone(),
        edits,
    });
    Some((help, fix))
}

fn other_fix(subject: &Subject<'_>, path: &Path, replaced_by: Option<&Path>, had_effect: bool) -> Option<Fix> {
    if !had_effect {
        return Some(Fix::remove(FixKind::Safe, "remove it", path.clone()));
    }
    let kind = match path.to_string().as_str() {
        // The same reference under another name.
        "spec.clusterRef" | "spec.targetCluster" | "spec.databaseName" | "spec.cloud" => FixKind::Safe,
        // Nothing confirms the loss of a database that its owner has not confirmed in these words.
        "spec.force" => FixKind::Unsafe,
        _ => return None,
    };
    // Backups of old had a target below which these names stood; only of restores is the meaning known.
    if subject.kind != Kind::Neo4jRestore && path.last_key() != Some("cloud") {
        return None;
    }
    move_fix(subject, path, replaced_by?, kind)
}
