//! Any bytes are read as a file without a panic, and every span lies in the text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use neo4jbackup_core::document::{Limits, decode, parse};

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = decode(bytes) else { return };
    for document in parse(&text, &Limits::default()).documents {
        let span = document.spans.value;
        assert!(text.get(span.start.offset..span.end.offset).is_some());
    }
});
