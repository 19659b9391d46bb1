//! The facts of other objects, kept up to date by watches.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kube::Client;
use neo4jbackup_core::inventory::Inventory;
use tokio::sync::watch::{self, Receiver};
use tokio::task::JoinSet;

use crate::connect::{ConnectError, connect};
use crate::shelf::{SharedInventory, Shelf};
use crate::source::{Progress, Source, coverage};
use crate::watch::{Keeper, keep};

/// The facts of other objects. Dropping it ends the watches.
#[derive(Debug)]
pub struct References {
    inventory: SharedInventory,
    keeper: Option<Arc<Keeper>>,
    progress: Receiver<Vec<(Source, Progress)>>,
    _watches: JoinSet<()>,
}

/// Starts the watches, and returns at once. Without a kubeconfig and outside a cluster there is nothing to ask:
/// everything stays unknown, which is no error.
pub async fn references(kubeconfig: Option<&Path>) -> Result<References, ConnectError> {
    Ok(match connect(kubeconfig).await? {
        Some(client) => References::watch(&client),
        None => References::none("no cluster was asked"),
    })
}

impl References {
    /// References that stay unknown, and why.
    pub fn none(why: &str) -> Self {
        let shelf = Shelf::new(Inventory::partial(why));
        let (_, progress) = watch::channel(Vec::new());
        Self {
            inventory: shelf.shared(),
            keeper: None,
            progress,
            _watches: JoinSet::new(),
        }
    }

    /// References that follow the cluster of `client`.
    pub fn watch(client: &Client) -> Self {
        let pending: Vec<_> = Source::ALL.map(|source| (source, Progress::Pending)).to_vec();
        let mut inventory = Inventory::default();
        for source in Source::ALL {
            inventory.set_coverage(source.need(), coverage(source.need(), &pending));
        }
        let shelf = Shelf::new(inventory);
        let (sender, progress) = watch::channel(pending);
        let shared = shelf.shared();
        let keeper = Arc::new(Keeper::new(shelf, sender));
        let mut watches = JoinSet::new();
        for source in Source::ALL {
            watches.spawn(keep(client.clone(), source, Arc::clone(&keeper)));
        }
        Self {
            inventory: shared,
            keeper: Some(keeper),
            progress,
            _watches: watches,
        }
    }

    /// The inventory, to be read at any time.
    pub fn inventory(&self) -> SharedInventory {
        Arc::clone(&self.inventory)
    }

    /// Waits until each watch has either listed its objects or said why it cannot, at most for `patience`. True when
    /// that came about in time.
    pub async fn settled(&self, patience: Duration) -> bool {
        let mut progress = self.progress.clone();
        let settled = progress.wait_for(|all| all.iter().all(|(_, progress)| *progress != Progress::Pending));
        // A closed channel means that there are no watches: nothing to wait for.
        tokio::time::timeout(patience, settled).await.is_ok()
    }

    /// For each kind that is watched: its name, and how long ago its watch last said anything. `None` when it never did.
    pub fn ages(&self) -> Vec<(&'static str, Option<Duration>)> {
        let Some(keeper) = &self.keeper else { return Vec::new() };
        let now = Instant::now();
        Source::ALL
            .map(|source| (source.name(), keeper.age(source, now)))
            .to_vec()
    }
}
