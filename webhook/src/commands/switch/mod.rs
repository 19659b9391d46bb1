//! From one engine to another without a moment in which nobody judges, or in which somebody is asked who cannot answer.
//!
//! Helm puts new objects in place, then takes old ones away, and waits for neither to be in force. So two hooks of the
//! chart stand around that, with one plan:
//!
//! ```text
//! before   what is about to go is marked, so that Helm leaves it; new configurations are made, for one probe only
//! (Helm)   new objects come, unmarked old ones go
//! after    the probe shows that the new engine is in force everywhere; configurations count for everybody; old objects go
//! ```
//!
//! Each step can be done again: a switch that was broken off goes on when the same upgrade is run again.

mod plan;
mod probe;

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use neo4jbackup_cluster::{DryRun, ObjectError, ObjectName, Objects, chain};
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout_at};

use crate::commands::removal::remove;
use crate::commands::trial;
use crate::durations::duration;
pub use plan::PlanError;
use plan::SwitchPlan;
use probe::{NotYet, marked, probe_only};

/// Which part of a switch of engines to do.
#[derive(Debug, Args)]
pub struct SwitchArguments {
    /// What changes, and in which order (YAML).
    #[arg(long, value_name = "FILE")]
    pub plan: PathBuf,
    /// Which part of it.
    #[arg(long, value_enum)]
    pub phase: SwitchPhase,
    /// How long the new engine has to be seen in force without a break, and the old one not be needed, before the next
    /// step: several API servers notice one after the other.
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = duration)]
    pub settle: Duration,
    /// The longest that all of it may take.
    #[arg(long, value_name = "DURATION", default_value = "4m", value_parser = duration)]
    pub timeout: Duration,
    /// The cluster. In a pod, its own account is used.
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
}

/// A part of a switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SwitchPhase {
    /// Before Helm touches anything.
    Before,
    /// Once Helm has put the new objects in place.
    After,
    /// Instead, where the release goes for good: deletes whatever the plan names.
    Abandon,
}

/// Why a switch did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum SwitchError {
    /// The plan cannot be used.
    #[error(transparent)]
    SwitchPlan(#[from] PlanError),
    /// Something did not come about.
    #[error(
        "gave up after {} s while waiting {waiting}. The last answer was: {last}. What judged before stays until what \
         comes instead is in force; once the cause is fixed, run the same `helm upgrade` again, and it goes on from here",
        .patience.as_secs()
    )]
    TimedOut {
        /// What for, behind "waiting".
        waiting: String,
        /// What was seen instead.
        last: String,
        /// How long all of it was to take at most.
        patience: Duration,
    },
    /// The API server could not be asked.
    #[error(transparent)]
    Task(#[from] ObjectError),
    /// Nobody reads what is said.
    #[error("cannot write to standard output")]
    Output(#[from] io::Error),
}

/// Does one part of a switch.
pub(crate) async fn switch(arguments: &SwitchArguments) -> Result<(), SwitchError> {
    let plan = SwitchPlan::read(&arguments.plan)?;
    let switch = Switch {
        arguments,
        plan,
        objects: Objects::connect(arguments.kubeconfig.as_deref()).await?,
        deadline: Instant::now() + arguments.timeout,
    };
    match arguments.phase {
        SwitchPhase::Before => switch.before().await,
        SwitchPhase::After => switch.after().await,
        SwitchPhase::Abandon => switch.abandon().await,
    }
}

struct Switch<'a> {
    arguments: &'a SwitchArguments,
    plan: SwitchPlan,
    objects: Objects,
    deadline: Instant,
}

