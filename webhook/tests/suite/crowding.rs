//! Callers that stall, in numbers beyond every limit, and a good caller among them.

use std::sync::Mutex;
use std::time::Duration;

use neo4jbackup_webhook::Limits;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use crate::server::{Running, body};
use crate::support::{Client, app, create, get, good_backup, head};

/// Stalling alone must not end any of these tests.
fn patient(limits: &Limits) -> Limits {
    Limits {
        deadline: Duration::from_secs(600),
        handshake: Duration::from_secs(600),
        header: Duration::from_secs(600),
        idle: Duration::from_secs(600),
        ..limits.clone()
    }
}

/// How many connections had to go.
async fn turned_away(running: &Running) -> u64 {
    let (_, metrics) = get(running.status, "/metrics").await;
    let line = "neo4j_backup_webhook_connections_turned_away_total ";
    let count = metrics.lines().find_map(|text| text.strip_prefix(line));
    count.unwrap().parse().unwrap()
}

#[tokio::test]
async fn silent_connections_make_room_for_those_who_ask() {
    let limits = Limits {
        connections: 3,
        ..Limits::default()
    };
    let running = Running::start(app().with_limits(patient(&limits)), Duration::ZERO).await;
    let mut kept = running.client().await;
    assert_eq!(kept.post("/validate", &body()).await.status, 200);
    let (mut silent, mut halfway) = (Vec::new(), Vec::new());
    for _ in 0..10 {
        silent.push(TcpStream::connect(running.address).await.unwrap());
        // Silent after its handshake, or in the middle of a header.
        let mut half = running.client().await;
        half.write(b"POST /validate HTTP/1.1\r\n").await;
        halfway.push(half);
        let mut good = running.client().await;
        assert_eq!(good.post("/validate", &body()).await.status, 200);
    }
    // There is room for three, and at most those that were asked on have left by themselves.
    assert!(turned_away(&running).await >= 20 - 3);
    assert_eq!(
        kept.post("/validate", &body()).await.status,
        200,
        "who has had a review answered stays"
    );
}

#[tokio::test]
async fn idle_connections_make_room_and_those_without_a_review_go_first() {
    let limits = Limits {
        connections: 3,
        ..Limits::default()
    };
    let running = Running::start(app().with_limits(patient(&limits)), Duration::ZERO).await;
    let (mut kept, mut first) = (running.client().await, running.client().await);
    assert_eq!(kept.post("/validate", &body()).await.status, 200);
    assert_eq!(first.post("/elsewhere", b"").await.status, 404);
    let mut second = running.client().await;
    assert_eq!(second.post("/elsewhere", b"").await.status, 404);
    let mut good = running.client().await;
    assert_eq!(good.post("/validate", &body()).await.status, 200);
    first.ends().await;
    assert_eq!(turned_away(&running).await, 1);
    let mut last = running.client().await;
    assert_eq!(last.post("/validate", &body()).await.status, 200);
    second.ends().await;
    for client in [&mut kept, &mut good, &mut last] {
        assert_eq!(client.post("/validate", &body()).await.status, 200);
    }
}

