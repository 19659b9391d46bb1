//! Buckets of every store: what a fix offers is faultless.
#![no_main]

use libfuzzer_sys::fuzz_target;
use neo4jbackup_core::values::bucket::{Store, check};

fuzz_target!(|text: &str| {
    for store in [Store::S3, Store::S3Compatible, Store::Gcs, Store::Azure] {
        for fix in check(store, text).into_iter().filter_map(|problem| problem.fix) {
            assert!(check(store, &fix.bucket).is_empty());
        }
    }
});
