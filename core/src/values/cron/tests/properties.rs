use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::{new_year, next_in_utc};
use crate::values::cron::field::{Field, Set};
use crate::values::cron::{Calendar, Schedule, Timing, first_common_run};
use crate::values::time_zone;

const ZONES: [&str; 8] = [
    "UTC",
    "America/New_York",
    "Africa/Cairo",
    "Australia/Lord_Howe",
    "Europe/London",
    "America/Havana",
    "Asia/Kolkata",
    "Pacific/Apia",
];

/// An item that the field takes.
fn item(field: Field) -> impl Strategy<Value = String> {
    let value = field.minimum()..=field.maximum();
    let step = prop_oneof![3 => 1..=field.length(), 1 => 1..=10_000_u32];
    prop_oneof![
        3 => Just("*".to_owned()),
        1 => Just("?".to_owned()),
        4 => value.clone().prop_map(|value| value.to_string()),
        2 => (value.clone(), value.clone()).prop_map(|(a, b)| format!("{}-{}", a.min(b), a.max(b))),
        2 => step.clone().prop_map(|step| format!("*/{step}")),
        1 => (value, step).prop_map(|(value, step)| format!("{value}/{step}")),
        1 => Just(String::new()),
    ]
}

fn field(field: Field) -> impl Strategy<Value = String> {
    prop::collection::vec(item(field), 1..4).prop_map(|items| {
        let list = items.join(",");
        if list.is_empty() { ",".to_owned() } else { list }
    })
}

fn expression() -> impl Strategy<Value = String> {
    let [minute, hour, day_of_month, month, day_of_week] = Field::ALL.map(field);
    (minute, hour, day_of_month, month, day_of_week)
        .prop_map(|(minute, hour, date, month, weekday)| format!("{minute} {hour} {date} {month} {weekday}"))
}

/// Any second of the years 2000 to 2060.
fn moment() -> impl Strategy<Value = Timestamp> {
    (946_684_800..2_840_140_800_i64).prop_map(|second| Timestamp::from_second(second).expect("in range"))
}

fn calendar(schedule: &Schedule) -> Calendar {
    match schedule.timing {
        Timing::Calendar(calendar) => calendar,
        Timing::Every(_) => panic!("a calendar schedule"),
    }
}

