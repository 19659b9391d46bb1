//! `reads` decides between a denial and a warning on every update: it names fields that exist, and all of them.

use std::collections::{BTreeMap, BTreeSet};

use neo4jbackup_core::document::{Map, Node, Path, Segment};
use neo4jbackup_core::engine;
use neo4jbackup_core::facts::Inventory;
use neo4jbackup_core::lint::{self, Options};
use neo4jbackup_core::operator::Operator;
use neo4jbackup_core::registry;
use neo4jbackup_core::rule::{Doors, RuleMeta};
use neo4jbackup_core::schema::{self, Kind, ObjectSchema, Shape};
use neo4jbackup_core::subject::{Context, Door, Subject};
use neo4jbackup_tests::fixture;

use crate::rules;

/// What every object has, and no schema table lists.
const OF_EVERY_OBJECT: [&str; 6] = [
    "apiVersion",
    "kind",
    "metadata.annotations",
    "metadata.generateName",
    "metadata.name",
    "spec",
];

/// What the operator writes; the tables are of what people write.
const OF_THE_OPERATOR: [&str; 1] = ["status.history"];

/// An update cannot change these, and another kind is another object.
const FIXED: [&str; 3] = ["kind", "metadata.name", "metadata.namespace"];

#[test]
fn every_path_that_a_rule_reads_exists() {
    for meta in registry::all().iter().map(|rule| rule.meta()) {
        for path in meta.reads {
            let keys: Vec<&str> = path.split('.').skip(1).collect();
            let in_a_table = |kind: &Kind| path.starts_with("spec.") && is_listed(&kind.schema().spec, &keys);
            assert!(
                OF_EVERY_OBJECT.contains(path) || OF_THE_OPERATOR.contains(path) || meta.kinds.iter().any(in_a_table),
                "{} reads `{path}`, which is in the schema table of none of its kinds",
                meta.code
            );
        }
    }
}

/// Whether a table has the path, as a field of some version or as one that people write and no version has.
fn is_listed(object: &'static ObjectSchema, keys: &[&str]) -> bool {
    let [first, rest @ ..] = keys else { return true };
    object.entry(first).is_some_and(|entry| {
        let below = |variant: &'static schema::Variant| match &variant.shape {
            Shape::Object(below) => is_listed(below, rest),
            _ => false,
        };
        rest.is_empty() || entry.variants.iter().any(below)
    })
}

#[test]
fn no_field_that_a_rule_does_not_list_changes_what_it_finds() {
    let mut unlisted: BTreeMap<(&str, String), String> = BTreeMap::new();
    let mut variants = 0;
    for fixture in fixture::all() {
        for case in &fixture.cases {
            let options = rules::options(case);
            let file = lint::read(&case.manifest, &options.limits);
            let inventory = rules::inventory(case, &file, &options);
            let old_text = case.old.clone().unwrap_or_default();
            let old_file = lint::read(&old_text, &options.limits);
            let door = match (case.attribute("door"), old_file.documents.first()) {
                (None, _) => Door::File,
                (Some(_), None) => Door::Create,
                (Some(_), Some(old)) => Door::Update(&old.root),
            };
            for document in &file.documents {
                let Some((kind, version)) = Kind::of(&document.root) else {
                    continue;
                };
                let operator = options.operator;
                let operator = operator.unwrap_or_else(|| Operator::assumed(version, &document.root));
                let judged = Judged {
                    kind,
                    operator,
                    door,
                    options: &options,
                    inventory: &inventory,
                };
                let before = judged.findings(&document.root);
                for (path, variant) in changed(&document.root, kind) {
                    variants += 1;
                    let after = judged.findings(&variant);
                    for meta in judged.rules().filter(|meta| !lists(meta, &path)) {
                        if before.get(meta.code) != after.get(meta.code) {
                            let example = || {
                                format!(
                                    "{} «{}» at {path}\n    before {:?}\n    after  {:?}",
                                    fixture.rule,
                                    case.title,
                                    before.get(meta.code),
                                    after.get(meta.code)
                                )
                            };
                            unlisted.entry((meta.code, in_general(&path))).or_insert_with(example);
                        }
                    }
                }
            }
        }
    }
    let lines: Vec<String> = unlisted
        .iter()
        .map(|((code, path), example)| format!("{code} looks at `{path}` and does not list it: {example}"))
        .collect();
    assert!(
        lines.is_empty(),
        "{}\n{} in {variants} variants",
        lines.join("\n"),
        lines.len()
    );
    assert!(variants > 10_000, "only {variants} variants");
}

