//! Bodies that are meant to be slow: a recipe, and the review that is made by it.

use neo4jbackup_core::document::{Map, Node};
use neo4jbackup_core::registry;
use neo4jbackup_core::schema::{Era, Kind, ObjectSchema, Shape};
use neo4jbackup_webhook::Hook;

use super::super::random::Random;

const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// What long texts are made of.
const UNITS: [&str; 34] = [
    "a",
    "0",
    "9",
    "1,",
    "0-59,",
    "*/1,",
    "MON,",
    "/",
    "//",
    "../",
    ".",
    "-",
    "_",
    ":",
    "@",
    " ",
    "%",
    "\"",
    "\\",
    "\n",
    "\u{1}",
    "é",
    "\u{202e}",
    "{",
    "[",
    "1e9",
    "1h",
    "1ns",
    "Gi",
    "0 2 * * * ",
    "arn:aws:iam::123456789012:role/",
    "2026-11-20T12:00:00Z",
    "; until=2027-01-01",
    "<ACCOUNT>",
];

/// What they begin with, so that a parser takes them seriously.
const HEADS: [&str; 16] = [
    "",
    "0 2 * * ",
    "0 ",
    "TZ=",
    "CRON_TZ=Europe/",
    "@every ",
    "arn:aws:iam::123456789012:role/",
    "s3://",
    "https://",
    "-",
    "--",
    "2026-11-20T12:00:00.",
    "1.",
    "5.26.",
    "b@",
    "/backup/",
];

/// What they end with.
const TAILS: [&str; 9] = [
    " * * *",
    " 2 * * *",
    "",
    "Z",
    "h",
    "Gi",
    "d",
    "@acme.iam.gserviceaccount.com",
    "/",
];

/// Names of keys, of which there can be any number.
#[derive(Debug, Clone, Copy)]
pub(super) enum Key {
    /// `k17`.
    Short,
    /// A field of the schema, misspelt.
    NearMiss,
    /// An annotation that asks to ignore a rule that does not exist.
    IgnoreUnknown,
    /// The same for one that exists; there are not many, so that keys come again and again.
    IgnoreKnown,
    /// An annotation that no provider has, under the prefix of one.
    Identity,
    /// One and the same annotation of a provider, again and again.
    RoleArn,
    /// A kilobyte.
    Long,
}

/// Values of which lists and mappings are full.
#[derive(Debug, Clone, Copy)]
pub(super) enum Item {
    Null,
    True,
    Number,
    Huge,
    Empty,
    Word,
    Option,
    EmptyMap,
    EmptyList,
    Variable,
    Schema,
    Run,
    Nested,
    Long,
    Escaped,
}

/// What makes a body long.
#[derive(Debug, Clone)]
pub(super) enum Ingredient {
    /// One long text.
    Text {
        at: Vec<String>,
        head: &'static str,
        unit: &'static str,
        tail: &'static str,
    },
    /// A long list.
    Items { at: Vec<String>, item: Item },
    /// A mapping of many keys.
    Keys { at: Vec<String>, key: Key, item: Item },
    /// The same below `spec` of what was applied, beside the stored object.
    Applied {
        at: Vec<String>,
        key: Option<Key>,
        item: Item,
        stored: Stored,
    },
}

/// What the stored object has of what was applied.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Stored {
    Nothing,
    Same,
    Reversed,
}

/// What the old object was like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum History {
    /// There was none.
    Created,
    /// The same.
    Same,
    /// The same keys the other way round.
    Reversed,
    /// Every text was another.
    Changed,
    /// It had only what every object has.
    Bare,
}

/// What a review is about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Object {
    Kind(Kind),
    /// A Job, a `CronJob` or a `ServiceAccount`, of which `/mutate` alone has an opinion.
    Workload(&'static str, &'static str, &'static str),
}

/// How to make a body.
#[derive(Debug, Clone)]
pub(super) struct Recipe {
    pub(super) hook: Hook,
    pub(super) object: Object,
    pub(super) era: Era,
    pub(super) history: History,
    /// Whether the settings name every rule.
    pub(super) settings: bool,
    pub(super) ingredients: Vec<Ingredient>,
}

const KEYS: [Key; 7] = [
    Key::Short,
    Key::NearMiss,
    Key::IgnoreUnknown,
    Key::IgnoreKnown,
    Key::Identity,
    Key::RoleArn,
    Key::Long,
];

