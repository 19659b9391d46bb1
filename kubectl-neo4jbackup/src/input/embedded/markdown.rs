//! Fenced blocks of Markdown, wherever they stand: in lists, in quotes, between tildes.

use std::ops::Range;

use neo4jbackup_core::values::placeholder::Notation;
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use super::Stretch;
use super::shell::{Ends, here_documents};

/// What a fence says that it holds.
enum Holds {
    Manifest,
    Script,
    /// Nothing is said.
    Unsaid,
}

/// The blocks of manifests, and the here-documents of the blocks of scripts, in order.
pub(super) fn stretches(text: &str) -> Vec<Stretch> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS;
    let mut stretches = Vec::new();
    // What the open fence holds, and its lines.
    let mut open: Option<(Holds, Vec<Range<usize>>)> = None;
    for (event, bytes) in Parser::new_ext(text, options).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                open = holds(&info).map(|holds| (holds, Vec::new()));
            }
            Event::Text(_) => {
                if let Some((_, lines)) = &mut open {
                    lines.push(bytes);
                }
            }
            Event::End(TagEnd::CodeBlock) => {
                if let Some((holds, lines)) = open.take() {
                    add(&mut stretches, text, &holds, &lines);
                }
            }
            _ => {}
        }
    }
    stretches
}

/// The first word behind the fence: `yaml`, `yaml title="x"`, `{.yaml}`.
fn holds(info: &str) -> Option<Holds> {
    let is_of_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    let mut words = info.split(|letter| !is_of_word(letter)).filter(|word| !word.is_empty());
    Some(match words.next().map(str::to_ascii_lowercase).as_deref() {
        None => Holds::Unsaid,
        Some("yaml" | "yml" | "json") => Holds::Manifest,
        Some("bash" | "sh" | "shell" | "zsh" | "console" | "shell-session" | "shellsession") => Holds::Script,
        Some(_) => return None,
    })
}

fn add(stretches: &mut Vec<Stretch>, text: &str, holds: &Holds, lines: &[Range<usize>]) {
    let (Some(first), Some(last)) = (lines.first(), lines.last()) else {
        return;
    };
    let start = text[..first.start].rfind('\n').map_or(0, |end| end + 1);
    let rest = &text[last.end..];
    let is_ended = text[..last.end].ends_with('\n');
    let end = match rest.find('\n') {
        _ if is_ended => last.end,
        Some(end) => last.end + end + 1,
        None => text.len(),
    };
    let block = masked(text, start..end, lines);
    let is_manifest = match holds {
        Holds::Manifest => true,
        Holds::Script => false,
        Holds::Unsaid => has_key(&block, "apiVersion") && has_key(&block, "kind"),
    };
    if is_manifest {
        stretches.push(Stretch {
            bytes: start..end,
            text: block,
            notation: Notation::Guide,
        });
    } else if block.len() == end - start {
        let documents = here_documents(&block, Ends::AtLineStartOfBlock).into_iter();
        stretches.extend(documents.filter_map(|document| document.stretch(&block, start, Notation::Guide)));
    }
}

fn has_key(block: &str, key: &str) -> bool {
    let mut lines = block
        .lines()
        .map(|line| line.trim_start().trim_start_matches(['{', '"']));
    lines.any(|line| {
        let rest = line.strip_prefix(key).map(|rest| rest.trim_start_matches('"'));
        rest.is_some_and(|rest| rest.starts_with(':'))
    })
}

/// The bytes as text, with a blank for each character that stands in none of the parts.
fn masked(text: &str, bytes: Range<usize>, parts: &[Range<usize>]) -> String {
    let mut masked = String::with_capacity(bytes.len());
    let mut place = bytes.start;
    let blank = |masked: &mut String, from: usize, to: usize| {
        let outside = text.get(from..to).unwrap_or_default().chars();
        masked.extend(outside.map(|letter| if matches!(letter, '\n' | '\r') { letter } else { ' ' }));
    };
    for part in parts {
        let start = part.start.clamp(place, bytes.end);
        blank(&mut masked, place, start);
        place = part.end.clamp(start, bytes.end);
        masked += text.get(start..place).unwrap_or_default();
    }
    blank(&mut masked, place, bytes.end);
    masked
}
