//! What fields exist in which operator version, and what the API server says of an object.
//!
//! The tables are `core/schemas/*.yaml`; `cargo xtask gen` turns them into static data, so that starting costs nothing.

mod check;
mod group;
#[rustfmt::skip]
mod generated;
mod pattern;
mod render;
mod suggest;
mod table;

pub use check::{SchemaProblem, check};
pub(crate) use check::{each_missing, why_dropped};
pub use group::Group;
pub use pattern::Pattern;
pub use render::{crd, json_schema};
pub use table::{
    Absence, Column, DefaultField, FieldSchema, Kind, KindSchema, Literal, ObjectSchema, Shape, Variant,
    absent_defaults, defaults, field,
};

pub use crate::operator::{Era, EraSet, Profile};