const ITEMS: [Item; 15] = [
    Item::Null,
    Item::True,
    Item::Number,
    Item::Huge,
    Item::Empty,
    Item::Word,
    Item::Option,
    Item::EmptyMap,
    Item::EmptyList,
    Item::Variable,
    Item::Schema,
    Item::Run,
    Item::Nested,
    Item::Long,
    Item::Escaped,
];

const HISTORIES: [History; 5] = [
    History::Created,
    History::Same,
    History::Reversed,
    History::Changed,
    History::Bare,
];

const STORED: [Stored; 3] = [Stored::Nothing, Stored::Same, Stored::Reversed];

const WORKLOADS: [Object; 3] = [
    Object::Workload("batch", "v1", "Job"),
    Object::Workload("batch", "v1", "CronJob"),
    Object::Workload("", "v1", "ServiceAccount"),
];

fn any<T: Copy>(choices: &[T], random: &mut Random) -> T {
    choices[random.below(choices.len())]
}

impl Recipe {
    /// A plain object with this one ingredient.
    pub(super) fn of(object: Object, history: History, ingredient: Ingredient) -> Self {
        Self {
            hook: Hook::Validate,
            object,
            era: Era::V1_14,
            history,
            settings: false,
            ingredients: vec![ingredient],
        }
    }

    /// Another recipe, near this one.
    pub(super) fn mutated(&self, random: &mut Random) -> Self {
        let mut next = self.clone();
        for _ in 0..=random.below(2) {
            next.mutate(random);
        }
        next
    }

    fn mutate(&mut self, random: &mut Random) {
        match random.below(9) {
            0 => self.hook = any(&[Hook::Validate, Hook::Mutate], random),
            1 => {
                self.object = if random.one_in(12) {
                    any(&WORKLOADS, random)
                } else {
                    Object::Kind(any(&Kind::ALL, random))
                };
            }
            2 => self.era = any(&Era::ALL, random),
            3 => self.history = any(&HISTORIES, random),
            4 => self.settings ^= true,
            5 if self.ingredients.len() < 4 => {
                let more = self.any_ingredient(random);
                self.ingredients.push(more);
            }
            6 if self.ingredients.len() > 1 => {
                let position = random.below(self.ingredients.len());
                self.ingredients.remove(position);
            }
            7 => {
                let position = random.below(self.ingredients.len());
                self.ingredients[position] = self.any_ingredient(random);
            }
            _ => {
                let position = random.below(self.ingredients.len());
                self.ingredients[position].mutate(random);
            }
        }
    }

    fn any_ingredient(&self, random: &mut Random) -> Ingredient {
        let places = Places::of(self.object, self.era);
        let item = any(&ITEMS, random);
        match random.below(4) {
            0 => Ingredient::Text {
                at: places.any_text(random),
                head: any(&HEADS, random),
                unit: any(&UNITS, random),
                tail: any(&TAILS, random),
            },
            1 => Ingredient::Items {
                at: places.any_list(random),
                item,
            },
            2 => Ingredient::Keys {
                at: places.any_map(random),
                key: any(&KEYS, random),
                item,
            },
            _ => {
                let is_list = random.one_in(2);
                Ingredient::Applied {
                    at: if is_list {
                        places.any_list(random)
                    } else {
                        places.any_map(random)
                    },
                    key: (!is_list).then(|| any(&KEYS, random)),
                    item,
                    stored: any(&STORED, random),
                }
            }
        }
    }

    /// The review, of about this many bytes.
    pub(super) fn body(&self, size: usize) -> Vec<u8> {
        let (bare, group, version, name) = self.bare();
        let bare_size = serde_json::to_string(&bare).unwrap().len();
        let is_update = self.history != History::Created;
        let copies = if is_update && self.history != History::Bare {
            2
        } else {
            1
        };
        let fixed = 600 + bare_size * if is_update { 2 } else { 1 };
        let share = size.saturating_sub(fixed) / copies / self.ingredients.len();
        let mut object = bare.clone();
        for ingredient in &self.ingredients {
            ingredient.add_to(&mut object, share);
        }
        let old = match self.history {
            History::Created => Node::Null,
            History::Same => object.clone(),
            History::Reversed => reversed(&object),
            History::Changed => changed(&object),
            History::Bare => bare,
        };
        let text = |node: &Node<'_>| serde_json::to_string(node).unwrap();
        let operation = if is_update { "UPDATE" } else { "CREATE" };
        format!(
            r#"{{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{{"uid":"u","kind":{{"group":"{group}","version":"{version}","kind":"{name}"}},"name":"nightly","namespace":"graph","operation":"{operation}","object":{},"oldObject":{},"dryRun":false}}}}"#,
            text(&object),
            text(&old)
        )
        .into_bytes()
    }

