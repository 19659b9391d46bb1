//! What an editor has open, and what is found in it.

mod questions;

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gen_lsp_types::{
    DidChangeTextDocumentParams, DidChangeWatchedFilesParams, DidChangeWorkspaceFoldersParams,
    DidCloseTextDocumentParams, DidOpenTextDocumentParams, Location, PublishDiagnosticsParams,
    TextDocumentContentChangeEvent,
};
use lsp_server::{ErrorCode, Message, Notification, Request, Response};
use neo4jbackup_core::facts::Fact;
use neo4jbackup_core::lint::span_of;
use neo4jbackup_core::model::ObjectRef;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::super::lint::single;
use super::client::Client;
use super::diagnostics;
use super::document::Document;
use super::place::Lines;
use super::project::{self, Project, Scan, Settings, Surroundings};
use super::uri;
use crate::clock::Clock;
use crate::report::Related;

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
            errands: Vec::new(),
        };
        for folder in server.client.folders.clone() {
            server.add_folder(&folder);
        }
        server
    }

    /// What asks the editor to tell of files that change.
    pub(super) fn watch_files(&self) -> Option<Message> {
        self.client.watch_files()
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
            "textDocument/didOpen" => self.with(params, Self::open),
            "textDocument/didChange" => self.with(params, Self::change),
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

    fn add_folder(&mut self, folder: &Path) {
        let root = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
        let home = self.surroundings.environment.get("HOME").map(Path::new);
        // Who has opened a whole home does not want all of it read.
        let reads_folder = root.parent().is_some() && home != Some(&root);
        let project = Project::new(root.clone(), reads_folder, &self.surroundings);
        self.errands.extend(scan(&project));
        self.projects.insert(root, project);
    }

    fn open(&mut self, params: DidOpenTextDocumentParams) {
        let item = params.text_document;
        let path = uri::path_of(item.uri.as_ref());
        let path = path.map(|path| std::fs::canonicalize(&path).unwrap_or(path));
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

    /// The folder by whose settings a text is judged: the innermost that the editor has open, or else its own.
    fn folder_for(&mut self, path: Option<&Path>) -> PathBuf {
        let open = self
            .projects
            .keys()
            .filter(|root| path.is_some_and(|path| path.starts_with(root)));
        if let Some(root) = open.max_by_key(|root| root.as_os_str().len()) {
            return root.clone();
        }
        let first = self.client.folders.first().filter(|_| path.is_none());
        let own = path.and_then(Path::parent).map(Path::to_owned);
        let folder = first.cloned().or(own).unwrap_or_else(std::env::temp_dir);
        if !self.projects.contains_key(&folder) {
            let project = Project::new(folder.clone(), false, &self.surroundings);
            self.projects.insert(folder.clone(), project);
        }
        folder
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

    fn close(&mut self, params: &DidCloseTextDocumentParams) {
        let uri = params.text_document.uri.as_ref();
        let Some(document) = self.documents.remove(uri) else {
            return;
        };
        self.due.retain(|due| due != uri);
        self.publish(uri, None, Vec::new());
        if let Some(project) = self.projects.get_mut(&document.folder) {
            project.forget();
            // The file may have been saved since it was read.
            self.errands.extend(scan(project));
        }
        self.judge_all_of(&document.folder);
    }

    fn files_changed(&mut self, params: &DidChangeWatchedFilesParams) {
        let changed: Vec<PathBuf> = params
            .changes
            .iter()
            .filter_map(|change| uri::path_of(change.uri.as_ref()))
            .map(|path| std::fs::canonicalize(&path).unwrap_or(path))
            .collect();
        for (root, project) in &mut self.projects {
            let rests_on_it = changed.iter().any(|path| project.rests_on(path));
            if !rests_on_it && !changed.iter().any(|path| path.starts_with(root)) {
                continue;
            }
            if rests_on_it {
                *project = Project::new(root.clone(), project.reads_folder, &self.surroundings);
            }
            self.errands.extend(scan(project));
        }
        for document in self.documents.values_mut() {
            document.look_around();
        }
        self.due = self.documents.keys().cloned().collect();
    }

    fn folders_changed(&mut self, params: DidChangeWorkspaceFoldersParams) {
        for folder in params.event.removed {
            if let Some(path) = uri::path_of(folder.uri.as_ref()) {
                self.projects.remove(&std::fs::canonicalize(&path).unwrap_or(path));
            }
        }
        for folder in params.event.added {
            if let Some(path) = uri::path_of(folder.uri.as_ref()) {
                self.add_folder(&path);
            }
        }
        let documents: Vec<(String, PathBuf)> = self
            .documents
            .iter()
            .map(|(uri, document)| (uri.clone(), document.key.clone()))
            .collect();
        for (uri, path) in documents {
            let folder = self.folder_for(path.is_absolute().then_some(&path));
            if let Some(document) = self.documents.get_mut(&uri) {
                document.folder = folder;
            }
            self.due.push_back(uri);
        }
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
        let shown = found.iter().map(|finding| {
            let elsewhere = |related: &Related| self.place_of(related, &folder, &settings);
            diagnostics::diagnostic(finding, &document.text.text, &document.lines, &uri, elsewhere)
        });
        let shown = shown.collect();
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

    /// Where a field of an object stands that is in another file, open or not.
    fn place_of(&self, related: &Related, folder: &Path, settings: &Settings) -> Option<Location> {
        let object = related.object.as_ref()?;
        let in_text = |text: &crate::input::Text, uri: &str, lines: &Lines| {
            let file = single::read(text, &settings.plan)?;
            let default = &settings.plan.options.namespace;
            let document = file
                .documents
                .iter()
                .find(|document| ObjectRef::of(&document.root).is_some_and(|found| is_same(&found, object, default)))?;
            let span = span_of(document, &related.path);
            let range = lines.in_line(&text.text, span.start.offset, span.end.offset);
            Some(Location::new(uri.into(), range))
        };
        let mut open = self.documents.iter().filter(|(_, document)| document.folder == folder);
        let found = open.find_map(|(uri, document)| in_text(&document.text, uri, &document.lines));
        found.or_else(|| {
            let project = self.projects.get(folder)?;
            let path = project.file_of(&object.kind, &object.namespace, &object.name)?;
            let text = project::load(path, settings.plan.options.limits.file_bytes)?;
            let lines = Lines::of(&text.text, self.client.encoding);
            in_text(&text, &uri::uri_of(path), &lines)
        })
    }

    /// Judges a text now if it is still to be judged: who asks of it means the text as it is.
    fn catch_up(&mut self, uri: &str) {
        if self.due.iter().any(|due| due == uri) {
            self.judge_first(uri.to_owned());
            self.judge_next();
        }
    }
}

/// What a folder is read for, if it is.
fn scan(project: &Project) -> Option<Errand> {
    let settings = project.settings.as_ref().ok().filter(|_| project.reads_folder)?;
    Some(Errand::Scan(project.root().to_owned(), Arc::clone(settings)))
}

fn open_facts<'d>(documents: &'d BTreeMap<String, Document>, folder: &Path) -> BTreeMap<PathBuf, &'d [Fact]> {
    let of_folder = documents.values().filter(|document| document.folder == folder);
    of_folder
        .map(|document| (document.key.clone(), document.facts.as_slice()))
        .collect()
}

fn is_same(found: &ObjectRef, wanted: &ObjectRef, default_namespace: &str) -> bool {
    let namespace = |object: &ObjectRef| {
        let own = object.namespace.clone();
        if own.is_empty() {
            default_namespace.to_owned()
        } else {
            own
        }
    };
    (&found.kind, &found.name) == (&wanted.kind, &wanted.name) && namespace(found) == namespace(wanted)
}

type Refusal = (ErrorCode, String);

fn parse<P: DeserializeOwned>(request: Request) -> Result<P, Refusal> {
    serde_json::from_value(request.params).map_err(|error| (ErrorCode::InvalidParams, error.to_string()))
}
