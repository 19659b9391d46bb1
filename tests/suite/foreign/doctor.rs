//! A cluster that is hostile in every field, event, condition and line of a log: what `doctor` says of it, in every format.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use kubectl_neo4jbackup::cli::DoctorFormat;
use neo4jbackup_tests::plugin::{Run, run_with};
use neo4jbackup_tests::scenario;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use serde_json::Value;
use tempfile::TempDir;

use super::voice::{assert_lines, is_hidden};
use super::{every_text, hostile};

/// Each scenario comes with so many of the texts.
const TURNS: usize = 5;

fn doctor(folder: &Path, width: &str, arguments: &[&str]) -> Run {
    let environment =
        [("COLUMNS", width), ("LANG", "C.UTF-8")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let command = ["doctor", "--from-bundle", "."]
        .into_iter()
        .chain(arguments.iter().copied());
    run_with(folder, "", BTreeMap::from(environment), command)
}

#[test]
fn no_diagnosis_has_a_foreign_voice() {
    let folder = hostile_cluster();
    for width in ["80", "120"] {
        for format in DoctorFormat::names() {
            let run = doctor(folder.path(), width, &["-o", &format, "--color", "never"]);
            assert_lines(&format!("{format} in {width} columns"), &run.stdout);
            assert_lines("standard error", &run.stderr);
        }
    }
    let said = |format: &str| doctor(folder.path(), "80", &["-o", format]).stdout;
    let report: Value = serde_json::from_str(&said("json")).unwrap();
    let findings = report["findings"].as_array().unwrap();
    assert!(findings.len() > 200, "only {} findings", findings.len());
    every_text(&report, &mut |text| assert!(!text.contains(is_hidden), "{text:?}"));
    let unbounded = serde_saphyr::options! { budget: None };
    let yaml: Value = serde_saphyr::from_str_with_options(&said("yaml"), unbounded).unwrap();
    assert_eq!(yaml, report);
    assert_eq!(said("short").lines().count(), findings.len());
    assert_markdown(&said("markdown"), findings);
    for format in ["junit", "html"] {
        assert_elements(format, &said(format));
    }
    for line in said("openmetrics").lines() {
        assert!(line.starts_with("# ") || line.starts_with("neo4jbackup_"), "{line}");
    }
    let ascii = doctor(folder.path(), "80", &["--ascii", "--color", "never"]).stdout;
    assert!(ascii.is_ascii());
    assert_lines("ASCII", &ascii);
}

/// A line of a log, an event, a condition and the last words of a container may have a megabyte each.
#[test]
fn a_megabyte_is_cut_and_its_length_is_said() {
    let megabyte = format!("{}\u{1b}[2J\nFORGED", "x".repeat(1 << 20));
    let folder = TempDir::new().unwrap();
    let scenario = scenarios()
        .into_iter()
        .find(|path| path.ends_with("run-failure-in-log"))
        .unwrap();
    for object in &mut objects(&scenario) {
        for place in ["/message", "/status/conditions/0/message"] {
            if let Some(message) = object.pointer_mut(place) {
                *message = format!("{} {megabyte}", message.as_str().unwrap_or_default()).into();
            }
        }
        let name = format!(
            "{}-{}.json",
            object["kind"].as_str().unwrap(),
            object["metadata"]["name"].as_str().unwrap()
        );
        fs::write(folder.path().join(name), object.to_string()).unwrap();
    }
    fs::copy(scenario.join("bundle.yaml"), folder.path().join("bundle.yaml")).unwrap();
    copy_logs(&scenario, folder.path(), |log| {
        log.replace(
            "No space left on device",
            &format!("No space left on device {megabyte}"),
        )
    });
    for width in ["80", "120"] {
        for format in DoctorFormat::names() {
            let run = doctor(folder.path(), width, &["-o", &format]);
            assert_lines(&format, &run.stdout);
            assert!(run.stdout.len() < 65_536, "{format} has {} bytes", run.stdout.len());
        }
        let text = doctor(folder.path(), width, &[]).stdout;
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let cut = flat
            .split("… (")
            .nth(1)
            .and_then(|rest| rest.split(" characters)").next());
        let length: usize = cut.unwrap_or_default().parse().unwrap_or_default();
        assert!(length > 1 << 20, "{text}");
    }
}

/// Every scenario in namespaces of its own, with a hostile text in some place of each object and in the lines of each log.
fn hostile_cluster() -> TempDir {
    let folder = TempDir::new().unwrap();
    let texts = hostile::texts();
    let mut turn = 0;
    for (number, scenario) in scenarios().iter().enumerate() {
        for round in 0..TURNS {
            let of = |namespace: &str| format!("{namespace}-{number}-{round}");
            for mut object in objects(scenario) {
                turn += 1;
                rename(&mut object, &of);
                let text = &texts[turn % texts.len()];
                let versions = hostile::versions(&object, text);
                let same = |version: &&Value| {
                    let kept = [
                        "/apiVersion",
                        "/kind",
                        "/metadata/name",
                        "/metadata/namespace",
                        "/metadata/generateName",
                    ];
                    kept.iter().all(|path| version.pointer(path) == object.pointer(path))
                };
                let versions: Vec<&Value> = versions.iter().filter(same).collect();
                let version = versions[turn * 7 % versions.len()];
                fs::write(folder.path().join(format!("{turn}.json")), version.to_string()).unwrap();
            }
            let text = &texts[(number + round) % texts.len()];
            let logs = TempDir::new().unwrap();
            copy_logs(scenario, logs.path(), |log| {
                let lines = log.lines().map(|line| format!("{line} {text}\n{text} {line}\n"));
                lines.collect()
            });
            for namespace in entries(&logs.path().join("logs")) {
                let name = namespace.file_name().unwrap().to_str().unwrap();
                let target = folder.path().join("logs").join(of(name));
                fs::create_dir_all(folder.path().join("logs")).unwrap();
                fs::rename(&namespace, target).unwrap();
            }
        }
    }
    fs::write(
        folder.path().join("bundle.yaml"),
        "takenAt: \"2026-11-21T10:00:00Z\"\ncomplete: true\n",
    )
    .unwrap();
    folder
}

fn scenarios() -> Vec<std::path::PathBuf> {
    let mut folders = entries(&Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios"));
    folders.retain(|path| path.is_dir());
    folders
}

/// What is in a folder, by name; nothing where there is none.
fn entries(folder: &Path) -> Vec<std::path::PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn objects(folder: &Path) -> Vec<Value> {
    let objects = scenario::objects(folder).into_iter();
    objects
        .filter(|object| object["metadata"]["name"].is_string())
        .collect()
}

fn copy_logs(from: &Path, to: &Path, change: impl Fn(&str) -> String) {
    for namespace in entries(&from.join("logs")) {
        for pod in entries(&namespace) {
            for log in entries(&pod) {
                let target = to.join(log.strip_prefix(from).unwrap());
                fs::create_dir_all(target.parent().unwrap()).unwrap();
                fs::write(target, change(&fs::read_to_string(&log).unwrap())).unwrap();
            }
        }
    }
}

/// Puts an object into a namespace of another name, and what it says of that namespace with it.
fn rename(object: &mut Value, of: &dyn Fn(&str) -> String) {
    let Some(namespace) = object["metadata"]["namespace"].as_str().map(str::to_owned) else {
        return;
    };
    replace(object, &namespace, &of(&namespace));
}

/// Puts a text in the place of another wherever that is a whole value.
fn replace(value: &mut Value, old: &str, new: &str) {
    match value {
        Value::String(text) if text == old => new.clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, old, new)),
        Value::Object(entries) => entries.values_mut().for_each(|item| replace(item, old, new)),
        _ => {}
    }
}

