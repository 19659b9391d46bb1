//! What was not judged in files: another tool makes manifests of them, and there is a command that gives the finished
//! manifests to `lint`; or another operator reads them.

use std::collections::{BTreeMap, BTreeSet};

use neo4jbackup_core::quoted::{Name, quoted};
use neo4jbackup_core::schema::Group;
use neo4jbackup_core::unknown::Unknown;
use neo4jbackup_core::values::placeholder::{Filler, Notation};

use crate::input::{Block, Role, Text};

/// Whether a text is a template of a chart, which no reader of YAML needs to see.
pub(super) fn is_chart_template(text: &Text) -> bool {
    matches!(text.role, Role::OfChart { .. }) && may_be_template(text)
}

/// Whether a text has what every template has; [`File::is_template`](neo4jbackup_core::lint::File::is_template) is certain.
pub(super) fn may_be_template(text: &Text) -> bool {
    text.text.contains("{{")
}

/// Whether the objects of a text are patches, and what they stand in.
pub(super) fn reading(text: &Text) -> (bool, Notation) {
    match &text.role {
        Role::Patch { .. } => (true, Notation::Manifest),
        Role::Block(block) => (block.is_fragment, block.notation),
        _ => (false, Notation::Manifest),
    }
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

/// Why a text with mistakes that names nothing of ours was not judged, as the end of a sentence that begins with the name of the
/// file: the same for each, so that they are counted.
pub(super) const OF_SOMEBODY_ELSE: &str = "is no YAML or JSON without mistakes and was not judged, because it names no API of \
    the operator; to see them, name it itself and without --allow-incomplete";

/// Says of the objects of another operator that they were left alone, once for all files. `objects` counts them by file. It is
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

/// The blocks of guides of which something was not judged: the lines before each, by what there is.
#[derive(Debug, Default)]
pub(super) struct OfBlocks(BTreeMap<(usize, InBlock), BTreeSet<usize>>);

/// What of a block is not judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum InBlock {
    Placeholders,
    Omissions,
    Template,
}

impl OfBlocks {
    /// Of the text at this position nothing was judged.
    pub(super) fn template(&mut self, text: usize, block: &Block) {
        self.add(text, block, InBlock::Template);
    }

    /// Of the text at this position some fields were not judged.
    pub(super) fn unknown(&mut self, text: usize, block: &Block, unknown: &[Unknown]) {
        if unknown.iter().any(|unknown| !unknown.fields.is_empty()) {
            self.add(text, block, InBlock::Placeholders);
        }
        if unknown.iter().any(|unknown| unknown.is_patch) {
            self.add(text, block, InBlock::Omissions);
        }
    }

    fn add(&mut self, text: usize, block: &Block, what: InBlock) {
        // The guide stands before its blocks; each block says which.
        self.0
            .entry((text - block.number, what))
            .or_default()
            .insert(block.lines_before);
    }

    /// One sentence for each guide and each thing, by the position of the guide.
    pub(super) fn reasons(self) -> impl Iterator<Item = (usize, String)> {
        self.0.into_iter().map(|((guide, what), lines)| {
            let (has, what) = match what {
                InBlock::Placeholders => ("has placeholders", "whose fields were not judged"),
                InBlock::Omissions => ("leaves something out", "of which only what stands there was judged"),
                InBlock::Template => ("has a template", "which was not judged"),
            };
            (guide, format!("{has} in the {}, {what}", blocks_at(&lines)))
        })
    }
}

/// `block at line 3`, `blocks at lines 3, 9 and 2 more`.
fn blocks_at(lines_before: &BTreeSet<usize>) -> String {
    const MOST: usize = 5;
    let shown: Vec<String> = lines_before
        .iter()
        .take(MOST)
        .map(|lines| (lines + 1).to_string())
        .collect();
    match (shown.as_slice(), lines_before.len().saturating_sub(MOST)) {
        ([line], _) => format!("block at line {line}"),
        ([before @ .., last], 0) => format!("blocks at lines {} and {last}", before.join(", ")),
        (_, more) => format!("blocks at lines {} and {more} more", shown.join(", ")),
    }
}

const LINT: &str = "kubectl neo4jbackup lint -";

fn remedy(filler: Filler, text: &Text) -> String {
    let file = word(&text.source.name);
    match filler {
        Filler::Envsubst => format!("`flux envsubst < {file} | {LINT}`"),
        Filler::Kustomize => format!("`kustomize build DIRECTORY | {LINT}`"),
        Filler::Sops => format!("`sops --decrypt {file} | {LINT}`"),
        Filler::Template | Filler::Shell | Filler::Reader => format!("render it and give the result to `{LINT}`"),
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
