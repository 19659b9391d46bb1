//! What can go wrong on the way to a running control plane, said so that a person can act on it.

use std::path::PathBuf;

use crate::http::HttpError;

/// Why there is no control plane, or why it did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum HarnessError {
    /// `KUBEBUILDER_ASSETS` is set, so its owner expects it to be used.
    #[error("KUBEBUILDER_ASSETS is {}, where {missing} is missing; complete that folder or unset the variable", folder.display())]
    IncompleteAssets { folder: PathBuf, missing: &'static str },

    /// Neither prebuilt programs nor a way to build them.
    #[error(
        "a real API server needs {programs}. Install Go 1.26 or newer (https://go.dev/dl) and they are built \
         on first use, which takes about five minutes, or set KUBEBUILDER_ASSETS to a folder that holds \
         kube-apiserver, etcd and kubectl (`setup-envtest use -p path` prints one)"
    )]
    NoGo { programs: &'static str },

    /// Go was found and failed.
    #[error("cannot build {program} with `{command}`:\n{output}")]
    Build {
        program: &'static str,
        command: String,
        output: String,
    },

    /// A program of the control plane ended while it was being waited for.
    #[error("{program} ended with {status} before the control plane was ready. The end of its log:\n{log}")]
    Ended {
        program: &'static str,
        status: String,
        log: String,
    },

    /// cargo has said why on standard error.
    #[error("`cargo build --package {package}` failed")]
    CargoBuild { package: &'static str },

    /// A program runs but does not become ready.
    #[error("{what} was not ready after {seconds} s: {last_answer}\nThe end of its log:\n{log}")]
    NotReady {
        what: &'static str,
        seconds: u64,
        last_answer: String,
        log: String,
    },

    /// kubectl ran and refused.
    #[error("`kubectl {arguments}` failed with exit code {code}:\n{stderr}")]
    Kubectl {
        arguments: String,
        code: i32,
        stderr: String,
    },

    /// Another program ran and refused.
    #[error("`{command}` failed:\n{output}")]
    Command { command: &'static str, output: String },

    /// A control plane of this name is there already.
    #[error("a control plane runs already in {}", directory.display())]
    AlreadyRunning { directory: PathBuf },

    /// A certificate or key could not be made.
    #[error("cannot {attempted}: {source}")]
    Certificate {
        attempted: &'static str,
        source: rcgen::Error,
    },

    /// A server gave no answer.
    #[error(transparent)]
    Http(#[from] HttpError),

    /// The operating system refused.
    #[error("cannot {attempted}: {source}")]
    Io { attempted: String, source: std::io::Error },
}

impl HarnessError {
    /// Wraps an error of the operating system with what was attempted, for `map_err`.
    pub(crate) fn io(attempted: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let attempted = attempted.into();
        move |source| Self::Io { attempted, source }
    }
}
