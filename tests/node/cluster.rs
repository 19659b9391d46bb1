//! One cluster for all tests of the process, which take turns: each needs it, and the machine, for itself.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use neo4jbackup_harness::{ChartTools, Namespace, Node, NodeBinaries, missing_prerequisites, report_progress, target};
use neo4jbackup_tests::crds;

/// A cluster with the CRDs of the operator and the image of the webhook.
pub(crate) struct Cluster {
    pub(crate) node: Node,
    pub(crate) helm: PathBuf,
}

impl Cluster {
    /// A namespace with instances, which a webhook guards that knows them already.
    pub(crate) fn guarded_namespace(&self, name: &str) -> Namespace {
        let namespace = self.namespace(name);
        namespace.await_judgement();
        namespace
    }

    /// A namespace with instances, whatever guards it.
    pub(crate) fn namespace(&self, name: &str) -> Namespace {
        let namespace = Namespace::create(self.node.client(), name, self.node.directory());
        namespace.unwrap().deleted_at_end().with_instances()
    }
}

/// The cluster, as long as the value lives: then it is the next test's turn.
pub(crate) struct Turn {
    pub(crate) cluster: &'static Cluster,
    _turn: MutexGuard<'static, ()>,
}

/// Waits for its turn. `None`, after saying so, when this machine cannot run a node.
pub(crate) fn turn() -> Option<Turn> {
    static TURN: Mutex<()> = Mutex::new(());
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    if let Some(prerequisite) = missing_prerequisites().first() {
        println!("skipped: a node needs {prerequisite}");
        return None;
    }
    // A test that failed has told so; the next one starts from the beginning.
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let cluster = CLUSTER.get_or_init(start);
    Some(Turn { cluster, _turn: turn })
}

fn start() -> Cluster {
    let image = std::env::var_os("NEO4JBACKUP_IMAGE").map_or_else(|| target().join(IMAGE), PathBuf::from);
    assert!(
        image.is_file(),
        "{} is not there: `cargo xtask image --debug` makes it",
        image.display()
    );
    let helm = ChartTools::locate_or_build(&report_progress).unwrap().helm;
    let node = Node::start(&NodeBinaries::locate_or_build(&report_progress).unwrap(), None).unwrap();
    node.import_image(&image).unwrap();
    node.client().install_crds(&crds::rendered()).unwrap();
    Cluster { node, helm }
}

/// Below cargo's target folder.
const IMAGE: &str = "image/neo4jbackup-webhook.tar";
