//! The morning after: a namespace with one good backup and three broken ones, as `status` and `doctor` tell it.

use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use jiff::Timestamp;
use neo4jbackup_core::document::{self, Limits};
use neo4jbackup_harness::{later, play, workspace_program};
use serde_json::Value;

use super::Demo;

/// The objects, as they were found.
const SCENARIO: &str = "tests/scenarios/one-good-and-three-broken/objects.yaml";
/// When they were found.
const FOUND: &str = "2026-11-21T06:30:00Z";
/// Their namespace.
const NAMESPACE: &str = "graph";

/// What a person types, and a word that the answer must have.
const COMMANDS: [(&[&str], &str); 3] = [
    (&["status", "-n", NAMESPACE], "orders"),
    (&["doctor", "-n", NAMESPACE], "customers"),
    (&["doctor", "backup/invoices", "-n", NAMESPACE], "backup-s3"),
];

impl Demo<'_> {
    /// Shows it; gives the commands whose answers were not as expected.
    pub(super) fn show_morning(&self) -> Result<Vec<String>> {
        self.screen
            .heading("The morning after: four backups in a namespace, one of them good")?;
        let text = fs::read_to_string(self.root.join(SCENARIO)).context(SCENARIO)?;
        let parsed = document::parse(&text, &Limits::default());
        ensure!(parsed.problems.is_empty(), "{SCENARIO}: {:?}", parsed.problems);
        let found: Timestamp = FOUND.parse()?;
        let minutes = Timestamp::now().duration_since(found).as_mins();
        let objects = parsed
            .documents
            .iter()
            .map(|document| serde_json::to_value(&document.root));
        let objects: Vec<Value> = objects.collect::<Result<_, _>>()?;
        self.control_plane.apply_yaml(&format!(
            "{{apiVersion: v1, kind: Namespace, metadata: {{name: {NAMESPACE}}}}}"
        ))?;
        let client = self.control_plane.api_client();
        let mut client = client.context("connecting to the API server")?;
        play(&mut client, objects.iter().map(|object| later(object, minutes)));
        let program = workspace_program("kubectl-neo4jbackup")?;
        let mut surprises = Vec::new();
        for (arguments, word) in COMMANDS {
            let mut command = Command::new(&program);
            command
                .args(arguments)
                .env("KUBECONFIG", self.control_plane.kubeconfig());
            command.env("COLUMNS", "76");
            let output = command.output().context("running the plugin")?;
            let line = format!("kubectl neo4jbackup {}", arguments.join(" "));
            let answer =
                String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
            self.screen.text(&format!("$ {line}\n{answer}"))?;
            // Three of the four are broken: no answer may say that all is well.
            if output.status.code() != Some(1) || !answer.contains(word) {
                surprises.push(line);
            }
        }
        Ok(surprises)
    }
}
