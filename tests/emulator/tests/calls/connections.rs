//! How connections are kept, chosen and given up, and when a call is sent again.

use std::time::{Duration, Instant};

use futures::future::join_all;
use neo4jbackup_emulator::{Emulator, Outcome, Reason};
use serde_json::json;

use crate::server::{Act, Server, allow};
use crate::{failing_closed, review};

#[tokio::test]
async fn twenty_five_connections_are_kept_and_every_further_call_needs_a_handshake() {
    let slow = Act::Late(Duration::from_secs(1), json!({"allowed": true}));
    let server = Server::start(move |_| slow.clone()).await;
    let emulator = server.emulator([failing_closed().timeout_seconds(10)]);
    let at_once = async |number: usize| {
        let before = server.connections();
        let calls = (0..number).map(|_| async { emulator.call(&review()).await });
        for outcome in join_all(calls).await {
            assert!(matches!(outcome, Outcome::Allowed(_)), "{outcome:?}");
        }
        server.connections() - before
    };
    assert_eq!(at_once(30).await, 30);
    // Five of them were closed, because 25 idle ones are enough.
    assert_eq!(at_once(25).await, 0);
    assert_eq!(at_once(26).await, 1);
}

#[tokio::test]
async fn one_after_the_other_shares_a_connection() {
    let server = Server::start(|_| allow()).await;
    let emulator = server.emulator([failing_closed()]);
    for _ in 0..10 {
        assert!(matches!(emulator.call(&review()).await, Outcome::Allowed(_)));
    }
    assert_eq!((server.connections(), emulator.counts().connections), (1, 1));
}

#[tokio::test]
async fn connections_that_are_idle_for_too_long_are_closed() {
    let server = Server::start(|_| allow()).await;
    let emulator = Emulator::new(server.config([failing_closed()]).idle_time(Duration::from_millis(200)));
    for connections in 1..=2 {
        assert!(matches!(emulator.call(&review()).await, Outcome::Allowed(_)));
        assert_eq!(server.connections(), connections);
        tokio::time::sleep(Duration::from_millis(400)).await;
    }
}

#[tokio::test]
async fn a_connection_that_the_server_says_it_closes_is_not_used_again() {
    let server =
        Server::start(|_| Act::Raw("HTTP/1.1 503 Busy\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")).await;
    let emulator = server.emulator([failing_closed()]);
    for _ in 0..20 {
        let Outcome::Failed(failure) = emulator.call(&review()).await else {
            panic!("not failed");
        };
        assert_eq!(failure.reason, Reason::Status(503));
    }
    assert_eq!(server.connections(), 20);
}

#[tokio::test]
async fn a_connection_that_was_closed_while_idle_costs_no_call_once_that_is_known() {
    let server = Server::start(|request| match request.number {
        1 => Act::RespondAndClose(json!({"allowed": true})),
        _ => allow(),
    })
    .await;
    let emulator = server.emulator([failing_closed()]);
    assert!(matches!(emulator.call(&review()).await, Outcome::Allowed(_)));
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(matches!(emulator.call(&review()).await, Outcome::Allowed(_)));
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn a_call_that_was_written_is_never_sent_again() {
    let server = Server::start(|request| match request.number {
        2 => Act::Close,
        _ => allow(),
    })
    .await;
    let emulator = server.emulator([failing_closed()]);
    assert!(matches!(emulator.call(&review()).await, Outcome::Allowed(_)));
    let Outcome::Failed(failure) = emulator.call(&review()).await else {
        panic!("not failed");
    };
    assert_eq!(failure.reason, Reason::EndedUnanswered);
    assert_eq!((server.seen().len(), emulator.counts().resent), (2, 0));
}

#[tokio::test]
async fn an_answer_that_says_when_to_come_again_is_followed_within_the_deadline() {
    let server = Server::start(|request| match request.number {
        1 => Act::Status(503, "Retry-After: 1\r\n"),
        2 => Act::Status(429, "Retry-After: 0\r\n"),
        _ => allow(),
    })
    .await;
    let emulator = server.emulator([failing_closed().timeout_seconds(5)]);
    let start = Instant::now();
    assert!(matches!(emulator.call(&review()).await, Outcome::Allowed(_)));
    assert!(start.elapsed() >= Duration::from_secs(1));
    assert_eq!((server.seen().len(), emulator.counts().asked_again), (3, 2));
    // The same review, byte for byte.
    assert_eq!(server.seen()[0].review, server.seen()[2].review);

    let stubborn = Server::start(|_| Act::Status(500, "Retry-After: 0\r\n")).await;
    let emulator = stubborn.emulator([failing_closed().timeout_seconds(30)]);
    assert!(matches!(emulator.call(&review()).await, Outcome::Failed(_)));
    assert_eq!(stubborn.seen().len(), 11);
}

#[tokio::test]
async fn a_call_that_gives_up_closes_its_connection() {
    let server = Server::start(|request| match request.number {
        1 => Act::Late(Duration::from_millis(1500), json!({"allowed": true})),
        _ => allow(),
    })
    .await;
    let emulator = server.emulator([failing_closed()]);
    let Outcome::Failed(failure) = emulator.call(&review()).await else {
        panic!("not failed");
    };
    assert_eq!(failure.reason, Reason::Deadline);
    assert!(matches!(emulator.call(&review()).await, Outcome::Allowed(_)));
    assert_eq!(server.connections(), 2);
}
