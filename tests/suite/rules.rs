//! Every fixture against its rule, and what holds for all rules whatever they say.

use neo4jbackup_core::document::{Document, Node, Path, Segment};
use neo4jbackup_core::engine;
use neo4jbackup_core::facts::{Coverage, Inventory, Need};
use neo4jbackup_core::fix::{self, FixKind};
use neo4jbackup_core::lint::{self, FileOutcome, Options};
use neo4jbackup_core::registry;
use neo4jbackup_core::subject::{Context, Door, Subject};
use neo4jbackup_core::values::placeholder::Notation;
use neo4jbackup_tests::fixture::{self, Case, Fixture};

use crate::support;

/// The options that the words of a case ask for.
pub(crate) fn options(case: &Case) -> Options {
    let now = case
        .attribute("now")
        .map_or_else(support::now, |text| text.parse().expect("now= takes an instant"));
    let mut options = Options::at(now);
    options.operator = case.attribute("operator").map(|text| text.parse().expect("a version"));
    options.assume_webhook = case.has("assume-webhook");
    options.settings.identity.aws_role_names = case.has("role-names");
    match case.attribute("identity").and_then(|text| text.split_once(':')) {
        Some(("aws", value)) => options.settings.identity.aws_role_arn = Some(value.to_owned()),
        Some(("gcp", value)) => options.settings.identity.gcp_service_account = Some(value.to_owned()),
        Some(("azure", value)) => options.settings.identity.azure_client_id = Some(value.to_owned()),
        _ => {}
    }
    options
}

/// What the manifests of a case say of each other.
pub(crate) fn inventory(case: &Case, file: &lint::File<'_>, options: &Options) -> Inventory {
    let mut inventory = Inventory::partial("it is not among the linted files");
    if case.attribute("inventory") == Some("full") {
        for need in [
            Need::Instance,
            Need::Backups,
            Need::Restores,
            Need::ShardedDatabases,
            Need::Secrets,
            Need::Namespace,
            Need::Claims,
            Need::Accounts,
            Need::Jobs,
        ] {
            inventory.set_coverage(need, Coverage::Full);
        }
    }
    lint::collect(file, options, &mut inventory);
    inventory
}

fn lint_case(case: &Case, text: &str) -> FileOutcome {
    let options = options(case);
    let file = lint::read(text, &options.limits);
    let inventory = inventory(case, &file, &options);
    lint::judge(&file, &inventory, &options)
}

/// The last object of the case through the door of a review.
fn review_case(case: &Case, text: &str) -> Vec<String> {
    let options = options(case);
    let file = lint::read(text, &options.limits);
    let inventory = inventory(case, &file, &options);
    let old_text = case.old.clone().unwrap_or_default();
    let old_file = lint::read(&old_text, &options.limits);
    let document = file.documents.last().expect("a review needs an object");
    let old = old_file.documents.first().map(|document| &document.root);
    let door = old.map_or(Door::Create, Door::Update);
    let subject = Subject::of(&document.root, door, &options.context()).expect("an object of the operator's group");
    engine::judge(&subject, &inventory)
        .findings
        .iter()
        .map(|finding| {
            let severity = if finding.ratcheted {
                "ratcheted".to_owned()
            } else {
                finding.severity.to_string()
            };
            format!("{severity} {} {}", finding.path, finding.sentence())
        })
        .collect()
}

fn found(case: &Case, code: &str) -> String {
    let own = |line: &String| line.ends_with(&format!("[{code}]"));
    let lines: Vec<String> = if case.attribute("door").is_some() {
        review_case(case, &case.manifest).into_iter().filter(own).collect()
    } else {
        let outcome = lint_case(case, &case.manifest);
        let line = |located: &lint::Located| {
            let finding = &located.finding;
            let suppressed = if finding.suppressed.is_some() {
                "suppressed "
            } else {
                ""
            };
            let start = located.span.start;
            format!(
                "{} {suppressed}{} {} {}",
                case.place(start.line, start.column),
                finding.severity,
                if finding.path.0.is_empty() {
                    "-".to_owned()
                } else {
                    finding.path.to_string()
                },
                finding.sentence()
            )
        };
        outcome.findings.iter().map(line).filter(own).collect()
    };
    lines.into_iter().map(|line| line.replace('\n', "\\n") + "\n").collect()
}

