//! The pages that people read: every command that they show is typed, on a real API server with the real kubectl, and
//! prints what the page shows. What is not typed here stands in a list, with who runs it instead, or why nobody can.

mod typed;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use jiff::Timestamp;
use neo4jbackup_core::schema::Era;
use neo4jbackup_harness::{
    Binaries, ControlPlane, Options, await_something, play, report_progress, root, workspace_program,
};
use neo4jbackup_tests::crds;
use neo4jbackup_tests::scenario::{Moved, documents};
use serde_json::json;
use tempfile::TempDir;

use crate::chart::helm;
use crate::kubelet::Kubelet;
use typed::{Typed, is_shown, typed};

/// The pages for each cluster that they need, in the order in which they are typed.
const BROKEN_BACKUPS: [&str; 2] = ["docs/getting-started.md", "README.md"];
const FAILED_RUN: [&str; 12] = [
    "docs/troubleshooting.md",
    "docs/connection.md",
    "docs/ci.md",
    "docs/cloud-identity.md",
    "docs/install.md",
    "docs/rbac.md",
    "docs/rbac-repair.md",
    "docs/report.md",
    "docs/webhook.md",
    "docs/certificates.md",
    "docs/editor.md",
    "docs/cluster.md",
];
const POLICIES: [&str; 3] = ["docs/guard.md", "docs/policies-defaults.md", "docs/policies.md"];

/// Commands that are not typed here: page, how they begin, and who runs them instead, or why nobody can.
const NOT_TYPED: [(&str, &str, &str); 23] = [
    (
        "README.md",
        "kubectl apply -f examples/demo/20-bad-six-field-cron.yaml",
        "`rejections`, whose snapshot has the same answer",
    ),
    (
        "README.md",
        "kubectl krew install",
        "needs the files of a release; `dist` of xtask",
    ),
    ("README.md", "cargo xtask demo", "begins a cluster of its own; `node`"),
    ("README.md", "cargo xtask test", "is what runs this"),
    ("docs/install.md", "sha256sum", "needs the files of a release"),
    ("docs/install.md", "cosign", "needs the signature of a release"),
    ("docs/install.md", "gh ", "needs a release and GitHub"),
    (
        "docs/cloud-identity.md",
        "kubectl neo4jbackup auth check backup/nightly -n graph",
        "suite `auth` of the plugin",
    ),
    (
        "docs/rbac-repair.md",
        "kubectl neo4jbackup rbac repair",
        "asks a person; `rbac_repair`",
    ),
    (
        "docs/rbac-repair.md",
        "kubectl neo4jbackup rbac undo",
        "needs what the repair wrote; `rbac_repair`",
    ),
    (
        "docs/troubleshooting.md",
        "kubectl neo4jbackup wait backup/nightly --for scheduled-run",
        "takes a day; `wait`",
    ),
    (
        "docs/webhook.md",
        "helm install",
        "needs a node for its pods; `installation` of the node's tests",
    ),
    (
        "docs/webhook.md",
        "kubectl --namespace neo4jbackup rollout status",
        "the same",
    ),
    ("docs/webhook.md", "helm test", "the same"),
    (
        "docs/webhook.md",
        "kubectl --namespace neo4jbackup get --raw",
        "the same",
    ),
    (
        "docs/webhook.md",
        "kubectl get validatingwebhookconfiguration",
        "the same",
    ),
    ("docs/webhook.md", "helm uninstall", "the same"),
    (
        "docs/webhook.md",
        "kubectl delete validatingwebhookconfigurations",
        "`chart::together`",
    ),
    (
        "docs/certificates.md",
        "kubectl --namespace neo4jbackup annotate secret",
        "needs the webhook's Secret; `certificates`",
    ),
    ("docs/editor.md", "", "suite `editor` of the plugin"),
    ("docs/cluster.md", "", "the tests of `cargo xtask cluster`"),
    (
        "docs/performance.md",
        "cargo xtask bench",
        "takes an hour, and a machine without other work",
    ),
    ("docs/releasing.md", "docker build", "needs a container engine"),
];

/// A clone, a home and a cluster, as they are before the first command of a page.
struct Stage {
    control_plane: ControlPlane,
    /// The folder of the clone, which is the home as well.
    clone: TempDir,
    /// What the shell looks for programs in.
    path: String,
    kubelet: Kubelet,
}

