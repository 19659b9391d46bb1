//! Whatever is typed so far, there is an answer, and what it says of places is of places in the text.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use lsp_server::{Message, Notification, Request, Response};
use neo4jbackup_core::document::{self, Limits, Node};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::client::Client;
use super::project::Surroundings;
use super::server::{Errand, Server};

/// Who waits for longer takes it for a hang; an answer takes a few thousandths of a second.
const PATIENCE: Duration = Duration::from_secs(20);

/// A text that is open in an editor.
struct Typed {
    server: Server,
    uri: &'static str,
}

impl Typed {
    fn new(is_json: bool) -> Self {
        let uri = if is_json { "untitled:a.json" } else { "untitled:a" };
        let mut server = Server::new(Client::of(&json!({})), Surroundings::of_test());
        let item = json!({"uri": uri, "languageId": "yaml", "version": 0, "text": ""});
        let params = json!({"textDocument": item});
        server.notice(Notification::new("textDocument/didOpen".to_owned(), params));
        Self { server, uri }
    }

    /// Types a text as a whole and asks everything of some places. Returns the answers.
    fn answers(&mut self, text: &str, places: &[(usize, usize)]) -> Vec<Value> {
        let begin = Instant::now();
        let document = json!({"uri": self.uri});
        let change = json!({"textDocument": {"uri": self.uri, "version": 1}, "contentChanges": [{"text": text}]});
        self.server
            .notice(Notification::new("textDocument/didChange".to_owned(), change));
        while self.server.judge_next() {}
        for (line, column) in places {
            let position = json!({"line": line, "character": column});
            let mut ask = |method: &str, params: Value| {
                let method = format!("textDocument/{method}");
                self.server.answer(Request::new(1.into(), method, params));
            };
            for method in ["hover", "completion"] {
                ask(method, json!({"textDocument": document, "position": position}));
            }
            let range = json!({"start": {"line": 0, "character": 0}, "end": position});
            let context = json!({"diagnostics": [], "only": ["source", "quickfix"]});
            ask(
                "codeAction",
                json!({"textDocument": document, "range": range, "context": context}),
            );
        }
        let places = Places::of(text);
        let mut answers = Vec::new();
        for errand in self.server.errands() {
            match errand {
                Errand::Send(Message::Response(Response { response_result, .. })) => {
                    let answer = response_result.unwrap_or_else(|error| panic!("{}\n{text}", error.message));
                    places.hold(&answer, text);
                    answers.push(answer);
                }
                Errand::Send(Message::Notification(shown)) => places.hold(&shown.params["diagnostics"], text),
                _ => {}
            }
        }
        assert!(begin.elapsed() < PATIENCE, "{:?} for\n{text}", begin.elapsed());
        answers
    }

    /// Asks everything of the end of a text. Returns whether something was offered there.
    fn is_offered_at_end(&mut self, text: &str) -> bool {
        let answers = self.answers(text, &[end_of(text)]);
        assert_eq!(answers.len(), 3, "{text}");
        answers[1]["items"][0]["label"].is_string()
    }
}

/// The place behind all of a text, as an editor counts it.
fn end_of(text: &str) -> (usize, usize) {
    let last = text.rsplit('\n').next().unwrap_or_default();
    (text.matches('\n').count(), last.encode_utf16().count())
}

/// The columns in each line between which there are whole letters.
struct Places(Vec<BTreeSet<u64>>);

impl Places {
    fn of(text: &str) -> Self {
        let columns = |line: &str| {
            let mut column = 0;
            let ends = line.chars().map(|letter| {
                column += letter.len_utf16() as u64;
                column
            });
            std::iter::once(0).chain(ends).collect()
        };
        Self(text.split('\n').map(columns).collect())
    }

    /// Fails where an answer has a range that is none of the text.
    fn hold(&self, answer: &Value, text: &str) {
        match answer {
            Value::Object(fields) => {
                if let (Some(start), Some(end)) = (fields.get("start"), fields.get("end")) {
                    let place = |of: &Value| (of["line"].as_u64().unwrap(), of["character"].as_u64().unwrap());
                    let (start, end) = (place(start), place(end));
                    let is_there = |(line, column): (u64, u64)| {
                        let line = usize::try_from(line).unwrap();
                        self.0.get(line).is_some_and(|columns| columns.contains(&column))
                    };
                    assert!(start <= end && is_there(start) && is_there(end), "{answer} of\n{text}");
                }
                fields.values().for_each(|field| self.hold(field, text));
            }
            Value::Array(items) => items.iter().for_each(|item| self.hold(item, text)),
            _ => {}
        }
    }
}

/// A manifest, and whether it is JSON.
type Written = (String, bool);

/// The manifests of all fixtures and examples: as they are, in brackets from the second level on, and as JSON.
fn manifests() -> &'static [Written] {
    static MANIFESTS: OnceLock<Vec<Written>> = OnceLock::new();
    MANIFESTS.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let read = |file: PathBuf| std::fs::read_to_string(file).unwrap();
        let fixtures = files(&root.join("tests/rules"), "md").into_iter().map(read);
        let examples = files(&root.join("examples"), "yaml").into_iter().map(read);
        let yaml: Vec<String> = fixtures.flat_map(|page| blocks(&page)).chain(examples).collect();
        assert!(yaml.len() > 300, "{}", yaml.len());
        let others = yaml.iter().flat_map(|text| in_brackets(text));
        let others: Vec<Written> = others.collect();
        yaml.into_iter().map(|text| (text, false)).chain(others).collect()
    })
}

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries
        .flat_map(|path| {
            if path.is_dir() {
                files(&path, ending)
            } else {
                vec![path]
            }
        })
        .filter(|path| path.extension().is_some_and(|found| found == ending))
        .collect();
    files.sort();
    files
}

