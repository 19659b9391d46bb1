//! Whether an output says only what its program says.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::hostile::FORGED;

/// Whether a character steers what shows it, or cannot be seen. Written from the Unicode Standard and not from the code that
/// is tested: Cc, Cf, Zl, Zp.
pub(crate) fn is_hidden(letter: char) -> bool {
    matches!(letter,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}'
        | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}' | '\u{110bd}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e007f}')
}

/// A text that is shown in the lines that its format breaks it into.
pub(crate) fn assert_lines(what: &str, text: &str) {
    for line in text.lines() {
        if let Some(letter) = line.chars().find(|letter| is_hidden(*letter)) {
            panic!("{what}: U+{:04X} in {line:?}", u32::from(letter));
        }
        let begins = line.trim_start();
        assert!(!begins.starts_with("::"), "{what}: {line:?}");
        // A word that is wrapped stands below the text that it belongs to.
        assert!(!line.starts_with(FORGED), "{what}: a forged line {line:?}");
        assert_eq!(command(line), None, "{what}: {line:?}");
        assert!(!line.contains("##vso["), "{what}: {line:?}");
    }
}

/// A text that is one line, whatever shows it.
pub(crate) fn assert_one_line(what: &str, text: &str) {
    assert!(!text.contains('\n'), "{what}: {text:?}");
    assert_lines(what, text);
}

/// A command as the runner of GitHub Actions finds it in a line: its name and its data.
pub(crate) fn command(line: &str) -> Option<(String, String)> {
    const NAMES: [&str; 16] = [
        "internal-set-repo-path",
        "set-env",
        "set-output",
        "save-state",
        "add-path",
        "add-mask",
        "add-matcher",
        "remove-matcher",
        "debug",
        "error",
        "warning",
        "notice",
        "group",
        "endgroup",
        "echo",
        "stop-commands",
    ];
    let known = |info: &str| {
        let name = info.split(' ').next().unwrap_or_default();
        let found = NAMES.into_iter().find(|known| known.eq_ignore_ascii_case(name));
        found.map(str::to_owned)
    };
    if let Some(rest) = line.trim_start().strip_prefix("::")
        && let Some((info, data)) = rest.split_once("::")
        && let Some(name) = known(info)
    {
        let data = data.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%");
        return Some((name, data));
    }
    let (_, rest) = line.split_once("##[")?;
    let (info, data) = rest.split_once(']')?;
    Some((known(info)?, data.to_owned()))
}

/// The report in Markdown, as it is rendered: a row for each finding that says what the finding says, and nothing foreign
/// outside of code, where GitHub would make a link, a picture or a mention of it.
pub(crate) fn assert_markdown(what: &str, text: &str, sentences: &[String]) {
    assert_lines(what, text);
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_GFM;
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut cell = String::new();
    for event in Parser::new_ext(text, options) {
        match event {
            Event::Start(Tag::Link { dest_url, .. }) => {
                let page = "https://github.com/neo4jbackup/neo4jbackup/blob/main/docs/rules/NB";
                assert!(dest_url.starts_with(page), "{what}: a link to {dest_url}");
            }
            Event::Start(Tag::TableRow) => rows.push(Vec::new()),
            Event::Start(Tag::TableCell) => cell.clear(),
            Event::End(TagEnd::TableCell) => {
                if let Some(row) = rows.last_mut() {
                    row.push(std::mem::take(&mut cell));
                }
            }
            Event::Text(text) => {
                let foreign = ["@", "evil", "<", "&", "#", "|", FORGED];
                let foreign = foreign.into_iter().find(|part| text.contains(part));
                assert_eq!(foreign, None, "{what}: outside of code: {text}");
                cell.push_str(&text);
            }
            Event::Code(code) => cell.push_str(&code),
            Event::Start(Tag::Paragraph | Tag::Strong | Tag::Table(_) | Tag::TableHead)
            | Event::End(
                TagEnd::Paragraph
                | TagEnd::Strong
                | TagEnd::Table
                | TagEnd::TableHead
                | TagEnd::TableRow
                | TagEnd::Link,
            ) => {}
            other => panic!("{what}: {other:?} after {cell}"),
        }
    }
    assert_eq!(rows.len(), sentences.len(), "{what}");
    // A bar that ends a cell too early would cost the rest of the sentence.
    let letters = |text: &str| text.replace("\\u{7c}", "|").replace(['`', ' '], "");
    for (row, sentence) in rows.iter().zip(sentences) {
        assert_eq!(letters(row.last().unwrap()), letters(sentence), "{what}");
    }
}

#[test]
fn the_commands_of_workflows_are_known() {
    let found = |line: &str| command(line).map(|(name, data)| format!("{name} {data}"));
    assert_eq!(found("  ::error file=a,line=1::b%0Ac").as_deref(), Some("error b\nc"));
    assert_eq!(found("x ##[Debug]y").as_deref(), Some("debug y"));
    assert_eq!(found("x ::error::y"), None);
    assert_eq!(found("::nothing::y"), None);
}
