//! What of a judgement stands when parts of the object are not known yet.
//!
//! A manifest may be unfinished on purpose: another tool fills placeholders in, or lays a patch over an object that stands
//! elsewhere. A rule says in its metadata which fields its verdict depends on. So a finding stands when all of these are
//! known, and is withheld when one is not: it may be wrong about the object that will be applied.

use crate::document::{Node, Path, Segment};
use crate::finding::{Finding, Reason};
use crate::rule::RuleMeta;
use crate::values::placeholder::{self, Filler};

/// The keys with which kustomize steers a patch begin with this: `$patch`, `$retainKeys`, `$setElementOrder/…`.
const DIRECTIVE: char = '$';

/// Where SOPS keeps what it needs to decrypt a file.
const SOPS: &str = "sops";

/// The parts of one object that are not known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Unknown {
    /// The fields whose values or keys hold placeholders, in the order of the text.
    pub fields: Vec<Placeholder>,
    /// Whether the object is a patch: what is absent may be there in the object that it changes.
    pub is_patch: bool,
    is_encrypted: bool,
}

/// A field with a placeholder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placeholder {
    /// The field.
    pub path: Path,
    /// Who fills it in.
    pub filler: Filler,
    /// The placeholder as it stands there, `${BUCKET}`.
    pub text: String,
}

impl Unknown {
    /// Looks through an object. `is_patch` is what is known from elsewhere; a `$patch` in the object says it, too.
    pub fn of(object: &Node<'_>, is_patch: bool) -> Self {
        let mut unknown = Self {
            fields: Vec::new(),
            is_patch: is_patch || object.get("$patch").is_some(),
            is_encrypted: object.get(SOPS).is_some_and(|sops| sops.get("mac").is_some()),
        };
        collect(object, &mut Path::root(), &mut unknown.fields);
        unknown
    }

    /// Whether everything is known.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty() && !self.is_patch && !self.is_encrypted
    }

    /// Whether a finding of a rule may be wrong about the finished object.
    pub fn hides(&self, finding: &Finding, meta: &RuleMeta, object: &Node<'_>) -> bool {
        let is_at_placeholder = self.fields.iter().any(|field| finding.path.is_within(&field.path));
        let is_steering = match finding.path.0.first() {
            Some(Segment::Key(first)) => self.is_encrypted && first == SOPS,
            _ => false,
        } || self.is_patch && finding.path.0.iter().any(is_directive);
        if is_at_placeholder || is_steering {
            return true;
        }
        if self.is_patch && (finding.reason == Reason::Required || finding.path.find(object).is_none()) {
            return true;
        }
        // A block that is there may lack something that the finding is about.
        let is_block = || {
            finding
                .path
                .find(object)
                .is_some_and(|node| node.scalar_text().is_none())
        };
        self.hides_rule(meta, object) || self.is_patch && !reads_everything(meta) && is_block()
    }

    /// Whether a rule cannot be sure of anything, because it reads something that is not known.
    pub fn hides_rule(&self, meta: &RuleMeta, object: &Node<'_>) -> bool {
        if reads_everything(meta) {
            return false;
        }
        meta.reads.iter().any(|read| {
            let read = Path::dotted(read);
            let is_absent = || self.is_patch && read.find(object).is_none();
            let has_placeholder = |field: &Placeholder| field.path.is_within(&read) || read.is_within(&field.path);
            is_absent() || self.fields.iter().any(has_placeholder)
        })
    }
}

/// Whether it is a rule of the schema: each of its findings is about one field alone.
fn reads_everything(meta: &RuleMeta) -> bool {
    meta.reads.contains(&"spec")
}

fn is_directive(segment: &Segment) -> bool {
    matches!(segment, Segment::Key(key) if key.starts_with(DIRECTIVE))
}

fn collect(node: &Node<'_>, path: &mut Path, fields: &mut Vec<Placeholder>) {
    if let Some(text) = node.as_str() {
        note(text, path, fields);
    } else if let Some(map) = node.as_map() {
        for (key, value) in map.iter() {
            path.0.push(Segment::Key(key.to_owned()));
            if !note(key, path, fields) {
                collect(value, path, fields);
            }
            path.0.pop();
        }
    } else if let Some(list) = node.as_list() {
        for (index, value) in list.iter().enumerate() {
            path.0.push(Segment::Index(index));
            collect(value, path, fields);
            path.0.pop();
        }
    }
}

/// Adds the field at `path` when `text`, its key or its value, holds a placeholder; says whether it does.
fn note(text: &str, path: &Path, fields: &mut Vec<Placeholder>) -> bool {
    let Some((filler, text)) = placeholder::find(text) else {
        return false;
    };
    fields.push(Placeholder {
        path: path.clone(),
        filler,
        text: text.to_owned(),
    });
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Limits, parse};

    fn unknown(text: &str) -> Unknown {
        Unknown::of(&parse(text, &Limits::default()).documents[0].root, false)
    }

    #[test]
    fn placeholders_are_found_in_values_and_in_keys() {
        let unknown =
            unknown("spec:\n  bucket: ${ENV}-x\n  '${KEY}': {a: '${B}'}\n  list: [a, $(C)]\n  schedule: 0 2 * * *\n");
        let found: Vec<String> = unknown
            .fields
            .iter()
            .map(|field| format!("{} {}", field.path, field.text))
            .collect();
        assert_eq!(
            found,
            ["spec.bucket ${ENV}", "spec[${KEY}] ${KEY}", "spec.list[1] $(C)"]
        );
        assert!(!unknown.is_patch);
    }

    #[test]
    fn a_directive_makes_a_patch() {
        assert!(unknown("$patch: delete\nkind: Neo4jBackup\n").is_patch);
        assert!(unknown("kind: Neo4jBackup\n").is_empty());
    }
}
