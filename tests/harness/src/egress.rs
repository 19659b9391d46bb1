//! The way from an API server into its cluster, as a control plane has it that stands elsewhere: a proxy that is asked for every
//! connection to a pod or a Service, and does to it what networks do.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::error::HarnessError;

/// What becomes of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Passage {
    /// It leads to this address of the machine.
    To(SocketAddr),
    /// It is refused, with these words.
    Refused(&'static str),
    /// Nothing comes back, as from a firewall that drops what it does not let through.
    Dropped,
}

/// By the port that is called.
type Decide = Box<dyn Fn(u16) -> Passage + Send>;

/// A proxy on a socket of the file system, until the process ends.
pub struct Egress {
    configuration: PathBuf,
    decide: Arc<Mutex<Decide>>,
}

impl Egress {
    /// Starts one in a folder of its own. Until it is told more, it drops everything.
    pub fn start(directory: &Path) -> Result<Self, HarnessError> {
        let socket = directory.join("egress.sock");
        let configuration = directory.join("egress.json");
        let selector = json!({
            "apiVersion": "apiserver.k8s.io/v1beta1", "kind": "EgressSelectorConfiguration",
            "egressSelections": [{"name": "cluster", "connection": {
                "proxyProtocol": "HTTPConnect", "transport": {"uds": {"udsName": socket}},
            }}],
        });
        let could_not = || HarnessError::io("start an egress proxy");
        std::fs::write(&configuration, selector.to_string()).map_err(could_not())?;
        let listener = UnixListener::bind(&socket).map_err(could_not())?;
        let decide: Arc<Mutex<Decide>> = Arc::new(Mutex::new(Box::new(|_| Passage::Dropped)));
        let deciding = Arc::clone(&decide);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let decide = Arc::clone(&deciding);
                // A connection that ends is no matter: who opened it hears of it.
                thread::spawn(move || drop(serve(client, &decide)));
            }
        });
        Ok(Self { configuration, decide })
    }

    /// The argument by which an API server goes this way.
    pub fn argument(&self) -> String {
        format!("--egress-selector-config-file={}", self.configuration.display())
    }

    /// From now on, what becomes of a connection is decided by the port that it is for.
    pub fn decide(&self, decide: impl Fn(u16) -> Passage + Send + 'static) {
        *self.decide.lock().unwrap_or_else(PoisonError::into_inner) = Box::new(decide);
    }
}

/// Longer than any API server waits.
const FOR_EVER: Duration = Duration::from_secs(120);

fn serve(client: UnixStream, decide: &Mutex<Decide>) -> io::Result<()> {
    let mut reader = BufReader::new(client.try_clone()?);
    let mut request = String::new();
    reader.read_line(&mut request)?;
    let mut line = String::new();
    while reader.read_line(&mut line)? > 2 {
        line.clear();
    }
    let target = request.split(' ').nth(1).unwrap_or_default();
    let port = target.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
    let passage = decide.lock().unwrap_or_else(PoisonError::into_inner)(port.unwrap_or_default());
    match passage {
        Passage::To(address) => match TcpStream::connect(address) {
            Ok(server) => join(client, reader, server),
            Err(_) => refuse(&client, &format!("dial tcp {target}: connect: connection refused")),
        },
        Passage::Refused(words) => refuse(&client, words),
        Passage::Dropped => {
            thread::sleep(FOR_EVER);
            Ok(())
        }
    }
}

fn refuse(mut client: &UnixStream, words: &str) -> io::Result<()> {
    client.write_all(format!("HTTP/1.1 503 {words}\r\nContent-Length: 0\r\n\r\n").as_bytes())
}

/// Passes on what comes, in both directions.
fn join(mut client: UnixStream, mut from_client: BufReader<UnixStream>, server: TcpStream) -> io::Result<()> {
    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
    let mut to_server = server.try_clone()?;
    thread::spawn(move || {
        let _ = io::copy(&mut from_client, &mut to_server);
        let _ = to_server.shutdown(Shutdown::Write);
    });
    let mut from_server = server;
    io::copy(&mut from_server, &mut client)?;
    client.shutdown(Shutdown::Both)
}
