//! The workflows of GitHub, by the program that knows their grammar, and by what they must not do.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use neo4jbackup_harness::{actionlint, report_progress, root};
use serde_json::{Value, json};

#[test]
fn workflows_are_well_formed_and_may_do_next_to_nothing() {
    let files = workflows();
    assert!(!files.is_empty());
    for file in files {
        let name = file.display().to_string();
        let text = std::fs::read_to_string(&file).unwrap();
        let output = lint(&text);
        assert!(
            output.status.success(),
            "{name}: {}",
            String::from_utf8_lossy(&output.stdout)
        );
        let workflow: Value = serde_saphyr::from_str(&text).unwrap();
        assert_eq!(workflow["permissions"], json!({}), "{name}: rights for all jobs");
        for (job, described) in workflow["jobs"].as_object().unwrap() {
            let rights = described["permissions"].as_object();
            let file = file.file_name().unwrap().to_str().unwrap();
            let writes = rights.into_iter().flatten().filter(|(_, right)| *right != "read");
            let writes: Vec<&str> = writes.map(|(what, _)| what.as_str()).collect();
            assert_eq!(writes, may_write(file, job), "{name} {job}");
            assert!(described["timeout-minutes"].is_u64(), "{name} {job} may run for ever");
            for step in described["steps"].as_array().unwrap() {
                assert!(is_pinned(step), "{name} {job}: {step}");
                let run = step["run"].as_str().unwrap_or_default();
                assert!(
                    !run.contains("${{"),
                    "{name} {job} puts text of others into a script: {step}"
                );
            }
        }
    }
}

/// What a job may write. Whoever adds a right says here that it is meant.
fn may_write(file: &str, job: &str) -> &'static [&'static str] {
    match (file, job) {
        ("release.yml", "publish") => &["attestations", "contents", "id-token"],
        ("release.yml", "registry") => &["id-token", "packages"],
        _ => &[],
    }
}

/// Whatever a dependency does while it is built, it has no right then.
#[test]
fn what_may_write_builds_nothing() {
    for file in workflows() {
        let workflow: Value = serde_saphyr::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        let jobs = workflow["jobs"].as_object().unwrap().iter();
        for (job, described) in jobs.filter(|(_, described)| !described["permissions"].is_null()) {
            let steps = described["steps"].as_array().unwrap().iter();
            let builds = steps
                .filter_map(|step| step["run"].as_str())
                .any(|run| run.contains("cargo"));
            assert!(!builds, "{} {job}", file.display());
        }
    }
}

/// By name only, an action is whatever its owner makes of that name.
#[test]
fn an_action_is_pinned_by_the_digest_of_a_commit() {
    let step = |uses: &str| json!({"uses": uses});
    assert!(is_pinned(&json!({"run": "true"})));
    assert!(is_pinned(&step(&format!(
        "actions/checkout@{}",
        "0123456789".repeat(4)
    ))));
    for uses in [
        "actions/checkout@v4",
        "actions/checkout@main",
        "actions/checkout",
        "docker://alpine:3",
    ] {
        assert!(!is_pinned(&step(uses)), "{uses}");
    }
}

#[test]
fn a_mistake_is_found() {
    let text =
        "on: push\njobs:\n  one:\n    runs-on: ubuntu-24.04\n    steps:\n    - run: echo ${{ github.evnt.ref }}\n";
    let output = lint(text);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(!output.status.success() && said.contains("\"evnt\""), "{said}");
}

fn is_pinned(step: &Value) -> bool {
    let Some(uses) = step["uses"].as_str() else { return true };
    let digest = uses.rsplit_once('@').map_or("", |(_, digest)| digest);
    digest.len() == 40 && digest.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn workflows() -> Vec<PathBuf> {
    let folder = root().join(".github/workflows");
    let files = std::fs::read_dir(folder).unwrap();
    files.map(|file| file.unwrap().path()).collect()
}

fn lint(text: &str) -> Output {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    let program = PROGRAM.get_or_init(|| actionlint(&report_progress).unwrap());
    let mut command = Command::new(program);
    command
        .args(["-no-color", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}
