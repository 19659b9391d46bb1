//! Every section of the older guides has an answer: a scenario, another command, or a reason why there is none.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use neo4jbackup_harness::shared;
use neo4jbackup_tests::guides::{GUIDES, answers, sections};

#[test]
fn every_section_of_a_guide_is_answered_once() {
    let answers = answers();
    let mut wrong = Vec::new();
    for guide in &GUIDES {
        let Some(file) = shared("seeds").map(|folder| folder.join(guide.file)) else {
            return;
        };
        let sections = guide.sections(&fs::read_to_string(file).unwrap());
        let mut elsewhere = BTreeMap::new();
        for (where_else, names) in guide.elsewhere {
            for name in *names {
                let before = elsewhere.insert(*name, where_else);
                assert!(before.is_none(), "{}#{name} is listed twice", guide.file);
            }
        }
        for section in &sections {
            let scenarios = answers.get(&format!("{}#{section}", guide.file));
            match (scenarios, elsewhere.get(section.as_str())) {
                (None, None) => wrong.push(format!("{}#{section} is answered by nothing", guide.file)),
                (Some(scenarios), Some(where_else)) => wrong.push(format!(
                    "{}#{section} is answered by {scenarios:?}, and is listed as {where_else:?}",
                    guide.file
                )),
                _ => {}
            }
        }
        let exist: BTreeSet<&str> = sections.iter().map(String::as_str).collect();
        let listed = elsewhere.keys().copied();
        let answered = answers.keys().filter_map(|name| {
            let (file, section) = name.split_once('#')?;
            (file == guide.file).then_some(section)
        });
        for name in listed.chain(answered).filter(|name| !exist.contains(name)) {
            wrong.push(format!("{}#{name} is no section", guide.file));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_answered_is_a_section_of_a_guide() {
    for (name, scenarios) in answers() {
        let is_known = GUIDES
            .iter()
            .any(|guide| name.strip_prefix(guide.file).is_some_and(|rest| rest.starts_with('#')));
        assert!(is_known, "{scenarios:?} answer {name}, and there is no such guide");
    }
}

#[test]
fn headings_and_bold_causes_are_sections_and_code_is_not() {
    let text =
        "# Guide\n\n## Symptom: A & B\n```\n# a comment\n```\n1. **First: it**:\n2. *no*\n### 1. Steps\n### Steps\n";
    assert_eq!(sections(text, true), ["guide", "a-b", "first-it", "steps", "steps-1"]);
    assert_eq!(sections(text, false), ["guide", "a-b", "steps", "steps-1"]);
}
