//! Python, with what the tests need in a virtual environment below the target folder.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::install::{Install, is_there, run};
use crate::error::HarnessError;
use crate::locations;

/// The folder of the programs of the environment; made when it is asked for and what it is to hold has changed. `None`, after
/// saying so, where there is no Python.
pub(super) fn environment(progress: &dyn Fn(&str)) -> Result<Option<PathBuf>, HarnessError> {
    let requirements = locations::root().join("tests/stores/moto/requirements.txt");
    let install = Install {
        name: "python",
        stamp: "requirements.txt",
        list: &requirements,
    };
    let folder = install.folder(|folder| {
        if !is_there("python3", &["-c", "import ensurepip, venv"]) {
            println!("skipped: python3 with venv is not there");
            return Ok(false);
        }
        progress("installing moto from PyPI (once)");
        let mut make = Command::new("python3");
        make.args(["-m", "venv", "--clear"]).arg(folder);
        run("python3 -m venv", make)?;
        let mut install = Command::new(folder.join("bin/pip"));
        install
            .args(["install", "--quiet", "--disable-pip-version-check", "--requirement"])
            .arg(&requirements);
        run("pip install", install)?;
        Ok(true)
    })?;
    Ok(folder.map(|folder| folder.join("bin")))
}

/// Runs one of the scripts beside the servers with this Python; gives what it prints.
pub(super) fn script(python: &Path, script: &str, arguments: &[String]) -> Result<String, HarnessError> {
    let mut python = Command::new(python);
    python
        .arg(locations::root().join("tests/stores").join(script))
        .args(arguments);
    run("python prepare.py", python)
}

/// The library that gives a process another clock: `LD_PRELOAD`. `None`, after saying so, where it is not there.
pub fn clock_library(progress: &dyn Fn(&str)) -> Result<Option<PathBuf>, HarnessError> {
    let Some(programs) = environment(progress)? else {
        return Ok(None);
    };
    let mut python = Command::new(programs.join("python"));
    python.args([
        "-c",
        "import libfaketime, os; print(os.path.dirname(libfaketime.__file__))",
    ]);
    let folder = PathBuf::from(run("python", python)?.trim());
    let library = folder.join("vendor/libfaketime/src/libfaketime.so.1");
    if library.is_file() {
        return Ok(Some(library));
    }
    println!("skipped: libfaketime has no library for this system");
    Ok(None)
}

/// An RSA key: the private one in PEM, and the public one as DER. `None`, after saying so, without Python.
pub fn rsa_key(progress: &dyn Fn(&str)) -> Result<Option<(String, Vec<u8>)>, HarnessError> {
    let Some(programs) = environment(progress)? else {
        return Ok(None);
    };
    let printed = script(&programs.join("python"), "moto/key.py", &[])?;
    let key: Value = serde_json::from_str(&printed).unwrap_or_default();
    let text = |field: &str| key[field].as_str().unwrap_or_default().to_owned();
    let public = text("public").split(' ').filter_map(|byte| byte.parse().ok()).collect();
    Ok(Some((text("private"), public)))
}
