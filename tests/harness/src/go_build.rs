//! Builds the programs of the control plane with Go, once for all processes, and again when their sources change.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, ErrorKind};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::HarnessError;
use crate::locations;

/// One program and where Go finds it.
pub(crate) struct GoProgram {
    /// The file name of the binary.
    pub(crate) name: &'static str,
    /// The import path of its `package main`; `./NAME` for a folder of the module with a `main.go`.
    pub(crate) package: &'static str,
    /// The folder of the Go module that pins it.
    pub(crate) module: fn() -> PathBuf,
    /// The value of `-ldflags`.
    pub(crate) linker_flags: &'static str,
}

impl GoProgram {
    /// A program of Kubernetes, from the module that pins it.
    pub(crate) const fn of_kubernetes(name: &'static str, package: &'static str) -> Self {
        Self {
            name,
            package,
            module: locations::kubernetes_module,
            linker_flags: KUBERNETES_LINKER_FLAGS,
        }
    }
}

/// Builds those of `programs` that are missing or stale; gives their paths in the same order.
pub(crate) fn build_all(programs: &[&GoProgram], progress: &dyn Fn(&str)) -> Result<Vec<PathBuf>, HarnessError> {
    let folder = locations::built_binaries();
    for program in programs {
        let stamp = stamp(program)?;
        if is_fresh(&folder, program, &stamp) {
            continue;
        }
        fs::create_dir_all(&folder).map_err(HarnessError::io(format!("create {}", folder.display())))?;
        let _lock = lock(&folder.join("build.lock"), progress)?;
        // The process that had the lock may have built the same.
        if !is_fresh(&folder, program, &stamp) {
            build(&folder, program, progress)?;
            let path = stamp_path(&folder, program);
            fs::write(&path, stamp).map_err(HarnessError::io(format!("write {}", path.display())))?;
        }
    }
    Ok(programs.iter().map(|program| folder.join(program.name)).collect())
}

/// An error when one of `programs` would have to be built and there is no Go to build it with.
pub(crate) fn check_possible(programs: &[&GoProgram]) -> Result<(), HarnessError> {
    let folder = locations::built_binaries();
    for program in programs {
        if !is_fresh(&folder, program, &stamp(program)?) {
            let mut go = Command::new("go");
            go.arg("version")
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            return go.status().map(drop).map_err(could_not_run_go);
        }
    }
    Ok(())
}

/// Waits for other processes that build; the lock ends with the file handle, so also with the process.
fn lock(path: &Path, progress: &dyn Fn(&str)) -> Result<File, HarnessError> {
    let file = File::create(path).map_err(HarnessError::io(format!("create {}", path.display())))?;
    if file.try_lock().is_err() {
        progress("waiting for another process that builds the control plane");
        file.lock()
            .map_err(HarnessError::io(format!("lock {}", path.display())))?;
    }
    Ok(file)
}

/// Everything that decides what comes out of a build. Kept in full beside the binary: a few kilobytes that need no hash.
fn stamp(program: &GoProgram) -> Result<String, HarnessError> {
    let module = (program.module)();
    let mut stamp = format!("{} {}\n", program.package, program.linker_flags);
    let mut files = vec![module.join("go.mod"), module.join("go.sum")];
    // A program of this repository: its folder is the module's, or one below.
    if let Some(folder) = program.package.strip_prefix('.') {
        files.extend(sources(&module.join(folder.trim_start_matches('/')))?);
    }
    for path in files {
        stamp += &fs::read_to_string(&path).map_err(HarnessError::io(format!("read {}", path.display())))?;
    }
    Ok(stamp)
}

/// The source files of a program of our own, in a stable order.
fn sources(module: &Path) -> Result<Vec<PathBuf>, HarnessError> {
    let failed = || HarnessError::io(format!("read {}", module.display()));
    let entries: Vec<_> = fs::read_dir(module)
        .map_err(failed())?
        .collect::<Result<_, _>>()
        .map_err(failed())?;
    let mut files: Vec<_> = entries.into_iter().map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "go"));
    files.sort();
    Ok(files)
}

fn is_fresh(folder: &Path, program: &GoProgram, stamp: &str) -> bool {
    folder.join(program.name).is_file()
        && fs::read_to_string(stamp_path(folder, program)).is_ok_and(|written| written == stamp)
}

fn stamp_path(folder: &Path, program: &GoProgram) -> PathBuf {
    folder.join(format!("{}.stamp", program.name))
}

/// Builds beside the final name and renames, so that an interrupted build leaves no half of a program behind.
fn build(folder: &Path, program: &GoProgram, progress: &dyn Fn(&str)) -> Result<(), HarnessError> {
    let unfinished = folder.join(format!("{}.unfinished", program.name));
    let mut command = Command::new("go");
    command
        .current_dir((program.module)())
        .args([
            "build",
            "-v",
            "-trimpath",
            "-buildvcs=false",
            "-ldflags",
            program.linker_flags,
            "-o",
        ])
        .arg(&unfinished)
        .arg(program.package)
        // A workspace file above the project or settings for cross compilation would build something else.
        .env("GOWORK", "off")
        .env("CGO_ENABLED", "0")
        .env_remove("GOOS")
        .env_remove("GOARCH")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    run_with_progress(command, program, progress)?;
    let finished = folder.join(program.name);
    fs::rename(&unfinished, &finished).map_err(HarnessError::io(format!("rename {}", unfinished.display())))
}

