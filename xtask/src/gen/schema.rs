//! The schema tables as Rust data and as JSON Schema for editors.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use neo4jbackup_core::schema::{Era, Kind, Profile, json_schema};
use serde::Deserialize;

use super::Generated;

/// The kinds, in the order of `Kind::ALL`.
const KINDS: [&str; 6] = [
    "neo4jbackup",
    "neo4jrestore",
    "neo4jenterprisecluster",
    "neo4jenterprisestandalone",
    "neo4jdatabase",
    "neo4jshardeddatabase",
];
const HEADER: &str = "// Written by `cargo xtask gen` from core/schemas/*.yaml; do not edit.\n\nuse crate::operator::EraSet;\nuse super::pattern::Pattern;\nuse super::table::{Absence, Column, FieldSchema, Kind, KindSchema, ObjectSchema, Shape, Variant};\n";

/// The tables as Rust, and the JSON Schemas.
pub(super) struct Schemas;

impl Generated for Schemas {
    fn files(&self, root: &Path) -> anyhow::Result<Vec<(PathBuf, String)>> {
        let mut files = vec![(
            PathBuf::from("core/src/schema/generated.rs"),
            rust_tables(&root.join("core/schemas"))?,
        )];
        for kind in Kind::ALL {
            for profile in Profile::ALL {
                let name = format!(
                    "docs/schemas/{}.{}.json",
                    kind.name().to_ascii_lowercase(),
                    profile.name()
                );
                files.push((PathBuf::from(name), format!("{:#}\n", json_schema(kind, profile))));
            }
        }
        Ok(files)
    }
}

fn rust_tables(folder: &Path) -> anyhow::Result<String> {
    let blocks: BTreeMap<String, Block> = read(&folder.join("blocks.yaml"))?;
    let mut output = HEADER.to_owned();
    for (name, block) in &blocks {
        let writer = Writer {
            blocks: &blocks,
            fields: &block.fields,
        };
        let object = writer
            .object("", false, block.atomic)
            .with_context(|| format!("in the block {name}"))?;
        write!(output, "\nstatic {}: ObjectSchema = {object};\n", constant(name))?;
    }
    let mut kinds = String::new();
    for name in KINDS {
        let table: Table = read(&folder.join(format!("{name}.yaml")))?;
        let writer = Writer {
            blocks: &blocks,
            fields: &table.fields,
        };
        let spec = writer
            .object("", table.open, false)
            .with_context(|| format!("in the table of {name}"))?;
        write!(
            output,
            "\nstatic {}: KindSchema = KindSchema {{\n",
            name.to_ascii_uppercase()
        )?;
        writeln!(
            kinds,
            "            Self::{} => &{},",
            table.kind,
            name.to_ascii_uppercase()
        )?;
        writeln!(
            output,
            "    name: {:?}, plural: {:?}, text: {:?},",
            table.kind, table.plural, table.text
        )?;
        writeln!(output, "    eras: {},\n    columns: &[", era_set(table.operators.0))?;
        for column in &table.columns {
            let set = era_set(column.operators.0);
            let Column { name, path, kind, .. } = column;
            writeln!(
                output,
                "        Column {{ name: {name:?}, path: {path:?}, kind: {kind:?}, eras: {set} }},"
            )?;
        }
        writeln!(output, "    ],\n    spec: {spec},\n}};")?;
    }
    write!(
        output,
        "\nimpl Kind {{\n    /// The table of this kind.\n    pub fn schema(self) -> &'static KindSchema {{\n        match self {{\n{kinds}        }}\n    }}\n}}\n"
    )?;
    Ok(output)
}

fn read<T: for<'de> Deserialize<'de>>(file: &Path) -> anyhow::Result<T> {
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    serde_saphyr::from_str(&text).with_context(|| format!("cannot parse {}", file.display()))
}

/// One file of the tables.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    kind: String,
    plural: String,
    operators: Operators,
    text: String,
    #[serde(default)]
    open: bool,
    #[serde(default)]
    columns: Vec<Column>,
    fields: BTreeMap<String, Rows>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Column {
    name: String,
    path: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    operators: Operators,
}

/// Operator versions that follow each other, as one bit for each era: `1.0-1.12`, or `1.8+` up to the newest. They begin
/// with the first version of an era and end with the last of one.
#[derive(Deserialize, Clone, Copy)]
#[serde(try_from = "String")]
struct Operators(u32);

