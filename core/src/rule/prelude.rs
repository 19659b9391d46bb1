//! What nearly every rule needs: `use crate::rule::prelude::*;`.

pub use crate::declare_rule;
pub use crate::document::{Document, Node, Path};
pub use crate::facts::{Inventory, Lookup, Need};
pub use crate::field::{Block, Field};
pub use crate::finding::{Finding, Reason, Severity};
pub use crate::fix::{Edit, Fix, FixKind};
pub use crate::model::{Backup, Provider, Restore, SourceType, Storage, StoreType};
pub use crate::quoted::{character, quoted};
pub use crate::rule::{Collector, Rule, RuleMeta};
pub use crate::schema::{Era, Kind};
pub use crate::subject::{Door, Subject};