impl Stage {
    /// With the objects and logs of scenarios, looked at right now. Of an object that several have, that of the first counts.
    fn of(scenarios: &[&str]) -> Self {
        let binaries = Binaries::locate_or_build(&report_progress).unwrap();
        let control_plane = ControlPlane::start(&binaries, &Options::default()).unwrap();
        control_plane.install_crds(&crds::rendered_of(Era::V1_14)).unwrap();
        let kubelet = Kubelet::register(&control_plane, "node-1");
        let mut names = BTreeSet::new();
        let mut objects = vec![json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "graph"}})];
        for scenario in scenarios.iter().map(|name| Moved::seen_now(name)) {
            kubelet.write_logs_of(&scenario);
            for object in scenario.objects {
                let metadata = &object["metadata"];
                if names.insert((object["kind"].to_string(), metadata["name"].to_string())) {
                    objects.push(object);
                }
            }
        }
        let namespaces: BTreeSet<&str> = objects
            .iter()
            .filter_map(|object| object["metadata"]["namespace"].as_str())
            .collect();
        for name in namespaces.into_iter().filter(|name| *name != "graph") {
            let namespace = format!("{{apiVersion: v1, kind: Namespace, metadata: {{name: {name}}}}}");
            control_plane.apply_yaml(&namespace).unwrap();
        }
        play(&mut control_plane.api_client().unwrap(), objects);

        let clone = tempfile::tempdir().unwrap();
        for folder in ["examples", "charts"] {
            let copied = Command::new("cp")
                .arg("-R")
                .args([&root().join(folder), clone.path()])
                .status();
            assert!(copied.unwrap().success());
        }
        let bin = clone.path().join(".local/bin");
        fs::create_dir_all(&bin).unwrap();
        let plugin = workspace_program("kubectl-neo4jbackup").unwrap();
        symlink(plugin, bin.join("kubectl-neo4jbackup")).unwrap();
        symlink(&helm::tools().helm, bin.join("helm")).unwrap();
        let path = format!("{}:{}:/usr/bin:/bin", bin.display(), binaries.folder().display());
        let stage = Self {
            control_plane,
            clone,
            path,
            kubelet,
        };
        stage.must_run("kubectl config set-context --current --namespace=graph");
        stage
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.clone.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// What a command prints, both streams as a terminal shows them, and its exit code.
    fn run(&self, command: &str) -> (String, Option<i32>) {
        let output = Command::new("bash")
            .args(["-c", &format!("exec 2>&1\n{command}")])
            .current_dir(self.clone.path())
            .env_clear()
            .env("PATH", &self.path)
            .env("HOME", self.clone.path())
            .env("SHELL", "/bin/bash")
            .env("LANG", "C.UTF-8")
            .env("COLUMNS", "100")
            .env("KUBECONFIG", self.control_plane.kubeconfig())
            .output()
            .unwrap();
        (String::from_utf8(output.stdout).unwrap(), output.status.code())
    }

    fn must_run(&self, command: &str) {
        let (printed, code) = self.run(command);
        assert_eq!(code, Some(0), "{command}\n{printed}");
    }

    fn type_pages(&self, pages: &[&str]) {
        for page in pages {
            for typed in typed(&read(page)) {
                self.type_those(page, &typed);
            }
        }
    }

    fn type_those(&self, page: &str, typed: &Typed) {
        let commands: Vec<&String> = typed
            .commands
            .iter()
            .filter(|command| why_not(page, command).is_none())
            .collect();
        if commands.is_empty() {
            return;
        }
        let run_all = || {
            let mut all = String::new();
            for command in &commands {
                let (printed, code) = self.run(command);
                // 1 is what scripts take for a finding; more would be for them that the command itself is wrong.
                assert!(matches!(code, Some(0 | 1)), "{page}: {command}\n{printed}{code:?}");
                all += &printed;
            }
            all.replace(self.control_plane.url(), "https://10.0.0.1:6443")
        };
        let Some(shown) = &typed.printed else {
            run_all();
            return;
        };
        let shown: Vec<&str> = shown.lines().collect();
        // What has just been installed is in force a moment later.
        await_something(page, || {
            let printed = run_all();
            if is_shown(&printed.lines().collect::<Vec<_>>(), &shown) {
                return Ok(());
            }
            Err(format!(
                "{commands:?} print\n{printed}and not what {page} shows:\n{}",
                shown.join("\n")
            ))
        });
    }
}

fn read(page: &str) -> String {
    fs::read_to_string(root().join(page)).unwrap()
}

/// Why a command of a page is not typed.
fn why_not(page: &str, command: &str) -> Option<&'static str> {
    let listed = NOT_TYPED
        .iter()
        .find(|(of, begin, _)| *of == page && command.starts_with(begin));
    listed.map(|(_, _, why)| *why)
}