fn fixed(case: &Case) -> String {
    let options = options(case);
    let judge = |file: &lint::File<'_>| lint::judge(file, &inventory(case, file, &options), &options);
    lint::text::fix(
        &case.manifest,
        FixKind::Safe,
        (false, Notation::Manifest),
        &options.limits,
        judge,
    )
    .text
}

#[test]
fn fixtures_say_what_the_rules_say() {
    let bless = std::env::var_os("UPDATE").is_some();
    let mut wrong = Vec::new();
    for mut fixture in fixture::all() {
        let rule = registry::rule(&fixture.rule).unwrap_or_else(|| panic!("{} has no rule", fixture.file.display()));
        let before = fixture.render();
        for case in &mut fixture.cases {
            let found = found(case, rule.code);
            let after = (case.attribute("door").is_none() && rule.fix > FixKind::None).then(|| fixed(case));
            let after = after.filter(|after| *after != case.manifest);
            if case.findings.as_ref() != Some(&found) || case.after != after {
                wrong.push(format!(
                    "{} «{}»\n--- expected\n{}{}--- found\n{found}{}",
                    fixture.rule,
                    case.title,
                    case.findings.as_deref().unwrap_or_default(),
                    case.after.as_deref().unwrap_or_default(),
                    after.as_deref().unwrap_or_default(),
                ));
            }
            case.findings = Some(found);
            case.after = after;
        }
        if bless && fixture.render() != before {
            std::fs::write(&fixture.file, fixture.render()).unwrap();
        }
    }
    assert!(
        bless || wrong.is_empty(),
        "{}\nwrite them anew with UPDATE=1",
        wrong.join("\n")
    );
}

#[test]
fn every_fixture_has_a_reported_and_a_silent_case() {
    for Fixture { rule, cases, .. } in fixture::all() {
        let silent = |case: &&Case| case.findings.as_deref().unwrap_or_default().is_empty();
        assert!(cases.iter().any(|case| silent(&case)), "{rule} has no silent case");
        assert!(
            cases.iter().any(|case| !silent(&case)),
            "{rule} has no case that it reports"
        );
        assert!(
            cases.iter().all(|case| !case.why.is_empty()),
            "{rule} has a case that does not say why"
        );
    }
}

#[test]
fn fixing_mends_and_is_done_once() {
    for fixture in fixture::all() {
        let rule = registry::rule(&fixture.rule).unwrap();
        for case in fixture.cases.iter().filter(|case| case.after.is_some()) {
            let once = fixed(case);
            let twice = fixed(&Case {
                manifest: once.clone(),
                ..case.clone()
            });
            assert_eq!(
                once, twice,
                "{} «{}»: fixing twice is not fixing once",
                fixture.rule, case.title
            );
            let errors = |text: &str| -> Vec<String> {
                let findings = lint_case(case, text).findings;
                let errors = findings.iter().filter(|located| located.finding.denies());
                errors
                    .map(|located| format!("{} {}", located.finding.code, located.finding.path))
                    .collect()
            };
            let before = errors(&case.manifest);
            let new: Vec<String> = errors(&once)
                .into_iter()
                .filter(|error| !before.contains(error))
                .collect();
            assert!(
                new.is_empty(),
                "{} «{}»: the fix brings {new:?}",
                fixture.rule,
                case.title
            );
            let left = lint_case(case, &once).findings;
            let fixable = |located: &lint::Located| {
                let fix = located.finding.fix.as_ref();
                located.finding.code == rule.code
                    && located.finding.suppressed.is_none()
                    && fix.is_some_and(|fix| fix.kind <= FixKind::Safe && fix.kind != FixKind::None)
            };
            assert!(
                !left.iter().any(fixable),
                "{} «{}»: the finding is still there",
                fixture.rule,
                case.title
            );
        }
    }
}

