//! What a person sees in the terminal, as text for a snapshot.

use std::fmt::Write as _;

use neo4jbackup_harness::{KubectlOutput, Namespace, Way};

/// Sends a manifest in every way; commands and answers one below the other.
pub fn in_every_way(namespace: &Namespace, manifest: &str) -> String {
    let mut text = String::new();
    for way in Way::ALL {
        let answer = namespace.send(way, manifest);
        let line = format!("kubectl {} -f manifest.yaml", way.arguments().join(" "));
        write_answer(&mut text, &line, &answer, namespace);
    }
    text
}

/// One command and its answer.
pub fn of(namespace: &Namespace, line: &str, answer: &KubectlOutput) -> String {
    let mut text = String::new();
    write_answer(&mut text, line, answer, namespace);
    text
}

fn write_answer(text: &mut String, line: &str, answer: &KubectlOutput, namespace: &Namespace) {
    // The name of the namespace is a number more in each run.
    let shown = |stream: &str| stream.replace(&namespace.name, "graph");
    writeln!(
        text,
        "$ {line}\n{}{}exit code {}\n",
        shown(&answer.stderr),
        shown(&answer.stdout),
        answer.code
    )
    .unwrap();
}

/// Compares with the snapshot of that name. Every control plane must give the same one.
pub fn assert_transcript(name: &str, transcript: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../e2e/snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, transcript));
}
