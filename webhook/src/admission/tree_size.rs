//! How much memory the tree of a body takes, before there is one.

use std::mem::size_of;

use neo4jbackup_core::document::{LARGE_LIST, Node};

/// What the text of a number takes at most, and the least that the allocator gives for a text of its own.
const NUMBER: usize = 32;
const TEXT: usize = 16;

/// No tree is deeper: the decoder refuses what is.
const DEEPEST: usize = 128;

/// A list or a mapping that has begun.
struct Open {
    /// What one of its items takes.
    item: usize,
    separators: usize,
}

/// The memory that the tree of `body` takes in bytes, at most: counted by the values that it really has, outside of
/// strings, and by how lists grow. Nothing is said of a body that is not JSON, which has no tree.
pub(crate) fn tree_size(body: &[u8]) -> usize {
    let mut total = 0;
    let mut largest = 0;
    let mut open: Vec<Open> = Vec::new();
    // The last byte that means something: an empty list has its bracket before its end.
    let mut last = b' ';
    let mut position = 0;
    while let Some(&byte) = body.get(position) {
        position += 1;
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' => continue,
            b'"' => {
                let (length, is_escaped) = string(&body[position..]);
                position += length;
                if is_escaped {
                    total += length + TEXT;
                }
            }
            b'{' | b'[' => {
                if open.len() == DEEPEST {
                    break;
                }
                let item = if byte == b'{' {
                    2 * size_of::<Node<'_>>()
                } else {
                    size_of::<Node<'_>>()
                };
                open.push(Open { item, separators: 0 });
            }
            b',' => {
                if let Some(list) = open.last_mut() {
                    list.separators += 1;
                }
            }
            b'}' | b']' => {
                let Some(Open { item, separators }) = open.pop() else {
                    break;
                };
                let count = if matches!(last, b'{' | b'[') { 0 } else { separators + 1 };
                total += capacity(count) * item;
                largest = largest.max(count * item);
            }
            b'-' | b'0'..=b'9' => {
                let rest = body[position..].iter();
                let length = rest
                    .take_while(|byte| !matches!(byte, b',' | b'}' | b']' | b' ' | b'\n'))
                    .count();
                position += length;
                if length > 0 {
                    total += NUMBER;
                }
            }
            _ => {}
        }
        last = byte;
    }
    // A list that grows is copied once it is at its largest.
    total + largest
}

/// How many items there is room for in a list that has grown to `count`.
fn capacity(count: usize) -> usize {
    match count {
        0 => 0,
        1..=4 => 4,
        _ if count <= LARGE_LIST => count.next_power_of_two(),
        _ => count + count / 4,
    }
}

/// How many bytes there are to the end of a string, its quote included, and whether it has an escape.
fn string(rest: &[u8]) -> (usize, bool) {
    let mut position = 0;
    let mut is_escaped = false;
    while let Some(found) = rest[position..].iter().position(|byte| matches!(byte, b'"' | b'\\')) {
        position += found + 1;
        if rest[position - 1] == b'"' {
            return (position, is_escaped);
        }
        is_escaped = true;
        position = (position + 1).min(rest.len());
    }
    (rest.len(), is_escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the tree really takes, by the capacity of everything in it.
    fn taken(node: &Node<'_>) -> usize {
        match node {
            Node::Null | Node::Bool(_) => 0,
            Node::Number(text) | Node::String(text) => match text {
                std::borrow::Cow::Borrowed(_) => 0,
                std::borrow::Cow::Owned(text) => text.capacity(),
            },
            Node::List(items) => items.capacity() * size_of::<Node<'_>>() + items.iter().map(taken).sum::<usize>(),
            Node::Map(map) => {
                map.0.capacity() * 2 * size_of::<Node<'_>>() + map.iter().map(|(_, value)| taken(value)).sum::<usize>()
            }
        }
    }

    fn size(text: &str) -> (usize, usize) {
        let node: Node<'_> = serde_json::from_str(text).unwrap();
        (taken(&node), tree_size(text.as_bytes()))
    }

    #[test]
    fn what_stands_in_texts_is_not_counted() {
        for text in [
            r#"{"a":"{{{{[[[[,,,,,::::"}"#,
            r#"["\"{{{{[[[[,,,,,"]"#,
            r#"["\\","{[{[",[]]"#,
        ] {
            let (taken, bound) = size(text);
            assert!(taken <= bound && bound < 600, "{text}: {taken} {bound}");
        }
        let braces = format!(
            r#"{{"spec":{{"options":{{"additionalArgs":["--x{}"]}}}}}}"#,
            "{".repeat(1_000_000)
        );
        assert!(tree_size(braces.as_bytes()) < 2000);
    }

    #[test]
    fn it_is_never_less_than_what_is_taken_and_not_much_more() {
        for unit in [
            "[]",
            "0",
            "12",
            "{\"a\":0}",
            "[0]",
            "[0,1]",
            "\"\"",
            "\"\\n\"",
            "{\"a\":[0],\"b\":{}}",
            "1e308",
            "1e-300",
            "-0.5",
        ] {
            for count in [1, 2, 4, 5, 100, 1024, 1025, 5000, 100_000] {
                let (taken, bound) = size(&format!("[{}]", vec![unit; count].join(",")));
                assert!(taken <= bound, "{count} {unit}: {taken} > {bound}");
                assert!(bound <= 5 * taken + 4096, "{count} {unit}: {taken} {bound}");
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn any_json_takes_at_most_that(seed in proptest::collection::vec(0_u8..12, 0..400)) {
            let mut text = String::from("[");
            let mut closers = vec![']'];
            for step in seed {
                if !matches!(text.as_bytes().last(), Some(b'[' | b'{' | b':')) {
                    text.push(',');
                }
                let in_map = closers.last() == Some(&'}');
                if in_map {
                    text.push_str(&format!("\"k{}\":", text.len()));
                }
                match step {
                    0 => { text.push('['); closers.push(']'); }
                    1 => { text.push('{'); closers.push('}'); }
                    2 if closers.len() > 1 => {
                        text.push('0');
                        text.push(closers.pop().unwrap());
                    }
                    3 => text.push_str("\"a\\u0041\\\\\""),
                    4 => text.push_str("\"[{,\""),
                    5 => text.push_str("123456"),
                    6 => text.push_str("1e300"),
                    7 => text.push_str("[]"),
                    8 => text.push_str("{}"),
                    9 => text.push_str("true"),
                    _ => text.push('7'),
                }
            }
            if matches!(text.as_bytes().last(), Some(b'{' | b':')) && text.ends_with(':') {
                text.push('0');
            }
            while let Some(closer) = closers.pop() {
                text.push(closer);
            }
            if let Ok(node) = serde_json::from_str::<Node<'_>>(&text) {
                proptest::prop_assert!(taken(&node) <= tree_size(text.as_bytes()), "{}", text);
            }
        }
    }
}
