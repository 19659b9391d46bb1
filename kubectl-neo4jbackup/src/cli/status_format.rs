//! The value of `status -o`: a word, or a word with a template.

use std::ffi::OsStr;
use std::path::PathBuf;

use clap::builder::{PossibleValue, TypedValueParser};
use clap::{Arg, Command};

use super::StatusFormat;
use crate::jsonpath::{Template, TemplateError};

/// Reads a format.
#[derive(Debug, Clone, Copy)]
pub struct StatusFormats;

/// The words, and whether something has to follow.
const WORDS: [(&str, &str); 8] = [
    (
        "text",
        "A line for each backup; without the scope and the time to the next run where a terminal is too narrow",
    ),
    (
        "wide",
        "Also the place of the storage, the backup that it continues, and the newest Job",
    ),
    ("json", "JSON"),
    ("yaml", "YAML"),
    ("name", "TYPE/NAME"),
    (
        "html",
        "A page that needs nothing else: timelines, sizes, gaps, next runs, and what doctor finds",
    ),
    ("jsonpath=", "What a template of kubectl says of the JSON"),
    ("jsonpath-file=", "The same with a template in a file"),
];

/// Why it is no format.
#[derive(Debug, thiserror::Error)]
enum FormatError {
    #[error("there is no such format; there are {}", WORDS.map(|(word, _)| word).join(", "))]
    Unknown,
    #[error("a template has to follow: jsonpath='{{.items[*].name}}'")]
    NoTemplate,
    #[error("the name of a file has to follow: jsonpath-file=template.txt")]
    NoFile,
    #[error(transparent)]
    Template(#[from] TemplateError),
}

fn read(text: &str) -> Result<StatusFormat, FormatError> {
    if let Some(template) = text.strip_prefix("jsonpath=") {
        if template.is_empty() {
            return Err(FormatError::NoTemplate);
        }
        return Ok(StatusFormat::JsonPath(Template::parse(template)?));
    }
    if let Some(file) = text.strip_prefix("jsonpath-file=").filter(|file| !file.is_empty()) {
        return Ok(StatusFormat::JsonPathFile(PathBuf::from(file)));
    }
    Ok(match text {
        "text" => StatusFormat::Text,
        "wide" => StatusFormat::Wide,
        "json" => StatusFormat::Json,
        "yaml" => StatusFormat::Yaml,
        "name" => StatusFormat::Name,
        "html" => StatusFormat::Html,
        "jsonpath" => return Err(FormatError::NoTemplate),
        "jsonpath-file" | "jsonpath-file=" => return Err(FormatError::NoFile),
        _ => return Err(FormatError::Unknown),
    })
}

impl TypedValueParser for StatusFormats {
    type Value = StatusFormat;

    fn parse_ref(&self, command: &Command, argument: Option<&Arg>, value: &OsStr) -> Result<StatusFormat, clap::Error> {
        TypedValueParser::parse_ref(&read, command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let values = WORDS.into_iter();
        Some(Box::new(values.map(|(word, help)| PossibleValue::new(word).help(help))))
    }
}
