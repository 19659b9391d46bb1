//! The plugin connects as kubectl does: both are asked the same, and what the API server saw is compared.

mod certificates;
mod credentials;
mod failures;
mod files;
mod impersonation;
mod programs;
mod proxies;
mod servers;
mod surroundings;
