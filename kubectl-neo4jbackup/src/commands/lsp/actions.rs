//! The fixes of findings, as an editor offers them.

use gen_lsp_types::{
    CodeAction, CodeActionKind, DocumentChange, Edit, OptionalVersionedTextDocumentIdentifier, Range, TextDocumentEdit,
    TextDocumentIdentifier, TextEdit, WorkspaceEdit,
};
use neo4jbackup_core::fix::FixKind;

use super::place::{self, Lines};
use crate::report::Finding;

/// The kind under which all fixes of a file that are certain are asked for, as some editors do before they save.
pub(super) const FIX_ALL: &str = "source.fixAll.neo4jbackup";

/// A text as it stands in an editor.
#[derive(Debug, Clone, Copy)]
pub(super) struct Open<'o> {
    pub(super) uri: &'o str,
    pub(super) version: i32,
    pub(super) text: &'o str,
    pub(super) lines: &'o Lines,
    /// Whether the editor takes changes that say for which version of the text they are.
    pub(super) takes_versions: bool,
}

impl Open<'_> {
    fn edit(&self, edits: Vec<TextEdit>) -> WorkspaceEdit {
        let uri = gen_lsp_types::Uri::from(self.uri);
        if !self.takes_versions {
            return WorkspaceEdit {
                changes: Some([(uri, edits)].into()),
                ..WorkspaceEdit::default()
            };
        }
        let document = OptionalVersionedTextDocumentIdentifier {
            version: Some(self.version),
            text_document_identifier: TextDocumentIdentifier::new(uri),
        };
        let edits = edits.into_iter().map(Edit::TextEdit).collect();
        let change = TextDocumentEdit::new(document, edits);
        WorkspaceEdit {
            document_changes: Some(vec![DocumentChange::TextDocumentEdit(change)]),
            ..WorkspaceEdit::default()
        }
    }
}

/// Whether an editor that asks for some kinds wants this one; a kind stands for all that begin with it.
fn is_wanted(only: Option<&[CodeActionKind]>, kind: &str) -> bool {
    only.is_none_or(|only| {
        only.iter().any(|wanted| {
            let wanted = wanted.to_string();
            wanted.is_empty() || kind == wanted || kind.strip_prefix(&wanted).is_some_and(|rest| rest.starts_with('.'))
        })
    })
}

/// What can be done about the findings at a place. `fixed` is the text with every fix that is certain, made when it is needed.
pub(super) fn offered(
    open: Open<'_>,
    findings: &[Finding],
    diagnostics: &[gen_lsp_types::Diagnostic],
    at: Range,
    only: Option<&[CodeActionKind]>,
    fixed: impl FnOnce() -> String,
) -> Vec<CodeAction> {
    let mut actions = Vec::new();
    if is_wanted(only, "quickfix") {
        let here = findings
            .iter()
            .zip(diagnostics)
            .filter(|(_, shown)| place::touch(shown.range, at));
        for (finding, shown) in here {
            let Some(fix) = finding.fix.as_ref().filter(|fix| !fix.replacements.is_empty()) else {
                continue;
            };
            let is_certain = fix.kind <= FixKind::Safe;
            let edits = fix.replacements.iter().map(|replacement| {
                let range = open.lines.range(open.text, replacement.start, replacement.end);
                TextEdit::new(range, replacement.text.clone())
            });
            let unsure = if is_certain { "" } else { " (probably meant)" };
            actions.push(CodeAction {
                title: format!("{}: {}{unsure}", finding.code, fix.title),
                kind: Some(CodeActionKind::QuickFix),
                diagnostics: Some(vec![shown.clone()]),
                is_preferred: Some(is_certain),
                edit: Some(open.edit(edits.collect())),
                ..CodeAction::default()
            });
        }
    }
    let is_asked_for = only.is_some() && is_wanted(only, FIX_ALL);
    if is_asked_for || actions.iter().any(|action| action.is_preferred == Some(true)) && only.is_none() {
        let fixed = fixed();
        if fixed != open.text {
            actions.push(CodeAction {
                title: "Fix everything in this file that can be fixed with certainty".to_owned(),
                kind: Some(CodeActionKind::from(FIX_ALL.to_owned())),
                edit: Some(open.edit(vec![change(open, &fixed)])),
                ..CodeAction::default()
            });
        }
    }
    actions
}

/// One change that makes another text of this one: all lines from the first to the last that differ.
fn change(open: Open<'_>, fixed: &str) -> TextEdit {
    let old: Vec<&str> = open.text.split_inclusive('\n').collect();
    let new: Vec<&str> = fixed.split_inclusive('\n').collect();
    let same = |pairs: &mut dyn Iterator<Item = (&&str, &&str)>| pairs.take_while(|(old, new)| old == new).count();
    let first = same(&mut old.iter().zip(&new));
    let most = old.len().min(new.len()) - first;
    let last = same(&mut old.iter().rev().zip(new.iter().rev())).min(most);
    let bytes = |lines: &[&str]| lines.iter().map(|line| line.len()).sum::<usize>();
    let start = bytes(&old[..first]);
    let end = open.text.len() - bytes(&old[old.len() - last..]);
    TextEdit::new(
        open.lines.range(open.text, start, end),
        new[first..new.len() - last].concat(),
    )
}
