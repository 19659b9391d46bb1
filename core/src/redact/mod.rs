//! Which parts of a text nobody else may see, and what stands in their place.
//!
//! ```text
//! names     does a name say that its value is secret?          assigned  password=…, --password …, name and value
//! shapes    keys and tokens that are known by their shape      runs      long words: secret keys, base64
//! view      a text without its escapes, layer by layer         places    accounts, buckets, hosts; on request
//! tokens    <redacted:password:1>
//! ```
//!
//! A value that is secret at one place is secret at all: everything is read twice, first to learn the values, then to
//! replace them wherever they stand and however they are escaped or encoded. Doing it again changes nothing.

mod assigned;
mod found;
mod kind;
mod names;
mod places;
mod runs;
mod shapes;
mod tokens;
mod view;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

use aho_corasick::{AhoCorasick, MatchKind};

use self::found::{Found, merged};
use self::names::Of;
use self::tokens::Tokens;
use crate::document::{Map, Node};
use crate::snapshot::{Rewrite, Snapshot, StoredObject};

pub use self::kind::Kind;

/// So deep base64 is decoded; what goes deeper is redacted unseen.
const DEEPEST: usize = 12;
/// Shorter values are replaced only where they are said to be secret: they may be part of any word.
const SHORTEST_SPREAD: usize = 8;
/// From this length on, any value is replaced wherever it stands.
const SURELY_OWN: usize = 16;

/// What is redacted beside secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Extent {
    /// Nothing.
    #[default]
    Secrets,
    /// Numbers of accounts, buckets, hosts, addresses and e-mail addresses.
    Places,
}

/// How often something was redacted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// How many values.
    pub values: usize,
    /// At how many places.
    pub places: usize,
}

/// Redacts the texts of one report, so that one value is one token in all of them.
#[derive(Debug, Default)]
pub struct Redactor {
    extent: Extent,
    tokens: Tokens,
    /// Values that are replaced wherever they stand.
    known: Option<(AhoCorasick, Vec<Kind>)>,
    /// Names of objects, which a diagnosis is nothing without.
    names: HashSet<String>,
    counts: BTreeMap<Kind, (HashSet<String>, usize)>,
}

impl Redactor {
    /// A redactor that has seen nothing.
    pub fn new(extent: Extent) -> Self {
        Self {
            extent,
            ..Self::default()
        }
    }

    /// Redacts everything in a snapshot: objects, logs, and why something could not be read.
    pub fn snapshot(&mut self, snapshot: &mut Snapshot) {
        for resource in snapshot.resources().collect::<Vec<_>>() {
            for object in snapshot.objects(resource) {
                note_names(&object.node(), &mut self.names);
                self.tokens.note(object.text());
            }
        }
        for _ in 0..2 {
            // What is met is learned; the first time what comes of it is thrown away.
            for resource in snapshot.resources().collect::<Vec<_>>() {
                for object in snapshot.objects(resource) {
                    self.object(object);
                }
            }
            for (_, tail) in snapshot.logs() {
                if let Some(text) = tail.text() {
                    self.text_near(text, false);
                }
            }
            self.learn();
        }
        self.counts.clear();
        snapshot.rewrite(self);
    }

