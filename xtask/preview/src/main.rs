//! The linter's findings of the demo's manifests, a line each, while everything else of the demo is still being built. Takes the root of
//! the repository.

use std::path::PathBuf;
use std::{env, fs, io};

use jiff::Timestamp;
use neo4jbackup_core::facts::Inventory;
use neo4jbackup_core::finding::Severity;
use neo4jbackup_core::lint::{Options, collect, judge, read};

const FOLDER: &str = "examples/demo";

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::args_os().nth(1).unwrap_or_else(|| ".".into()));
    let mut manifests = Vec::new();
    for entry in fs::read_dir(root.join(FOLDER))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        manifests.push((format!("{FOLDER}/{name}"), fs::read_to_string(path)?));
    }
    manifests.sort();
    let mut options = Options::at(Timestamp::now());
    // As they will be applied: what the webhook fills in is not missing.
    options.assume_webhook = true;
    let files: Vec<_> = manifests.iter().map(|(_, text)| read(text, &options.limits)).collect();
    let mut inventory = Inventory::default();
    for file in &files {
        collect(file, &options, &mut inventory);
    }
    println!();
    for ((name, _), file) in manifests.iter().zip(&files) {
        let mut findings = judge(file, &inventory, &options).findings;
        // What the webhook fills in is worth a word, but not here.
        findings.retain(|located| located.finding.severity >= Severity::Warning);
        if findings.is_empty() {
            println!("{name}: good");
        }
        for located in findings {
            let (finding, start) = (located.finding, located.span.start);
            println!(
                "{name}:{}:{}: {} {}",
                start.line, start.column, finding.severity, finding.code
            );
            println!("    {}", finding.message);
            if !finding.help.is_empty() {
                println!("    {}", finding.help);
            }
        }
    }
    println!();
    Ok(())
}
