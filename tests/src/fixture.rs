//! Reads the literate fixtures: `tests/rules/<rule>.md`.
//!
//! A block of `yaml base` above the first case is a manifest with a hole, the line `…`. A block of a case whose first line
//! is indented stands in that hole: it shows what the case is about and nothing else. Every other block is a whole file.
//!
//! A second-level heading begins a case; the text below says why. The fenced blocks of a case are
//!
//! - `yaml`: the manifests. Words after `yaml` change how they are judged: `operator=1.13`, `inventory=full` (what is not
//!   in the block does not exist, as for the webhook's caches; otherwise it may be elsewhere, as for files),
//!   `door=create` or `door=update` (a review instead of a file), `assume-webhook`, `now=2026-01-01T00:00:00Z`,
//!   `identity=aws:ARN` and `role-names` (settings).
//! - `yaml old`: the object as it is stored, for `door=update`.
//! - `findings`: what the rule of this fixture says, a line each; empty when it must be silent. Lines are counted in the
//!   block as it stands there; `base 6:3` is a place in the base.
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
    /// What the cases have in common, and the text above it.
    pub base: Option<(String, Base)>,
    /// Its cases.
    pub cases: Vec<Case>,
}

/// A manifest with a hole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    before: String,
    /// The line of the hole.
    hole: String,
    after: String,
}

impl Base {
    fn new(text: &str) -> Option<Self> {
        let is_hole = |line: &&str| line.trim() == HOLE;
        let start = text.split_inclusive('\n').take_while(|line| !is_hole(line));
        let start: usize = start.map(str::len).sum();
        let (before, rest) = text.split_at_checked(start)?;
        let (hole, after) = rest.split_once('\n')?;
        Some(Self {
            before: before.to_owned(),
            hole: hole.to_owned(),
            after: after.to_owned(),
        })
    }

    /// The whole manifest for what stands in a block.
    fn fill(&self, block: &str) -> String {
        format!("{}{block}{}", self.before, self.after)
    }

    /// What stands in the hole of a manifest; `None` when it is made in another way.
    fn hole<'m>(&self, manifest: &'m str) -> Option<&'m str> {
        let hole = manifest.strip_prefix(&self.before)?.strip_suffix(&self.after)?;
        hole.starts_with(' ').then_some(hole)
    }

    /// The block for a manifest, as short as it can be.
    fn block<'m>(&self, manifest: &'m str) -> &'m str {
        self.hole(manifest).unwrap_or(manifest)
    }
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
    /// The base whose hole the manifest fills, when it does.
    pub base: Option<Base>,
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

    /// A place of the manifest as the reader of the fixture sees it.
    pub fn place(&self, line: usize, column: usize) -> String {
        let Some((base, hole)) = self
            .base
            .as_ref()
            .and_then(|base| Some((base, base.hole(&self.manifest)?)))
        else {
            return format!("{line}:{column}");
        };
        let (above, within) = (base.before.lines().count(), hole.lines().count());
        match line {
            line if line <= above => format!("base {line}:{column}"),
            line if line <= above + within => format!("{}:{column}", line - above),
            // The hole itself is a line.
            line => format!("base {}:{column}", line - within + 1),
        }
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
    let (mut intro, mut base) = (String::new(), None);
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(title) = line.strip_prefix("## ") {
            cases.push(Case {
                title: title.to_owned(),
                ..Case::default()
            });
            continue;
        }
        let Some(info) = line.strip_prefix("```") else {
            let words = cases.last_mut().map_or(&mut intro, |case| &mut case.why);
            if !line.is_empty() && !line.starts_with("# ") {
                words.push_str(line);
                words.push('\n');
            }
            continue;
        };
        let body: String = lines
            .by_ref()
            .take_while(|line| *line != "```")
            .map(|line| format!("{line}\n"))
            .collect();
        let Some(case) = cases.last_mut() else {
            assert_eq!(info, "yaml base", "{} has a block above its cases", file.display());
            base = Some(Base::new(&body).unwrap_or_else(|| panic!("the base of {} has no hole", file.display())));
            continue;
        };
        let is_part = body.starts_with(' ') && info != "findings";
        let body = match &base {
            Some(base) if is_part => base.fill(&body),
            None if is_part => panic!("{} has no base for «{}»", file.display(), case.title),
            _ => body,
        };
        let mut words = info.split_whitespace();
        match (words.next(), info) {
            (Some("yaml"), "yaml old") => case.old = Some(body),
            (Some("yaml"), _) => {
                case.manifest = body;
                case.base = base.clone().filter(|_| is_part);
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
        base: base.map(|base| (intro, base)),
        cases,
    }
}

impl Fixture {
    /// The fixture as text again.
    pub fn render(&self) -> String {
        let mut text = format!("# {}\n", self.rule);
        if let Some((intro, Base { before, hole, after })) = &self.base {
            text.push_str(&format!("\n{intro}\n```yaml base\n{before}{hole}\n{after}```\n"));
        }
        for case in &self.cases {
            let block = |manifest| case.base.as_ref().map_or(manifest, |base| base.block(manifest));
            let attributes: String = case.attributes.iter().map(|word| format!(" {word}")).collect();
            text.push_str(&format!(
                "\n## {}\n\n{}\n```yaml{attributes}\n{}```\n",
                case.title,
                case.why,
                block(case.manifest.as_str())
            ));
            if let Some(old) = &case.old {
                text.push_str(&format!("\n```yaml old\n{}```\n", block(old.as_str())));
            }
            text.push_str(&format!(
                "\n```findings\n{}```\n",
                case.findings.as_deref().unwrap_or_default()
            ));
            if let Some(after) = &case.after {
                text.push_str(&format!("\n```after\n{}```\n", block(after.as_str())));
            }
        }
        text
    }
}

/// The line of a base in whose place a case stands.
const HOLE: &str = "…";
