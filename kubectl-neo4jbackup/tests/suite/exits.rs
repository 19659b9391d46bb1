//! The exit codes that the documentation names are those that the program has, each of them and no other.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use kubectl_neo4jbackup::{Exit, cli};

use serde_json::json;

use crate::api_server::ApiServer;
use crate::support::{SIX_FIELDS, Sandbox, root};

// Ctrl-C is a signal.
#[cfg(unix)]
#[test]
fn every_exit_code_is_returned_by_some_run() {
    let sandbox = Sandbox::with(SIX_FIELDS);
    // A backup of which nothing ever comes.
    let backup = json!({"apiVersion": "neo4j.neo4j.com/v1beta1", "kind": "Neo4jBackup", "spec": {"instanceRef": "graph"},
                        "metadata": {"name": "nightly", "namespace": "n"}});
    let api_server = ApiServer::start(move |path| {
        if path.ends_with("/neo4jbackups/nightly") {
            return backup.clone();
        }
        json!({"preferredVersion": {"version": "v1beta1"}, "items": []})
    });
    // Once something is asked a second time, the program listens.
    let looks = AtomicUsize::new(0);
    let watched = ApiServer::start(move |path| {
        if path.ends_with("/namespaces/n/neo4jbackups") && looks.fetch_add(1, Ordering::Relaxed) == 1 {
            rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::INT).unwrap();
        }
        json!({"preferredVersion": {"version": "v1beta1"}, "items": []})
    });
    let returned: BTreeSet<u8> = [
        &["version"][..],
        &["lint", "backup.yaml"],
        &["lint", "--no-such-flag"],
        &["lint", "no-such-file.yaml"],
        &["lint", "backup.yaml", "-o", "json=backup.yaml"],
        &[
            "wait",
            "nightly",
            "-n",
            "n",
            "--timeout",
            "1s",
            "--server",
            &api_server.url,
        ],
        &["status", "-n", "n", "--watch=1ms", "--server", &watched.url],
    ]
    .into_iter()
    .map(|arguments| sandbox.run(arguments).exit)
    .collect();
    let documented: BTreeSet<u8> = Exit::ALL.into_iter().map(Exit::code).collect();
    assert_eq!(returned, documented);
}

#[test]
fn the_readme_says_of_exit_codes_what_the_reference_says() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let rows = |page: &str| -> Vec<String> {
        let (_, section) = page.split_once("## Exit codes\n").expect("a section on exit codes");
        let lines = section.lines().take_while(|line| !line.starts_with("## "));
        lines.filter(|line| line.starts_with('|')).map(str::to_owned).collect()
    };
    let reference = rows(&cli::markdown());
    assert_eq!(reference.len(), Exit::ALL.len() + 2, "{reference:?}");
    assert_eq!(rows(&readme), reference);
}

#[test]
fn every_flag_beside_an_exit_code_exists() {
    let page = cli::markdown();
    for exit in Exit::ALL {
        let words = exit.meaning().split('`');
        for flag in words.filter(|word| word.starts_with("--")) {
            assert!(page.contains(&format!("| `{flag} ")), "{}: {flag}", exit.code());
        }
    }
}
