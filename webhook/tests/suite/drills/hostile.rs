//! Calls that nobody should make and connections that stall, in thousands, and a good caller among them.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::attacks::{Attack, Protocol, attack, one_of_each};
use super::random::Random;
use super::{resident, scale, settled, value};
use crate::program::{Program, text};
use crate::server::body;
use crate::support::{Client, Folder, PATIENCE, eventually, get, head, response};

/// What all callers of the drill know.
struct Drill {
    address: SocketAddr,
    authority: String,
    /// What went wrong, in words.
    wrong: Mutex<Vec<String>>,
    good_calls: AtomicUsize,
    over: AtomicBool,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_calls_and_stalled_connections_end_nothing_keep_nobody_out_and_leave_nothing_behind() {
    make_room_for_connections();
    let folder = Folder::new();
    let authority = folder.path().join("ca.crt");
    // Nothing stalls into a deadline here, so that a slow machine changes nothing.
    let arguments = [
        "--self-signed",
        "--self-signed-ca",
        text(&authority),
        "--deadline",
        "10m",
    ];
    let program = Program::start_with(&folder, &arguments, "0s").await;
    let drill = Arc::new(Drill {
        address: program.address,
        authority: std::fs::read_to_string(&authority).unwrap(),
        wrong: Mutex::default(),
        good_calls: AtomicUsize::new(0),
        over: AtomicBool::new(false),
    });
    let fresh = resident(&program);

    // The first of each kind brings code and tables into memory that stay there.
    let mut random = Random::new(0);
    for attack in one_of_each(&mut random) {
        drill.attack(attack).await;
    }
    drop(drill.stall(100).await);
    drill.good_call(&mut drill.client().await).await;
    let before = settled(&program).await;

    let good = tokio::spawn(Arc::clone(&drill).be_good());
    let stalled = drill.stall(scale(300, 2000)).await;
    let while_stalled = resident(&program);
    let served = drill.good_calls.load(Ordering::Relaxed);
    eventually("good calls are answered beside stalled connections", async || {
        (drill.good_calls.load(Ordering::Relaxed) > served + 100).then_some(())
    })
    .await;

    let count = scale(1000, 10_000);
    let each = count / 4;
    let attackers: Vec<_> = (0..4)
        .map(|number| {
            let drill = Arc::clone(&drill);
            tokio::spawn(async move {
                let mut random = Random::new(number);
                for _ in 0..each {
                    drill.attack(attack(&mut random)).await;
                }
            })
        })
        .collect();
    for attacker in attackers {
        attacker.await.unwrap();
    }
    let under_attack = resident(&program);
    drop(stalled);
    drill.over.store(true, Ordering::Relaxed);
    good.await.unwrap();

    let most = before + before / 5;
    let after = settled(&program).await;
    println!(
        "figure: {count} hostile calls, {} stalled connections, {} good calls beside them; resident KiB: {fresh} fresh, {before} \
         before, {while_stalled} with the stalled, {under_attack} under attack, {after} after",
        scale(300, 2000),
        drill.good_calls.load(Ordering::Relaxed),
    );
    let wrong = drill.wrong.lock().unwrap().clone();
    assert!(
        wrong.is_empty(),
        "{} of them: {:#?}",
        wrong.len(),
        &wrong[..wrong.len().min(10)]
    );
    let (_, metrics) = get(program.status, "/metrics").await;
    assert_eq!(value(&metrics, "errors_total{stage=\"panic\"}"), 0, "{metrics}");
    assert_eq!(value(&metrics, "in_flight"), 0, "{metrics}");
    assert!(after <= most, "{after} KiB after, {before} KiB before");
    assert_eq!(program.terminate().await, Some(0));
}

impl Drill {
    async fn client(&self) -> Client {
        Client::connect(self.address, &self.authority, "http/1.1").await
    }

    fn note(&self, wrong: String) {
        self.wrong.lock().unwrap().push(wrong);
    }

