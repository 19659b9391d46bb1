//! What the policies of single rules say, one file for each: the twin of the file of the same name in `rules/`.
//!
//! Where the rule splits a text and suggests another, the policy says the same in fewer words. Codes, fields and verdicts
//! are the same; the end-to-end tests compare them on a real API server.

mod cron;
mod go_duration;

pub(crate) mod additional_argument;
pub(crate) mod annotation_of_other_provider;
pub(crate) mod azure_client_id_malformed;
pub(crate) mod base_backup_missing;
pub(crate) mod bucket_malformed;
pub(crate) mod bucket_missing;
pub(crate) mod character_refused;
pub(crate) mod cloud_provider_wrong;
pub(crate) mod container_without_account;
pub(crate) mod derived_name_too_long;
pub(crate) mod endpoint_without_credentials;
pub(crate) mod google_service_account_malformed;
pub(crate) mod identity_placeholder;
pub(crate) mod identity_provider_wrong;
pub(crate) mod option_ignored;
pub(crate) mod overwrite_unconfirmed;
pub(crate) mod path_with_empty_segment;
pub(crate) mod point_in_time_invalid;
pub(crate) mod quantity_malformed;
pub(crate) mod required_field_missing;
pub(crate) mod restore_source_incomplete;
pub(crate) mod retention_malformed;
pub(crate) mod retention_without_effect;
pub(crate) mod role_arn_malformed;
pub(crate) mod schedule_invalid;
pub(crate) mod schedule_never_fires;
pub(crate) mod schedule_surprising;
pub(crate) mod schedule_time_zone;
pub(crate) mod scope_unclear;
pub(crate) mod system_database_restored;
pub(crate) mod timeout_invalid;
pub(crate) mod version_not_supported;
pub(crate) mod volume_claim_missing;
