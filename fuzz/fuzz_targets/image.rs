//! Images and versions: any text has an answer, and what the operator refuses has a problem.
#![no_main]

use libfuzzer_sys::fuzz_target;
use neo4jbackup_core::values::{image, neo4j_version};

fuzz_target!(|text: &str| {
    let parts = image::split(text);
    let judged = image::analyse(Some(parts.repository), parts.tag.unwrap_or(text));
    assert!(judged.operator_accepts() || !judged.problems().is_empty());
    let _ = neo4j_version::backup_check_accepts(text);
});