    /// Calls without end, on one connection that stays and on one that is new each time.
    async fn be_good(self: Arc<Self>) {
        let mut kept = self.client().await;
        while !self.over.load(Ordering::Relaxed) {
            self.good_call(&mut kept).await;
            match Client::try_connect(self.address, &self.authority, "http/1.1").await {
                Ok(mut new) => self.good_call(&mut new).await,
                Err(error) => self.note(format!("a good caller could not connect: {error}")),
            }
        }
    }

    async fn good_call(&self, client: &mut Client) {
        let call = [head("/validate?timeout=600s", body().len()).as_bytes(), &body()[..]].concat();
        let asked = async {
            client.stream.write_all(&call).await?;
            client.stream.flush().await?;
            client.try_answer().await
        };
        match asked.await {
            Ok(answer) if answer.status == 200 && response(&answer.body)["allowed"] == true => {
                self.good_calls.fetch_add(1, Ordering::Relaxed);
            }
            other => self.note(format!("a good call was answered {other:?}")),
        }
    }

    async fn attack(&self, attack: Attack) {
        let name = attack.name;
        let end = tokio::time::timeout(PATIENCE * 6, self.try_attack(&attack)).await;
        match end {
            Ok(Some(status)) if !attack.statuses.contains(&status) => {
                self.note(format!("{name} was answered {status}"));
            }
            Ok(None) if !attack.may_end => self.note(format!("{name} was not answered")),
            Ok(_) => {}
            Err(_) => self.note(format!("{name} hung")),
        }
    }

    /// The status, or none when the connection ended without one.
    async fn try_attack(&self, attack: &Attack) -> Option<u16> {
        if attack.protocol == Protocol::Tcp {
            let mut stream = TcpStream::connect(self.address).await.ok()?;
            return exchange(&mut stream, attack).await;
        }
        let client = Client::try_connect(self.address, &self.authority, "http/1.1").await;
        let Ok(mut client) = client else {
            self.note(format!("{} could not connect", attack.name));
            return None;
        };
        exchange(&mut client.stream, attack).await
    }

    /// Connections of every kind that stalls: before, in and after the handshake, in a header, in a body.
    async fn stall(&self, count: usize) -> Vec<Box<dyn Send>> {
        let mut stalled: Vec<Box<dyn Send>> = Vec::new();
        for number in 0..count {
            if number % 5 < 2 {
                let mut stream = TcpStream::connect(self.address).await.unwrap();
                if number % 5 == 1 {
                    // The start of a ClientHello.
                    stream.write_all(b"\x16\x03\x01\x02\x00\x01\x00").await.unwrap();
                }
                stalled.push(Box::new(stream));
                continue;
            }
            let mut client = self.client().await;
            let (whole, body) = (head("/validate", body().len()), body());
            match number % 5 {
                2 => {}
                3 => client.write(&whole.as_bytes()[..whole.len() / 2]).await,
                _ => {
                    let half = [whole.as_bytes(), &body[..body.len() / 2]].concat();
                    client.write(&half).await;
                }
            }
            stalled.push(Box::new(client));
        }
        stalled
    }
}

/// Sends what there is to send, however much of it is taken, and reads the status.
async fn exchange(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), attack: &Attack) -> Option<u16> {
    let sent = async {
        stream.write_all(&attack.bytes).await?;
        stream.flush().await
    };
    let _ = sent.await;
    if attack.may_end {
        let _ = stream.shutdown().await;
    }
    let mut start = [0; 12];
    stream.read_exact(&mut start).await.ok()?;
    std::str::from_utf8(&start)
        .ok()?
        .strip_prefix("HTTP/1.1 ")?
        .parse()
        .ok()
}

/// The drill has both ends of every connection.
fn make_room_for_connections() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let _ = setrlimit(
        Resource::Nofile,
        Rlimit {
            current: maximum,
            maximum,
        },
    );
}
