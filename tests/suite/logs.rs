//! Lines of real logs are told for what they are.

use neo4jbackup_core::logs;
use serde_json::Value;

#[test]
fn real_lines_have_the_class_that_a_person_gave_them() {
    let file = neo4jbackup_harness::root().join("../shared/vectors/log-lines.jsonl");
    let Ok(text) = std::fs::read_to_string(&file) else {
        println!("skipped: {} is not here", file.display());
        return;
    };
    let (mut lines, mut wrong) = (0, Vec::new());
    for vector in text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        lines += 1;
        let line = vector["line"].as_str().unwrap();
        let found = logs::classify(line);
        let as_expected = found.is_some_and(|class| {
            vector["class"] == class.name.as_str() && vector["severity"] == class.severity.to_string()
        });
        if !as_expected {
            wrong.push(format!(
                "{} {} is {:?}: {line}",
                vector["class"],
                vector["severity"],
                found.map(|class| &class.name)
            ));
        }
    }
    assert!(wrong.is_empty(), "{}\n{} of {lines}", wrong.join("\n"), wrong.len());
    assert!(lines > 100, "only {lines} lines");
}
