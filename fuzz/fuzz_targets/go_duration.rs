//! Durations and retention ages: any text has an answer, and a suggestion is legal.
#![no_main]

use libfuzzer_sys::fuzz_target;
use neo4jbackup_core::values::{go_duration, retention};

fuzz_target!(|text: &str| {
    if let Some(suggestion) = go_duration::suggestion(text) {
        assert!(go_duration::parse(text).is_err() && go_duration::parse(&suggestion).is_ok());
    }
    if let Some(suggestion) = retention::suggestion(text) {
        assert!(retention::parse(text).is_err() && retention::parse(&suggestion).is_ok());
    }
});
