//! Does our webhook do its work, and do our policies?
//!
//! ```text
//! failure   what the API server says of a call that failed → its cause, and what helps
//! trial     objects that are tried and never stored; who has judged them
//! sight     everything that was seen ─→ rows: a line for each thing that was looked at
//! ```

mod failure;
mod rows;
mod sight;
pub mod trial;

pub use failure::{FailedCall, Failure};
pub use rows::{Row, Topic, rows, secrets};
pub use sight::{Bundle, Paper, Place, Reach, Sight, Target, Trials};
