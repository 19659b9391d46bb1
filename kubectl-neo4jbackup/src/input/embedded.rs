//! Which manifests stand inside of a text that is none itself? Fenced blocks of Markdown, here-documents of shell scripts.
//!
//! A block keeps its lines as they are, with blanks for what stands before them and is not part of it (`> `, the tabs of
//! `<<-`). So its columns are those of the file, and its lines are, too, once the lines before it are counted.

mod markdown;
mod shell;

use std::ops::Range;
use std::path::Path;

use neo4jbackup_core::values::placeholder::Notation;

use super::{Block, Role, STDIN, Text, names_us};

/// What a text that holds manifests is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Language {
    Markdown,
    Shell,
}

/// A stretch of whole lines that may be a manifest.
#[derive(Debug)]
struct Stretch {
    bytes: Range<usize>,
    /// The lines, as long in characters as those of the file.
    text: String,
    notation: Notation,
}

const MARKDOWN: [&str; 3] = ["md", "markdown", "mdx"];
const SHELL: [&str; 4] = ["sh", "bash", "zsh", "ksh"];
/// With these an author says that something is left out.
const ELLIPSES: [&str; 2] = ["...", "…"];

/// Whether the name is that of a text in which manifests are looked for.
pub(super) fn has_name_of_guide(name: &Path) -> bool {
    by_name(name).is_some()
}

fn by_name(name: &Path) -> Option<Language> {
    let ending = name.extension()?.to_str()?.to_ascii_lowercase();
    if MARKDOWN.contains(&ending.as_str()) {
        Some(Language::Markdown)
    } else {
        SHELL.contains(&ending.as_str()).then_some(Language::Shell)
    }
}

/// A script without an ending says in its first line what runs it.
fn by_first_line(text: &str) -> Option<Language> {
    let (interpreter, _) = text.strip_prefix("#!")?.split_once('\n')?;
    let mut words = interpreter.split(|letter: char| letter.is_whitespace() || letter == '/');
    words.any(|word| SHELL.contains(&word)).then_some(Language::Shell)
}

fn language(text: &Text) -> Option<Language> {
    // What nobody named is what is piped to `lint -`: manifests.
    let is_guide = text.problem.is_none() && text.source.name != STDIN;
    let language = by_name(Path::new(&text.source.name)).or_else(|| by_first_line(&text.text));
    language.filter(|_| is_guide)
}

/// Makes a comment of each line that is nothing but an ellipsis, which YAML would take for the end of the document or for a
/// value, and says whether anything is left out.
fn without_ellipses(text: String) -> (String, bool) {
    if !ELLIPSES.iter().any(|dots| text.contains(dots)) {
        return (text, false);
    }
    let mut is_fragment = false;
    let lines = text.split_inclusive('\n').map(|line| {
        let content = line.trim();
        if ELLIPSES.contains(&content) {
            is_fragment = true;
            let first = content.chars().next().map_or(0, char::len_utf8);
            return line.replacen(&content[..first], "#", 1);
        }
        let comment = line
            .find('#')
            .map(|start| line[start..].trim_matches(['#', ' ', '\t', '\r', '\n']));
        let is_omission = |comment: &str| {
            let mut dots = ELLIPSES.iter();
            dots.any(|dots| comment.starts_with(dots) || comment.ends_with(dots))
        };
        is_fragment |= comment.is_some_and(is_omission);
        line.to_owned()
    });
    let text = lines.collect();
    (text, is_fragment)
}

/// The manifests of our operators in a text, in order. What else is shown there is somebody else's to judge.
fn blocks(language: Language, text: &str) -> Vec<(String, Block)> {
    let stretches = match language {
        Language::Markdown => markdown::stretches(text),
        Language::Shell => shell::here_documents(text, shell::Ends::AtLineStart)
            .into_iter()
            .filter_map(|document| document.stretch(text, 0, Notation::Manifest))
            .collect(),
    };
    let (mut counted, mut lines) = (0, 0);
    let mut blocks = Vec::new();
    for stretch in stretches.into_iter().filter(|stretch| names_us(&stretch.text)) {
        let between = text.get(counted..stretch.bytes.start).unwrap_or_default();
        lines += between.matches('\n').count();
        counted = stretch.bytes.start;
        let (text, is_fragment) = without_ellipses(stretch.text);
        blocks.push((
            text,
            Block {
                number: blocks.len() + 1,
                lines_before: lines,
                bytes: stretch.bytes,
                notation: stretch.notation,
                is_fragment,
            },
        ));
    }
    blocks
}

