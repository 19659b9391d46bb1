//! What a document says of its object: API version, kind and namespace.

use std::ops::Range;

use super::flow::{self, Bracket, Head};

/// The bytes of the document around a byte.
pub(super) fn document(text: &str, offset: usize) -> Range<usize> {
    let mut start = 0;
    let mut position = 0;
    for line in text.split_inclusive('\n') {
        let end = position + line.len();
        if line.trim_end() == "---" {
            if position > offset {
                return start..position;
            }
            if end <= offset {
                start = end;
            }
        }
        position = end;
    }
    start..text.len()
}

/// What an object in lines says of itself, as far as it is there.
pub(super) fn of_lines(document: &str) -> Head<'_> {
    [
        top_level(document, "apiVersion"),
        top_level(document, "kind"),
        namespace(document),
        None,
    ]
}

/// The value of a key that stands at the begin of a line.
fn top_level<'t>(document: &'t str, name: &str) -> Option<&'t str> {
    let mut values = document.lines().filter_map(|line| {
        let rest = line.strip_prefix(name)?.trim_start().strip_prefix(':')?;
        Some(plain(rest))
    });
    values.next()
}

fn namespace(document: &str) -> Option<&str> {
    let is_begin = |at: &usize| {
        document
            .get(..*at)
            .is_some_and(|before| before.is_empty() || before.ends_with('\n'))
    };
    let begin = document.match_indices("metadata:").map(|(at, _)| at).find(is_begin)?;
    let (_, value) = document.get(begin..)?.split_once(':')?;
    let mut lines = value.lines();
    let line = lines.next()?.trim_start();
    if line.starts_with('{') {
        let start = document.len() - value.trim_start().len();
        let bracket = Bracket {
            start,
            end: document.len(),
            limit: Some(0),
        };
        return flow::namespace(document, bracket).filter(|name| !name.is_empty());
    }
    let mut within = lines.take_while(|line| line.is_empty() || line.starts_with([' ', '#']));
    let value = within.find_map(|line| line.trim_start().strip_prefix("namespace:"))?;
    Some(plain(value)).filter(|name| !name.is_empty())
}

/// A value without quotes and without the comment behind it.
fn plain(value: &str) -> &str {
    let value = value.split(" #").next().unwrap_or_default();
    value.trim().trim_matches(['"', '\''])
}

#[cfg(test)]
mod tests {
    use super::super::cursor::at;

    #[test]
    fn the_document_says_what_it_is() {
        for (text, is_json) in [
            (
                "apiVersion: \"v1\" # x\nkind: Secret\nmetadata:\n  name: a\n  namespace: 'b'\nspec:\n  ",
                false,
            ),
            (
                "apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: b}\nspec: {",
                false,
            ),
            (
                "kind: Secret\napiVersion: v1\nmetadata:\n  namespace: b\nspec: {a: ",
                false,
            ),
            (
                "{kind: Secret, apiVersion: v1, metadata: {namespace: b}, spec: {",
                false,
            ),
            (
                "{\"kind\":\"Secret\",\"apiVersion\":\"v1\",\"metadata\":{\"namespace\":\"b\"},\"spec\":{\"",
                true,
            ),
        ] {
            let cursor = at(text, text.len(), is_json).unwrap();
            let head = (cursor.api_version, cursor.kind, cursor.namespace);
            assert_eq!(head, ("v1", "Secret", Some("b")), "{text}");
        }
        // What it is may stand behind the cursor.
        let cursor = at("{\"spec\":{\"ty}, \"a\": 1\n,\"kind\":\"Secret\"}", 12, true).unwrap();
        assert_eq!(cursor.kind, "Secret");
    }
}
