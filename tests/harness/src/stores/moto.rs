//! moto: S3, STS, IAM and the metadata service of a node, in one server.

use std::io;
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::python;
use super::server::Server;
use crate::error::HarnessError;
use crate::locations;
use crate::node::{NODE_ADDRESS, Node};

/// A running server.
pub struct Moto {
    server: Server,
    /// Where it is reached.
    host: &'static str,
    prepared: Value,
}

impl Moto {
    /// Starts one with the bucket `backups`, that checks signatures and policies of the users and roles that it has. `None`,
    /// after saying so, without Python.
    pub fn start(progress: &dyn Fn(&str)) -> Result<Option<Self>, HarnessError> {
        Self::start_prepared(progress, "strict")
    }

    /// The same, but it believes everybody: for what nobody can sign, as the exchange of a token.
    pub fn start_trusting(progress: &dyn Fn(&str)) -> Result<Option<Self>, HarnessError> {
        Self::start_prepared(progress, "trusting")
    }

    /// The same in the network of a node, where its pods reach it.
    pub fn start_on(node: &Node, progress: &dyn Fn(&str)) -> Result<Option<Self>, HarnessError> {
        let Some(programs) = python::environment(progress)? else {
            return Ok(None);
        };
        let python = node.client_command(&programs.join("python"))?;
        let connect = |port: u16| node.connect(port);
        Self::run(Path::new(python.get_program()), NODE_ADDRESS, &connect, "trusting").map(Some)
    }

    fn start_prepared(progress: &dyn Fn(&str), mode: &str) -> Result<Option<Self>, HarnessError> {
        let Some(programs) = python::environment(progress)? else {
            return Ok(None);
        };
        let host = "127.0.0.1";
        let connect = |port: u16| TcpStream::connect((host, port));
        Self::run(&programs.join("python"), host, &connect, mode).map(Some)
    }

    fn run(
        python: &Path,
        host: &'static str,
        connect: &dyn Fn(u16) -> io::Result<TcpStream>,
        mode: &str,
    ) -> Result<Self, HarnessError> {
        let server = Server::start_in("moto", connect, |_, ports: [u16; 2]| {
            let mut command = Command::new(python);
            command.arg(locations::root().join("tests/stores/moto/serve.py"));
            // In a network of its own there is nobody else.
            command.arg(if host == "127.0.0.1" { host } else { "0.0.0.0" });
            command.args(ports.map(|port| port.to_string()));
            Ok(command)
        })?;
        let endpoint = format!("http://{host}:{}", server.port());
        let prepared = python::script(python, "moto/prepare.py", &[endpoint, mode.to_owned()])?;
        let prepared = serde_json::from_str(&prepared).unwrap_or_default();
        Ok(Self { server, host, prepared })
    }

    /// Its address, for every service.
    pub fn endpoint(&self) -> String {
        format!("http://{}:{}", self.host, self.server.port())
    }

    /// The address of its token service alone, which exchanges tokens.
    pub fn token_service(&self) -> String {
        format!("http://{}:{}", self.host, self.server.second_port())
    }

    /// Returns the access key, the secret key, and for a session the token, of a user.
    pub fn keys(&self, user: &str) -> Vec<String> {
        let keys = self.prepared["keys"][user].as_array().into_iter().flatten();
        keys.filter_map(|key| Some(key.as_str()?.to_owned())).collect()
    }

    /// The name of a role, as annotations have it.
    pub fn role(&self, name: &str) -> &str {
        self.prepared["roles"][name].as_str().unwrap_or_default()
    }
}
