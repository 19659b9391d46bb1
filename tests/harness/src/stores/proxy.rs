//! A proxy that wants to know who asks.

use std::process::Command;

use super::python;
use super::server::Server;
use crate::error::HarnessError;

/// A running proxy, which passes on what comes with [`Proxy::LOGIN`] and refuses the rest.
pub struct Proxy {
    server: Server,
}

impl Proxy {
    /// The name and the password.
    pub const LOGIN: &'static str = "somebody:a-password";

    /// Starts one. `None`, after saying so, without Python.
    pub fn start(progress: &dyn Fn(&str)) -> Result<Option<Self>, HarnessError> {
        let Some(programs) = python::environment(progress)? else {
            return Ok(None);
        };
        let server = Server::start("proxy", |folder, [port]| {
            let mut command = Command::new(programs.join("proxy"));
            command.args([
                "--hostname",
                "127.0.0.1",
                "--port",
                &port.to_string(),
                "--num-workers",
                "1",
            ]);
            command
                .args(["--num-acceptors", "1", "--basic-auth", Self::LOGIN, "--data-dir"])
                .arg(folder);
            Ok(command)
        })?;
        Ok(Some(Self { server }))
    }

    /// Its address, as the host and the port.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.server.port())
    }
}
