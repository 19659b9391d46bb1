use proptest::prelude::*;

use super::*;

/// Text, whether the CRD takes it, whether Go takes it, whether we take it.
const ACCEPTANCE: &[(&str, bool, bool, bool)] = &[
    ("2025-01-15T14:30:00Z", true, true, true),
    ("2025-01-15T14:30:00+00:00", true, true, true),
    ("2025-01-15T14:30:00-00:00", true, true, true),
    ("2025-01-15T14:30:00+02:00", true, true, true),
    ("2025-01-15T14:30:00+23:59", true, true, true),
    ("2025-01-15T14:30:00.5Z", true, true, true),
    ("2025-01-15T14:30:00.123456789Z", true, true, true),
    ("2025-01-15T14:30:00,5Z", true, true, true),
    ("2025-01-15T14:30:00.1234567890123Z", true, true, true),
    ("2024-02-29T14:30:00Z", true, true, true),
    ("2025-01-15t14:30:00Z", true, false, false),
    ("2025-01-15T14:30:00z", true, false, false),
    ("2025-01-15T14:30:00+25:00", true, false, false),
    ("2025-01-15T14:30:00+99:99", true, false, false),
    ("2025-01-15T14:30:00:5Z", true, false, false),
    ("2025-01-15T14:30:0055Z", true, false, false),
    ("2025-01-15T14:30:00é5Z", true, false, false),
    ("2025-01-15T14:30:00\n5Z", false, false, false),
    ("2025-01-15T14:30:00ZT", true, false, false),
    ("2025-01-15T14:30:00Ztomorrow", true, false, false),
    ("2025-01-15T14:30:00+24:00", true, true, false),
    ("2025-01-15T14:30:00+24:01", true, true, false),
    ("2025-01-15T14:30:00+14:60", true, true, false),
    ("2025-01-15T4:30:00Z", false, true, false),
    ("2025-01-15 14:30:00Z", false, false, false),
    ("2025-01-15 14:30:00", false, false, false),
    ("2025-01-15T14:30:00", false, false, false),
    ("2025-01-15", false, false, false),
    ("2025-01-15T14:30Z", false, false, false),
    ("2025-01-15T14:30:00+0200", false, false, false),
    ("2025-01-15T14:30:00+02", false, false, false),
    ("20250115T143000Z", false, false, false),
    ("2025-01-15T14:30:00Z[UTC]", false, false, false),
    ("2016-12-31T23:59:60Z", false, false, false),
    ("2025-01-15T14:30:60Z", false, false, false),
    ("2025-01-15T14:30:00\u{2212}02:00", false, false, false),
    ("2025-01-15T24:00:00Z", false, false, false),
    ("2025-W03-3T14:30:00Z", false, false, false),
    ("2025-015T14:30:00Z", false, false, false),
    ("1736951400", false, false, false),
    ("Wed, 15 Jan 2025 14:30:00 GMT", false, false, false),
    ("now", false, false, false),
    (" 2025-01-15T14:30:00Z", false, false, false),
    ("2025-01-15T14:30:00Z ", false, false, false),
    ("2025-02-29T14:30:00Z", false, false, false),
    ("2025-13-01T14:30:00Z", false, false, false),
    ("2025-00-01T14:30:00Z", false, false, false),
    ("2025-01-00T14:30:00Z", false, false, false),
    ("2025-01-15T14:30:00.Z", false, false, false),
    ("0000-01-01T00:00:00Z", true, true, false),
    ("0001-01-01T00:00:00Z", true, true, false),
    ("0001-01-01T01:00:00+02:00", true, true, false),
    ("9999-12-31T23:59:59Z", true, true, false),
    ("", false, false, false),
    ("t", false, false, false),
];

#[test]
fn each_reader_accepts_what_it_was_seen_to_accept() {
    for (text, crd, go, ours) in ACCEPTANCE {
        assert_eq!(crd_accepts(text), *crd, "CRD on {text:?}");
        assert_eq!(go_accepts(text), *go, "Go on {text:?}");
        assert_eq!(parse(text).is_ok(), *ours, "our parser on {text:?}: {:?}", parse(text));
        assert_eq!(is_poison(text), *crd && !*go, "poison: {text:?}");
    }
}

#[test]
fn the_error_says_what_is_wrong() {
    for (text, error) in [
        ("", PointInTimeError::Empty),
        ("now", PointInTimeError::Shape),
        ("2025-01-15", PointInTimeError::NoTime),
        ("2025-01-15 14:30:00Z", PointInTimeError::Separator),
        ("2025-02-29T14:30:00Z", PointInTimeError::NoSuchDate),
        ("2025-01-15T24:00:00Z", PointInTimeError::NoSuchTime),
        ("2016-12-31T23:59:60Z", PointInTimeError::LeapSecond),
        ("2025-01-15T14:30:00", PointInTimeError::NoZone),
        ("2025-01-15T14:30:00z", PointInTimeError::LowerCaseZone),
        ("2025-01-15T14:30:00+0200", PointInTimeError::Zone),
        ("2025-01-15T14:30:00+24:00", PointInTimeError::NoSuchOffset),
        ("2025-01-15T14:30:00ZT", PointInTimeError::TextAfterZone),
        ("0001-01-01T00:00:00Z", PointInTimeError::ZeroTime),
        ("9999-12-31T23:59:59Z", PointInTimeError::OutOfRange),
    ] {
        assert_eq!(parse(text), Err(error), "{text:?}");
    }
}

