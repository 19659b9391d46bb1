//! The body of a call from the API server: whatever it holds, both hooks answer, and never with a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use neo4jbackup_core::settings::Settings;
use neo4jbackup_webhook::{App, no_references};

fuzz_target!(|body: &[u8]| {
    let app = App::new(Settings::default(), no_references(), || jiff::Timestamp::UNIX_EPOCH);
    for reply in [app.validate_bytes(body), app.mutate_bytes(body)] {
        assert_ne!(reply.status.as_u16(), 500, "a panic was caught");
    }
});
