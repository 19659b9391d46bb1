//! Reads the literate fixtures: `tests/rules/<rule>.md`.
//!
//! A second-level heading begins a case; the text below says why. The fenced blocks of a case are
//!
//! - `yaml`: the manifests. Words after `yaml` change how they are judged: `operator=1.13`, `inventory=full` (what is not
//!   in the block does not exist, as for the webhook's caches; otherwise it may be elsewhere, as for files),
//!   `door=create` or `door=update` (a review instead of a file), `assume-webhook`, `now=2026-01-01T00:00:00Z`,
//!   `identity=aws:ARN` (settings).
//! - `yaml old`: the object as it is stored, for `door=update`.
//! - `findings`: what the rule of this fixture says, a line each; empty when it must be silent.
//! - `after`: the manifests after `lint --fix`, where something can be fixed.
//!
//! `UPDATE=1 cargo test -p neo4jbackup-tests` writes the last two anew.

use std::fs;
use std::path::{Path, PathBuf};

use neo4jbackup_harness::root;

/// One fixture file.
#[derive(Debug)]
pub struct Fixture {
    /// Where it is.
    pub file: PathBuf,
    /// The name of the rule: `schedule-invalid`.
    pub rule: String,
    /// Its cases.
    pub cases: Vec<Case>,
}

/// One case.
#[derive(Debug, Default, Clone)]
pub struct Case {
    /// The heading.
    pub title: String,
    /// The text below the heading.
    pub why: String,
    /// The manifests.
    pub manifest: String,
    /// The words after `yaml`.
    pub attributes: Vec<String>,
    /// The stored object.
    pub old: Option<String>,
    /// The expected findings.
    pub findings: Option<String>,
    /// The expected text after fixing.
    pub after: Option<String>,
}

impl Case {
    /// The value of `key=value` among the attributes.
    pub fn attribute(&self, key: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find_map(|word| word.strip_prefix(key)?.strip_prefix('='))
    }

    /// Whether a word stands among the attributes.
    pub fn has(&self, word: &str) -> bool {
        self.attributes.iter().any(|attribute| attribute == word)
    }
}

/// Every fixture of `tests/rules`, by name.
pub fn all() -> Vec<Fixture> {
    let mut files: Vec<PathBuf> = fs::read_dir(root().join("tests/rules"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    files.sort();
    files.into_iter().map(|file| read(&file)).collect()
}

/// One fixture; the name of its file is the name of its rule.
pub fn read(file: &Path) -> Fixture {
    let text = fs::read_to_string(file).unwrap();
    let mut cases: Vec<Case> = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(title) = line.strip_prefix("## ") {
            cases.push(Case {
                title: title.to_owned(),
                ..Case::default()
            });
            continue;
        }
        let Some(case) = cases.last_mut() else { continue };
        let Some(info) = line.strip_prefix("```") else {
            if !line.is_empty() {
                case.why.push_str(line);
                case.why.push('\n');
            }
            continue;
        };
        let body: String = lines
            .by_ref()
            .take_while(|line| *line != "```")
            .map(|line| format!("{line}\n"))
            .collect();
        let mut words = info.split_whitespace();
        match (words.next(), info) {
            (Some("yaml"), "yaml old") => case.old = Some(body),
            (Some("yaml"), _) => {
                case.manifest = body;
                case.attributes = words.map(str::to_owned).collect();
            }
            (Some("findings"), _) => case.findings = Some(body),
            (Some("after"), _) => case.after = Some(body),
            _ => panic!("{}: a block of `{info}` means nothing here", file.display()),
        }
    }
    let rule = file.file_stem().unwrap().to_str().unwrap().replace('_', "-");
    Fixture {
        file: file.to_owned(),
        rule,
        cases,
    }
}

impl Fixture {
    /// The fixture as text again.
    pub fn render(&self) -> String {
        let mut text = format!("# {}\n", self.rule);
        for case in &self.cases {
            let attributes: String = case.attributes.iter().map(|word| format!(" {word}")).collect();
            text.push_str(&format!(
                "\n## {}\n\n{}\n```yaml{attributes}\n{}```\n",
                case.title, case.why, case.manifest
            ));
            if let Some(old) = &case.old {
                text.push_str(&format!("\n```yaml old\n{old}```\n"));
            }
            text.push_str(&format!(
                "\n```findings\n{}```\n",
                case.findings.as_deref().unwrap_or_default()
            ));
            if let Some(after) = &case.after {
                text.push_str(&format!("\n```after\n{after}```\n"));
            }
        }
        text
    }
}
