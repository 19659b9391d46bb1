//! The examples for pipelines, each with the commands that it has, as they stand there.
#![cfg(unix)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use neo4jbackup_core::document::{self, Limits};
use serde_json::Value;

use crate::support::{SIX_FIELDS, Sandbox};

const PROGRAM: &str = env!("CARGO_BIN_EXE_kubectl-neo4jbackup");

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(name: &str) -> Value {
    let text = fs::read_to_string(root().join(name)).unwrap();
    let parsed = document::parse(&text, &Limits::default());
    assert!(parsed.problems.is_empty() && parsed.documents.len() == 1, "{name}");
    serde_json::to_value(&parsed.documents[0].root).unwrap()
}

/// A checkout with a good manifest and a bad one, and a guide with a bad one.
fn checkout() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write(".git/HEAD", "ref: refs/heads/main\n");
    sandbox.write("deploy/bad.yaml", SIX_FIELDS);
    sandbox.write(
        "deploy/good.yaml",
        SIX_FIELDS
            .replace("0 0 2 * * *", "0 2 * * *")
            .replace("nightly", "good"),
    );
    sandbox.write("docs/guide.md", format!("```yaml\n{SIX_FIELDS}```\n"));
    sandbox
}

/// Runs a script as a pipeline does, with or without the plugin in `PATH`.
fn bash(folder: &Path, script: &str, variables: &[(String, String)], has_plugin: bool) -> Output {
    let path = std::env::var("PATH").unwrap();
    let plugin = Path::new(PROGRAM).parent().unwrap().display();
    let path = if has_plugin { format!("{plugin}:{path}") } else { path };
    let mut bash = Command::new("bash");
    bash.args(["--noprofile", "--norc", "-e", "-o", "pipefail", "-c", script]);
    bash.current_dir(folder).env("PATH", path);
    bash.envs(variables.iter().cloned()).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// An archive as a release has it, below a folder of releases, and its sum.
fn release(folder: &Path, version: &str) -> String {
    let releases = folder.join(format!("releases/v{version}"));
    fs::create_dir_all(&releases).unwrap();
    let archive = releases.join(format!("kubectl-neo4jbackup_v{version}_linux_amd64.tar.gz"));
    let mut tar = tar::Builder::new(flate2::write::GzEncoder::new(
        fs::File::create(&archive).unwrap(),
        flate2::Compression::fast(),
    ));
    let program = "#!/bin/sh\necho installed\n";
    let mut header = tar::Header::new_gnu();
    header.set_size(program.len() as u64);
    header.set_mode(0o755);
    tar.append_data(&mut header, "kubectl-neo4jbackup", program.as_bytes())
        .unwrap();
    tar.into_inner().unwrap().finish().unwrap();
    let sum = Command::new("sha256sum").arg(archive).output().unwrap();
    text(&sum.stdout).split(' ').next().unwrap().to_owned()
}

/// The steps of the action, each with its script and the variables that the inputs of the example make.
fn steps(inputs: &Value) -> Vec<(String, Vec<(String, String)>)> {
    let action = read("action.yml");
    let value = |template: &str| {
        let name = template
            .strip_prefix("${{ inputs.")
            .and_then(|rest| rest.strip_suffix(" }}"))
            .unwrap();
        let default = &action["inputs"][name]["default"];
        assert!(default.is_string(), "{name} is no input");
        inputs[name].as_str().or(default.as_str()).unwrap().to_owned()
    };
    let steps = action["runs"]["steps"].as_array().unwrap().iter();
    let scripts = steps.filter_map(|step| {
        let variables = step["env"].as_object().into_iter().flatten();
        let variables = variables.map(|(name, template)| (name.clone(), value(template.as_str().unwrap())));
        Some((step["run"].as_str()?.to_owned(), variables.collect()))
    });
    scripts.collect()
}

#[test]
fn the_action_marks_the_lines_and_writes_what_code_scanning_takes() {
    let example = read("examples/ci/github.yml");
    let uses = &example["jobs"]["lint"]["steps"][1];
    assert!(uses["uses"].as_str().unwrap().starts_with("neo4jbackup/neo4jbackup@"));
    let inputs = read("action.yml")["inputs"].clone();
    for name in uses["with"].as_object().unwrap().keys() {
        assert!(inputs[name].is_object(), "{name} is no input of the action");
    }
    let [(install, of_install), (lint, of_lint)] = &steps(&uses["with"])[..] else {
        panic!("the action has other steps");
    };
    let checkout = checkout();
    let folder = checkout.path(".");
    let output = bash(&folder, install, of_install, true);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let run = || {
        let output = bash(&folder, lint, of_lint, true);
        (
            output.status.code(),
            text(&output.stdout),
            checkout.read("neo4jbackup.sarif"),
        )
    };
    let (code, notes, sarif) = run();
    assert_eq!(code, Some(1), "{notes}");
    assert!(
        notes.contains("::error file=deploy/bad.yaml,line=10,col=13,"),
        "{notes}"
    );
    assert!(notes.contains("::error file=docs/guide.md,line=11,col=13,"), "{notes}");
    let log: Value = serde_json::from_str(&sarif).unwrap();
    assert!(log["runs"][0]["results"].as_array().unwrap().len() >= 2);
    assert_eq!(run(), (code, notes, sarif), "two runs say the same");
}

#[test]
fn the_action_installs_what_has_the_sum() {
    let folder = tempfile::tempdir().unwrap();
    let sum = release(folder.path(), "1.2.3");
    let (install, _) = &steps(&Value::Null)[0];
    let install_with = |sum: &str| {
        let variables = [
            ("VERSION", "1.2.3"),
            ("SHA256", sum),
            ("RUNNER_ARCH", "X64"),
            ("RUNNER_TEMP", folder.path().to_str().unwrap()),
            ("GITHUB_PATH", folder.path().join("path").to_str().unwrap()),
            (
                "NEO4JBACKUP_RELEASES",
                &format!("file://{}/releases", folder.path().display()),
            ),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        bash(folder.path(), install, &variables, false)
    };
    let output = install_with(&"0".repeat(64));
    assert!(
        !output.status.success() && !folder.path().join("path").exists(),
        "{}",
        text(&output.stdout)
    );
    let output = install_with(&sum);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let added = fs::read_to_string(folder.path().join("path")).unwrap();
    let installed = Command::new(Path::new(added.trim()).join("kubectl-neo4jbackup"))
        .output()
        .unwrap();
    assert_eq!(text(&installed.stdout), "installed\n");
}

/// The lines of a job of GitLab, one after the other in one shell.
fn gitlab(parts: &[&str]) -> (String, Vec<(String, String)>) {
    let job = read("examples/ci/gitlab.yml")["neo4jbackup-lint"].clone();
    let lines = parts.iter().flat_map(|part| job[*part].as_array().unwrap().clone());
    let script: Vec<String> = lines.map(|line| line.as_str().unwrap().to_owned()).collect();
    let variables = job["variables"].as_object().unwrap().iter();
    let variables = variables.map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()));
    (script.join("\n"), variables.collect())
}

