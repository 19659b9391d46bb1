//! What an editor has open, and what is found in it.

mod folders;
mod questions;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gen_lsp_types::{
    DidChangeTextDocumentParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams, DidSaveTextDocumentParams,
    PublishDiagnosticsParams, TextDocumentContentChangeEvent,
};
use lsp_server::{ErrorCode, Message, Notification, Request, Response};
use neo4jbackup_core::facts::Fact;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::super::lint::single;
use super::client::Client;
use super::diagnostics;
use super::document::Document;
use super::elsewhere::Search;
use super::project::{self, Project, Scan, Settings, Surroundings};
use super::real::real;
use super::uri;
use crate::clock::Clock;

/// What is to be done beside answering.
pub(super) enum Errand {
    /// Something goes to the editor.
    Send(Message),
    /// A folder is to be read.
    Scan(PathBuf, Arc<Settings>),
}

/// The state of a session.
pub(super) struct Server {
    client: Client,
    surroundings: Surroundings,
    clock: Clock,
    documents: BTreeMap<String, Document>,
    projects: BTreeMap<PathBuf, Project>,
    /// The texts that are to be judged, in this order.
    due: VecDeque<String>,
    /// The places because of which the editor was asked to tell of files that change; `None` until it listens.
    watched: Option<BTreeSet<PathBuf>>,
    errands: Vec<Errand>,
}

impl Server {
    pub(super) fn new(client: Client, surroundings: Surroundings) -> Self {
        let clock = Clock::starting_at(surroundings.now);
        let mut server = Self {
            client,
            surroundings,
            clock,
            documents: BTreeMap::new(),
            projects: BTreeMap::new(),
            due: VecDeque::new(),
            watched: None,
            errands: Vec::new(),
        };
        for folder in server.client.folders.clone() {
            server.begin_folder(folder);
        }
        server
    }

    /// What is to be done since somebody asked last.
    pub(super) fn errands(&mut self) -> Vec<Errand> {
        std::mem::take(&mut self.errands)
    }

    /// Takes what was read of a folder.
    pub(super) fn scanned(&mut self, root: &Path, files: Scan) {
        if let Some(project) = self.projects.get_mut(root) {
            project.set_files(files);
        }
        self.judge_all_of(root);
    }

    /// Answers a question.
    pub(super) fn answer(&mut self, request: Request) {
        let id = request.id.clone();
        let answer = match request.method.as_str() {
            "textDocument/hover" => parse(request).map(|params| self.hover(&params)),
            "textDocument/completion" => parse(request).map(|params| self.complete(&params)),
            "textDocument/codeAction" => parse(request).map(|params| self.act(&params)),
            other => Err((ErrorCode::MethodNotFound, format!("there is no method {other}"))),
        };
        let response = match answer {
            Ok(value) => Response::new_ok(id, value),
            Err((code, message)) => Response::new_err(id, code as i32, message),
        };
        self.errands.push(Errand::Send(response.into()));
    }

    /// Takes note of what happens in the editor. What cannot be read is left alone, as the protocol wants it.
    pub(super) fn notice(&mut self, notification: Notification) {
        let Notification { method, params } = notification;
        match method.as_str() {
            "initialized" => self.watch(),
            "textDocument/didOpen" => self.with(params, Self::open),
            "textDocument/didChange" => self.with(params, Self::change),
            "textDocument/didSave" => self.with(params, |server, params| server.saved(&params)),
            "textDocument/didClose" => self.with(params, |server, params| server.close(&params)),
            "workspace/didChangeWatchedFiles" => self.with(params, |server, params| server.files_changed(&params)),
            "workspace/didChangeWorkspaceFolders" => self.with(params, Self::folders_changed),
            _ => {}
        }
    }

    fn with<P: DeserializeOwned>(&mut self, params: Value, work: impl FnOnce(&mut Self, P)) {
        if let Ok(params) = serde_json::from_value(params) {
            work(self, params);
        }
    }

    fn open(&mut self, params: DidOpenTextDocumentParams) {
        let item = params.text_document;
        let path = uri::path_of(item.uri.as_ref());
        let path = path.map(|path| real(&path));
        let folder = self.folder_for(path.as_deref());
        let uri = item.uri.as_ref().to_owned();
        let text = project::text(path.as_deref(), &uri, item.text);
        let key = path.unwrap_or_else(|| PathBuf::from(&uri));
        let has_ending = Path::new(&uri).extension().is_some_and(|ending| ending == "json");
        let is_json = has_ending || item.language_id.as_str() == "json";
        let document = Document::new(item.version, text, is_json, key, folder, self.client.encoding);
        self.documents.insert(uri.clone(), document);
        self.judge_first(uri);
    }

    fn change(&mut self, params: DidChangeTextDocumentParams) {
        let uri = params.text_document.text_document_identifier.uri.as_ref().to_owned();
        let Some(document) = self.documents.get_mut(&uri) else {
            return;
        };
        for change in params.content_changes {
            match change {
                TextDocumentContentChangeEvent::TextDocumentContentChangePartial(change) => {
                    document.replace(change.range, &change.text);
                }
                TextDocumentContentChangeEvent::TextDocumentContentChangeWholeDocument(change) => {
                    document.set(change.text);
                }
            }
        }
        document.version = params.text_document.version;
        self.judge_first(uri);
    }

