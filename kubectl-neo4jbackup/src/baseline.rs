//! Findings that were there when somebody decided to look at new ones only.
//!
//! An entry names the rule, the file, the object and the field, and no line, so that edits elsewhere in the file do not
//! bring it back. Files are relative to the folder of the baseline, so that it holds in every working folder.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use neo4jbackup_core::finding::{Suppressed, SuppressedBy};
use serde::{Deserialize, Serialize};

use crate::report::{API_VERSION, Finding};

/// The `kind` of the file.
pub const KIND: &str = "LintBaseline";

/// Why a text is no baseline, as the end of a sentence that begins with the name of its file.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// It has other fields, or is no JSON.
    #[error("is no baseline: {0}")]
    Format(#[from] serde_json::Error),

    /// It is an object of another kind or version.
    #[error("is no {KIND} of {API_VERSION}")]
    OtherKind,
}

/// The file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Format {
    api_version: String,
    kind: String,
    findings: Vec<Entry>,
}

/// One kind of finding that is accepted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    file: String,
    code: String,
    object: String,
    field: String,
    #[serde(default = "one", skip_serializing_if = "is_one")]
    count: usize,
}

fn one() -> usize {
    1
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
fn is_one(count: &usize) -> bool {
    *count == 1
}

/// What an entry is looked up by: file, code, object, field.
type Key = (String, String, String, String);

/// Accepted findings.
#[derive(Debug, Default)]
pub struct Baseline {
    /// How many findings of each kind are accepted.
    accepted: BTreeMap<Key, usize>,
}

impl Baseline {
    /// Reads the text of a baseline.
    pub fn parse(text: &str) -> Result<Self, BaselineError> {
        let format: Format = serde_json::from_str(text)?;
        if format.api_version != API_VERSION || format.kind != KIND {
            return Err(BaselineError::OtherKind);
        }
        let mut baseline = Self::default();
        for Entry {
            file,
            code,
            object,
            field,
            count,
        } in format.findings
        {
            *baseline.accepted.entry((file, code, object, field)).or_default() += count;
        }
        Ok(baseline)
    }

    /// Marks the findings that are accepted, and returns a line for each entry that no finding needs any more.
    ///
    /// Entries of files that were not read this time are left alone, as long as the files exist.
    pub fn apply(&self, findings: &mut [Finding], read: &BTreeSet<String>, place: &Place<'_>) -> Vec<String> {
        let mut left = self.accepted.clone();
        for finding in findings.iter_mut().filter(|finding| finding.suppressed.is_none()) {
            if let Some(count) = left.get_mut(&key(finding, place))
                && *count > 0
            {
                *count -= 1;
                finding.suppressed = Some(Suppressed {
                    by: SuppressedBy::Baseline,
                    reason: format!("listed in {}", place.name),
                });
            }
        }
        let read: BTreeSet<String> = read.iter().map(|file| place.relative(file)).collect();
        let is_stale = |file: &String| read.contains(file) || !place.folder.join(file).exists();
        left.into_iter()
            .filter(|((file, ..), count)| *count > 0 && is_stale(file))
            .map(|((file, code, object, field), _)| {
                let parts = [object, field];
                let known: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
                format!("{file}: {code} {}", known.join(" ")).trim_end().to_owned()
            })
            .collect()
    }
}

/// The text of a baseline that accepts these findings.
pub fn render(findings: &[Finding], place: &Place<'_>) -> String {
    let mut counts: BTreeMap<Key, usize> = BTreeMap::new();
    for finding in findings.iter().filter(|finding| finding.suppressed.is_none()) {
        *counts.entry(key(finding, place)).or_default() += 1;
    }
    let entry = |((file, code, object, field), count)| Entry {
        file,
        code,
        object,
        field,
        count,
    };
    let format = Format {
        api_version: API_VERSION.to_owned(),
        kind: KIND.to_owned(),
        findings: counts.into_iter().map(entry).collect(),
    };
    // Text, numbers and lists always become JSON.
    serde_json::to_string_pretty(&format).unwrap_or_default() + "\n"
}

/// Where a baseline is.
#[derive(Debug)]
pub struct Place<'p> {
    /// Its name in messages.
    pub name: &'p str,
    /// Its folder.
    pub folder: &'p Path,
    /// The folder that the names of findings start from.
    pub current_directory: &'p Path,
}

impl Place<'_> {
    fn relative(&self, file: &str) -> String {
        let full = without_dots(&self.current_directory.join(file));
        let folder = without_dots(self.folder);
        full.strip_prefix(&folder)
            .map_or_else(|_| file.to_owned(), |below| below.to_string_lossy().replace('\\', "/"))
    }
}

fn key(finding: &Finding, place: &Place<'_>) -> Key {
    let file = place.relative(&finding.location.file);
    (
        file,
        finding.code.to_owned(),
        finding.object_name(),
        finding.field.clone(),
    )
}

/// The path without `.` and `..`, as far as the text alone says.
pub(crate) fn without_dots(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}