/// Whether the schedule runs at this instant, from the sets alone.
fn runs_at(calendar: &Calendar, instant: Timestamp, zone: &TimeZone) -> bool {
    let wall = instant.to_zoned(zone.clone());
    let of = |value: i8| u32::try_from(value).expect("not negative");
    wall.second() == 0
        && calendar.minute.contains(of(wall.minute()))
        && calendar.hour.contains(of(wall.hour()))
        && calendar.month.contains(of(wall.month()))
        && calendar.matches_day(of(wall.day()), of(wall.weekday().to_sunday_zero_offset()))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn no_text_is_too_strange(text in prop_oneof![any::<String>(), "[-@TZ=evryMON0-9*/?,LWhmsd. \u{a0}]{0,40}"]) {
        match Schedule::parse(&text) {
            Ok(schedule) => {
                schedule.words();
                schedule.remarks();
                next_in_utc(&schedule, new_year());
            }
            Err(error) => {
                prop_assert!(!error.to_string().is_empty());
                if let Some(better) = error.suggestion() {
                    prop_assert!(Schedule::parse(&better).is_ok_and(|schedule| !schedule.never_fires()), "{better:?}");
                    prop_assert_eq!(error.readings(), None);
                }
            }
        }
    }

    #[test]
    fn a_run_is_later_and_in_the_sets(
        text in expression(),
        after in moment(),
        zone in prop::sample::select(&ZONES[..]),
    ) {
        let schedule = Schedule::parse(&text).expect("a schedule");
        let zone = time_zone::lookup(zone).expect("a zone");
        if let Some(run) = schedule.next(after, &zone) {
            prop_assert!(run > after);
            prop_assert!(runs_at(&calendar(&schedule), run, &zone), "{text:?} does not run at {run}");
        }
    }

    #[test]
    fn no_run_in_utc_is_missed(text in expression(), after in moment()) {
        let schedule = Schedule::parse(&text).expect("a schedule");
        let calendar = calendar(&schedule);
        let next = next_in_utc(&schedule, after);
        let first_minute = after.as_second().div_euclid(60) + 1;
        let found = (first_minute..first_minute + 3 * 24 * 60)
            .filter_map(|minute| Timestamp::from_second(minute * 60).ok())
            .find(|instant| runs_at(&calendar, *instant, &TimeZone::UTC));
        if let Some(found) = found {
            prop_assert_eq!(next, Some(found), "{:?}", text);
        }
    }

    #[test]
    fn never_means_never_and_only_never(
        bits in any::<[u64; 5]>(),
        rare in any::<[u64; 5]>(),
        stars in any::<[bool; 2]>(),
    ) {
        // Two draws joined with AND make small sets.
        let set = |index: usize, field: Field| {
            Set(bits[index] & rare[index] & rare[(index + 1) % 5] & Set::star(field).bits())
        };
        let day = |index: usize, field: Field| if stars[index / 4] { Set::star(field) } else { set(index, field) };
        let calendar = Calendar {
            minute: set(0, Field::Minute),
            hour: set(1, Field::Hour),
            day_of_month: day(2, Field::DayOfMonth),
            month: set(3, Field::Month),
            day_of_week: day(4, Field::DayOfWeek),
        };
        // Eight years from 2026 hold every date on some day, and every weekday in every month.
        let start = jiff::civil::date(2026, 1, 1);
        let some_day = (0..8 * 366).any(|days| {
            let date = start.saturating_add(jiff::Span::new().days(days));
            let of = |value: i8| u32::try_from(value).expect("not negative");
            calendar.month.contains(of(date.month()))
                && calendar.matches_day(of(date.day()), of(date.weekday().to_sunday_zero_offset()))
        });
        let fires = some_day && !calendar.minute.is_empty() && !calendar.hour.is_empty();
        prop_assert_eq!(calendar.never_fires(), !fires);
    }

    #[test]
    fn words_and_remarks_hold_for_any_schedule(text in expression()) {
        let schedule = Schedule::parse(&text).expect("a schedule");
        let words = schedule.words();
        prop_assert_eq!(words == "never", schedule.never_fires());
        prop_assert!(!words.contains("  ") && !words.contains(" of ,"), "{}", words);
        for remark in schedule.remarks() {
            if let Some(better) = remark.better {
                prop_assert_eq!(Schedule::parse(&better).expect("a schedule").timing, schedule.timing);
            }
        }
    }

    #[test]
    fn schedules_meet_where_both_run(a in expression(), b in expression(), from in moment()) {
        let (a, b) = (Schedule::parse(&a).expect("a schedule"), Schedule::parse(&b).expect("a schedule"));
        let common = first_common_run(&a, &b, from, 30);
        let minute = from.as_second().div_euclid(60) + 1;
        let expected = (minute..=minute + 30 * 24 * 60)
            .filter_map(|minute| Timestamp::from_second(minute * 60).ok())
            .filter(|instant| instant.as_second() - from.as_second() <= 30 * 86_400)
            .find(|instant| {
                runs_at(&calendar(&a), *instant, &TimeZone::UTC) && runs_at(&calendar(&b), *instant, &TimeZone::UTC)
            });
        prop_assert_eq!(common, expected);
    }
}

/// Hangs where a parser or a search is not bounded; how fast they are is for the benchmarks to say.
#[test]
fn long_texts_and_long_searches_end() {
    const LENGTH: usize = 64 * 1024;
    let texts = [
        format!("{} * * * *", "1,".repeat(LENGTH / 2)),
        format!("{} * * * *", ",".repeat(LENGTH)),
        format!("{} * * * *", "*/7-".repeat(LENGTH / 4)),
        format!("* * * * {}", "mon-fri,".repeat(LENGTH / 8)),
        format!("*{} * * * *", "-".repeat(LENGTH)),
        "* ".repeat(LENGTH / 2),
        format!("@every {}", "1h".repeat(LENGTH / 2)),
        format!("@every {}", "1ns".repeat(LENGTH / 3)),
        format!("@every 0.{}s", "9".repeat(LENGTH)),
        format!("TZ={} 0 2 * * *", "A/".repeat(LENGTH / 2)),
        "@".repeat(LENGTH),
    ];
    let apia = time_zone::lookup("Pacific/Apia").expect("a zone");
    for text in &texts {
        match Schedule::parse(text) {
            Ok(schedule) => {
                schedule.words();
                schedule.remarks();
                next_in_utc(&schedule, new_year());
            }
            Err(error) => assert_eq!(error.suggestion(), None),
        }
    }
    let lost = super::schedule("0 0 31 12 *");
    assert_eq!(lost.next(super::instant("2011-12-02T00:00:00Z"), &apia), None);
}
