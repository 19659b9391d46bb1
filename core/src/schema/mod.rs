//! What fields exist in which operator version, and what the API server says of an object.
//!
//! The tables are `core/schemas/*.yaml`; `cargo xtask gen` turns them into static data, so that starting costs nothing. Where
//! the schema that a cluster serves is at hand, it decides which fields there are, and the tables what is said of them.

mod check;
mod group;
#[rustfmt::skip]
mod generated;
mod pattern;
mod render;
mod served;
mod structural;
mod suggest;
mod table;
mod told;

pub use check::{SchemaProblem, check};
pub use group::Group;
pub use pattern::{Pattern, TextPattern};
pub use render::{crd, json_schema};
pub use served::{ServedError, ServedSchemas};
pub use structural::StructuralSchema;
pub use table::{
    Absence, Column, DefaultField, FieldSchema, Kind, KindSchema, Literal, ObjectSchema, Shape, Variant,
    absent_defaults, defaults, field,
};
pub use told::Difference;

pub use crate::operator::{Era, EraSet, Profile};
