//! Here-documents of shell scripts. Guides show halves of scripts, which no parser of a shell takes; so lines are looked at
//! one by one, and what seems to begin a here-document does so only where its end follows.

use std::collections::{HashMap, HashSet};
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
    ends: Ends,
}

impl HereDocument {
    /// The stretch of a file that it is; `script` begins at byte `offset` of that, and `literal` is the notation of what the
    /// shell leaves as it is.
    pub(super) fn stretch(self, script: &str, offset: usize, literal: Notation) -> Option<Stretch> {
        let text = script.get(self.bytes.clone())?;
        let text = if self.strips_tabs {
            without_tabs(text, self.ends)
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

/// Blanks for the tabs with which lines begin; in a block they stand behind the blanks that are not part of it.
fn without_tabs(text: &str, ends: Ends) -> String {
    let lines = text.split_inclusive('\n').map(|line| {
        let inner = match ends {
            Ends::AtLineStart => line,
            Ends::AtLineStartOfBlock => line.trim_start_matches(' '),
        };
        let rest = inner.trim_start_matches('\t');
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

/// The lines of a script, among which the ends of here-documents are looked for.
struct Script<'s> {
    /// Where each line begins, and the line.
    lines: Vec<(usize, &'s str)>,
    /// Where each line stands by what it says, so that no end is looked for line by line.
    places: HashMap<&'s str, Vec<usize>>,
    /// Words that no line ends, with whether tabs may stand before them. From a later line there is no end either, so that
    /// it is looked for once.
    endless: HashSet<(String, bool)>,
    ends: Ends,
    /// How many lines were looked at for an end.
    #[cfg(test)]
    looked_at: usize,
}

impl<'s> Script<'s> {
    fn of(script: &'s str, ends: Ends) -> Self {
        let mut lines = Vec::new();
        let mut start = 0;
        for line in script.split_inclusive('\n') {
            lines.push((start, line.trim_end_matches(['\n', '\r'])));
            start += line.len();
        }
        let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
        for (place, (_, line)) in lines.iter().enumerate() {
            places
                .entry(line.trim_start_matches([' ', '\t']))
                .or_default()
                .push(place);
        }
        Self {
            lines,
            places,
            endless: HashSet::new(),
            ends,
            #[cfg(test)]
            looked_at: 0,
        }
    }

    /// The line that ends a here-document whose first line is `first`.
    fn end(&mut self, operator: &Operator, first: usize) -> Option<usize> {
        let key = (operator.word.clone(), operator.strips_tabs);
        if self.endless.contains(&key) {
            return None;
        }
        let named = self.places.get(operator.word.as_str());
        let named = named.map(Vec::as_slice).unwrap_or_default();
        let later = &named[named.partition_point(|known| *known < first)..];
        let found = later.iter().position(|place| self.is_end(*place, operator));
        #[cfg(test)]
        {
            self.looked_at += found.map_or(later.len(), |position| position + 1);
        }
        let end = found.map(|position| later[position]);
        if end.is_none() {
            self.endless.insert(key);
        }
        end
    }

    fn is_end(&self, place: usize, operator: &Operator) -> bool {
        let before = self.lines[place].1.strip_suffix(&operator.word).unwrap_or_default();
        before.bytes().all(|byte| match byte {
            b'\t' => operator.strips_tabs,
            b' ' => self.ends == Ends::AtLineStartOfBlock,
            _ => false,
        })
    }

    /// All here-documents, in order.
    fn documents(&mut self, script: &str) -> Vec<HereDocument> {
        let mut found = Vec::new();
        let mut place = 0;
        while let Some((_, line)) = self.lines.get(place).copied() {
            place += 1;
            for operator in operators(line) {
                let Some(end) = self.end(&operator, place) else {
                    continue;
                };
                let start_of = |place: usize| self.lines.get(place).map_or(script.len(), |(start, _)| *start);
                found.push(HereDocument {
                    bytes: start_of(place)..start_of(end),
                    expands: operator.expands,
                    strips_tabs: operator.strips_tabs,
                    ends: self.ends,
                });
                place = end + 1;
            }
        }
        found
    }
}

/// All here-documents of a script, in order.
pub(super) fn here_documents(script: &str, ends: Ends) -> Vec<HereDocument> {
    Script::of(script, ends).documents(script)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_looked_at_for_each_operator() {
        // Operators without an end, whose words stand where a shell takes them for none, and such with an end at last.
        for (operator, candidate, last) in [
            ("cat <<A\n", " A\n", ""),
            ("cat <<A <<-A <<'A'\n", " A\n", ""),
            ("cat <<-A\n", " \tA\n", "A\n"),
            ("cat <<A\n A\n", "A\n", ""),
        ] {
            let count = 2_000;
            let script = operator.repeat(count) + &candidate.repeat(count) + last;
            let mut read = Script::of(&script, Ends::AtLineStart);
            read.documents(&script);
            assert!(
                read.looked_at <= 3 * read.lines.len(),
                "{operator:?}: {} of {}",
                read.looked_at,
                read.lines.len()
            );
        }
    }
}
