//! Here-documents of shell scripts. Guides show halves of scripts, which no parser of a shell takes; so lines are looked at
//! one by one, and what seems to begin a here-document does so only where its end follows.

use std::collections::HashMap;
use std::ops::Range;

use neo4jbackup_core::values::placeholder::Notation;

use super::Stretch;

/// Where the word stands that ends a here-document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ends {
    /// At the start of a line, as a shell has it.
    AtLineStart,
    /// The same in a block whose lines all begin with the same blanks.
    AtLineStartOfBlock,
}

/// A here-document.
#[derive(Debug)]
pub(super) struct HereDocument {
    bytes: Range<usize>,
    /// Whether the shell fills in what begins with `$`.
    expands: bool,
    /// Whether the shell takes the tabs away with which lines begin.
    strips_tabs: bool,
}

impl HereDocument {
    /// The stretch of a file that it is; `script` begins at byte `offset` of that, and `literal` is the notation of what the
    /// shell leaves as it is.
    pub(super) fn stretch(self, script: &str, offset: usize, literal: Notation) -> Option<Stretch> {
        let text = script.get(self.bytes.clone())?;
        let text = if self.strips_tabs {
            without_tabs(text)
        } else {
            text.to_owned()
        };
        Some(Stretch {
            bytes: self.bytes.start + offset..self.bytes.end + offset,
            text,
            notation: if self.expands { Notation::Shell } else { literal },
        })
    }
}

fn without_tabs(text: &str) -> String {
    let lines = text.split_inclusive('\n').map(|line| {
        let rest = line.trim_start_matches('\t');
        " ".repeat(line.len() - rest.len()) + rest
    });
    lines.collect()
}

/// What a line says of a here-document that begins behind it.
#[derive(Debug, PartialEq, Eq)]
struct Operator {
    word: String,
    expands: bool,
    strips_tabs: bool,
}

/// All here-documents of a script, in order.
pub(super) fn here_documents(script: &str, ends: Ends) -> Vec<HereDocument> {
    let mut lines = Vec::new();
    let mut start = 0;
    for line in script.split_inclusive('\n') {
        lines.push((start, line.trim_end_matches(['\n', '\r'])));
        start += line.len();
    }
    // Where each line stands, so that no end is looked for line by line.
    let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
    for (place, (_, line)) in lines.iter().enumerate() {
        places
            .entry(line.trim_start_matches([' ', '\t']))
            .or_default()
            .push(place);
    }
    let is_end = |place: usize, operator: &Operator| {
        let before = lines[place].1.strip_suffix(&operator.word).unwrap_or_default();
        before.bytes().all(|byte| match byte {
            b'\t' => operator.strips_tabs,
            b' ' => ends == Ends::AtLineStartOfBlock,
            _ => false,
        })
    };
    let start_of = |place: usize| lines.get(place).map_or(script.len(), |(start, _)| *start);
    let mut found = Vec::new();
    let mut place = 0;
    while let Some((_, line)) = lines.get(place) {
        place += 1;
        for operator in operators(line) {
            let named = places
                .get(operator.word.as_str())
                .map(Vec::as_slice)
                .unwrap_or_default();
            let later = named.iter().skip(named.partition_point(|known| *known < place));
            let Some(end) = later.copied().find(|end| is_end(*end, &operator)) else {
                continue;
            };
            found.push(HereDocument {
                bytes: start_of(place)..start_of(end),
                expands: operator.expands,
                strips_tabs: operator.strips_tabs,
            });
            place = end + 1;
        }
    }
    found
}

fn operators(line: &str) -> Vec<Operator> {
    let mut operators = Vec::new();
    let mut rest = line;
    let (mut is_double, mut before) = (false, ' ');
    while let Some(letter) = rest.chars().next() {
        let after = &rest[letter.len_utf8()..];
        rest = match letter {
            '#' if !is_double && before.is_whitespace() => return operators,
            '\\' => {
                let mut after = after.chars();
                after.next();
                after.as_str()
            }
            '\'' if !is_double => after.split_once('\'').map_or("", |(_, behind)| behind),
            '"' => {
                is_double = !is_double;
                after
            }
            '<' if rest.starts_with("<<<") => &rest[3..],
            '<' if rest.starts_with("<<") => match operator(&rest[2..]) {
                Some((operator, behind)) => {
                    operators.push(operator);
                    behind
                }
                None => &rest[2..],
            },
            _ => after,
        };
        before = letter;
    }
    operators
}

/// What stands behind `<<`, and the rest of the line.
fn operator(text: &str) -> Option<(Operator, &str)> {
    let (strips_tabs, text) = match text.strip_prefix('-') {
        Some(text) => (true, text),
        None => (false, text),
    };
    let text = text.trim_start_matches([' ', '\t']);
    let of = |word: &str, expands| Operator {
        word: word.to_owned(),
        expands,
        strips_tabs,
    };
    for quote in ['\'', '"'] {
        if let Some(text) = text.strip_prefix(quote) {
            let (word, behind) = text.split_once(quote)?;
            return (!word.is_empty()).then(|| (of(word, false), behind));
        }
    }
    let (is_quoted, text) = match text.strip_prefix('\\') {
        Some(text) => (true, text),
        None => (false, text),
    };
    let is_of_word = |letter: char| letter.is_alphanumeric() || "_-.!".contains(letter);
    let end = text.find(|letter| !is_of_word(letter)).unwrap_or(text.len());
    let (word, behind) = text.split_at(end);
    (!word.is_empty()).then(|| (of(word, !is_quoted), behind))
}
