//! The tree that every rule reads: one node type for YAML and JSON that borrows from the input.
//!
//! Numbers stay text, so that `1e-2147483648` costs nothing to carry and nobody rounds a quantity. A mapping keeps the
//! order of the source and is searched linearly: the objects here have a handful of keys per level.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

/// One value of a manifest or of an admission review.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Node<'a> {
    /// `null`, `~` or nothing after the colon.
    #[default]
    Null,
    /// A boolean, in YAML 1.1 spelling or JSON's.
    Bool(bool),
    /// A number, as the JSON text that kubectl would send (`010` in YAML is `8` here).
    Number(Cow<'a, str>),
    /// A string.
    String(Cow<'a, str>),
    /// A sequence.
    List(Vec<Node<'a>>),
    /// A mapping, in source order, without duplicate keys.
    Map(Map<'a>),
}

/// The entries of a mapping, in source order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Map<'a>(pub Vec<(Cow<'a, str>, Node<'a>)>);

/// A mapping in which many keys are looked up, one after the other.
#[derive(Debug)]
pub enum MapIndex<'n, 'a> {
    /// Of a few keys, a search is faster than what it takes to avoid one.
    Few(&'n Map<'a>),
    /// Of many it is not, and somebody may send a hundred thousand.
    Many(HashMap<&'n str, &'n Node<'a>>),
}

impl<'n, 'a> MapIndex<'n, 'a> {
    /// The value under `key`.
    pub fn get(&self, key: &str) -> Option<&'n Node<'a>> {
        match self {
            Self::Few(map) => map.get(key),
            Self::Many(entries) => entries.get(key).copied(),
        }
    }
}

/// The most keys that are searched one by one for each of many.
const FEW: usize = 16;

impl<'a> Map<'a> {
    /// What to look many keys up in.
    pub fn index(&self) -> MapIndex<'_, 'a> {
        if self.len() <= FEW {
            return MapIndex::Few(self);
        }
        // The first of several that have one key is the one that counts.
        MapIndex::Many(self.iter().collect::<Vec<_>>().into_iter().rev().collect())
    }

    /// The value under `key`.
    pub fn get(&self, key: &str) -> Option<&Node<'a>> {
        self.find(key.as_bytes())
    }

    /// Compares the length and the last byte before the text: nearly every other key of an object differs in one of
    /// the two, and these few steps are what the rules spend their time on.
    fn find(&self, key: &[u8]) -> Option<&Node<'a>> {
        let last = key.last();
        let found = self.0.iter().find(|(name, _)| {
            let name = name.as_bytes();
            name.len() == key.len() && name.last() == last && name == key
        });
        found.map(|(_, value)| value)
    }

    /// The value under `key`, to be changed.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node<'a>> {
        self.0.iter_mut().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// All entries, in source order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Node<'a>)> {
        self.0.iter().map(|(key, value)| (key.as_ref(), value))
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> Node<'a> {
    /// The value under `key` when this is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Node<'a>> {
        self.as_map()?.get(key)
    }

    /// The value at a dotted path of plain keys, `spec.storage.bucket`.
    pub fn at(&self, dotted: &str) -> Option<&Node<'a>> {
        let mut node = self;
        // A key is shorter than it takes to set up a search for the next dot.
        let mut rest = dotted.as_bytes();
        while let Some(dot) = rest.iter().position(|byte| *byte == b'.') {
            node = node.as_map()?.find(&rest[..dot])?;
            rest = &rest[dot + 1..];
        }
        node.as_map()?.find(rest)
    }

    /// The text when this is a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The value when this is a boolean.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The entries when this is a mapping.
    pub fn as_map(&self) -> Option<&Map<'a>> {
        match self {
            Self::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The items when this is a sequence.
    pub fn as_list(&self) -> Option<&[Node<'a>]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    /// Whether this is `null`.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// What a person calls this type: `a string`, `a mapping`.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::List(_) => "a list",
            Self::Map(_) => "a mapping",
        }
    }

    /// The text of a scalar as it is shown in a finding; `None` for lists, mappings and null.
    pub fn scalar_text(&self) -> Option<&str> {
        match self {
            Self::String(text) | Self::Number(text) => Some(text),
            Self::Bool(true) => Some("true"),
            Self::Bool(false) => Some("false"),
            _ => None,
        }
    }

    /// Gives back the room that its lists and mappings have for more.
    pub fn shrink_to_fit(&mut self) {
        match self {
            Self::List(items) => {
                items.shrink_to_fit();
                items.iter_mut().for_each(Node::shrink_to_fit);
            }
            Self::Map(map) => {
                map.0.shrink_to_fit();
                map.0.iter_mut().for_each(|(_, value)| value.shrink_to_fit());
            }
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::String(_) => {}
        }
    }

    /// A copy that borrows from nothing.
    pub fn into_owned(self) -> Node<'static> {
        match self {
            Self::Null => Node::Null,
            Self::Bool(value) => Node::Bool(value),
            Self::Number(text) => Node::Number(Cow::Owned(text.into_owned())),
            Self::String(text) => Node::String(Cow::Owned(text.into_owned())),
            Self::List(items) => Node::List(items.into_iter().map(Node::into_owned).collect()),
            Self::Map(map) => Node::Map(Map(map
                .0
                .into_iter()
                .map(|(key, value)| (Cow::Owned(key.into_owned()), value.into_owned()))
                .collect())),
        }
    }
}

