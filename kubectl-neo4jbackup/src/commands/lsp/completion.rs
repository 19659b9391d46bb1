//! What may be typed at a cursor: fields that the schema has and the object not yet, and values.

use gen_lsp_types::{
    CompletionItem, CompletionItemKind, CompletionItemTextEdit, Documentation, MarkupContent, MarkupKind, TextEdit,
};
use neo4jbackup_core::document::{Path, Segment};
use neo4jbackup_core::operator::{Operator, Profile};
use neo4jbackup_core::schema::{FieldSchema, Kind, ObjectSchema, Shape};
use neo4jbackup_core::values::cron::Schedule;

use super::cursor::{Cursor, Part};
use super::fields::{self, Place, Reader};
use super::place::Lines;

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
    label: String,
    /// What is written; the label unless this says otherwise.
    text: String,
    kind: CompletionItemKind,
    detail: String,
    page: String,
    is_first: bool,
}

impl Offer {
    fn value(text: impl Into<String>, detail: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            label: text.clone(),
            text,
            kind: CompletionItemKind::Value,
            detail: detail.into(),
            page: String::new(),
            is_first: false,
        }
    }

    fn field(name: &str, behind: &str, page: String) -> Self {
        Self {
            label: name.to_owned(),
            text: format!("{name}{behind}"),
            kind: CompletionItemKind::Field,
            detail: String::new(),
            page,
            is_first: false,
        }
    }
}

/// What there is for a cursor. `names` says which objects of a kind there are in a namespace.
pub(super) fn items(
    cursor: &Cursor<'_>,
    operator: Option<Operator>,
    names: impl Fn(Kind, Option<&str>) -> Vec<String>,
    text: &str,
    offset: usize,
    lines: &Lines,
) -> Vec<CompletionItem> {
    let reader = Reader::of(cursor.api_version, cursor.kind, operator);
    let offers = match &cursor.part {
        Part::Key { beside, has_colon } => keys(cursor, reader, beside, *has_colon),
        Part::Value => values(cursor, reader, operator, &names),
    };
    let range = lines.range(text, cursor.start, offset);
    // What is typed may begin with a quotation mark; editors compare with that as well.
    let quote = text.get(cursor.start..offset).and_then(|typed| typed.chars().next());
    let quote = quote.filter(|first| matches!(first, '"' | '\''));
    offers
        .into_iter()
        .enumerate()
        .map(|(position, offer)| {
            let new_text = match quote {
                Some(quote) => format!("{quote}{}", offer.text.trim_matches('"')),
                None => offer.text,
            };
            CompletionItem {
                filter_text: quote.map(|_| new_text.clone()),
                label: offer.label,
                kind: Some(offer.kind),
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

fn keys(cursor: &Cursor<'_>, reader: Option<Reader>, beside: &[&str], has_colon: bool) -> Vec<Offer> {
    let fixed = |rows: &[(&str, &str)]| -> Vec<Offer> {
        let rows = rows.iter().filter(|(name, _)| !beside.contains(name));
        rows.map(|(name, text)| {
            let behind = match *name {
                _ if has_colon => "",
                "metadata" | "spec" | "labels" | "annotations" => ":",
                _ => ": ",
            };
            Offer::field(name, behind, (*text).to_owned())
        })
        .collect()
    };
    match cursor.path.as_slice() {
        [] => return fixed(&TOP_LEVEL),
        [Segment::Key(only)] if only == "metadata" => return fixed(&METADATA),
        _ => {}
    }
    let Some(reader) = reader else { return Vec::new() };
    match reader.shape(&cursor.path) {
        Some(Place::Object(object)) => fields_of(object, reader, &cursor.path, beside, has_colon),
        // An item of a list of words.
        Some(Place::Shape(shape)) if matches!(cursor.path.last(), Some(Segment::Index(_))) => of_shape(shape),
        _ => Vec::new(),
    }
}

fn fields_of(
    object: &'static ObjectSchema,
    reader: Reader,
    path: &[Segment],
    beside: &[&str],
    has_colon: bool,
) -> Vec<Offer> {
    let absent = object.fields.iter().filter(|field| !beside.contains(&field.name));
    let offers = absent.filter_map(|field: &'static FieldSchema| {
        let shape = field.shape(reader.era)?;
        let behind = match shape {
            _ if has_colon => "",
            Shape::Object(_) | Shape::List { .. } | Shape::Map(_) => ":",
            _ => ": ",
        };
        let path = Path(path.to_vec()).key(field.name).to_string();
        let is_first = field.required.contains(reader.era);
        let required = if is_first { ", required" } else { "" };
        Some(Offer {
            detail: format!("{}{required}", fields::type_name(shape)),
            is_first,
            ..Offer::field(field.name, behind, fields::page(reader, &path, field))
        })
    });
    offers.collect()
}

fn values(
    cursor: &Cursor<'_>,
    reader: Option<Reader>,
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
                text: format!("\"{schedule}\""),
                ..Offer::value(schedule, words.unwrap_or_default())
            }
        });
        return offers.collect();
    }
    match reader.shape(&cursor.path) {
        Some(Place::Shape(shape)) => of_shape(shape),
        _ => Vec::new(),
    }
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

fn of_shape(shape: &Shape) -> Vec<Offer> {
    let default = shape.default_value().map(fields::literal);
    let words: Vec<String> = match shape {
        Shape::Boolean { .. } => vec!["true".to_owned(), "false".to_owned()],
        Shape::String { allowed, .. } => allowed.iter().map(|word| (*word).to_owned()).collect(),
        _ => Vec::new(),
    };
    let offers = words.into_iter().map(|word| {
        let is_default = default.as_deref() == Some(word.as_str());
        Offer::value(word, if is_default { "unless given" } else { "" })
    });
    offers.collect()
}
