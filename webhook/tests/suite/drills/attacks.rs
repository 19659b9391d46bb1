//! Calls as nobody should make them.

use serde_json::json;

use super::random::Random;
use crate::support::{create, good_backup, head, update};

/// Bytes for one connection.
pub(super) struct Attack {
    pub(super) name: &'static str,
    pub(super) protocol: Protocol,
    pub(super) bytes: Vec<u8>,
    /// What may be answered.
    pub(super) statuses: &'static [u16],
    /// Whether the connection may end without an answer.
    pub(super) may_end: bool,
}

/// How the bytes travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    /// In the clear, to a port that speaks TLS.
    Tcp,
    Http1,
}

const MIB: usize = 1024 * 1024;

/// One attack; the large ones are rare.
pub(super) fn attack(random: &mut Random) -> Attack {
    match random.below(200) {
        0 => large(random),
        1 => oversized(random),
        number => small(number % 16, random),
    }
}

/// Each kind once, the large ones included.
pub(super) fn one_of_each(random: &mut Random) -> Vec<Attack> {
    let small = (0..16).map(|number| small(number, random)).collect::<Vec<_>>();
    small.into_iter().chain([large(random), oversized(random)]).collect()
}

/// Legal in size, and as many nodes as will fit.
fn large(random: &mut Random) -> Attack {
    let unit = random.one_of(&["0,", "[],", "{},", "\"\",", "{\"a\":0},"]);
    let list = unit.repeat(7 * MIB / unit.len() - 300);
    let body = good_body().replace("\"neo4j\"", &format!("[{}]", list.trim_end_matches(',')));
    answered("7 MiB", call("/validate", body.as_bytes()), &[200])
}

fn oversized(random: &mut Random) -> Attack {
    let body = vec![b'['; 9 * MIB];
    let head = if random.one_in(2) {
        head("/validate", body.len()).into_bytes()
    } else {
        let chunked = "POST /mutate HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n";
        format!("{chunked}transfer-encoding: chunked\r\n\r\n{:x}\r\n", body.len()).into_bytes()
    };
    let end: &[u8] = if head.ends_with(b"0\r\n") {
        b"\r\n0\r\n\r\n"
    } else {
        b""
    };
    answered("9 MiB", [&head, &body[..], end].concat(), &[413])
}

fn small(number: usize, random: &mut Random) -> Attack {
    let path = random.one_of(&[
        "/validate",
        "/validate/warn",
        "/validate/audit",
        "/validate/enforce",
        "/mutate",
    ]);
    match number {
        0..7 => no_review(number, path, random),
        _ => no_request(number - 7, path, random),
    }
}

/// A request whose body is no review, or hardly one.
fn no_review(number: usize, path: &str, random: &mut Random) -> Attack {
    match number {
        0 => {
            let body = good_body();
            let end = random.below(body.len());
            answered("truncated", call(path, &body.as_bytes()[..end]), &[400])
        }
        1 => {
            let mut body = good_body().into_bytes();
            for _ in 0..=random.below(6) {
                let (place, byte) = (random.below(body.len()), random.bytes(1)[0]);
                body[place] = byte;
            }
            answered("mutated", call(path, &body), &[200, 400])
        }
        2 => {
            let depth = 1 + random.below(100_000);
            let (open, close) = *random.one_of(&[&("[", "]"), &("{\"a\":", "}"), &("[{\"a\":", "}]")]);
            let nested = format!("{}0{}", open.repeat(depth), close.repeat(depth));
            let body = good_body().replace("\"neo4j\"", &nested);
            answered("nested", call(path, body.as_bytes()), &[200, 400])
        }
        3 => {
            let wrong = random.one_of(&["admission.k8s.io/v1beta1", "v1", "", "admission.k8s.io/v2"]);
            let body = good_body().replace("admission.k8s.io/v1", wrong);
            answered("wrong version", call(path, body.as_bytes()), &[400])
        }
        4 => {
            let noise = random.one_of(&[&b"\xff\xfe"[..], b"\0", b"\"\\ud800\"", b"\xc0\x80", b"1e999999", b"-"]);
            let body = replaced(good_body().as_bytes(), b"\"neo4j\"", noise);
            answered("no text", call(path, &body), &[200, 400])
        }
        5 => {
            let keys: String = (0..=random.below(3000))
                .map(|key| format!("\"k{}\":{key},", key % 1000))
                .collect();
            let body = good_body().replace("\"database\"", &format!("{keys}\"database\""));
            answered("many keys", call(path, body.as_bytes()), &[200, 400])
        }
        _ => {
            let mut review = update(&good_backup(), &good_backup());
            let places = [
                "/request/object",
                "/request/oldObject",
                "/request/kind",
                "/request/object/spec",
                "/request",
                "/kind",
            ];
            let place = random.one_of(&places);
            let values = [
                &json!(null),
                &json!([]),
                &json!({}),
                &json!(7),
                &json!("x"),
                &json!([[null]]),
            ];
            *review.pointer_mut(place).unwrap() = random.one_of(&values).clone();
            answered("wrong types", call(path, review.to_string().as_bytes()), &[200, 400])
        }
    }
}