    /// The object without what makes it long, and its group, version and kind.
    fn bare(&self) -> (Node<'static>, &'static str, &'static str, &'static str) {
        let (group, version, name) = match self.object {
            Object::Kind(kind) => (kind.group().name(), self.era.api_version(), kind.name()),
            Object::Workload(group, version, name) => (group, version, name),
        };
        let api_version = if group.is_empty() {
            version.to_owned()
        } else {
            format!("{group}/{version}")
        };
        let spec = match self.object {
            Object::Kind(Kind::Neo4jBackup) => serde_json::json!({
                "instanceRef": "prod", "database": "neo4j", "schedule": "0 2 * * *",
                "storage": {"type": "s3", "bucket": "acme-backups", "path": "shared", "cloud": {
                    "identity": {"provider": "aws", "autoCreate": {"enabled": true}},
                }},
            }),
            Object::Kind(Kind::Neo4jRestore) => serde_json::json!({
                "instanceRef": "prod", "database": "neo4j", "stopCluster": true,
                "source": {
                    "type": "pitr", "pitr": {"baseBackup": {
                        "type": "storage", "storage": {"type": "s3", "bucket": "b"}, "backupPath": "/a//b"
                    }},
                    "storage": {"type": "s3", "bucket": "acme-backups"}, "pointInTime": "2026-11-20T12:00:00Z",
                },
            }),
            _ => serde_json::json!({}),
        };
        let object = serde_json::json!({
            "apiVersion": api_version, "kind": name, "metadata": {
                "name": "nightly", "namespace": "graph",
                "labels": {"app.kubernetes.io/managed-by": "neo4j-operator", "app.kubernetes.io/component": "backup"},
            },
            "spec": spec,
        });
        (Node::from(object), group, version, name)
    }
}

impl Ingredient {
    fn mutate(&mut self, random: &mut Random) {
        match self {
            Self::Text { head, unit, tail, .. } => match random.below(3) {
                0 => *head = any(&HEADS, random),
                1 => *unit = any(&UNITS, random),
                _ => *tail = any(&TAILS, random),
            },
            Self::Items { item, .. } => *item = any(&ITEMS, random),
            Self::Keys { key, item, .. } => match random.below(2) {
                0 => *key = any(&KEYS, random),
                _ => *item = any(&ITEMS, random),
            },
            Self::Applied { key, item, stored, .. } => match random.below(3) {
                0 => *key = key.map(|_| any(&KEYS, random)),
                1 => *item = any(&ITEMS, random),
                _ => *stored = any(&STORED, random),
            },
        }
    }

    /// Adds about this many bytes.
    fn add_to(&self, object: &mut Node<'static>, share: usize) {
        match self {
            Self::Text { at, head, unit, tail } => {
                let each = text_length(unit);
                let count = share.saturating_sub(head.len() + tail.len()) / each;
                put(object, at, text(format!("{head}{}{tail}", unit.repeat(count))));
            }
            Self::Items { at, item } => put(object, at, many(None, *item, share, 0)),
            Self::Keys { at, key, item } => put(object, at, many(Some(*key), *item, share, 0)),
            Self::Applied { at, key, item, stored } => {
                // What was applied stands in a text, at most 256 KiB, with a `\` before each of its quotes.
                let share = if *stored == Stored::Nothing { share } else { share / 2 };
                let value = many(*key, *item, share.min(250 << 10), 1);
                let mut applied = Node::Map(Map::default());
                put(&mut applied, at, value.clone());
                let applied = serde_json::to_string(&applied).unwrap();
                put(
                    object,
                    &["metadata".into(), "annotations".into(), LAST_APPLIED.into()],
                    text(applied),
                );
                match stored {
                    Stored::Nothing => {}
                    Stored::Same => put(object, at, value),
                    Stored::Reversed => put(object, at, reversed(&value)),
                }
            }
        }
    }
}