impl std::default::Default for Operators {
    fn default() -> Self {
        Self(Era::ALL.into_iter().fold(0, |bits, era| bits | 1 << era as u32))
    }
}

impl TryFrom<String> for Operators {
    type Error = anyhow::Error;

    fn try_from(text: String) -> anyhow::Result<Self> {
        let first = |version: &str| Era::ALL.into_iter().position(|era| era.ends().0 == version);
        let last = |version: &str| Era::ALL.into_iter().position(|era| era.ends().1 == version);
        let ends = match text.strip_suffix('+') {
            Some(from) => first(from).zip(Some(Era::ALL.len() - 1)),
            None => text.split_once('-').and_then(|(from, to)| first(from).zip(last(to))),
        };
        let (from, to) = ends.with_context(|| format!("`{text}` are no operator versions of whole eras"))?;
        ensure!(from <= to, "`{text}` ends before it begins");
        Ok(Self((from..=to).fold(0, |bits, position| bits | 1 << position)))
    }
}

/// An object that several kinds share.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Block {
    #[serde(default)]
    atomic: bool,
    fields: BTreeMap<String, Rows>,
}

/// One row, or one for each group of eras.
#[derive(Deserialize)]
#[serde(untagged)]
enum Rows {
    One(Box<Row>),
    PerEra(Vec<Row>),
}

