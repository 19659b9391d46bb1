//! Paths and names: a fixed path has no stray slash, and fixing is final.
#![no_main]

use libfuzzer_sys::fuzz_target;
use neo4jbackup_core::did_you_mean;
use neo4jbackup_core::values::{names, object_path};

fuzz_target!(|text: &str| {
    if let Some(mended) = object_path::normalised(text) {
        assert!(
            !object_path::check(&mended)
                .iter()
                .any(object_path::PathProblem::is_stray_slash)
        );
        assert_eq!(object_path::normalised(&mended), None);
    }
    let _ = did_you_mean::closest(text, ["schedule", "storage", "credentialsSecretRef"]);
    let _ = names::is_dns_subdomain(text);
});
