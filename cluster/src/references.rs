//! The facts of other objects, kept up to date by watches.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kube::Client;
use neo4jbackup_core::facts::Inventory;
use tokio::sync::watch::{self, Receiver};
use tokio::task::JoinSet;

use crate::connect::Cluster;
use crate::rbac::RbacReconciler;
use crate::shared_inventory::{InventoryWriter, SharedInventory};
use crate::watch::{WatchSink, follow};
use crate::watched::{Progress, Watched, coverage};

/// What is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watching {
    /// What rules ask for.
    References,
    /// The accounts and roles of the Jobs as well, for [`References::reconcile_rbac`].
    Accounts,
}

/// The facts of other objects. Dropping it ends the watches.
pub struct References {
    inventory: SharedInventory,
    /// Where there is a cluster to ask.
    followed: Option<Followed>,
    progress: Receiver<Vec<(Watched, Progress)>>,
    watches: JoinSet<()>,
}

/// What is followed, and by which means.
struct Followed {
    client: Client,
    sources: Vec<Watched>,
    sink: Arc<WatchSink>,
}

impl fmt::Debug for References {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("References")
            .field("sources", &self.sources())
            .finish_non_exhaustive()
    }
}

impl References {
    /// References that stay unknown, and why.
    pub fn none(why: &str) -> Self {
        let writer = InventoryWriter::new(Inventory::partial(why));
        let (_, progress) = watch::channel(Vec::new());
        Self {
            inventory: writer.shared(),
            followed: None,
            progress,
            watches: JoinSet::new(),
        }
    }

    /// References of a cluster. Nothing is known of it before [`References::start`], and until the first lists are
    /// complete.
    pub fn new(cluster: &Cluster, watching: Watching) -> Self {
        let mut sources = Watched::RULES.to_vec();
        if watching == Watching::Accounts {
            sources.extend(Watched::RBAC);
        }
        let pending: Vec<_> = sources.iter().map(|source| (*source, Progress::Pending)).collect();
        // Of what is not watched, nothing is known.
        let mut inventory = Inventory::partial("it is not watched");
        for source in &sources {
            inventory.set_coverage(source.need(), coverage(source.need(), &pending));
        }
        let writer = InventoryWriter::new(inventory);
        let (sender, progress) = watch::channel(pending);
        Self {
            inventory: writer.shared(),
            followed: Some(Followed {
                client: cluster.client(),
                sources,
                sink: Arc::new(WatchSink::new(writer, sender)),
            }),
            progress,
            watches: JoinSet::new(),
        }
    }

    /// Starts the watches, which end with these references. Where they run already, they start anew.
    pub fn start(&mut self) {
        self.watches = JoinSet::new();
        if let Some(followed) = &self.followed {
            for source in &followed.sources {
                let sink = Arc::clone(&followed.sink);
                self.watches.spawn(follow(followed.client.clone(), *source, sink));
            }
        }
    }

    fn sources(&self) -> &[Watched] {
        self.followed.as_ref().map_or(&[], |followed| &followed.sources)
    }

    /// The inventory, to be read at any time.
    pub fn inventory(&self) -> SharedInventory {
        Arc::clone(&self.inventory)
    }

    /// Keeps accounts and roles as they have to be, until the watches end; these must be [`Watching::Accounts`]. Returns at
    /// once where there is no cluster.
    pub fn reconcile_rbac(&self, reconciler: RbacReconciler) -> impl Future<Output = ()> + Send + 'static {
        let parts = self.followed.as_ref();
        let parts = parts.map(|followed| (followed.client.clone(), followed.sink.changes()));
        let inventory = self.inventory();
        async move {
            if let Some((client, changes)) = parts {
                reconciler.run(client, inventory, changes).await;
            }
        }
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
        let Some(followed) = &self.followed else {
            return Vec::new();
        };
        let now = Instant::now();
        let ages = followed.sources.iter();
        ages.map(|source| (source.name(), followed.sink.age(*source, now)))
            .collect()
    }
}
