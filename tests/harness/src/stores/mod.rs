//! Object stores for tests: servers that speak the protocols of the clouds and refuse what these refuse.
//!
//! [`Moto`] is S3, STS and the metadata service of a node, with policies of IAM; [`Gateway`] is S3 with all that belongs to a
//! signature, its time and its region, over HTTP or HTTPS. Where a tool to build or install them is missing, they say so and
//! give `None`.

mod gateway;
mod moto;
mod proxy;
mod python;
mod server;

pub use gateway::{Gateway, GatewayOptions};
pub use moto::Moto;
pub use proxy::Proxy;
pub use python::clock_library;
