//! versitygw: an S3 server that checks signature, time and region of each request.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::install::go_program;
use super::python;
use super::server::Server;
use crate::certificates::IssuedCertificate;
use crate::error::HarnessError;
use crate::go_build::GoProgram;
use crate::locations;

/// A running server with the bucket `backups` in the region [`Gateway::REGION`], for the keys [`Gateway::KEYS`].
pub struct Gateway {
    server: Server,
    is_secure: bool,
}

/// What else it does.
#[derive(Default)]
pub struct GatewayOptions<'o> {
    /// The certificate that it shows; plain HTTP without one.
    pub certificate: Option<&'o IssuedCertificate>,
}

impl Gateway {
    /// The region that it is in.
    pub const REGION: &'static str = "eu-west-1";
    /// The access key and the secret key.
    pub const KEYS: [&'static str; 2] = ["gateway", "the-secret-of-the-gateway"];

    /// Builds it with Go where it is not built yet, and starts it. `None`, after saying so, without Go or Python.
    pub fn start(options: &GatewayOptions<'_>, progress: &dyn Fn(&str)) -> Result<Option<Self>, HarnessError> {
        let Some(programs) = python::environment(progress)? else {
            return Ok(None);
        };
        let Some(program) = go_program(&GATEWAY, progress)? else {
            return Ok(None);
        };
        let server = Server::start("versitygw", |folder, [port]| {
            let write = |name: &str, text: &str| -> Result<PathBuf, HarnessError> {
                let path = folder.join(name);
                fs::write(&path, text).map_err(HarnessError::io(format!("write {}", path.display())))?;
                Ok(path)
            };
            let data = folder.join("data");
            fs::create_dir_all(&data).map_err(HarnessError::io(format!("create {}", data.display())))?;
            let metadata = folder.join("metadata");
            fs::create_dir_all(&metadata).map_err(HarnessError::io(format!("create {}", metadata.display())))?;
            let mut command = Command::new(&program);
            command.args([
                "--port",
                &format!("127.0.0.1:{port}"),
                "--region",
                Self::REGION,
                "--quiet",
            ]);
            command.args(["--access", Self::KEYS[0], "--secret", Self::KEYS[1]]);
            if let Some(certificate) = options.certificate {
                command
                    .arg("--cert")
                    .arg(write("certificate.pem", &certificate.certificate_pem)?);
                command.arg("--key").arg(write("key.pem", &certificate.key_pem)?);
            }
            // Beside the objects, because not every file system has attributes.
            command.args(["posix", "--sidecar"]).arg(&metadata).arg(&data);
            Ok(command)
        })?;
        let gateway = Self {
            server,
            is_secure: options.certificate.is_some(),
        };
        let [key, secret] = Self::KEYS;
        let arguments = [gateway.endpoint().as_str(), key, secret, Self::REGION].map(str::to_owned);
        python::script(&programs.join("python"), "versitygw/prepare.py", &arguments)?;
        Ok(Some(gateway))
    }

    /// Its address.
    pub fn endpoint(&self) -> String {
        let scheme = if self.is_secure { "https" } else { "http" };
        format!("{scheme}://127.0.0.1:{}", self.server.port())
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.server.port()
    }
}

const GATEWAY: GoProgram = GoProgram {
    name: "versitygw",
    package: "github.com/versity/versitygw/cmd/versitygw",
    module: locations::versitygw_module,
    linker_flags: "-s -w",
};
