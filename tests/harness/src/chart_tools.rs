//! The programs that the tests of the Helm chart need and that are no part of a control plane.

use std::path::PathBuf;

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
    /// Takes the programs from `target/cluster/<version>/`, else builds them there. Processes that ask at the same time
    /// build once. `progress` receives a line whenever something takes longer than a few seconds.
    pub fn locate_or_build(progress: &dyn Fn(&str)) -> Result<Self, HarnessError> {
        go_build::build_all(&[&HELM, &KUBECONFORM], progress)?;
        let folder = locations::built_binaries();
        Ok(Self {
            helm: folder.join(HELM.name),
            kubeconform: folder.join(KUBECONFORM.name),
        })
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
            let has = |text: &str| module.lines().any(|line| line.trim().ends_with(text));
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