/// A list or a mapping of `share` bytes, where each quote takes `escapes` bytes more.
fn many(key: Option<Key>, item: Item, share: usize, escapes: usize) -> Node<'static> {
    let length = |index: usize| {
        let value = serde_json::to_string(&item.value(index)).unwrap();
        let key = key.map(|key| key.name(index)).unwrap_or_default();
        let quotes = value.matches('"').count() + if key.is_empty() { 0 } else { 2 };
        value.len() + 1 + if key.is_empty() { 0 } else { key.len() + 3 } + quotes * escapes
    };
    // A number in a name has more digits, the longer the list.
    let count = share / length(share / length(0));
    match key {
        None => Node::List((0..count).map(|index| item.value(index)).collect()),
        Some(key) => Node::Map(Map((0..count)
            .map(|index| (key.name(index).into(), item.value(index)))
            .collect())),
    }
}

impl Key {
    fn name(self, index: usize) -> String {
        match self {
            Self::Short => format!("k{index}"),
            Self::NearMiss => {
                let fields = [
                    "schedule",
                    "storage",
                    "retention",
                    "instanceRef",
                    "credentialsSecretRef",
                    "database",
                ];
                let field = fields[index % fields.len()];
                let letter = |number: usize| char::from(b'a' + u8::try_from(number % 26).unwrap());
                let middle: String = [index / 6, index / 156, index / 4056].into_iter().map(letter).collect();
                format!("{}{middle}{}", &field[..2], &field[3..])
            }
            Self::IgnoreUnknown => format!("neo4jbackup.github.io/ignore-NB{index}"),
            Self::IgnoreKnown => {
                let rules = registry::all();
                format!(
                    "neo4jbackup.github.io/ignore-{}",
                    rules[index % rules.len()].meta().code
                )
            }
            Self::Identity => format!("azure.workload.identity/{index}"),
            Self::RoleArn => "eks.amazonaws.com/role-arn".to_owned(),
            Self::Long => format!("{}{index}", "k".repeat(1000)),
        }
    }
}

impl Item {
    fn value(self, index: usize) -> Node<'static> {
        let json = |value| Node::from(value);
        match self {
            Self::Null => Node::Null,
            Self::True => Node::Bool(true),
            Self::Number => Node::Number("1".into()),
            Self::Huge => Node::Number("1e300".into()),
            Self::Empty => text(String::new()),
            Self::Word => text("x".to_owned()),
            Self::Option => text(format!("--option={index}")),
            Self::EmptyMap => Node::Map(Map::default()),
            Self::EmptyList => Node::List(Vec::new()),
            Self::Variable => json(serde_json::json!({"valueFrom": {"resourceFieldRef": {"divisor": "1x"}}})),
            Self::Schema => json(serde_json::json!({"name": "", "topology": {}, "limits": {"cpu": "-1"}})),
            Self::Run => json(
                serde_json::json!({"status": "Succeeded", "startTime": "2026-11-20T12:00:00Z", "completionTime": "x"}),
            ),
            Self::Nested => (0..60).fold(Node::List(Vec::new()), |below, level| {
                if level % 2 == 0 {
                    Node::Map(Map(vec![("k".into(), below)]))
                } else {
                    Node::List(vec![below])
                }
            }),
            Self::Long => text("x y".repeat(340)),
            Self::Escaped => text("\n".to_owned()),
        }
    }
}

fn text(text: String) -> Node<'static> {
    Node::String(text.into())
}

/// How long a text is as JSON.
fn text_length(text: &str) -> usize {
    serde_json::to_string(text).unwrap().len() - 2
}

/// Puts a value at a place; what is there of the same kind is added to.
fn put(node: &mut Node<'static>, at: &[String], value: Node<'static>) {
    let Some((key, rest)) = at.split_first() else {
        match (node, value) {
            (Node::Map(map), Node::Map(more)) => map.0.extend(more.0),
            (Node::List(items), Node::List(more)) => items.extend(more),
            (node, value) => *node = value,
        }
        return;
    };
    if key == "[]" {
        if node.as_list().is_none() {
            *node = Node::List(vec![Node::Null]);
        }
        if let Node::List(items) = node
            && let Some(first) = items.first_mut()
        {
            put(first, rest, value);
        }
        return;
    }
    if node.as_map().is_none() {
        *node = Node::Map(Map::default());
    }
    let Node::Map(map) = node else { return };
    if map.get(key).is_none() {
        map.0.push((key.clone().into(), Node::Null));
    }
    if let Some(below) = map.get_mut(key) {
        put(below, rest, value);
    }
}

