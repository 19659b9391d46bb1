//! Whatever is typed so far, there is an answer.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use lsp_server::{Message, Notification, Request};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::client::Client;
use super::project::Surroundings;
use super::server::{Errand, Server};
use crate::cli::Lsp;
use crate::connection::Access;

const URI: &str = "untitled:a";

fn server() -> Server {
    let surroundings = Surroundings {
        flags: Lsp::default(),
        namespace: None,
        access: Access::default(),
        environment: BTreeMap::new(),
        now: "2026-06-01T00:00:00Z".parse().unwrap(),
    };
    let mut server = Server::new(Client::of(&json!({})), surroundings);
    let item = json!({"uri": URI, "languageId": "yaml", "version": 0, "text": ""});
    server.notice(Notification::new(
        "textDocument/didOpen".to_owned(),
        json!({"textDocument": item}),
    ));
    server
}

/// Types a text as a whole and asks everything of its end and of the place `line`, `column`.
fn answers(server: &mut Server, text: &str, line: usize, column: usize) -> Vec<Value> {
    let change = json!({"textDocument": {"uri": URI, "version": 1}, "contentChanges": [{"text": text}]});
    server.notice(Notification::new("textDocument/didChange".to_owned(), change));
    while server.judge_next() {}
    let last = text.split('\n').count() - 1;
    for (line, column) in [(last, 999), (line, column)] {
        let position = json!({"line": line, "character": column});
        let document = json!({"uri": URI});
        for method in ["textDocument/hover", "textDocument/completion"] {
            let params = json!({"textDocument": document, "position": position});
            server.answer(Request::new(1.into(), method.to_owned(), params));
        }
        let range = json!({"start": {"line": 0, "character": 0}, "end": position});
        let params = json!({"textDocument": document, "range": range, "context": {"diagnostics": [], "only": ["source", "quickfix"]}});
        server.answer(Request::new(1.into(), "textDocument/codeAction".to_owned(), params));
    }
    let sent = server.errands().into_iter().filter_map(|errand| match errand {
        Errand::Send(Message::Response(response)) => Some(response.response_result.map_err(|error| error.message)),
        _ => None,
    });
    sent.map(Result::unwrap).collect()
}

/// The manifests of all fixtures.
fn manifests() -> &'static [String] {
    static MANIFESTS: OnceLock<Vec<String>> = OnceLock::new();
    MANIFESTS.get_or_init(|| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/rules");
        let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        let texts = files.iter().map(|file| std::fs::read_to_string(file).unwrap());
        let of_text = |text: String| {
            let blocks = text
                .split("```yaml\n")
                .skip(1)
                .map(|rest| rest.split("```").next().unwrap_or_default().to_owned());
            blocks.collect::<Vec<_>>()
        };
        texts.flat_map(of_text).filter(|text| !text.is_empty()).collect()
    })
}

#[test]
fn every_begin_of_a_manifest_has_answers() {
    let text = manifests()
        .iter()
        .find(|text| text.len() > 600 && text.contains("autoCreate"))
        .unwrap();
    let mut server = server();
    let mut offered = 0;
    for (end, _) in text.char_indices() {
        let answers = answers(&mut server, &text[..end], end % 40, end % 30);
        assert_eq!(answers.len(), 6);
        offered += answers
            .iter()
            .filter(|answer| answer["items"][0]["label"].is_string())
            .count();
    }
    // Not everything was in vain.
    assert!(offered > text.len() / 4, "{offered} of {}", text.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn whatever_is_typed_has_answers(
        manifest in 0..10_000_usize,
        (cut, part) in (0.0..1.0, 0.0..1.0),
        typed in "[ \\-:{}\\[\\]|>#'\"&*!%@\t\r\na\u{e4}\u{1f600}]{0,6}",
        keeps_rest in any::<bool>(),
        (line, column) in (0..40_usize, 0..60_usize),
    ) {
        let text = &manifests()[manifest % manifests().len()];
        let at = |part: f64| {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a part of a short text")]
            let mut at = (text.len() as f64 * part) as usize;
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let (first, second) = (at(cut).min(at(part)), at(cut).max(at(part)));
        let rest = if keeps_rest { &text[second..] } else { "" };
        let text = format!("{}{typed}{rest}", &text[..first]);
        prop_assert_eq!(answers(&mut server(), &text, line, column).len(), 6);
    }
}
