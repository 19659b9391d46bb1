//! fake-gcs-server: Google Cloud Storage without any check of who asks.

use std::process::Command;

use super::install::go_program;
use super::server::Server;
use crate::error::HarnessError;
use crate::go_build::GoProgram;
use crate::locations;

/// A running server with the bucket `backups`.
pub struct FakeGcs {
    server: Server,
}

impl FakeGcs {
    /// Builds it with Go where it is not built yet, and starts it. `None`, after saying so, without Go.
    pub fn start(progress: &dyn Fn(&str)) -> Result<Option<Self>, HarnessError> {
        let Some(program) = go_program(&PROGRAM, progress)? else {
            return Ok(None);
        };
        let server = Server::start("fake-gcs-server", |_, [port]| {
            let mut command = Command::new(&program);
            command.arg(format!("127.0.0.1:{port}"));
            Ok(command)
        })?;
        Ok(Some(Self { server }))
    }

    /// Its address.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.server.port())
    }
}

const PROGRAM: GoProgram = GoProgram {
    name: "fake-gcs-server",
    package: "./server",
    module: locations::fake_gcs_module,
    linker_flags: "-s -w",
};
