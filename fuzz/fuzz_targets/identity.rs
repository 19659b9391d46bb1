//! Cloud identities: any text has an answer, and an accepted role has twelve digits of account.
#![no_main]

use libfuzzer_sys::fuzz_target;
use neo4jbackup_core::values::identity::{aws, azure, google, provider_of_annotation};

fuzz_target!(|text: &str| {
    if let Ok(role) = aws::parse_role_arn(text) {
        assert_eq!(role.account().len(), 12);
        assert!(text.ends_with(role.name()));
    }
    if let Ok(account) = google::parse_service_account(text) {
        assert!(text.starts_with(account.name()));
    }
    if azure::check_client_id(text).is_ok() {
        let _ = azure::is_placeholder(text);
    }
    let _ = provider_of_annotation(text);
});