/// As it is rendered: a heading for each cause, a row for each of its signs, its commands as code, an entry for each effect,
/// and nothing foreign outside of code.
fn assert_markdown(text: &str, findings: &[Value]) {
    const PAGES: &str = "https://github.com/neo4jbackup/neo4jbackup/blob/main/docs/";
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_GFM;
    let (mut headings, mut rows, mut items, mut code_blocks) = (0, 0, 0, Vec::new());
    let mut block: Option<String> = None;
    for event in Parser::new_ext(text, options) {
        match event {
            Event::Start(Tag::Link { dest_url, .. }) => assert!(dest_url.starts_with(PAGES), "a link to {dest_url}"),
            Event::Start(Tag::Heading { .. }) => headings += 1,
            Event::Start(Tag::TableRow) => rows += 1,
            Event::Start(Tag::Item) => items += 1,
            Event::Start(Tag::CodeBlock(_)) => block = Some(String::new()),
            Event::End(TagEnd::CodeBlock) => code_blocks.extend(block.take()),
            Event::Text(text) => {
                if let Some(block) = &mut block {
                    block.push_str(&text);
                } else {
                    let foreign = ["@", "evil", "<", "&", "#", "|", hostile::FORGED];
                    let foreign = foreign.into_iter().find(|part| text.contains(part));
                    assert_eq!(foreign, None, "outside of code: {text}");
                }
            }
            Event::Html(html) | Event::InlineHtml(html) => panic!("markup: {html}"),
            Event::Start(Tag::Image { dest_url, .. }) => panic!("a picture: {dest_url}"),
            Event::Start(Tag::BlockQuote(_) | Tag::FootnoteDefinition(_))
            | Event::Rule
            | Event::FootnoteReference(_) => {
                panic!("a mark of somebody else: {event:?}")
            }
            _ => {}
        }
    }
    let causes: Vec<&Value> = findings
        .iter()
        .filter(|finding| finding["causedBy"].is_null())
        .collect();
    let signs = causes
        .iter()
        .map(|cause| cause["evidence"].as_array().unwrap().len())
        .sum::<usize>();
    assert_eq!(
        (headings, rows, items),
        (causes.len(), signs, findings.len() - causes.len())
    );
    let commands: Vec<String> = causes
        .iter()
        .map(|cause| {
            let commands = cause["commands"].as_array().unwrap().iter();
            commands
                .map(|command| format!("{}\n", command.as_str().unwrap()))
                .collect::<String>()
        })
        .filter(|commands| !commands.is_empty())
        .collect();
    assert_eq!(code_blocks, commands);
}

/// Whether a page or a list of tests has the elements and attributes that its format has, and no others.
fn assert_elements(what: &str, text: &str) {
    const KNOWN: &str = "html head meta title style body header main section article h1 h2 h3 p ul li span a code pre table \
                         thead tbody tr th td time testsuites testsuite testcase failure skipped system-out";
    const ATTRIBUTES: &str = "lang charset http-equiv content name class href tests failures errors skipped timestamp \
                              classname type message";
    let known = |list: &str, name: &str| list.split_whitespace().any(|known| known == name);
    let options = roxmltree::ParsingOptions {
        allow_dtd: true,
        ..Default::default()
    };
    let parsed =
        roxmltree::Document::parse_with_options(text, options).unwrap_or_else(|fault| panic!("{what}: {fault}"));
    for node in parsed.descendants().filter(roxmltree::Node::is_element) {
        assert!(known(KNOWN, node.tag_name().name()), "{what}: {node:?}");
        for attribute in node.attributes() {
            assert!(known(ATTRIBUTES, attribute.name()), "{what}: {attribute:?}");
        }
    }
}
