//! Any text as a schedule: no panic, no search without end, and suggestions that are schedules.

#![no_main]

use jiff::Timestamp;
use jiff::tz::TimeZone;
use libfuzzer_sys::fuzz_target;
use neo4jbackup_core::values::cron::{Schedule, first_common_run};

fuzz_target!(|text: &str| {
    match Schedule::parse(text) {
        Ok(schedule) => {
            let after = Timestamp::from_second(1_767_225_600).unwrap_or_default();
            let next = schedule.next(after, &TimeZone::UTC);
            assert!(next.is_none_or(|run| run > after));
            assert!(next.is_none() || !schedule.never_fires());
            assert!(!schedule.words().is_empty());
            for better in schedule.remarks().into_iter().filter_map(|remark| remark.better) {
                assert!(Schedule::parse(&better).is_ok());
            }
            first_common_run(&schedule, &schedule, after, 366);
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            assert!(error.suggestion().is_none_or(|better| Schedule::parse(&better).is_ok()));
        }
    }
});
