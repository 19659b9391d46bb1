//! Requests to ignore rules, against the findings that they are about.

use std::collections::{BTreeSet, HashMap};

use super::Suppression;
use super::lines::fields_on;
use crate::document::{Document, Map, Path, Segment};
use crate::finding::{Finding, Suppressed};
use crate::registry;
use crate::rule::Collector;
use crate::rules::SuppressionInvalid;
use crate::subject::{Door, Subject};

/// Requests, in order, each with the fields that it covers.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    requests: Vec<Request>,
    /// The fields that requests cover; those of one line share theirs.
    scopes: Vec<Vec<Path>>,
}

#[derive(Debug)]
struct Request {
    suppression: Suppression,
    scope: usize,
}

impl Requests {
    /// What the annotations of an object ask, and the comments of the document that it was read from.
    pub(crate) fn of(subject: &Subject<'_>) -> Self {
        let mut requests = Self::default();
        requests.add_annotations(subject);
        if let Some(document) = subject.document() {
            requests.add_comments(document);
        }
        requests
    }

    /// Each annotation covers the whole object.
    fn add_annotations(&mut self, subject: &Subject<'_>) {
        let scope = self.scopes.len();
        let annotations = subject.annotations().into_iter().flat_map(Map::iter);
        let asked = annotations.filter_map(|(key, value)| Suppression::from_annotation(key, value.as_str()?));
        self.requests
            .extend(asked.map(|suppression| Request { suppression, scope }));
        self.scopes.push(vec![Path::root()]);
    }

    /// Each comment covers the fields that begin on its line, or on the next when it has its line for itself. Above
    /// `apiVersion` it covers the object.
    fn add_comments(&mut self, document: &Document<'_>) {
        let asked = document.comments.iter().filter_map(|comment| {
            let suppression = Suppression::from_comment(&comment.text)?;
            let line = comment.span.start.line + usize::from(comment.line_is_own);
            Some((suppression, line, comment.line_is_own))
        });
        let asked: Vec<(Suppression, usize, bool)> = asked.collect();
        let lines: BTreeSet<usize> = asked.iter().map(|(_, line, _)| *line).collect();
        let lines: Vec<usize> = lines.into_iter().collect();
        let first = self.scopes.len();
        self.scopes.extend(fields_on(&document.spans, &lines));
        let whole = self.scopes.len();
        self.scopes.push(vec![Path::root()]);
        let is_head = |scope: &Vec<Path>| scope.first().is_some_and(|field| field.to_string() == "apiVersion");
        for (suppression, line, line_is_own) in asked {
            let scope = lines.binary_search(&line).map_or(whole, |place| first + place);
            let is_whole = line_is_own && self.scopes.get(scope).is_some_and(is_head);
            let scope = if is_whole { whole } else { scope };
            self.requests.push(Request { suppression, scope });
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.requests.is_empty()
    }

    /// The scopes by the fields that they name.
    fn by_field(&self) -> HashMap<&[Segment], Vec<usize>> {
        let mut by_field: HashMap<&[Segment], Vec<usize>> = HashMap::new();
        for (scope, fields) in self.scopes.iter().enumerate() {
            for field in fields {
                by_field.entry(&field.0).or_default().push(scope);
            }
        }
        by_field
    }
}

/// All requests of one scope for one word: the code or the name of a rule.
#[derive(Debug)]
struct Group {
    /// The first that counts, whose reason is given.
    first: usize,
    used: bool,
}

/// The requests that count, by what they cover. Each finding is looked up by its field and the fields above, so that many
/// requests over many findings cost no more than both together.
struct Index<'r> {
    asked: &'r Requests,
    groups: HashMap<(usize, &'r str), Group>,
    by_field: HashMap<&'r [Segment], Vec<usize>>,
}

impl<'r> Index<'r> {
    fn new(asked: &'r Requests, refusals: &[Option<Refusal>]) -> Self {
        let mut groups: HashMap<(usize, &str), Group> = HashMap::new();
        for (position, (request, refusal)) in asked.requests.iter().zip(refusals).enumerate() {
            if refusal.is_none() {
                let group = Group {
                    first: position,
                    used: false,
                };
                groups
                    .entry((request.scope, request.suppression.rule.as_str()))
                    .or_insert(group);
            }
        }
        Self {
            asked,
            groups,
            by_field: asked.by_field(),
        }
    }

