//! Just enough CSV for the vector files.

/// The rows below the heading, each cut at the commas outside quotes. A doubled quote inside quotes is not used.
pub(super) fn rows(text: &str) -> Vec<Vec<String>> {
    text.lines().skip(1).map(row).collect()
}

fn row(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut is_quoted = false;
    for character in line.chars() {
        match character {
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => cells.push(String::new()),
            other => cells.last_mut().expect("there is a cell").push(other),
        }
    }
    cells
}

/// Replaces `\t`, `\n` and `\uXXXX` by what they stand for.
pub(super) fn unescape(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        plain.push_str(before);
        let (character, length) = match after.as_bytes().first() {
            Some(b't') => ('\t', 1),
            Some(b'n') => ('\n', 1),
            Some(b'u') => {
                let code = u32::from_str_radix(&after[1..5], 16).expect("four hexadecimal digits");
                (char::from_u32(code).expect("a character"), 5)
            }
            other => panic!("unknown escape {other:?} in {text}"),
        };
        plain.push(character);
        rest = &after[length..];
    }
    plain + rest
}
