//! What the API server wants people to know who use it: the `Warning` headers of its answers.

use std::sync::{Arc, Mutex, PoisonError};

use http::HeaderMap;
use http::header::WARNING;

/// Warnings that nobody has been told of yet. Clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Warnings(Arc<Mutex<Heard>>);

#[derive(Debug, Default)]
struct Heard {
    all: Vec<String>,
    told: usize,
}

impl Warnings {
    /// Keeps what an answer says; what was said before is kept once.
    pub(super) fn hear(&self, headers: &HeaderMap) {
        for value in headers.get_all(WARNING) {
            for text in texts(&String::from_utf8_lossy(value.as_bytes())) {
                self.add(text);
            }
        }
    }

    pub(super) fn add(&self, text: String) {
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !heard.all.contains(&text) {
            heard.all.push(text);
        }
    }

    /// Returns those that are new.
    pub(super) fn take(&self) -> Vec<String> {
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let new = heard.all[heard.told..].to_vec();
        heard.told = heard.all.len();
        new
    }
}

/// The texts of a header: `299 - "first", 299 - "second"`. Only 299 is meant for people.
fn texts(header: &str) -> Vec<String> {
    let mut texts = Vec::new();
    let mut rest = header;
    loop {
        let Some((front, quoted)) = rest.split_once('"') else {
            return texts;
        };
        let mut text = String::new();
        let mut letters = quoted.char_indices();
        let end = loop {
            match letters.next() {
                Some((_, '\\')) => text.extend(letters.next().map(|(_, letter)| letter)),
                Some((at, '"')) => break at + 1,
                Some((_, letter)) => text.push(letter),
                None => return texts,
            }
        };
        if front.trim_start_matches([',', ' ']).starts_with("299 ") && !text.is_empty() {
            texts.push(text);
        }
        // A date may follow, in quotes as well.
        rest = &quoted[end..];
        if let Some((between, after)) = rest.split_once(',') {
            let date = between.trim();
            rest = if date.starts_with('"') && !date.ends_with('"') {
                after.split_once('"').map_or("", |(_, after)| after)
            } else {
                after
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_as_kubernetes_writes_them() {
        for (header, expected) in [
            (r#"299 - "one""#, vec!["one"]),
            (
                r#"299 - "one", 299 - "two, \"three\" \\""#,
                vec!["one", r#"two, "three" \"#],
            ),
            (r#"199 - "not for people", 299 agent "one""#, vec!["one"]),
            (
                r#"299 - "one" "Mon, 02 Jan 2006 15:04:05 GMT", 299 - "two""#,
                vec!["one", "two"],
            ),
            (r#"299 - "no end"#, vec![]),
            ("", vec![]),
        ] {
            assert_eq!(texts(header), expected, "{header}");
        }
    }

    #[test]
    fn a_warning_is_told_once() {
        let warnings = Warnings::default();
        let headers = HeaderMap::from_iter([(WARNING, r#"299 - "one""#.parse().unwrap())]);
        warnings.hear(&headers);
        assert_eq!(warnings.take(), ["one"]);
        warnings.hear(&headers);
        assert!(warnings.take().is_empty());
    }
}
