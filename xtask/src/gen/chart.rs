//! The README of the Helm chart, with the values and what `values.yaml` says about them, and where its policies lie.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use super::Generated;

const CHART: &str = "charts/neo4jbackup-webhook";
const README: &str = include_str!("../templates/chart-readme.md.txt");

/// The README of the chart.
pub(super) struct Readme;

impl Generated for Readme {
    fn files(&self, root: &Path) -> Result<Vec<(PathBuf, String)>> {
        check_version(root)?;
        Ok(vec![(Path::new(CHART).join("README.md"), readme(root)?)])
    }
}

/// Where the policies lie, below the repository root, and nothing else does: a chart can only install files of its own.
pub(crate) fn folder() -> PathBuf {
    Path::new(CHART).join("files/policies")
}

/// The chart, its image and the program are released together.
fn check_version(root: &Path) -> Result<()> {
    let chart = read(root, "Chart.yaml")?;
    for key in ["version", "appVersion"] {
        let line = format!("{key}: {}", env!("CARGO_PKG_VERSION"));
        ensure!(
            chart.lines().any(|found| found == line),
            "{CHART}/Chart.yaml must say `{line}`"
        );
    }
    Ok(())
}

fn readme(root: &Path) -> Result<String> {
    let text = read(root, "values.yaml")?;
    let values: Value = serde_saphyr::from_str(&text).context("reading the values of the chart")?;
    let described = described(&text);
    let mut table = String::new();
    for Described { key, about } in &described {
        let pointer = format!("/{}", key.replace('.', "/"));
        let value = values
            .pointer(&pointer)
            .with_context(|| format!("{key} is described and not there"))?;
        table += &format!("| `{key}` | `{value}` | {about} |\n");
    }
    for key in leaves(&values, "") {
        let is_covered =
            |described: &Described| key == described.key || key.starts_with(&format!("{}.", described.key));
        if !described.iter().any(is_covered) {
            bail!("{CHART}/values.yaml does not describe `{key}`: write a comment `# -- …` above it");
        }
    }
    Ok(README.replace("{{values}}", table.trim_end()))
}

/// A value and the comment above it.
#[derive(Debug, PartialEq)]
struct Described {
    key: String,
    about: String,
}

/// The values with a comment that starts with `# --`, in the order of the file.
fn described(text: &str) -> Vec<Described> {
    let mut all = Vec::new();
    let mut parents: Vec<(usize, &str)> = Vec::new();
    let mut about: Option<String> = None;
    for line in text.lines() {
        let content = line.trim_start();
        let indent = line.len() - content.len();
        if let Some(comment) = content.strip_prefix('#') {
            let comment = comment.trim();
            match (comment.strip_prefix("-- "), &mut about) {
                (Some(start), _) => about = Some(start.to_owned()),
                (None, Some(about)) => *about += &format!(" {comment}"),
                (None, None) => {}
            }
            continue;
        }
        let key = content.split_once(':').map(|(key, _)| key);
        let key = key.filter(|key| key.chars().all(char::is_alphanumeric));
        if let Some(key) = key {
            parents.retain(|(parent, _)| *parent < indent);
            parents.push((indent, key));
            if let Some(about) = about.take() {
                let path: Vec<&str> = parents.iter().map(|(_, key)| *key).collect();
                all.push(Described {
                    key: path.join("."),
                    about,
                });
            }
        }
        about = None;
    }
    all
}

/// The paths of all values that hold no others.
fn leaves(value: &Value, path: &str) -> Vec<String> {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            let below = |(key, value): (&String, &Value)| {
                let path = if path.is_empty() {
                    key.clone()
                } else {
                    format!("{path}.{key}")
                };
                leaves(value, &path)
            };
            fields.iter().flat_map(below).collect()
        }
        _ => vec![path.to_owned()],
    }
}

fn read(root: &Path, name: &str) -> Result<String> {
    let path = root.join(CHART).join(name);
    fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_describes_the_value_below_it_and_no_other() {
        let text = "
# About the file.

# -- First,
# in two lines.
a: 1
b:
  # Not marked.
  c: 2
  # -- Second.
  d: {}
# -- Lost.

e: 3
";
        let expected = [("a", "First, in two lines."), ("b.d", "Second.")];
        let expected = expected.map(|(key, about)| Described {
            key: key.to_owned(),
            about: about.to_owned(),
        });
        assert_eq!(described(text), expected);
        let values = serde_json::json!({"a": 1, "b": {"c": 2, "d": {}}});
        assert_eq!(leaves(&values, ""), ["a", "b.c", "b.d"]);
    }
}
