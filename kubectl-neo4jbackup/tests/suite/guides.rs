//! Manifests that stand in guides and scripts.

use std::fs;

use insta::assert_snapshot;
use serde_json::Value;

use crate::support::{SIX_FIELDS, Sandbox};

/// A manifest as it stands in a block, each line behind `prefix`.
fn behind(prefix: &str, manifest: &str) -> String {
    manifest.lines().map(|line| format!("{prefix}{line}\n")).collect()
}

/// A runbook with the mistake in a fence of a list, in a here-document of a script and in a quote.
fn runbook() -> String {
    format!(
        "# Runbook – nightly\n\n1. Apply this:\n\n   ```yaml\n{}   ```\n\n2. Or so:\n\n```bash\nkubectl apply -f - <<'EOF'\n{SIX_FIELDS}EOF\n```\n\n\
         > ```yaml\n{}> ```\n",
        behind("   ", SIX_FIELDS),
        behind("> ", SIX_FIELDS),
    )
}

/// The line and the text of each place at which the mistake stands.
fn mistakes(text: &str) -> Vec<(usize, usize)> {
    let lines = text.lines().enumerate();
    let mistakes = lines.filter_map(|(line, text)| text.find("\"0 0 2").map(|column| (line + 1, column + 1)));
    mistakes.collect()
}

#[test]
fn a_finding_stands_where_the_block_has_it() {
    let sandbox = Sandbox::new();
    sandbox.write("docs/runbook.md", runbook());
    let run = sandbox.run(&["lint", "docs/runbook.md", "--only", "NB5001"]);
    assert_eq!(run.exit, 1);
    assert_snapshot!(run.stdout);

    let run = sandbox.run(&["lint", "docs/runbook.md", "--only", "NB5001", "-o", "json"]);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    let places = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| &finding["location"]);
    let places: Vec<(usize, usize)> = places
        .map(|place| serde_json::from_value([place["line"].clone(), place["column"].clone()].into()).unwrap())
        .collect();
    assert_eq!(places, mistakes(&runbook()));
    let summary = &report["summary"];
    assert_eq!((&summary["files"], &summary["judged"]), (&1.into(), &3.into()));

    // The regions of SARIF and the notes of GitHub are those of the file, and the fix of a block is, too.
    let run = sandbox.run(&["lint", "docs/runbook.md", "--only", "NB5001", "-o", "sarif"]);
    let sarif: Value = serde_json::from_str(&run.stdout).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let (line, column) = mistakes(&runbook())[1];
    let region = &results[1]["locations"][0]["physicalLocation"]["region"];
    assert_eq!(
        (&region["startLine"], &region["startColumn"]),
        (&line.into(), &column.into())
    );
    let change = &results[1]["fixes"][0]["artifactChanges"][0];
    assert_eq!(change["artifactLocation"]["uri"], "docs/runbook.md");
    assert_eq!(
        change["replacements"][0]["deletedRegion"]["startLine"], line,
        "{change:#}"
    );
    assert_eq!(
        results[2]["fixes"],
        Value::Null,
        "what stands before the lines of a quote is not part of it"
    );
    let run = sandbox.run(&["lint", "docs/runbook.md", "--only", "NB5001", "-o", "github"]);
    let note = format!("::error file=docs/runbook.md,line={line},col={column},");
    assert!(run.stdout.lines().nth(1).unwrap().starts_with(&note), "{}", run.stdout);
}

#[test]
fn fix_writes_into_the_block_and_nowhere_else() {
    let sandbox = Sandbox::new();
    sandbox.write("runbook.md", runbook());
    let run = sandbox.run(&["lint", "runbook.md", "--only", "NB5001", "--fix", "--diff"]);
    assert_eq!((run.exit, sandbox.read("runbook.md")), (1, runbook()));
    assert_snapshot!("fix_of_a_guide", run.stdout);
    let run = sandbox.run(&["lint", "runbook.md", "--only", "NB5001", "--fix", "-o", "short"]);
    assert!(
        run.exit == 1 && run.stderr.starts_with("fixed 2 findings in 1 file\n"),
        "{}",
        run.stderr
    );
    // The third stands in a quote, whose marks are not part of it.
    assert_eq!(
        sandbox.read("runbook.md"),
        runbook().replacen("0 0 2 * * *", "0 2 * * *", 2)
    );
    let (line, column) = mistakes(&sandbox.read("runbook.md"))[0];
    assert!(
        run.stdout
            .starts_with(&format!("runbook.md:{line}:{column}: error NB5001 ")),
        "{}",
        run.stdout
    );
}

