//! What is kept of objects: of each kind the handful of fields that somebody asks for, and all of it in an inventory.

mod account;
mod backup;
mod coverage;
mod fact;
mod instance;
mod inventory;
mod location;
mod namespace;
mod operator;
mod owner;
mod restore;
mod role;
mod secret;
mod sharded;
mod siblings;
mod small_map;
mod why;
mod writers;

pub use self::account::AccountFacts;
pub use self::backup::{BackupFacts, Runs, ScopeFacts};
pub use self::coverage::{Coverage, Need};
pub use self::fact::Fact;
pub use self::instance::{InstanceFacts, InstanceKind};
pub use self::inventory::{Inventory, Lookup};
pub use self::location::LocationFacts;
pub use self::namespace::NamespaceFacts;
pub use self::operator::deployed_version;
pub use self::owner::Controller;
pub use self::restore::RestoreFacts;
pub use self::role::{BindingFacts, Grant, RoleFacts, RoleReference};
pub use self::secret::SecretFacts;
pub use self::sharded::ShardedFacts;
pub use self::siblings::Others;
pub use self::small_map::SmallMap;
pub use self::why::{Cause, Right, Why};
pub use self::writers::Elsewhere;
