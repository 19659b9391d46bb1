//! What may be typed at a cursor: fields that the schema has and the object not yet, and values.

use gen_lsp_types::{
    CompletionItem, CompletionItemKind, CompletionItemTextEdit, Documentation, MarkupContent, MarkupKind, TextEdit,
};
use neo4jbackup_core::document::{Path, Segment};
use neo4jbackup_core::operator::{Operator, Profile};
use neo4jbackup_core::schema::Kind;
use neo4jbackup_core::values::cron::Schedule;

use super::cursor::{Cursor, Notation, Part};
use super::fields::{Looks, Reader, Schemas};
use super::place::Lines;
use super::typed::Typed;

/// Schedules to begin with.
const SCHEDULES: [&str; 6] = [
    "0 2 * * *",
    "30 1 * * *",
    "0 */6 * * *",
    "0 3 * * 0",
    "0 4 1 * *",
    "15 * * * *",
];
/// The fields that every object has at its top.
const TOP_LEVEL: [(&str, &str); 4] = [
    ("apiVersion", "The group and version of the API."),
    ("kind", "What kind of object it is."),
    ("metadata", "Name, namespace, labels and annotations."),
    ("spec", "What is wanted."),
];
const METADATA: [(&str, &str); 4] = [
    ("name", "The name, unique in its namespace."),
    ("namespace", "The namespace."),
    ("labels", "Labels."),
    ("annotations", "Annotations."),
];
/// Fields that name an object, each with the kinds that it may be of.
const REFERENCES: [(Kind, &str, &[Kind]); 4] = [
    (Kind::Neo4jBackup, "spec.instanceRef", INSTANCES),
    (Kind::Neo4jRestore, "spec.instanceRef", INSTANCES),
    (Kind::Neo4jBackup, "spec.chainFromBackup", &[Kind::Neo4jBackup]),
    (Kind::Neo4jRestore, "spec.source.backupRef", &[Kind::Neo4jBackup]),
];
const INSTANCES: &[Kind] = &[Kind::Neo4jEnterpriseCluster, Kind::Neo4jEnterpriseStandalone];

/// Something to type.
struct Offer {
    /// What is written, as it stands in block style without quotation marks.
    label: String,
    form: Form,
    detail: String,
    page: String,
    is_first: bool,
}

/// How it is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Key {
        /// Whether its value begins in a line of its own, in block style.
        is_nested: bool,
    },
    /// `true`, or a number.
    Literal,
    Text,
    /// A text that YAML takes for something else without quotation marks.
    Quoted,
}

impl Offer {
    fn value(text: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            label: text.into(),
            form: Form::Text,
            detail: detail.into(),
            page: String::new(),
            is_first: false,
        }
    }

    fn key(name: &str, is_nested: bool, page: String) -> Self {
        Self {
            label: name.to_owned(),
            form: Form::Key { is_nested },
            detail: String::new(),
            page,
            is_first: false,
        }
    }

    /// What stands there when it is chosen, and what makes room for it.
    fn edit(&self, cursor: &Cursor<'_>) -> (Typed, String) {
        let typed = cursor.typed;
        let is_json = cursor.notation == Notation::Json;
        let is_nested = match self.form {
            Form::Key { .. } if typed.has_colon => return (typed, typed.written(&self.label, is_json)),
            Form::Key { is_nested } => is_nested,
            Form::Literal => return (typed, typed.written(&self.label, false)),
            Form::Text => return (typed, typed.written(&self.label, is_json)),
            Form::Quoted => return (typed, typed.written(&self.label, true)),
        };
        let whole = typed.with_its_mark();
        let begins_in_line = is_nested && cursor.notation == Notation::Block;
        let colon = if begins_in_line { ":" } else { ": " };
        (whole, format!("{}{colon}", whole.written(&self.label, is_json)))
    }
}

/// What there is for a cursor. `names` says which objects of a kind there are in a namespace.
pub(super) fn items(
    cursor: &Cursor<'_>,
    schemas: Schemas<'_>,
    names: impl Fn(Kind, Option<&str>) -> Vec<String>,
    text: &str,
    lines: &Lines,
) -> Vec<CompletionItem> {
    let reader = schemas.reader(cursor.api_version, cursor.kind);
    let offers = match &cursor.part {
        Part::Key { beside } => keys(cursor, reader, beside),
        Part::Value => values(cursor, reader, schemas.operator, &names),
    };
    offers
        .into_iter()
        .enumerate()
        .map(|(position, offer)| {
            let (room, new_text) = offer.edit(cursor);
            let range = lines.range(text, room.start, room.end);
            CompletionItem {
                kind: Some(match offer.form {
                    Form::Key { .. } => CompletionItemKind::Field,
                    _ => CompletionItemKind::Value,
                }),
                label: offer.label,
                detail: (!offer.detail.is_empty()).then_some(offer.detail),
                documentation: (!offer.page.is_empty())
                    .then(|| Documentation::MarkupContent(MarkupContent::new(MarkupKind::Markdown, offer.page))),
                sort_text: Some(format!("{}{position:04}", u8::from(!offer.is_first))),
                text_edit: Some(CompletionItemTextEdit::TextEdit(TextEdit::new(range, new_text))),
                ..CompletionItem::default()
            }
        })
        .collect()
}

