//! Nothing is wrong with a tree of files for being of other people: the charts, kustomizations, manifests and settings of
//! every Go module and Rust package that the project itself is built from.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use neo4jbackup_harness::{ChartTools, report_progress, root};
use neo4jbackup_tests::plugin;
use serde_json::Value;

/// Files that their owners have broken on purpose, as most of these say in their paths, or that other programs read with a
/// grammar of their own.
const BROKEN: [&str; 16] = [
    "bad",
    "invalid",
    "broken",
    "duplicate",
    "malformed",
    "/testdata/err/",
    "dangling_alias",
    "yaml_anchor_usage",
    "chart-bad-requirements",
    "plugdir/",
    // A text between two signatures.
    "msgblock.yaml",
    // A tab.
    "kubeadm/app/util/testdata/baz.yaml",
    // Placeholders of shell scripts: `{SERVICE_IP_PREFIX}`, and a line for each further argument.
    "make/config/bind/service.yaml",
    "konnectivity-agent-ds.yaml",
    // `description:| Analyzes`
    "deploy/snap/snapcraft.yaml",
    // A key twice.
    "k8s-schema-100pct-fieldoverride.yaml",
];

#[test]
fn no_chart_and_no_kustomization_of_others_has_a_finding() {
    // Whoever has built the tools has downloaded their modules.
    let _ = ChartTools::locate_or_build(&report_progress).unwrap();
    let mut trees = go_modules();
    trees.extend(rust_packages());
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut findings = Vec::new();
    for tree in &trees {
        count(tree, &mut counts);
        let report = lint(tree);
        for finding in report["findings"].as_array().unwrap() {
            let file = finding["location"]["file"].as_str().unwrap();
            let place = tree.join(file).display().to_string();
            if !BROKEN.iter().any(|part| place.contains(part)) {
                findings.push(format!("{place}: {} {}", finding["code"], finding["message"]));
            }
        }
    }
    report_progress(&format!("{} trees, {counts:?}", trees.len()));
    assert!(
        findings.is_empty(),
        "{} findings:\n{}",
        findings.len(),
        findings.join("\n")
    );
    if trees.iter().any(|tree| tree.to_string_lossy().contains("helm.sh/helm")) {
        assert!(
            counts["Chart.yaml"] > 50 && counts["kustomization.yaml"] > 5,
            "{counts:?}"
        );
    } else {
        println!("skipped: the Go modules are not here, because the tools were built elsewhere");
    }
}

fn lint(tree: &Path) -> Value {
    let options = ["lint", "-o", "json", "--fail-on", "never"].map(OsString::from);
    let run = plugin::run(tree, "", options.into_iter().chain([tree.into()]));
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{}: {error}: {}", tree.display(), run.stderr))
}

/// The folders of the modules that the programs of the tests are built from.
fn go_modules() -> BTreeSet<PathBuf> {
    let modules = root().join("tests/cluster");
    let mut folders = BTreeSet::new();
    let below = std::fs::read_dir(&modules).unwrap().map(|entry| entry.unwrap().path());
    for module in below
        .chain([modules.clone()])
        .filter(|folder| folder.join("go.mod").is_file())
    {
        let arguments = ["list", "-m", "-mod=mod", "-f", "{{.Dir}}", "all"];
        let answer = Command::new("go")
            .args(arguments)
            .current_dir(&module)
            .env("GOFLAGS", "")
            .env("GOPROXY", "off")
            .output();
        let Ok(answer) = answer else { return BTreeSet::new() };
        let text = String::from_utf8_lossy(&answer.stdout).into_owned();
        folders.extend(text.lines().filter(|line| !line.is_empty()).map(PathBuf::from));
    }
    folders.retain(|folder| !folder.starts_with(root()));
    folders
}

/// The folders of the packages that the project depends on.
fn rust_packages() -> BTreeSet<PathBuf> {
    let arguments = ["metadata", "--format-version=1", "--locked"];
    let answer = Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(root())
        .output()
        .unwrap();
    assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
    let metadata: Value = serde_json::from_slice(&answer.stdout).unwrap();
    let manifests = metadata["packages"].as_array().unwrap().iter();
    let mut folders: BTreeSet<PathBuf> = manifests
        .map(|package| {
            Path::new(package["manifest_path"].as_str().unwrap())
                .parent()
                .unwrap()
                .to_owned()
        })
        .collect();
    folders.retain(|folder| !folder.starts_with(root()));
    folders
}

/// Counts the charts and kustomizations of a tree.
fn count(folder: &Path, counts: &mut BTreeMap<&'static str, usize>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            count(&entry.path(), counts);
        }
        for name in ["Chart.yaml", "kustomization.yaml"] {
            if kind.is_file() && entry.file_name() == name {
                *counts.entry(name).or_default() += 1;
            }
        }
    }
}
