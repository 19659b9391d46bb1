//! Rules about rules.

use std::collections::BTreeSet;

use neo4jbackup_core::registry;
use neo4jbackup_core::rule::Cel;
use neo4jbackup_harness::root;

#[test]
fn codes_and_names_are_unique_and_well_formed() {
    let mut seen = BTreeSet::new();
    for meta in registry::all().iter().map(|rule| rule.meta()) {
        assert!(
            seen.insert(meta.code) && seen.insert(meta.name),
            "{} or {} is taken",
            meta.code,
            meta.name
        );
        let digits = meta.code.strip_prefix("NB").expect("a code begins with NB");
        assert!(
            digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit()),
            "{}",
            meta.code
        );
        let kebab = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        assert!(meta.name.bytes().all(kebab), "{}", meta.name);
        assert!(
            !registry::RETIRED.contains(&meta.code),
            "{} has the code of a rule that is gone",
            meta.name
        );
        assert!(
            meta.needs.iter().all(|need| need.is_for_rules()),
            "{} asks for what no watch and no file gives to rules",
            meta.code
        );
    }
    let codes: Vec<&str> = registry::all().iter().map(|rule| rule.meta().code).collect();
    assert!(codes.is_sorted(), "the list is not in the order of the codes");
}

#[test]
fn every_page_has_its_headings() {
    for meta in registry::all().iter().map(|rule| rule.meta()) {
        for heading in ["## What it checks", "## Why it matters", "## Bad", "## Good"] {
            assert!(meta.docs.contains(heading), "{} has no «{heading}»", meta.code);
        }
        assert!(
            meta.summary().ends_with('.'),
            "the summary of {} is not a sentence",
            meta.code
        );
        if let Cel::NotExpressible(why) = meta.cel {
            assert!(
                !why.is_empty(),
                "{} does not say why no policy can express it",
                meta.code
            );
        }
    }
}

#[test]
fn every_rule_has_a_fixture_and_a_page_and_lives_in_a_file_of_its_name() {
    for meta in registry::all().iter().map(|rule| rule.meta()) {
        let file = meta.name.replace('-', "_");
        for path in [
            format!("core/src/rules/{file}.rs"),
            format!("tests/rules/{file}.md"),
            format!("docs/rules/{}.md", meta.code),
        ] {
            assert!(root().join(&path).is_file(), "{} has no {path}", meta.code);
        }
    }
}
