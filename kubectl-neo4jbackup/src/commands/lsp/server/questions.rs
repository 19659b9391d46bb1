//! What an editor asks of a place: what it is, what may come next, and what can be done about it.

use gen_lsp_types::{
    CodeActionParams, CompletionList, CompletionParams, Hover, HoverParams, MarkupContent, MarkupKind,
    TextDocumentPositionParams,
};
use neo4jbackup_core::schema::Kind;
use serde_json::{Value, json};

use super::super::actions::{self, Open};
use super::super::document::Document;
use super::super::fields::Schemas;
use super::super::project::{Project, Settings};
use super::super::{completion, cursor, hover};
use super::{Server, open_facts};
use crate::commands::lint::single;

impl Server {
    fn at(&self, params: &TextDocumentPositionParams) -> Option<(&Document, usize, &Project)> {
        let document = self.documents.get(params.text_document.uri.as_ref())?;
        let offset = document.lines.offset(&document.text.text, params.position);
        Some((document, offset, self.projects.get(&document.folder)?))
    }

    pub(super) fn hover(&mut self, params: &HoverParams) -> Value {
        self.catch_up(params.text_document_position_params.text_document.uri.as_ref());
        let page = self
            .at(&params.text_document_position_params)
            .and_then(|(document, offset, project)| {
                let settings = project.settings.as_ref().ok()?;
                let file = single::read(&document.text, &settings.plan);
                let text = &document.text.text;
                let (is_json, findings) = (document.is_json, &document.findings);
                let (page, range) = hover::page(text, offset, is_json, file.as_ref(), findings, schemas(settings))?;
                let range = range.map(|(start, end)| document.lines.in_line(text, start, end));
                Some(Hover::new(MarkupContent::new(MarkupKind::Markdown, page).into(), range))
            });
        json!(page)
    }

    pub(super) fn complete(&mut self, params: &CompletionParams) -> Value {
        let items = self
            .at(&params.text_document_position_params)
            .and_then(|(document, offset, project)| {
                let settings = project.settings.as_ref().ok()?;
                let usual = &settings.plan.options.namespace;
                let text = &document.text.text;
                let cursor = cursor::at(text, offset, document.is_json)?;
                let open = open_facts(&self.documents, &document.folder);
                let names =
                    |kind: Kind, namespace: Option<&str>| project.names(&open, kind, namespace.unwrap_or(usual));
                Some(completion::items(
                    &cursor,
                    schemas(settings),
                    names,
                    text,
                    &document.lines,
                ))
            });
        // Editors filter by what is typed next: the list stays good until the place is another.
        json!(CompletionList {
            items: items.unwrap_or_default(),
            ..CompletionList::default()
        })
    }

    pub(super) fn act(&mut self, params: &CodeActionParams) -> Value {
        let uri = params.text_document.uri.as_ref();
        self.catch_up(uri);
        let actions = self.documents.get(uri).and_then(|document| {
            let project = self.projects.get(&document.folder)?;
            let plan = &project.settings.as_ref().ok()?.plan;
            let (_, shown) = document.shown.as_ref()?;
            let open = Open {
                uri,
                version: document.version,
                text: &document.text.text,
                lines: &document.lines,
                takes_versions: self.client.takes_versions,
            };
            let fixed = || {
                let facts = open_facts(&self.documents, &document.folder);
                single::fix_all(&document.text, &project.inventory_now(&facts), plan)
            };
            let only = params.context.only.as_deref();
            Some(actions::offered(
                open,
                &document.findings,
                shown,
                params.range,
                only,
                fixed,
            ))
        });
        json!(actions.unwrap_or_default())
    }
}

/// What fields are known by in a folder with these settings.
fn schemas(settings: &Settings) -> Schemas<'_> {
    Schemas {
        operator: settings.plan.options.operator,
        definitions: &settings.definitions,
    }
}
