//! Creates objects by server dry run in several namespaces of one API server, in rounds that take turns, and says how
//! many a second each of them took, and what one cost the API server.

#[path = "load/client.rs"]
#[allow(dead_code, reason = "the other program measures webhooks")]
mod client;
#[path = "load/figures.rs"]
mod figures;
#[path = "load/processor.rs"]
mod processor;

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use neo4jbackup_benches::reviews;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use client::Dialler;
use figures::{Round, median, summary};

/// Measures dry-run creates.
#[derive(Debug, Parser)]
struct Arguments {
    /// The API server: `https://127.0.0.1:40123`.
    #[arg(long)]
    url: String,
    /// The certificate that signed the API server's own, PEM.
    #[arg(long)]
    authority: PathBuf,
    /// The process id of the API server, whose processor time is measured.
    #[arg(long)]
    process: u32,
    /// The bearer token.
    #[arg(long, env = "NEO4JBACKUP_BENCH_TOKEN", hide_env_values = true)]
    token: String,
    /// How often each namespace has its turn.
    #[arg(long)]
    rounds: usize,
    /// How long one turn takes, in milliseconds.
    #[arg(long)]
    turn: u64,
    /// How many clients create at once.
    #[arg(long, default_value_t = 4)]
    clients: usize,
    /// The namespaces; the first is what the others are compared with.
    #[arg(required = true)]
    namespaces: Vec<String>,
}

/// How long what has just been registered may take to come into force.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let address: SocketAddr = arguments
        .url
        .trim_start_matches("https://")
        .parse()
        .context("read --url")?;
    let dialler = Dialler::new(&std::fs::read_to_string(&arguments.authority)?)?;
    let mut bare = reviews::backup();
    if let Some(storage) = bare["spec"]["storage"].as_object_mut() {
        storage.remove("cloud");
    }
    await_engines(&arguments, &dialler, address, &bare).await?;
    let mut full = reviews::backup();
    full["spec"]["storage"]["cloud"]["identity"]["serviceAccount"] = json!("neo4j-backup-sa");
    for (what, object) in [
        ("a backup with nothing to fill in", full),
        ("a backup without the account of its identity", reviews::backup()),
        ("a backup without cloud and identity", bare),
    ] {
        let mut rounds = vec![Vec::new(); arguments.namespaces.len()];
        // The first round warms up, and is not counted.
        for number in 0..=arguments.rounds {
            for (namespace, rounds) in arguments.namespaces.iter().zip(&mut rounds) {
                let request = request(&arguments, namespace, &object);
                let round = turn(&arguments, &dialler, address, &request).await?;
                if number > 0 {
                    rounds.push(round);
                }
            }
        }
        table(what, &arguments.namespaces, &rounds)?;
    }
    Ok(())
}

/// So many good answers in a row mean that everything is in force; the API server takes up policies one by one.
const IN_A_ROW: usize = 30;

/// Waits until every namespace but the first fills in what is missing.
async fn await_engines(arguments: &Arguments, dialler: &Dialler, address: SocketAddr, bare: &Value) -> Result<()> {
    let end = Instant::now() + PATIENCE;
    for (position, namespace) in arguments.namespaces.iter().enumerate() {
        let mut connection = dialler.connect(address).await?;
        let mut good = 0;
        while good < IN_A_ROW {
            connection.call(&request(arguments, namespace, bare)).await?;
            let is_filled_in = connection.answer().contains(r#""provider":"aws""#);
            good = if is_filled_in == (position > 0) { good + 1 } else { 0 };
            ensure!(
                Instant::now() < end,
                "`{namespace}` does not do what it should: {}",
                connection.answer()
            );
            sleep(Duration::from_millis(100)).await;
        }
    }
    Ok(())
}

fn request(arguments: &Arguments, namespace: &str, object: &Value) -> Vec<u8> {
    let mut object = object.clone();
    object["metadata"]["namespace"] = json!(namespace);
    let body = object.to_string();
    format!(
        "POST /apis/neo4j.neo4j.com/v1beta1/namespaces/{namespace}/neo4jbackups?dryRun=All&fieldManager=bench HTTP/1.1\r\n\
         Host: kubernetes\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nAccept: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        arguments.token,
        body.len()
    )
    .into_bytes()
}

async fn turn(arguments: &Arguments, dialler: &Dialler, address: SocketAddr, request: &[u8]) -> Result<Round> {
    let mut open = Vec::new();
    for _ in 0..arguments.clients {
        let mut connection = dialler.connect(address).await?;
        connection.call(request).await?;
        open.push(connection);
    }
    let before = processor::time_of(arguments.process)?;
    let start = Instant::now();
    let end = start + Duration::from_millis(arguments.turn);
    let running: Vec<_> = open
        .into_iter()
        .map(|mut connection| {
            let request = request.to_vec();
            tokio::spawn(async move { connection.calls_until(&request, end).await })
        })
        .collect();
    let (mut times, mut turned_away) = (Vec::new(), 0);
    for client in running {
        let calls = client.await?.context("a create failed")?;
        times.extend(calls.times);
        turned_away += calls.turned_away;
    }
    let spent = processor::time_of(arguments.process)?.saturating_sub(before);
    Ok(Round::of(times, turned_away, start.elapsed(), spent))
}

fn table(what: &str, namespaces: &[String], rounds: &[Vec<Round>]) -> Result<()> {
    say(&format!(
        "\n{what}\n{:<12}{:>12}{:>10}{:>10}{:>10}{:>14}{:>10}",
        "", "creates/s", "p50 µs", "p99 µs", "ratio", "processor µs", "ratio"
    ))?;
    for (position, namespace) in namespaces.iter().enumerate() {
        let own = summary(&rounds[position]);
        let pairs = rounds[position].iter().zip(&rounds[0]);
        let ratio = median(pairs.clone().map(|(own, none)| own.rate / none.rate).collect());
        let cost = median(pairs.map(|(own, none)| own.processor / none.processor).collect());
        say(&format!(
            "{namespace:<12}{:>12.0}{:>10.0}{:>10.0}{ratio:>10.2}{:>14.0}{cost:>10.2}",
            own.rate, own.median, own.p99, own.processor
        ))?;
    }
    Ok(())
}

fn say(line: &str) -> Result<()> {
    writeln!(std::io::stdout().lock(), "{line}").context("cannot write")
}
