//! A server that ends with the process that started it.

use std::fs;
use std::io;
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::daemon::Daemon;
use crate::error::HarnessError;
use crate::locations;
use crate::ports::free_ports;
use crate::wait::wait_for;
use crate::watchdog::Watchdog;

/// A running server on a port of 127.0.0.1, with a folder of its own. Dropping it ends the one and removes the other.
pub(super) struct Server {
    daemon: Daemon,
    folder: PathBuf,
    ports: Vec<u16>,
    watchdog: Option<Watchdog>,
}

impl Server {
    /// Starts a program with the command that `make` writes for a folder and ports, and waits until it listens on all of
    /// them.
    pub(super) fn start<const PORTS: usize>(
        name: &'static str,
        make: impl FnOnce(&Path, [u16; PORTS]) -> Result<Command, HarnessError>,
    ) -> Result<Self, HarnessError> {
        let connect = |port: u16| TcpStream::connect((Ipv4Addr::LOCALHOST, port));
        Self::start_in(name, &connect, make)
    }

    /// The same in another network, in which `connect` leads to a port.
    pub(super) fn start_in<const PORTS: usize>(
        name: &'static str,
        connect: &dyn Fn(u16) -> io::Result<TcpStream>,
        make: impl FnOnce(&Path, [u16; PORTS]) -> Result<Command, HarnessError>,
    ) -> Result<Self, HarnessError> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = locations::target()
            .join("stores/run")
            .join(format!("{name}-{}-{number}", std::process::id()));
        fs::create_dir_all(&folder).map_err(HarnessError::io(format!("create {}", folder.display())))?;
        let ports: [u16; PORTS] = free_ports()?;
        let mut watchdog = Watchdog::start(&folder)?;
        let mut daemon = Daemon::spawn(name, make(&folder, ports)?, &folder)?;
        watchdog.watch_group(daemon.process_id())?;
        for port in ports {
            wait_for(&mut daemon, name, |_| {
                connect(port).map(drop).map_err(|error| error.to_string())
            })?;
        }
        Ok(Self {
            daemon,
            folder,
            ports: ports.to_vec(),
            watchdog: Some(watchdog),
        })
    }

    pub(super) fn port(&self) -> u16 {
        self.ports[0]
    }

    /// The other one, of a program that has asked for two.
    pub(super) fn second_port(&self) -> u16 {
        self.ports[1]
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Some have helpers that would go on without them.
        self.daemon.end_group();
        // The numbers of its processes may soon be those of others.
        if let Some(watchdog) = self.watchdog.take() {
            watchdog.dismiss();
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wait::{await_something, await_that};

    /// Whether a process runs; one that has ended and that nobody has asked about does not.
    fn runs(process_id: &str) -> bool {
        let shown = Command::new("ps").args(["-o", "stat=", "-p", process_id]).output();
        let state = String::from_utf8(shown.unwrap().stdout).unwrap();
        !state.trim().is_empty() && !state.trim().starts_with('Z')
    }

    #[test]
    fn helpers_end_with_the_server_and_so_does_its_watchdog() {
        let server = Server::start("helped", |_, []| {
            let mut command = Command::new("sh");
            command.args(["-c", "sleep 600 & echo $! > writing && mv writing helper && wait"]);
            Ok(command)
        });
        let server = server.unwrap();
        let file = server.folder.join("helper");
        let helper = await_something("the helper", || {
            fs::read_to_string(&file).map(|text| text.trim().to_owned())
        });
        let watchdog = server.watchdog.as_ref().unwrap().process_id().to_string();
        assert!(runs(&helper) && runs(&watchdog));
        let folder = server.folder.clone();
        drop(server);
        assert!(!runs(&watchdog) && !folder.exists());
        await_that("the end of the helper", || !runs(&helper));
    }

    #[test]
    fn a_server_listens_on_each_of_its_ports() {
        let later = "import socket, sys, time\nports = sys.argv[1:]\nlisteners = []\nfor port in ports:\n    \
                     listeners.append(socket.create_server((\"127.0.0.1\", int(port))))\n    time.sleep(0.3)\ntime.sleep(600)";
        if Command::new("python3").arg("--version").output().is_err() {
            return;
        }
        let server = Server::start("listening", |_, ports: [u16; 2]| {
            let mut command = Command::new("python3");
            command.args(["-c", later]).args(ports.map(|port| port.to_string()));
            Ok(command)
        });
        let server = server.unwrap();
        for port in [server.port(), server.second_port()] {
            TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        }
    }
}
