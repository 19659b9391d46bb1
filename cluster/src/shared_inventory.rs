//! An inventory that is read without waiting while it is being written.

use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use neo4jbackup_core::facts::Inventory;

/// What readers hold: `load()` never waits.
pub type SharedInventory = Arc<ArcSwap<Inventory>>;

/// The writing side. Two copies exist: readers see one while the other takes the change; then they swap, and the one
/// that readers have left takes the same change. So a change costs what it changes, not a copy of everything.
#[derive(Debug)]
pub(crate) struct InventoryWriter {
    shared: SharedInventory,
    spare: Mutex<Arc<Inventory>>,
}

impl InventoryWriter {
    /// Makes both copies of an inventory.
    pub(crate) fn new(inventory: Inventory) -> Self {
        let spare = Mutex::new(Arc::new(inventory.clone()));
        Self {
            shared: Arc::new(ArcSwap::from_pointee(inventory)),
            spare,
        }
    }

    /// Returns the side of the readers.
    pub(crate) fn shared(&self) -> SharedInventory {
        Arc::clone(&self.shared)
    }

    /// Changes both copies. A reader that still holds the older one keeps it; the copy is then made anew.
    pub(crate) fn change(&self, change: impl Fn(&mut Inventory)) {
        let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        change(Arc::make_mut(&mut spare));
        *spare = self.shared.swap(Arc::clone(&spare));
        change(Arc::make_mut(&mut spare));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use neo4jbackup_core::facts::Lookup;

    use super::*;

    #[test]
    fn every_change_is_seen_and_a_reader_keeps_what_it_holds() {
        let writer = InventoryWriter::new(Inventory::default());
        let shared = writer.shared();
        let before = shared.load_full();
        for name in ["a", "b", "c"] {
            writer.change(|inventory| inventory.insert_namespace(name, BTreeMap::new()));
        }
        writer.change(|inventory| inventory.remove_namespace("b"));
        let after = shared.load();
        assert!(matches!(after.namespace("a"), Lookup::Found(_)));
        assert!(matches!(after.namespace("b"), Lookup::Unknown(_)));
        assert!(matches!(after.namespace("c"), Lookup::Found(_)));
        assert!(matches!(before.namespace("a"), Lookup::Unknown(_)));
    }
}
