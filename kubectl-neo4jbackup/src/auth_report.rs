//! The result of `auth check` as the object that every format is made from: `AuthReport` of `report.neo4jbackup.github.io/v1`.
//! Its JSON Schema is `docs/schemas/AuthReport.json`.

use neo4jbackup_core::auth::{Access, Actor, Claims, Document, Row, Trust, Verdict};
use neo4jbackup_core::check::Diagnosis;
use neo4jbackup_core::finding::Severity;
use neo4jbackup_core::live::Cluster;
use neo4jbackup_core::model::{Provider, StoreType};
use neo4jbackup_core::quoted::{Name, printable};
use neo4jbackup_probe::{Outcome, Report};
use serde::Serialize;
use serde_json::Value;

use crate::Exit;
use crate::about::About;
use crate::look::Source;
use crate::report;
use crate::unread::unread_subjects;

/// By which identity the stores are reached, and what is missing for that.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuthReport {
    /// What was looked at, when, and whether that was all.
    #[serde(flatten)]
    pub(crate) about: About,
    /// `pass` while nothing is wrong.
    pub(crate) result: report::Verdict,
    /// How many rows there are of each verdict.
    pub(crate) summary: Summary,
    /// The backups and restores that could not be listed, and why, each in a sentence.
    pub(crate) not_read: Vec<String>,
    /// The backups and restores, those with one identity together.
    pub(crate) items: Vec<Item>,
    /// What the tokens of their accounts say; empty unless asked for.
    pub(crate) tokens: Vec<Token>,
    /// Whether the rows are what the stores said.
    #[serde(skip)]
    pub(crate) is_of_stores: bool,
}

/// How many rows there are of each verdict.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Summary {
    pub(crate) ok: usize,
    pub(crate) note: usize,
    pub(crate) unknown: usize,
    pub(crate) warning: usize,
    pub(crate) wrong: usize,
}

/// A backup or restore.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Item {
    /// `Neo4jBackup` or `Neo4jRestore`.
    pub(crate) kind: String,
    /// Its namespace.
    pub(crate) namespace: String,
    /// Its name.
    pub(crate) name: String,
    /// `aws`, `gcp` or `azure`; null for a volume, or where nothing says it.
    pub(crate) provider: Option<&'static str>,
    /// `secret`, `irsa`, `eks-pod-identity`, `gke-workload-identity`, `azure-workload-identity`, `node-role`, `none`, `unknown`
    /// or `volume`.
    pub(crate) method: &'static str,
    /// The same for people.
    #[serde(skip)]
    pub(crate) method_name: String,
    /// Whose pods reach the store: `jobs`, `servers` or `unknown`.
    pub(crate) actor: &'static str,
    /// The account of the pods; null where it is not known.
    pub(crate) account: Option<String>,
    /// The Secret with the keys; null without one.
    pub(crate) secret: Option<String>,
    /// The identity that is wanted on the account; null where none is.
    pub(crate) wanted: Option<String>,
    /// The identity that is on the account; null where none is, or where nobody could look.
    pub(crate) found: Option<String>,
    /// Where its artifacts lie: `s3://bucket/prefix`; null where that is not known.
    pub(crate) place: Option<String>,
    /// What was looked at, and what came of it.
    pub(crate) rows: Vec<RowItem>,
    /// What the store said, where it was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) probe: Option<Probed>,
}

/// What a store said.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Probed {
    /// From where it was asked: `here` or `pod`.
    pub(crate) from: &'static str,
    /// Every step, with the class of its failure.
    pub(crate) report: Report,
}

/// One thing that was looked at.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct RowItem {
    /// `method`, `account`, `sharing`, `secret`, `webhook`, `pods`, `servers`, `run`, or `rule` for what a rule or check says;
    /// of what a store said `from`, `store`, or the step.
    pub(crate) topic: &'static str,
    /// What came of it.
    pub(crate) verdict: Verdict,
    /// The code of the rule or check of the matter; null without one.
    pub(crate) code: Option<&'static str>,
    /// A sentence without a full stop.
    pub(crate) text: String,
    /// What to do; empty where there is nothing to do.
    pub(crate) help: String,
    /// A command that mends it, or shows more; null without one.
    pub(crate) command: Option<String>,
}

