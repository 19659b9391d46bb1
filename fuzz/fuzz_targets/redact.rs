//! Any text is redacted without a panic, and doing it again changes nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use neo4jbackup_core::redact::{Extent, Redactor};

fuzz_target!(|text: &str| {
    for extent in [Extent::Secrets, Extent::Places] {
        let once = Redactor::new(extent).text(text).into_owned();
        let twice = Redactor::new(extent).text(&once).into_owned();
        assert_eq!(once, twice);
    }
});
