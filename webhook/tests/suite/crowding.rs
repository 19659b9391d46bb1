//! Callers that stall, in numbers beyond every limit, and a good caller among them.

use std::time::Duration;

use neo4jbackup_webhook::Limits;
use tokio::net::TcpStream;

use crate::server::{Running, body};
use crate::support::{app, create, eventually, get, good_backup, head};

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

async fn turned_away(running: &Running, count: usize) {
    eventually("the connections are counted", async || {
        let (_, metrics) = get(running.status, "/metrics").await;
        let line = format!("neo4j_backup_webhook_connections_turned_away_total {count}\n");
        metrics.contains(&line).then_some(())
    })
    .await;
}

#[tokio::test]
async fn silent_connections_make_room_for_those_who_ask() {
    let limits = Limits {
        silent_connections: 3,
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
    // The last good caller has taken the third place, and left it with its first call.
    turned_away(&running, 20 - 2).await;
    assert_eq!(
        kept.post("/validate", &body()).await.status,
        200,
        "who has asked before stays"
    );
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
        large_in_flight: 1,
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

#[tokio::test]
async fn more_connections_than_allowed_are_closed_at_once() {
    let limits = Limits {
        connections: 2,
        ..Limits::default()
    };
    let running = Running::start(app().with_limits(patient(&limits)), Duration::ZERO).await;
    let (mut first, mut second) = (running.client().await, running.client().await);
    for client in [&mut first, &mut second] {
        assert_eq!(client.post("/validate", &body()).await.status, 200);
    }
    let third = crate::support::Client::try_connect(running.address, &running.authority, "http/1.1").await;
    assert!(third.is_err());
    turned_away(&running, 1).await;
    drop(first);
    eventually("there is room again", async || {
        let client = crate::support::Client::try_connect(running.address, &running.authority, "http/1.1").await;
        Some(client.ok()?.post("/validate", &body()).await)
    })
    .await;
}
