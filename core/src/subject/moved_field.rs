//! What the rules about fields that do not exist share: words for what replaces them, and the edits that move them.

use crate::document::{Node, Path};
use crate::fix::{self, Edit, Fix, FixKind};
use crate::schema::SchemaProblem;
use crate::subject::Subject;

/// What is said of a field that no operator has ever done anything with.
pub(crate) const NEVER_HAD_EFFECT: &str = "it never had an effect";

/// What is said of a field that an operator may have which came after the tables were written; the newest version that they
/// know follows.
pub(crate) const BEYOND_THE_TABLES: &str = "not known to this version of the tool, which knows operators up to";

/// What to do about such a field.
pub(crate) const FIND_OUT: &str =
    "see what the operator really has: `--crds cluster`, or `--crds` with a folder of its CRDs";

/// The note of the schema table as a part of a sentence.
pub(crate) fn plain_note(note: Option<&'static str>) -> Option<String> {
    let note = note?;
    let note = note.strip_suffix('.').unwrap_or(note);
    let mut letters = note.chars();
    let first = letters.next()?;
    Some(first.to_lowercase().chain(letters).collect())
}

/// What to do about a field that is dropped.
pub(crate) fn hint(replacement: Option<&Path>, note: Option<String>) -> String {
    match (replacement, note) {
        (Some(path), Some(note)) => format!("use `{path}`; {note}"),
        (Some(path), None) => format!("use `{path}`"),
        (None, Some(note)) => note,
        (None, None) => "remove it".to_owned(),
    }
}

/// Whether two fields have the same parent.
pub(crate) fn stands_beside(path: &Path, other: &Path) -> bool {
    path.parent() == other.parent()
}

/// Moves a value to another field, where that is empty and the schema takes the value there.
pub(crate) fn move_fix(subject: &Subject<'_>, path: &Path, to: &Path, kind: FixKind) -> Option<Fix> {
    let value = path.find(subject.object).filter(|value| !value.is_null())?;
    if to.find(subject.object).is_some_and(|there| !there.is_null()) || to.is_within(path) {
        return None;
    }
    let edits = if stands_beside(path, to) {
        vec![Edit::Rename {
            path: path.clone(),
            to: to.last_key()?.to_owned(),
        }]
    } else {
        vec![
            Edit::Set {
                path: to.clone(),
                value: serde_json::to_value(value).ok()?,
            },
            Edit::Remove { path: path.clone() },
        ]
    };
    fits(subject, to, &edits).then(|| Fix {
        kind,
        title: format!("use `{to}`"),
        edits,
    })
}

/// Whether the schema has nothing against what the edits leave at `to` and below, and the edits arrive there.
pub(crate) fn fits(subject: &Subject<'_>, to: &Path, edits: &[Edit]) -> bool {
    let moved: Node<'_> = fix::apply(subject.object, edits);
    to.find(&moved).is_some()
        && subject.schema().is_none_or(|schema| {
            let problems = schema.check(&moved);
            let mut places = problems.iter().map(SchemaProblem::path);
            !places.any(|place| place.is_within(to) || to.is_within(place))
        })
}