#[test]
fn near_misses_with_one_meaning_are_corrected() {
    for (text, corrected) in [
        ("2025-01-15 14:30:00", Some("2025-01-15T14:30:00Z")),
        ("2025-01-15 14:30:00Z", Some("2025-01-15T14:30:00Z")),
        ("2025-01-15 14:30:00 UTC", Some("2025-01-15T14:30:00Z")),
        ("2025-01-15 14:30:00 +02:00", Some("2025-01-15T14:30:00+02:00")),
        ("2025-01-15t14:30:00z", Some("2025-01-15T14:30:00Z")),
        ("2025-01-15T14:30:00+0200", Some("2025-01-15T14:30:00+02:00")),
        ("2025-01-15T14:30:00+02", Some("2025-01-15T14:30:00+02:00")),
        ("20250115T143000Z", Some("2025-01-15T14:30:00Z")),
        ("2025-01-15T4:30:00Z", Some("2025-01-15T04:30:00Z")),
        ("2025-01-15T14:30Z", Some("2025-01-15T14:30:00Z")),
        ("2025-01-15T14:30:00\u{2212}05:00", Some("2025-01-15T14:30:00-05:00")),
        ("  2025-01-15T14:30:00Z\n", Some("2025-01-15T14:30:00Z")),
        ("2025-01-15T14:30:00,5Z", Some("2025-01-15T14:30:00Z")),
        ("2025-01-15T14:30:00.1234567890123Z", Some("2025-01-15T14:30:00Z")),
        ("2025-01-15T14:30:00Z[UTC]", Some("2025-01-15T14:30:00Z")),
        ("2025-01-15T14:30:00Z", None),
        ("2025-01-15T14:30:00", None),
        ("2025-01-15", None),
        ("01/02/2025 14:30:00", None),
        ("2025-01-15T14:30:00:5Z", None),
        ("2025-01-15T14:30:00+25:00", None),
        ("2025-02-29 14:30:00", None),
        ("2016-12-31T23:59:60Z", None),
        ("2025-01-15T24:00:00Z", None),
        ("2025-01-15T14:30:00Ztomorrow", None),
        ("1736951400", None),
    ] {
        assert_eq!(normalised(text).as_deref(), corrected, "{text:?}");
    }
}

#[test]
fn neo4j_admin_gets_utc_in_whole_seconds() {
    let text = |value: &str| parse(value).unwrap().utc_text();
    assert_eq!(text("2026-11-21T09:38:30.5+02:00"), "2026-11-21 07:38:30");
    assert_eq!(text("2025-01-01T00:00:00-00:30"), "2025-01-01 00:30:00");
    assert_eq!(text("1960-01-01T00:00:00.9Z"), "1960-01-01 00:00:00");
}

#[test]
fn the_rewrite_of_the_operator_is_no_change() {
    let written = parse("2026-11-21T09:38:30.5+02:00").unwrap();
    assert!(written.means_the_same_as(&parse("2026-11-21T07:38:30Z").unwrap()));
    assert!(!written.means_the_same_as(&parse("2026-11-21T07:38:31Z").unwrap()));
}

#[test]
fn oddities_are_flagged() {
    let parsed = |value: &str| parse(value).unwrap();
    assert!(parsed("2025-01-15T14:30:00.5Z").has_fraction());
    assert!(!parsed("2025-01-15T14:30:00Z").has_fraction());
    assert!(parsed("2025-01-15T14:30:00,5Z").has_fraction());
    assert!(parsed("2025-01-15T14:30:00+14:01").unusual_offset());
    assert!(!parsed("2025-01-15T14:30:00+14:00").unusual_offset());
    assert!(!parsed("2025-01-15T14:30:00-12:00").unusual_offset());
}

#[test]
fn restore_until_takes_a_transaction_or_a_time() {
    assert_eq!(restore_until("txId:1234"), Ok(RestoreUntil::Transaction(1234)));
    assert!(matches!(
        restore_until("2025-01-15T14:30:00Z"),
        Ok(RestoreUntil::Instant(_))
    ));
    for text in ["txId:", "txId: 12", "txId:-1", "txId:1.5"] {
        assert_eq!(restore_until(text), Err(RestoreUntilError::TransactionId), "{text:?}");
    }
    assert_eq!(
        restore_until("txId:9223372036854775808"),
        Err(RestoreUntilError::TransactionIdTooLarge)
    );
    assert_eq!(
        restore_until("txid:12"),
        Err(RestoreUntilError::Instant(PointInTimeError::Shape))
    );
}

/// Texts close to a time: the alphabet of times, and times with one character exchanged.
fn near_times() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,40}",
        "[0-9TtZz:+., -]{0,32}",
        "[0-9]{4}-[01][0-9]-[0-3][0-9][Tt ][0-2]?[0-9]:[0-6][0-9]:[0-6][0-9]([.,:][0-9]{1,12})?(Z|z|[+-][0-9]{2}:?[0-9]{2})?",
    ]
}

proptest! {
    #[test]
    fn what_we_accept_every_reader_accepts(text in near_times()) {
        if parse(&text).is_ok() {
            prop_assert!(crd_accepts(&text) && go_accepts(&text));
        }
    }

    #[test]
    fn a_correction_is_valid_and_final(text in near_times()) {
        if let Some(corrected) = normalised(&text) {
            prop_assert!(parse(&corrected).is_ok());
            prop_assert_eq!(normalised(&corrected), None);
        }
    }

    #[test]
    fn a_correction_of_a_legal_time_keeps_its_second(text in near_times()) {
        if let (Ok(before), Some(corrected)) = (parse(&text), normalised(&text)) {
            prop_assert!(before.means_the_same_as(&parse(&corrected).unwrap()));
        }
    }
}