/// What a token of an account says, and what would let it in.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Token {
    /// The namespace of the account.
    pub(crate) namespace: String,
    /// The account.
    pub(crate) account: String,
    /// `aws`, `gcp` or `azure`.
    pub(crate) provider: &'static str,
    /// Whether the API server gave a token; otherwise what follows from the names alone is said.
    pub(crate) given: bool,
    /// Why there is none; null where there is.
    pub(crate) reason: Option<String>,
    /// Who issues it; null where that is not known.
    pub(crate) issuer: Option<String>,
    /// Whose it is.
    pub(crate) subject: String,
    /// For whom it is.
    pub(crate) audiences: Vec<String>,
    /// Until when it is valid, RFC 3339 in UTC; null without a token.
    pub(crate) expires: Option<String>,
    /// The identity that the annotation of the account names; null where it names none.
    pub(crate) named: Option<String>,
    /// What lets exactly it in; null for an identity that takes no token.
    pub(crate) trust: Option<TrustItem>,
}

/// What has to let an account in.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct TrustItem {
    /// What the cloud is to be told: a `trustPolicy`, `iamBinding` or `federatedCredential`.
    #[serde(flatten)]
    pub(crate) document: DocumentItem,
    /// What a person has to fill in.
    pub(crate) open: Vec<String>,
}

/// What a cloud is to be told.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct DocumentItem {
    /// What it is, such as `iamPolicy`, `bucketPolicy` or `roleBinding`.
    pub(crate) kind: &'static str,
    /// What it is for.
    pub(crate) title: String,
    /// Itself, as the cloud takes it.
    pub(crate) body: Value,
    /// The command that tells the cloud; `FILE` stands for a file with the body.
    pub(crate) command: String,
}

impl From<&Document> for DocumentItem {
    fn from(document: &Document) -> Self {
        Self {
            kind: document.kind,
            title: document.title.clone(),
            body: document.body.clone(),
            command: document.command.clone(),
        }
    }
}

impl AuthReport {
    /// Puts what was found into the words of the report. The items are those that were asked about.
    pub(crate) fn new(
        cluster: &Cluster<'_>,
        source: Source,
        mut items: Vec<Item>,
        tokens: Vec<Token>,
        is_of_stores: bool,
    ) -> Self {
        items.sort_by(|one, other| one.group().cmp(&other.group()));
        let not_read = unread_subjects(cluster);
        let summary = Summary::of(items.iter().flat_map(|item| &item.rows));
        let has_all_tokens = tokens.iter().all(|token| token.given);
        let complete = not_read.is_empty() && summary.unknown == 0 && has_all_tokens;
        Self {
            about: About::new("AuthReport", cluster, source, complete),
            result: summary.verdict(),
            summary,
            not_read,
            items,
            tokens,
            is_of_stores,
        }
    }

    /// What the shell is told.
    pub(crate) fn exit(&self) -> Exit {
        match self.result {
            report::Verdict::Fail => Exit::NotGood,
            report::Verdict::Pass if self.about.complete => Exit::Good,
            report::Verdict::Pass => Exit::Incomplete,
        }
    }
}

impl Summary {
    /// Counts rows.
    pub(crate) fn of<'r>(rows: impl IntoIterator<Item = &'r RowItem>) -> Self {
        let mut summary = Self::default();
        for row in rows {
            *match row.verdict {
                Verdict::Ok => &mut summary.ok,
                Verdict::Note => &mut summary.note,
                Verdict::Unknown => &mut summary.unknown,
                Verdict::Warning => &mut summary.warning,
                Verdict::Wrong => &mut summary.wrong,
            } += 1;
        }
        summary
    }

    /// Whether nothing is wrong.
    pub(crate) fn verdict(&self) -> report::Verdict {
        if self.wrong > 0 {
            report::Verdict::Fail
        } else {
            report::Verdict::Pass
        }
    }
}

impl Item {
    /// A backup or restore with what was found of it.
    pub(crate) fn new(access: &Access, rows: Vec<RowItem>) -> Self {
        let location = access.place.as_ref().map(|place| &place.location);
        Self {
            kind: access.object.kind.clone(),
            namespace: access.object.namespace.clone(),
            name: access.object.name.clone(),
            provider: access.provider().map(Provider::as_str),
            method: access.method.as_str(),
            method_name: access.method.to_string(),
            actor: match access.actor {
                Actor::Jobs(_) => "jobs",
                Actor::Servers { .. } => "servers",
                Actor::Unknown(_) => "unknown",
            },
            account: access.actor.account().map(str::to_owned),
            secret: location.and_then(|location| location.credentials.clone()),
            wanted: access.wanted.clone(),
            found: access.found.clone(),
            place: place(access),
            rows,
            probe: None,
        }
    }

