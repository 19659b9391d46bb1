//! Python, with what the tests need in a virtual environment below the target folder.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::HarnessError;
use crate::locations;

/// The folder of the programs of the environment; made when it is asked for and what it is to hold has changed. `None`, after
/// saying so, where there is no Python.
pub(super) fn environment(progress: &dyn Fn(&str)) -> Result<Option<PathBuf>, HarnessError> {
    let requirements = locations::root().join("tests/stores/moto/requirements.txt");
    let wanted = fs::read_to_string(&requirements);
    let wanted = wanted.map_err(HarnessError::io(format!("read {}", requirements.display())))?;
    let folder = locations::target().join("stores/python");
    let stamp = folder.join("requirements.txt");
    let parent = locations::target().join("stores");
    fs::create_dir_all(&parent).map_err(HarnessError::io(format!("create {}", parent.display())))?;
    let lock = parent.join("python.lock");
    let lock = File::create(&lock).map_err(HarnessError::io(format!("create {}", lock.display())))?;
    lock.lock()
        .map_err(HarnessError::io("wait for another process that installs"))?;
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(Some(folder.join("bin")));
    }
    let is_there = |arguments: &[&str]| {
        let mut python = Command::new("python3");
        python
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        python.status().is_ok_and(|status| status.success())
    };
    if !is_there(&["-c", "import ensurepip, venv"]) {
        println!("skipped: python3 with venv is not there");
        return Ok(None);
    }
    progress("installing moto from PyPI (once)");
    let mut make = Command::new("python3");
    make.args(["-m", "venv", "--clear"]).arg(&folder);
    run("python3 -m venv", make)?;
    let mut install = Command::new(folder.join("bin/pip"));
    install
        .args(["install", "--quiet", "--disable-pip-version-check", "--requirement"])
        .arg(&requirements);
    run("pip install", install)?;
    fs::write(&stamp, wanted).map_err(HarnessError::io(format!("write {}", stamp.display())))?;
    Ok(Some(folder.join("bin")))
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

fn run(name: &'static str, mut command: Command) -> Result<String, HarnessError> {
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_err(HarnessError::io(format!("run {name}")))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(HarnessError::Command {
        command: name,
        output: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}