impl Switch<'_> {
    async fn before(&self) -> Result<(), SwitchError> {
        let mut held = 0;
        for object in self.plan.held() {
            let is_there = self
                .until(format!("to mark {object} as kept"), || {
                    self.objects.annotate(&object, KEEP.0, Some(KEEP.1), MANAGER)
                })
                .await?;
            held += usize::from(is_there);
        }
        say(&format!("{held} objects stay until what comes instead is in force"))?;
        for configuration in &self.plan.raise {
            let object = ObjectName::of(configuration);
            if !self.is_in_force(&object).await? {
                self.apply(&probe_only(configuration)).await?;
                say(&format!("{object}: made, for a probe only"))?;
            }
        }
        Ok(())
    }

    async fn after(&self) -> Result<(), SwitchError> {
        if !self.plan.raise.is_empty() {
            self.raise().await?;
        }
        if self.plan.await_policies {
            self.await_policies().await?;
        }
        for (index, stage) in self.plan.removed().enumerate() {
            if index > 0 {
                self.settle().await;
            }
            for object in stage {
                self.remove(&object).await?;
            }
        }
        self.release_what_stays().await
    }

    /// Has configurations count for everybody, once the API server reaches what they lead to.
    async fn raise(&self) -> Result<(), SwitchError> {
        for configuration in &self.plan.raise {
            let object = ObjectName::of(configuration);
            if !self.is_in_force(&object).await? {
                // After a rollback it may be gone.
                self.apply(&probe_only(configuration)).await?;
            }
            let waiting = format!(
                "for the caBundle of {object}, which a pod of the webhook writes once it runs, or cert-manager"
            );
            self.until_some(waiting, || async {
                let stored = self.objects.read(&object).await?;
                let stored = stored.ok_or(NotYet::NoConfiguration);
                Ok::<_, ObjectError>(stored.and_then(|stored| probe::is_trusting(&stored)))
            })
            .await?;
        }
        self.steady("for the API server to reach the webhook", probe::is_answered)
            .await?;
        say("the API server reaches the webhook")?;
        // Defaults first: a rule must not refuse for want of one.
        let (mutating, validating): (Vec<&Value>, Vec<&Value>) = self
            .plan
            .raise
            .iter()
            .partition(|configuration| configuration["kind"] == "MutatingWebhookConfiguration");
        for configurations in [mutating, validating] {
            for configuration in &configurations {
                self.apply(configuration).await?;
                say(&format!("{}: in force", ObjectName::of(configuration)))?;
            }
            if !configurations.is_empty() {
                self.settle().await;
            }
        }
        Ok(())
    }

    /// Waits until the API server goes by the policies that Helm has put there: policies made after them, which only mark
    /// the probe, are seen at work, and the API server takes notice in the order in which they were made.
    async fn await_policies(&self) -> Result<(), SwitchError> {
        let watchers = self.plan.watchers();
        for watcher in &watchers {
            self.apply_as(watcher, MANAGER).await?;
        }
        let is_seen = |answer: &DryRun| probe::is_marked(answer, self.plan.await_defaults);
        let seen = self.steady("for the API server to go by the policies", is_seen).await;
        for watcher in watchers.iter().rev() {
            let object = ObjectName::of(watcher);
            self.until(format!("to delete {object}"), || self.objects.delete(&object))
                .await?;
        }
        seen?;
        say("the API server goes by the policies")
    }

    /// From now on Helm may take them away again.
    async fn release_what_stays(&self) -> Result<(), SwitchError> {
        let raised = self.plan.raise.iter().map(ObjectName::of);
        let removed: Vec<ObjectName> = self.plan.removed().flatten().collect();
        for object in self.plan.held().chain(raised) {
            if removed.contains(&object) {
                continue;
            }
            let waiting = format!("to unmark {object}");
            self.until(waiting, || async {
                // An object without the mark is left alone, so that its fields keep their managers.
                match self.objects.read(&object).await? {
                    Some(stored) if !stored["metadata"]["annotations"][KEEP.0].is_null() => {
                        self.objects.annotate(&object, KEEP.0, None, MANAGER).await
                    }
                    _ => Ok(false),
                }
            })
            .await?;
        }
        Ok(())
    }

    async fn abandon(&self) -> Result<(), SwitchError> {
        let raised = self.plan.raise.iter().map(ObjectName::of);
        let watchers = self.plan.watchers();
        let watchers = watchers.iter().map(ObjectName::of);
        let removed = self.plan.removed().flatten().chain(self.plan.held());
        let mut gone: Vec<ObjectName> = Vec::new();
        for object in raised.chain(watchers).chain(removed) {
            if !gone.contains(&object) {
                self.remove(&object).await?;
                gone.push(object);
            }
        }
        Ok(())
    }

    async fn remove(&self, object: &ObjectName) -> Result<(), SwitchError> {
        let line = self
            .until(format!("to delete {object}"), || remove(&self.objects, object))
            .await?;
        say(&line)
    }

    /// A configuration that counts for everybody already must not count for less.
    async fn is_in_force(&self, object: &ObjectName) -> Result<bool, SwitchError> {
        let stored = self
            .until(format!("to read {object}"), || self.objects.read(object))
            .await?;
        Ok(stored.is_some_and(|stored| !marked(&stored)))
    }

    /// As Helm does, so that its next upgrade takes up what is its own.
    async fn apply(&self, manifest: &Value) -> Result<(), SwitchError> {
        self.apply_as(manifest, HELM).await
    }

    async fn apply_as(&self, manifest: &Value, manager: &str) -> Result<(), SwitchError> {
        let object = ObjectName::of(manifest);
        self.until(format!("to apply {object}"), || self.objects.apply(manifest, manager))
            .await
    }

    /// Nothing shows when an API server has noticed that something is gone, or counts for more. Each hears of it at once;
    /// this is for one that is behind.
    async fn settle(&self) {
        sleep(self.arguments.settle).await;
    }

    /// Sends the probe, each time over a new connection, which may lead to another API server, until the answers have been
    /// good for as long as it takes.
    async fn steady(&self, waiting: &str, is_good: impl Fn(&DryRun) -> Result<(), NotYet>) -> Result<(), SwitchError> {
        let mut good_since = None;
        let mut last = "none".to_owned();
        loop {
            let instead = match timeout_at(self.deadline, self.ask()).await {
                Ok(Ok(Some(answer))) => is_good(&answer).err().map(|instead| instead.to_string()),
                // Where the operator is not installed there is nothing to judge.
                Ok(Ok(None)) => None,
                Ok(Err(error)) => Some(chain(&error)),
                // Out of time: the answer before that tells more.
                Err(_) => return Err(self.timed_out(waiting, last)),
            };
            if let Some(instead) = instead {
                good_since = None;
                last = instead;
            } else if good_since.get_or_insert_with(Instant::now).elapsed() >= self.arguments.settle {
                return Ok(());
            }
            if Instant::now() >= self.deadline {
                return Err(self.timed_out(waiting, last));
            }
            sleep(PAUSE).await;
        }
    }

    async fn ask(&self) -> Result<Option<DryRun>, ObjectError> {
        let objects = Objects::connect(self.arguments.kubeconfig.as_deref()).await?;
        trial::ask(&objects, &self.plan.namespace, probe::SCHEDULE).await
    }

    /// Tries again until it works: rights that were just given, for example, take a moment.
    async fn until<T, E, F>(&self, waiting: String, attempt: impl Fn() -> F) -> Result<T, SwitchError>
    where
        E: std::error::Error,
        F: Future<Output = Result<T, E>>,
    {
        self.until_some(waiting, || async { attempt().await.map(Ok::<T, NotYet>) })
            .await
    }

    /// Asks again until there is what is waited for: inside, what there is instead.
    async fn until_some<T, W, E, F>(&self, waiting: String, ask: impl Fn() -> F) -> Result<T, SwitchError>
    where
        W: std::fmt::Display,
        E: std::error::Error,
        F: Future<Output = Result<Result<T, W>, E>>,
    {
        let mut last = "none".to_owned();
        loop {
            match timeout_at(self.deadline, ask()).await {
                Ok(Ok(Ok(answer))) => return Ok(answer),
                Ok(Ok(Err(instead))) => last = instead.to_string(),
                Ok(Err(error)) => last = chain(&error),
                Err(_) => {}
            }
            if Instant::now() >= self.deadline {
                return Err(self.timed_out(&waiting, last));
            }
            sleep(PAUSE).await;
        }
    }

    fn timed_out(&self, waiting: &str, last: String) -> SwitchError {
        SwitchError::TimedOut {
            waiting: waiting.to_owned(),
            last,
            patience: self.arguments.timeout,
        }
    }
}

fn say(line: &str) -> Result<(), SwitchError> {
    Ok(writeln!(io::stdout(), "{line}")?)
}

/// Between two attempts.
const PAUSE: Duration = Duration::from_millis(250);

/// What Helm does not delete.
const KEEP: (&str, &str) = ("helm.sh/resource-policy", "keep");

/// Helm's own field manager.
const HELM: &str = "helm";

/// The field manager of what is in place during a switch only.
const MANAGER: &str = "neo4jbackup-switch";