/// How the variants of one object are judged.
struct Judged<'a> {
    kind: Kind,
    operator: Operator,
    door: Door<'a>,
    options: &'a Options,
    inventory: &'a Inventory,
}

/// What each rule has found, by its code.
type Findings = BTreeMap<&'static str, BTreeSet<(Path, String)>>;

impl Judged<'_> {
    fn rules(&self) -> impl Iterator<Item = &'static RuleMeta> {
        let here = match self.door {
            Door::File => Doors::Files,
            Door::Create | Door::Update(_) => Doors::Reviews,
        };
        let metas = registry::all().iter().map(|rule| rule.meta());
        metas.filter(move |meta| meta.kinds.contains(&self.kind) && [Doors::All, here].contains(&meta.doors))
    }

    /// Whether somebody has accepted a finding is not the rule's to say, and so not compared.
    fn findings(&self, object: &Node<'_>) -> Findings {
        let context = Context {
            operator: Some(self.operator),
            ..self.options.context()
        };
        let subject = Subject::of_kind(
            self.kind,
            self.operator.era().api_version(),
            object,
            self.door,
            &context,
        );
        let mut found = Findings::new();
        for finding in engine::judge(&subject, self.inventory).findings {
            let of_rule = found.entry(finding.code).or_default();
            of_rule.insert((finding.path, finding.message));
        }
        found
    }
}

/// Whether the change of a field is one that the rule owns to looking at.
fn lists(meta: &RuleMeta, path: &Path) -> bool {
    meta.reads.iter().any(|listed| related(path, &Path::dotted(listed)))
}

/// Whether one of the two is the other or lies below it.
fn related(left: &Path, right: &Path) -> bool {
    left.is_within(right) || right.is_within(left)
}

/// The path with `[]` for each position in a list, so that a list fails once.
fn in_general(path: &Path) -> String {
    let step = |segment: &Segment| match segment {
        Segment::Key(key) => key.clone(),
        Segment::Index(_) => "[]".to_owned(),
    };
    path.0.iter().map(step).collect::<Vec<_>>().join(".")
}

/// The object with each of its values changed in turn, and with each field added that its table lists and it has not.
fn changed<'a>(object: &Node<'a>, kind: Kind) -> Vec<(Path, Node<'a>)> {
    let mut variants = Vec::new();
    each_value(object, &mut Path::root(), &mut |path, value| {
        for other in others(value) {
            let mut variant = object.clone();
            put(&mut variant, &path.0, other);
            variants.push((path.clone(), variant));
        }
    });
    // An object without any spec is another matter: the schema has the last word on it.
    let has_spec = object.get("spec").is_some();
    each_field(&kind.schema().spec, &Path::dotted("spec"), &mut |path, value| {
        if has_spec && path.find(object).is_none_or(|present| *present != value) {
            let mut variant = object.clone();
            put(&mut variant, &path.0, Some(value));
            variants.push((path.clone(), variant));
        }
    });
    variants.retain(|(path, _)| !FIXED.iter().any(|fixed| related(path, &Path::dotted(fixed))));
    variants
}