#[test]
fn every_command_is_typed_or_has_a_reason() {
    let typed_pages: BTreeSet<&str> = [&BROKEN_BACKUPS[..], &FAILED_RUN, &POLICIES]
        .concat()
        .into_iter()
        .collect();
    let mut pages = vec!["README.md".to_owned()];
    for entry in fs::read_dir(root().join("docs")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        // The examples of cli.md are those of the help, and the suite `help` of the plugin types them.
        if Path::new(&name).extension().is_some_and(|extension| extension == "md") && name != "cli.md" {
            pages.push(format!("docs/{name}"));
        }
    }
    assert!(pages.len() > 20, "{pages:?}");
    let mut listed: BTreeSet<(&str, &str)> = BTreeSet::new();
    for page in &pages {
        for command in typed(&read(page)).iter().flat_map(|typed| &typed.commands) {
            let entry = NOT_TYPED
                .iter()
                .find(|(of, begin, _)| of == page && command.starts_with(begin));
            listed.extend(entry.map(|(of, begin, _)| (*of, *begin)));
            assert!(
                entry.is_some() || typed_pages.contains(page.as_str()),
                "{page}: nobody types `{command}`, and no reason is given"
            );
        }
    }
    let all: BTreeSet<(&str, &str)> = NOT_TYPED.iter().map(|(page, begin, _)| (*page, *begin)).collect();
    assert_eq!(listed, all, "what is not in the pages any more");
}

#[test]
fn those_of_a_morning_with_broken_backups() {
    Stage::of(&["one-good-and-three-broken"]).type_pages(&BROKEN_BACKUPS);
}

#[test]
fn those_after_a_failed_run() {
    let stage = Stage::of(&["run-failure-in-log", "restore-failed"]);
    let further = documents(include_str!("pages/further.yaml"));
    play(&mut stage.control_plane.api_client().unwrap(), further);
    for container in [
        "graph/prod-0/neo4j",
        "neo4j-operator-system/neo4j-operator-controller-manager-7d9c5b6f4-x2k8w/manager",
    ] {
        let now = Timestamp::now();
        stage
            .kubelet
            .write(container, &[&format!("{now} {now} INFO what it has to say")]);
    }
    stage.write(
        "deploy/backup.yaml",
        include_str!("../../examples/demo/20-bad-six-field-cron.yaml"),
    );
    stage.must_run("kubectl config rename-context $(kubectl config current-context) prod");
    stage.type_pages(&FAILED_RUN);
}

/// The commands of the table in ci.md, by the tool that makes manifests.
fn of_table(tool: &str) -> String {
    let page = read("docs/ci.md");
    let row = page
        .lines()
        .find_map(|line| line.strip_prefix(&format!("| {tool} | `")));
    row.unwrap().trim_end_matches("` |").replace("\\|", "|")
}

#[test]
fn what_others_render_is_judged() {
    let stage = Stage::of(&[]);
    let manifest = include_str!("../../examples/demo/20-bad-six-field-cron.yaml");
    stage.write("base/backup.yaml", manifest);
    stage.write("base/kustomization.yaml", "resources: [backup.yaml]\n");
    stage.write(
        "overlays/prod/kustomization.yaml",
        "resources: [../../base]\nnameSuffix: -prod\n",
    );
    stage.write("chart/Chart.yaml", "apiVersion: v2\nname: chart\nversion: 1.0.0\n");
    stage.write("chart/values.yaml", "schedule: \"0 0 2 * * *\"\n");
    let template = manifest.replace("\"0 0 2 * * *\"", "{{ .Values.schedule | quote }}");
    stage.write("chart/templates/backup.yaml", &template);
    // Those of Flux and Argo CD are programs of their own that no registry of sources has, or need a server of theirs.
    for tool in ["kustomize", "Helm"] {
        let command = of_table(tool);
        let (printed, code) = stage.run(&command);
        assert_eq!(code, Some(1), "{command}\n{printed}");
        assert!(printed.contains("error[NB5001]"), "{command}\n{printed}");
    }
}

#[test]
fn those_of_the_policies() {
    let stage = Stage::of(&[]);
    stage.must_run("kubectl create namespace staging");
    let manifest = include_str!("../../examples/demo/20-bad-six-field-cron.yaml");
    let manifest = manifest
        .replace("six-fields", "nightly")
        .replace("  namespace: graph\n", "");
    stage.write("backup.yaml", &manifest.replace("0 0 2 * * *", "0 2 * * * *"));
    stage.type_pages(&POLICIES);
}
