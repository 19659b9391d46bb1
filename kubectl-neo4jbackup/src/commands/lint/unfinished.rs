//! What was not judged in files: another tool makes manifests of them, and there is a command that gives the finished
//! manifests to `lint`; or another operator reads them.

use std::collections::{BTreeMap, BTreeSet};

use neo4jbackup_core::quoted::{Name, quoted};
use neo4jbackup_core::schema::Group;
use neo4jbackup_core::unknown::Unknown;
use neo4jbackup_core::values::placeholder::Filler;

use crate::input::{Role, Text};

/// Whether a text is a template of a chart, which no reader of YAML needs to see.
pub(super) fn is_chart_template(text: &Text) -> bool {
    matches!(text.role, Role::OfChart { .. }) && may_be_template(text)
}

/// Whether a text has what every template has; [`File::is_template`](neo4jbackup_core::lint::File::is_template) is certain.
pub(super) fn may_be_template(text: &Text) -> bool {
    text.text.contains("{{")
}

/// Whether the objects of a text are patches.
pub(super) fn is_patch(text: &Text) -> bool {
    matches!(text.role, Role::Patch { .. })
}

/// Why a template was not judged, as the end of a sentence that begins with the name of the file.
pub(super) fn template(text: &Text) -> String {
    match &text.role {
        Role::OfChart { chart } => format!(
            "is a template of a Helm chart; to judge what it becomes: `helm template {} | {LINT}`",
            word(chart)
        ),
        _ => format!("is a template; render it and give the result to `{LINT}`"),
    }
}

/// Why parts of the objects of a text were not judged, as the ends of sentences that begin with the name of the file.
pub(super) fn parts(text: &Text, unknown: &[Unknown]) -> Vec<String> {
    let mut reasons = Vec::new();
    if unknown.iter().any(|unknown| unknown.is_patch) {
        let command = match &text.role {
            Role::Patch { kustomization } => format!("kustomize build {}", word(kustomization)),
            _ => "kustomize build DIRECTORY".to_owned(),
        };
        reasons.push(format!(
            "is a patch, of which only the fields that it sets were judged; to judge what it becomes: `{command} | {LINT}`"
        ));
    }
    let fields: Vec<_> = unknown.iter().flat_map(|unknown| &unknown.fields).collect();
    let fillers: BTreeSet<Filler> = fields.iter().map(|field| field.filler).collect();
    for filler in fillers {
        let mut of_filler = fields.iter().filter(|field| field.filler == filler);
        let Some(first) = of_filler.next() else { continue };
        let more = match of_filler.count() {
            0 => String::new(),
            1 => " and 1 more field".to_owned(),
            count => format!(" and {count} more fields"),
        };
        let subject = if more.is_empty() { "was" } else { "were" };
        reasons.push(format!(
            "has the placeholder {} in {}{more}, which {subject} not judged; to judge what it becomes: {}",
            quoted(&first.text),
            Name(&first.path.to_string()),
            remedy(filler, text)
        ));
    }
    reasons
}

/// Says of the objects of another operator that they were left alone, once for all files. `objects` counts them by text. It is
/// the end of a sentence that begins with the name of the first file.
pub(super) fn of_another_operator(group: Group, objects: &BTreeMap<usize, usize>) -> String {
    let files = match objects.len() {
        1 => "has".to_owned(),
        2 => "and 1 more file have".to_owned(),
        count => format!("and {} more files have", count - 1),
    };
    let objects = match objects.values().sum() {
        1 => "1 object".to_owned(),
        count => format!("{count} objects"),
    };
    format!(
        "{files} {objects} of `{}`, the API of another operator, which this version does not judge",
        group.name()
    )
}

const LINT: &str = "kubectl neo4jbackup lint -";

fn remedy(filler: Filler, text: &Text) -> String {
    let file = word(&text.source.name);
    match filler {
        Filler::Envsubst => format!("`flux envsubst < {file} | {LINT}`"),
        Filler::Kustomize => format!("`kustomize build DIRECTORY | {LINT}`"),
        Filler::Sops => format!("`sops --decrypt {file} | {LINT}`"),
        Filler::Template => format!("render it and give the result to `{LINT}`"),
    }
}

/// A name as one word of a shell.
fn word(name: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+@:,".contains(&byte);
    if !name.is_empty() && !name.starts_with('-') && name.bytes().all(is_plain) {
        return name.to_owned();
    }
    format!("'{}'", name.replace('\'', r"'\''"))
}
