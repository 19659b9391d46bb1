//! What was seen of our webhook and our policies.

use std::collections::BTreeSet;
use std::time::Duration;

use super::failure::{FailedCall, Failure};
use super::trial::{BAD_CODE, REMARK_CODE, Said, Speaker, Trial};
use crate::domain::{PART_OF, VERSION_LABEL, is_our_name};
use crate::facts::Right;
use crate::live::{Cluster, Webhook};
use crate::snapshot::Resource;
use crate::values::validity::Validity;

/// The label of a namespace that says how far findings reach there.
const MODE_LABEL: &str = crate::in_domain!("mode");

/// Everything that was seen.
pub struct Sight<'s> {
    /// Webhooks with their Services, policies, and the namespace in which objects were tried.
    pub cluster: &'s Cluster<'s>,
    /// That namespace.
    pub namespace: &'s str,
    /// The version of this program.
    pub version: &'s str,
    /// Whether there has to be a webhook.
    pub wants_webhook: bool,
    /// What answers for our webhooks.
    pub targets: Vec<Target>,
    /// The policies that are bound; why that is not known.
    pub bound: Result<BTreeSet<String>, String>,
    /// What became of the objects that were tried.
    pub trials: Trials,
}

/// What became of the objects that were tried.
#[derive(Debug, Clone)]
pub struct Trials {
    /// A backup that nobody can object to.
    pub good: Trial,
    /// A backup that webhook and policies object to.
    pub bad: Trial,
    /// A backup of which only the webhook has something to say.
    pub remarkable: Trial,
    /// A restore that the guard refuses.
    pub blinding: Trial,
}

/// Where reviews are sent to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A Service.
    Service {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// An address of its own.
    Address(String),
}

/// What answers for some of our webhooks.
#[derive(Debug, Clone)]
pub struct Target {
    /// Where it is.
    pub place: Place,
    /// Whom the webhooks trust that lead there; one for each that differs.
    pub bundles: Vec<Bundle>,
    /// What of its certificates could be read.
    pub papers: Vec<Paper>,
    /// Why some could not, each in a sentence.
    pub unread: Vec<String>,
    /// What came of asking it through the API server.
    pub reach: Reach,
}

/// A `caBundle`.
#[derive(Debug, Clone)]
pub struct Bundle {
    /// The webhooks that have it.
    pub webhooks: Vec<String>,
    /// Whether nothing is in it.
    pub is_empty: bool,
    /// From when and until when its certificates are valid.
    pub authorities: Vec<Validity>,
}

/// A certificate in a Secret.
#[derive(Debug, Clone)]
pub struct Paper {
    /// The name of the Secret.
    pub secret: String,
    /// Whether it is served; otherwise it is the authority that what is served is signed with.
    pub is_leaf: bool,
    /// From when and until when it is valid; `None` where it cannot be read.
    pub validity: Option<Validity>,
    /// Why the API server would not believe it, by the `caBundle`.
    pub distrust: Option<Failure>,
}

/// What came of asking the webhook through the API server, by its Service.
#[derive(Debug, Clone, Default)]
pub enum Reach {
    /// Nobody asked.
    #[default]
    NotAsked,
    /// A right is missing.
    Forbidden(Right),
    /// The API server got no answer, and said why.
    Failed(String),
    /// It answered.
    Answered {
        /// The version of what answers.
        version: Option<String>,
        /// From when and until when the certificate is valid that it serves.
        leaf: Option<Validity>,
        /// What it finds wrong itself.
        complaints: Vec<String>,
    },
}

/// What the webhook was heard to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Heard {
    /// It has refused a bad backup.
    Refuses(String),
    /// It has warned of a bad backup.
    Warns,
    /// It has warned of another one, because a policy of this name refuses the bad one before it is asked.
    Remarks(String),
    /// Nobody has said anything.
    Nothing(Duration),
    /// It could not be called.
    Uncalled(FailedCall),
    /// It is not known.
    Unknown(String),
}

/// A policy of ours.
pub(super) struct OurPolicy {
    pub(super) name: String,
    pub(super) version: Option<String>,
}

impl OurPolicy {
    /// Whether it is the guard.
    pub(super) fn is_guard(&self) -> bool {
        self.name.starts_with("neo4jbackup-guard")
    }

    /// Whether it holds what the rules call errors.
    pub(super) fn has_errors(&self) -> bool {
        self.name.starts_with("neo4jbackup-rules")
    }
}

impl Sight<'_> {
    /// Our webhooks.
    pub(super) fn webhooks(&self) -> impl Iterator<Item = &Webhook<'_>> {
        self.cluster.webhooks.iter().filter(|webhook| webhook.is_ours())
    }

    /// Our policies that refuse or warn.
    pub(super) fn policies(&self) -> Vec<OurPolicy> {
        let stored = self.cluster.snapshot.objects(Resource::ValidatingPolicies).iter();
        let policies = stored.filter_map(|stored| {
            let object = stored.node();
            let label = |key: &str| Some(object.at("metadata.labels")?.get(key)?.as_str()?.to_owned());
            let is_ours = label(PART_OF.0).as_deref() == Some(PART_OF.1) || stored.name.starts_with("neo4jbackup-");
            is_ours.then(|| OurPolicy {
                name: stored.name.to_string(),
                version: label(VERSION_LABEL),
            })
        });
        policies.collect()
    }

    /// The mode that a label of the namespace names.
    pub(super) fn mode(&self) -> Option<String> {
        let stored = self.cluster.snapshot.object(Resource::Namespaces, "", self.namespace)?;
        let object = stored.node();
        Some(object.at("metadata.labels")?.get(MODE_LABEL)?.as_str()?.to_owned())
    }

    /// What the webhook was heard to do.
    pub(super) fn heard(&self) -> Heard {
        let answer = match &self.trials.bad {
            Trial::Answered(answer) => answer,
            other => return Heard::Unknown(other.why()),
        };
        let is_webhook = |speaker: &Speaker| matches!(speaker, Speaker::Webhook(_));
        match answer.said(&[BAD_CODE]) {
            Said::Refused(Speaker::Webhook(name)) if is_our_name(&name) => Heard::Refuses(name),
            Said::Refused(Speaker::Policy(policy)) => match &self.trials.remarkable {
                Trial::Answered(answer) => match answer.said(&[REMARK_CODE]) {
                    Said::Accepted(speakers) if speakers.iter().any(is_webhook) => Heard::Remarks(policy),
                    Said::Accepted(_) => Heard::Nothing(answer.took),
                    Said::CallFailed(call) => Heard::Uncalled(call),
                    Said::Refused(_) => Heard::Unknown(format!("somebody refuses a good backup: {}", answer.message)),
                },
                other => Heard::Unknown(other.why()),
            },
            Said::Refused(_) => Heard::Unknown(format!("somebody else refuses it: {}", answer.message)),
            Said::CallFailed(call) => Heard::Uncalled(call),
            Said::Accepted(speakers) if speakers.iter().any(is_webhook) => Heard::Warns,
            Said::Accepted(_) => Heard::Nothing(answer.took),
        }
    }

    /// Whether our webhook has answered the API server just now, so that it is reached and believed.
    pub(super) fn is_heard(&self) -> bool {
        matches!(self.heard(), Heard::Refuses(_) | Heard::Warns | Heard::Remarks(_))
    }
}
