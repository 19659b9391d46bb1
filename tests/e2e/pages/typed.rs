//! What a page tells its reader to type, and what it shows that this prints.

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};

/// Stands for any lines, and within a line for its rest.
const LEFT_OUT: &str = "…";

/// Commands that are typed one after the other, and what they print together; nothing where the page does not say.
#[derive(Debug)]
pub(super) struct Typed {
    pub(super) commands: Vec<String>,
    pub(super) printed: Option<String>,
}

/// All of a page. Commands stand in blocks without a language or called `console`. What they print stands behind each of
/// them, where they begin with `$ `, or else in the next block, if that is called `text`.
pub(super) fn typed(page: &str) -> Vec<Typed> {
    let mut all: Vec<Typed> = Vec::new();
    let mut may_follow = false;
    for (language, text) in blocks(page) {
        match language.as_str() {
            "" | "console" => {
                let of_block = of_block(&text);
                may_follow = matches!(&of_block[..], [Typed { printed: None, .. }]);
                all.extend(of_block);
                continue;
            }
            "text" if may_follow => all.last_mut().unwrap().printed = Some(text),
            _ => {}
        }
        may_follow = false;
    }
    all
}

/// The language and the text of each block.
fn blocks(page: &str) -> Vec<(String, String)> {
    let mut blocks = Vec::new();
    let mut open: Option<(String, String)> = None;
    for event in Parser::new(page) {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))) => {
                open = Some((language.to_string(), String::new()));
            }
            Event::Text(text) => {
                if let Some((_, block)) = &mut open {
                    block.push_str(&text);
                }
            }
            Event::End(TagEnd::CodeBlock) => blocks.extend(open.take()),
            _ => {}
        }
    }
    blocks
}

fn of_block(text: &str) -> Vec<Typed> {
    let text = text.replace("\\\n", " ");
    if !text.starts_with("$ ") {
        let commands = text.lines().map(str::to_owned).collect();
        return vec![Typed {
            commands,
            printed: None,
        }];
    }
    let mut all: Vec<Typed> = Vec::new();
    for line in text.lines() {
        match (line.strip_prefix("$ "), all.last_mut()) {
            (None, Some(last)) => {
                let printed = last.printed.get_or_insert_default();
                printed.push_str(line);
                printed.push('\n');
            }
            (command, _) => all.push(Typed {
                commands: vec![command.unwrap_or(line).to_owned()],
                printed: None,
            }),
        }
    }
    all
}

/// Whether lines are those that a page shows.
pub(super) fn is_shown(lines: &[&str], shown: &[&str]) -> bool {
    match shown {
        [] => lines.is_empty(),
        [LEFT_OUT, rest @ ..] => (0..=lines.len()).any(|skipped| is_shown(&lines[skipped..], rest)),
        [line, rest @ ..] => {
            let is_as_shown = |is: &&str| match line.split_once(LEFT_OUT) {
                Some((start, _)) => is.starts_with(start.trim_end()),
                None => is == line,
            };
            lines.first().is_some_and(is_as_shown) && is_shown(&lines[1..], rest)
        }
    }
}
