//! The guard on a real API server: what it must never let through, what it must never stand in the way of, and that it
//! judges as the engine does.

mod budget;
mod clients;
mod equality;
mod guarded;
mod places;
pub(crate) mod random;
mod stored;

/// Repeats each test function, which takes a `&Guarded`, with the CRDs of the schema tables and with the operator's own.
macro_rules! with_each_crds {
    ($($test:ident),+ $(,)?) => {
        mod with_rendered_crds {
            $(#[test] fn $test() { super::$test(crate::guard::guarded::Guarded::rendered()); })+
        }
        mod with_upstream_crds {
            $(#[test] fn $test() {
                if let Some(guarded) = crate::guard::guarded::Guarded::upstream() {
                    super::$test(guarded);
                }
            })+
        }
    };
}
pub(crate) use with_each_crds;