/// The manifests of a page, with what stands around them where several have that in common.
fn blocks(page: &str) -> Vec<String> {
    let mut base: Option<String> = None;
    let mut found = Vec::new();
    for block in page.split("\n```yaml").skip(1) {
        let (kind, rest) = block.split_once('\n').unwrap();
        let text = rest.split("```").next().unwrap_or_default().to_owned();
        if kind == " base" {
            base = Some(text);
        } else {
            let whole = base.as_ref().filter(|_| text.starts_with(' '));
            found.push(whole.map_or(text.clone(), |base| {
                let lines = base.split_inclusive('\n');
                let filled = lines.map(|line| if line.trim() == "…" { text.as_str() } else { line });
                filled.collect()
            }));
        }
    }
    found
}

/// The same objects in other notations.
fn in_brackets(text: &str) -> Vec<Written> {
    let parsed = document::parse(text, &Limits::default());
    let objects = parsed.documents.iter().map(|document| &document.root);
    let of_object = |object: &Node<'_>| {
        let fields = object.as_map()?.iter();
        let lines = fields.map(|(key, value)| format!("{key}: {}\n", serde_json::to_string(value).unwrap()));
        // Words stand without quotation marks in most manifests.
        let flow = lines.collect::<String>().replace("\":", ": ").replace(['"', '\\'], "");
        Some([
            (flow, false),
            (serde_json::to_string_pretty(object).unwrap(), true),
            (serde_json::to_string(object).unwrap(), true),
        ])
    };
    objects.filter_map(of_object).flatten().collect()
}

/// Asks everything of the end of each text, in several threads. Returns how many there were and at how many something was
/// offered.
fn ask_all(texts: &BTreeSet<(&str, bool)>) -> (usize, usize) {
    let texts: Vec<(&str, bool)> = texts.iter().copied().collect();
    let threads = thread::available_parallelism().map_or(1, Into::into);
    let offered = thread::scope(|scope| {
        let parts = texts.chunks(texts.len().div_ceil(threads).max(1)).map(|part| {
            scope.spawn(|| {
                let (mut yaml, mut json) = (Typed::new(false), Typed::new(true));
                let mut ask = |text, is_json| if is_json { &mut json } else { &mut yaml }.is_offered_at_end(text);
                part.iter().filter(|(text, is_json)| ask(text, *is_json)).count()
            })
        });
        let parts: Vec<_> = parts.collect();
        parts.into_iter().map(|part| part.join().unwrap()).sum()
    });
    (texts.len(), offered)
}

#[test]
fn every_line_of_every_manifest_has_answers_when_it_has_been_typed() {
    let line_ends = manifests().iter().flat_map(|(text, is_json)| {
        let ends = text.match_indices('\n').map(|(at, _)| at);
        ends.map(|end| (&text[..end], *is_json))
    });
    let (asked, _) = ask_all(&line_ends.collect());
    assert!(asked > 5_000, "{asked}");
}

#[test]
fn every_begin_of_a_manifest_has_answers() {
    let is_wanted = |text: &&Written| text.0.len() > 600 && text.0.contains("autoCreate");
    let first = manifests().iter().position(|text| is_wanted(&text)).unwrap();
    let json = manifests()
        .iter()
        .filter(|(_, is_json)| *is_json)
        .find(is_wanted)
        .unwrap();
    for (text, is_json) in [&manifests()[first], json] {
        let begins = text.char_indices().map(|(end, _)| (&text[..end], *is_json));
        let (asked, offered) = ask_all(&begins.collect());
        // Not everything was in vain.
        assert!(offered > asked / 4, "{offered} of {asked} of\n{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn every_letter_of_a_line_has_answers_when_it_has_been_typed(
        manifest in any::<prop::sample::Index>(),
        line in any::<prop::sample::Index>(),
    ) {
        let (text, is_json) = manifest.get(manifests());
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let index = line.index(lines.len().max(1));
        let start: usize = lines.iter().take(index).map(|line| line.len()).sum();
        let line = lines.get(index).copied().unwrap_or_default();
        // A text of one line is long; the last letters of it say as much as all.
        let ends = line.char_indices().rev().take(60).map(|(end, _)| start + end);
        ask_all(&ends.map(|end| (&text[..end], *is_json)).collect());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn whatever_is_typed_has_answers(
        manifest in any::<prop::sample::Index>(),
        cuts in (any::<prop::sample::Index>(), any::<prop::sample::Index>()),
        typed in "[ \\-:,{}\\[\\]|>#'\"&*!%@\t\r\na\u{e4}\u{1f600}]{0,6}",
        keeps_rest in any::<bool>(),
        (line, column) in (0..40_usize, 0..60_usize),
    ) {
        let (text, is_json) = manifest.get(manifests());
        let at = |cut: prop::sample::Index| {
            let mut at = cut.index(text.len() + 1);
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let (first, second) = (at(cuts.0).min(at(cuts.1)), at(cuts.0).max(at(cuts.1)));
        let before = format!("{}{typed}", &text[..first]);
        let rest = if keeps_rest { &text[second..] } else { "" };
        let places = [end_of(&before), (line, column)];
        let answers = Typed::new(*is_json).answers(&format!("{before}{rest}"), &places);
        prop_assert_eq!(answers.len(), 6);
    }
}
