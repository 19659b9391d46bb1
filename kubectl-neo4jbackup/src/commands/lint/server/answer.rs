//! What the API server says to an object, in pieces: one for each thing that it names.

use neo4jbackup_cluster::Answer;
use neo4jbackup_core::admission::FailedCall;
use neo4jbackup_core::document::{Path, Segment};
use neo4jbackup_core::facts::{self, Right};
use neo4jbackup_core::finding::Severity;
use neo4jbackup_core::quoted::Name;
use neo4jbackup_core::registry;
use neo4jbackup_core::rule::RuleMeta;
use serde_json::Value;

use crate::report::Cause;

/// What became of a question.
#[derive(Debug)]
pub(super) enum Answered {
    /// What was said; nothing where the object is welcome.
    Said(Vec<Said>),
    /// Nothing was said about the object.
    Not(Cause),
}

/// Who has said something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Speaker {
    /// The API server itself: the schema, names, quotas.
    ApiServer,
    /// A webhook, by its name; of a warning nobody knows which.
    Webhook(String),
    /// A policy, by its name.
    Policy(String),
}

/// Something that was said.
#[derive(Debug, Clone)]
pub(super) struct Said {
    pub(super) speaker: Speaker,
    /// An error is why the object would not be stored.
    pub(super) severity: Severity,
    /// The rule of ours that is named.
    pub(super) rule: Option<&'static RuleMeta>,
    /// The field; the whole object where none is named.
    pub(super) path: Path,
    /// In the words of the speaker, without field and code.
    pub(super) text: String,
}

impl Said {
    /// The code of the rule that is named.
    pub(super) fn code(&self) -> Option<&'static str> {
        self.rule.map(|rule| rule.code)
    }

    /// `text` may begin with the field, when `field` is empty, and end with a code.
    fn of(speaker: Speaker, severity: Severity, field: &str, text: &str) -> Self {
        let text = text.trim();
        let (field, text) = match text.split_once(": ").filter(|(before, _)| is_field(before)) {
            Some((before, rest)) if field.is_empty() || before == field => (before, rest),
            _ => (field, text),
        };
        let coded = text.strip_suffix(']').and_then(|text| text.rsplit_once('['));
        let rule = coded.and_then(|(text, code)| Some((text.trim_end(), registry::rule(code)?)));
        Self {
            speaker,
            severity,
            rule: rule.map(|(_, rule)| rule),
            path: path(field),
            text: rule.map_or(text, |(text, _)| text).to_owned(),
        }
    }
}

impl Answered {
    /// Nothing was said, and why.
    pub(super) fn failed(why: String) -> Self {
        Self::Not(Cause::from(&facts::Cause::Failed(why)))
    }