impl Rows {
    fn all(&self) -> &[Row] {
        match self {
            Self::One(row) => std::slice::from_ref(row),
            Self::PerEra(rows) => rows,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Row {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    operators: Operators,
    of: Option<String>,
    block: Option<String>,
    #[serde(default)]
    keys: Vec<String>,
    #[serde(default)]
    open: bool,
    required: Option<Required>,
    default: Option<Default>,
    #[serde(default, rename = "enum")]
    allowed: Vec<String>,
    pattern: Option<String>,
    format: Option<String>,
    minimum: Option<i64>,
    maximum: Option<i64>,
    max_length: Option<usize>,
    text: Option<String>,
    drops: Option<Drops>,
    #[serde(default)]
    harmless_values: Vec<String>,
    replaced_by: Option<OneOrMany>,
    effect: Option<Effect>,
    note: Option<String>,
}

/// What the versions that have a field do with it, where that is not what its text says.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum Effect {
    None,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Required {
    Always(bool),
    By(Operators),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Default {
    Bool(bool),
    String(String),
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Drops {
    Changes,
    Harmless,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

/// Writes the objects of one table or block.
struct Writer<'t> {
    blocks: &'t BTreeMap<String, Block>,
    fields: &'t BTreeMap<String, Rows>,
}

impl Writer<'_> {
    /// The fields right below `prefix`, which is empty or ends in a dot.
    fn object(&self, prefix: &str, open: bool, atomic: bool) -> anyhow::Result<String> {
        let mut output = format!("ObjectSchema {{ open: {open}, atomic: {atomic}, fields: &[\n");
        let mut below: Vec<(&str, &Rows)> = self
            .fields
            .iter()
            .filter_map(|(path, rows)| Some((path.strip_prefix(prefix)?, rows)))
            .filter(|(name, _)| !name.contains('.'))
            .collect();
        below.sort_by_key(|(name, _)| *name);
        for (name, rows) in below {
            let path = format!("{prefix}{name}");
            output.push_str(
                &self
                    .field(&path, name, rows.all())
                    .with_context(|| format!("in the field {path}"))?,
            );
        }
        output.push_str("] }");
        Ok(output)
    }

    fn field(&self, path: &str, name: &str, rows: &[Row]) -> anyhow::Result<String> {
        let first = rows.first().context("there is no row")?;
        let mut required = 0;
        let mut seen = 0;
        let mut variants = String::new();
        for row in rows.iter().filter(|row| row.kind != "never") {
            let set = row.operators.0;
            ensure!(set & seen == 0, "two rows share an era");
            seen |= set;
            required |= match &row.required {
                Some(Required::Always(true)) => set,
                Some(Required::By(operators)) => operators.0 & set,
                _ => 0,
            };
            let (eras, shape) = (era_set(set), self.shape(path, row)?);
            write!(variants, "Variant {{ eras: {eras}, shape: {shape} }}, ")?;
        }
        ensure!(seen == 0 || first.text.is_some(), "the first row needs a text");
        ensure!(
            seen != 0 || first.note.is_some() || first.replaced_by.is_some() || first.effect.is_some(),
            "say what to write instead, or that it has no effect"
        );
        Ok(format!(
            "FieldSchema {{ name: {name:?}, text: {:?}, required: {}, variants: &[{variants}], absence: {} }},\n",
            first.text.as_deref().unwrap_or_default(),
            era_set(required),
            absence(first),
        ))
    }

    fn shape(&self, path: &str, row: &Row) -> anyhow::Result<String> {
        Ok(match row.kind.as_str() {
            "boolean" => {
                let default = match &row.default {
                    Some(Default::Bool(value)) => Some(value),
                    Some(Default::String(text)) => bail!("the default {text:?} is no boolean"),
                    None => None,
                };
                format!("Shape::Boolean {{ default: {default:?} }}")
            }
            "integer" => format!(
                "Shape::Integer {{ minimum: {:?}, maximum: {:?} }}",
                row.minimum, row.maximum
            ),
            "string" => string(row)?,
            "quantity" => "Shape::Quantity".to_owned(),
            "object" => match &row.block {
                Some(block) => format!("Shape::Object(&{})", self.block(block)?),
                None => format!("Shape::Object(&{})", self.object(&format!("{path}."), row.open, false)?),
            },
            "list" => format!("Shape::List {{ item: &{}, keys: &{:?} }}", self.element(row)?, row.keys),
            "map" => format!("Shape::Map(&{})", self.element(row)?),
            other => bail!("there is no type {other:?}"),
        })
    }

    fn element(&self, row: &Row) -> anyhow::Result<String> {
        Ok(match row.of.as_deref().context("`of` is missing")? {
            "string" => "Shape::String { default: None, allowed: &[], pattern: None, format: None, max_length: None }"
                .to_owned(),
            "quantity" => "Shape::Quantity".to_owned(),
            block => format!("Shape::Object(&{})", self.block(block)?),
        })
    }

    fn block(&self, name: &str) -> anyhow::Result<String> {
        ensure!(self.blocks.contains_key(name), "there is no block {name:?}");
        Ok(constant(name))
    }
}

fn string(row: &Row) -> anyhow::Result<String> {
    let default = match &row.default {
        Some(Default::String(text)) => Some(text.clone()),
        // A plain `yes` or `true` in the table would be a slip, not a string.
        Some(Default::Bool(value)) => bail!("the default {value} must be quoted"),
        None => None,
    };
    let pattern = match row.pattern.as_deref() {
        None => "None",
        Some("database-name") => "Some(Pattern::DatabaseName)",
        Some("resource-name") => "Some(Pattern::ResourceName)",
        Some("page-cache") => "Some(Pattern::PageCache)",
        Some("temp-size") => "Some(Pattern::TempSize)",
        Some(other) => bail!("there is no pattern {other:?}"),
    };
    Ok(format!(
        "Shape::String {{ default: {default:?}, allowed: &{:?}, pattern: {pattern}, format: {:?}, max_length: {:?} }}",
        row.allowed, row.format, row.max_length,
    ))
}

fn absence(row: &Row) -> String {
    let changes = row.drops != Some(Drops::Harmless);
    let replaced_by: &[String] = match &row.replaced_by {
        None => &[],
        Some(OneOrMany::One(path)) => std::slice::from_ref(path),
        Some(OneOrMany::Many(paths)) => paths,
    };
    format!(
        "Absence {{ changes_meaning: {changes}, harmless_values: &{:?}, replaced_by: &{replaced_by:?}, had_effect: {}, note: {:?} }}",
        row.harmless_values,
        row.effect.is_none(),
        row.note,
    )
}

fn era_set(bits: u32) -> String {
    format!("EraSet({bits:#05x})")
}

/// `StorageLocation` as `STORAGE_LOCATION`.
fn constant(name: &str) -> String {
    let mut output = String::new();
    for (position, letter) in name.chars().enumerate() {
        if letter.is_ascii_uppercase() && position > 0 {
            output.push('_');
        }
        output.push(letter.to_ascii_uppercase());
    }
    output
}
