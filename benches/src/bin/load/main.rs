//! Measures the webhook beside its peers: one core for the server, another for this client, in rounds that take turns,
//! so that what else happens on the machine happens to all of them.

#[allow(dead_code, reason = "the other program reads the answers, too")]
mod client;
mod figures;
mod processor;
mod server;

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Parser;
use jiff::Timestamp;
use neo4jbackup_benches::reviews;
use tokio::time::{Instant, sleep};

use client::{Dialler, first_handshake};
use figures::{Round, median, summary};
use server::{Programs, Server};

/// Measures the webhook beside its peers.
#[derive(Debug, Parser)]
struct Arguments {
    /// The program `neo4jbackup-webhook`.
    #[arg(long)]
    webhook: PathBuf,
    /// The program `peer`.
    #[arg(long)]
    peer: PathBuf,
    /// The peer on controller-runtime; it is left out where there is none.
    #[arg(long)]
    go_peer: Option<PathBuf>,
    /// A folder for the certificate.
    #[arg(long)]
    folder: PathBuf,
    /// How often each candidate has its turn.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// How long one turn takes, in milliseconds.
    #[arg(long, default_value_t = 1000)]
    turn: u64,
}

/// How long a server may take to come up on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    std::fs::create_dir_all(&arguments.folder)?;
    let (certificate, key) = (arguments.folder.join("tls.crt"), arguments.folder.join("tls.key"));
    let made = neo4jbackup_webhook::self_signed(Timestamp::now())?;
    std::fs::write(&certificate, &made.pem.certificate)?;
    std::fs::write(&key, &made.pem.key)?;
    let programs = Programs {
        webhook: &arguments.webhook,
        peer: &arguments.peer,
        go_peer: arguments.go_peer.as_deref(),
        certificate: &certificate,
        key: &key,
    };
    let dialler = Dialler::new(&made.authority)?;

    starts(&arguments, &programs, &dialler).await?;
    let servers = servers(&programs, &dialler).await?;
    handshakes(&arguments, &servers, &dialler).await?;
    for (size, review) in [("2.5 kB", reviews::small()), ("40 kB", reviews::large())] {
        for connections in [1, 25, 100, 400] {
            let mut rounds = vec![Vec::new(); servers.len()];
            for _ in 0..arguments.rounds {
                for (server, rounds) in servers.iter().zip(&mut rounds) {
                    rounds.push(turn(&arguments, server, &dialler, &review, connections).await?);
                }
            }
            table(size, connections, &servers, &rounds)?;
        }
        // What a server gives back, it gives back within moments.
        sleep(Duration::from_secs(2)).await;
        for server in &servers {
            let (name, memory) = (server.candidate.name(), server.memory()?);
            say(&format!(
                "memory of {name} up to here: peak {:.1} MB, now {:.1} MB",
                memory.peak, memory.now
            ))?;
        }
    }
    Ok(())
}

async fn servers(programs: &Programs<'_>, dialler: &Dialler) -> Result<Vec<Server>> {
    let mut servers = Vec::new();
    for candidate in programs.candidates() {
        let server = Server::start(candidate, programs)?;
        first_handshake(dialler, server.address, PATIENCE).await?;
        servers.push(server);
    }
    Ok(servers)
}

/// From the start of the program to the end of its first handshake.
async fn starts(arguments: &Arguments, programs: &Programs<'_>, dialler: &Dialler) -> Result<()> {
    let candidates = programs.candidates();
    let mut times = vec![Vec::new(); candidates.len()];
    for _ in 0..arguments.rounds.max(5) {
        for (candidate, times) in candidates.iter().zip(&mut times) {
            let start = Instant::now();
            let server = Server::start(*candidate, programs)?;
            first_handshake(dialler, server.address, PATIENCE).await?;
            times.push(start.elapsed().as_secs_f64() * 1e3);
        }
    }
    for (candidate, times) in candidates.iter().zip(times) {
        say(&format!(
            "start to first handshake of {}: {:.1} ms",
            candidate.name(),
            median(times)
        ))?;
    }
    Ok(())
}