#[tokio::test]
async fn bodies_that_stall_make_room_for_those_that_come() {
    let limits = Limits {
        in_flight: 2,
        ..Limits::default()
    };
    let running = Running::start(app().with_limits(patient(&limits)), Duration::ZERO).await;
    let mut stalled = Vec::new();
    for _ in 0..5 {
        let mut client = running.client().await;
        client.write(head("/validate", 100).as_bytes()).await;
        client.write(b"{").await;
        stalled.push(client);
        let mut good = running.client().await;
        assert_eq!(good.post("/mutate", &body()).await.status, 200);
    }
    // The first ones are told so once they have finished, or with the end of the connection.
    let (_, metrics) = get(running.status, "/metrics").await;
    assert!(metrics.contains("neo4j_backup_webhook_in_flight "), "{metrics}");
    let mut first = stalled.remove(0);
    first.write(&[b' '; 99]).await;
    let answer = first.answer().await;
    assert_eq!(
        (answer.status, answer.body),
        (503, b"too many reviews at once".to_vec())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn large_bodies_that_stall_make_room_for_large_ones_that_come() {
    let limits = Limits {
        body: 400_000,
        bodies: 800_000,
        ..Limits::default()
    };
    let running = Running::start(app().with_limits(patient(&limits)), Duration::ZERO).await;
    let mut large = good_backup();
    large["metadata"]["annotations"] = serde_json::json!({"filler": "x".repeat(300_000)});
    let large = create(&large).to_string().into_bytes();
    let mut stalled = Vec::new();
    for _ in 0..3 {
        let mut client = running.client().await;
        client.write(head("/validate", large.len()).as_bytes()).await;
        client.write(&large[..200_000]).await;
        stalled.push(client);
        assert_eq!(running.client().await.post("/validate", &large).await.status, 200);
        assert_eq!(running.client().await.post("/validate", &body()).await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn calls_that_are_being_judged_make_room_for_nobody() {
    let limits = Limits {
        connections: 2,
        ..Limits::default()
    };
    let (entered, mut inside) = mpsc::unbounded_channel();
    let (release, wait) = std::sync::mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let app = app().with_limits(patient(&limits)).with_interruption(move |request| {
        if request.name == "slow" {
            entered.send(()).unwrap();
            wait.lock().unwrap().recv().unwrap();
        }
    });
    let running = Running::start(app, Duration::ZERO).await;
    let mut slow = good_backup();
    slow["metadata"]["name"] = "slow".into();
    // Judged on a thread of its own, so that the event loop stays free.
    slow["metadata"]["annotations"] = serde_json::json!({"filler": "x".repeat(20_000)});
    let slow = create(&slow).to_string().into_bytes();
    let mut calls = Vec::new();
    for _ in 0..2 {
        let (mut client, slow) = (running.client().await, slow.clone());
        calls.push(tokio::spawn(
            async move { client.post("/validate", &slow).await.status },
        ));
        inside.recv().await.unwrap();
    }
    let third = Client::try_connect(running.address, &running.authority, "http/1.1").await;
    assert!(third.is_err());
    assert_eq!(turned_away(&running).await, 1);
    for _ in &calls {
        release.send(()).unwrap();
    }
    for call in calls {
        assert_eq!(call.await.unwrap(), 200);
    }
    assert_eq!(running.client().await.post("/validate", &body()).await.status, 200);
}

#[tokio::test]
async fn the_status_port_answers_beside_connections_that_stall() {
    let limits = Limits {
        status_connections: 8,
        ..Limits::default()
    };
    let running = Running::start(app().with_limits(patient(&limits)), Duration::ZERO).await;
    let mut stalled = Vec::new();
    for _ in 0..100 {
        let mut stream = TcpStream::connect(running.status).await.unwrap();
        stream.write_all(b"GET /readyz HTTP/1.1\r\nx-filler: ").await.unwrap();
        stalled.push(stream);
        assert_eq!(get(running.status, "/readyz").await.0, 200);
    }
    let (_, metrics) = get(running.status, "/metrics").await;
    let line = "neo4j_backup_webhook_status_connections_turned_away_total ";
    let count = metrics.lines().find_map(|text| text.strip_prefix(line)).unwrap();
    assert!(count.parse::<u64>().unwrap() >= 100 - 8, "{count}");
}

#[tokio::test]
async fn who_stalls_on_the_status_port_is_cut_off() {
    let limits = Limits {
        header: Duration::from_millis(100),
        idle: Duration::from_millis(300),
        ..Limits::default()
    };
    let running = Running::start(app().with_limits(limits), Duration::ZERO).await;
    for beginning in ["", "GET /readyz HTTP/1.1\r\n"] {
        let mut stream = TcpStream::connect(running.status).await.unwrap();
        stream.write_all(beginning.as_bytes()).await.unwrap();
        let mut rest = Vec::new();
        let end = tokio::time::timeout(crate::support::PATIENCE, stream.read_to_end(&mut rest));
        let _ = end.await.unwrap();
        assert!(!String::from_utf8_lossy(&rest).contains("200 OK"));
    }
}

#[tokio::test]
async fn who_does_not_read_answers_is_cut_off() {
    let limits = Limits {
        answer: Duration::from_millis(100),
        ..Limits::default()
    };
    let running = Running::start(app().with_limits(limits), Duration::ZERO).await;
    let stream = TcpStream::connect(running.status).await.unwrap();
    let (_unread, mut writer) = stream.into_split();
    // Every answer stays in the buffers of the two kernels, until these are full and one waits to be written.
    let ask = async {
        while writer
            .write_all(b"GET /metrics HTTP/1.1\r\nhost: h\r\n\r\n")
            .await
            .is_ok()
        {}
    };
    tokio::time::timeout(crate::support::PATIENCE, ask).await.unwrap();
}
