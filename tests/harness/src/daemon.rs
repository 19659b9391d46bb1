//! One program of the control plane, running in the background with a log file.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::error::HarnessError;

/// A started program. Dropping it leaves the program running; [`Daemon::end`] ends it.
pub(crate) struct Daemon {
    pub(crate) name: &'static str,
    child: Child,
    log: PathBuf,
    /// To start it again.
    command: Command,
}

impl Daemon {
    /// Starts `program`; what it prints goes to `<directory>/<name>.log`.
    pub(crate) fn start(
        name: &'static str,
        program: &Path,
        arguments: &[String],
        directory: &Path,
    ) -> Result<Self, HarnessError> {
        let mut command = Command::new(program);
        command.args(arguments);
        Self::spawn(name, command, directory)
    }

    /// Starts a prepared command; what it prints goes to `<directory>/<name>.log`.
    pub(crate) fn spawn(name: &'static str, mut command: Command, directory: &Path) -> Result<Self, HarnessError> {
        let log = directory.join(format!("{name}.log"));
        let could_not_open = || HarnessError::io(format!("create {}", log.display()));
        let output = File::create(&log).map_err(could_not_open())?;
        let errors = output.try_clone().map_err(could_not_open())?;
        command
            .current_dir(directory)
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            // Ctrl-C is for the person's own command; the watchdog ends this program when that command ends.
            .process_group(0);
        let child = spawn(&mut command)?;
        Ok(Self {
            name,
            child,
            log,
            command,
        })
    }

    /// Starts the program anew with the same arguments, behind the same log. It must have ended.
    pub(crate) fn start_again(&mut self) -> Result<(), HarnessError> {
        self.child = spawn(&mut self.command)?;
        Ok(())
    }

    /// All that it has printed.
    pub(crate) fn log_text(&self) -> String {
        let bytes = fs::read(&self.log).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    pub(crate) fn process_id(&self) -> u32 {
        self.child.id()
    }

    /// An error when the program is not running any more.
    pub(crate) fn check_running(&mut self) -> Result<(), HarnessError> {
        match self.exit_status()? {
            None => Ok(()),
            Some(status) => Err(HarnessError::Ended {
                program: self.name,
                status: status.to_string(),
                log: self.last_log_lines(),
            }),
        }
    }

    /// The last lines of the log, which say why a program does not do what it should.
    pub(crate) fn last_log_lines(&self) -> String {
        let text = self.log_text();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(LOG_LINES)..].join("\n")
    }

    /// Sends a signal, as `kill` does.
    pub(crate) fn signal(&self, signal: Signal) -> Result<(), HarnessError> {
        let process = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        let sent = process.map_or(Ok(()), |process| kill_process(process, signal));
        sent.map_err(|error| HarnessError::Io {
            attempted: format!("send a signal to {}", self.name),
            source: error.into(),
        })
    }

    /// How it ended; nothing while it runs.
    pub(crate) fn exit_status(&mut self) -> Result<Option<ExitStatus>, HarnessError> {
        self.child
            .try_wait()
            .map_err(HarnessError::io(format!("ask for the state of {}", self.name)))
    }

    /// Waits for a program that something else ends.
    pub(crate) fn wait(&mut self) {
        let _ = self.child.wait();
    }

    /// The same as [`Daemon::end`], for the program and all that it has started.
    pub(crate) fn end_group(&mut self) {
        // Until somebody waits for it, its number is that of its group, and of no other.
        let group = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        if let Some(group) = group {
            let _ = kill_process_group(group, Signal::KILL);
        }
        self.end();
    }

    /// Kills the program and waits until it is gone. Nothing it stores is needed afterwards, so it gets no time to tidy.
    pub(crate) fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(command: &mut Command) -> Result<Child, HarnessError> {
    let program = command.get_program().to_owned();
    command
        .spawn()
        .map_err(HarnessError::io(format!("run {}", program.display())))
}

const LOG_LINES: usize = 12;