impl From<serde_json::Value> for Node<'static> {
    fn from(value: serde_json::Value) -> Self {
        match value {
            serde_json::Value::Null => Node::Null,
            serde_json::Value::Bool(value) => Node::Bool(value),
            serde_json::Value::Number(number) => Node::Number(Cow::Owned(number.to_string())),
            serde_json::Value::String(text) => Node::String(Cow::Owned(text)),
            serde_json::Value::Array(items) => Node::List(items.into_iter().map(Node::from).collect()),
            serde_json::Value::Object(map) => Node::Map(Map(map
                .into_iter()
                .map(|(key, value)| (Cow::Owned(key), Node::from(value)))
                .collect())),
        }
    }
}

impl Serialize for Node<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(text) => match serde_json::from_str::<serde_json::Number>(text) {
                Ok(number) => number.serialize(serializer),
                Err(_) => serializer.serialize_str(text),
            },
            Self::String(text) => serializer.serialize_str(text),
            Self::List(items) => {
                let mut sequence = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    sequence.serialize_element(item)?;
                }
                sequence.end()
            }
            Self::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, value) in entries.iter() {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
        }
    }
}

/// From this length on, lists and mappings of a review grow by a quarter and no longer to twice their size: nobody may take
/// more memory than what was sent calls for.
pub const LARGE_LIST: usize = 1024;

/// Numbers that need no text of their own.
const DIGITS: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

/// The one member that an admission review carries in bulk and that no rule reads.
const SKIPPED: &str = "managedFields";

impl<'de: 'a, 'a> Deserialize<'de> for Node<'a> {
    /// Borrows every string that has no escape. `managedFields` is left out: it is a third of a typical review, and
    /// says who wrote what, never what was written.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Node<'de>, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node<'de>, E> {
        Ok(Node::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node<'de>, E> {
        Ok(Node::Number(Cow::Owned(value.to_string())))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node<'de>, E> {
        let digit = usize::try_from(value).ok().and_then(|value| DIGITS.get(value));
        Ok(Node::Number(match digit {
            Some(digit) => Cow::Borrowed(digit),
            None => Cow::Owned(value.to_string()),
        }))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node<'de>, E> {
        Ok(Node::Number(Cow::Owned(float_text(value))))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Node<'de>, E> {
        Ok(Node::String(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Node<'de>, E> {
        Ok(Node::String(Cow::Owned(text.to_owned())))
    }

    fn visit_string<E>(self, text: String) -> Result<Node<'de>, E> {
        Ok(Node::String(Cow::Owned(text)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Node<'de>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = sequence.next_element()? {
            if items.len() == items.capacity() && items.len() >= LARGE_LIST {
                items.reserve_exact(items.len() / 4);
            }
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node<'de>, A::Error> {
        let mut entries: Vec<(Cow<'de, str>, Node<'de>)> = Vec::new();
        while let Some(BorrowedKey(key)) = map.next_key()? {
            if key == SKIPPED {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            if entries.len() == entries.capacity() && entries.len() >= LARGE_LIST {
                entries.reserve_exact(entries.len() / 4);
            }
            entries.push((key, map.next_value()?));
        }
        Ok(Node::Map(Map(entries)))
    }
}

/// A number with a fraction or an exponent. One beyond what anybody writes in digits keeps its exponent: `1e300` has
/// five characters here, too, and not three hundred.
fn float_text(value: f64) -> String {
    if value == 0.0 || (1e-7..1e21).contains(&value.abs()) {
        value.to_string()
    } else {
        format!("{value:e}")
    }
}

/// A key that borrows where the source has no escape; serde's own `Cow` always copies.
struct BorrowedKey<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for BorrowedKey<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = BorrowedKey<'de>;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a key")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<BorrowedKey<'de>, E> {
                Ok(BorrowedKey(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<BorrowedKey<'de>, E> {
                Ok(BorrowedKey(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(KeyVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn borrows_strings_and_leaves_managed_fields_out() {
        let text = r#"{"a":"x","managedFields":[{"f:a":{}}],"n":1.50,"e":"\u0041"}"#;
        let node: Node<'_> = serde_json::from_str(text).unwrap();
        assert!(matches!(node.get("a"), Some(Node::String(Cow::Borrowed("x")))));
        assert_eq!(node.get("managedFields"), None);
        assert_eq!(node.get("e").and_then(Node::as_str), Some("A"));
        assert_eq!(serde_json::to_string(&node).unwrap(), r#"{"a":"x","n":1.5,"e":"A"}"#);
    }

    #[test]
    fn a_number_takes_no_more_room_than_its_text() {
        for (text, expected) in [
            ("1e300", "1e300"),
            ("-1e-300", "-1e-300"),
            ("1.5e2", "150"),
            ("1e20", "100000000000000000000"),
            ("0.0", "0"),
            ("0.000001", "0.000001"),
        ] {
            assert_eq!(
                serde_json::from_str::<Node<'_>>(text).unwrap(),
                Node::Number(expected.into())
            );
        }
    }

    #[test]
    fn an_index_finds_what_a_search_finds() {
        for count in [3, 300] {
            let keys = (0..count)
                .chain(0..count)
                .map(|number| format!("k{}", number % (count - 1)));
            let entries = keys
                .enumerate()
                .map(|(position, key)| (key.into(), Node::Number(position.to_string().into())));
            let map = Map(entries.collect());
            let index = map.index();
            for key in (0..=count).map(|number| format!("k{number}")) {
                assert_eq!(index.get(&key), map.get(&key), "{key} of {count}");
            }
        }
    }
}
