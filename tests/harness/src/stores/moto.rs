//! moto: S3, STS, IAM and the metadata service of a node, in one server.

use std::process::Command;

use serde_json::Value;

use super::python;
use super::server::Server;
use crate::error::HarnessError;
use crate::locations;

/// A running server.
pub struct Moto {
    server: Server,
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

    fn start_prepared(progress: &dyn Fn(&str), mode: &str) -> Result<Option<Self>, HarnessError> {
        let Some(programs) = python::environment(progress)? else {
            return Ok(None);
        };
        let server = Server::start("moto", |_, ports: [u16; 2]| {
            let mut command = Command::new(programs.join("python"));
            command.arg(locations::root().join("tests/stores/moto/serve.py"));
            command.args(ports.map(|port| port.to_string()));
            Ok(command)
        })?;
        let endpoint = format!("http://127.0.0.1:{}", server.port());
        let prepared = python::script(&programs, "moto/prepare.py", &[endpoint, mode.to_owned()])?;
        let prepared = serde_json::from_str(&prepared).unwrap_or_default();
        Ok(Some(Self { server, prepared }))
    }

    /// Its address, for every service.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.server.port())
    }

    /// The address of its token service alone, which exchanges tokens.
    pub fn token_service(&self) -> String {
        format!("http://127.0.0.1:{}", self.server.second_port())
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
