//! kubectl against one control plane, free of what the person's own configuration would change.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;

use crate::error::HarnessError;

/// A kubectl that talks to one control plane as its administrator.
#[derive(Debug, Clone)]
pub struct Kubectl {
    program: PathBuf,
    kubeconfig: PathBuf,
    cache: PathBuf,
}

/// What a kubectl command answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KubectlOutput {
    /// The exit code; -1 when a signal ended kubectl.
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl KubectlOutput {
    pub fn success(&self) -> bool {
        self.code == 0
    }
}

impl Kubectl {
    pub(crate) fn new(program: &Path, kubeconfig: PathBuf, cache: PathBuf) -> Self {
        Self {
            program: program.to_owned(),
            kubeconfig,
            cache,
        }
    }

    /// Runs kubectl with `input` as its standard input. A refusal of the server is an output, not an error.
    pub fn run(&self, arguments: &[&str], input: &str) -> Result<KubectlOutput, HarnessError> {
        let mut child = self
            .command()
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(HarnessError::io(format!("run {}", self.program.display())))?;
        let stdin = child.stdin.take();
        let output = thread::scope(|scope| {
            // Writing and reading at the same time, a full pipe on one side cannot block the other.
            scope.spawn(move || {
                if let Some(mut stdin) = stdin {
                    // kubectl may end before it has read everything, and then says why itself.
                    let _ = stdin.write_all(input.as_bytes());
                }
            });
            child.wait_with_output()
        });
        output
            .map(KubectlOutput::from)
            .map_err(HarnessError::io("wait for kubectl"))
    }

    /// Like [`Kubectl::run`] for what must succeed; gives the standard output.
    pub fn must_run(&self, arguments: &[&str], input: &str) -> Result<String, HarnessError> {
        let output = self.run(arguments, input)?;
        if output.success() {
            return Ok(output.stdout);
        }
        Err(HarnessError::Kubectl {
            arguments: arguments.join(" "),
            code: output.code,
            stderr: output.stderr,
        })
    }

    /// Applies manifests that must be accepted; gives what kubectl printed.
    pub fn apply_yaml(&self, manifests: &str) -> Result<String, HarnessError> {
        self.must_run(&["apply", "-f", "-"], manifests)
    }

    /// Applies `CustomResourceDefinitions` and waits until the API server serves their resources.
    pub fn install_crds(&self, manifests: &str) -> Result<(), HarnessError> {
        self.apply_yaml(manifests)?;
        let wait = ["wait", "--for=condition=Established", "--timeout=30s", "-f", "-"];
        self.must_run(&wait, manifests).map(drop)
    }

    /// A command to which the caller adds arguments and streams.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command
            .env("KUBECONFIG", &self.kubeconfig)
            .env("KUBECACHEDIR", &self.cache)
            // A person's aliases and defaults would change what the tests see.
            .env("KUBERC", "off");
        command
    }
}

impl From<Output> for KubectlOutput {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}
