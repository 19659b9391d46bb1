//! Whether an output says only what its program says.

use comrak::nodes::{AstNode, NodeValue};
use comrak::{Arena, Options};

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

/// The report in Markdown, as GitHub renders it: a row for each finding, and nothing foreign outside of code.
pub(crate) fn assert_markdown(what: &str, text: &str, findings: usize) {
    assert_lines(what, text);
    let mut options = Options::default();
    options.extension.table = true;
    options.extension.autolink = true;
    options.extension.strikethrough = true;
    options.extension.footnotes = true;
    options.extension.tasklist = true;
    let arena = Arena::new();
    let root = comrak::parse_document(&arena, text, &options);
    let mut rows = 0;
    for node in root.descendants() {
        match &node.data.borrow().value {
            NodeValue::TableRow(is_header) => {
                rows += usize::from(!is_header);
                assert_eq!(node.children().count(), 5, "{what}: a row of {:?}", words(node));
            }
            NodeValue::Link(link) => {
                let page = "https://github.com/neo4jbackup/neo4jbackup/blob/main/docs/rules/NB";
                assert!(link.url.starts_with(page), "{what}: a link to {}", link.url);
            }
            NodeValue::Text(text) => {
                let foreign = ["@", "evil", "<", "&", "#", FORGED]
                    .into_iter()
                    .find(|part| text.contains(part));
                assert_eq!(foreign, None, "{what}: outside of code: {text}");
            }
            NodeValue::Document
            | NodeValue::Paragraph
            | NodeValue::Strong
            | NodeValue::Table(_)
            | NodeValue::TableCell
            | NodeValue::Code(_) => {}
            other => panic!("{what}: {other:?} in {:?}", node.parent().map(words)),
        }
    }
    assert_eq!(rows, findings, "{what}");
}

fn words<'a>(node: &'a AstNode<'a>) -> String {
    let mut words = String::new();
    for node in node.descendants() {
        match &node.data.borrow().value {
            NodeValue::Text(text) => words.push_str(text),
            NodeValue::Code(code) => words += &format!("`{}`", code.literal),
            _ => {}
        }
    }
    words
}

#[test]
fn the_commands_of_workflows_are_known() {
    let found = |line: &str| command(line).map(|(name, data)| format!("{name} {data}"));
    assert_eq!(found("  ::error file=a,line=1::b%0Ac").as_deref(), Some("error b\nc"));
    assert_eq!(found("x ##[Debug]y").as_deref(), Some("debug y"));
    assert_eq!(found("x ::error::y"), None);
    assert_eq!(found("::nothing::y"), None);
}
