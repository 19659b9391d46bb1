use proptest::prelude::*;

use super::{BucketProblemKind as Kind, *};

fn kinds(store: Store, text: &str) -> Vec<Kind> {
    check(store, text).into_iter().map(|problem| problem.kind).collect()
}

fn fix(store: Store, text: &str) -> Option<(String, Option<String>)> {
    check(store, text)
        .into_iter()
        .find_map(|problem| problem.fix)
        .map(|fix| (fix.bucket, fix.path))
}

#[test]
fn good_names_are_silent() {
    let long = "a".repeat(63);
    for (store, name) in [
        (Store::S3, "acme-backups"),
        (Store::S3, "acme.backups"),
        (Store::S3, "123"),
        (Store::S3, &long),
        (Store::S3, "acme-111122223333-eu-west-1-an"),
        (
            Store::S3,
            "ledger-vpc-q7n2d8m4kzw6x3c9b5t1r0y8u4i6o2pe9a7suse1a-s3alias",
        ),
        (Store::S3Compatible, "xn--bucket"),
        (Store::Gcs, "acme_backups"),
        (Store::Gcs, "backups.example.com"),
        (Store::Azure, "acmeaccount/backups"),
        (Store::Azure, "acct1/neo4j-backups"),
    ] {
        assert_eq!(check(store, name), [], "{store:?} {name}");
    }
}

#[test]
fn each_mistake_is_named() {
    let long = "a".repeat(64);
    for (store, name, expected) in [
        (Store::S3, "", Kind::Empty),
        (Store::S3, "  ", Kind::Empty),
        (Store::S3, "ab", Kind::TooShort),
        (Store::S3, &long, Kind::TooLong),
        (Store::S3, "Acme", Kind::Character('A')),
        (Store::S3, "acme_backups", Kind::Character('_')),
        (Store::S3, "acme backups", Kind::OperatorCharacter(' ')),
        (Store::S3, "acme-", Kind::Ends),
        (Store::S3, "acme..backups", Kind::Adjacent),
        (Store::S3, "192.168.5.4", Kind::IpAddress),
        (Store::S3, "xn--acme", Kind::Reserved),
        (Store::S3, "acme--use1-az4--x-s3", Kind::Reserved),
        (Store::S3Compatible, "acme.backups", Kind::Dots),
        (Store::Gcs, "goog-backups", Kind::Reserved),
        (Store::Gcs, "my-g00gle-bucket", Kind::Reserved),
        (Store::Azure, "backups", Kind::NoAccount),
        (Store::Azure, "my-account/backups", Kind::Account),
        (Store::Azure, "account/back--ups", Kind::Container),
        (Store::Azure, "account/$root", Kind::OperatorCharacter('$')),
    ] {
        assert_eq!(kinds(store, name), [expected], "{store:?} {name:?}");
    }
}

#[test]
fn more_than_a_name_is_split() {
    for (store, text, kind, expected) in [
        (
            Store::S3,
            "s3://acme/dir/sub/",
            Kind::Scheme,
            Some(("acme", Some("dir/sub"))),
        ),
        (Store::S3, "s3://acme", Kind::Scheme, Some(("acme", None))),
        (Store::S3, "gs://acme", Kind::Scheme, None),
        (Store::S3, "acme/", Kind::Path, Some(("acme", None))),
        (Store::S3, "acme/dir", Kind::Path, Some(("acme", Some("dir")))),
        (Store::S3, "arn:aws:s3:::acme", Kind::Arn, Some(("acme", None))),
        (Store::S3, "arn:aws:iam::123456789012:role/x", Kind::Arn, None),
        (Store::S3, "https://acme.s3.amazonaws.com", Kind::Url, None),
        (Store::Gcs, "gs://acme/dir", Kind::Scheme, Some(("acme", Some("dir")))),
        (
            Store::Azure,
            "azb://account/container/dir",
            Kind::Scheme,
            Some(("account/container", Some("dir"))),
        ),
        (Store::Azure, "azb://container", Kind::Scheme, None),
        (
            Store::Azure,
            "account/container/dir",
            Kind::Path,
            Some(("account/container", Some("dir"))),
        ),
        (Store::S3, " acme", Kind::OperatorCharacter(' '), Some(("acme", None))),
        (Store::S3, "s3://Acme Corp", Kind::Scheme, None),
    ] {
        assert_eq!(kinds(store, text), [kind], "{text}");
        let expected =
            expected.map(|(bucket, path): (&str, Option<&str>)| (bucket.to_owned(), path.map(str::to_owned)));
        assert_eq!(fix(store, text), expected, "{text}");
    }
}

#[test]
fn a_bare_container_only_warns() {
    assert_eq!(check(Store::Azure, "backups")[0].level, Level::Warning);
    assert_eq!(check(Store::S3Compatible, "Acme")[0].level, Level::Warning);
    assert_eq!(check(Store::S3, "Acme")[0].level, Level::Error);
}

#[test]
fn a_folder_behind_a_good_name_only_warns() {
    for (store, text, level) in [
        (Store::S3, "acme/dir", Level::Warning),
        (Store::S3, "neo4j.backups.acme.io/ledger/dev", Level::Warning),
        (Store::S3Compatible, "Acme/dir", Level::Warning),
        (Store::Azure, "account/container/dir", Level::Warning),
        (Store::S3, "Acme/dir", Level::Error),
        (Store::Azure, "my-account/container/dir", Level::Error),
        (Store::S3, "acme/", Level::Error),
        (Store::S3, "/acme", Level::Error),
        (Store::S3, "acme//dir", Level::Error),
        (Store::S3, "acme/../dir", Level::Error),
    ] {
        assert_eq!(check(store, text)[0].level, level, "{store:?} {text}");
    }
}

proptest! {
    #[test]
    fn a_fix_is_faultless(text in "((s3|gs|azb)://)?[a-z0-9./_-]{0,20}|\\PC{0,20}", which in 0_usize..4) {
        let store = [Store::S3, Store::S3Compatible, Store::Gcs, Store::Azure][which];
        for problem in check(store, &text) {
            if let Some(fix) = problem.fix {
                prop_assert_eq!(check(store, &fix.bucket), []);
            }
        }
    }
}
