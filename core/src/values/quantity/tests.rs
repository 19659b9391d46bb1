use proptest::prelude::*;

use super::*;

/// Text, whether the CRD's pattern takes it, whether Go takes it, whether we take it.
const ACCEPTANCE: &[(&str, bool, bool, bool)] = &[
    ("0", true, true, true),
    ("1", true, true, true),
    ("1.5Gi", true, true, true),
    ("1G", true, true, true),
    ("1k", true, true, true),
    ("1e3", true, true, true),
    ("1E3", true, true, true),
    ("1E", true, true, true),
    ("1Ei", true, true, true),
    (".5Gi", true, true, true),
    ("1.", true, true, true),
    ("500m", true, true, true),
    ("-5Gi", true, true, true),
    ("+5Gi", true, true, true),
    ("10Ei", true, true, true),
    ("1e-3", true, true, true),
    ("1e+3", true, true, true),
    ("+", false, true, false),
    ("-", false, true, false),
    (".", false, true, false),
    ("Gi", false, true, false),
    ("", false, false, false),
    ("1K", false, false, false),
    ("1ki", false, false, false),
    ("1gi", false, false, false),
    ("1g", false, false, false),
    ("100GB", false, false, false),
    ("1GiB", false, false, false),
    ("1 Gi", false, false, false),
    (" 1Gi", false, false, false),
    ("1Zi", false, false, false),
    ("1_000", false, false, false),
    ("1e", false, false, false),
    ("1.5.5", false, false, false),
    ("0x10", false, false, false),
    ("١", false, false, false),
    ("1e1.5", true, false, false),
    ("1E1.0", true, false, false),
    ("1e3.", true, false, false),
    ("1e.5", true, false, false),
    ("1e99999999999999999999", true, false, false),
    ("1e99999999999", true, true, false),
    ("1e2147483648", true, true, false),
    ("1e-2147483648", true, true, false),
    ("1e19", true, true, false),
];

#[test]
fn each_reader_accepts_what_it_was_seen_to_accept() {
    for (text, crd, go, ours) in ACCEPTANCE {
        assert_eq!(crd_pattern_accepts(text), *crd, "CRD on {text:?}");
        assert_eq!(go_accepts(text), *go, "Go on {text:?}");
        assert_eq!(parse(text).is_ok(), *ours, "our parser on {text:?}: {:?}", parse(text));
        assert_eq!(is_poison(text), *crd && !*ours, "poison: {text:?}");
    }
}

#[test]
fn the_error_says_what_is_wrong() {
    for (text, error) in [
        ("", QuantityError::Empty),
        ("Gi", QuantityError::NoNumber),
        (" 1Gi", QuantityError::Blank),
        ("1 Gi", QuantityError::Blank),
        ("100GB", QuantityError::Suffix),
        ("1eggs", QuantityError::Suffix),
        ("1e+", QuantityError::Exponent),
        ("1e1.5", QuantityError::FractionalExponent),
        ("1e-2147483648", QuantityError::ExponentTooLarge),
    ] {
        assert_eq!(parse(text).unwrap_err(), error, "{text:?}");
    }
}

#[test]
fn equal_is_by_meaning() {
    for (left, right) in [
        ("1Gi", "1024Mi"),
        ("1Gi", "1073741824"),
        ("1e3", "1k"),
        ("1000m", "1"),
        ("0.5Gi", "512Mi"),
        ("+01.50", "1500m"),
        ("-0", "0Gi"),
        ("1e-1", "100m"),
        ("0.0000000001", "1n"),
        ("0.9999999999", "1"),
        ("10Ei", "9223372036854775807"),
    ] {
        assert!(means_the_same(left, right), "{left} and {right}");
    }
    for (left, right) in [("1G", "1Gi"), ("1", "-1"), ("1m", "1M"), ("GB", "100GB")] {
        assert!(!means_the_same(left, right), "{left} and {right}");
    }
}

