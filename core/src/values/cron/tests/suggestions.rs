use crate::values::cron::Schedule;

#[test]
fn what_was_certainly_meant_is_suggested() {
    for (text, meant) in [
        ("0 0 2 * * *", "0 2 * * *"),
        ("0 30 3 * * *", "30 3 * * *"),
        ("00 00 00 * * *", "00 00 * * *"),
        ("0 0 2,14 * * MON-FRI", "0 2,14 * * MON-FRI"),
        ("0 2 * * MON *", "0 2 * * MON"),
        ("0 0 */6 * * ?", "0 */6 * * ?"),
        ("0 0 2 ? * MON-FRI", "0 2 ? * MON-FRI"),
        ("0 0 2 * * ? *", "0 2 * * ?"),
        ("0 2 * *", "0 2 * * *"),
        ("1, 2 * * * *", "1,2 * * * *"),
        ("'0 2 * * *'", "0 2 * * *"),
        ("0 2 * * * # nightly", "0 2 * * *"),
        ("0 0 * * 7", "0 0 * * 0"),
        ("0 0 * * 5-7", "0 0 * * 5,6,0"),
        ("0 0 * * 0-7", "0 0 * * *"),
        ("0 0 * * 1-7", "0 0 * * *"),
        ("0 0 * * 1-7/2", "0 0 * * 1,3,5,0"),
        ("0 0 * * MONDAY", "0 0 * * MON"),
        ("0 0 * * Tues,thurs", "0 0 * * TUE,THU"),
        ("0 0 * SEPT *", "0 0 * SEP *"),
        ("0 0 * January-March *", "0 0 * JAN-MAR *"),
        ("0 0 * * FRI-MON", "0 0 * * 5,6,0,1"),
        ("0 0 * * SAT-SUN", "0 0 * * 6,0"),
        ("0 0 * * MON-SUN", "0 0 * * *"),
        ("0 22-2 * * *", "0 22-23,0-2 * * *"),
        ("0 22-2/2 * * *", "0 22,0,2 * * *"),
        ("0 0 * 11-2 *", "0 0 * 11-12,1-2 *"),
        ("50-10 * * * *", "50-59,0-10 * * * *"),
        ("/15 * * * *", "*/15 * * * *"),
        ("@Daily", "@daily"),
        (" @hourly", "@hourly"),
        ("@hourly ", "@hourly"),
        ("@every 1d", "@every 24h"),
        ("@every 2w", "@every 336h"),
        ("@every  1h", "@every 1h"),
        ("@every1h", "@every 1h"),
        ("@EVERY 1H", "@every 1h"),
    ] {
        let error = Schedule::parse(text).expect_err(text);
        assert_eq!(error.suggestion().as_deref(), Some(meant), "for {text:?}");
    }
}

#[test]
fn where_there_is_a_doubt_nothing_is_suggested() {
    for text in [
        // Hourly with seconds, or daily with a star too many?
        "0 0 * * * *",
        "0 */5 * * * *",
        "0 2 * * * *",
        // Every day, or on these days of the month?
        "0 0 1 * * *",
        "0 0 2,14 * * *",
        "0 0 */6 * * *",
        // Half a minute later than is said, or on the third of each month?
        "30 0 3 * * *",
        // In Quartz 2 is Monday.
        "0 0 2 ? * 2",
        "0 0 2 * * * 2027",
        // The first of the month and every day, or the first of the month only?
        "0 0 1 * 1-7",
        "0 0 L * *",
        "0 0 * * 5#3",
        "60 * * * *",
        "*/0 * * * *",
        "0 0 31 April-Apr *",
        "@reboot",
        "@every 5",
        "@every 5M",
        "TZ=utc 0 2 * * *",
        "",
        "   ",
        "nightly",
    ] {
        let error = Schedule::parse(text).expect_err(text);
        assert_eq!(error.suggestion(), None, "for {text:?}");
    }
}

#[test]
fn six_fields_with_two_meanings_have_both() {
    for (text, readings) in [
        ("0 2 * * * *", Some(["2 * * * *", "0 2 * * *"])),
        ("0 */5 * * * *", Some(["*/5 * * * *", "0 */5 * * *"])),
        ("0 0 1 * * *", Some(["0 1 * * *", "0 0 1 * *"])),
        ("30 2 15 * * *", Some(["2 15 * * *", "30 2 15 * *"])),
        ("0 0 3 * * *", None),
        ("0 0 L * * *", None),
        ("0 24 * *", None),
    ] {
        let error = Schedule::parse(text).expect_err(text);
        let expected = readings.map(|readings: [&str; 2]| readings.map(str::to_owned));
        assert_eq!(error.readings(), expected, "for {text:?}");
    }
}

#[test]
fn an_error_says_what_to_do() {
    for (text, words) in [
        (
            "0 2 * * * *",
            "has 6 fields, Kubernetes CronJob takes 5: minute hour day-of-month month day-of-week",
        ),
        (
            "nightly",
            "has 1 field, Kubernetes CronJob takes 5: minute hour day-of-month month day-of-week",
        ),
        ("0 0 * * 7", "has day-of-week 7, which must be 0 to 6 (Sunday is 0)"),
        ("0 24 * * *", "has hour 24, which must be 0 to 23"),
        (
            "0 0 * * MONDAY",
            "has `MONDAY` in the day-of-week field, where a number or a name of three letters such as MON is needed",
        ),
        ("5- * * * *", "lacks a number in the minute field"),
        (
            "0 22-2 * * *",
            "has the backwards range 22 to 2 in the hour field; ranges do not wrap around, write both parts",
        ),
        (
            "@every 1d",
            "has `1d` after @every, which is no Go duration such as `90m` or `24h` (unknown unit 'd' in duration)",
        ),
    ] {
        assert_eq!(Schedule::parse(text).expect_err(text).to_string(), words);
    }
}

#[test]
fn a_long_text_is_quoted_in_part() {
    let error = Schedule::parse(&format!("{} * * * *", "x".repeat(64 * 1024))).expect_err("not a number");
    assert!(error.to_string().len() < 200, "{error}");
    assert_eq!(error.suggestion(), None);
}
