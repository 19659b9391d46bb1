//! Object stores for tests: servers that speak the protocols of the clouds and refuse what these refuse.
//!
//! [`Moto`] is S3, STS and the metadata service of a node, with policies of IAM; [`Gateway`] is S3 with all that belongs to a
//! signature, its time and its region, over HTTP or HTTPS; [`FakeGcs`] is Google Cloud Storage and lets everybody in;
//! [`Azurite`] is Azure Blob with keys, shared access signatures and the claims of tokens. Where a tool to build or install
//! them is missing, they say so and give `None`.

mod azurite;
mod gateway;
mod gcs;
mod install;
mod moto;
mod proxy;
mod python;
mod server;

pub use azurite::Azurite;
pub use gateway::{Gateway, GatewayOptions};
pub use gcs::FakeGcs;
pub use moto::Moto;
pub use proxy::Proxy;
pub use python::{clock_library, rsa_key};
