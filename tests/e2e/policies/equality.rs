//! What the policies say of an object and what the engine says of the same object, as the API server has it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use jiff::Timestamp;
use neo4jbackup_core::document::Node;
use neo4jbackup_core::engine;
use neo4jbackup_core::facts::Inventory;
use neo4jbackup_core::finding::{Finding, Severity};
use neo4jbackup_core::schema::{Era, Kind};
use neo4jbackup_core::settings::Settings;
use neo4jbackup_core::subject::{Context, Door, Subject};
use neo4jbackup_harness::report_progress;
use neo4jbackup_policies::{RuleInPolicy, rule_policy};
use serde_json::Value;

use super::objects::{Mutations, of_fixtures, of_images, of_operator, of_schedules, prepared};
use super::policed::{Actions, Policed};

/// Code and field of a finding, and whether it denies.
pub(super) type Said = BTreeSet<(String, String, bool)>;

#[test]
fn policies_and_engine_agree_with_the_crds_of_the_schema_tables() {
    let codes = compare(Policed::warning(), 300);
    // Every field is known there, so that every rule has something to say.
    let all = rule_policy::all().into_iter().map(|rule| rule.meta.code);
    let silent: Vec<&str> = all.filter(|code| !codes.contains_key(*code)).collect();
    assert!(silent.is_empty(), "no object showed what {silent:?} say");
}

#[test]
fn policies_and_engine_agree_with_the_crds_of_the_operator() {
    if let Some(policed) = Policed::upstream(Era::V1_14, Actions::Warn) {
        compare(&policed, 300);
    }
}

#[test]
fn policies_and_engine_agree_with_the_crds_of_older_operators() {
    for era in [Era::V1_6, Era::V1_13] {
        if let Some(policed) = Policed::upstream(era, Actions::Warn) {
            compare(&policed, 100);
        }
    }
}

/// Returns how often each rule spoke.
fn compare(policed: &Policed, generated: usize) -> BTreeMap<String, usize> {
    let generated = if super::is_long() { generated * 15 } else { generated };
    let mut originals: Vec<Value> = of_fixtures().into_iter().chain(of_operator()).collect();
    let mut seen = BTreeSet::new();
    originals.retain(|object| seen.insert(format!("{}{}", object["kind"], object["spec"])));
    let mut mutations = Mutations::new(&originals, 0x6e65_6f34);
    let mut comparison = Comparison::default();
    let mut client = policed.client();
    let mut judge = |object: Value| {
        let object = prepared(object, policed.version, comparison.sent);
        comparison.sent += 1;
        let kind = object["kind"].as_str().unwrap().to_owned();
        let answer = policed.create(&mut client, &kind, &object);
        if answer.status == 201 {
            comparison.add(&answer.body, &answer.warnings);
        }
    };
    for object in originals.iter().cloned().chain(of_schedules()).chain(of_images()) {
        judge(object);
    }
    for _ in 0..generated {
        judge(mutations.next());
    }
    comparison.conclude();
    comparison.codes
}

#[derive(Default)]
struct Comparison {
    sent: usize,
    stored: usize,
    same_words: usize,
    findings: usize,
    codes: BTreeMap<String, usize>,
    /// For each code, a phrase of the rule that the policy does not have, and what the policy says.
    other_words: BTreeMap<String, (String, String)>,
    differences: Vec<String>,
}

impl Comparison {
    fn add(&mut self, object: &Value, warnings: &[String]) {
        self.stored += 1;
        let texts = texts(warnings);
        let findings = findings(object, None);
        let from_policies: Said = texts.keys().cloned().collect();
        let from_engine: Said = findings.iter().map(said).collect();
        if from_policies != from_engine {
            let only = |left: &Said, right: &Said| left.difference(right).cloned().collect::<Vec<_>>();
            self.differences.push(format!(
                "{}\n  only the policies: {:?}\n  only the engine: {:?}\n  {warnings:#?}",
                serde_json::to_string(&object["spec"]).unwrap(),
                only(&from_policies, &from_engine),
                only(&from_engine, &from_policies),
            ));
            return;
        }
        for finding in &findings {
            let key = said(finding);
            let text = format!("{}: {}", finding.path, finding.sentence());
            *self.codes.entry(key.0.clone()).or_default() += 1;
            self.findings += 1;
            if texts[&key].contains(&text) {
                self.same_words += 1;
                continue;
            }
            let missing =
                phrases(&finding.message).find(|phrase| !texts[&key].iter().any(|text| text.contains(phrase)));
            if let Some(missing) = missing {
                let said = texts[&key].first().cloned().unwrap_or_default();
                self.other_words.entry(key.0).or_insert((missing.to_owned(), said));
            }
        }
    }

