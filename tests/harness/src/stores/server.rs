//! A server that ends with the process that started it.

use std::fs;
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
    ports: [u16; 2],
    _watchdog: Watchdog,
}

impl Server {
    /// Starts a program with the command that `make` writes for a folder and two ports, and waits until it listens
    /// on the first.
    pub(super) fn start(
        name: &'static str,
        make: impl FnOnce(&Path, [u16; 2]) -> Result<Command, HarnessError>,
    ) -> Result<Self, HarnessError> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = locations::target()
            .join("stores/run")
            .join(format!("{name}-{}-{number}", std::process::id()));
        fs::create_dir_all(&folder).map_err(HarnessError::io(format!("create {}", folder.display())))?;
        let ports: [u16; 2] = free_ports()?;
        let mut watchdog = Watchdog::start(&folder)?;
        let mut daemon = Daemon::spawn(name, make(&folder, ports)?, &folder)?;
        watchdog.watch(daemon.process_id())?;
        wait_for(&mut daemon, name, |_| {
            let connected = TcpStream::connect((Ipv4Addr::LOCALHOST, ports[0]));
            connected.map(drop).map_err(|error| error.to_string())
        })?;
        Ok(Self {
            daemon,
            folder,
            ports,
            _watchdog: watchdog,
        })
    }

    pub(super) fn port(&self) -> u16 {
        self.ports[0]
    }

    /// The other one, which not every program uses.
    pub(super) fn second_port(&self) -> u16 {
        self.ports[1]
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.daemon.end();
        let _ = fs::remove_dir_all(&self.folder);
    }
}