/// The same, with the last key first.
fn reversed(node: &Node<'static>) -> Node<'static> {
    match node {
        Node::Map(map) => Node::Map(Map(map
            .0
            .iter()
            .rev()
            .map(|(key, value)| (key.clone(), reversed(value)))
            .collect())),
        Node::List(items) => Node::List(items.iter().map(reversed).collect()),
        other => other.clone(),
    }
}

/// The same, with another letter at the end of every text.
fn changed(node: &Node<'static>) -> Node<'static> {
    match node {
        Node::Map(map) => Node::Map(Map(map
            .0
            .iter()
            .map(|(key, value)| (key.clone(), changed(value)))
            .collect())),
        Node::List(items) => Node::List(items.iter().map(changed).collect()),
        Node::String(text) => Node::String(format!("{text}~").into()),
        other => other.clone(),
    }
}

/// The places of an object where something long can stand.
struct Places {
    texts: Vec<Vec<String>>,
    lists: Vec<Vec<String>>,
    maps: Vec<Vec<String>>,
}

impl Places {
    fn of(object: Object, era: Era) -> Self {
        let mut places = Self {
            texts: ["metadata.name", "metadata.generateName", "metadata.deletionTimestamp"]
                .map(dotted)
                .to_vec(),
            lists: ["status.history", "metadata.finalizers"].map(dotted).to_vec(),
            maps: [
                "metadata.annotations",
                "metadata.labels",
                "spec",
                "",
                "metadata",
                "status",
            ]
            .map(dotted)
            .to_vec(),
        };
        match object {
            Object::Kind(kind) => places.below(&kind.schema().spec, era, &dotted("spec")),
            Object::Workload(..) => {
                for pod in ["spec.template", "spec.jobTemplate.spec.template"] {
                    places.maps.push(dotted(&format!("{pod}.metadata.labels")));
                    places.maps.push(dotted(&format!("{pod}.spec")));
                    places.lists.push(dotted(&format!("{pod}.spec.containers")));
                    places.texts.push(dotted(&format!("{pod}.spec.serviceAccountName")));
                }
            }
        }
        places
    }

    fn below(&mut self, schema: &'static ObjectSchema, era: Era, at: &[String]) {
        self.maps.push(at.to_vec());
        for entry in schema.fields {
            let here: Vec<String> = at.iter().cloned().chain([entry.name.to_owned()]).collect();
            // What the era lacks may be sent all the same.
            let shape = entry
                .shape(era)
                .or(entry.variants.first().map(|variant| &variant.shape));
            if let Some(shape) = shape {
                self.shape(shape, era, here);
            }
        }
    }

    fn shape(&mut self, shape: &'static Shape, era: Era, here: Vec<String>) {
        match shape {
            Shape::String { .. } | Shape::Quantity => self.texts.push(here),
            Shape::Object(below) => self.below(below, era, &here),
            Shape::Map(_) => {
                // The rules know these by name.
                for key in [
                    "eks.amazonaws.com/role-arn",
                    "iam.gke.io/gcp-service-account",
                    "azure.workload.identity/client-id",
                    "cpu",
                ] {
                    self.texts.push(here.iter().cloned().chain([key.to_owned()]).collect());
                }
                self.maps.push(here);
            }
            Shape::List { item, .. } => {
                let first = here.iter().cloned().chain(["[]".to_owned()]).collect();
                self.lists.push(here);
                self.shape(item, era, first);
            }
            Shape::Boolean { .. } | Shape::Integer { .. } => {}
        }
    }

    fn any_text(&self, random: &mut Random) -> Vec<String> {
        self.texts[random.below(self.texts.len())].clone()
    }

    fn any_list(&self, random: &mut Random) -> Vec<String> {
        self.lists[random.below(self.lists.len())].clone()
    }

    fn any_map(&self, random: &mut Random) -> Vec<String> {
        self.maps[random.below(self.maps.len())].clone()
    }
}

/// The steps of a dotted path of plain keys.
pub(super) fn dotted(path: &str) -> Vec<String> {
    path.split('.')
        .filter(|key| !key.is_empty())
        .map(str::to_owned)
        .collect()
}