    /// What was saved is told twice by an editor that tells of files that change; by others only here.
    fn saved(&mut self, params: &DidSaveTextDocumentParams) {
        let paths = folders::names_of(params.text_document.uri.as_ref());
        if !self.client.watches || self.is_source(&paths) {
            self.changed(&paths);
        }
    }

    fn close(&mut self, params: &DidCloseTextDocumentParams) {
        let uri = params.text_document.uri.as_ref();
        let Some(document) = self.documents.remove(uri) else {
            return;
        };
        self.due.retain(|due| due != uri);
        self.publish(uri, None, Vec::new());
        // The file may have been saved since it was read.
        let paths = folders::names_of(uri);
        if self.is_source(&paths) {
            self.changed(&paths);
        }
        if let Some(project) = self.projects.get_mut(&document.folder) {
            project.forget();
            self.errands.extend(folders::scan(project));
        }
        self.judge_all_of(&document.folder);
        self.leave_unused_folders();
    }

    /// The text that somebody types in comes before those that it has to do with.
    fn judge_first(&mut self, uri: String) {
        self.due.retain(|due| *due != uri);
        self.due.push_front(uri);
    }

    fn judge_all_of(&mut self, folder: &Path) {
        for (uri, document) in &self.documents {
            if document.folder == folder && !self.due.contains(uri) {
                self.due.push_back(uri.clone());
            }
        }
    }

    /// Judges the text whose turn it is. Returns whether there was one. It is as the editor had it when it was last heard, so
    /// that of several changes that have come meanwhile only the last is judged.
    pub(super) fn judge_next(&mut self) -> bool {
        let Some(uri) = self.due.pop_front() else { return false };
        let (Some(document), now) = (self.documents.get(&uri), self.clock.now()) else {
            return true;
        };
        let folder = document.folder.clone();
        let Some(project) = self.projects.get_mut(&folder) else {
            return true;
        };
        if let Ok(settings) = &mut project.settings
            && let Some(settings) = Arc::get_mut(settings)
        {
            settings.plan.options.now = now;
        }
        let settings = match &project.settings {
            Ok(settings) => Arc::clone(settings),
            Err(message) => {
                let refusal = diagnostics::refusal(message);
                self.show(&uri, vec![refusal], Vec::new(), Vec::new());
                return true;
            }
        };
        let file = single::read(&document.text, &settings.plan);
        let facts = file
            .as_ref()
            .map(|file| single::facts(file, &settings.plan))
            .unwrap_or_default();
        let others_see_it = facts != document.facts;
        if others_see_it {
            project.forget();
        }
        let mut open = open_facts(&self.documents, &folder);
        open.insert(document.key.clone(), &facts);
        let inventory = project.inventory(&open);
        let judge = |file| single::judge(file, &document.text, inventory, &settings.plan, &settings.accepted);
        let found = file.as_ref().map(judge).unwrap_or_default();
        let mut search = Search::new(&found, &settings.plan);
        for (uri, document) in self.documents.iter().filter(|(_, other)| other.folder == folder) {
            search.look(&document.text, uri, &document.lines);
        }
        let limit = settings.plan.options.limits.file_bytes;
        search.look_in_files(project, self.client.encoding, |path| project::load(path, limit));
        let (text, lines) = (&document.text.text, &document.lines);
        let shown = found
            .iter()
            .map(|finding| diagnostics::diagnostic(finding, text, lines, &uri, |related| search.place(related)))
            .collect();
        self.show(&uri, shown, found, facts);
        if others_see_it {
            self.judge_all_of(&folder);
            self.due.retain(|due| *due != uri);
        }
        true
    }

    fn show(
        &mut self,
        uri: &str,
        shown: Vec<gen_lsp_types::Diagnostic>,
        findings: Vec<crate::report::Finding>,
        facts: Vec<Fact>,
    ) {
        let Some(document) = self.documents.get_mut(uri) else {
            return;
        };
        (document.findings, document.facts) = (findings, facts);
        let version = document.version;
        let is_known = document
            .shown
            .as_ref()
            .is_some_and(|(of, known)| *of == version && *known == shown);
        document.shown = Some((version, shown.clone()));
        if !is_known {
            self.publish(uri, Some(version), shown);
        }
    }

    fn publish(&mut self, uri: &str, version: Option<i32>, shown: Vec<gen_lsp_types::Diagnostic>) {
        let params = PublishDiagnosticsParams::new(uri.into(), version, shown);
        let notification = Notification::new("textDocument/publishDiagnostics".to_owned(), params);
        self.errands.push(Errand::Send(notification.into()));
    }

    /// Judges a text now if it is still to be judged: who asks of it means the text as it is.
    fn catch_up(&mut self, uri: &str) {
        if self.due.iter().any(|due| due == uri) {
            self.judge_first(uri.to_owned());
            self.judge_next();
        }
    }
}

fn open_facts<'d>(documents: &'d BTreeMap<String, Document>, folder: &Path) -> BTreeMap<PathBuf, &'d [Fact]> {
    let of_folder = documents.values().filter(|document| document.folder == folder);
    of_folder
        .map(|document| (document.key.clone(), document.facts.as_slice()))
        .collect()
}

type Refusal = (ErrorCode, String);

fn parse<P: DeserializeOwned>(request: Request) -> Result<P, Refusal> {
    serde_json::from_value(request.params).map_err(|error| (ErrorCode::InvalidParams, error.to_string()))
}