#[test]
fn fixes_are_no_wider_than_declared_and_patches_apply() {
    for fixture in fixture::all() {
        for case in &fixture.cases {
            let options = options(case);
            let file = lint::read(&case.manifest, &options.limits);
            let outcome = lint::judge(&file, &inventory(case, &file, &options), &options);
            for located in &outcome.findings {
                let Some(fix) = &located.finding.fix else { continue };
                let meta = registry::rule(located.finding.code).unwrap();
                assert!(
                    fix.kind <= meta.fix,
                    "{} offers a {:?} fix and declares {:?}",
                    meta.code,
                    fix.kind,
                    meta.fix
                );
                let Some(document) = located.document.map(|position| &file.documents[position]) else {
                    continue;
                };
                let patch = fix::patch(&document.root, &fix.edits);
                let mut patched = serde_json::to_value(&document.root).unwrap();
                json_patch::patch(&mut patched, &patch).unwrap_or_else(|error| panic!("{}: {error}", meta.code));
                assert_eq!(
                    patched,
                    serde_json::to_value(fix::apply(&document.root, &fix.edits)).unwrap()
                );
            }
        }
    }
}

#[test]
fn broken_manifests_never_break_a_rule() {
    for fixture in fixture::all() {
        for case in &fixture.cases {
            let options = options(case);
            for end in (0..case.manifest.len())
                .step_by(31)
                .filter(|end| case.manifest.is_char_boundary(*end))
            {
                lint_case(case, &case.manifest[..end]);
            }
            let file = lint::read(&case.manifest, &options.limits);
            let inventory = inventory(case, &file, &options);
            for document in &file.documents {
                for broken in broken_versions(document) {
                    let context = Context {
                        operator: None,
                        ..options.context()
                    };
                    for door in [Door::File, Door::Create, Door::Update(&document.root)] {
                        let Some(subject) = Subject::of(&broken, door, &context) else {
                            continue;
                        };
                        let first = engine::judge(&subject, &inventory);
                        if door == Door::File {
                            assert_eq!(first, engine::judge(&subject, &inventory), "the order is not stable");
                        }
                        let edits = engine::edits(&first.findings, FixKind::Unsafe);
                        fix::patch(&broken, &edits);
                    }
                }
            }
        }
    }
}

/// The object with each of its fields removed, and with each replaced by a value of every other type.
fn broken_versions(document: &Document<'_>) -> Vec<Node<'static>> {
    let mut paths = Vec::new();
    every_path(&document.root, &mut Path::root(), &mut paths);
    let values = [
        "null",
        "true",
        "3",
        "\"\"",
        "\"x\"",
        "[]",
        "[{}]",
        "{}",
        "{\"x\":{\"x\":\"x\"}}",
    ];
    let mut broken = Vec::new();
    for path in paths {
        broken.push(fix::apply(&document.root, &[fix::Edit::Remove { path: path.clone() }]).into_owned());
        for value in values {
            let value = serde_json::from_str(value).unwrap();
            broken.push(
                fix::apply(
                    &document.root,
                    &[fix::Edit::Set {
                        path: path.clone(),
                        value,
                    }],
                )
                .into_owned(),
            );
        }
    }
    broken
}

fn every_path(node: &Node<'_>, path: &mut Path, paths: &mut Vec<Path>) {
    let children: Vec<(Segment, &Node<'_>)> = match node {
        Node::Map(map) => map
            .iter()
            .map(|(key, value)| (Segment::Key(key.to_owned()), value))
            .collect(),
        Node::List(items) => items
            .iter()
            .enumerate()
            .map(|(index, value)| (Segment::Index(index), value))
            .collect(),
        _ => Vec::new(),
    };
    for (segment, child) in children {
        path.0.push(segment);
        paths.push(path.clone());
        every_path(child, path, paths);
        path.0.pop();
    }
}