    /// What those have in common that are shown together: the account, and by which identity.
    pub(crate) fn group(&self) -> (&str, Option<&str>, &str, Option<&str>) {
        let identity = match self.method {
            "secret" => self.secret.as_deref(),
            _ => self.found.as_deref().or(self.wanted.as_deref()),
        };
        (&self.namespace, self.account.as_deref(), self.method, identity)
    }

    /// The word by which the command line names it.
    pub(crate) fn word(&self) -> String {
        let kind = if self.kind == "Neo4jBackup" {
            "backup"
        } else {
            "restore"
        };
        format!("{kind}/{}", Name(&self.name))
    }
}

/// `s3://bucket/prefix`.
pub(crate) fn place(access: &Access) -> Option<String> {
    let place = access.place.as_ref()?;
    let scheme = match place.location.store? {
        StoreType::S3 => "s3",
        StoreType::Gcs => "gs",
        StoreType::Azure => "azb",
        StoreType::Pvc => return Some(format!("volume claim {}", Name(&place.location.pvc))),
    };
    let text = format!("{scheme}://{}/{}", place.location.bucket, place.prefix);
    Some(printable(text).into_owned())
}

impl From<Row> for RowItem {
    fn from(row: Row) -> Self {
        Self::of(row.topic.as_str(), row)
    }
}

impl RowItem {
    /// A line in the words of a report, with the word for what was looked at.
    pub(crate) fn of<T>(topic: &'static str, row: Row<T>) -> Self {
        Self {
            topic,
            verdict: row.verdict,
            code: row.code,
            text: row.text,
            help: row.help,
            command: row.command,
        }
    }
}

impl RowItem {
    /// What a step of a probe came to. What it says may be of a pod, whose texts are others'.
    pub(crate) fn of_step(row: &neo4jbackup_probe::Row) -> Self {
        let (verdict, text, help) = match &row.outcome {
            Outcome::Ok { detail } => (Verdict::Ok, detail.clone(), ""),
            Outcome::NotTried { why } => (Verdict::Note, format!("not tried: {why}"), ""),
            Outcome::Failed(failure) => {
                let text = format!("{} ({})", failure.message, failure.class);
                (Verdict::Wrong, text, failure.remedy.as_str())
            }
        };
        Self::told(row.step.name(), verdict, &text).help(help)
    }

    /// A row without a rule behind it.
    pub(crate) fn told(topic: &'static str, verdict: Verdict, text: &str) -> Self {
        Self {
            topic,
            verdict,
            code: None,
            text: printable(text).into_owned(),
            help: String::new(),
            command: None,
        }
    }

    /// Says what to do.
    pub(crate) fn help(self, help: &str) -> Self {
        Self {
            help: printable(help).into_owned(),
            ..self
        }
    }
}

impl From<&Diagnosis> for RowItem {
    fn from(diagnosis: &Diagnosis) -> Self {
        Self {
            topic: "rule",
            verdict: match diagnosis.severity {
                Severity::Error => Verdict::Wrong,
                Severity::Warning => Verdict::Warning,
                Severity::Info => Verdict::Note,
            },
            code: Some(diagnosis.code),
            text: diagnosis.message.clone(),
            help: diagnosis.help.clone(),
            command: diagnosis.commands.first().cloned(),
        }
    }
}

impl From<Trust> for TrustItem {
    fn from(trust: Trust) -> Self {
        Self {
            document: DocumentItem::from(&trust.document),
            open: trust.open,
        }
    }
}

impl Token {
    /// What a token said, or what is known of it where there is none.
    pub(crate) fn new(access: &Access, account: &str, claims: Result<Claims, String>) -> Self {
        let namespace = access.object.namespace.clone();
        let provider = access.provider().map(Provider::as_str).unwrap_or_default();
        let subject = format!("system:serviceaccount:{namespace}:{account}");
        let (claims, reason) = match claims {
            Ok(claims) => (Some(claims), None),
            Err(reason) => (None, Some(reason)),
        };
        let expires = claims
            .as_ref()
            .and_then(|claims| jiff::Timestamp::from_second(claims.expires?).ok());
        Self {
            namespace,
            account: account.to_owned(),
            provider,
            given: claims.is_some(),
            reason,
            issuer: claims.as_ref().map(|claims| claims.issuer.clone()),
            subject: claims.as_ref().map_or(subject, |claims| claims.subject.clone()),
            audiences: claims.map(|claims| claims.audiences).unwrap_or_default(),
            expires: expires.map(|time| time.to_string()),
            named: access.identity().map(str::to_owned),
            trust: None,
        }
    }
}
