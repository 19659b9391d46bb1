//! What an editor says of itself, and what it is told in return.

use std::path::{Path, PathBuf};

use gen_lsp_types::{
    ChangeNotifications, CodeActionKind, CodeActionOptions, CompletionOptions, InitializeResult, ServerCapabilities,
    ServerInfo, TextDocumentSyncKind, TextDocumentSyncOptions, WorkspaceFoldersServerCapabilities, WorkspaceOptions,
};
use lsp_server::{Message, Request};
use serde_json::{Value, json};

use super::actions::FIX_ALL;
use super::place::Encoding;
use super::real::real;
use super::uri;
use crate::config;

/// The endings of manifests.
const ENDINGS: [&str; 3] = ["yaml", "yml", "json"];

/// What a kustomization may be called beside the names that have such an ending.
const KUSTOMIZATION: &str = "Kustomization";

/// Behind these something may be typed of which there is a list.
const TRIGGERS: [&str; 4] = [" ", "\"", "{", "["];

/// What an editor can do. Only what matters here is read of what it sends: some send what no version of the protocol has.
pub(super) struct Client {
    pub(super) encoding: Encoding,
    /// Whether it takes changes that say for which version of a text they are.
    pub(super) takes_versions: bool,
    /// Whether it tells of files that change, when it is asked to.
    pub(super) watches: bool,
    /// Whether it can be told from which folder on a pattern holds.
    knows_bases: bool,
    /// The folders that are open, where they really are, in its order.
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
            knows_bases: able("/capabilities/workspace/didChangeWatchedFiles/relativePatternSupport"),
            folders: folders
                .into_iter()
                .filter_map(uri::path_of)
                .map(|folder| real(&folder))
                .collect(),
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
                        save: Some(true.into()),
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

    /// The patterns of files that may matter in any folder that is open.
    pub(super) fn patterns() -> Vec<Value> {
        let manifests = format!("*.{{{}}}", ENDINGS.join(","));
        let names = [manifests.as_str(), config::NAME, KUSTOMIZATION];
        names.map(|name| Value::from(format!("**/{name}"))).to_vec()
    }

    /// The pattern of a file or folder that matters because settings name it; `None` where [`Self::patterns`] has it.
    pub(super) fn pattern_of(&self, place: &Path) -> Option<Value> {
        let is_open = self.folders.iter().any(|folder| place.starts_with(folder));
        let has_ending = place
            .extension()
            .is_some_and(|ending| ENDINGS.iter().any(|known| ending == *known));
        let is_folder = place.is_dir();
        if is_open && (is_folder || has_ending) {
            return None;
        }
        let (base, name) = if is_folder {
            (place, "**/*".into())
        } else {
            (place.parent()?, place.file_name()?.to_string_lossy())
        };
        Some(if is_open {
            // However the editor spells the folder.
            format!("**/{name}").into()
        } else if self.knows_bases {
            json!({"baseUri": uri::uri_of(base), "pattern": name})
        } else {
            base.join(&*name).to_string_lossy().into()
        })
    }

    /// Asks it to tell of files that change, where it can. `id` is of this wish alone.
    pub(super) fn watch(&self, id: String, patterns: &[Value]) -> Option<Message> {
        let watchers: Vec<_> = patterns.iter().map(|pattern| json!({"globPattern": pattern})).collect();
        let registration = json!({
            "id": id,
            "method": "workspace/didChangeWatchedFiles",
            "registerOptions": {"watchers": watchers},
        });
        let params = json!({"registrations": [registration]});
        self.watches
            .then(|| Request::new(id.into(), "client/registerCapability".to_owned(), params).into())
    }
}
