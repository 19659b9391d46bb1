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

/// What an operator of another version does is data, which the pages and `explain` show.
#[test]
fn a_rule_that_asks_for_the_version_says_what_depends_on_it() {
    let asks = ["is_online(", "may_be_online(", ".is_in(", ".can_be_in("];
    let mut found = 0;
    for meta in registry::all().iter().map(|rule| rule.meta()) {
        let file = root().join("core/src/rules").join(meta.name.replace('-', "_") + ".rs");
        let text = std::fs::read_to_string(file).unwrap();
        if !asks.iter().any(|call| text.contains(call)) {
            continue;
        }
        found += 1;
        assert!(
            !(meta.changes.is_empty() && meta.operators.is_empty()),
            "{} asks for the version of the operator and declares neither `operators` nor `changes`",
            meta.code
        );
        // A range of its own is in the declaration by its name, so that the two cannot differ.
        let ranges = text
            .lines()
            .filter_map(|line| line.strip_prefix("const ")?.split_once(": Versions ="));
        for (name, _) in ranges {
            let declared = format!("{name}, \"");
            assert!(
                text.contains(&declared),
                "`changes` of {} does not name {name}",
                meta.code
            );
        }
    }
    assert!(found > 10, "only {found} rules ask for the version");
}

#[test]
fn no_path_is_read_twice_and_long_lists_have_a_name() {
    /// So many paths two rules may have in common before the list deserves a name in `core/src/rule/reads.rs`.
    const MOST_IN_COMMON: usize = 3;
    let mut lists: Vec<(&str, BTreeSet<String>)> = Vec::new();
    for meta in registry::all().iter().map(|rule| rule.meta()) {
        let once: BTreeSet<&str> = meta.reads.iter().copied().collect();
        assert_eq!(once.len(), meta.reads.len(), "{} lists a path twice", meta.code);
        let file = format!("core/src/rules/{}.rs", meta.name.replace('-', "_"));
        let text = std::fs::read_to_string(root().join(file)).unwrap();
        let (_, rest) = text.split_once("reads: ").expect("a rule says what it reads");
        let (written, _) = rest.split_once("needs: ").expect("a rule says what it needs");
        let written: BTreeSet<String> = written.split('"').skip(1).step_by(2).map(str::to_owned).collect();
        assert!(
            written.iter().all(|path| once.contains(path.as_str())),
            "{}: {written:?}",
            meta.code
        );
        lists.push((meta.code, written));
    }
    assert!(lists.iter().any(|(_, written)| !written.is_empty()));
    for (position, (code, list)) in lists.iter().enumerate() {
        for (other, theirs) in &lists[position + 1..] {
            let common: Vec<&String> = list.intersection(theirs).collect();
            assert!(
                common.len() <= MOST_IN_COMMON,
                "{code} and {other} both list {common:?}"
            );
        }
    }
}
