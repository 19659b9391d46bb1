//! The way out of the server: every call on it is answered.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;

use crate::program::{Program, text};
use crate::server::{Running, body};
use crate::support::{Client, Folder, app, eventually, get, head, response};

/// Calls as the API server makes them: over connections that are kept and used again, and opened where the cluster sends
/// them.
struct Caller {
    /// Where a new connection may go, with the authority of the server there.
    endpoints: Mutex<Vec<(SocketAddr, String)>>,
    /// Oldest first, so that each is used often.
    idle: Mutex<VecDeque<(SocketAddr, Client)>>,
    answered: AtomicUsize,
    asked_to_close: AtomicUsize,
    failures: Mutex<Vec<String>>,
    done: AtomicBool,
}

impl Caller {
    async fn run(self: Arc<Self>) {
        let mut turn = 0;
        while !self.done.load(Ordering::Relaxed) {
            turn += 1;
            if let Err(failure) = self.call(turn).await {
                self.failures.lock().unwrap().push(failure);
            }
        }
    }

    async fn call(&self, turn: usize) -> Result<(), String> {
        let kept = self.idle.lock().unwrap().pop_front();
        let (address, mut client) = if let Some(kept) = kept {
            kept
        } else {
            let (address, authority) = {
                let endpoints = self.endpoints.lock().unwrap();
                endpoints[turn % endpoints.len()].clone()
            };
            let client = Client::try_connect(address, &authority, "http/1.1").await;
            (address, client.map_err(|error| format!("connecting: {error}"))?)
        };
        let body = body();
        let mut call = head("/validate?timeout=10s", body.len()).into_bytes();
        call.extend(&body);
        let sent = async {
            client.stream.write_all(&call).await?;
            client.stream.flush().await
        };
        sent.await.map_err(|error| format!("sending: {error}"))?;
        let answer = client.try_answer().await.map_err(|error| format!("reading: {error}"))?;
        if answer.status != 200 || response(&answer.body)["allowed"] != true {
            return Err(format!(
                "answer {}: {}",
                answer.status,
                String::from_utf8_lossy(&answer.body)
            ));
        }
        self.answered.fetch_add(1, Ordering::Relaxed);
        if answer.header.contains("connection: close") {
            self.asked_to_close.fetch_add(1, Ordering::Relaxed);
        } else {
            self.idle.lock().unwrap().push_back((address, client));
        }
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_that_stop_one_after_the_other_lose_no_call() {
    let start = async || {
        let folder = Folder::new();
        let authority = folder.path().join("ca.crt");
        let program =
            Program::start_with(&folder, &["--self-signed", "--self-signed-ca", text(&authority)], "2s").await;
        let authority = std::fs::read_to_string(&authority).unwrap();
        (program, authority)
    };
    let (mut old, authority) = start().await;
    let caller = Arc::new(Caller {
        endpoints: Mutex::new(vec![(old.address, authority)]),
        idle: Mutex::default(),
        answered: AtomicUsize::new(0),
        asked_to_close: AtomicUsize::new(0),
        failures: Mutex::default(),
        done: AtomicBool::new(false),
    });
    let workers: Vec<_> = (0..6).map(|_| tokio::spawn(Arc::clone(&caller).run())).collect();
    for _ in 0..2 {
        let (new, authority) = start().await;
        caller.endpoints.lock().unwrap().push((new.address, authority));
        let before = caller.answered.load(Ordering::Relaxed);
        eventually("calls go on", async || {
            (caller.answered.load(Ordering::Relaxed) > before + 50).then_some(())
        })
        .await;
        let asked = caller.asked_to_close.load(Ordering::Relaxed);
        old.ask_to_stop();
        // The cluster sends connections there until it hears that the replica is not ready.
        eventually("it is not ready any more", async || {
            (get(old.status, "/readyz").await.0 == 503).then_some(())
        })
        .await;
        eventually("connections are asked to close", async || {
            (caller.asked_to_close.load(Ordering::Relaxed) > asked).then_some(())
        })
        .await;
        caller.endpoints.lock().unwrap().remove(0);
        assert_eq!(old.exit_code().await, Some(0));
        old = new;
    }
    caller.done.store(true, Ordering::Relaxed);
    for worker in workers {
        worker.await.unwrap();
    }
    let failures = caller.failures.lock().unwrap();
    assert!(failures.is_empty(), "{failures:#?}");
}

#[tokio::test]
async fn whoever_asks_twice_does_not_want_to_wait() {
    let folder = Folder::new();
    let program = Program::start_with(&folder, &["--self-signed"], "1h").await;
    program.ask_to_stop();
    eventually("it is not ready any more", async || {
        (get(program.status, "/readyz").await.0 == 503).then_some(())
    })
    .await;
    program.ask_to_stop();
    assert_eq!(program.exit_code().await, Some(2));
}

#[tokio::test]
async fn a_call_that_has_arrived_is_answered_even_at_the_very_end() {
    // One thread: between the writes and the signal the server has no turn.
    for _ in 0..20 {
        let running = Running::start(app(), Duration::ZERO).await;
        let mut client = running.client().await;
        assert_eq!(client.post("/validate", &body()).await.status, 200);
        let mut idle = running.client().await;
        assert_eq!(idle.post("/validate", &body()).await.status, 200);
        let mut call = head("/validate", body().len()).into_bytes();
        call.extend(body());
        client.write(&call).await;
        running.stop.send(()).unwrap();
        let answer = client.answer().await;
        assert!(
            answer.status == 200 && answer.header.contains("connection: close"),
            "{}",
            answer.header
        );
        idle.closed().await;
        tokio::time::timeout(crate::support::PATIENCE, running.ended)
            .await
            .unwrap()
            .unwrap();
    }
}

#[tokio::test]
async fn who_has_only_just_connected_is_answered_before_the_end() {
    let running = Running::start(app(), Duration::ZERO).await;
    let mut fresh = running.client().await;
    running.stop.send(()).unwrap();
    eventually("nobody listens any more", async || {
        tokio::net::TcpStream::connect(running.address)
            .await
            .is_err()
            .then_some(())
    })
    .await;
    let answer = fresh.post("/validate", &body()).await;
    assert!(
        answer.status == 200 && answer.header.contains("connection: close"),
        "{}",
        answer.header
    );
    tokio::time::timeout(crate::support::PATIENCE, running.ended)
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn every_answer_of_the_lame_duck_asks_to_close_whatever_it_says() {
    let running = Running::start(app(), Duration::from_secs(3600)).await;
    let mut waiting = Vec::new();
    let calls = [
        ("/validate", 200),
        ("/mutate", 200),
        ("/validate/audit", 200),
        ("/nowhere", 404),
        ("/validate", 400),
    ];
    for _ in &calls {
        waiting.push(running.client().await);
    }
    let status = running.status;
    running.stop.send(()).unwrap();
    eventually("it is not ready any more", async || {
        (get(status, "/readyz").await.0 == 503).then_some(())
    })
    .await;
    for (mut client, (path, status)) in waiting.into_iter().zip(calls) {
        let body = if status == 400 { b"{".to_vec() } else { body() };
        let answer = client.post(path, &body).await;
        assert!(
            answer.status == status && answer.header.contains("connection: close"),
            "{}",
            answer.header
        );
        client.closed().await;
    }
    let (_, metrics) = get(status, "/metrics").await;
    assert!(metrics.contains("neo4j_backup_webhook_draining 1\n"), "{metrics}");
}