    /// Returns what a part of a report is redacted to.
    pub fn text<'t>(&mut self, text: &'t str) -> Cow<'t, str> {
        self.text_near(text, false)
    }

    /// What was redacted since the values were learned, by kind.
    pub fn counts(&self) -> impl Iterator<Item = (Kind, Count)> {
        self.counts.iter().map(|(kind, (values, places))| {
            let values = values.len();
            (
                *kind,
                Count {
                    values,
                    places: *places,
                },
            )
        })
    }

    /// From now on replaces the values that were met wherever they stand.
    fn learn(&mut self) {
        let values = self.tokens.values();
        let mut values: Vec<(&str, Kind)> = values
            .filter(|(value, kind)| *kind != Kind::Encoded && is_own(value))
            .collect();
        values.sort_unstable();
        // Nor what is part of a name.
        let parts = parts_of(&self.names, &values);
        values.retain(|(value, _)| !parts.contains(value));
        let kinds = values.iter().map(|(_, kind)| *kind).collect();
        let patterns = values.iter().map(|(value, _)| value);
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(patterns);
        self.known = automaton.ok().map(|automaton| (automaton, kinds));
    }

    fn text_near<'t>(&mut self, text: &'t str, is_near_access_key: bool) -> Cow<'t, str> {
        let mut text = Cow::Borrowed(text);
        // What was replaced may have stood between a name and another secret.
        for _ in 0..4 {
            let found = self.find(&text, is_near_access_key, 0);
            if found.is_empty() {
                break;
            }
            let mut redacted = String::with_capacity(text.len());
            let mut done = 0;
            for part in merged(&text, found) {
                redacted.push_str(&text[done..part.range.start]);
                redacted.push_str(&self.token(part.kind, &part.value));
                done = part.range.end;
            }
            redacted.push_str(&text[done..]);
            text = Cow::Owned(redacted);
        }
        text
    }

    fn token(&mut self, kind: Kind, value: &str) -> String {
        let token = self.tokens.of(kind, value);
        let (values, places) = self.counts.entry(kind).or_default();
        values.insert(token.clone());
        *places += 1;
        token
    }

    /// Every part of a text that is to be redacted, as places in that text.
    fn find(&self, text: &str, is_near_access_key: bool, depth: usize) -> Vec<Found> {
        let mut all = Vec::new();
        if text.len() < 2 {
            return all;
        }
        let layers = view::layers(text);
        let is_near_access_key = is_near_access_key || shapes::names_access_key(&layers);
        for layer in layers {
            let mut found = Vec::new();
            shapes::find(&layer.text, &mut found);
            assigned::find(&layer, &mut found);
            if self.extent == Extent::Places {
                places::find(&layer.text, &mut found);
            }
            let is_secret = |text: &str| depth >= DEEPEST || !self.find(text, is_near_access_key, depth + 1).is_empty();
            runs::find(&layer.text, is_near_access_key, &is_secret, &mut found);
            self.find_known(&layer.text, &mut found);
            let tokens = tokens::ranges(&layer.text);
            found.retain(|part| {
                let is_in_token = tokens.iter().any(|token| token.contains(&part.range.start));
                !is_in_token && !tokens::is_stand_in(part.kind, &part.value)
            });
            all.extend(found.into_iter().map(|part| Found {
                range: layer.in_source(&part.range),
                ..part
            }));
        }
        all
    }

    fn find_known(&self, text: &str, found: &mut Vec<Found>) {
        let Some((automaton, kinds)) = &self.known else { return };
        for known in automaton.find_iter(text) {
            let kind = kinds[known.pattern().as_usize()];
            let touches =
                |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_alphanumeric() || letter == '-');
            let is_part =
                touches(text[..known.start()].chars().next_back()) || touches(text[known.end()..].chars().next());
            // Where something is has a name, which may be part of another.
            if !kind.is_place() || !is_part {
                found.push(Found::of(text, known.range(), kind));
            }
        }
    }

    /// Redacts a tree; returns whether anything was.
    fn node(&mut self, node: &mut Node<'_>, is_near_access_key: bool) -> bool {
        match node {
            Node::String(text) => match self.text_near(text, is_near_access_key) {
                Cow::Borrowed(_) => false,
                Cow::Owned(redacted) => {
                    *text = Cow::Owned(redacted);
                    true
                }
            },
            Node::List(items) => self.list(items, is_near_access_key),
            Node::Map(map) => self.map(map, is_near_access_key),
            Node::Null | Node::Bool(_) | Node::Number(_) => false,
        }
    }

    /// The words of a command among others: what follows `--password` is one.
    fn list(&mut self, items: &mut [Node<'_>], is_near_access_key: bool) -> bool {
        let is_shell = items
            .iter()
            .any(|item| item.as_str().is_some_and(|text| text.contains("cypher-shell")));
        let mut follows = None;
        let mut is_changed = false;
        for item in items {
            let kind = follows.take();
            if let Some(text) = item.as_str() {
                let flag = text.strip_prefix("--").filter(|flag| !flag.contains(['=', ' ']));
                follows = flag.and_then(|flag| names::kind(flag, Of::Field));
                if (is_shell && text == "-p") || text == "set-initial-password" {
                    follows = Some(Kind::Password);
                }
            }
            is_changed |= match (kind, &mut *item) {
                (Some(kind), Node::String(text)) if !text.starts_with('-') => self.value("", kind, text),
                _ => self.node(item, is_near_access_key),
            };
        }
        is_changed
    }

    fn map(&mut self, map: &mut Map<'_>, is_near_access_key: bool) -> bool {
        let variable = map.get("name").and_then(Node::as_str).map(str::to_owned);
        let store = ["type", "provider"]
            .into_iter()
            .find_map(|key| map.get(key).and_then(Node::as_str));
        let may_be_azure = store.is_none_or(|store| store == "azure");
        let mut is_changed = false;
        for (key, value) in &mut map.0 {
            let variable = variable.as_deref().filter(|_| key == "value");
            let (name, of) = variable.map_or((key.as_ref(), Of::Field), |name| (name, Of::Variable));
            let name = name.to_owned();
            if let Cow::Owned(redacted) = self.text_near(key, is_near_access_key) {
                *key = Cow::Owned(redacted);
                is_changed = true;
            }
            is_changed |= match value {
                Node::String(text) => {
                    let is_changed = match Self::kind_of(&name, of) {
                        Some(kind) => self.value(&name, kind, text),
                        None => self.place(&name, may_be_azure, text),
                    };
                    is_changed || self.node(value, is_near_access_key)
                }
                Node::Number(text) if names::kind(&name, of) == Some(Kind::Password) => {
                    let token = self.token(Kind::Password, text);
                    *value = Node::String(Cow::Owned(token));
                    true
                }
                Node::List(items) if names::kind(&name, of).is_some() => {
                    let is_changed = self.texts(&name, of, items);
                    self.list(items, is_near_access_key) || is_changed
                }
                _ => self.node(value, is_near_access_key),
            };
        }
        is_changed
    }

    /// Redacts the texts in a list whose name says that they are secret.
    fn texts(&mut self, name: &str, of: Of, items: &mut [Node<'_>]) -> bool {
        let Some(kind) = names::kind(name, of) else {
            return false;
        };
        let name = names::of_one(name);
        let mut is_changed = false;
        for item in items {
            if let Node::String(text) = item {
                is_changed |= self.value(name, kind, text);
            }
        }
        is_changed
    }

    /// What the value of a name is as a whole.
    fn kind_of(name: &str, of: Of) -> Option<Kind> {
        if names::is_neo4j_auth(name) {
            return Some(Kind::Password);
        }
        names::kind(name, of)
    }

    /// Redacts of the value of a field what says where something is.
    fn place(&mut self, name: &str, may_be_azure: bool, text: &mut Cow<'_, str>) -> bool {
        if self.extent != Extent::Places {
            return false;
        }
        let parts = places::of_field(name, text, may_be_azure).into_iter();
        let parts: Vec<_> = parts
            .filter(|(part, kind)| {
                let value = &text[part.clone()];
                !names::is_no_secret(value) && !tokens::is_stand_in(*kind, value)
            })
            .collect();
        if parts.is_empty() {
            return false;
        }
        let mut redacted = String::with_capacity(text.len());
        let mut done = 0;
        for (part, kind) in parts {
            redacted.push_str(&text[done..part.start]);
            redacted.push_str(&self.token(kind, &text[part.clone()]));
            done = part.end;
        }
        redacted.push_str(&text[done..]);
        *text = Cow::Owned(redacted);
        true
    }

    /// Redacts a whole value, unless it is none or says only where the secret is.
    fn value(&mut self, name: &str, kind: Kind, text: &mut Cow<'_, str>) -> bool {
        let user = if names::is_neo4j_auth(name) {
            match text.find('/') {
                Some(slash) => slash + 1,
                None => return false,
            }
        } else {
            0
        };
        let (user, value) = text.split_at(user);
        let is_name = kind != Kind::Password
            && (names::is_path(value) || names::is_reference(name, value) || self.names.contains(value));
        if names::is_no_secret(value) || is_name || tokens::is_stand_in(kind, value) {
            return false;
        }
        let token = self.token(kind, value);
        *text = Cow::Owned(format!("{user}{token}"));
        true
    }
}

impl Rewrite for Redactor {
    fn object(&mut self, object: &StoredObject) -> Option<StoredObject> {
        let is_near_access_key = shapes::names_access_key(&view::layers(object.text()));
        let mut node = object.node();
        let is_changed = self.node(&mut node, is_near_access_key);
        is_changed.then(|| StoredObject::new(&node))
    }

    fn text(&mut self, text: &str) -> String {
        self.text_near(text, false).into_owned()
    }
}

/// Returns a text in which the stand-ins of secrets have no numbers, so that those of two reports can be compared: in each of
/// them they are numbered anew.
pub fn without_numbers(text: &str) -> Cow<'_, str> {
    tokens::without_numbers(text)
}

