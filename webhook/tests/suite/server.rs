//! Real sockets: TLS, large bodies, slow callers, and the way out.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use neo4jbackup_webhook::{App, ClientCheck, Leaving, Limits, ServedCertificate, self_signed, serve, serve_status};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::support::{Client, app, create, eventually, get, good_backup, head, response};

pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) status: SocketAddr,
    pub(crate) authority: String,
    pub(crate) stop: oneshot::Sender<()>,
    pub(crate) ended: JoinHandle<()>,
}

impl Running {
    pub(crate) async fn start(app: App, lame_duck: Duration) -> Self {
        Self::start_for(None, app, lame_duck).await
    }

    /// For certain callers only.
    pub(crate) async fn start_for(callers: Option<Arc<ClientCheck>>, app: App, lame_duck: Duration) -> Self {
        let made = self_signed(Timestamp::now()).unwrap();
        let (served, _) = ServedCertificate::new(&made.pem).unwrap();
        let app = Arc::new(app);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let status_listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, status) = (listener.local_addr().unwrap(), status_listener.local_addr().unwrap());
        tokio::spawn(serve_status(Arc::clone(&app), status_listener));
        let (stop, stopped) = oneshot::channel();
        let leaving = Leaving {
            lame_duck,
            ..Leaving::default()
        };
        let ended = tokio::spawn(async move {
            let stop = async { drop(stopped.await) };
            serve(
                app,
                listener,
                served.server_config_for(callers.as_ref()).unwrap(),
                stop,
                leaving,
            )
            .await;
        });
        Self {
            address,
            status,
            authority: made.authority,
            stop,
            ended,
        }
    }

    pub(crate) async fn client(&self) -> Client {
        Client::connect(self.address, &self.authority, "http/1.1").await
    }

    pub(crate) async fn ends(self) {
        let _ = self.stop.send(());
        tokio::time::timeout(crate::support::PATIENCE, self.ended)
            .await
            .unwrap()
            .unwrap();
    }
}

pub(crate) fn body() -> Vec<u8> {
    create(&good_backup()).to_string().into_bytes()
}

#[tokio::test]
async fn one_connection_carries_many_calls() {
    let running = Running::start(app(), Duration::ZERO).await;
    let mut client = running.client().await;
    for _ in 0..5 {
        let answer = client.post("/validate?timeout=10s", &body()).await;
        assert_eq!(
            (answer.status, answer.header.contains("connection: close")),
            (200, false)
        );
        assert_eq!(response(&answer.body)["allowed"], true);
    }
    running.ends().await;
}

