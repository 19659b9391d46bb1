//! `cargo xtask demo`: a real API server, the webhook beside it, and the manifests of `examples/demo/` one after the other.

mod difference;
mod linter;
mod morning;
mod screen;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use neo4jbackup_core::schema::{Era, Kind, crd};
use neo4jbackup_harness::{
    Binaries, ControlPlane, KubectlOutput, Options, WebhookServer, report_progress, root, webhook_configurations,
    webhook_program,
};
use serde_json::Value;

use self::screen::Screen;

fn main() -> ExitCode {
    match run(root()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Written here, it is a sentence also where RUST_BACKTRACE is set.
            report_progress(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(root: &Path) -> Result<()> {
    let manifests = Manifest::all(root)?;
    let screen = Screen::standard_output();
    report_progress("==> the programs of the control plane");
    let building = thread::spawn(|| Binaries::locate_or_build(&report_progress));
    linter::show(&screen, root)?;
    let Ok(built) = building.join() else {
        bail!("building the control plane panicked");
    };
    let binaries = built?;
    report_progress("==> the webhook");
    let program = webhook_program()?;
    report_progress("==> starting both");
    let control_plane = ControlPlane::start(&binaries, &Options::default())?;
    control_plane.install_crds(&crds())?;
    let webhook = WebhookServer::start(program, control_plane.kubeconfig())?;
    let registration = webhook_configurations(&webhook.base_url(), webhook.authority_pem(), "Fail");
    control_plane.apply_yaml(&registration)?;
    let demo = Demo {
        root,
        control_plane,
        screen,
    };
    demo.await_registration()?;

    let mut surprises = demo.show(&manifests)?;
    surprises.extend(demo.show_morning()?);
    report_progress("==> stopping both and removing what they stored");
    drop(demo);
    webhook.stop();
    ensure!(surprises.is_empty(), "not as expected: {}", surprises.join(", "));
    Ok(())
}

struct Demo<'a> {
    root: &'a Path,
    control_plane: ControlPlane,
    screen: Screen,
}

impl Demo<'_> {
    /// Shows every manifest and its answer; gives the names of those whose answer was not as expected.
    fn show(&self, manifests: &[Manifest]) -> Result<Vec<String>> {
        self.screen.heading(&format!(
            "kube-apiserver {} and the webhook serve; they have never seen these manifests",
            self.server_version()?
        ))?;
        let mut surprises = Vec::new();
        for (position, manifest) in manifests.iter().enumerate() {
            self.screen.title(&manifest.path, &manifest.comment)?;
            let line = ["apply", "-f", &manifest.path];
            let answer = self.kubectl(&line)?;
            self.screen.command(&line, &answer)?;
            if manifest.expected.is(&answer) {
                self.screen.note(manifest.expected.as_expected())?;
            } else {
                self.screen.note("This is not the expected answer.")?;
                surprises.push(manifest.path.clone());
            }
            match manifest.expected {
                Expected::Accepted if manifest.path.ends_with("-backup.yaml") && !self.show_defaults(manifest)? => {
                    surprises.push(format!("what is stored of {}", manifest.path));
                }
                // What other objects say reaches the webhook through watches, a moment after it is stored.
                Expected::Accepted if position == 0 => self.await_references(&manifests[1..])?,
                _ => {}
            }
        }
        let refused = manifests
            .iter()
            .filter(|manifest| manifest.expected == Expected::Refused)
            .count();
        if surprises.is_empty() {
            let accepted = manifests.len() - refused;
            self.screen
                .heading(&format!("{accepted} accepted, {refused} refused, each as expected"))?;
        }
        Ok(surprises)
    }

    /// Shows what was filled in; false when that is anything beside the cloud of the storage.
    fn show_defaults(&self, manifest: &Manifest) -> Result<bool> {
        let sent = ["create", "--dry-run=client", "-o", "yaml", "-f", &manifest.path];
        let stored = ["get", "-o", "yaml", "-f", &manifest.path];
        let (sent_yaml, stored_yaml) = (self.must(&sent)?, self.must(&stored)?);
        self.screen
            .note("What begins with a plus was filled in, by the webhook and (`enabled`) by the CRD:")?;
        self.screen.text(&difference::of_specs(&sent_yaml, &stored_yaml))?;

        let mut sent = json(&self.must(&["create", "--dry-run=client", "-o", "json", "-f", &manifest.path])?)?;
        let mut stored = json(&self.must(&["get", "-o", "json", "-f", &manifest.path])?)?;
        let cloud = stored["spec"]["storage"]
            .as_object_mut()
            .and_then(|storage| storage.remove("cloud"));
        Ok(cloud.is_some() && sent["spec"].take() == stored["spec"].take())
    }

    /// A registration takes effect a moment after it is stored, and each of the two hooks on its own.
    fn await_registration(&self) -> Result<()> {
        let line = [
            "create",
            "--dry-run=server",
            "-o",
            "jsonpath={.spec.storage.cloud.provider}",
            "-f",
            "-",
        ];
        eventually("the registration of the webhook", || {
            let refused = self.control_plane.kubectl_with_input(&line, &probe("nonsense"))?;
            let filled_in = self.control_plane.kubectl_with_input(&line, &probe("0 2 * * *"))?;
            Ok(refused.stderr.contains("NB5001") && filled_in.stdout == "aws")
        })
    }

    fn await_references(&self, manifests: &[Manifest]) -> Result<()> {
        eventually("the webhook's knowledge of the instances", || {
            for manifest in manifests {
                let line = ["apply", "--dry-run=server", "-o", "json", "-f", &manifest.path];
                let answer = self.kubectl(&line)?;
                let has_identity = json(&answer.stdout).is_ok_and(|object| {
                    object["kind"] != "Neo4jBackup" || object["spec"]["storage"]["cloud"]["identity"].is_object()
                });
                let settled = manifest.expected == Expected::Refused || has_identity;
                if !settled || !manifest.expected.is(&answer) {
                    return Ok(false);
                }
            }
            Ok(true)
        })
    }

    fn server_version(&self) -> Result<String> {
        let version = json(&self.must(&["version", "-o", "json"])?)?;
        Ok(version["serverVersion"]["gitVersion"]
            .as_str()
            .unwrap_or_default()
            .to_owned())
    }

    /// Runs kubectl where the paths on its command line are those that a reader can type.
    fn kubectl(&self, arguments: &[&str]) -> Result<KubectlOutput> {
        let mut command = self.control_plane.client().command();
        let output = command.current_dir(self.root).args(arguments).output();
        Ok(output.context("cannot run kubectl")?.into())
    }

    fn must(&self, arguments: &[&str]) -> Result<String> {
        let answer = self.kubectl(arguments)?;
        if !answer.success() {
            bail!("`kubectl {}` failed: {}", arguments.join(" "), answer.stderr.trim_end());
        }
        Ok(answer.stdout)
    }
}

/// A file of `examples/demo/`.
struct Manifest {
    /// From the root of the repository.
    path: String,
    /// The comment at the top of the file, on one line.
    comment: String,
    expected: Expected,
}

impl Manifest {
    /// All files, in the order of their names.
    fn all(root: &Path) -> Result<Vec<Self>> {
        let folder = root.join(FOLDER);
        let could_not_read = || format!("cannot read {}", folder.display());
        let entries = fs::read_dir(&folder).with_context(could_not_read)?;
        let mut paths: Vec<PathBuf> = entries
            .map(|entry| Ok(entry?.path()))
            .collect::<Result<_>>()
            .with_context(could_not_read)?;
        paths.sort();
        paths.iter().map(|path| Self::read(path)).collect()
    }

    fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let comment: Vec<&str> = text.lines().map_while(|line| line.strip_prefix("# ")).collect();
        let expected = if name.contains("-bad-") {
            Expected::Refused
        } else {
            Expected::Accepted
        };
        Ok(Self {
            path: format!("{FOLDER}/{name}"),
            comment: comment.join(" "),
            expected,
        })
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Expected {
    Accepted,
    Refused,
}

impl Expected {
    /// A webhook that cannot be reached refuses too, but in other words, and that is no success.
    fn is(self, answer: &KubectlOutput) -> bool {
        match self {
            Self::Accepted => answer.success(),
            Self::Refused => !answer.success() && answer.stderr.contains(" is invalid:"),
        }
    }

    fn as_expected(self) -> &'static str {
        match self {
            Self::Accepted => "Accepted.",
            Self::Refused => "Refused; nothing is stored.",
        }
    }
}

/// Asks until it is so. When it is not in the end, the demo goes on and shows what is.
fn eventually(what: &str, ask: impl Fn() -> Result<bool>) -> Result<()> {
    let start = Instant::now();
    while !ask()? {
        if start.elapsed() > PATIENCE {
            report_progress(&format!("{what} did not come about in {} s", PATIENCE.as_secs()));
            return Ok(());
        }
    }
    Ok(())
}

fn crds() -> String {
    let crds: Vec<String> = Kind::ALL
        .iter()
        .map(|kind| crd(*kind, Era::V1_14).to_string())
        .collect();
    crds.join("\n---\n")
}

/// A backup in a namespace that is always there.
fn probe(schedule: &str) -> String {
    format!(
        "{{apiVersion: neo4j.neo4j.com/v1beta1, kind: Neo4jBackup, metadata: {{name: probe, namespace: default}}, \
         spec: {{instanceRef: none, allDatabases: true, schedule: '{schedule}', storage: {{type: s3, bucket: probe}}}}}}"
    )
}

fn json(text: &str) -> Result<Value> {
    serde_json::from_str(text).context("kubectl gave no JSON")
}

const FOLDER: &str = "examples/demo";
/// Far more than any machine needs.
const PATIENCE: Duration = Duration::from_secs(30);
