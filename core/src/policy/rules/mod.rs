//! What the policies of single rules say, one file for each: the twin of the file of the same name in `rules/`.
//!
//! Where the rule splits a text and suggests another, the policy says the same in fewer words. Codes, fields and verdicts
//! are the same; the end-to-end tests compare them on a real API server.

mod cron;
mod go_duration;

pub(crate) mod bucket_missing;
pub(crate) mod point_in_time_invalid;
pub(crate) mod schedule_invalid;