/// Full handshakes with one call each: what an API server pays beyond its idle connections.
async fn handshakes(arguments: &Arguments, servers: &[Server], dialler: &Dialler) -> Result<()> {
    let request = client::request(&reviews::small());
    let mut rates = vec![Vec::new(); servers.len()];
    for _ in 0..arguments.rounds {
        for (server, rates) in servers.iter().zip(&mut rates) {
            let start = Instant::now();
            let end = start + Duration::from_millis(arguments.turn);
            let before = server.processor_time()?;
            let callers = (0..4).map(|_| {
                let (dialler, request, address) = (dialler.clone(), request.clone(), server.address);
                tokio::spawn(async move {
                    let mut done = 0;
                    while Instant::now() < end {
                        dialler.connect(address).await?.call(&request).await?;
                        done += 1;
                    }
                    anyhow::Ok(done)
                })
            });
            let mut done = 0;
            for caller in callers.collect::<Vec<_>>() {
                done += caller.await??;
            }
            let processor = server.processor_time()?.saturating_sub(before).as_secs_f64();
            rates.push((
                figures::count(done) / start.elapsed().as_secs_f64(),
                processor * 1e6 / figures::count(done),
            ));
        }
    }
    for (candidate, rates) in servers.iter().map(|server| server.candidate).zip(rates) {
        let (rates, processor): (Vec<f64>, Vec<f64>) = rates.into_iter().unzip();
        let (rate, processor) = (median(rates), median(processor));
        say(&format!(
            "new connections with one call of {}: {rate:.0}/s, {processor:.0} µs of processor",
            candidate.name()
        ))?;
    }
    Ok(())
}

/// One candidate's turn.
async fn turn(
    arguments: &Arguments,
    server: &Server,
    dialler: &Dialler,
    review: &[u8],
    connections: usize,
) -> Result<Round> {
    let request = client::request(review);
    let mut open = Vec::new();
    for _ in 0..connections {
        let mut connection = dialler.connect(server.address).await?;
        connection.call(&request).await?;
        open.push(connection);
    }
    // What the handshakes left to do is not measured.
    sleep(Duration::from_millis(20)).await;
    let (before, start) = (server.processor_time()?, Instant::now());
    let end = start + Duration::from_millis(arguments.turn);
    let running: Vec<_> = open
        .into_iter()
        .map(|mut connection| {
            let request = request.clone();
            tokio::spawn(async move { connection.calls_until(&request, end).await })
        })
        .collect();
    let (mut times, mut turned_away) = (Vec::new(), 0);
    for caller in running {
        let calls = caller.await?.context("a call failed")?;
        times.extend(calls.times);
        turned_away += calls.turned_away;
    }
    Ok(Round::of(
        times,
        turned_away,
        start.elapsed(),
        server.processor_time()?.saturating_sub(before),
    ))
}

fn table(size: &str, connections: usize, servers: &[Server], rounds: &[Vec<Round>]) -> Result<()> {
    let summaries: Vec<Round> = rounds.iter().map(|rounds| summary(rounds)).collect();
    say(&format!(
        "\n{size}, {connections} connection{}\n{:<20}{:>10}{:>10}{:>10}{:>14}{:>12}{:>14}{:>14}",
        if connections == 1 { "" } else { "s" },
        "",
        "calls/s",
        "p50 µs",
        "p99 µs",
        "ms/1000 calls",
        "rate ratio",
        "processor r.",
        "turned away"
    ))?;
    for (position, server) in servers.iter().enumerate() {
        let own = &summaries[position];
        // Of rounds that took turns, each pair is compared, and then the middle pair is taken.
        let pairs = || rounds[position].iter().zip(&rounds[0]);
        let rate = median(pairs().map(|(own, floor)| own.rate / floor.rate).collect());
        let processor = median(pairs().map(|(own, floor)| floor.processor / own.processor).collect());
        say(&format!(
            "{:<20}{:>10.0}{:>10.0}{:>10.0}{:>14.1}{rate:>12.2}{processor:>14.2}{:>13.1}%",
            server.candidate.name(),
            own.rate,
            own.median,
            own.p99,
            own.processor,
            own.turned_away
        ))?;
    }
    Ok(())
}

fn say(line: &str) -> Result<()> {
    writeln!(std::io::stdout().lock(), "{line}").context("cannot write")
}
