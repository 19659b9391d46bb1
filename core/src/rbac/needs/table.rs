//! The tables of needs, read once.

use std::sync::LazyLock;

use super::{Level, NoNeed, Party, Requirement, Scope};
use crate::document::{Limits, Node, parse};
use crate::operator::Versions;
use crate::rbac::rule::PolicyRule;

pub(super) const TABLES: [(&str, &str); 5] = [
    ("jobs.yaml", include_str!("jobs.yaml")),
    ("operator.yaml", include_str!("operator.yaml")),
    ("people.yaml", include_str!("people.yaml")),
    ("plugin.yaml", include_str!("plugin.yaml")),
    ("webhook.yaml", include_str!("webhook.yaml")),
];

/// Every row, in the order in which they are written.
pub(super) static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let mut rows = Vec::new();
    for (_, table) in TABLES {
        let parsed = parse(table, &Limits::default());
        let list = parsed.documents.first().and_then(|document| document.root.as_list());
        rows.extend(list.unwrap_or_default().iter().filter_map(row));
    }
    rows
});

/// One row of a table.
#[derive(Debug, Clone)]
pub(super) enum Row {
    /// A rule is needed.
    Needs(Requirement),
    /// It is said that nothing is needed.
    Nothing(NoNeed),
}

pub(super) fn row(row: &Node<'_>) -> Option<Row> {
    let text = |key: &str| row.get(key).and_then(Node::as_str);
    let texts = |key: &str| {
        let list = row.get(key).and_then(Node::as_list).unwrap_or_default().iter();
        list.filter_map(Node::as_str).map(str::to_owned).collect::<Vec<_>>()
    };
    let party = Party::named(text("for")?)?;
    let operators = text("operators").map_or(Versions::ALL, Versions::range);
    if let Some(reason) = text("nothing") {
        return Some(Row::Nothing(NoNeed {
            party,
            operators,
            reason: reason.to_owned(),
        }));
    }
    let scope = match text("scope") {
        None | Some("namespace") => Scope::Namespace,
        Some("cluster") => Scope::Cluster,
        Some("own") => Scope::Own,
        Some("operator") => Scope::Operator,
        Some(_) => return None,
    };
    let rule = PolicyRule {
        groups: texts("groups"),
        resources: texts("resources"),
        names: texts("names"),
        urls: Vec::new(),
        verbs: texts("verbs"),
    };
    let is_whole = ![&rule.groups, &rule.resources, &rule.verbs]
        .iter()
        .any(|list| list.is_empty());
    is_whole.then_some(())?;
    Some(Row::Needs(Requirement {
        party,
        operators,
        scope,
        feature: text("feature").unwrap_or_default().to_owned(),
        rule,
        reason: text("reason")?.to_owned(),
    }))
}

impl Party {
    const NAMES: [(&str, Self); 9] = [
        ("operator", Self::Operator),
        ("backup-account", Self::BackupAccount),
        ("restore-account", Self::RestoreAccount),
        ("viewer", Self::Viewer),
        ("editor", Self::Editor),
        ("plugin-read", Self::Plugin(Level::Read)),
        ("plugin-probe", Self::Plugin(Level::Probe)),
        ("plugin-repair", Self::Plugin(Level::Repair)),
        ("webhook", Self::Webhook),
    ];

    fn named(name: &str) -> Option<Self> {
        let found = Self::NAMES.into_iter().find(|(known, _)| *known == name);
        found.map(|(_, party)| party)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_tables_is_read() {
        let known = [
            "for",
            "operators",
            "scope",
            "feature",
            "groups",
            "resources",
            "names",
            "verbs",
            "reason",
            "nothing",
        ];
        let mut count = 0;
        for (name, table) in TABLES {
            let parsed = parse(table, &Limits::default());
            let [document] = parsed.documents.as_slice() else {
                panic!("{name}: {} documents", parsed.documents.len());
            };
            assert_eq!((parsed.problems.len(), document.problems.len()), (0, 0), "{name}");
            for row in document.root.as_list().unwrap() {
                let keys = row.as_map().unwrap().iter();
                for (key, _) in keys {
                    assert!(known.contains(&key), "{name}: {key}");
                }
                assert!(super::row(row).is_some(), "{name}: {row:?}");
                count += 1;
            }
        }
        assert_eq!(ROWS.len(), count);
    }

    #[test]
    fn no_rule_is_one_that_the_api_server_never_follows() {
        for row in ROWS.iter() {
            let Row::Needs(requirement) = row else { continue };
            let rule = &requirement.rule;
            assert!(
                !rule.actions().any(|action| action.to_string().contains('*')),
                "{rule:?}"
            );
            // The name of an object is not known when it is made, but for one that is applied under its name.
            let makes = rule.verbs.iter().any(|verb| verb == "create") && !rule.names.is_empty();
            let is_applied = rule.verbs.iter().any(|verb| verb == "patch");
            let has_name = rule.resources.iter().all(|resource| resource.contains('/'));
            assert!(!makes || is_applied || has_name, "{rule:?}");
            let lists = rule.verbs.iter().any(|verb| verb == "list") && !rule.names.is_empty();
            assert!(!lists || rule.verbs.iter().any(|verb| verb == "watch"), "{rule:?}");
        }
    }
}
