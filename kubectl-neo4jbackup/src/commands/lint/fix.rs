//! `--fix`: changes to the text, written over the file in one step or shown as a difference.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use neo4jbackup_core::fix::FixKind;
use neo4jbackup_core::lint::File;
use neo4jbackup_core::lint::text::{self, Fixed};
use neo4jbackup_core::quoted::Name;
use similar::TextDiff;

use super::check;
use super::plan::Plan;
use super::survey::{Bounds, Survey};
use super::unfinished;
use crate::input::{self, Gap, Origin, Role, Text};
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
        let survey = Survey::of(texts, plan, Bounds::LET_GO);
        let numbered: Vec<(usize, &Text)> = texts.iter().enumerate().collect();
        parallel::map(&numbered, |(position, text)| {
            let judge = |file: &File<'_>| check::judge(file, survey.inventory_of(*position), plan);
            let is_finished = survey.templates.binary_search(position).is_err() && may_be_fixed(text);
            let fix = || text::fix(&text.text, kind, unfinished::reading(text), limits, judge);
            is_finished.then(fix).filter(|fixed| stays_literal(text, fixed))
        })
    };
    let fixed = with_blocks(texts, fixed);
    let mut output = String::new();
    let mut changes = (0, 0);
    for (position, fixed) in fixed.into_iter().enumerate() {
        let text = &mut texts[position];
        // What comes in goes out again, even where nothing in it can be fixed; the blocks of a guide stand in that.
        if text.source.origin.is_stdin() && !matches!(text.role, Role::Block(_)) && !plan.diff {
            output += fixed.as_ref().map_or(&text.text, |fixed| &fixed.text);
        }
        let Some(fixed) = fixed.filter(|fixed| fixed.text != text.text) else {
            continue;
        };
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
        if text.role == Role::Guide {
            read_again(texts, position);
        }
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

/// Whether a changed text can be put where it stands: what stands before the lines of a block would have to be put before new
/// ones, and an ellipsis is read as a comment.
fn may_be_fixed(text: &Text) -> bool {
    match text.role {
        Role::Guide => false,
        Role::Block(_) => text.is_verbatim,
        _ => true,
    }
}

/// Whether what was put in stands for itself where the shell would read it.
fn stays_literal(text: &Text, fixed: &Fixed) -> bool {
    let Role::Block(block) = &text.role else {
        return true;
    };
    let old: BTreeSet<&str> = text.text.lines().collect();
    let mut new = fixed.text.lines().filter(|line| !old.contains(line));
    new.all(|line| block.notation.takes_literally(line))
}

/// Puts the fixed blocks of each guide into it: what was fixed is then the guide.
fn with_blocks(texts: &[Text], mut fixed: Vec<Option<Fixed>>) -> Vec<Option<Fixed>> {
    // The last block first, so that the places of the others stay.
    for (position, text) in texts.iter().enumerate().rev() {
        let Role::Block(block) = &text.role else { continue };
        let Some(of_block) = fixed[position].take().filter(|of_block| of_block.text != text.text) else {
            continue;
        };
        let guide = text.position_of_file(position);
        let of_guide = fixed[guide].get_or_insert_with(|| Fixed {
            text: texts[guide].text.clone(),
            applied: Vec::new(),
        });
        of_guide.text.replace_range(block.bytes.clone(), &of_block.text);
        of_guide.applied.extend(of_block.applied);
    }
    fixed
}

/// Reads the blocks of a guide that was changed: they may stand further down.
fn read_again(texts: &mut [Text], guide: usize) {
    let again = input::blocks_of(&texts[guide]);
    let blocks = texts.iter_mut().skip(guide + 1);
    blocks.zip(again).for_each(|(block, again)| *block = again);
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
