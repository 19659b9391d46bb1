//! One thing that is wrong with a cluster.

use std::collections::BTreeSet;

use super::evidence::Evidence;
use crate::document::Path;
use crate::finding::Severity;
use crate::logs::Class;
use crate::model::ObjectRef;
use crate::quoted::printable;

/// One thing that is wrong. Its texts are printable, whatever the cluster holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnosis {
    /// The permanent code.
    pub code: &'static str,
    /// The name of the check or of the rule.
    pub name: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// Whether it is only likely.
    pub is_probable: bool,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// What to do; empty when the commands say it.
    pub help: String,
    /// Commands that mend it, or that show more.
    pub commands: Vec<String>,
    /// The object that it is about.
    pub object: ObjectRef,
    /// The field of that object; empty for the object as a whole.
    pub field: Path,
    /// The object that was looked at when it was found; `None` for the cluster as a whole.
    pub subject: Option<ObjectRef>,
    /// Whom it harms.
    pub affects: Affects,
    /// What it rests on, the most telling first.
    pub evidence: Vec<Evidence>,
    /// The codes of what it is the cause of.
    pub explains: &'static [&'static str],
    /// The class of the line of a log that it rests on, which says what else it explains and what alone can explain it.
    pub class: Option<&'static Class>,
}

/// Whom something harms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Affects {
    /// The object that was looked at.
    Subject,
    /// Everything in these namespaces.
    Namespaces(BTreeSet<String>),
    /// Everything of a kind in the whole cluster.
    Kind(&'static str),
    /// These objects.
    Objects(Vec<ObjectRef>),
    /// Everything.
    Everything,
}

impl Diagnosis {
    /// Says what to do.
    pub fn help(&mut self, help: impl Into<String>) -> &mut Self {
        self.help = printable(help.into()).into_owned();
        self
    }

    /// Adds a command that mends it, or that shows more.
    pub fn command(&mut self, command: impl Into<String>) -> &mut Self {
        self.commands.push(printable(command.into()).into_owned());
        self
    }

    /// Lowers or raises the severity below that of the check for this one case.
    pub fn severity(&mut self, severity: Severity) -> &mut Self {
        self.severity = severity;
        self
    }

    /// Says that it is only likely.
    pub fn probable(&mut self) -> &mut Self {
        self.is_probable = true;
        self
    }

    /// Says which field it is about.
    pub fn field(&mut self, field: Path) -> &mut Self {
        self.field = field;
        self
    }

    /// Says whom it harms beside the object that was looked at.
    pub fn affects(&mut self, affects: Affects) -> &mut Self {
        self.affects = affects;
        self
    }

    /// Adds a sign.
    pub fn evidence(&mut self, evidence: Evidence) -> &mut Self {
        self.evidence.push(evidence);
        self
    }

    /// Adds signs.
    pub fn all_evidence(&mut self, evidence: impl IntoIterator<Item = Evidence>) -> &mut Self {
        self.evidence.extend(evidence);
        self
    }

    /// Whether it is the cause of another one, as far as their codes say.
    pub(super) fn explains(&self, effect: &Self) -> bool {
        if let Some(class) = effect.class.filter(|class| class.decides) {
            return class.is_explained_by(self.code);
        }
        self.explains.contains(&effect.code) || self.class.is_some_and(|class| class.explains(effect.code))
    }

    /// Whether it harms what the other one was found with.
    pub(super) fn reaches(&self, other: &Self) -> bool {
        let same = |subject: &ObjectRef, other: &ObjectRef| {
            subject.kind == other.kind && subject.namespace == other.namespace && subject.name == other.name
        };
        match (&self.affects, &other.subject) {
            (Affects::Everything, _) => true,
            (Affects::Subject, Some(subject)) => self.subject.as_ref().is_some_and(|own| same(own, subject)),
            (Affects::Subject, None) => self.subject.is_none() && same(&self.object, &other.object),
            (Affects::Namespaces(namespaces), Some(subject)) => namespaces.contains(&subject.namespace),
            (Affects::Kind(kind), Some(subject)) => *kind == subject.kind,
            (Affects::Objects(objects), Some(subject)) => objects.iter().any(|object| same(object, subject)),
            (_, None) => false,
        }
    }

    /// Whether it is about an object, was found with it, or harms it.
    pub fn concerns(&self, kind: &str, namespace: &str, name: &str) -> bool {
        let is = |object: &ObjectRef| object.kind == kind && object.namespace == namespace && object.name == name;
        is(&self.object)
            || self.subject.as_ref().is_some_and(is)
            || match &self.affects {
                Affects::Everything => true,
                Affects::Subject => false,
                Affects::Namespaces(affected) => affected.contains(namespace),
                Affects::Kind(affected) => *affected == kind,
                Affects::Objects(objects) => objects.iter().any(is),
            }
    }
}