#[test]
fn order_is_by_meaning() {
    let ascending = [
        "-1Gi",
        "-1",
        "-1m",
        "0",
        "1n",
        "1m",
        "999m",
        "1",
        "1k",
        "1Ki",
        "1M",
        "999999999",
        "1G",
        "1Gi",
    ];
    for pair in ascending.windows(2) {
        assert!(
            parse(pair[0]).unwrap() < parse(pair[1]).unwrap(),
            "{} < {}",
            pair[0],
            pair[1]
        );
    }
}

#[test]
fn bytes_are_rounded_up() {
    for (text, bytes) in [
        ("1Gi", Some(1 << 30)),
        ("500m", Some(1)),
        ("1.5k", Some(1500)),
        ("1.0001k", Some(1001)),
        ("0", Some(0)),
        ("-1", None),
        ("1E", Some(10_u128.pow(18))),
    ] {
        assert_eq!(parse(text).unwrap().bytes(), bytes, "{text}");
    }
}

#[test]
fn the_suffix_is_known() {
    assert!(parse("500m").unwrap().has_sub_unit_suffix());
    assert!(!parse("0.5").unwrap().has_sub_unit_suffix());
}

#[test]
fn near_misses_with_one_meaning_are_corrected() {
    for (text, corrected) in [
        ("100GB", Some("100G")),
        ("1GiB", Some("1Gi")),
        ("1kb", Some("1k")),
        ("1 Gi", Some("1Gi")),
        (" 10Gi ", Some("10Gi")),
        ("1gi", Some("1Gi")),
        ("1_000", Some("1000")),
        ("1e3.", Some("1e3")),
        ("1E1.0", Some("1e1")),
        ("1K", None),
        ("1g", None),
        ("1e1.5", None),
        ("1Zi", None),
        ("1 000", None),
        ("10 5Gi", None),
        ("Gi", None),
        ("1e-2147483648", None),
        ("10Gi", None),
    ] {
        assert_eq!(normalised(text).as_deref(), corrected, "{text:?}");
    }
}

#[test]
fn long_numbers_are_exact() {
    let long = "7".repeat(64 * 1024);
    assert!(parse(&long).is_ok());
    assert!(means_the_same(&format!("0.{long}Gi"), &format!("000.{long}Gi")));
    assert!(parse(&format!("1e{}3", "0".repeat(64 * 1024))).is_ok());
}

fn near_quantities() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,24}",
        "[+-]?[0-9.]{0,6}[eEinumkKMGTPB+. -]{0,3}[0-9.]{0,3}",
        "[+-]?[0-9]{0,40}(\\.[0-9]{0,30})?[KMGTPE]i?"
    ]
}

proptest! {
    #[test]
    fn what_we_accept_every_reader_accepts(text in near_quantities()) {
        if parse(&text).is_ok() {
            prop_assert!(crd_pattern_accepts(&text) && go_accepts(&text) && !is_poison(&text));
        }
    }

    #[test]
    fn what_every_reader_accepts_we_accept(text in near_quantities()) {
        if crd_pattern_accepts(&text) && !is_poison(&text) {
            prop_assert!(parse(&text).is_ok());
        }
    }

    #[test]
    fn a_correction_is_valid_and_final(text in near_quantities()) {
        if let Some(corrected) = normalised(&text) {
            prop_assert!(parse(&corrected).is_ok());
            prop_assert_eq!(normalised(&corrected), None);
        }
    }

    #[test]
    fn whole_bytes_are_exact(number in 0_u64..1 << 40, power in 0_u32..3) {
        let suffix = ["", "Ki", "Mi"][power as usize];
        let bytes = u128::from(number) << (10 * power);
        prop_assert_eq!(parse(&format!("{number}{suffix}")).unwrap().bytes(), Some(bytes));
        prop_assert_eq!(parse(&format!("{number}{suffix}")).unwrap(), parse(&bytes.to_string()).unwrap());
    }

    #[test]
    fn order_agrees_with_numbers(left in any::<i32>(), right in any::<i32>()) {
        let quantity = |milli: i32| parse(&format!("{milli}m")).unwrap();
        prop_assert_eq!(quantity(left).cmp(&quantity(right)), left.cmp(&right));
    }
}
