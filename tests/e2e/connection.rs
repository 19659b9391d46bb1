//! The plugin connects as kubectl does: both are asked the same, and what the API server saw is compared.

mod certificates;
mod compression;
mod credentials;
mod failures;
mod files;
mod impersonation;
mod in_cluster;
mod internet_six;
mod issuer;
mod openid;
mod programs;
mod proxies;
mod servers;
mod surroundings;