    /// Marks the findings that a request covers.
    fn mark(&mut self, findings: &mut [Finding]) {
        for finding in findings {
            let mut first: Option<usize> = None;
            for length in 0..=finding.path.0.len() {
                let above = finding.path.0.get(..length).unwrap_or_default();
                for scope in self.by_field.get(above).into_iter().flatten() {
                    for word in [finding.code, finding.name] {
                        if let Some(group) = self.groups.get_mut(&(*scope, word)) {
                            group.used = true;
                            first = Some(first.map_or(group.first, |first| first.min(group.first)));
                        }
                    }
                }
            }
            let request = first.and_then(|first| self.asked.requests.get(first));
            if let (None, Some(request)) = (&finding.suppressed, request) {
                finding.suppressed = Some(Suppressed {
                    by: request.suppression.by,
                    reason: request.suppression.reason.clone(),
                });
            }
        }
    }

    fn has_used(&self, request: &Request) -> bool {
        let group = self.groups.get(&(request.scope, request.suppression.rule.as_str()));
        group.is_some_and(|group| group.used)
    }
}

/// Marks what the requests are about, and reports each request that does not count or has no effect. Those reports can be
/// accepted like all others.
pub(crate) fn apply(findings: &mut [Finding], asked: &Requests, subject: &Subject<'_>, report: &mut Collector) {
    report.set_rule(&SuppressionInvalid::META);
    let refusals: Vec<Option<Refusal>> = asked
        .requests
        .iter()
        .map(|request| refusal(&request.suppression, subject))
        .collect();
    let mut index = Index::new(asked, &refusals);
    index.mark(findings);
    for (request, refusal) in asked.requests.iter().zip(&refusals) {
        if let Some((message, help)) = refusal {
            say(report, asked, request, message.clone(), help.clone());
        }
    }
    index.mark(&mut report.findings);
    if subject.door != Door::File {
        return;
    }
    // Last those that would accept what is said of the others; nothing accepts that these have no effect.
    for is_about_requests in [false, true] {
        let said = report.findings.len();
        for (request, refusal) in asked.requests.iter().zip(&refusals) {
            let names = request
                .suppression
                .names(SuppressionInvalid::META.code, SuppressionInvalid::META.name);
            if refusal.is_none() && names == is_about_requests && !index.has_used(request) {
                let rule = &request.suppression.rule;
                let message = format!("nothing here is reported as {rule}, so ignoring it has no effect");
                let help = format!("remove the {}", request.suppression.by);
                say(report, asked, request, message, help);
            }
        }
        if !is_about_requests {
            index.mark(report.findings.get_mut(said..).unwrap_or_default());
        }
    }
}

/// Says something of a request, where it stands: at its annotation, or at the field that its comment is about.
fn say(report: &mut Collector, asked: &Requests, request: &Request, message: String, help: String) {
    let covered = asked.scopes.get(request.scope).and_then(|fields| fields.first());
    let path = request
        .suppression
        .path
        .as_ref()
        .or(covered)
        .cloned()
        .unwrap_or_default();
    report
        .at_path(path, message)
        .help(help)
        .value(&request.suppression.rule);
}

/// Why a request does not count, and what to do.
type Refusal = (String, String);

/// Why a request does not count, and what to do, when it does not.
fn refusal(request: &Suppression, subject: &Subject<'_>) -> Option<Refusal> {
    if let Some(problem) = request.problem(subject.now) {
        return Some((problem.message, problem.help));
    }
    let is_allowed = || {
        let meta = registry::rule(&request.rule);
        meta.is_some_and(|meta| subject.settings.is_ignorable(meta.code, meta.name))
    };
    (subject.door != Door::File && !is_allowed()).then(|| {
        (
            format!("{} may not be ignored here", request.rule),
            "ask the administrator of the webhook to list it under `ignorable`".to_owned(),
        )
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::document::Node;
    use crate::engine;
    use crate::facts::Inventory;
    use crate::lint::Options;

    /// What [`apply`] does, request by request: the suppressed findings with their reasons, and the requests without use.
    fn naive(findings: &mut [Finding], asked: &Requests) -> Vec<usize> {
        let mut unused = Vec::new();
        for (position, request) in asked.requests.iter().enumerate() {
            let fields = &asked.scopes[request.scope];
            let mut used = false;
            for finding in findings.iter_mut() {
                let is_covered = fields.iter().any(|field| finding.path.is_within(field));
                if is_covered && request.suppression.names(finding.code, finding.name) {
                    used = true;
                    if finding.suppressed.is_none() {
                        finding.suppressed = Some(Suppressed {
                            by: request.suppression.by,
                            reason: request.suppression.reason.clone(),
                        });
                    }
                }
            }
            if !used {
                unused.push(position);
            }
        }
        unused
    }

    /// The findings of an object with many mistakes, all of it in the file door.
    fn with_findings<T>(work: impl FnOnce(Vec<Finding>, &Subject<'_>) -> T) -> T {
        let object = serde_json::json!({
            "apiVersion": "neo4j.neo4j.com/v1beta1", "kind": "Neo4jBackup", "metadata": {"name": "a"},
            "spec": {"schedule": "0 2 * * * *", "sorage": 1, "storage": {"type": "s3", "bukcet": "x", "cloud": {"provder": "aws"}}},
        });
        let object = Node::from(object);
        let options = Options::at(jiff::Timestamp::UNIX_EPOCH);
        let subject = Subject::of(&object, Door::File, &options.context()).unwrap();
        let findings = engine::judge(&subject, &Inventory::partial("test")).findings;
        assert!(findings.len() > 4, "{findings:?}");
        work(findings, &subject)
    }

    proptest! {
        #[test]
        fn the_index_says_what_a_look_at_each_finding_says(
            asked in prop::collection::vec((0_usize..6, 0_usize..6, "[a-c]"), 0..12),
        ) {
            let scopes: Vec<Vec<Path>> = [
                vec![""], vec!["spec"], vec!["spec.storage"], vec!["spec.schedule", "spec.sorage"], vec![],
                vec!["spec.storage.bukcet", "spec.storage.cloud"],
            ].map(|fields| fields.into_iter().map(Path::dotted).collect()).to_vec();
            with_findings(|findings, subject| {
                let words = ["NB5001", "schedule-invalid", "NB1003", "unknown-field", "bucket-missing", "NB7001"];
                let requests = asked.iter().map(|(scope, word, reason)| Request {
                    suppression: Suppression::new(words[*word], reason, "comment", None),
                    scope: *scope,
                });
                let requests = Requests { requests: requests.collect(), scopes };
                let (mut fast, mut slow) = (findings.clone(), findings);
                let mut report = Collector::new(&SuppressionInvalid::META);
                apply(&mut fast, &requests, subject, &mut report);
                let unused = naive(&mut slow, &requests);
                prop_assert_eq!(fast, slow);
                let reported: Vec<Option<&str>> =
                    report.findings.iter().map(|finding| finding.value.as_deref()).collect();
                let expected: Vec<Option<&str>> =
                    unused.iter().map(|position| Some(requests.requests[*position].suppression.rule.as_str())).collect();
                prop_assert_eq!(reported, expected);
                Ok(())
            })?;
        }
    }
}
