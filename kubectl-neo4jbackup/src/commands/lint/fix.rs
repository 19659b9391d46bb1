//! `--fix`: changes to the text, written over the file in one step or shown as a difference.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use neo4jbackup_core::fix::FixKind;
use neo4jbackup_core::lint::{File, text};
use neo4jbackup_core::quoted::Name;
use similar::TextDiff;

use super::check;
use super::plan::Plan;
use super::survey::{Bounds, Survey};
use super::unfinished;
use crate::input::{Gap, Origin, Text};
use crate::lines::lines_of;
use crate::{Io, parallel, replace};

/// Fixes all texts; returns whether there was anything to fix. The texts are the fixed ones afterwards, so that the
/// report is about what is left, unless they are only shown.
pub(super) fn run(plan: &Plan, texts: &mut [Text], gaps: &mut Vec<Gap>, io: &mut Io<'_>) -> bool {
    if !plan.diff {
        sweep(texts);
    }
    let kind = plan.fix.unwrap_or(FixKind::Safe);
    let limits = &plan.options.limits;
    let fixed = {
        let Survey {
            inventory, templates, ..
        } = Survey::of(texts, plan, Bounds::LET_GO);
        let numbered: Vec<(usize, &Text)> = texts.iter().enumerate().collect();
        parallel::map(&numbered, |(position, text)| {
            let judge = |file: &File<'_>| check::judge(file, &inventory, plan);
            let is_finished = templates.binary_search(position).is_err();
            is_finished.then(|| text::fix(&text.text, kind, unfinished::is_patch(text), limits, judge))
        })
    };
    let mut output = String::new();
    let mut changes = (0, 0);
    for (text, fixed) in texts.iter_mut().zip(fixed) {
        let Some(fixed) = fixed else {
            // What comes in goes out again, even where nothing in it can be fixed.
            if text.source.origin.is_stdin() && !plan.diff {
                output += &text.text;
            }
            continue;
        };
        let is_changed = fixed.text != text.text;
        if text.source.origin.is_stdin() && !plan.diff {
            output += &fixed.text;
        }
        if !is_changed {
            continue;
        }
        if plan.diff {
            output += &difference(&text.source.name, &text.text, &fixed.text);
            changes = (changes.0 + fixed.applied.len(), changes.1 + 1);
            continue;
        }
        if !text.source.origin.is_stdin()
            && let Err(error) = put_in_place(text, &fixed.text)
        {
            let (file, reason) = (text.source.name.clone(), error.to_string());
            gaps.push(Gap { file, reason });
            continue;
        }
        changes = (changes.0 + fixed.applied.len(), changes.1 + 1);
        text.text = fixed.text;
    }
    io.print(&output);
    let (fixes, files) = changes;
    if fixes > 0 {
        let verb = if plan.diff { "would fix" } else { "fixed" };
        let plural = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
        io.say(&format!(
            "{verb} {} in {}",
            plural(fixes, "finding"),
            plural(files, "file")
        ));
    }
    files > 0
}

/// Why a file stays as it was, as the end of a sentence that begins with its name.
#[derive(Debug, thiserror::Error)]
enum NotFixed {
    /// What was read is not what would be replaced.
    #[error("was not fixed: it is not in UTF-8")]
    NotUtf8,

    /// The operating system refused.
    #[error("was not fixed: it cannot be written: {0}")]
    Write(#[from] io::Error),
}

fn put_in_place(text: &Text, fixed: &str) -> Result<(), NotFixed> {
    if text.is_verbatim {
        Ok(replace(&text.source.origin, fixed)?)
    } else {
        Err(NotFixed::NotUtf8)
    }
}

/// What `diff -u` prints, with everything escaped that cannot be seen: it is for people. A line with such a character is
/// no input for `patch`; `--fix` writes the file.
fn difference(name: &str, old: &str, new: &str) -> String {
    let name = Name(name);
    let difference = TextDiff::from_lines(old, new)
        .unified_diff()
        .context_radius(3)
        .header(&format!("a/{name}"), &format!("b/{name}"))
        .to_string();
    let mut text = lines_of(&difference);
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

/// Removes what a run that was killed has left in the folders of the files.
fn sweep(texts: &[Text]) {
    let mut swept = BTreeSet::new();
    for text in texts {
        let folder = text
            .source
            .origin
            .path()
            .and_then(|path| path.parent().map(Path::to_owned));
        if folder.is_some_and(|folder| swept.insert(folder))
            && let Ok((folder, _)) = text.source.origin.parent()
        {
            replace::sweep(&folder);
        }
    }
}

/// Puts a new text in the place of the file. A link that was named stays a link to the file that is changed.
fn replace(origin: &Origin, text: &str) -> io::Result<()> {
    let (folder, name) = origin.parent()?;
    replace::replace(&folder, &name, text.as_bytes())
}