pub(crate) fn could_not_run_go(error: std::io::Error) -> HarnessError {
    match error.kind() {
        ErrorKind::NotFound => HarnessError::NoGo {
            programs: "kube-apiserver, etcd and kubectl",
        },
        _ => HarnessError::io("run go")(error),
    }
}

/// Runs Go, whose `-v` prints one line for each package compiled and each module downloaded.
fn run_with_progress(mut command: Command, program: &GoProgram, progress: &dyn Fn(&str)) -> Result<(), HarnessError> {
    let start = Instant::now();
    let mut child = command.spawn().map_err(could_not_run_go)?;
    progress(&format!(
        "building {} (once; the first time takes minutes)",
        program.name
    ));
    let lines = child.stderr.take().map(lines_of);
    let mut last_lines = Vec::new();
    let (mut compiled, mut downloaded) = (0_usize, 0_usize);
    let mut next_report = PROGRESS_INTERVAL;
    while let Some(lines) = &lines {
        match lines.recv_timeout(next_report.saturating_sub(start.elapsed())) {
            Ok(line) => {
                if line.starts_with("go: downloading ") {
                    downloaded += 1;
                } else {
                    compiled += 1;
                }
                last_lines.push(line);
                if last_lines.len() > LINES_IN_ERROR {
                    last_lines.remove(0);
                }
            }
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {}
        }
        if start.elapsed() >= next_report {
            next_report += PROGRESS_INTERVAL;
            let seconds = start.elapsed().as_secs();
            progress(&format!(
                "building {}: {seconds} s, {compiled} packages compiled, {downloaded} modules downloaded",
                program.name
            ));
        }
    }
    let status = child.wait().map_err(HarnessError::io("wait for go"))?;
    if !status.success() {
        let command = format!("go build {} (in {})", program.package, (program.module)().display());
        return Err(HarnessError::Build {
            program: program.name,
            command,
            output: last_lines.join("\n"),
        });
    }
    progress(&format!("built {} in {} s", program.name, start.elapsed().as_secs()));
    Ok(())
}

/// Reads in a thread of its own, so that the caller can also report while nothing is written.
fn lines_of(stream: impl std::io::Read + Send + 'static) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    receiver
}

const PROGRESS_INTERVAL: Duration = Duration::from_secs(10);
const LINES_IN_ERROR: usize = 20;

/// Without the version flags, `kubectl version` prints `v0.0.0-master+$Format:%H$` and clients that compare versions err.
const KUBERNETES_LINKER_FLAGS: &str = "-s -w \
     -X k8s.io/component-base/version.gitVersion=v1.36.3 \
     -X k8s.io/component-base/version.gitMajor=1 \
     -X k8s.io/component-base/version.gitMinor=36 \
     -X k8s.io/component-base/version.gitTreeState=clean";

#[cfg(test)]
mod tests {
    use super::*;

    const PROGRAM: GoProgram = GoProgram {
        name: "etcd",
        package: "example.org/none",
        module: locations::etcd_module,
        linker_flags: "",
    };

    #[test]
    fn the_linker_flags_name_the_version_that_the_go_module_pins() {
        let module = std::fs::read_to_string(locations::kubernetes_module().join("go.mod")).unwrap();
        let pin = format!("k8s.io/kubernetes {}", locations::KUBERNETES_VERSION);
        assert!(
            module
                .lines()
                .any(|line| line.trim().trim_end_matches(" // indirect") == pin),
            "go.mod pins another"
        );
        assert!(KUBERNETES_LINKER_FLAGS.contains(&format!("gitVersion={} ", locations::KUBERNETES_VERSION)));
    }

    #[test]
    fn a_missing_go_is_reported_with_what_to_install() {
        let command = Command::new("/nowhere/go");
        let error = run_with_progress(command, &PROGRAM, &|_| {}).unwrap_err().to_string();
        assert!(
            error.contains("Install Go 1.26 or newer") && error.contains("KUBEBUILDER_ASSETS"),
            "{error}"
        );
    }

    #[test]
    fn a_failed_build_shows_what_the_compiler_said() {
        let mut command = Command::new("sh");
        command
            .args(["-c", "echo 'main.go:1: broken' >&2; exit 1"])
            .stderr(Stdio::piped());
        let error = run_with_progress(command, &PROGRAM, &|_| {}).unwrap_err().to_string();
        assert!(
            error.contains("main.go:1: broken") && error.contains("example.org/none"),
            "{error}"
        );
    }

    #[test]
    fn a_binary_is_stale_once_its_module_pins_something_else() {
        let folder = std::env::temp_dir().join(format!("neo4jbackup-stamp-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let stamp = stamp(&PROGRAM).unwrap();
        assert!(stamp.contains("go.etcd.io/etcd/server/v3 v3."));
        fs::write(stamp_path(&folder, &PROGRAM), &stamp).unwrap();
        assert!(!is_fresh(&folder, &PROGRAM, &stamp), "there is no binary yet");
        fs::write(folder.join(PROGRAM.name), "").unwrap();
        assert!(is_fresh(&folder, &PROGRAM, &stamp));
        assert!(!is_fresh(&folder, &PROGRAM, &stamp.replace("v3.", "v4.")));
        fs::remove_dir_all(&folder).unwrap();
    }
}
