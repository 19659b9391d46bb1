//! We accept exactly what the CRD stores and the operator survives; a correction is legal and final.
#![no_main]

use libfuzzer_sys::fuzz_target;
use neo4jbackup_core::values::quantity::{
    crd_pattern_accepts, go_accepts, is_poison, means_the_same, normalised, parse,
};

fuzz_target!(|text: &str| {
    let parsed = parse(text);
    assert_eq!(parsed.is_ok(), crd_pattern_accepts(text) && !is_poison(text));
    if let Ok(quantity) = parsed {
        assert!(go_accepts(text) && means_the_same(text, text));
        let _ = quantity.bytes();
    }
    if let Some(corrected) = normalised(text) {
        assert!(parse(&corrected).is_ok());
        assert_eq!(normalised(&corrected), None);
    }
});