    fn conclude(&self) {
        report_progress(&format!(
            "{} objects sent, {} stored and judged twice, {} findings of {} codes, {} in the same words, {} differences",
            self.sent,
            self.stored,
            self.findings,
            self.codes.len(),
            self.same_words,
            self.differences.len()
        ));
        let shown: Vec<&String> = self.differences.iter().take(12).collect();
        for difference in &shown {
            println!("{difference}");
        }
        assert!(shown.is_empty(), "{} differences", self.differences.len());
        let mut other_words = self.other_words.clone();
        other_words.retain(|code, _| !LESS_DETAIL.contains(&code.as_str()));
        assert!(other_words.is_empty(), "in other words: {other_words:#?}");
        assert!(self.stored > self.sent / 3, "most objects were refused by the schema");
    }
}

/// What a message says of every value: the words between the values that it quotes and the numbers in it.
fn phrases(message: &str) -> impl Iterator<Item = &str> {
    let outside = message.split('`').step_by(2);
    let phrases = outside.flat_map(|text| text.split(|letter: char| letter.is_ascii_digit() || letter == '\''));
    phrases
        .map(str::trim)
        .filter(|phrase| phrase.chars().count() >= SHORTEST_PHRASE)
}

/// Rules that say what exactly is wrong with a text or what it means, where the policy only says that it is wrong, or
/// that name the version of the operator.
const LESS_DETAIL: [&str; 7] = ["NB1012", "NB5001", "NB5005", "NB7006", "NB7007", "NB8001", "NB8011"];

/// Shorter ones are found in any text.
const SHORTEST_PHRASE: usize = 12;

pub(super) fn said(finding: &Finding) -> (String, String, bool) {
    (
        finding.code.to_owned(),
        finding.path.to_string(),
        finding.severity == Severity::Error,
    )
}

/// The messages of the policies by what they are about.
pub(super) fn texts(warnings: &[String]) -> BTreeMap<(String, String, bool), Vec<String>> {
    let mut texts: BTreeMap<_, Vec<String>> = BTreeMap::new();
    for warning in warnings {
        let rest = warning.strip_prefix("Validation failed for ValidatingAdmissionPolicy 'neo4jbackup-");
        let (name, rest) = rest
            .and_then(|rest| rest.split_once('\''))
            .unwrap_or_else(|| panic!("{warning}"));
        let (_, text) = rest.split_once("': ").unwrap();
        let denies = match name {
            "rules" => true,
            "warnings" => false,
            _ => panic!("{warning}"),
        };
        let code = text
            .rsplit_once('[')
            .and_then(|(_, code)| code.strip_suffix(']'))
            .unwrap_or_else(|| panic!("{warning} ends with no code"))
            .to_owned();
        let end = format!(" [{code}]");
        for message in text.split(&format!("{end}; ")) {
            let message = format!("{}{end}", message.trim_end_matches(&end));
            let field = message
                .split_once(": ")
                .unwrap_or_else(|| panic!("{warning}"))
                .0
                .to_owned();
            texts.entry((code.clone(), field, denies)).or_default().push(message);
        }
    }
    texts
}

/// What the engine says as the webhook does, as far as policies say it, knowing nothing of other objects.
pub(crate) fn findings(object: &Value, old: Option<&Value>) -> Vec<Finding> {
    let node = Node::from(object.clone());
    let old = old.map(|old| Node::from(old.clone()));
    let settings = Settings::default();
    let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let door = old.as_ref().map_or(Door::Create, Door::Update);
    let context = Context {
        served: None,
        settings: &settings,
        now,
        operator: None,
        namespace: "default",
    };
    let subject = Subject::of(&node, door, &context).unwrap();
    let mut findings = engine::judge(&subject, &Inventory::partial("nobody looks")).findings;
    findings.retain(|finding| finding.severity != Severity::Info && has_policy(finding, subject.kind));
    findings
}

/// Whether a policy says this rule of this kind.
fn has_policy(finding: &Finding, kind: Kind) -> bool {
    static POLICIES: OnceLock<Vec<RuleInPolicy>> = OnceLock::new();
    let mut policies = POLICIES.get_or_init(rule_policy::all).iter();
    policies.any(|rule| rule.meta.code == finding.code && rule.kinds.contains(&kind))
}
