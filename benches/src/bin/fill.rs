//! Fills an API server with a crowd of backups, many clients at once.

#[path = "load/client.rs"]
#[allow(dead_code, reason = "the other programs measure")]
mod client;

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, bail};
use clap::Parser;
use jiff::Timestamp;
use neo4jbackup_benches::crowd::{self, Team};
use serde_json::{Value, json};
use tokio::time::Instant;

use client::{Connection, Dialler};

/// Creates the objects of a crowd of backups.
#[derive(Debug, Parser)]
struct Arguments {
    /// The API server: `https://127.0.0.1:40123`.
    #[arg(long)]
    url: String,
    /// The certificate that signed the API server's own, PEM.
    #[arg(long)]
    authority: PathBuf,
    /// The bearer token.
    #[arg(long, env = "NEO4JBACKUP_BENCH_TOKEN", hide_env_values = true)]
    token: String,
    /// The number of the first backup.
    #[arg(long, default_value_t = 0)]
    from: usize,
    /// The number after that of the last backup.
    #[arg(long)]
    to: usize,
    /// How many clients create at once.
    #[arg(long, default_value_t = 16)]
    clients: usize,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments = Arc::new(Arguments::parse());
    let address: SocketAddr = arguments
        .url
        .trim_start_matches("https://")
        .parse()
        .context("read --url")?;
    let dialler = Dialler::new(&std::fs::read_to_string(&arguments.authority)?)?;
    let (start, now) = (Instant::now(), Timestamp::now());
    let mut sent = 0;
    if arguments.from == 0 {
        let mut connection = dialler.connect(address).await?;
        for object in crowd::ground() {
            sent += create(&mut connection, &arguments.token, object).await?;
        }
    }
    let next = Arc::new(AtomicUsize::new(arguments.from));
    let mut clients = Vec::new();
    for _ in 0..arguments.clients {
        let (arguments, next) = (Arc::clone(&arguments), Arc::clone(&next));
        let mut connection = dialler.connect(address).await?;
        clients.push(tokio::spawn(async move {
            let mut sent = 0;
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= arguments.to {
                    return Ok::<_, anyhow::Error>(sent);
                }
                for object in Team::new(number, now).objects() {
                    sent += create(&mut connection, &arguments.token, object).await?;
                }
            }
        }));
    }
    for client in clients {
        sent += client.await??;
    }
    let (backups, seconds) = (arguments.to - arguments.from, start.elapsed().as_secs().max(1));
    let rate = sent / usize::try_from(seconds).unwrap_or(1);
    writeln!(
        std::io::stdout().lock(),
        "{backups} backups with all that belongs to them: {sent} requests in {seconds} s, {rate} a second"
    )?;
    Ok(())
}

/// Creates an object, and writes its status where it has one; gives how many requests it took.
async fn create(connection: &mut Connection, token: &str, mut object: Value) -> Result<usize> {
    let status = object.as_object_mut().and_then(|object| object.remove("status"));
    let list = list(&object)?;
    send(connection, token, "POST", &list, "application/json", &object).await?;
    let Some(status) = status else { return Ok(1) };
    let path = format!(
        "{list}/{}/status",
        object["metadata"]["name"].as_str().unwrap_or_default()
    );
    let patch = json!({"status": status});
    send(
        connection,
        token,
        "PATCH",
        &path,
        "application/merge-patch+json",
        &patch,
    )
    .await?;
    Ok(2)
}

async fn send(
    connection: &mut Connection,
    token: &str,
    method: &str,
    path: &str,
    media_type: &str,
    body: &Value,
) -> Result<()> {
    let body = body.to_string();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: kubernetes\r\nAuthorization: Bearer {token}\r\nContent-Type: {media_type}\r\n\
         Accept: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    connection
        .call(request.as_bytes())
        .await
        .with_context(|| format!("{method} {path}"))?;
    let answer = connection.answer();
    if !answer.starts_with("HTTP/1.1 20") {
        bail!("{method} {path}: {answer}");
    }
    Ok(())
}

/// The path of the list that an object belongs to.
fn list(object: &Value) -> Result<String> {
    let (api_version, plural) = match object["kind"].as_str() {
        Some("Namespace") => return Ok("/api/v1/namespaces".to_owned()),
        Some("Neo4jBackup") => ("apis/neo4j.neo4j.com/v1beta1", "neo4jbackups"),
        Some("Neo4jEnterpriseStandalone") => ("apis/neo4j.neo4j.com/v1beta1", "neo4jenterprisestandalones"),
        Some("CronJob") => ("apis/batch/v1", "cronjobs"),
        Some("Job") => ("apis/batch/v1", "jobs"),
        Some("Event") => ("api/v1", "events"),
        Some("PersistentVolumeClaim") => ("api/v1", "persistentvolumeclaims"),
        Some("ServiceAccount") => ("api/v1", "serviceaccounts"),
        other => bail!("no list is known of the kind {other:?}"),
    };
    let namespace = object["metadata"]["namespace"].as_str().unwrap_or_default();
    Ok(format!("/{api_version}/namespaces/{namespace}/{plural}"))
}