#[test]
fn the_template_of_gitlab_writes_its_report() {
    let checkout = checkout();
    let (script, variables) = gitlab(&["before_script", "script"]);
    let output = bash(&checkout.path("."), &script, &variables, true);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert!(
        text(&output.stdout).contains("error[NB5001]"),
        "{}",
        text(&output.stdout)
    );
    let job = read("examples/ci/gitlab.yml")["neo4jbackup-lint"].clone();
    let report = job["artifacts"]["reports"]["codequality"].as_str().unwrap().to_owned();
    let issues: Value = serde_json::from_str(&checkout.read(&report)).unwrap();
    let place = &issues[0]["location"];
    assert_eq!(
        (&place["path"], &place["lines"]["begin"]),
        (&"deploy/bad.yaml".into(), &10.into())
    );
}

#[test]
fn the_template_of_gitlab_installs_what_has_the_sum() {
    let checkout = checkout();
    let version = read("examples/ci/gitlab.yml")["neo4jbackup-lint"]["variables"]["NEO4JBACKUP_VERSION"].clone();
    let sum = release(&checkout.path("."), version.as_str().unwrap());
    let (script, mut variables) = gitlab(&["before_script"]);
    variables.push((
        "NEO4JBACKUP_RELEASES".to_owned(),
        format!("file://{}/releases", checkout.path(".").display()),
    ));
    let script = script + "\nkubectl-neo4jbackup";
    let output = bash(&checkout.path("."), &script, &variables, false);
    assert!(!output.status.success(), "the sum of the example is that of no file");
    variables.push(("NEO4JBACKUP_SHA256".to_owned(), sum));
    let output = bash(&checkout.path("."), &script, &variables, false);
    assert!(
        text(&output.stdout).ends_with("installed\n"),
        "{}{}",
        text(&output.stdout),
        text(&output.stderr)
    );
}

