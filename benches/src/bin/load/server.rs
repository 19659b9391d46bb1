//! The programs that are measured, each on the one core that servers get.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::processor;

/// The core of the servers; the client runs on another one.
const CORE: &str = "0";

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Candidate {
    /// A constant answer.
    Constant,
    /// The webhook.
    Ours,
    /// The same rules behind kube's types.
    Kube,
    /// A typed validator with the same checks on controller-runtime, in Go.
    ControllerRuntime,
}

impl Candidate {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Constant => "constant",
            Self::Ours => "ours",
            Self::Kube => "kube",
            Self::ControllerRuntime => "controller-runtime",
        }
    }
}

/// Where the programs and the certificate are.
pub(crate) struct Programs<'p> {
    pub(crate) webhook: &'p Path,
    pub(crate) peer: &'p Path,
    /// The peer on controller-runtime, where it could be built.
    pub(crate) go_peer: Option<&'p Path>,
    pub(crate) certificate: &'p Path,
    pub(crate) key: &'p Path,
}

impl Programs<'_> {
    /// What is measured, the floor first.
    pub(crate) fn candidates(&self) -> Vec<Candidate> {
        let mut candidates = vec![Candidate::Constant, Candidate::Ours, Candidate::Kube];
        candidates.extend(self.go_peer.map(|_| Candidate::ControllerRuntime));
        candidates
    }
}

/// What a program has in memory, in MB.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory {
    /// The most that it has had.
    pub(crate) peak: f64,
    /// What it has now.
    pub(crate) now: f64,
}

/// A running program; it ends with this value.
pub(crate) struct Server {
    pub(crate) candidate: Candidate,
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Server {
    pub(crate) fn start(candidate: Candidate, programs: &Programs<'_>) -> Result<Self> {
        let address = free_address()?;
        let mut command = Command::new("taskset");
        command.args(["-c", CORE]);
        match candidate {
            Candidate::Ours => {
                command
                    .arg(programs.webhook)
                    .args(["serve", "--no-references", "--status-listen", "127.0.0.1:0"])
            }
            Candidate::Constant | Candidate::Kube => command.arg(programs.peer).arg(candidate.name()),
            Candidate::ControllerRuntime => command.arg(programs.go_peer.context("the peer in Go is not there")?),
        };
        command
            .arg("--cert")
            .arg(programs.certificate)
            .arg("--key")
            .arg(programs.key);
        command.args(["--listen", &address.to_string()]);
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        Ok(Self {
            candidate,
            child: child.context("cannot start a server with `taskset`")?,
            address,
        })
    }

    /// The time that the program has spent on a processor so far.
    pub(crate) fn processor_time(&self) -> Result<Duration> {
        processor::time_of(self.child.id())
    }

    /// What the program has in memory.
    pub(crate) fn memory(&self) -> Result<Memory> {
        let text = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let megabytes = |name: &str| -> Result<f64> {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            let kilobytes: f64 = line
                .with_context(|| format!("no {name}"))?
                .trim()
                .trim_end_matches(" kB")
                .parse()?;
            Ok(kilobytes / 1024.0)
        };
        Ok(Memory {
            peak: megabytes("VmHWM")?,
            now: megabytes("VmRSS")?,
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It holds nothing that would be lost.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_address() -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    Ok(listener.local_addr()?)
}
