//! What an editor says of itself, and what it is told in return.

use std::path::PathBuf;

use gen_lsp_types::{
    ChangeNotifications, CodeActionKind, CodeActionOptions, CompletionOptions, InitializeResult, ServerCapabilities,
    ServerInfo, TextDocumentSyncKind, TextDocumentSyncOptions, WorkspaceFoldersServerCapabilities, WorkspaceOptions,
};
use lsp_server::{Message, Request};
use serde_json::{Value, json};

use super::actions::FIX_ALL;
use super::place::Encoding;
use super::uri;
use crate::config;

/// Behind these something may be typed of which there is a list.
const TRIGGERS: [&str; 4] = [" ", "\"", "{", "["];

/// What an editor can do. Only what matters here is read of what it sends: some send what no version of the protocol has.
pub(super) struct Client {
    pub(super) encoding: Encoding,
    /// Whether it takes changes that say for which version of a text they are.
    pub(super) takes_versions: bool,
    /// Whether it tells of files that change, when it is asked to.
    watches: bool,
    /// The folders that are open.
    pub(super) folders: Vec<PathBuf>,
}

impl Client {
    /// Reads the parameters of `initialize`.
    pub(super) fn of(params: &Value) -> Self {
        let able = |pointer: &str| params.pointer(pointer).and_then(Value::as_bool).unwrap_or_default();
        let encodings = params.pointer("/capabilities/general/positionEncodings");
        let offered: Vec<&str> = encodings
            .into_iter()
            .filter_map(Value::as_array)
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let folders = params.pointer("/workspaceFolders").and_then(Value::as_array);
        let mut folders: Vec<&str> = folders
            .into_iter()
            .flatten()
            .filter_map(|folder| folder["uri"].as_str())
            .collect();
        if folders.is_empty() {
            folders.extend(params["rootUri"].as_str());
        }
        Self {
            encoding: Encoding::choose(&offered),
            takes_versions: able("/capabilities/workspace/workspaceEdit/documentChanges"),
            watches: able("/capabilities/workspace/didChangeWatchedFiles/dynamicRegistration"),
            folders: folders.into_iter().filter_map(uri::path_of).collect(),
        }
    }

    /// What it is told of this server.
    pub(super) fn welcome(&self) -> InitializeResult {
        InitializeResult {
            capabilities: ServerCapabilities {
                position_encoding: Some(self.encoding.kind()),
                text_document_sync: Some(
                    TextDocumentSyncOptions {
                        open_close: Some(true),
                        change: Some(TextDocumentSyncKind::Incremental),
                        ..TextDocumentSyncOptions::default()
                    }
                    .into(),
                ),
                hover_provider: Some(true.into()),
                completion_provider: Some(CompletionOptions {
                    trigger_characters: Some(TRIGGERS.map(str::to_owned).to_vec()),
                    ..CompletionOptions::default()
                }),
                code_action_provider: Some(
                    CodeActionOptions {
                        code_action_kinds: Some(vec![
                            CodeActionKind::QuickFix,
                            CodeActionKind::from(FIX_ALL.to_owned()),
                        ]),
                        ..CodeActionOptions::default()
                    }
                    .into(),
                ),
                workspace: Some(WorkspaceOptions {
                    workspace_folders: Some(WorkspaceFoldersServerCapabilities {
                        supported: Some(true),
                        change_notifications: Some(ChangeNotifications::Bool(true)),
                    }),
                    ..WorkspaceOptions::default()
                }),
                ..ServerCapabilities::default()
            },
            server_info: Some(ServerInfo {
                name: "neo4jbackup".to_owned(),
                version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            }),
        }
    }

    /// Asks it to tell of files that change, where it can.
    pub(super) fn watch_files(&self) -> Option<Message> {
        let globs = ["**/*.{yaml,yml,json}".to_owned(), format!("**/{}", config::NAME)];
        let watchers = globs.map(|glob| json!({"globPattern": glob}));
        let registration = json!({
            "id": "files",
            "method": "workspace/didChangeWatchedFiles",
            "registerOptions": {"watchers": watchers},
        });
        let params = json!({"registrations": [registration]});
        self.watches.then(|| {
            Request::new(
                "files".to_owned().into(),
                "client/registerCapability".to_owned(),
                params,
            )
            .into()
        })
    }
}