/// The real pre-commit: that of `PATH`, or else one from `PyPI` in a folder of its own. `None`, and a word why, without either;
/// in a pipeline that is a failure, or nobody would notice that the hook is tried no more.
fn pre_commit() -> Option<PathBuf> {
    let works = |program: &Path| {
        Command::new(program)
            .arg("--version")
            .output()
            .is_ok_and(|output| output.status.success())
    };
    if works(Path::new("pre-commit")) {
        return Some("pre-commit".into());
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pre-commit");
    let program = folder.join("bin/pre-commit");
    if !works(&program) {
        let made = Command::new("python3").args(["-m", "venv"]).arg(&folder).output();
        let pip = Command::new(folder.join("bin/pip"))
            .args(["install", "--quiet", "pre-commit==4.2.0"])
            .output();
        if !made.is_ok_and(|output| output.status.success()) || !works(&program) {
            let why = format!("there is no pre-commit, and it could not be installed: {pip:?}");
            assert!(std::env::var_os("CI").is_none(), "{why}");
            println!("skipped: {why}");
            return None;
        }
    }
    Some(program)
}

#[test]
fn the_hook_runs_in_pre_commit() {
    let Some(pre_commit) = pre_commit() else { return };
    let git = |folder: &Path, arguments: &str| {
        let git = format!("git -c user.name=a -c user.email=a@example.org -c commit.gpgsign=false {arguments}");
        let output = bash(folder, &git, &[], false);
        assert!(output.status.success(), "{arguments}: {}", text(&output.stderr));
        text(&output.stdout).trim().to_owned()
    };
    let hooks = tempfile::tempdir().unwrap();
    fs::copy(
        root().join(".pre-commit-hooks.yaml"),
        hooks.path().join(".pre-commit-hooks.yaml"),
    )
    .unwrap();
    git(hooks.path(), "init --quiet");
    git(hooks.path(), "add --all");
    git(hooks.path(), "commit --quiet --message hooks");
    let rev = git(hooks.path(), "rev-parse HEAD");

    let folder = tempfile::tempdir().unwrap();
    let config = fs::read_to_string(root().join("examples/ci/pre-commit.yaml")).unwrap();
    let own = "https://github.com/neo4jbackup/neo4jbackup";
    assert!(config.contains(own) && config.contains(&"0".repeat(40)));
    let config = config
        .replace(own, hooks.path().to_str().unwrap())
        .replace(&"0".repeat(40), &rev);
    fs::write(folder.path().join(".pre-commit-config.yaml"), config).unwrap();
    fs::write(folder.path().join("bad.yaml"), SIX_FIELDS).unwrap();
    fs::write(folder.path().join("guide.md"), format!("```yaml\n{SIX_FIELDS}```\n")).unwrap();
    // Two backups of one instance at the same minute, far apart in the list of files.
    let good = SIX_FIELDS.replace("0 0 2 * * *", "0 2 * * *");
    fs::write(folder.path().join("a.yaml"), good.replace("nightly", "first")).unwrap();
    fs::write(folder.path().join("z.yaml"), good.replace("nightly", "last")).unwrap();
    for number in 0..60 {
        let other = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c{number}}}\n");
        fs::write(folder.path().join(format!("c{number}.yaml")), other).unwrap();
    }
    // What is no manifest, with mistakes that are its own affair.
    let others = [
        ("jinja.yaml", "{% for a in b %}\n- {{ a }}\n  {% endfor %}\n"),
        ("tsconfig.json", "{\n  \"a\": \"b\" // for people\n}\n"),
        ("fixture.yml", "a: 1\na: [\n"),
    ];
    for (name, text) in others {
        fs::write(folder.path().join(name), text).unwrap();
    }
    fs::write(
        folder.path().join("broken.yaml"),
        SIX_FIELDS.replace("spec:", "spec: ["),
    )
    .unwrap();
    git(folder.path(), "init --quiet");
    git(folder.path(), "add --all");
    let home = tempfile::tempdir().unwrap();
    let variables = [("PRE_COMMIT_HOME".to_owned(), home.path().to_str().unwrap().to_owned())];
    let run = |arguments: &str| {
        let output = bash(
            folder.path(),
            &format!("{} run {arguments}", pre_commit.display()),
            &variables,
            true,
        );
        (output.status.success(), text(&output.stdout))
    };
    let (passed, said) = run("--all-files");
    assert!(
        !passed && said.contains("bad.yaml:10:13") && said.contains("guide.md:11:13"),
        "{said}"
    );
    assert!(said.contains("NB5004"), "{said}");
    // Whoever commits nothing of ours is not held up.
    for others in ["c1.yaml c2.yaml", "jinja.yaml tsconfig.json fixture.yml c1.yaml"] {
        let (passed, said) = run(&format!("--files {others}"));
        assert!(passed, "{said}");
    }
    let (passed, said) = run("--files broken.yaml fixture.yml");
    assert!(
        !passed && said.contains("broken.yaml:") && !said.contains("fixture.yml:"),
        "{said}"
    );
    let (passed, said) = run("--files a.yaml");
    assert!(passed && !said.contains("NB2001"), "{said}");
}

#[test]
fn what_pipelines_run_is_pinned() {
    for name in ["action.yml", "examples/ci/github.yml"] {
        let text = fs::read_to_string(root().join(name)).unwrap();
        for uses in text
            .lines()
            .filter_map(|line| line.trim().trim_start_matches("- ").strip_prefix("uses: "))
        {
            let (_, digest) = uses.split_once('@').unwrap();
            let digest = digest.split(' ').next().unwrap();
            assert!(
                digest.len() == 40 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()),
                "{name}: {uses}"
            );
        }
        // Text of others stands in variables, never in a script.
        assert!(!read(name).to_string().contains("run\":\"${{"), "{name}");
    }
    for (script, _) in steps(&Value::Null) {
        assert!(!script.contains("${{"), "{script}");
    }
}
