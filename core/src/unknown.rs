//! What of a judgement stands when parts of the object are not known yet.
//!
//! A manifest may be unfinished on purpose: another tool fills placeholders in, or lays a patch over an object that stands
//! elsewhere. A rule says in its metadata which fields its verdict depends on. So a finding stands when all of these are
//! known, and is withheld when one is not: it may be wrong about the object that will be applied.

use std::collections::{HashMap, HashSet};

use crate::document::trail::Trail;
use crate::document::{Node, Path, Segment};
use crate::finding::{Finding, Reason};
use crate::registry;
use crate::rule::{RuleMeta, Skipped};
use crate::rules::SuppressionInvalid;
use crate::values::placeholder::{self, Filler, Notation};

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
    /// Looks through an object that stands in a text of this notation. `is_patch` is what is known from elsewhere; a `$patch`
    /// in the object says it, too.
    pub fn of(object: &Node<'_>, is_patch: bool, notation: Notation) -> Self {
        let mut unknown = Self {
            fields: Vec::new(),
            is_patch: is_patch || object.get("$patch").is_some(),
            is_encrypted: object.get(SOPS).is_some_and(|sops| sops.get("mac").is_some()),
        };
        collect(object, None, notation, &mut unknown.fields);
        unknown
    }

    /// Whether everything is known.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty() && !self.is_patch && !self.is_encrypted
    }

    /// Takes out what may be wrong about the finished object, of one document's findings and of what could not be checked.
    /// Each rule is asked once, and each finding looks only for itself and what is above it, so that many of both stay cheap.
    pub fn withhold(&self, findings: &mut Vec<Finding>, skipped: &mut Vec<Skipped>, object: &Node<'_>) {
        let mut asked: HashMap<&'static str, bool> = HashMap::new();
        let mut is_open = |code_or_name: &str| {
            let meta = registry::rule(code_or_name);
            meta.is_some_and(|meta| *asked.entry(meta.code).or_insert_with(|| self.hides_rule(meta, object)))
        };
        let placeholders: HashSet<&[Segment]> = self.fields.iter().map(|field| field.path.0.as_slice()).collect();
        findings.retain(|finding| {
            // That an accepted finding is not there says nothing where its rule could not be sure.
            let is_of_suppression = finding.code == SuppressionInvalid::META.code;
            let accepted = finding.value.as_deref().filter(|_| is_of_suppression);
            !self.hides_place(finding, &placeholders, object)
                && !is_open(finding.code)
                && !accepted.is_some_and(&mut is_open)
        });
        skipped.retain(|skipped| !is_open(skipped.code));
    }

    /// Whether what stands at the place of a finding, or does not stand there, is not known.
    fn hides_place(&self, finding: &Finding, placeholders: &HashSet<&[Segment]>, object: &Node<'_>) -> bool {
        let path = finding.path.0.as_slice();
        let is_at_placeholder = (0..=path.len()).any(|length| placeholders.contains(&path[..length]));
        let is_of_sops = self.is_encrypted && path.first().is_some_and(|first| is_key(first, SOPS));
        if is_at_placeholder || is_of_sops {
            return true;
        }
        self.is_patch && {
            let is_absent = || finding.reason == Reason::Required || finding.path.find(object).is_none();
            // A block that is there may lack something that the finding is about.
            let is_block = || {
                finding
                    .path
                    .find(object)
                    .is_some_and(|node| node.scalar_text().is_none())
            };
            let of_schema = registry::rule(finding.code).is_some_and(reads_everything);
            path.iter().any(is_directive) || is_absent() || !of_schema && is_block()
        }
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

fn is_key(segment: &Segment, key: &str) -> bool {
    matches!(segment, Segment::Key(own) if own == key)
}

fn is_directive(segment: &Segment) -> bool {
    matches!(segment, Segment::Key(key) if key.starts_with(DIRECTIVE))
}

fn collect(node: &Node<'_>, trail: Option<&Trail<'_>>, notation: Notation, fields: &mut Vec<Placeholder>) {
    if let Some(text) = node.as_str() {
        note(text, trail, notation, fields);
    } else if let Some(map) = node.as_map() {
        for (key, value) in map.iter() {
            let trail = trail.map_or_else(|| Trail::root(key), |above| above.key(key));
            if !note(key, Some(&trail), notation, fields) {
                collect(value, Some(&trail), notation, fields);
            }
        }
    } else if let Some(list) = node.as_list() {
        for (index, value) in list.iter().enumerate() {
            match trail {
                Some(above) => collect(value, Some(&above.index(index)), notation, fields),
                // An object is no list.
                None => collect(value, None, notation, fields),
            }
        }
    }
}

/// Adds the field to which `trail` leads when `text`, its key or its value, holds a placeholder; says whether it does.
fn note(text: &str, trail: Option<&Trail<'_>>, notation: Notation, fields: &mut Vec<Placeholder>) -> bool {
    let Some((filler, text)) = placeholder::find_in(notation, text) else {
        return false;
    };
    fields.push(Placeholder {
        path: trail.map(Trail::path).unwrap_or_default(),
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
        Unknown::of(
            &parse(text, &Limits::default()).documents[0].root,
            false,
            Notation::Manifest,
        )
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
