//! Which replica a connection goes to, and how that follows readiness.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use neo4jbackup_emulator::{Emulator, Endpoints, Outcome, Propagation, Reason, Replica};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::server::{Server, allow};
use crate::{failing_closed, review};

const PROPAGATION: Propagation = Propagation {
    poll: Duration::from_millis(20),
    failures: 3,
    delay: Duration::from_millis(300),
};

/// A `/readyz` that says what it is told to.
async fn readiness() -> (SocketAddr, Arc<AtomicBool>) {
    let ready = Arc::new(AtomicBool::new(true));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let told = Arc::clone(&ready);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 1024];
            let _ = stream.read(&mut request).await;
            let status = if told.load(Ordering::Relaxed) {
                "200 OK"
            } else {
                "503 No"
            };
            let _ = stream.write_all(format!("HTTP/1.0 {status}\r\n\r\n").as_bytes()).await;
        }
    });
    (address, ready)
}

#[tokio::test]
async fn connections_take_turns_and_calls_do_not() {
    let servers = [Server::start(|_| allow()).await, Server::start(|_| allow()).await];
    let bundle = format!("{}{}", servers[0].authority, servers[1].authority);
    let config = || {
        neo4jbackup_emulator::Config::new("guard", "neo4j", bundle.clone())
            .endpoints(Endpoints::fixed(servers.iter().map(|server| server.address)))
            .hook(failing_closed())
    };
    let keeping = Emulator::new(config());
    for _ in 0..10 {
        keeping.call(&review()).await;
    }
    assert_eq!((servers[0].seen().len(), servers[1].seen().len()), (10, 0));
    let wasteful = Emulator::new(config().idle_connections(0));
    for _ in 0..10 {
        wasteful.call(&review()).await;
    }
    assert_eq!(servers[1].seen().len(), 5);
}

#[tokio::test]
async fn new_connections_follow_readiness_after_a_delay() {
    let server = Server::start(|_| allow()).await;
    let (status, ready) = readiness().await;
    let endpoints = Endpoints::watching(PROPAGATION);
    let emulator = Emulator::new(
        server
            .config([failing_closed()])
            .endpoints(endpoints.clone())
            .idle_connections(0),
    );
    let Outcome::Failed(failure) = emulator.call(&review()).await else {
        panic!("nobody is there yet");
    };
    assert_eq!(failure.reason, Reason::NoEndpoints);

    endpoints.add(Replica {
        address: server.address,
        status,
    });
    endpoints.wait_until(|visible| visible == [server.address]).await;
    assert!(matches!(emulator.call(&review()).await, Outcome::Allowed(_)));

    ready.store(false, Ordering::Relaxed);
    let start = Instant::now();
    assert!(
        matches!(emulator.call(&review()).await, Outcome::Allowed(_)),
        "the news was there at once"
    );
    endpoints.wait_until(<[_]>::is_empty).await;
    assert!(start.elapsed() >= PROPAGATION.delay);
    assert!(matches!(emulator.call(&review()).await, Outcome::Failed(_)));

    ready.store(true, Ordering::Relaxed);
    endpoints.wait_until(|visible| !visible.is_empty()).await;
    endpoints.remove(server.address);
    endpoints.wait_until(<[_]>::is_empty).await;
}
