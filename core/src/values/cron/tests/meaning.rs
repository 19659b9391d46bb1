use super::{instant, new_year, schedule};
use crate::values::cron::{Field, RemarkKind, first_common_run};

#[test]
fn words_say_when_it_runs() {
    for (expression, words) in [
        ("0 2 * * *", "at 02:00 every day"),
        ("@daily", "at 00:00 every day"),
        ("@weekly", "at 00:00 on Sunday"),
        ("@yearly", "at 00:00 on day 1 of January"),
        ("@hourly", "every hour"),
        ("* * * * *", "every minute"),
        ("*/15 * * * *", "every 15 minutes"),
        ("5/15 * * * *", "every 15 minutes from minute 5"),
        ("30 * * * *", "every hour at minute 30"),
        ("*/15 * * 6 *", "every 15 minutes in June"),
        ("*/45 * * * *", "every hour at minutes 0 and 45"),
        ("0 */6 * * *", "every 6 hours"),
        ("15 1/4 * * *", "every 4 hours at minute 15 from 01:15"),
        ("0 2,14 * * *", "at 02:00 and 14:00 every day"),
        ("30 3 * * MON-FRI", "at 03:30 on Monday to Friday"),
        ("0 9-17 * * 1-5", "every hour from 09:00 to 17:00 on Monday to Friday"),
        ("*/10 9-17 * * *", "every 10 minutes from 09:00 to 17:59 every day"),
        ("* 2 * * *", "every minute from 02:00 to 02:59 every day"),
        ("*/10 1,5,9 * * *", "every 10 minutes of the hours 1, 5 and 9 every day"),
        ("0 0 13 * 5", "at 00:00 on day 13 of the month OR on Friday"),
        ("0 0 30 2 1", "at 00:00 on day 30 of February OR on Monday in February"),
        ("0 0 1,15 * *", "at 00:00 on days 1 and 15 of the month"),
        ("0 0 29 2 *", "at 00:00 on day 29 of February"),
        ("0 0 1 * 0-6", "at 00:00 every day"),
        (
            "0 0 * JAN-MAR SAT,SUN",
            "at 00:00 on Sunday and Saturday in January to March",
        ),
        ("0 0 30 2 *", "never"),
        ("@every 90m", "every 1 hour 30 minutes, counted from the run before"),
        ("@every 1h", "every hour, counted from the run before"),
        ("TZ=Europe/Paris 0 2 * * *", "at 02:00 every day (Europe/Paris time)"),
    ] {
        assert_eq!(schedule(expression).words(), words, "{expression}");
    }
}

#[test]
fn what_is_probably_not_meant_is_remarked_on() {
    use Field::{DayOfMonth, DayOfWeek, Hour, Minute};
    use RemarkKind as Kind;
    for (expression, kinds) in [
        ("0 2 * * *", vec![]),
        ("*/15 * * * *", vec![]),
        ("0 0 1 * ?", vec![]),
        ("0 0 13 * */1", vec![]),
        ("10-40/20 * * * *", vec![]),
        ("@yearly", vec![]),
        ("@every 2m", vec![]),
        ("@every 30s", vec![Kind::EveryMinute]),
        ("* * * * *", vec![Kind::EveryMinute]),
        ("* 2 * * *", vec![Kind::EveryMinute]),
        ("0 0 13 * 5", vec![Kind::DayOrWeekday]),
        ("0 0 30 2 *", vec![Kind::Never]),
        ("0 0 29 2 *", vec![Kind::Rare]),
        ("0 0 29,30 2 ?", vec![Kind::Rare]),
        ("0 0 29 2,3 *", vec![]),
        (
            "*/45 * * * *",
            vec![Kind::UnevenStep {
                field: Minute,
                step: 45,
            }],
        ),
        ("0 */5 * * *", vec![Kind::UnevenStep { field: Hour, step: 5 }]),
        (
            "0 0 */2 * *",
            vec![Kind::UnevenStep {
                field: DayOfMonth,
                step: 2,
            }],
        ),
        (
            "*/60 * * * *",
            vec![Kind::StepBeyondRange {
                field: Minute,
                step: 60,
            }],
        ),
        (
            "0 0 * * */7",
            vec![Kind::StepBeyondRange {
                field: DayOfWeek,
                step: 7,
            }],
        ),
        ("1,,2 * * * *", vec![Kind::EmptyListItem { field: Minute }]),
        ("0 *-5 * * *", vec![Kind::JunkAfterStar { field: Hour }]),
    ] {
        let found: Vec<Kind> = schedule(expression)
            .remarks()
            .iter()
            .map(|remark| remark.kind)
            .collect();
        assert_eq!(found, kinds, "{expression}");
    }
}

#[test]
fn a_remark_offers_the_plain_way_to_write_it() {
    for (expression, better) in [
        ("*/60 * * * *", "0 * * * *"),
        ("0 */24 * * *", "0 0 * * *"),
        ("0 1 */32,1-7 * 3", "0 1 1,1-7 * 3"),
        ("1,,2 * * * *", "1,2 * * * *"),
        ("*-foo * * * *", "* * * * *"),
        ("*-5/20 * * * *", "*/20 * * * *"),
    ] {
        let remarks = schedule(expression).remarks();
        assert!(
            remarks.iter().any(|remark| remark.better.as_deref() == Some(better)),
            "{expression}: {remarks:?}"
        );
    }
}

#[test]
fn schedules_that_meet_are_found() {
    for (a, b, first) in [
        ("0 2 * * *", "0 2 * * 0", Some("2026-01-04T02:00:00Z")),
        ("*/15 * * * *", "30 */6 * * *", Some("2026-01-01T00:30:00Z")),
        ("0 0 * * *", "@daily", Some("2026-01-02T00:00:00Z")),
        ("0 0 29 2 *", "@hourly", Some("2028-02-29T00:00:00Z")),
        ("0 0 13 * ?", "0 0 ? * FRI", Some("2026-02-13T00:00:00Z")),
        ("0 2 * * *", "0 3 * * *", None),
        ("0 2 1 * *", "0 2 2 * *", None),
        ("0 2 * * *", "0 2 30 2 *", None),
        ("0 2 * * *", "@every 1h", None),
        ("0 2 * * *", "TZ=Europe/Paris 0 2 * * *", None),
        ("0 2 * * *", "TZ=UTC 0 2 * * *", Some("2026-01-01T02:00:00Z")),
    ] {
        let found = first_common_run(&schedule(a), &schedule(b), new_year(), 3_650);
        assert_eq!(found, first.map(instant), "{a} and {b}");
        assert_eq!(first_common_run(&schedule(b), &schedule(a), new_year(), 3_650), found);
    }
}

#[test]
fn the_horizon_ends_the_search_for_a_meeting() {
    let (daily, sunday) = (schedule("0 2 * * *"), schedule("0 2 * * 0"));
    assert_eq!(first_common_run(&daily, &sunday, new_year(), 3), None);
    assert!(first_common_run(&daily, &sunday, new_year(), 4).is_some());
}