fn each_value(node: &Node<'_>, path: &mut Path, visit: &mut dyn FnMut(&Path, &Node<'_>)) {
    let children: Vec<(Segment, &Node<'_>)> = match node {
        Node::Map(map) => {
            let entries = map.iter();
            entries
                .map(|(key, value)| (Segment::Key(key.to_owned()), value))
                .collect()
        }
        Node::List(items) => {
            let items = items.iter().enumerate();
            items.map(|(index, value)| (Segment::Index(index), value)).collect()
        }
        _ => Vec::new(),
    };
    for (segment, child) in children {
        path.0.push(segment);
        visit(path, child);
        each_value(child, path, visit);
        path.0.pop();
    }
}

/// What may stand in the place of a value; `None` is nothing at all.
fn others(value: &Node<'_>) -> Vec<Option<Node<'static>>> {
    let text = |text: &str| Node::String(text.to_owned().into());
    let number = |text: &'static str| Node::Number(text.into());
    let values = match value {
        Node::String(old) => vec![text(""), text("other"), text(&format!("{old}x")), number("7")],
        Node::Number(_) => vec![number("0"), number("1000000"), text("other")],
        Node::Bool(old) => vec![Node::Bool(!old), text("other")],
        Node::List(items) if !items.is_empty() => {
            let twice = items.iter().chain(items).cloned().map(Node::into_owned);
            vec![Node::List(twice.collect())]
        }
        _ => vec![text("other")],
    };
    std::iter::once(None).chain(values.into_iter().map(Some)).collect()
}

/// Every field that some version of the kind has, with values that it may have, and those that people write in vain.
fn each_field(object: &'static ObjectSchema, path: &Path, visit: &mut dyn FnMut(&Path, Node<'static>)) {
    for entry in object.fields {
        let path = path.key(entry.name);
        if entry.variants.is_empty() {
            visit(&path, Node::String("sample".into()));
        }
        for variant in entry.variants {
            if let Shape::Object(below) = &variant.shape {
                each_field(below, &path, visit);
            } else {
                for value in samples(&variant.shape) {
                    visit(&path, value);
                }
            }
        }
    }
}

fn samples(shape: &'static Shape) -> Vec<Node<'static>> {
    let sample = || Node::String("sample".into());
    match shape {
        Shape::Boolean { .. } => vec![Node::Bool(true), Node::Bool(false)],
        Shape::Integer { .. } => vec![Node::Number("1".into())],
        Shape::String { allowed: [], .. } => vec![sample()],
        Shape::String { allowed, .. } => allowed.iter().map(|text| Node::String((*text).into())).collect(),
        Shape::Quantity => vec![Node::String("1Gi".into())],
        Shape::Object(_) => vec![Node::Map(Map(Vec::new()))],
        Shape::List { item, .. } => samples(item).into_iter().map(|item| Node::List(vec![item])).collect(),
        Shape::Map(value) => {
            let entry = |value| Node::Map(Map(vec![("sample".into(), value)]));
            samples(value).into_iter().map(entry).collect()
        }
    }
}

/// Puts a value at a path, in blocks that it makes where there are none; takes the value away where there is none to put.
fn put<'a>(node: &mut Node<'a>, path: &[Segment], value: Option<Node<'a>>) {
    let [first, rest @ ..] = path else {
        if let Some(value) = value {
            *node = value;
        }
        return;
    };
    match first {
        Segment::Index(index) => {
            let Node::List(items) = node else { return };
            if rest.is_empty() && value.is_none() {
                items.remove(*index);
            } else {
                put(&mut items[*index], rest, value);
            }
        }
        Segment::Key(key) => {
            if node.as_map().is_none() {
                *node = Node::Map(Map(Vec::new()));
            }
            let Node::Map(map) = node else { return };
            if rest.is_empty() && value.is_none() {
                map.0.retain(|(name, _)| name.as_ref() != key);
                return;
            }
            if map.get(key).is_none() {
                map.0.push((key.clone().into(), Node::Null));
            }
            if let Some(below) = map.get_mut(key) {
                put(below, rest, value);
            }
        }
    }
}