#[test]
fn a_fix_that_adds_a_line_keeps_the_places_of_later_blocks() {
    let sandbox = Sandbox::new();
    let two = format!("```yaml\n{SIX_FIELDS}```\n\n```yaml\n{SIX_FIELDS}```\n")
        .replace("    cloud:\n      provider: aws\n", "");
    sandbox.write("two.md", &two);
    let run = sandbox.run(&["lint", "two.md", "--fix", "--unsafe", "-o", "json"]);
    let written = sandbox.read("two.md");
    assert!(written.lines().count() > two.lines().count(), "{written}");
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    let second = written.lines().count() / 2;
    let of_second = |finding: &Value| finding["location"]["line"].as_u64() > Some(second as u64);
    assert!(
        report["findings"].as_array().unwrap().iter().any(of_second),
        "{report:#}"
    );
    for finding in report["findings"].as_array().unwrap() {
        let line = usize::try_from(finding["location"]["line"].as_u64().unwrap()).unwrap();
        let text = written.lines().nth(line - 1).unwrap();
        let field = finding["field"].as_str().unwrap();
        let mut keys = field.split(['.', '[', ']']).filter(|key| !key.is_empty());
        let is_empty = keys.clone().next().is_none();
        assert!(
            keys.any(|key| text.contains(key)) || is_empty && text.contains("kind"),
            "{line}: {text}: {finding:#}"
        );
    }
}

#[test]
fn the_tabs_of_a_script_in_a_list_are_none_of_the_manifest() {
    let sandbox = Sandbox::new();
    let inner = behind("  \t", SIX_FIELDS);
    let guide = format!("1. Do:\n\n  ```bash\n  kubectl apply -f - <<-EOF\n{inner}  \tEOF\n  ```\n");
    for guide in [guide.clone(), guide.replacen("1. Do:", "- Do:", 1)] {
        sandbox.write("guide.md", &guide);
        let run = sandbox.run(&["lint", "guide.md", "--only", "NB1xxx,NB5001", "-o", "short"]);
        let (line, column) = mistakes(&guide)[0];
        let expected = format!("guide.md:{line}:{column}: error NB5001 ");
        assert!(
            run.stdout.starts_with(&expected) && run.stdout.lines().count() == 1,
            "{expected}: {}",
            run.stdout
        );
    }
}

#[test]
fn objects_of_another_operator_are_counted_by_file() {
    let mut sandbox = Sandbox::new();
    sandbox.terminal_width = Some(500);
    let others = "```yaml\napiVersion: neo4j.com/v1\nkind: Neo4jBackup\nmetadata: {name: a}\n```\n\n";
    sandbox.write("guide.md", others.repeat(3));
    let run = sandbox.run(&["lint", "guide.md"]);
    assert!(
        run.stdout.contains("guide.md has 3 objects of `neo4j.com`"),
        "{}",
        run.stdout
    );
    sandbox.write("other.md", others);
    let run = sandbox.run(&["lint", "guide.md", "other.md"]);
    assert!(
        run.stdout.contains("guide.md and 1 more file have 4 objects"),
        "{}",
        run.stdout
    );
}

#[test]
fn guides_of_folders_are_read_when_that_is_asked_for() {
    let sandbox = Sandbox::new();
    sandbox.write("repo/backup.yaml", SIX_FIELDS);
    sandbox.write("repo/docs/runbook.md", runbook());
    sandbox.write("repo/bin/apply.sh", format!("#!/bin/sh\ncat <<EOF\n{SIX_FIELDS}EOF\n"));
    sandbox.write(
        "repo/bin/apply",
        format!("#!/usr/bin/env bash\ncat <<EOF\n{SIX_FIELDS}EOF\n"),
    );
    let files = |arguments: &[&str]| {
        let run = sandbox.run(&[&["lint", "--only", "NB5001", "-o", "short"], arguments].concat());
        let mut files: Vec<String> = run
            .stdout
            .lines()
            .filter_map(|line| Some(line.split_once(':')?.0.to_owned()))
            .collect();
        files.dedup();
        files
    };
    assert_eq!(files(&["repo"]), ["repo/backup.yaml"]);
    assert_eq!(
        files(&["repo", "--markdown"]),
        ["repo/backup.yaml", "repo/bin/apply.sh", "repo/docs/runbook.md"]
    );
    assert_eq!(
        files(&["repo/bin/apply", "repo/docs/*.md"]),
        ["repo/bin/apply", "repo/docs/runbook.md"]
    );
}

