//! What `cargo xtask new-rule` writes is a rule that works, with a fixture that shows it.

use neo4jbackup_core::document::Path;
use neo4jbackup_core::facts::Inventory;
use neo4jbackup_core::finding::Severity;
use neo4jbackup_core::lint;
use neo4jbackup_core::rule::{Cel, Collector, Declared as _, Rule as _};
use neo4jbackup_core::subject::{Door, Subject};
use neo4jbackup_harness::root;
use neo4jbackup_tests::fixture::{self, Case};

use crate::rules;
use crate::scaffold_rule::ScaffoldRule;

fn found(case: &Case) -> Vec<(Severity, Path, String)> {
    let options = rules::options(case);
    let file = lint::read(&case.manifest, &options.limits);
    let object = &file.documents.last().expect("a fixture has an object").root;
    let context = options.context();
    let subject = Subject::of(object, Door::File, &context).expect("an object of the operator's group");
    assert!(
        ScaffoldRule::META.kinds.contains(&subject.kind),
        "the rule does not look at {:?}",
        subject.kind
    );
    let mut report = Collector::new(&ScaffoldRule::META);
    ScaffoldRule.check(&subject, &Inventory::partial("there is no other"), &mut report);
    let findings = report.finish().0.into_iter();
    findings
        .map(|finding| (finding.severity, finding.path, finding.message))
        .collect()
}

#[test]
fn the_scaffold_reports_its_first_case_and_is_silent_about_its_second() {
    let fixture = fixture::read(&root().join("xtask/src/templates/scaffold_rule.md"));
    let meta = ScaffoldRule.meta();
    assert_eq!(fixture.rule, meta.name);
    let [wrong, right] = fixture.cases.as_slice() else {
        panic!("{} cases instead of a wrong and a right one", fixture.cases.len());
    };
    let path = Path::dotted(meta.reads[0]);
    let message = "`wrong` does not work".to_owned();
    assert_eq!(found(wrong), [(meta.severity, path, message)]);
    assert_eq!(found(right), []);
}

#[test]
fn nobody_owes_a_policy_for_a_new_rule() {
    let Cel::NotExpressible(why) = ScaffoldRule::META.cel else {
        panic!("the scaffold refers to a policy that does not exist");
    };
    assert!(!why.is_empty());
}
