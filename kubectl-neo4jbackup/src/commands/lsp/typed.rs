//! What is typed so far of a key or of a value: how far it goes, and how that is written which takes its place.

/// The stretch of a text that a cursor stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Typed {
    /// What makes room for a choice, without quotation marks.
    pub(super) start: usize,
    pub(super) end: usize,
    /// The quotation mark that it begins with.
    quote: Option<char>,
    /// Whether the same mark ends it already.
    is_closed: bool,
    /// Whether a colon stands behind it.
    pub(super) has_colon: bool,
    /// Where something else begins, at the earliest.
    pub(super) behind: usize,
}

impl Typed {
    /// What begins at `start` and is typed up to `cursor`. Returns `None` where it has ended before: a text in quotation
    /// marks takes nothing behind them.
    pub(super) fn of(text: &str, start: usize, cursor: usize) -> Option<Self> {
        let typed = text.get(start..cursor)?;
        let rest = text.get(cursor..)?.lines().next().unwrap_or_default();
        let quote = typed.chars().next().filter(|first| matches!(first, '"' | '\''));
        let Some(mark) = quote else {
            let word = rest.trim_start_matches(char::is_alphanumeric);
            return Some(Self {
                start,
                end: cursor,
                quote: None,
                is_closed: false,
                has_colon: word.starts_with(':'),
                behind: cursor + rest.len() - word.len(),
            });
        };
        if marks(typed.get(1..)?, mark).next().is_some() {
            return None;
        }
        // All that begins behind it in the line ends there as well, so that an odd one out is the end of this.
        let mut left = marks(rest, mark);
        let first = left.next();
        let close = first.filter(|_| left.count().is_multiple_of(2));
        let end = close.map_or(cursor, |close| cursor + close);
        let behind = close.map_or(end, |_| end + 1);
        Some(Self {
            start: start + 1,
            end,
            quote: Some(mark),
            is_closed: close.is_some(),
            has_colon: text.get(behind..)?.trim_start_matches([' ', '\t']).starts_with(':'),
            behind,
        })
    }

    /// The same for something to which more is added than stands in quotation marks: the last of them makes room as well.
    pub(super) fn with_its_mark(self) -> Self {
        Self {
            end: if self.is_closed { self.behind } else { self.end },
            is_closed: false,
            ..self
        }
    }

    /// How a text is written there; `in_quotes` where it would be none without.
    pub(super) fn written(&self, text: &str, in_quotes: bool) -> String {
        match self.quote {
            Some(_) if self.is_closed => text.to_owned(),
            Some(mark) => format!("{text}{mark}"),
            None if in_quotes => format!("\"{text}\""),
            None => text.to_owned(),
        }
    }
}

/// Where the quotation marks of a text stand that are not part of what is quoted.
pub(super) fn marks(text: &str, mark: char) -> impl Iterator<Item = usize> {
    let mut letters = text.char_indices().peekable();
    std::iter::from_fn(move || {
        while let Some((at, letter)) = letters.next() {
            if letter == '\\' && mark == '"' {
                letters.next();
            } else if letter == mark {
                let is_doubled = mark == '\'' && letters.next_if(|(_, next)| *next == mark).is_some();
                if !is_doubled {
                    return Some(at);
                }
            }
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a line becomes when `‸` is a cursor and a text is chosen there, the typed part beginning at `«`.
    fn chosen(marked: &str, word: &str) -> Option<String> {
        let start = marked.find('«').unwrap();
        let marked = marked.replace('«', "");
        let cursor = marked.find('‸').unwrap();
        let mut text = marked.replace('‸', "");
        let typed = Typed::of(&text, start, cursor)?;
        text.replace_range(typed.start..typed.end, &typed.written(word, false));
        Some(text)
    }

    #[test]
    fn what_is_chosen_takes_the_place_of_what_stands_within_quotation_marks() {
        for (marked, text) in [
            ("{«ty‸: 1}", "{type: 1}"),
            ("{«\"ty‸", "{\"type\""),
            ("{«\"‸\"}", "{\"type\"}"),
            ("{«\"ty‸pe\": \"s3\"}", "{\"type\": \"s3\"}"),
            // What is not closed does not reach to the next that is.
            ("{«\"ty‸, \"a\": \"b\"}", "{\"type\", \"a\": \"b\"}"),
            ("a: «'ty‸'", "a: 'type'"),
            ("{«\"t‸\\\"y\"}", "{\"type\"}"),
        ] {
            assert_eq!(chosen(marked, "type").as_deref(), Some(text), "{marked}");
        }
        assert_eq!(chosen("a: «\"b\"‸", "type"), None);
    }

    #[test]
    fn a_key_takes_its_colon_behind_the_quotation_mark() {
        let text = "{\"ty\"}";
        let typed = Typed::of(text, 1, 4).unwrap();
        assert!(!typed.has_colon);
        let whole = typed.with_its_mark();
        assert_eq!(
            (whole.start, whole.end, whole.written("type", true).as_str()),
            (2, 5, "type\"")
        );
        assert!(Typed::of("{\"ty\" : 1}", 1, 4).unwrap().has_colon);
    }
}
