//! Every connection filled to its limit, in every way there is, and the memory that this takes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::program::{Program, text};
use crate::support::{Client, Folder, bad_backup, create, get, head};

const MIB: u64 = 1024 * 1024;

/// Less than the chart gives, so that it fills sooner.
const MEMORY: u64 = 192 * MIB;

/// More than there is room for.
const CONNECTIONS: usize = 400;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_all_connections_hold_together_stays_below_the_memory_limit() {
    let folder = Folder::new();
    let authority = folder.path().join("ca.crt");
    let memory = MEMORY.to_string();
    // Nothing runs out of time while it is being filled.
    let arguments = [
        "--self-signed",
        "--self-signed-ca",
        text(&authority),
        "--memory-limit",
        &memory,
        "--deadline",
        "10m",
    ];
    let program = Program::start_with(&folder, &arguments, "0s").await;
    let filling = Arc::new(Filling {
        authority: std::fs::read_to_string(&authority).unwrap(),
        program,
        most: AtomicU64::new(0),
        over: AtomicBool::new(false),
    });
    let watch = Arc::clone(&filling);
    let watch = std::thread::spawn(move || watch.watch());
    let mut figures = Vec::new();
    for way in [Way::Handshakes, Way::Headers, Way::Answers, Way::Bodies, Way::Trees] {
        filling.most.store(0, Ordering::Relaxed);
        filling.fill(way).await;
        let most = filling.most.load(Ordering::Relaxed);
        figures.push(format!("{way:?} {} MiB", most / MIB));
        assert!(most > 0 && most < MEMORY / 5 * 4, "{figures:?}");
        // Whoever comes now is answered all the same.
        let mut good = Client::connect(filling.program.address, &filling.authority, "http/1.1").await;
        assert_eq!(good.post("/validate", &crate::server::body()).await.status, 200);
        assert_eq!(get(filling.program.status, "/readyz").await.0, 200);
    }
    println!(
        "figure: filled to the limit of {} MiB: {}",
        MEMORY / MIB,
        figures.join(", ")
    );
    filling.over.store(true, Ordering::Relaxed);
    watch.join().unwrap();
}

#[derive(Debug, Clone, Copy)]
enum Way {
    /// The longest message of a handshake, up to its last byte.
    Handshakes,
    /// The longest header, up to its last byte, after an answer.
    Headers,
    /// Answers that nobody reads.
    Answers,
    /// The largest bodies, up to their last byte.
    Bodies,
    /// Bodies with as many values as will fit, all judged.
    Trees,
}

struct Filling {
    program: Program,
    authority: String,
    most: AtomicU64,
    over: AtomicBool,
}

impl Filling {
    /// What is allocated. The pages of the program's file, which a debug build has many of, are none of it.
    fn watch(&self) {
        let status = format!("/proc/{}/status", self.program.child.id().unwrap());
        while !self.over.load(Ordering::Relaxed) {
            let status = std::fs::read_to_string(&status).unwrap();
            let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
            let kib: u64 = line.trim().trim_end_matches(" kB").trim().parse().unwrap();
            self.most.fetch_max(kib * 1024, Ordering::Relaxed);
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    async fn fill(&self, way: Way) {
        match way {
            Way::Handshakes => self.handshakes().await,
            Way::Headers => self.headers().await,
            Way::Answers => self.answers().await,
            Way::Bodies => self.bodies().await,
            Way::Trees => self.trees().await,
        }
    }

    async fn handshakes(&self) {
        // A ClientHello of 65,535 bytes comes in records of at most 16 KiB.
        let mut message = vec![1, 0, 0xff, 0xff];
        message.resize(0xffff, 0);
        let records: Vec<u8> = message
            .chunks(16 * 1024)
            .flat_map(|chunk| {
                let length = u16::try_from(chunk.len()).unwrap().to_be_bytes();
                [&[22, 3, 1][..], &length, chunk].concat()
            })
            .collect();
        let mut open = Vec::new();
        for _ in 0..CONNECTIONS {
            let mut stream = TcpStream::connect(self.program.address).await.unwrap();
            let _ = stream.write_all(&records).await;
            open.push(stream);
        }
        self.is_taken_in().await;
    }

    async fn headers(&self) {
        let header = format!("GET / HTTP/1.1\r\nhost: a\r\nx-filler: {}", "x".repeat(16_000));
        let mut open = Vec::new();
        for _ in 0..CONNECTIONS {
            let mut client = Client::connect(self.program.address, &self.authority, "http/1.1").await;
            assert_eq!(client.post("/", b"").await.status, 404);
            client.write(header.as_bytes()).await;
            open.push(client);
        }
        self.is_taken_in().await;
    }

    async fn answers(&self) {
        // As many findings as an answer has room for.
        let mut backup = bad_backup();
        backup["spec"]["options"] = json!({"additionalArgs": vec!["x".repeat(200); 40]});
        let body = create(&backup).to_string();
        let call = [head("/validate", body.len()).as_bytes(), body.as_bytes()].concat();
        let mut open = Vec::new();
        for _ in 0..CONNECTIONS {
            let mut client = Client::connect(self.program.address, &self.authority, "http/1.1").await;
            let calls = call.repeat(8);
            let _ = tokio::time::timeout(Duration::from_millis(200), client.stream.write_all(&calls)).await;
            open.push(client);
        }
        self.is_taken_in().await;
    }

    async fn bodies(&self) {
        let body = vec![b' '; 6_000_000];
        let mut tasks = Vec::new();
        for _ in 0..40 {
            let mut client = Client::connect(self.program.address, &self.authority, "http/1.1").await;
            let call = [head("/validate", body.len() + 1).as_bytes(), &body].concat();
            tasks.push(tokio::spawn(async move {
                let _ = client.stream.write_all(&call).await;
                client
            }));
        }
        self.is_taken_in().await;
        for task in tasks {
            task.abort();
        }
    }

    async fn trees(&self) {
        let mut tasks = Vec::new();
        for unit in [json!(""), json!({"a": 0}), json!([0]), json!(0)] {
            for _ in 0..5 {
                let mut backup = bad_backup();
                let count = 1_400_000 / (unit.to_string().len() + 1);
                backup["spec"]["options"] = json!({"additionalArgs": vec![unit.clone(); count]});
                let body = create(&backup).to_string();
                let mut client = Client::connect(self.program.address, &self.authority, "http/1.1").await;
                tasks.push(tokio::spawn(async move {
                    tokio::time::timeout(Duration::from_secs(300), client.post("/validate", body.as_bytes())).await
                }));
            }
        }
        for task in tasks {
            assert_eq!(task.await.unwrap().unwrap().status, 200);
        }
    }

    /// Waits until what was sent has been taken in: until memory has not grown for a while.
    async fn is_taken_in(&self) {
        let (mut most, mut same) = (0, 0);
        while same < 20 {
            tokio::time::sleep(Duration::from_millis(25)).await;
            let now = self.most.load(Ordering::Relaxed);
            same = if now > most { 0 } else { same + 1 };
            most = most.max(now);
        }
    }
}
