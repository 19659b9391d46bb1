//! An editor that does what a test says.

use std::io::{BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use lsp_server::{Message, Notification, Request, RequestId, Response};
use serde_json::{Value, json};

use crate::pty::PROGRAM;

/// Far more than any machine needs.
const PATIENCE: Duration = Duration::from_secs(120);

pub(super) struct Editor {
    child: Child,
    stdin: Option<ChildStdin>,
    heard: Receiver<Message>,
    requests: i32,
}

/// What the program left behind.
pub(super) struct Ended {
    pub(super) exit: Option<i32>,
    pub(super) stderr: String,
}

impl Editor {
    /// Starts the program, and says nothing yet.
    pub(super) fn start(arguments: &[&str]) -> Self {
        Self::start_with(arguments, &[])
    }

    /// The same with variables.
    pub(super) fn start_with(arguments: &[&str], environment: &[(&str, &Path)]) -> Self {
        let mut child = Command::new(PROGRAM)
            .arg("lsp")
            .args(arguments)
            .env_clear()
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, heard) = mpsc::channel();
        thread::spawn(move || {
            while let Ok(Some(message)) = Message::read(&mut stdout) {
                let _ = sender.send(message);
            }
        });
        Self {
            stdin: child.stdin.take(),
            child,
            heard,
            requests: 0,
        }
    }

    /// Starts it and opens a folder. Returns what it says that it can do, as well.
    pub(super) fn in_folder(folder: &Path, arguments: &[&str], capabilities: &Value) -> (Self, Value) {
        let mut editor = Self::start(arguments);
        let welcome = editor.begin(&[folder], capabilities);
        (editor, welcome)
    }

    /// Opens folders, if any. Returns what the program says that it can do.
    pub(super) fn begin(&mut self, folders: &[&Path], capabilities: &Value) -> Value {
        let params = json!({
            "processId": null, "capabilities": capabilities, "rootUri": folders.first().map(|folder| uri(folder)),
            "workspaceFolders": named(folders),
        });
        let welcome = self.ask("initialize", params);
        self.tell("initialized", json!({}));
        welcome
    }

    /// Opens folders and closes others.
    pub(super) fn change_folders(&mut self, added: &[&Path], removed: &[&Path]) {
        let event = json!({"added": named(added), "removed": named(removed)});
        self.tell("workspace/didChangeWorkspaceFolders", json!({"event": event}));
    }

    /// Tells that a file has changed on the disk.
    pub(super) fn tell_of(&mut self, file: &Path) {
        let change = json!({"uri": uri(file), "type": 2});
        self.tell("workspace/didChangeWatchedFiles", json!({"changes": [change]}));
    }

    /// Tells what was done with a text: `didSave`, `didClose`.
    pub(super) fn tell_done(&mut self, what: &str, file: &Path) {
        let document = json!({"textDocument": {"uri": uri(file)}});
        self.tell(&format!("textDocument/{what}"), document);
    }

    pub(super) fn send(&mut self, message: &Message) {
        message.write(self.stdin.as_mut().unwrap()).unwrap();
    }

    pub(super) fn send_bytes(&mut self, bytes: &[u8]) {
        self.stdin.as_mut().unwrap().write_all(bytes).unwrap();
    }

    pub(super) fn tell(&mut self, method: &str, params: Value) {
        self.send(&Notification::new(method.to_owned(), params).into());
    }

    /// Asks, and returns what is answered: `result`, or the number of the error.
    pub(super) fn ask(&mut self, method: &str, params: Value) -> Value {
        self.requests += 1;
        let id = RequestId::from(self.requests);
        self.send(&Request::new(id.clone(), method.to_owned(), params).into());
        loop {
            match self.heard.recv_timeout(PATIENCE).unwrap() {
                Message::Response(Response {
                    id: of,
                    response_result,
                }) if of == id => {
                    return response_result.unwrap_or_else(|error| error.code.into());
                }
                _ => {}
            }
        }
    }

    /// What the program asks next.
    pub(super) fn asked(&mut self) -> Request {
        loop {
            if let Message::Request(request) = self.heard.recv_timeout(PATIENCE).unwrap() {
                return request;
            }
        }
    }

    pub(super) fn open(&mut self, file: &Path, text: &str) {
        self.open_as(&uri(file), text);
    }

    /// Opens a text that need not be a file.
    pub(super) fn open_as(&mut self, uri: &str, text: &str) {
        let item = json!({"uri": uri, "languageId": "yaml", "version": 1, "text": text});
        self.tell("textDocument/didOpen", json!({"textDocument": item}));
    }

    /// Puts `text` in the place of a stretch of a line.
    pub(super) fn change(&mut self, file: &Path, version: i32, line: usize, columns: [usize; 2], text: &str) {
        let at = |column: usize| json!({"line": line, "character": column});
        let change = json!({"range": {"start": at(columns[0]), "end": at(columns[1])}, "text": text});
        let document = json!({"uri": uri(file), "version": version});
        self.tell(
            "textDocument/didChange",
            json!({"textDocument": document, "contentChanges": [change]}),
        );
    }

    /// The next findings of a file that are as they are waited for.
    pub(super) fn findings(&mut self, file: &Path, is_it: impl Fn(&Value) -> bool) -> Vec<Value> {
        self.findings_at(&uri(file), is_it)
    }

    /// The same of a text that need not be a file.
    pub(super) fn findings_at(&mut self, wanted: &str, is_it: impl Fn(&Value) -> bool) -> Vec<Value> {
        loop {
            let message = self.heard.recv_timeout(PATIENCE).unwrap();
            if let Message::Notification(Notification { method, params }) = message
                && method == "textDocument/publishDiagnostics"
                && params["uri"] == wanted
                && is_it(&params)
            {
                return params["diagnostics"].as_array().unwrap().clone();
            }
        }
    }

    /// The findings of a version of a file.
    pub(super) fn findings_of(&mut self, file: &Path, version: i32) -> Vec<Value> {
        self.findings(file, |params| params["version"] == version)
    }

    /// Asks something of a place.
    pub(super) fn ask_at(&mut self, method: &str, file: &Path, line: usize, column: usize) -> Value {
        self.ask_of(method, &uri(file), line, column)
    }

    /// The same of a text that need not be a file.
    pub(super) fn ask_of(&mut self, method: &str, uri: &str, line: usize, column: usize) -> Value {
        let position = json!({"line": line, "character": column});
        self.ask(method, json!({"textDocument": {"uri": uri}, "position": position}))
    }

    /// What can be done about a line.
    pub(super) fn actions(&mut self, file: &Path, line: usize, only: Option<&str>) -> Vec<Value> {
        let place = json!({"line": line, "character": 0});
        let end = json!({"line": line, "character": 99});
        let mut context = json!({"diagnostics": []});
        if let Some(only) = only {
            context["only"] = json!([only]);
        }
        let params = json!({
            "textDocument": {"uri": uri(file)}, "range": {"start": place, "end": end}, "context": context,
        });
        self.ask("textDocument/codeAction", params).as_array().unwrap().clone()
    }

    /// Says nothing more, and waits for the end.
    pub(super) fn hang_up(mut self) -> Ended {
        drop(self.stdin.take());
        let mut stderr = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        Ended {
            exit: self.child.wait().unwrap().code(),
            stderr,
        }
    }

    /// Ends the session as the protocol has it.
    pub(super) fn shut_down(mut self) -> Ended {
        assert_eq!(self.ask("shutdown", Value::Null), Value::Null);
        self.tell("exit", Value::Null);
        self.hang_up()
    }
}

fn named(folders: &[&Path]) -> Value {
    let named = folders
        .iter()
        .map(|folder| json!({"uri": uri(folder), "name": "deploy"}));
    named.collect()
}

/// The address of a file of a test, whose names need no escapes.
pub(super) fn uri(path: &Path) -> String {
    format!("file://{}", path.display())
}

/// The text after an edit of the editor's.
pub(super) fn edited(text: &str, edits: &Value) -> String {
    let offset = |position: &Value| {
        let number = |name: &str| usize::try_from(position[name].as_u64().unwrap()).unwrap();
        let start: usize = text.split_inclusive('\n').take(number("line")).map(str::len).sum();
        start + number("character")
    };
    let mut edits: Vec<_> = edits
        .as_array()
        .unwrap()
        .iter()
        .map(|edit| {
            (
                offset(&edit["range"]["start"]),
                offset(&edit["range"]["end"]),
                edit["newText"].as_str().unwrap(),
            )
        })
        .collect();
    edits.sort_by_key(|(start, ..)| std::cmp::Reverse(*start));
    let mut text = text.to_owned();
    for (start, end, new) in edits {
        text.replace_range(start..end, new);
    }
    text
}
