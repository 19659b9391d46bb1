//! What we accept, every reader accepts; a correction is legal and final.
#![no_main]

use libfuzzer_sys::fuzz_target;
use neo4jbackup_core::values::point_in_time::{crd_accepts, go_accepts, normalised, parse, restore_until};

fuzz_target!(|text: &str| {
    let parsed = parse(text);
    if let Ok(instant) = &parsed {
        assert!(crd_accepts(text) && go_accepts(text));
        assert_eq!(instant.utc_text().len(), "2025-01-15 14:30:00".len());
    }
    if let Some(corrected) = normalised(text) {
        let after = parse(&corrected).expect("a correction is legal");
        assert!(parsed.is_err() || parsed.is_ok_and(|before| before.means_the_same_as(&after)));
        assert_eq!(normalised(&corrected), None);
    }
    let _ = restore_until(text);
});