/// The values that are part of a name. Every name is read once, however many values there are.
fn parts_of<'v>(names: &HashSet<String>, values: &[(&'v str, Kind)]) -> HashSet<&'v str> {
    let texts = values.iter().map(|(value, _)| *value);
    let Ok(automaton) = AhoCorasick::new(texts) else {
        // There are too many values for it.
        let texts = values.iter().map(|(value, _)| *value);
        return texts
            .filter(|value| names.iter().any(|name| name.contains(value)))
            .collect();
    };
    let met = names.iter().flat_map(|name| automaton.find_overlapping_iter(name));
    met.map(|met| values[met.pattern().as_usize()].0).collect()
}

/// Whether a value can stand for nothing else, so that it is replaced wherever it is.
fn is_own(value: &str) -> bool {
    let has = |is: fn(&u8) -> bool| usize::from(value.bytes().any(|byte| is(&byte)));
    let kinds = has(u8::is_ascii_lowercase)
        + has(u8::is_ascii_uppercase)
        + has(u8::is_ascii_digit)
        + usize::from(value.bytes().any(|byte| !byte.is_ascii_alphanumeric()));
    value.len() >= SURELY_OWN || (value.len() >= SHORTEST_SPREAD && kinds > 1)
}

/// The names in an object.
fn note_names(node: &Node<'_>, names: &mut HashSet<String>) {
    match node {
        Node::List(items) => items.iter().for_each(|item| note_names(item, names)),
        Node::Map(map) => {
            for (key, value) in map.iter() {
                match value {
                    Node::String(text) if is_name(key, text) => {
                        names.insert(text.to_string());
                    }
                    other => note_names(other, names),
                }
            }
        }
        _ => {}
    }
}

/// Whether a field holds the name of an object.
fn is_name(key: &str, text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
    let is_key = matches!(
        key,
        "name" | "namespace" | "instanceRef" | "backupRef" | "secretName" | "claimName"
    ) || key.ends_with("Ref")
        || names::refers(key);
    is_key && text.len() <= 253 && text.bytes().all(is_plain)
}
