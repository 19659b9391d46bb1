//! The namespaces of one node: made by one process, entered by all others, gone with the first.

use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use crate::daemon::Daemon;
use crate::error::HarnessError;
use crate::http::{HttpError, plain_get_over};
use crate::run_directory::RunDirectory;
use crate::wait::wait_for;
use crate::watchdog::Watchdog;

/// Mount, process, network, IPC and host name namespaces that look like a machine of their own.
#[derive(Debug, Clone)]
pub(crate) struct Namespaces {
    /// Their first process, by the number that the machine knows it by.
    init: u32,
}

impl Namespaces {
    /// Makes them; the daemon ends when all that is in them has ended, and the other way round.
    pub(crate) fn create(directory: &RunDirectory, watchdog: &mut Watchdog) -> Result<(Self, Daemon), HarnessError> {
        directory.write("init.sh", INIT.as_bytes())?;
        let mut command = Command::new("unshare");
        command
            .args(["--mount", "--pid", "--net", "--ipc", "--uts", "--fork", "--kill-child"])
            .args(["sh", &directory.file("init.sh")])
            .arg(directory.path())
            .env_clear()
            .env("PATH", PATH);
        let mut daemon = Daemon::spawn("init", command, directory.path())?;
        watchdog.watch(daemon.process_id())?;
        // The script writes the file once everything is in place.
        let namespaces = wait_for(&mut daemon, "the namespaces of the node", |_| {
            Self::of(directory).map_err(|error| error.to_string())
        });
        let init = match namespaces {
            Ok(namespaces) => namespaces.init,
            Err(error) => {
                daemon.end();
                return Err(error);
            }
        };
        watchdog.watch(init)?;
        directory.record_process(init)?;
        Ok((Self { init }, daemon))
    }

    /// Those of the node in a directory, which another process may have started.
    pub(crate) fn of(directory: &RunDirectory) -> Result<Self, HarnessError> {
        let file = directory.path().join(INIT_NUMBER);
        let could_not_read = || HarnessError::io(format!("read {}", file.display()));
        let text = fs::read_to_string(&file).map_err(could_not_read())?;
        let init = text.trim().parse();
        let init = init.map_err(|_| could_not_read()(std::io::ErrorKind::InvalidData.into()))?;
        Ok(Self { init })
    }

    /// Where `/proc` shows the namespace of the processes.
    pub(crate) fn process_namespace(&self) -> PathBuf {
        format!("/proc/{}/ns/pid", self.init).into()
    }

    /// The command that runs `program` in all of the namespaces, with the caller's environment.
    pub(crate) fn enter(&self, program: &Path) -> Command {
        let mut command = Command::new("nsenter");
        command
            .args(["--target", &self.init.to_string()])
            .args(["--mount", "--pid", "--net", "--ipc", "--uts", "--"])
            .arg(program);
        command
    }

    /// The same with a system's environment.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = self.enter(program);
        command.env_clear().env("PATH", PATH);
        command
    }

    /// Writes a script that runs `program` in the network of the node and otherwise where it is called.
    pub(crate) fn write_wrapper(&self, script: &Path, program: &Path) -> Result<(), HarnessError> {
        use std::os::unix::fs::PermissionsExt as _;
        let text = format!(
            "#!/bin/sh\nexec nsenter --target {} --net -- '{}' \"$@\"\n",
            self.init,
            program.display()
        );
        let could_not_write = || HarnessError::io(format!("write {}", script.display()));
        fs::write(script, text).map_err(could_not_write())?;
        fs::set_permissions(script, fs::Permissions::from_mode(0o755)).map_err(could_not_write())
    }

    /// A connection to a port of 127.0.0.1 in the network of the node. It can be used by every thread of the caller: a
    /// socket stays in the network in which it was made.
    #[cfg(target_os = "linux")]
    pub(crate) fn connect(&self, port: u16) -> std::io::Result<TcpStream> {
        use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

        let network = fs::File::open(format!("/proc/{}/ns/net", self.init))?;
        // Only this thread moves, and it ends here.
        let inside = thread::spawn(move || {
            move_into_link_name_space(std::os::fd::AsFd::as_fd(&network), Some(LinkNameSpaceType::Network))?;
            TcpStream::connect((std::net::Ipv4Addr::LOCALHOST, port))
        });
        inside
            .join()
            .unwrap_or_else(|_| Err(std::io::Error::other("the thread that connects panicked")))
    }

    /// There is no node to connect to.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn connect(&self, _port: u16) -> std::io::Result<TcpStream> {
        Err(std::io::ErrorKind::Unsupported.into())
    }

    /// The status of a plain HTTP request to a port of the node.
    pub(crate) fn http_status(&self, port: u16, path: &str) -> Result<u16, HttpError> {
        plain_get_over(self.connect(port), path).map(|(status, _)| status)
    }
}

/// The file with the number of the first process; `init.sh` writes it.
const INIT_NUMBER: &str = "init";
const INIT: &str = include_str!("files/init.sh");
/// Where Debian keeps what the node is made of.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