    /// Reads an answer. `right` makes the right of a verb on the kind.
    pub(super) fn read(answer: &Answer, right: impl Fn(&'static str) -> Right) -> Self {
        let message = answer.body["message"].as_str().unwrap_or("no reason was given");
        match answer.status {
            200..=299 => Self::Said(answer.warnings.iter().map(|warning| warned(warning)).collect()),
            403 if message.contains(" cannot ") && message.contains(" resource ") => {
                let verb = ["get", "create", "patch"]
                    .into_iter()
                    .find(|verb| message.contains(&format!(" cannot {verb} resource ")));
                match verb {
                    Some(verb) => Self::Not(Cause::from(&facts::Cause::Forbidden(right(verb)))),
                    None => Self::failed(message.to_owned()),
                }
            }
            404 if answer.body["details"]["kind"] == "namespaces" => {
                let name = answer.body["details"]["name"].as_str().unwrap_or_default();
                Self::failed(format!("there is no namespace {}", Name(name)))
            }
            404 => Self::failed(
                "the cluster does not serve the kind in this version: are the CustomResourceDefinitions of the operator \
                 installed?"
                    .to_owned(),
            ),
            401 | 408 | 409 | 429 | 500.. => Self::failed(match FailedCall::of(message) {
                Some(call) => format!(
                    "the webhook {} could not be called: {}",
                    Name(&call.webhook),
                    call.failure.cause(&call.words)
                ),
                None => message.to_owned(),
            }),
            _ => Self::Said(refused(message, &answer.body["details"]["causes"])),
        }
    }
}

/// `299 - "text"`, with quotes in the text escaped.
fn warned(header: &str) -> Said {
    let text = header.splitn(3, ' ').nth(2).unwrap_or(header);
    let text = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .unwrap_or(text);
    let text = text.replace("\\\"", "\"").replace("\\\\", "\\");
    let (speaker, text) = speaker(&text, "' with binding '", "': ");
    let said = Said::of(speaker, Severity::Warning, "", text);
    match said.rule {
        // Only our webhook has codes.
        Some(_) if said.speaker == Speaker::ApiServer => Said {
            speaker: Speaker::Webhook(String::new()),
            ..said
        },
        _ => said,
    }
}

fn refused(message: &str, causes: &Value) -> Vec<Said> {
    let (speaker_of_all, rest) = speaker(message, "' with binding '", "' denied request: ");
    let unknown: Vec<Said> = unknown_fields(message).collect();
    if !unknown.is_empty() {
        return unknown;
    }
    let of_cause = |cause: &Value| {
        let text = cause["message"].as_str()?;
        let field = cause["field"].as_str().unwrap_or_default();
        let (of_cause, text) = speaker(text, "' with binding '", "' denied request: ");
        let speaker = if of_cause == Speaker::ApiServer {
            speaker_of_all.clone()
        } else {
            of_cause
        };
        Some(Said::of(speaker, Severity::Error, field, text))
    };
    let said: Vec<Said> = causes.as_array().into_iter().flatten().filter_map(of_cause).collect();
    if said.is_empty() {
        return vec![Said::of(speaker_of_all, Severity::Error, "", rest)];
    }
    said
}

/// `strict decoding error: unknown field "spec.a", unknown field "spec.b"`: in one sentence, whichever fields these are.
fn unknown_fields(message: &str) -> impl Iterator<Item = Said> {
    let fields = message
        .split_once("strict decoding error: ")
        .map_or("", |(_, fields)| fields);
    let fields = fields
        .split("unknown field \"")
        .skip(1)
        .filter_map(|rest| rest.split_once('"'));
    fields.map(|(field, _)| Said::of(Speaker::ApiServer, Severity::Error, field, "the field is unknown"))
}

/// Who speaks, and what: a webhook that denies, or a policy, whose name stands before `binding` and whose words behind `end`.
fn speaker<'m>(message: &'m str, binding: &str, end: &str) -> (Speaker, &'m str) {
    let named = |before: &str| message.split_once(before).map(|(_, rest)| rest);
    if let Some((name, rest)) =
        named("admission webhook \"").and_then(|rest| rest.split_once("\" denied the request: "))
    {
        return (Speaker::Webhook(name.to_owned()), rest);
    }
    if let Some((name, rest)) = named("ValidatingAdmissionPolicy '").and_then(|rest| rest.split_once(binding))
        && let Some((_, rest)) = rest.split_once(end)
    {
        return (Speaker::Policy(name.to_owned()), rest);
    }
    (Speaker::ApiServer, message)
}

fn is_field(text: &str) -> bool {
    let begins = ["spec", "metadata", "status", "apiVersion", "kind"];
    let rest = begins.into_iter().find_map(|begin| text.strip_prefix(begin));
    rest.is_some_and(|rest| (rest.is_empty() || rest.starts_with(['.', '['])) && !rest.contains(char::is_whitespace))
}

/// A field path as Kubernetes writes it: `spec.a[0].b`, `metadata.annotations[a.b/c]`, `.spec.a`.
fn path(text: &str) -> Path {
    let mut segments = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix('[') {
            let (key, behind) = inside.split_once(']').unwrap_or((inside, ""));
            let unquoted = key.trim_matches('"');
            segments.push(match key.parse() {
                Ok(index) => Segment::Index(index),
                Err(_) => Segment::Key(unquoted.to_owned()),
            });
            rest = behind;
            continue;
        }
        let dotless = rest.strip_prefix('.').unwrap_or(rest);
        let end = dotless.find(['.', '[']).unwrap_or(dotless.len());
        let (key, behind) = dotless.split_at(end);
        if !key.is_empty() {
            segments.push(Segment::Key(key.to_owned()));
        }
        rest = behind;
    }
    Path(segments)
}

#[cfg(test)]
mod tests {
    use neo4jbackup_core::schema::Kind;
    use neo4jbackup_core::snapshot::Resource;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(status: u16, body: Value, warnings: &[&str]) -> Answered {
        let warnings = warnings.iter().map(|&warning| warning.to_owned()).collect();
        let answer = Answer { status, body, warnings };
        Answered::read(&answer, |verb| {
            Resource::of_kind(Kind::Neo4jBackup).right(verb, Some("graph"))
        })
    }

    /// `speaker severity code field: text`
    fn said(answered: &Answered) -> Vec<String> {
        match answered {
            Answered::Said(said) => said
                .iter()
                .map(|said| {
                    let code = said.code().unwrap_or("-");
                    format!(
                        "{:?} {} {code} {}: {}",
                        said.speaker, said.severity, said.path, said.text
                    )
                })
                .collect(),
            Answered::Not(cause) => vec![format!("{}: {}", cause.kind, cause.text)],
        }
    }

