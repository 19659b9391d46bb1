//! What the program can be asked to do, one file for each.

pub(crate) mod arguments;
pub(crate) mod check_admission;
pub(crate) mod serve;
pub(crate) mod switch;
