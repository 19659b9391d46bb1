//! The domain of everything in a cluster that is ours: annotations, labels, API groups, names of webhooks.

/// Returns a name in our domain: `in_domain!("rotate")` is `neo4jbackup.github.io/rotate`. Without a name, the domain.
#[macro_export]
macro_rules! in_domain {
    () => {
        "neo4jbackup.github.io"
    };
    ($name:literal) => {
        concat!($crate::in_domain!(), "/", $name)
    };
}

/// The domain.
pub const DOMAIN: &str = in_domain!();
