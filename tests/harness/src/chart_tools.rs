//! The programs that the tests of the Helm chart need and that are no part of a control plane.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::binaries::find_or_build;
use crate::error::HarnessError;
use crate::go_build::{self, GoProgram};
use crate::locations;

/// helm and kubeconform, as absolute paths. Built with Go when they are first asked for: no other test needs them, and
/// helm takes a minute and a half.
#[derive(Debug, Clone)]
pub struct ChartTools {
    pub helm: PathBuf,
    pub kubeconform: PathBuf,
}

impl ChartTools {
    /// Takes each program from `KUBEBUILDER_ASSETS` where it is there, else from `target/cluster/<version>/`, else builds it
    /// there. Processes that ask at the same time build once. `progress` receives a line whenever something takes longer
    /// than a few seconds.
    pub fn locate_or_build(progress: &dyn Fn(&str)) -> Result<Self, HarnessError> {
        Ok(Self {
            helm: find_or_build(&HELM, progress)?,
            kubeconform: find_or_build(&KUBECONFORM, progress)?,
        })
    }
}

/// The `CustomResourceDefinitions` of cert-manager and of the Prometheus operator that the chart makes objects of, as one
/// manifest. Go downloads them, some 7 MB, once.
pub fn foreign_crds() -> Result<String, HarnessError> {
    let cert_manager = downloaded("github.com/cert-manager/cert-manager")?.join("deploy/crds");
    let prometheus = downloaded("github.com/prometheus-operator/prometheus-operator")?;
    let prometheus = prometheus.join("example/prometheus-operator-crd");
    let mut manifest = String::new();
    for file in [
        cert_manager.join("crd-certificates.yaml"),
        cert_manager.join("crd-issuers.yaml"),
        prometheus.join("monitoring.coreos.com_servicemonitors.yaml"),
        prometheus.join("monitoring.coreos.com_prometheusrules.yaml"),
    ] {
        let text = fs::read_to_string(&file).map_err(HarnessError::io(format!("read {}", file.display())))?;
        // The first project keeps them as templates of its own chart, with the conditions in comments.
        let plain = text.lines().filter(|line| !line.contains("{{"));
        manifest += "---\n";
        manifest.extend(plain.flat_map(|line| [line, "\n"]));
    }
    Ok(manifest)
}

/// Where Go keeps the source of a module.
fn downloaded(module: &'static str) -> Result<PathBuf, HarnessError> {
    let mut command = Command::new("go");
    command
        .args(["mod", "download", "-json", module])
        .current_dir(locations::crds_module())
        .env("GOWORK", "off")
        .stdin(Stdio::null());
    let output = command.output().map_err(go_build::could_not_run_go)?;
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    match answer["Dir"].as_str() {
        Some(folder) => Ok(Path::new(folder).to_owned()),
        None => Err(HarnessError::Build {
            program: module,
            command: format!("go mod download {module}"),
            output: format!(
                "{}{}",
                answer["Error"].as_str().unwrap_or_default(),
                String::from_utf8_lossy(&output.stderr)
            ),
        }),
    }
}

const HELM: GoProgram = GoProgram {
    name: "helm",
    package: "helm.sh/helm/v4/cmd/helm",
    module: locations::helm_module,
    // Without a version, helm cannot compare itself with what a chart asks for.
    linker_flags: "-s -w -X helm.sh/helm/v4/internal/version.version=v4.3.1",
};
const KUBECONFORM: GoProgram = GoProgram {
    name: "kubeconform",
    package: "github.com/yannh/kubeconform/cmd/kubeconform",
    module: locations::kubeconform_module,
    linker_flags: "-s -w -X main.version=v0.8.0",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_are_tools_of_the_module_that_pins_their_version() {
        for (program, pin) in [
            (&HELM, "helm.sh/helm/v4 v4.3.1"),
            (&KUBECONFORM, "github.com/yannh/kubeconform v0.8.0"),
        ] {
            let module = std::fs::read_to_string((program.module)().join("go.mod")).unwrap();
            let has = |text: &str| {
                module
                    .lines()
                    .any(|line| line.trim().trim_end_matches(" // indirect").ends_with(text))
            };
            assert!(
                has(&format!("tool {}", program.package)),
                "{} is no tool of its go.mod",
                program.name
            );
            assert!(has(pin), "go.mod pins another {}", program.name);
            let version = pin.rsplit(' ').next().unwrap();
            assert!(
                program.linker_flags.ends_with(&format!("={version}")),
                "{}",
                program.linker_flags
            );
        }
    }
}
