//! A place in an object: the field path that Kubernetes prints, and the JSON pointer that a patch needs.

use std::fmt;

use super::node::Node;
use crate::quoted::Name;

/// One step into a mapping or a sequence.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Segment {
    /// A key of a mapping.
    Key(String),
    /// A position in a sequence, from 0.
    Index(usize),
}

/// A field path: `spec.storage.cloud.identity.autoCreate.annotations[eks.amazonaws.com/role-arn]`. It is shown so that no
/// key can be taken for another path, and none for something to be done.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Path(pub Vec<Segment>);

impl Path {
    /// The whole object.
    pub fn root() -> Self {
        Self::default()
    }

    /// A path of plain keys, `spec.storage.bucket`; the empty text is the whole object.
    pub fn dotted(text: &str) -> Self {
        Self(
            text.split('.')
                .filter(|key| !key.is_empty())
                .map(|key| Segment::Key(key.to_owned()))
                .collect(),
        )
    }

    /// This path and one key below it. The key may hold any character.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        let mut segments = self.0.clone();
        segments.push(Segment::Key(key.to_owned()));
        Self(segments)
    }

    /// This path and the plain keys of `dotted` below it.
    #[must_use]
    pub fn join(&self, dotted: &str) -> Self {
        let mut segments = self.0.clone();
        segments.extend(Self::dotted(dotted).0);
        Self(segments)
    }

    /// This path and one position below it.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        let mut segments = self.0.clone();
        segments.push(Segment::Index(index));
        Self(segments)
    }

    /// The path without its last step; `None` for the whole object.
    pub fn parent(&self) -> Option<Self> {
        let (_, parents) = self.0.split_last()?;
        Some(Self(parents.to_vec()))
    }

    /// The last key, when the path ends in one.
    pub fn last_key(&self) -> Option<&str> {
        match self.0.last() {
            Some(Segment::Key(key)) => Some(key),
            _ => None,
        }
    }

    /// Whether `self` is `other` or lies below it.
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0)
    }

    /// The value at this path.
    pub fn find<'n, 'a>(&self, root: &'n Node<'a>) -> Option<&'n Node<'a>> {
        let mut node = root;
        for segment in &self.0 {
            node = match segment {
                Segment::Key(key) => node.get(key)?,
                Segment::Index(index) => node.as_list()?.get(*index)?,
            };
        }
        Some(node)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Key(key) if is_plain(key) => {
                    if position > 0 {
                        formatter.write_str(".")?;
                    }
                    formatter.write_str(key)?;
                }
                Segment::Key(key) => write_key(key, formatter)?,
                Segment::Index(index) => write!(formatter, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// A key in brackets, in quotes where something in it could be taken for the path.
fn write_key(key: &str, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    let key = Name(key).to_string();
    if key.is_empty() || key.contains(['[', ']', '"', '\\']) {
        write!(formatter, "[\"{}\"]", key.replace('"', "\\\""))
    } else {
        write!(formatter, "[{key}]")
    }
}

fn is_plain(key: &str) -> bool {
    !key.is_empty()
        && key
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_as_kubernetes_does() {
        let path = Path::dotted("spec.annotations")
            .key("eks.amazonaws.com/role-arn")
            .index(2);
        assert_eq!(path.to_string(), "spec.annotations[eks.amazonaws.com/role-arn][2]");
        assert!(path.is_within(&Path::dotted("spec")));
        assert!(!Path::dotted("spec").is_within(&path));
    }

    #[test]
    fn no_key_is_taken_for_a_path() {
        let shown = |key: &str| Path::dotted("spec").key(key).to_string();
        assert_eq!(shown("a].b[c"), "spec[\"a].b[c\"]");
        assert_eq!(shown("a\n\"b"), "spec[\"a\\n\\\"b\"]");
        assert_eq!(shown("\u{202e}x"), "spec[\"\\u{202e}x\"]");
        assert_eq!(shown(""), "spec[\"\"]");
    }
}
