//! The commands of this plugin that the pages for people name, in the middle of a sentence or in a block: each is one that
//! there is, with flags that there are. Those of blocks are run as well, by the end-to-end tests.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use kubectl_neo4jbackup::cli;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use crate::help::calls;
use crate::support::root;

/// Stand in a sentence for something of a reader's own, and are no value by themselves.
const PLACEHOLDERS: [(&str, &str); 2] = [("CODE", "NB5001"), ("KIND", "neo4jbackup")];
/// What clap says where a sentence names a flag or a command and leaves out what belongs to it.
const UNFINISHED: [&str; 2] = ["a value is required for", "required arguments were not provided"];

/// Every page, those of single rules and checks included.
fn pages(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(pages(&path));
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
    found
}

/// What of a page stands in the type of code, a line each.
fn code(page: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut is_block = false;
    for event in Parser::new_ext(page, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => is_block = true,
            Event::End(TagEnd::CodeBlock) => is_block = false,
            Event::Text(text) if is_block => lines.extend(text.lines().map(str::to_owned)),
            Event::Code(text) => lines.push(text.to_string()),
            _ => {}
        }
    }
    lines
}

#[test]
fn every_command_that_a_page_names_is_one_that_there_is() {
    let mut all = pages(&root().join("docs"));
    all.extend(["README.md", "CONTRIBUTING.md", "charts/neo4jbackup-webhook/README.md"].map(|page| root().join(page)));
    let mut tried = 0;
    for page in all {
        for line in code(&fs::read_to_string(&page).unwrap()) {
            // Of what somebody prints, `use: kubectl neo4jbackup …` is no command of a line of its own.
            let line = line.trim_start_matches("$ ");
            let line = line.split(" # ").next().unwrap().trim_end_matches('\\').trim();
            for call in calls(line) {
                // The name alone is the name of the program.
                if call.is_empty()
                    || call
                        .iter()
                        .any(|word| word.contains(['…', '[', '<', '|']) || word == "...")
                {
                    continue;
                }
                let words = call.iter().map(|word| {
                    let placeholder = PLACEHOLDERS.iter().find(|(name, _)| name == word);
                    placeholder.map_or(word.as_str(), |(_, value)| value)
                });
                let words = std::iter::once("kubectl-neo4jbackup").chain(words);
                let words: Vec<OsString> = words.map(OsString::from).collect();
                tried += 1;
                if let Err(refusal) = cli::parse(&words, &BTreeMap::new()) {
                    assert!(
                        UNFINISHED.iter().any(|text| refusal.text.contains(text)),
                        "{}: `{line}`: {}",
                        page.display(),
                        refusal.text
                    );
                }
            }
        }
    }
    assert!(tried > 150, "{tried}");
}
