//! The policies of the rules on a real API server: that they judge as the engine does, whom they leave alone, and what
//! they cost.

mod budget;
pub(crate) mod equality;
mod foreign_text;
mod left_alone;
mod modes;
mod objects;
pub(crate) mod policed;
mod updates;

/// Whether the whole of each comparison is asked for, and not its short form.
fn is_long() -> bool {
    std::env::var("NEO4JBACKUP_DRILLS").is_ok_and(|drills| drills == "long")
}