    /// In the words of Kubernetes 1.36.
    #[test]
    fn everybody_who_speaks_is_understood() {
        let schema = json!({
            "message": "Neo4jBackup.neo4j.neo4j.com \"a\" is invalid: spec.schedule: Invalid value: \"integer\": …",
            "details": {"causes": [{
                "reason": "FieldValueTypeInvalid", "field": "spec.schedule",
                "message": "Invalid value: \"integer\": spec.schedule in body must be of type string: \"integer\"",
            }]},
        });
        assert_eq!(
            said(&read(422, schema, &[])),
            [
                "ApiServer error - spec.schedule: Invalid value: \"integer\": spec.schedule in body must be of type string: \"integer\""
            ]
        );
        let strict = json!({
            "message": "Neo4jBackup in version \"v1beta1\" cannot be handled as a Neo4jBackup: strict decoding error: unknown field \
                        \"spec.foo\", unknown field \"spec.list[0].bar\"",
        });
        assert_eq!(
            said(&read(400, strict, &[])),
            [
                "ApiServer error - spec.foo: the field is unknown",
                "ApiServer error - spec.list[0].bar: the field is unknown"
            ]
        );
        let webhook = json!({
            "message": "admission webhook \"validate.neo4jbackup.github.io\" denied the request: 1 problem; first: spec.schedule: …",
            "details": {"causes": [{"reason": "x", "field": "spec.schedule", "message": "six fields; use five [NB5001]"}]},
        });
        assert_eq!(
            said(&read(422, webhook, &[])),
            ["Webhook(\"validate.neo4jbackup.github.io\") error NB5001 spec.schedule: six fields; use five"]
        );
        let policy = json!({
            "message": "neo4jbackups.neo4j.neo4j.com \"x\" is invalid: : ValidatingAdmissionPolicy 'p' with binding 'b' denied \
                        request: spec.schedule: six [NB5001]",
        });
        assert_eq!(
            said(&read(422, policy, &[])),
            ["Policy(\"p\") error NB5001 spec.schedule: six"]
        );
        let other = json!({"message": "admission webhook \"a.b\" denied the request: no: not here"});
        assert_eq!(
            said(&read(403, other, &[])),
            ["Webhook(\"a.b\") error - : no: not here"]
        );
        let warnings = [
            "299 - \"Validation failed for ValidatingAdmissionPolicy 'p' with binding 'b': spec.a: so \\\"it\\\" is [NB7010]\"",
            "299 - \"spec.storage: odd [NB7003]\"",
            "299 - \"v1alpha1 is deprecated\"",
        ];
        assert_eq!(
            said(&read(201, json!({}), &warnings)),
            [
                "Policy(\"p\") warning NB7010 spec.a: so \"it\" is",
                "Webhook(\"\") warning NB7003 spec.storage: odd",
                "ApiServer warning - : v1alpha1 is deprecated"
            ]
        );
    }

    #[test]
    fn who_could_not_be_asked_is_not_taken_for_a_verdict() {
        let forbidden = "neo4jbackups.neo4j.neo4j.com \"x\" is forbidden: User \"u\" cannot create resource \"neo4jbackups\" in API group";
        for (status, body, start) in [
            (403, json!({"message": forbidden}), "forbidden: "),
            (
                404,
                json!({"message": "x", "details": {"kind": "namespaces", "name": "graph"}}),
                "failed: there is no namespace graph",
            ),
            (
                404,
                json!({"message": "the server could not find the requested resource"}),
                "failed: the cluster does not serve",
            ),
            (429, json!({"message": "slow down"}), "failed: slow down"),
            (
                500,
                json!({"message": "Internal error occurred: failed calling webhook \"a.b\": EOF"}),
                "failed: the webhook a.b could not",
            ),
            (503, Value::Null, "failed: no reason"),
        ] {
            let said = said(&read(status, body, &[]));
            assert!(said[0].starts_with(start), "{said:?}");
        }
    }

    proptest! {
        #[test]
        fn any_words_are_read(text in r#"[a-z:.'"\[\] ]{0,40}"#, field in r#"[a-z.\[\]"0-9]{0,20}"#) {
            let causes = json!({"message": text, "details": {"causes": [{"field": field, "message": text}]}});
            prop_assert_eq!(said(&read(422, causes, &[&text])).len(), 1);
            said(&read(200, json!({}), &[&text]));
        }
    }
}