#[test]
fn an_example_is_judged_as_far_as_it_goes() {
    let sandbox = Sandbox::new();
    let example = |block: &str| {
        sandbox.write("guide.md", block);
        sandbox.run(&["lint", "guide.md"])
    };
    let head = "apiVersion: neo4j.neo4j.com/v1beta1\nkind: Neo4jBackup\nmetadata:\n  name: nightly\n";
    // What is left out is not missing, and what a reader or a shell puts in is not wrong.
    for (block, said) in [
        (
            format!("```yaml\n{head}spec:\n  schedule: \"0 2 * * *\"\n  # ... as above\n```\n"),
            "leaves something out in the block at line 2",
        ),
        (
            format!("```yaml\n{head}spec:\n  schedule: \"0 2 * * *\"\n  ...\n```\n"),
            "leaves something out in the block at line 2",
        ),
        (
            format!(
                "```bash\ncat <<EOF | kubectl apply -f -\n{}EOF\n```\n",
                SIX_FIELDS.replace("0 0 2 * * *", "$SCHEDULE")
            ),
            "has placeholders in the block at line 3",
        ),
        (
            format!(
                "```yaml\n{}```\n",
                SIX_FIELDS.replace("\"0 0 2 * * *\"", "<your schedule>")
            ),
            "has placeholders in the block at line 2",
        ),
        (
            format!(
                "```yaml\n{}```\n",
                SIX_FIELDS.replace("\"0 0 2 * * *\"", "{{ .Values.schedule }}")
            ),
            "has a template in the block at line 2",
        ),
    ] {
        let run = example(&block);
        assert!(!run.stdout.contains("error["), "{block}\n{}", run.stdout);
        let told = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            told.contains(&format!("not checked: guide.md {said}")),
            "{block}\n{}",
            run.stdout
        );
    }
    // What stands there is judged all the same.
    let run = example(&format!(
        "```yaml\n{head}spec:\n  schedule: \"0 0 2 * * *\"\n  # ...\n```\n"
    ));
    assert!(run.stdout.contains("error[NB5001]") && run.exit == 1, "{}", run.stdout);
    // A quoted here-document of a script is applied as it is.
    sandbox.write(
        "apply.sh",
        format!("cat <<'EOF'\n{}EOF\n", SIX_FIELDS.replace("0 0 2 * * *", "$SCHEDULE")),
    );
    assert_eq!(sandbox.run(&["lint", "apply.sh"]).exit, 1);
    // What is no manifest of ours is nobody's mistake, however it is written.
    let run = example("# Notes\n\n```yaml\na: [\n```\n\n```yaml\nkind: {{ x }}\n```\n");
    assert_eq!(run.exit, 3, "nothing was judged");
    assert!(!run.stdout.contains("not checked"), "{}", run.stdout);
}

#[test]
fn examples_do_not_know_each_other_nor_the_manifests() {
    let sandbox = Sandbox::new();
    let good = SIX_FIELDS.replace("0 0 2 * * *", "0 2 * * *");
    let twice = format!(
        "```yaml\n{good}```\n\n```yaml\n{}```\n",
        good.replace("nightly", "other")
    );
    sandbox.write("alone.md", format!("```yaml\n{good}```\n"));
    sandbox.write("twice.md", &twice);
    sandbox.write("other.yaml", good.replace("nightly", "third"));
    let codes = |arguments: &[&str]| {
        let run = sandbox.run(&[&["lint", "-o", "short"], arguments].concat());
        let mut codes: Vec<String> = run
            .stdout
            .lines()
            .filter_map(|line| Some(line.split(' ').nth(2)?.to_owned()))
            .collect();
        codes.sort();
        codes.dedup();
        codes
    };
    let alone = codes(&["alone.md"]);
    assert_eq!(codes(&["twice.md", "other.yaml"]), alone);
    // As manifests they are two backups that run at the same minute.
    sandbox.write("same.yaml", good.replace("nightly", "fourth"));
    assert!(codes(&["same.yaml", "other.yaml"]).contains(&"NB5004".to_owned()));
}

/// The guides that people wrote before there was a plugin.
#[test]
fn the_mistakes_of_older_guides_are_found_in_their_blocks() {
    let seeds = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/seeds");
    if !seeds.is_dir() {
        eprintln!("skipped: {} is not there", seeds.display());
        return;
    }
    let sandbox = Sandbox::new();
    for entry in fs::read_dir(seeds).unwrap() {
        let path = entry.unwrap().path();
        sandbox.write(path.file_name().unwrap().to_str().unwrap(), fs::read(&path).unwrap());
    }
    let run = sandbox.run(&["lint", ".", "--markdown", "-o", "json"]);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    for finding in findings {
        let place = &finding["location"];
        let text = sandbox.read(place["file"].as_str().unwrap());
        let line = usize::try_from(place["line"].as_u64().unwrap()).unwrap();
        // Back to the head of the manifest, no fence is crossed.
        let before: Vec<&str> = text.lines().take(line).collect();
        let head = before
            .iter()
            .rposition(|line| line.contains("apiVersion: neo4j.neo4j.com"))
            .unwrap();
        assert!(
            !before[head..].iter().any(|line| line.contains("```") || *line == "EOF"),
            "{finding:#}"
        );
    }
    let run = sandbox.run(&["lint", ".", "--markdown", "-o", "short", "--show", "warning"]);
    assert_snapshot!("older_guides", run.stdout);
}
