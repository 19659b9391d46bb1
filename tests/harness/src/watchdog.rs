//! Ends the programs of a control plane when the process that started them ends, however it ends.
//!
//! `Drop` does not run for a static value, after a signal, or after an abort. A pipe closes in all of those cases, so a
//! small shell waits for that. (A parent-death signal would need `unsafe`, exists on Linux only, and fires when the
//! *thread* that started the program ends, which in a test process is soon.)

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::error::HarnessError;

/// A shell that reads process ids from its standard input and kills them at the end of it.
pub(crate) struct Watchdog {
    shell: Child,
}

impl Watchdog {
    /// Starts watching; `directory` is removed after the programs.
    pub(crate) fn start(directory: &Path) -> Result<Self, HarnessError> {
        let shell = Command::new("sh")
            .args(["-c", SCRIPT, "neo4jbackup-watchdog"])
            .arg(directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // In its own process group, Ctrl-C in the terminal does not end it before it has done its work.
            .process_group(0)
            .spawn()
            .map_err(HarnessError::io("run sh"))?;
        Ok(Self { shell })
    }

    /// Adds a program to what is ended.
    pub(crate) fn watch(&mut self, process_id: u32) -> Result<(), HarnessError> {
        self.write_line(&process_id.to_string())
    }

    /// The same with all that the first program of a process group has started.
    pub(crate) fn watch_group(&mut self, process_id: u32) -> Result<(), HarnessError> {
        self.write_line(&format!("-{process_id}"))
    }

    #[cfg(test)]
    pub(crate) fn process_id(&self) -> u32 {
        self.shell.id()
    }

    /// Ends the watch and leaves the programs alone.
    pub(crate) fn dismiss(mut self) {
        // A shell that is gone already does no harm either.
        let _ = self.write_line("dismissed");
        let _ = self.shell.wait();
    }

    fn write_line(&mut self, line: &str) -> Result<(), HarnessError> {
        match &mut self.shell.stdin {
            Some(stdin) => writeln!(stdin, "{line}").map_err(HarnessError::io("tell the watchdog of a program")),
            None => Ok(()),
        }
    }
}

const SCRIPT: &str = r#"
processes=
while read -r line; do
    case $line in
        dismissed) exit 0 ;;
        *) processes="$processes $line" ;;
    esac
done
kill -9 $processes
# The control groups of a node, which hold its pods until those have ended.
remove_groups() {
    [ -f "$1" ] || return 0
    while read -r group; do
        [ ! -d "$group" ] || find "$group" -depth -type d -exec rmdir {} + || return 1
    done < "$1"
}
# A killed program may finish one last system call that makes a file.
for attempt in 1 2 3 4 5 6 7 8 9 10; do
    remove_groups "$1/control-groups" && rm -rf "$1" && break
    sleep 1
done
"#;

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    #[test]
    fn the_programs_end_when_the_pipe_closes() {
        let directory = std::env::temp_dir().join(format!("neo4jbackup-watchdog-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let mut programs = [sleep(), sleep()];
        let mut watchdog = Watchdog::start(&directory).unwrap();
        for program in &programs {
            watchdog.watch(program.id()).unwrap();
        }
        drop(watchdog.shell.stdin.take());
        for program in &mut programs {
            assert_eq!(program.wait().unwrap().signal(), Some(9));
        }
        watchdog.shell.wait().unwrap();
        assert!(!directory.exists());
    }

    #[test]
    fn what_a_program_has_started_ends_with_its_group() {
        let directory = std::env::temp_dir().join(format!("neo4jbackup-group-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        // Its output is open for as long as one of the two runs.
        let mut program = Command::new("sh")
            .args(["-c", "sleep 600 & echo started; wait"])
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap();
        let mut output = program.stdout.take().unwrap();
        let mut said = [0; 8];
        std::io::Read::read_exact(&mut output, &mut said).unwrap();
        let mut watchdog = Watchdog::start(&directory).unwrap();
        watchdog.watch_group(program.id()).unwrap();
        drop(watchdog.shell.stdin.take());
        let mut rest = Vec::new();
        std::io::Read::read_to_end(&mut output, &mut rest).unwrap();
        assert_eq!(program.wait().unwrap().signal(), Some(9));
        watchdog.shell.wait().unwrap();
    }

    #[test]
    fn a_dismissed_watchdog_leaves_the_programs_alone() {
        let directory = std::env::temp_dir().join(format!("neo4jbackup-dismissed-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let mut program = sleep();
        let mut watchdog = Watchdog::start(&directory).unwrap();
        watchdog.watch(program.id()).unwrap();
        watchdog.dismiss();
        assert!(program.try_wait().unwrap().is_none() && directory.exists());
        program.kill().unwrap();
        program.wait().unwrap();
        std::fs::remove_dir(&directory).unwrap();
    }

    fn sleep() -> Child {
        Command::new("sleep").arg("600").spawn().unwrap()
    }
}
