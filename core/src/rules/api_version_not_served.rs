//! NB1011.

use crate::did_you_mean;
use crate::rule::prelude::*;
use crate::schema::Group;

declare_rule! {
    /// An `apiVersion` or `kind` that the operator does not serve belongs to no object at all.
    ///
    /// ## What it checks
    /// `v1alpha1` is served by operators up to 1.6, `v1beta1` by those since 1.7, and no other version ever was. Kinds of the
    /// operator's group that are misspelt, and `Neo4jDisasterRecovery`, which only operator 0.1 had. A kind under a group
    /// that looks like an operator's and is nobody's is warned of, because nothing else of it is judged. The group
    /// `neo4j.com` belongs to another operator, whose own kinds are left alone.
    ///
    /// ## Why it matters
    /// Operator 1.7 renamed the version and kept no conversion: `no matches for kind` is all that kubectl says, and a
    /// deployment tool stops at the first such object.
    ///
    /// ## Bad
    /// ```yaml
    /// apiVersion: neo4j.neo4j.com/v1
    /// kind: Neo4jBackup
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// apiVersion: neo4j.neo4j.com/v1beta1
    /// kind: Neo4jBackup
    /// ```
    ApiVersionNotServed {
        code: "NB1011", name: "api-version-not-served", severity: Error,
        kinds: ALL, reads: ["apiVersion", "kind"], needs: [], doors: Files, fix: Safe,
        cel: NotExpressible("the API server has no object of a version that it does not serve"), since: "0.1",
    }
}

impl Rule for ApiVersionNotServed {
    fn check(&self, subject: &Subject<'_>, _: &Inventory, report: &mut Collector) {
        let Some((_, version)) = Kind::of(subject.object) else {
            return;
        };
        let label = subject.operator;
        if !subject.kind.schema().eras.contains(subject.era) {
            report
                .at(
                    &subject.field("kind"),
                    format!("{label} has no kind `{}`", subject.kind.name()),
                )
                .help(format!("it belongs to {}", subject.kind.schema().eras))
                .reason(Reason::NotSupported);
            return;
        }
        let served = subject.era.api_version();
        if version == served {
            return;
        }
        let who = match Era::newest_for(version) {
            Some(_) => format!("{label} does not serve {}", quoted(version)),
            None => format!("no operator version has ever served {}", quoted(version)),
        };
        report
            .at(&subject.field("apiVersion"), who)
            .replace(FixKind::Safe, &subject.kind.api_version(served))
            .reason(Reason::NotSupported);
    }

    fn check_document(&self, document: &Document<'_>, report: &mut Collector) {
        let object = &document.root;
        if Kind::of(object).is_some() {
            return;
        }
        let (Some(version), Some(kind)) = (
            object.get("apiVersion").and_then(Node::as_str),
            object.get("kind").and_then(Node::as_str),
        ) else {
            return;
        };
        let group = version.split_once('/').map_or("", |(group, _)| group);
        let field = Field::at(object, "kind");
        if group != Group::Neo4jNeo4jCom.name() {
            foreign_group(object, group, kind, report);
        } else if kind == "Neo4jDisasterRecovery" {
            report
                .at(
                    &field,
                    "only operator 0.1 had the kind `Neo4jDisasterRecovery`, and it did nothing",
                )
                .help("keep a second instance up to date with scheduled backups and restores, and remove this object")
                .reason(Reason::NotSupported);
        } else if let Some(meant) = misspelt(kind) {
            report
                .at(&field, format!("the operator has no kind {}", quoted(kind)))
                .help(format!("did you mean `{meant}`?"))
                .reason(Reason::NotSupported);
        }
    }
}

fn foreign_group(object: &Node<'_>, group: &str, kind: &str, report: &mut Collector) {
    let servers = || Group::ALL.into_iter().filter(|served| served.serves(kind));
    let is_close = group.is_empty() || group.contains("neo4j");
    if !is_close || servers().any(|served| served.name() == group) {
        return;
    }
    // The group that the text is closest to, of those that have the kind; else the first of them.
    let near = did_you_mean::closest(group, servers().map(Group::name)).and_then(Group::named);
    let Some(meant) = near.or_else(|| servers().next()) else {
        return;
    };
    // Somebody else may well have a database in a group of their own.
    let is_slip = near.is_some() || group.is_empty() || Group::named(group).is_some();
    if !is_slip && !matches!(kind, "Neo4jBackup" | "Neo4jBackupSchedule" | "Neo4jRestore") {
        return;
    }
    let where_it_is_not = if group.is_empty() {
        "outside a group".to_owned()
    } else {
        format!("in the group {group}", group = quoted(group))
    };
    let advice = if near.is_some() { "did you mean" } else { "use" };
    let mark = if near.is_some() { "?" } else { "" };
    report
        .at(
            &Field::at(object, "apiVersion"),
            format!(
                "no known operator serves a {kind} {where_it_is_not}, so that nothing of it is judged",
                kind = quoted(kind)
            ),
        )
        .help(format!("{advice} `{}`{mark}", meant.newest_api_version()))
        .severity(Severity::Warning)
        .reason(Reason::NotSupported);
}

/// Kinds of the group that have nothing to do with backups, and are spelt almost like those that have.
const OTHERS: [&str; 3] = ["Neo4jDatabaseAlias", "Neo4jReplicaDatabase", "Neo4jReplicaPromotion"];

fn misspelt(kind: &str) -> Option<&'static str> {
    if OTHERS.contains(&kind) || kind.starts_with("Aura") {
        return None;
    }
    did_you_mean::closest(kind, Kind::ALL.into_iter().map(Kind::name))
}