/// The manifests of a guide, each as a text of its own; none of a text that is no guide.
pub fn blocks_of(text: &Text) -> Vec<Text> {
    let Some(language) = language(text) else {
        return Vec::new();
    };
    let blocks = blocks(language, &text.text).into_iter().map(|(inner, block)| Text {
        source: text.source.clone(),
        is_verbatim: text.is_verbatim && text.text.get(block.bytes.clone()) == Some(inner.as_str()),
        text: inner,
        problem: None,
        role: Role::Block(block),
    });
    blocks.collect()
}

/// A text, or a guide followed by the manifests that stand in it.
pub fn unfold(mut text: Text) -> Vec<Text> {
    if language(&text).is_none() {
        return vec![text];
    }
    let blocks = blocks_of(&text);
    text.role = Role::Guide;
    std::iter::once(text).chain(blocks).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Each block as `LINE NOTATION[ fragment]: first line of it that is not empty`.
    fn found(language: Language, text: &str) -> Vec<String> {
        let blocks = blocks(language, text).into_iter();
        blocks
            .map(|(inner, block)| {
                let fragment = if block.is_fragment { " fragment" } else { "" };
                format!("{} {:?}{fragment}: {inner}", block.lines_before + 1, block.notation)
            })
            .collect()
    }

    const GROUP: &str = "apiVersion: neo4j.neo4j.com/v1beta1";

    #[test]
    fn fences_of_manifests_are_found_wherever_they_stand() {
        let text = format!(
            "# Guide\n\n```yaml\n{GROUP}\n```\n\n~~~ yml title=\"a\"\n{GROUP}\n~~~\n\n1. First\n\n   ```json\n   {{\"a\": \"neo4j.neo4j.com\"}}\n   ```\n\n\
             > ```yaml\n> {GROUP}\n> kind: é\n> ```\n\n```\n{GROUP}\nkind: Neo4jBackup\n```\n"
        );
        assert_eq!(
            found(Language::Markdown, &text),
            [
                format!("4 Guide: {GROUP}\n"),
                format!("8 Guide: {GROUP}\n"),
                "14 Guide:    {\"a\": \"neo4j.neo4j.com\"}\n".to_owned(),
                format!("18 Guide:   {GROUP}\n  kind: é\n"),
                format!("23 Guide: {GROUP}\nkind: Neo4jBackup\n"),
            ]
        );
    }

    #[test]
    fn what_is_no_manifest_of_ours_is_left_alone() {
        for text in [
            "```yaml\napiVersion: v1\nkind: Secret\n```\n".to_owned(),
            format!("```text\n{GROUP}\n```\n"),
            format!("```\nerror: {GROUP}\n```\n"),
            format!("{GROUP}\nkind: Neo4jBackup\n"),
            format!("<!--\n```yaml\n{GROUP}\n```\n-->\n"),
            format!("`{GROUP}`\n"),
        ] {
            assert_eq!(found(Language::Markdown, &text), [""; 0], "{text}");
        }
    }

    #[test]
    fn an_unclosed_fence_ends_with_the_file() {
        assert_eq!(
            found(Language::Markdown, &format!("```yaml\r\n{GROUP}\r\nkind: x")),
            [format!("2 Guide: {GROUP}\r\nkind: x")]
        );
    }

    #[test]
    fn here_documents_are_found_in_scripts_and_in_guides() {
        let script = format!(
            "#!/bin/sh\nkubectl apply -f - <<EOF\n{GROUP}\nEOF\nkubectl apply -f - <<'END'  # later\n{GROUP}\nEOF\nEND\n\
             if true; then\n\tcat <<-\"X\" | kubectl apply -f -\n\t{GROUP}\n\tX\nfi\n"
        );
        let expected = [
            format!("3 Shell: {GROUP}\n"),
            format!("6 Manifest: {GROUP}\nEOF\n"),
            format!("11 Manifest:  {GROUP}\n"),
        ];
        assert_eq!(found(Language::Shell, &script), expected);
        let guide = format!(
            "- Do:\n  ```bash\n  kubectl apply -f - <<EOF\n  {GROUP}\n  EOF\n  kubectl apply -f - <<\\E\n  {GROUP}\n  E\n  ```\n"
        );
        let expected = [format!("4 Shell:   {GROUP}\n"), format!("7 Guide:   {GROUP}\n")];
        assert_eq!(found(Language::Markdown, &guide), expected);
    }

    #[test]
    fn what_only_looks_like_a_here_document_is_none() {
        for script in [
            format!("cat <<< EOF\n{GROUP}\nEOF\n"),
            format!("# cat <<EOF\n{GROUP}\nEOF\n"),
            format!("echo 'a <<EOF'\n{GROUP}\nEOF\n"),
            format!("cat <<EOF\n{GROUP}\n EOF\n"),
            format!("cat <<EOF\n{GROUP}\n"),
        ] {
            assert_eq!(found(Language::Shell, &script), [""; 0], "{script}");
        }
        let several = format!("cat <<A <<B\nx\nA\n{GROUP}\nB\n");
        assert_eq!(found(Language::Shell, &several), [format!("4 Shell: {GROUP}\n")]);
        let substitution = format!("x=\"$(don't cat <<EOF\n{GROUP}\nEOF\n)\"\n");
        assert_eq!(found(Language::Shell, &substitution), [format!("2 Shell: {GROUP}\n")]);
    }

    #[test]
    fn an_ellipsis_makes_a_fragment() {
        for (line, kept) in [
            ("...", "#.."),
            ("  …", "  #"),
            ("a: 1 # ... as before", "a: 1 # ... as before"),
            ("  # the rest…", "  # the rest…"),
        ] {
            let text = format!("```yaml\n{GROUP}\n{line}\n```\n");
            let expected = format!("2 Guide fragment: {GROUP}\n{kept}\n");
            assert_eq!(found(Language::Markdown, &text), [expected]);
        }
        let text = format!("```yaml\n{GROUP}\na: \"b...c\" # no more. than that\n```\n");
        assert!(!found(Language::Markdown, &text)[0].contains("fragment"));
    }

    /// Lines of which guides and scripts are made, and others.
    fn text() -> impl Strategy<Value = String> {
        let lines = [
            "```yaml",
            "```",
            "~~~",
            "   ```bash",
            "> ```yaml",
            "> kind: é",
            "- a",
            "cat <<EOF",
            "cat <<-'E'",
            "EOF",
            "\tE",
            "E",
            "apiVersion: neo4j.neo4j.com/v1",
            "  kind: Neo4jBackup",
            "> apiVersion: neo4j.neo4j.com/v1",
            "\tneo4j.com",
            "...",
            "# …",
            "",
            "'",
            "\"",
            "<!--",
            "-->",
            "---",
            "\u{feff}",
            "| a | b |",
            "<div>",
        ];
        let line = prop_oneof![
            8 => prop::sample::select(lines.to_vec()).prop_map(str::to_owned),
            1 => r"[ \t>`~<E'#.é\\-]{0,12}",
        ];
        let end = prop::sample::select(vec!["\n", "\r\n", "\n    "]);
        prop::collection::vec((line, end), 0..40)
            .prop_map(|lines| lines.into_iter().map(|(line, end)| line + end).collect())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn every_block_has_the_lines_of_the_file(text in text()) {
            for language in [Language::Markdown, Language::Shell] {
                for (inner, block) in blocks(language, &text) {
                    let outer = &text[block.bytes.clone()];
                    prop_assert_eq!(text[..block.bytes.start].matches('\n').count(), block.lines_before);
                    prop_assert!(block.bytes.start == 0 || text[..block.bytes.start].ends_with('\n'));
                    let (inner, outer): (Vec<_>, Vec<_>) = (inner.split('\n').collect(), outer.split('\n').collect());
                    prop_assert_eq!(inner.len(), outer.len());
                    for (inner, outer) in inner.into_iter().zip(outer) {
                        prop_assert_eq!(inner.chars().count(), outer.chars().count());
                        let is_kept = |(inner, outer): (char, char)| inner == outer || inner == ' ' || inner == '#';
                        prop_assert!(inner.chars().zip(outer.chars()).all(is_kept));
                    }
                }
            }
        }
    }
}