#[tokio::test]
async fn http2_is_not_spoken() {
    let running = Running::start(app(), Duration::ZERO).await;
    let refused = Client::try_connect(running.address, &running.authority, "h2").await;
    assert!(refused.err().unwrap().to_string().contains("NoApplicationProtocol"));
    running.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_review_of_almost_8_mib_is_judged_and_a_larger_one_is_refused() {
    let running = Running::start(app().with_limits(patient()), Duration::ZERO).await;
    let mut backup = good_backup();
    let filler = 8 * 1024 * 1024 - create(&backup).to_string().len() - 64;
    backup["metadata"]["annotations"] = serde_json::json!({"filler": "x".repeat(filler)});
    let large = create(&backup).to_string();
    assert!(
        large.len() > 8 * 1024 * 1024 - 64 && large.len() <= 8 * 1024 * 1024,
        "{}",
        large.len()
    );
    let answer = running.client().await.post("/validate", large.as_bytes()).await;
    assert_eq!(answer.status, 200);
    // The whole of a body that is too large is read, or else the caller would be cut off while it still sends and would
    // never see the answer.
    let too_large = vec![b' '; 9 * 1024 * 1024];
    for hook in ["/validate", "/validate/warn", "/mutate"] {
        let answer = running.client().await.post(hook, &too_large).await;
        assert_eq!(answer.status, 413);
        assert_eq!(
            String::from_utf8_lossy(&answer.body),
            "the body is larger than 8388608 bytes"
        );
    }
    for (path, status) in [("/elsewhere", 404), ("/validate/strict", 404)] {
        assert_eq!(running.client().await.post(path, &too_large).await.status, status);
    }
    running.ends().await;
}

/// A debug build on a busy machine takes its time for 8 MiB.
fn patient() -> Limits {
    Limits {
        deadline: Duration::from_secs(15),
        ..Limits::default()
    }
}

#[tokio::test]
async fn a_slow_header_is_cut_off_and_an_idle_connection_is_not() {
    let limits = Limits {
        header: Duration::from_millis(100),
        ..Limits::default()
    };
    let running = Running::start(app().with_limits(limits), Duration::ZERO).await;
    let mut idle = running.client().await;
    assert_eq!(idle.post("/validate", &body()).await.status, 200);
    let mut slow = running.client().await;
    slow.write(b"POST /validate HTTP/1.1\r\nhost: ").await;
    slow.closed().await;
    // The idle one has by now been idle for longer than a header may take.
    assert_eq!(idle.post("/validate", &body()).await.status, 200);
    let mut second = running.client().await;
    assert_eq!(second.post("/validate", &body()).await.status, 200);
    second.write(b"POST").await;
    second.closed().await;
    running.ends().await;
}

#[tokio::test]
async fn a_handshake_that_does_not_come_is_cut_off() {
    let limits = Limits {
        handshake: Duration::from_millis(100),
        ..Limits::default()
    };
    let running = Running::start(app().with_limits(limits), Duration::ZERO).await;
    let mut silent = tokio::net::TcpStream::connect(running.address).await.unwrap();
    let mut rest = Vec::new();
    let end = tokio::io::AsyncReadExt::read_to_end(&mut silent, &mut rest);
    let end = tokio::time::timeout(crate::support::PATIENCE, end).await.unwrap();
    assert!(end.is_err() || rest.is_empty(), "{rest:?}");
    let (_, metrics) = get(running.status, "/metrics").await;
    assert!(
        metrics.contains("neo4j_backup_webhook_tls_handshake_errors_total 1\n"),
        "{metrics}"
    );
    running.ends().await;
}

#[tokio::test]
async fn a_caller_that_says_nothing_is_cut_off_when_it_was_idle_for_too_long() {
    let limits = Limits {
        idle: Duration::from_millis(100),
        ..Limits::default()
    };
    let running = Running::start(app().with_limits(limits), Duration::ZERO).await;
    running.client().await.ends().await;
    running.ends().await;
}

#[tokio::test]
async fn a_body_that_stalls_runs_into_the_deadline() {
    let limits = Limits {
        deadline: Duration::from_millis(100),
        ..Limits::default()
    };
    let running = Running::start(app().with_limits(limits), Duration::ZERO).await;
    let mut client = running.client().await;
    client.write(head("/validate?timeout=10s", 100).as_bytes()).await;
    client.write(b"{").await;
    assert_eq!(client.answer().await.status, 504);
    running.ends().await;
}

#[tokio::test]
async fn an_old_connection_is_asked_to_close() {
    let limits = Limits {
        connection_age: Duration::ZERO,
        ..Limits::default()
    };
    let running = Running::start(app().with_limits(limits), Duration::ZERO).await;
    let mut client = running.client().await;
    let answer = client.post("/validate", &body()).await;
    assert!(
        answer.status == 200 && answer.header.contains("connection: close"),
        "{}",
        answer.header
    );
    client.closed().await;
    running.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn on_the_way_out_nothing_is_lost() {
    let (entered, mut inside) = mpsc::unbounded_channel();
    let (release, wait) = std::sync::mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let app = app().with_interruption(move |request| {
        if request.name == "slow" {
            entered.send(()).unwrap();
            wait.lock().unwrap().recv().unwrap();
        }
    });
    // Long enough for two calls on a busy machine.
    let running = Running::start(app, Duration::from_secs(2)).await;
    assert_eq!(get(running.status, "/readyz").await.0, 200);

    let mut backup = good_backup();
    backup["metadata"]["name"] = "slow".into();
    let mut slow = running.client().await;
    let mut idle = running.client().await;
    let asked = tokio::spawn(async move { slow.post("/validate", create(&backup).to_string().as_bytes()).await });
    inside.recv().await.unwrap();

    running.stop.send(()).unwrap();
    let status = running.status;
    let text = eventually("it is not ready any more", async || {
        let (status, text) = get(status, "/readyz").await;
        (status == 503).then_some(text)
    });
    assert!(text.await.contains("[-] shutdown"));
    // Calls are still taken, each with the request to come back on another connection.
    for client in [
        &mut idle,
        &mut Client::connect(running.address, &running.authority, "http/1.1").await,
    ] {
        let answer = client.post("/validate", &body()).await;
        assert!(
            answer.status == 200 && answer.header.contains("connection: close"),
            "{}",
            answer.header
        );
    }
    // The listener goes, the call that is being answered stays.
    eventually("nobody listens any more", async || {
        tokio::net::TcpStream::connect(running.address)
            .await
            .is_err()
            .then_some(())
    })
    .await;
    assert!(!running.ended.is_finished());
    release.send(()).unwrap();
    assert_eq!(asked.await.unwrap().status, 200);
    tokio::time::timeout(crate::support::PATIENCE, running.ended)
        .await
        .unwrap()
        .unwrap();
}