fn keys(cursor: &Cursor<'_>, reader: Option<Reader<'_>>, beside: &[&str]) -> Vec<Offer> {
    let fixed = |rows: &[(&str, &str)]| -> Vec<Offer> {
        let rows = rows.iter().filter(|(name, _)| !beside.contains(name));
        rows.map(|(name, text)| {
            let is_nested = matches!(*name, "metadata" | "spec" | "labels" | "annotations");
            Offer::key(name, is_nested, (*text).to_owned())
        })
        .collect()
    };
    match cursor.path.as_slice() {
        [] => return fixed(&TOP_LEVEL),
        [Segment::Key(only)] if only == "metadata" => return fixed(&METADATA),
        _ => {}
    }
    let Some(reader) = reader else { return Vec::new() };
    let fields = reader.fields(&cursor.path).into_iter();
    let mut offers: Vec<Offer> = fields
        .filter(|field| !beside.contains(&field.name))
        .map(|field| Offer {
            detail: format!(
                "{}{}",
                field.looks.type_name,
                if field.is_required { ", required" } else { "" }
            ),
            is_first: field.is_required,
            ..Offer::key(field.name, field.looks.is_nested, field.page)
        })
        .collect();
    // An item of a list of words.
    if matches!(cursor.path.last(), Some(Segment::Index(_))) {
        offers.extend(reader.looks(&cursor.path).into_iter().flat_map(words));
    }
    offers
}

fn values(
    cursor: &Cursor<'_>,
    reader: Option<Reader<'_>>,
    operator: Option<Operator>,
    names: &impl Fn(Kind, Option<&str>) -> Vec<String>,
) -> Vec<Offer> {
    let path = Path(cursor.path.clone()).to_string();
    match path.as_str() {
        "apiVersion" => return api_versions(operator),
        "kind" => {
            let kinds = Kind::ALL.into_iter();
            return kinds
                .map(|kind| Offer::value(kind.name(), kind.schema().text))
                .collect();
        }
        _ => {}
    }
    let Some(reader) = reader else { return Vec::new() };
    let reference = REFERENCES
        .iter()
        .find(|(kind, field, _)| *kind == reader.kind && *field == path);
    if let Some((_, _, kinds)) = reference {
        let of_kind = |kind: &Kind| {
            let names = names(*kind, cursor.namespace).into_iter();
            names.map(|name| Offer::value(name, kind.name())).collect::<Vec<_>>()
        };
        return kinds.iter().flat_map(of_kind).collect();
    }
    if path == "spec.schedule" {
        let offers = SCHEDULES.into_iter().map(|schedule| {
            let words = Schedule::parse(schedule).map(|schedule| schedule.words());
            Offer {
                form: Form::Quoted,
                ..Offer::value(schedule, words.unwrap_or_default())
            }
        });
        return offers.collect();
    }
    reader.looks(&cursor.path).map(words).unwrap_or_default()
}

fn api_versions(operator: Option<Operator>) -> Vec<Offer> {
    let profiles = match operator {
        Some(operator) => vec![operator.era().profile()],
        None => vec![Profile::V1Beta1, Profile::V1Alpha1],
    };
    let offers = profiles.into_iter().map(|profile| {
        let era = profile.newest_era();
        let text = Kind::Neo4jBackup.api_version(era.api_version());
        Offer::value(text, neo4jbackup_core::schema::EraSet::of(era).to_string())
    });
    offers.collect()
}

/// All that a value may be, where that can be listed.
fn words(looks: Looks) -> Vec<Offer> {
    let default = looks.default;
    let form = if looks.is_text { Form::Text } else { Form::Literal };
    let offers = looks.words.into_iter().map(|word| {
        let is_default = default.as_deref() == Some(word.as_str());
        Offer {
            form,
            ..Offer::value(word, if is_default { "unless given" } else { "" })
        }
    });
    offers.collect()
}
