//! One value grammar per file: is this text legal, and what does it mean?
//!
//! Every parser here is total (any text gives an answer, none panics), does no IO and takes time that grows at most
//! linearly with the text. Where the software that will read the value is known to be stricter or laxer than the
//! documentation, the difference has a function of its own.

pub mod bucket;
pub mod cron;
pub mod go_duration;
pub mod identity;
pub mod image;
pub mod names;
pub mod neo4j_version;
pub mod object_path;
pub mod placeholder;
pub mod point_in_time;
pub mod quantity;
pub mod retention;
mod scanner;
mod shorten;
pub mod time_zone;
pub mod validity;
