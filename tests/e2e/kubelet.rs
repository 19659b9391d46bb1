//! A kubelet that has logs and nothing else. The API server asks it, over TLS, as it asks a real one.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use neo4jbackup_harness::{CertificateAuthority, ControlPlane, later, play};
use neo4jbackup_tests::scenario::{Moved, logs};
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::listener::{Listener, acceptor, read_head};

/// A node, as far as the API server needs it for logs. It listens until the value is dropped.
pub(crate) struct Kubelet {
    /// The name of the node.
    pub(crate) node: String,
    shared: Arc<Shared>,
    _listener: Listener,
}

struct Shared {
    logs: Mutex<BTreeMap<String, Log>>,
    /// Grows with every change of a log.
    changes: watch::Sender<u64>,
    /// Grows whenever all connections break.
    breaks: watch::Sender<u64>,
}

#[derive(Default, Clone)]
struct Log {
    lines: Vec<(Timestamp, String)>,
    has_ended: bool,
    stalls: bool,
    refusal: Option<(u16, String)>,
}

impl Kubelet {
    /// Listens, and registers a node of this name.
    pub(crate) fn register(control_plane: &ControlPlane, node: &str) -> Self {
        let authority = CertificateAuthority::new().unwrap();
        let acceptor = acceptor(&authority.issue_server_certificate(&["127.0.0.1"]).unwrap());
        let shared = Arc::new(Shared {
            logs: Mutex::default(),
            changes: watch::Sender::new(0),
            breaks: watch::Sender::new(0),
        });
        let serving = Arc::clone(&shared);
        let listener = Listener::start(move |socket| {
            let (acceptor, shared) = (acceptor.clone(), Arc::clone(&serving));
            async move { shared.serve(socket, &acceptor).await }
        });
        let object = json!({
            "apiVersion": "v1", "kind": "Node", "metadata": {"name": node},
            "status": {"addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
                       "daemonEndpoints": {"kubeletEndpoint": {"Port": listener.address.port()}}},
        });
        play(&mut control_plane.api_client().unwrap(), [object]);
        Self {
            node: node.to_owned(),
            shared,
            _listener: listener,
        }
    }

    /// A container, `NAMESPACE/POD/CONTAINER`, writes lines, each with its time in front.
    pub(crate) fn write(&self, container: &str, lines: &[&str]) {
        self.change(container, |log| {
            for line in lines {
                let (time, text) = line.split_once(' ').unwrap();
                log.lines.push((time.parse().unwrap(), text.to_owned()));
            }
        });
    }

    /// The containers of a scenario have written their logs, and ended.
    pub(crate) fn write_logs_of(&self, scenario: &Moved) {
        let time = scenario.now();
        for log in logs(&scenario.folder) {
            let lines: Vec<String> = log.text.lines().map(|line| format!("{time} {line}")).collect();
            let pod = later(&log.pod.into(), scenario.minutes);
            let container = log.container.replace(".previous", "/previous");
            let place = format!("{}/{}/{container}", log.namespace, pod.as_str().unwrap());
            self.write(&place, &lines.iter().map(String::as_str).collect::<Vec<_>>());
            self.end(&place);
        }
    }

    /// A container ends.
    pub(crate) fn end(&self, container: &str) {
        self.change(container, |log| log.has_ended = true);
    }

    /// The log of a container cannot be read.
    pub(crate) fn refuse(&self, container: &str, status: u16, text: &str) {
        self.change(container, |log| log.refusal = Some((status, text.to_owned())));
    }

    /// After its lines nothing more of the log of a container comes, and no end of it.
    pub(super) fn stall(&self, container: &str) {
        self.change(container, |log| log.stalls = true);
    }

    /// Breaks every connection.
    pub(crate) fn break_connections(&self) {
        self.shared.breaks.send_modify(|count| *count += 1);
    }

    fn change(&self, container: &str, change: impl FnOnce(&mut Log)) {
        change(
            self.shared
                .logs
                .lock()
                .unwrap()
                .entry(container.to_owned())
                .or_default(),
        );
        self.shared.changes.send_modify(|count| *count += 1);
    }
}

