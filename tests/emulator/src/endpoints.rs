//! The replicas behind a Service, as a node sees them.
//!
//! In a cluster a pod that stops being ready is taken out of the `EndpointSlice`, and a moment later every node's proxy
//! sends new connections elsewhere. Open connections stay where they are. In between, new connections still arrive at
//! the pod that is leaving: that window is what a server must survive, and [`Propagation::delay`] is its length.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use crate::locked;

/// One process that serves hooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replica {
    /// Where it takes calls.
    pub address: SocketAddr,
    /// Where it answers `GET /readyz`, without TLS.
    pub status: SocketAddr,
}

/// How news of a replica spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Propagation {
    /// How often each replica is asked whether it is ready.
    pub poll: Duration,
    /// How often in a row it must have said no, or nothing within a second, to count as not ready: the
    /// `failureThreshold` of a probe, 3 unless a pod says otherwise.
    pub failures: u32,
    /// From the moment in which a replica was found ready, or not, until connections follow.
    pub delay: Duration,
}

/// The replicas that new connections go to, in turn. Clones share them.
#[derive(Debug, Clone)]
pub struct Endpoints(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// Those that the nodes know to be ready.
    visible: watch::Sender<Vec<SocketAddr>>,
    replicas: Arc<Mutex<Vec<Replica>>>,
    next: AtomicUsize,
    watcher: Option<AbortHandle>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Some(watcher) = &self.watcher {
            watcher.abort();
        }
    }
}

impl Endpoints {
    /// Replicas that are there for ever, ready or not.
    pub fn fixed(addresses: impl IntoIterator<Item = SocketAddr>) -> Self {
        let visible = watch::Sender::new(addresses.into_iter().collect());
        Self(Arc::new(Inner {
            visible,
            replicas: Arc::default(),
            next: AtomicUsize::new(0),
            watcher: None,
        }))
    }

    /// Replicas that come and go with their readiness; none at first. Must be called within a Tokio runtime, where the
    /// watcher runs until the last clone is dropped.
    pub fn watching(propagation: Propagation) -> Self {
        let visible = watch::Sender::new(Vec::new());
        let replicas: Arc<Mutex<Vec<Replica>>> = Arc::default();
        let watcher = tokio::spawn(follow(propagation, Arc::clone(&replicas), visible.clone()));
        Self(Arc::new(Inner {
            visible,
            replicas,
            next: AtomicUsize::new(0),
            watcher: Some(watcher.abort_handle()),
        }))
    }

    /// A new pod: connections go to it once it is ready and the news has spread.
    pub fn add(&self, replica: Replica) {
        locked(&self.0.replicas).push(replica);
    }

    /// A pod that is being deleted: it counts as not ready from now on, whatever it says itself, and connections stop
    /// once the news has spread.
    pub fn remove(&self, address: SocketAddr) {
        locked(&self.0.replicas).retain(|replica| replica.address != address);
    }

    /// The replicas that a connection may go to now.
    pub fn visible(&self) -> Vec<SocketAddr> {
        self.0.visible.borrow().clone()
    }

    /// Waits until the visible replicas are as asked.
    pub async fn wait_until(&self, mut holds: impl FnMut(&[SocketAddr]) -> bool) {
        // The sender lives as long as this value does.
        let _ = self.0.visible.subscribe().wait_for(|visible| holds(visible)).await;
    }

    /// Where the next connection goes.
    pub(crate) fn choose(&self) -> Option<SocketAddr> {
        let visible = self.0.visible.borrow();
        let turn = self.0.next.fetch_add(1, Ordering::Relaxed);
        visible.get(turn.checked_rem(visible.len())?).copied()
    }
}

async fn follow(propagation: Propagation, replicas: Arc<Mutex<Vec<Replica>>>, visible: watch::Sender<Vec<SocketAddr>>) {
    let mut last = Vec::new();
    // How often in a row each replica has failed. One that has never been ready starts at the threshold.
    let mut failures: HashMap<SocketAddr, u32> = HashMap::new();
    let mut ticks = interval(propagation.poll);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let asked = locked(&replicas).clone();
        let answers = futures::future::join_all(asked.iter().map(|replica| is_ready(replica.status))).await;
        failures.retain(|address, _| asked.iter().any(|replica| replica.address == *address));
        let mut ready = Vec::new();
        for (replica, answer) in asked.iter().zip(answers) {
            let failed = failures.entry(replica.address).or_insert(propagation.failures);
            *failed = if answer { 0 } else { failed.saturating_add(1) };
            if *failed < propagation.failures.max(1) {
                ready.push(replica.address);
            }
        }
        if ready == last {
            continue;
        }
        last.clone_from(&ready);
        let visible = visible.clone();
        tokio::spawn(async move {
            sleep(propagation.delay).await;
            visible.send_replace(ready);
        });
    }
}

async fn is_ready(status: SocketAddr) -> bool {
    matches!(timeout(Duration::from_secs(1), status_line(status)).await, Ok(Ok(line)) if line.contains(" 200 "))
}

/// The first bytes of the answer to `GET /readyz`.
async fn status_line(address: SocketAddr) -> io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream
        .write_all(b"GET /readyz HTTP/1.0\r\nHost: localhost\r\n\r\n")
        .await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer.lines().next().unwrap_or_default().to_owned())
}