/// Bytes that are no request, or one for somebody else.
fn no_request(number: usize, path: &str, random: &mut Random) -> Attack {
    match number {
        0 => {
            let body = good_body();
            let sent = random.below(body.len());
            let bytes = [head(path, body.len()).as_bytes(), &body.as_bytes()[..sent]].concat();
            ends("broken off", Protocol::Http1, bytes, &[400])
        }
        1 => ends(
            "announced",
            Protocol::Http1,
            head(path, 9 * MIB + random.below(1 << 40)).into_bytes(),
            &[400],
        ),
        2 => {
            let wrong = random.one_of(&[
                "text/plain",
                "application/yaml",
                "application/cbor",
                "",
                "multipart/form-data",
            ]);
            let bytes = call(path, good_body().as_bytes());
            let bytes = replaced(&bytes, b"application/json", wrong.as_bytes());
            answered("wrong content type", bytes, &[415])
        }
        3 => {
            let (method, path) = *random.one_of(&[
                &("GET", "/validate"),
                &("PUT", "/mutate"),
                &("POST", "/validate/strict"),
                &("POST", "/../validate"),
                &("DELETE", "/"),
                &("BREW", "/validate"),
            ]);
            let bytes = call(path, good_body().as_bytes());
            answered("elsewhere", replaced(&bytes, b"POST", method.as_bytes()), &[404, 405])
        }
        4 => {
            let count = 1 + random.below(4000);
            ends("noise over TLS", Protocol::Http1, random.bytes(count), &[400, 414, 431])
        }
        5 => {
            let count = 1 + random.below(4000);
            ends("noise", Protocol::Tcp, random.bytes(count), &[])
        }
        6 => {
            let chunked = format!("POST {path} HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n");
            let sizes = random.one_of(&[
                "zz\r\n",
                "-1\r\n",
                "ffffffffffffffffff\r\n",
                "5\r\n{}\r\n0\r\n",
                "\r\n\r\n",
            ]);
            let bytes = format!("{chunked}transfer-encoding: chunked\r\n\r\n{sizes}").into_bytes();
            ends("bad chunks", Protocol::Http1, bytes, &[400])
        }
        7 => {
            let long = "x".repeat(1 + random.below(200_000));
            let header = random.one_of(&[
                "content-length: -1",
                "content-length: 1\r\ncontent-length: 2",
                "transfer-encoding: x",
                "a b: c",
            ]);
            let bytes = format!("POST {path} HTTP/1.1\r\nhost: a\r\n{header}\r\nx: {long}\r\n\r\n").into_bytes();
            ends("bad header", Protocol::Http1, bytes, &[400, 415, 431, 501])
        }
        _ => {
            let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
            let count = random.below(2000);
            ends(
                "noise in HTTP/2",
                Protocol::Http1,
                [&preface[..], &random.bytes(count)].concat(),
                &[],
            )
        }
    }
}

fn answered(name: &'static str, bytes: Vec<u8>, statuses: &'static [u16]) -> Attack {
    Attack {
        name,
        protocol: Protocol::Http1,
        bytes,
        statuses,
        may_end: false,
    }
}

fn ends(name: &'static str, protocol: Protocol, bytes: Vec<u8>, statuses: &'static [u16]) -> Attack {
    Attack {
        name,
        protocol,
        bytes,
        statuses,
        may_end: true,
    }
}

fn good_body() -> String {
    create(&good_backup()).to_string()
}

fn call(path: &str, body: &[u8]) -> Vec<u8> {
    [head(path, body.len()).as_bytes(), body].concat()
}

fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let place = bytes.windows(from.len()).position(|window| window == from).unwrap();
    [&bytes[..place], to, &bytes[place + from.len()..]].concat()
}