impl Shared {
    /// Answers one request. Whoever has gone away needs no answer.
    async fn serve(&self, socket: TcpStream, acceptor: &TlsAcceptor) -> Option<()> {
        let mut breaks = self.breaks.subscribe();
        let mut stream = acceptor.accept(socket).await.ok()?;
        let head = read_head(&mut stream).await?;
        let target = head.strip_prefix("GET /containerLogs/")?.split(' ').next()?;
        let request = Request::read(target);
        tokio::select! {
            answered = self.answer(&mut stream, &request) => answered,
            // The stream is dropped without an end.
            _ = breaks.changed() => None,
        }
    }

    async fn answer(&self, stream: &mut TlsStream<TcpStream>, request: &Request) -> Option<()> {
        let mut changes = self.changes.subscribe();
        let log = || self.logs.lock().unwrap().get(&request.container).cloned();
        let refusal = match log() {
            Some(log) => log.refusal,
            None => Some((404, format!("container {} is not there", request.container))),
        };
        if let Some((status, text)) = refusal {
            let answer = format!(
                "HTTP/1.1 {status} No\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{text}",
                text.len()
            );
            return stream.write_all(answer.as_bytes()).await.ok();
        }
        let head =
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
        stream.write_all(head.as_bytes()).await.ok()?;
        let mut sent = log()?.lines.len() - request.selects(&log()?.lines).min(log()?.lines.len());
        loop {
            let log = log()?;
            for (time, text) in &log.lines[sent..] {
                if request.since.is_some_and(|since| *time < since) {
                    continue;
                }
                let time = if request.has_times {
                    format!("{time} ")
                } else {
                    String::new()
                };
                let line = format!("{time}{text}\n");
                // A line comes in pieces, as it does over a slow network.
                for piece in line.as_bytes().chunks(4_096) {
                    let (one, other) = piece.split_at(piece.len() / 2);
                    for part in [one, other].into_iter().filter(|part| !part.is_empty()) {
                        stream
                            .write_all(format!("{:x}\r\n", part.len()).as_bytes())
                            .await
                            .ok()?;
                        stream.write_all(part).await.ok()?;
                        stream.write_all(b"\r\n").await.ok()?;
                        stream.flush().await.ok()?;
                    }
                }
            }
            sent = log.lines.len();
            if log.stalls {
                return std::future::pending().await;
            }
            if log.has_ended || !request.follows {
                stream.write_all(b"0\r\n\r\n").await.ok()?;
                return stream.shutdown().await.ok();
            }
            changes.changed().await.ok()?;
        }
    }
}

/// What the API server asks for.
struct Request {
    container: String,
    follows: bool,
    has_times: bool,
    tail: Option<usize>,
    since: Option<Timestamp>,
}

impl Request {
    /// Reads `NAMESPACE/POD/CONTAINER?QUERY`.
    fn read(target: &str) -> Self {
        let (container, query) = target.split_once('?').unwrap_or((target, ""));
        let value = |name: &str| {
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value.replace("%3A", ":"))
        };
        let is = |name: &str| value(name).is_some_and(|value| value == "true");
        let ago =
            |seconds: String| Timestamp::from_second(Timestamp::now().as_second() - seconds.parse::<i64>().unwrap());
        let since = value("sinceSeconds").map(|seconds| ago(seconds).unwrap());
        let before = if is("previous") { "/previous" } else { "" };
        Self {
            container: format!("{container}{before}"),
            follows: is("follow"),
            has_times: is("timestamps"),
            tail: value("tailLines").map(|tail| tail.parse().unwrap()),
            since: since.or_else(|| value("sinceTime").map(|time| time.parse().unwrap())),
        }
    }

    /// How many of the lines that are there, the newest, are asked for.
    fn selects(&self, lines: &[(Timestamp, String)]) -> usize {
        self.tail.unwrap_or(lines.len())
    }
}
