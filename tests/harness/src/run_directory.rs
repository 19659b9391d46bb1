//! The directory of one control plane: its files, and the process ids by which another process can end it.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use crate::error::HarnessError;
use crate::locations;

/// A directory below `target/cluster/run/`.
#[derive(Debug, Clone)]
pub struct RunDirectory {
    path: PathBuf,
}

impl RunDirectory {
    /// The directory of the control plane of that name, which need not exist.
    pub fn named(name: &str) -> Self {
        Self {
            path: locations::run_directories().join(name),
        }
    }

    /// One of another target folder.
    pub fn at(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The kubeconfig of the control plane in it.
    pub fn kubeconfig(&self) -> PathBuf {
        self.path.join("kubeconfig")
    }

    /// Whether any program of the control plane runs.
    pub fn is_running(&self) -> bool {
        !self.running().is_empty()
    }

    /// Ends the programs of the control plane and removes the directory; true when any was running.
    ///
    /// A process id is used only when the command line of that process names this directory: ids are reused.
    pub fn end(&self) -> Result<bool, HarnessError> {
        let running = self.running();
        for &process in &running {
            // An error means that it has just ended by itself.
            let _ = kill_process(process, Signal::KILL);
        }
        while !running.iter().all(|&process| has_ended(process)) {
            std::thread::yield_now();
        }
        self.remove_control_groups()?;
        self.remove()?;
        Ok(!running.is_empty())
    }

    /// Makes the directory. An existing one with a running control plane is an error; a stale one is removed.
    pub(crate) fn create(&self) -> Result<(), HarnessError> {
        if self.is_running() {
            return Err(HarnessError::AlreadyRunning {
                directory: self.path.clone(),
            });
        }
        self.end()?;
        fs::create_dir_all(&self.path).map_err(HarnessError::io(format!("create {}", self.path.display())))?;
        self.write("owner", std::process::id().to_string().as_bytes())
    }

    /// Notes that the control plane is to outlive the process that started it.
    pub(crate) fn disown(&self) -> Result<(), HarnessError> {
        let owner = self.path.join("owner");
        fs::remove_file(&owner).map_err(HarnessError::io(format!("remove {}", owner.display())))
    }

    pub(crate) fn record_process(&self, process_id: u32) -> Result<(), HarnessError> {
        let path = self.path.join("processes");
        let mut file = File::options()
            .create(true)
            .append(true)
            .open(&path)
            .map_err(could_not_write(&path))?;
        writeln!(file, "{process_id}").map_err(could_not_write(&path))
    }

    /// Writes a file that only its owner can read, because tokens and keys are among them.
    pub(crate) fn write(&self, name: &str, content: &[u8]) -> Result<(), HarnessError> {
        let path = self.path.join(name);
        let mut options = File::options();
        let mut file = options
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o600)
            .open(&path)
            .map_err(could_not_write(&path))?;
        file.write_all(content).map_err(could_not_write(&path))
    }

    /// The path of a file in the directory, for a command line.
    pub(crate) fn file(&self, name: &str) -> String {
        self.path.join(name).display().to_string()
    }

    /// Removes the control groups of a node, as soon as the last process has left them.
    fn remove_control_groups(&self) -> Result<(), HarnessError> {
        let groups = fs::read_to_string(self.path.join(CONTROL_GROUPS)).unwrap_or_default();
        let start = Instant::now();
        for group in groups.lines().map(Path::new) {
            loop {
                match remove_folders(group) {
                    Err(error) if error.kind() == ErrorKind::ResourceBusy && start.elapsed() < PATIENCE => {}
                    result => break result.map_err(HarnessError::io(format!("remove {}", group.display())))?,
                }
                std::thread::sleep(Duration::from_millis(10));
            }
        }
        Ok(())
    }

    /// Removes the directory, again while the last system calls of killed programs still put files into it.
    fn remove(&self) -> Result<(), HarnessError> {
        let start = Instant::now();
        loop {
            match fs::remove_dir_all(&self.path) {
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
                Err(error) if error.kind() == ErrorKind::DirectoryNotEmpty && start.elapsed() < PATIENCE => {}
                result => return result.map_err(HarnessError::io(format!("remove {}", self.path.display()))),
            }
        }
    }

    fn running(&self) -> Vec<Pid> {
        let recorded = fs::read_to_string(self.path.join("processes")).unwrap_or_default();
        let processes = recorded.lines().filter_map(parse_process_id);
        processes.filter(|&process| self.owns(process)).collect()
    }

    fn owns(&self, process: Pid) -> bool {
        command_line(process).is_some_and(|line| line.contains(&self.path.display().to_string()))
    }

    fn is_orphan(&self) -> bool {
        let owner = fs::read_to_string(self.path.join("owner")).ok();
        let owner = owner.as_deref().and_then(parse_process_id);
        owner.is_some_and(|owner| test_kill_process(owner).is_err())
    }
}

/// The file in a node's directory with the paths of its control groups, one in a line; the watchdog reads it too.
pub(crate) const CONTROL_GROUPS: &str = "control-groups";
const PATIENCE: Duration = Duration::from_secs(10);

/// Ends every control plane whose owner is gone; gives how many that were.
///
/// The watchdog does so already; this is for the case that somebody killed the watchdog too.
pub fn end_orphans() -> Result<usize, HarnessError> {
    let Ok(entries) = fs::read_dir(locations::run_directories()) else {
        return Ok(0);
    };
    let mut ended = 0;
    for entry in entries.flatten() {
        let directory = RunDirectory { path: entry.path() };
        if directory.is_orphan() {
            directory.end()?;
            ended += 1;
        }
    }
    Ok(ended)
}

/// Removes a folder and those in it, and no file: those of a control group are the kernel's and go with it.
fn remove_folders(folder: &Path) -> std::io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove_folders(&entry.path())?;
        }
    }
    fs::remove_dir(folder)
}

/// Whether a process has ended. One that its parent has not asked for yet counts: PID 1 of a namespace becomes such only
/// when every other process in there is gone.
pub(crate) fn has_ended(process: Pid) -> bool {
    let id = process.as_raw_nonzero();
    match fs::read_to_string(format!("/proc/{id}/stat")) {
        // The state follows the name, which is in parentheses and may hold anything.
        Ok(status) => status
            .rsplit(')')
            .next()
            .is_some_and(|rest| rest.trim_start().starts_with(['Z', 'X'])),
        Err(_) => command_line(process).is_none(),
    }
}

pub(crate) fn parse_process_id(line: &str) -> Option<Pid> {
    // Zero and negative numbers would mean process groups.
    let number: u32 = line.trim().parse().ok()?;
    Pid::from_raw(number.try_into().ok()?)
}

/// The command line of a process, with blanks between the arguments; none when there is no such process.
fn command_line(process: Pid) -> Option<String> {
    let id = process.as_raw_nonzero();
    if Path::new("/proc/self/cmdline").exists() {
        let line = fs::read(format!("/proc/{id}/cmdline")).ok()?;
        return Some(String::from_utf8_lossy(&line).replace('\0', " "));
    }
    // Systems without /proc have a ps that knows.
    let output = std::process::Command::new("ps")
        .args(["-o", "args=", "-p", &id.to_string()])
        .output()
        .ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

fn could_not_write(path: &Path) -> impl FnOnce(std::io::Error) -> HarnessError + use<> {
    HarnessError::io(format!("write {}", path.display()))
}
