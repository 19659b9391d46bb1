//! One value grammar per file: is this text legal, and what does it mean?

pub mod cron;
pub mod time_zone;
