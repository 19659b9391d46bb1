//! Makes the Job of a probe, waits for what its pod says, and removes it again.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};
use std::time::Duration;

use neo4jbackup_cluster::{ObjectName, Objects, WriteError, chain};
use neo4jbackup_core::auth::{KEPT_SECONDS, ProbeJob, Verdict};
use neo4jbackup_core::quoted::{Name, excerpt, name};
use neo4jbackup_probe::Report;
use serde_json::Value;
use tokio::time::{Instant, timeout};

use super::watch::{End, Watch};
use crate::Io;
use crate::auth_report::RowItem;
use crate::interrupt::Interrupt;

/// Who has written the Job.
const MANAGER: &str = "kubectl-neo4jbackup";
/// What to do where a right is missing.
pub(super) const RIGHTS: &str =
    "ask for what `kubectl neo4jbackup rbac generate --for plugin --level probe` prints, or use --local";
/// How long to try to read a template, to make or to remove the Job.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// What the waits for one Job take beside the wait for its pod.
pub(super) const TO_TIDY_UP: Duration = Duration::from_secs(60);
/// For so much longer than anybody waits the pod may be there.
const MARGIN: Duration = Duration::from_secs(30);

/// What became of the question.
#[derive(Debug)]
pub(super) enum Asked {
    /// There is an answer, of a pod that is described.
    Answered { from: String, report: Report },
    /// There is none: why, as rows.
    Not(Vec<RowItem>),
    /// Somebody has pressed Ctrl-C.
    Interrupted,
}

/// The pod that is to ask.
pub(super) struct Pod<'p> {
    pub(super) namespace: &'p str,
    pub(super) owner: Option<&'p Value>,
    pub(super) image: &'p str,
    pub(super) arguments: Vec<String>,
    pub(super) patience: Duration,
    pub(super) template: &'p Value,
    pub(super) is_of_servers: bool,
    pub(super) whose: String,
}

