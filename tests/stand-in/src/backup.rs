//! A backup: the store of a database comes over the network and is written to a folder.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::log;
use crate::script::BackupOptions;

/// Why there is no artifact, in the words of Java.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BackupError {
    #[error("java.net.UnknownHostException: {0}: Name or service not known")]
    UnknownHost(String),
    #[error("io.netty.channel.AbstractChannel$AnnotatedConnectException: Connection refused: {from}")]
    Refused { from: String, source: io::Error },
    #[error("java.io.IOException: {0}")]
    Receive(io::Error),
    #[error("java.nio.file.FileSystemException: {}: {}", file.display(), reason(source))]
    Store { file: PathBuf, source: io::Error },
}

/// Makes an artifact, as neo4j-admin does.
pub(crate) fn run(options: &BackupOptions) -> Result<(), BackupError> {
    let BackupOptions { from, database, .. } = options;
    let text = format!("Starting backup of database '{database}' from servers: [{from}]");
    log::info("c.n.b.b.BackupExecutor", &text);
    let start = Instant::now();
    let mut socket = connect(from)?;
    // The kernel gives memory once it is written to.
    let page_cache = vec![1_u8; options.page_cache];
    let name = artifact_name(database);
    let file = options.to.join(&name);
    let stored = |source| BackupError::Store {
        file: file.clone(),
        source,
    };
    fs::create_dir_all(&options.to).map_err(stored)?;
    let mut artifact = File::create(&file).map_err(stored)?;
    socket
        .write_all(format!("{database}\n").as_bytes())
        .map_err(BackupError::Receive)?;
    let mut piece = vec![0; 64 << 10];
    loop {
        let length = socket.read(&mut piece).map_err(BackupError::Receive)?;
        if length == 0 {
            break;
        }
        artifact.write_all(&piece[..length]).map_err(stored)?;
    }
    artifact.sync_all().map_err(stored)?;
    drop(page_cache);
    let took = start.elapsed().as_millis();
    let text = format!("Finished artifact creation '{name}' for database '{database}', took {took}ms.");
    log::info("c.n.b.v.b.BackupOutputMonitor", &text);
    Ok(())
}

fn connect(from: &str) -> Result<TcpStream, BackupError> {
    let (host, port) = from.rsplit_once(':').unwrap_or((from, "6362"));
    let unknown = || BackupError::UnknownHost(host.to_owned());
    let address = address(host).ok_or_else(unknown)?;
    let address = SocketAddr::new(address, port.parse().map_err(|_| unknown())?);
    TcpStream::connect_timeout(&address, PATIENCE).map_err(|source| BackupError::Refused {
        from: format!("{host}/{address}"),
        source,
    })
}

/// The address of a host. The cluster of the tests has no name server, and a static program no resolver: names stand in
/// the file that the kubelet writes.
fn address(host: &str) -> Option<IpAddr> {
    if let Ok(address) = host.parse() {
        return Some(address);
    }
    let hosts = fs::read_to_string("/etc/hosts").ok()?;
    let mut lines = hosts.lines().map(str::split_whitespace);
    lines.find_map(|mut line| {
        let address = line.next()?;
        line.any(|name| name == host).then(|| address.parse().ok())?
    })
}

/// `orders-2026-11-21T06-02-33.backup`.
fn artifact_name(database: &str) -> String {
    let now = Timestamp::now().to_zoned(TimeZone::UTC);
    format!("{database}-{}.backup", now.strftime("%Y-%m-%dT%H-%M-%S"))
}

/// The words of the C library, to which the standard library adds a number.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}

const PATIENCE: Duration = Duration::from_secs(30);
