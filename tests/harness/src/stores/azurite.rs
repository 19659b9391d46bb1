//! Azurite: Azure Blob, with all that belongs to account keys, shared access signatures and the claims of tokens.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use super::install::{Install, is_there, run};
use super::server::Server;
use crate::certificates::IssuedCertificate;
use crate::error::HarnessError;
use crate::locations;

/// A running server with the container `backups` in the account [`Azurite::ACCOUNT`].
pub struct Azurite {
    server: Server,
    is_secure: bool,
    prepared: Value,
}

impl Azurite {
    /// The storage account that it has.
    pub const ACCOUNT: &'static str = "devstoreaccount1";
    /// Its key, which everybody knows.
    pub const KEY: &'static str =
        "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    /// Installs it with npm where it is not installed yet, and starts it; with a certificate over HTTPS, where it takes tokens
    /// as well. `None`, after saying so, without Node.js; on CI that is an error.
    pub fn start(
        certificate: Option<&IssuedCertificate>,
        progress: &dyn Fn(&str),
    ) -> Result<Option<Self>, HarnessError> {
        let Some(program) = install(progress)? else {
            return Ok(None);
        };
        let server = Server::start("azurite", |folder, [port]| {
            let mut command = Command::new("node");
            command
                .arg(&program)
                .args(["--silent", "--disableTelemetry", "--skipApiVersionCheck"]);
            command.args(["--blobHost", "127.0.0.1", "--blobPort", &port.to_string(), "--location"]);
            command.arg(folder);
            if let Some(certificate) = certificate {
                for (flag, file, text) in [
                    ("--cert", "certificate.pem", &certificate.certificate_pem),
                    ("--key", "key.pem", &certificate.key_pem),
                ] {
                    let path = folder.join(file);
                    fs::write(&path, text).map_err(HarnessError::io(format!("write {}", path.display())))?;
                    command.arg(flag).arg(path);
                }
                command.args(["--oauth", "basic"]);
            }
            Ok(command)
        })?;
        let mut azurite = Self {
            server,
            is_secure: certificate.is_some(),
            prepared: Value::Null,
        };
        let mut prepare = Command::new("node");
        prepare.arg(locations::root().join("tests/stores/azurite/prepare.js"));
        prepare.args([azurite.endpoint().as_str(), Self::ACCOUNT, Self::KEY]);
        // The certificate is of an authority of the tests, and what is asked here is the server that was just started.
        prepare
            .env("NODE_TLS_REJECT_UNAUTHORIZED", "0")
            .env("NODE_NO_WARNINGS", "1");
        azurite.prepared = serde_json::from_str(&run("node prepare.js", prepare)?).unwrap_or_default();
        Ok(Some(azurite))
    }

    /// The address of the account.
    pub fn endpoint(&self) -> String {
        let scheme = if self.is_secure { "https" } else { "http" };
        format!("{scheme}://127.0.0.1:{}/{}", self.server.port(), Self::ACCOUNT)
    }

    /// A shared access signature: `all`, `no-list`, `no-put`, `expired`.
    pub fn signature(&self, name: &str) -> &str {
        self.prepared[name].as_str().unwrap_or_default()
    }
}

/// The program, for Node.js.
fn install(progress: &dyn Fn(&str)) -> Result<Option<PathBuf>, HarnessError> {
    let files = locations::root().join("tests/stores/azurite");
    let list = files.join("package-lock.json");
    let install = Install {
        name: "azurite",
        stamp: "installed.json",
        list: &list,
    };
    let folder = install.folder(|folder| {
        if env::var_os("CI").is_none() && !(is_there("node", &["--version"]) && is_there("npm", &["--version"])) {
            println!("skipped: Azurite runs on Node.js, and node with npm is not there");
            return Ok(false);
        }
        progress("installing Azurite from npm (once)");
        fs::create_dir_all(folder).map_err(HarnessError::io(format!("create {}", folder.display())))?;
        for file in ["package.json", "package-lock.json"] {
            let copied = fs::copy(files.join(file), folder.join(file));
            copied.map_err(HarnessError::io(format!("copy {file} to {}", folder.display())))?;
        }
        let mut npm = Command::new("npm");
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
        npm.current_dir(folder);
        run("npm ci", npm)?;
        Ok(true)
    })?;
    Ok(folder.map(|folder| folder.join("node_modules/azurite/dist/src/blob/main.js")))
}