impl Pod<'_> {
    /// Runs it. However that ends, the Job is removed, or it is said that it is not.
    pub(super) async fn run(&self, objects: &Objects, interrupt: &Interrupt, io: &mut Io<'_>) -> Asked {
        if interrupt.is_set() {
            return Asked::Interrupted;
        }
        let job = format!("neo4jbackup-probe-{}", suffix());
        let lifetime = self.patience + MARGIN;
        let manifest = ProbeJob {
            name: &job,
            namespace: self.namespace,
            owner: self.owner,
            image: self.image,
            arguments: &self.arguments,
            seconds: lifetime.as_secs(),
            template: self.template,
            is_of_servers: self.is_of_servers,
        }
        .manifest();
        // Not given up half-way: what was made has to be known, to be removed.
        let created = timeout(PATIENCE, objects.create(&manifest, MANAGER)).await;
        let asked = match created {
            Ok(Ok(_)) => {
                io.say(&format!(
                    "started Job {job} in namespace {}; it is removed in the end, or goes by itself",
                    Name(self.namespace)
                ));
                let watch = Watch {
                    objects,
                    namespace: self.namespace,
                    job: &job,
                    until: Instant::now() + self.patience,
                };
                tokio::select! {
                    biased;
                    () = interrupt.pressed() => Asked::Interrupted,
                    end = watch.end() => self.said(end),
                }
            }
            Ok(Err(WriteError::NoAnswer(error))) => open(&job, &chain(&error)),
            // What was refused is not there.
            Ok(Err(error)) => return refused(&error),
            Err(_) => open(&job, &format!("no answer within {} s", PATIENCE.as_secs())),
        };
        self.remove(objects, &job, lifetime, io).await;
        asked
    }

    /// Its answer, or why there is none.
    fn said(&self, end: End) -> Asked {
        let (pod, node, how, log) = match end {
            End::Log { pod, node, how, log } => (pod, node, how, log),
            End::Stuck(why) => {
                return not(Verdict::Wrong, &why, "the pods in whose place it is would miss it, too");
            }
            End::Refused(why) => {
                let help = "mend what refuses it, which stands in the way of the pods in whose place it is, too, or use --local";
                return not(Verdict::Wrong, &why, help);
            }
            End::NoImage(why) => {
                let text = format!("nothing was asked: {why}");
                let help = "name by --image a copy of the image of this version that the nodes can pull";
                return not(Verdict::Unknown, &text, help);
            }
            End::Unknown(why) => {
                let text = format!("no answer within {} s: {why}", self.patience.as_secs());
                return not(
                    Verdict::Unknown,
                    &text,
                    "wait longer by --timeout, or mend what it waits for",
                );
            }
        };
        let Some(report) = read(&log) else {
            let first = log.lines().next().unwrap_or_default();
            let text = format!(
                "pod {} gives no report: {how}, and it prints {}",
                name(&pod),
                excerpt(first)
            );
            return not(
                Verdict::Unknown,
                &text,
                "use an image that has this program in this version: --image",
            );
        };
        let account = self.template["spec"]["serviceAccountName"].as_str();
        Asked::Answered {
            from: format!(
                "asked from pod {} on node {}, under ServiceAccount {}, {}",
                name(&pod),
                name(&node),
                name(account.unwrap_or("default")),
                self.whose
            ),
            report,
        }
    }

    async fn remove(&self, objects: &Objects, job: &str, lifetime: Duration, io: &mut Io<'_>) {
        let object = ObjectName {
            api_version: "batch/v1".to_owned(),
            kind: "Job".to_owned(),
            namespace: Some(self.namespace.to_owned()),
            name: job.to_owned(),
        };
        let why = match timeout(PATIENCE, objects.delete(&object)).await {
            Ok(Ok(_)) => return,
            Ok(Err(error)) => chain(&error),
            Err(_) => format!("no answer within {} s", PATIENCE.as_secs()),
        };
        io.say(&format!(
            "Job {job} could not be removed: {why}; it goes by itself within {} s, or with: kubectl delete job {job} -n {}",
            lifetime.as_secs() + KEPT_SECONDS,
            Name(self.namespace)
        ));
    }
}

/// The report in a log. Before and behind it may stand what others print.
fn read(log: &str) -> Option<Report> {
    let (begin, end) = (log.find('{')?, log.rfind('}')?);
    let report: Report = serde_json::from_str(log.get(begin..=end)?).ok()?;
    (report.kind == "ProbeReport").then_some(report)
}

fn refused(error: &WriteError) -> Asked {
    let help = match error {
        WriteError::Forbidden(_) => RIGHTS,
        _ => "",
    };
    not(Verdict::Unknown, &format!("no Job can be made: {}", chain(error)), help)
}

/// A request without an answer may have been obeyed.
fn open(job: &str, why: &str) -> Asked {
    let text = format!("whether Job {job} was made is not known: {why}");
    not(Verdict::Unknown, &text, "")
}

fn not(verdict: Verdict, text: &str, help: &str) -> Asked {
    Asked::Not(vec![RowItem::told("pod", verdict, text).help(help)])
}

/// Something that no other Job is called by.
fn suffix() -> String {
    // Its keys are of the operating system, and new for each.
    let random = RandomState::new().build_hasher().finish();
    format!("{:08x}", random & 0xffff_ffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_found_between_what_others_print() {
        let report = r#"{"apiVersion": "neo4jbackup.io/v1alpha1", "kind": "ProbeReport", "store": "s3://b/", "endpoint": null,
                         "identity": null, "steps": [{"step": "dns", "outcome": "ok", "detail": "x"}]}"#;
        let log = format!("Defaulted container\n{report}\nbye");
        assert_eq!(read(&log).unwrap().store, "s3://b/");
        assert!(read("usage: aws [options]").is_none());
        assert!(read(r#"{"kind": "ProbeReport"}"#).is_none());
        assert!(read("}{").is_none());
        assert_ne!(suffix(), suffix());
    }
}
