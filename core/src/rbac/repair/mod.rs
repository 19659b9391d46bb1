//! What a person can have repaired: accounts with the identity that is declared, the rights of the Jobs of operators 0.x,
//! and what such an operator has left behind.
//!
//! Pure: raw objects go in, steps and remarks come out. Who reads the objects, asks and writes is the plugin.

mod content;
mod evidence;
mod keeper;
mod needed;
mod part;
mod plan;
mod rights;
mod step;
mod undo;

pub use content::{applied, authored, content};
pub use evidence::{OPERATOR, REPAIRER};
pub use keeper::Keeper;
pub use needed::{Needed, Rights};
pub use part::Part;
pub use plan::repair;
pub use rights::rights_of_jobs;
pub use step::{Action, Observed, OtherBindings, Remark, Repair, Step};
pub use undo::{Restoration, Undo, UndoState, UndoStep};

#[cfg(test)]
mod tests;
