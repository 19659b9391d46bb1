//! The result of `rbac check` as the object that every format is made from: `RightsReport` of `report.neo4jbackup.github.io/v1`.

use clap::ValueEnum as _;
use neo4jbackup_cluster::{ReadRoles, Way};
use neo4jbackup_core::facts::Cause;
use neo4jbackup_core::live::Cluster;
use neo4jbackup_core::operator::Operator;
use neo4jbackup_core::quoted::{Name, printable};
use neo4jbackup_core::rbac::evaluate::{Caller, Grant};
use neo4jbackup_core::rbac::needs::{Excess, Names, Party, Place, Wanted, excess, nothing_with, wanted};
use neo4jbackup_core::rbac::rule::{Action, ResourceAction};
use neo4jbackup_core::rbac::{ROLE, ROLE_BINDING};
use serde::Serialize;

use crate::Exit;
use crate::about::About;
use crate::cli::RightsLevel;
use crate::look::Source;

/// Somebody whose rights are looked at.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    /// What he is: `operator`.
    pub(crate) title: &'static str,
    /// What he needs.
    pub(crate) party: Party,
    /// Who he is.
    pub(crate) caller: Caller,
    /// Whether he is the one who asks.
    pub(crate) is_asker: bool,
    /// The operator that it depends on.
    pub(crate) operator: Option<Operator>,
    /// Where he is at work.
    pub(crate) place: Place,
    /// The names of his installation.
    pub(crate) names: Names,
    /// The parts of the program that are judged, beside what all of it needs.
    pub(crate) judged: Vec<String>,
    /// What becomes of rights that he does not need.
    pub(crate) beyond: Beyond,
}

/// What becomes of rights that somebody does not need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Beyond {
    /// They are as bad as one that is missing.
    Judged,
    /// They are told.
    Told,
    /// They are none of the matter.
    Ignored,
}

impl Subject {
    /// Every action that is judged, each once.
    pub(crate) fn wanted(&self) -> Vec<Wanted> {
        let mut judged: Vec<Wanted> = Vec::new();
        for wanted in wanted(self.party, self.operator, &self.place, &self.names) {
            let feature = &wanted.requirement.feature;
            let is_judged = feature.is_empty() || self.judged.contains(feature);
            // Whoever names a namespace does not look at all of them.
            let is_about = feature != "all-namespaces" || self.place.namespaces.iter().any(String::is_empty);
            if is_judged && is_about && !judged.iter().any(|known| known.action == wanted.action) {
                judged.push(wanted);
            }
        }
        judged
    }

    /// Every action that he may have, whichever part of the program needs it, and wherever it holds.
    fn tolerated(&self) -> Vec<ResourceAction> {
        // A program may be given everywhere what it needs in its namespaces; the account of Jobs may not.
        let place = match self.beyond {
            Beyond::Told => Place {
                namespaces: vec![String::new()],
                ..self.place.clone()
            },
            _ => self.place.clone(),
        };
        let wanted = wanted(self.party, self.operator, &place, &self.names);
        wanted.into_iter().map(|wanted| wanted.action).collect()
    }
}

/// What is known of the rights of somebody.
#[derive(Debug)]
pub(crate) struct Known {
    /// By which way the API server answered; `None` where it was reckoned from the roles.
    pub(crate) way: Option<Way>,
    /// Whether each action that is wanted is allowed; `None` where that is not known.
    pub(crate) allowed: Vec<Option<bool>>,
}

/// Who may do what he needs, and what more.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RightsReport {
    /// What was looked at, when, and whether that was all.
    #[serde(flatten)]
    pub(crate) about: About,
    /// How many rights are missing.
    pub(crate) missing: usize,
    /// How many rules give the account of Jobs what it does not need.
    pub(crate) excess: usize,
    /// What could not be read, and why, each in a sentence.
    pub(crate) not_read: Vec<String>,
    /// Everybody who was looked at.
    pub(crate) items: Vec<Item>,
}

/// One of them.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Item {
    /// What he is.
    pub(crate) subject: &'static str,
    /// Who he is, as the API server calls him.
    pub(crate) user: String,
    /// The same as people write it.
    #[serde(skip)]
    pub(crate) name: String,
    /// The operator that his needs depend on; null where it is not known.
    pub(crate) operator: Option<String>,
    /// How it was found out: `SubjectAccessReview`, `SelfSubjectAccessReview`, `impersonation`, `roles`, or `unknown`.
    pub(crate) answered_by: &'static str,
    /// Why nothing is needed; null where something is.
    pub(crate) needs_nothing: Option<String>,
    /// What is needed.
    pub(crate) needs: Vec<Need>,
    /// What is there and not needed.
    pub(crate) excess: Vec<Left>,
    /// The commands that give what is missing, one for each namespace, or one for all of them.
    #[serde(skip)]
    pub(crate) remedies: Vec<String>,
}

/// Something that is needed.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Need {
    /// What, as a rule says it.
    #[serde(flatten)]
    pub(crate) action: ResourceAction,
    /// Whether it is allowed.
    pub(crate) state: State,
    /// The binding, role and rule that allow it; null where none does, or roles cannot be read.
    pub(crate) via: Option<String>,
    /// What it is needed for.
    pub(crate) reason: &'static str,
    /// The operators with which it is needed; null for all of them.
    pub(crate) needed_by: Option<String>,
}

/// Whether something is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum State {
    /// It is needed, and not allowed.
    Missing,
    /// Nobody says whether it is allowed, or whether it is needed.
    Unknown,
    /// It is allowed.
    Allowed,
}

/// A rule that gives what is not needed.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Left {
    /// What of it is not needed, each as `kubectl auth can-i` takes it.
    pub(crate) actions: Vec<String>,
    /// The namespace in which it holds; null for all of them.
    pub(crate) namespace: Option<String>,
    /// The binding, role and rule.
    pub(crate) via: String,
    /// Whether the whole rule is not needed.
    pub(crate) whole_rule: bool,
    /// Whether it counts: rights of an account of Jobs.
    pub(crate) counts: bool,
    /// Whether an old operator made the binding.
    pub(crate) from_old_operator: bool,
}

impl RightsReport {
    /// What is known of each of them, in the same order.
    pub(crate) fn new(
        cluster: &Cluster<'_>,
        source: Source,
        subjects: &[(Subject, Vec<Wanted>, Known)],
        roles: &ReadRoles,
        unread: Vec<String>,
    ) -> Self {
        let items: Vec<Item> = subjects
            .iter()
            .map(|(subject, wanted, known)| Item::new(subject, wanted, known, roles))
            .collect();
        let mut not_read = unread;
        let needs_roles = subjects.iter().any(|(subject, ..)| subject.beyond == Beyond::Judged);
        for cause in roles.missing.iter().filter(|_| needs_roles) {
            not_read.push(printable(format!("what is left over: {}", words(cause))).into_owned());
        }
        if needs_roles && !roles.has_all_namespaces && roles.missing.is_empty() {
            not_read
                .push("what is left over in other namespaces: not allowed to list roles of all namespaces".to_owned());
        }
        let states = |state: State| {
            let needs = items.iter().flat_map(|item| &item.needs);
            needs.filter(|need| need.state == state).count()
        };
        let (missing, unknown) = (states(State::Missing), states(State::Unknown));
        let left = items.iter().flat_map(|item| &item.excess);
        Self {
            about: About::new("RightsReport", cluster, source, not_read.is_empty() && unknown == 0),
            missing,
            excess: left.filter(|left| left.counts).count(),
            not_read,
            items,
        }
    }

    /// What the shell is told.
    pub(crate) fn exit(&self) -> Exit {
        if self.missing + self.excess > 0 {
            Exit::NotGood
        } else if self.about.complete {
            Exit::Good
        } else {
            Exit::Incomplete
        }
    }
}

/// Why something is not known: a right that is missing, in the words of RBAC.
pub(crate) fn words(cause: &Cause) -> String {
    match cause.missing_right() {
        Some(right) => format!("not allowed to {}", right.words()),
        None => cause.to_string(),
    }
}

impl Item {
    fn new(subject: &Subject, wanted: &[Wanted], known: &Known, roles: &ReadRoles) -> Self {
        let caller = &subject.caller;
        let needs = wanted.iter().zip(&known.allowed).map(|(wanted, allowed)| {
            let action = Action::Resource(wanted.action.clone());
            let via = roles.roles.allows(caller, &action).filter(|_| *allowed == Some(true));
            let has_reviewed = known.way.is_some() && roles.missing.is_empty();
            let by_another = || has_reviewed.then(|| "another authorizer than RBAC".to_owned());
            let is_allowed = *allowed == Some(true);
            Need {
                action: wanted.action.clone(),
                state: match (allowed, wanted.is_certain) {
                    (Some(true), _) => State::Allowed,
                    (Some(false), true) => State::Missing,
                    _ => State::Unknown,
                },
                via: via
                    .map(|allowed| allowed.to_string())
                    .or_else(|| is_allowed.then(by_another).flatten()),
                reason: &wanted.requirement.reason,
                needed_by: (wanted.requirement.operators != neo4jbackup_core::operator::Versions::ALL)
                    .then(|| wanted.requirement.operators.to_string()),
            }
        });
        let needs = needs.collect();
        let tolerated = subject.tolerated();
        let left = match subject.beyond {
            Beyond::Ignored => Vec::new(),
            // Where it is not known what is needed, nothing is left over.
            Beyond::Judged | Beyond::Told if subject.operator.is_none() => Vec::new(),
            Beyond::Judged | Beyond::Told => excess(&roles.roles, caller, &tolerated),
        };
        let no_need = subject
            .operator
            .and_then(|operator| nothing_with(subject.party, operator));
        Self {
            subject: subject.title,
            user: caller.name.clone(),
            name: caller.to_string(),
            operator: subject.operator.map(|operator| operator.to_string()),
            answered_by: answered_by(known, roles),
            needs_nothing: no_need.map(|no_need| no_need.reason.clone()),
            needs,
            excess: left
                .into_iter()
                .map(|excess| Left::new(excess, subject.beyond == Beyond::Judged))
                .collect(),
            remedies: remedies(subject),
        }
    }
}

/// The commands that give somebody what he lacks.
fn remedies(subject: &Subject) -> Vec<String> {
    let generate = |what: &str| format!("kubectl neo4jbackup rbac generate --for {what}");
    let of_level = |level: RightsLevel| {
        let what = match level.party() {
            Party::Viewer | Party::Editor => "user",
            _ => "plugin",
        };
        generate(&format!("{what} --level {}", level.name()))
    };
    // Who is everywhere at work is named without a namespace.
    let everywhere = subject.place.namespaces.iter().any(String::is_empty);
    let in_namespaces = |command: &str| -> Vec<String> {
        if everywhere {
            return vec![command.to_owned()];
        }
        let namespaces = subject.place.namespaces.iter();
        namespaces
            .map(|namespace| format!("{command} -n {}", word(namespace)))
            .collect()
    };
    let whom = match subject.caller.as_service_account() {
        Some((namespace, name)) => format!("--service-account {}", word(&format!("{namespace}:{name}"))),
        None => format!("--user {}", word(&subject.caller.name)),
    };
    let with_operator = |command: String| match subject.place.operators.first() {
        Some(namespace) => format!("{command} --operator-namespace {}", word(namespace)),
        None => command,
    };
    let level = RightsLevel::value_variants().iter().copied();
    match subject.party {
        Party::Operator => vec![format!("{} {whom}", with_operator(generate("operator")))],
        Party::Webhook => vec![format!("{} {whom}", generate("webhook"))],
        // The operator makes those of its Jobs.
        Party::BackupAccount | Party::RestoreAccount => in_namespaces("kubectl neo4jbackup rbac repair"),
        Party::Plugin(_) | Party::Viewer | Party::Editor => level
            .filter(|level| level.party() == subject.party)
            .flat_map(|level| in_namespaces(&of_level(level)))
            .map(|command| format!("{command} {whom}"))
            .collect(),
    }
}

/// A word of a command line, in quotes where a shell would take it for something else.
fn word(text: &str) -> String {
    let text = printable(text);
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=@,+%".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_plain) {
        return text.into_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn answered_by(known: &Known, roles: &ReadRoles) -> &'static str {
    match known.way {
        Some(Way::Review) => "SubjectAccessReview",
        Some(Way::SelfReview) => "SelfSubjectAccessReview",
        Some(Way::Impersonation) => "impersonation",
        None if known.allowed.iter().any(Option::is_none) => "unknown",
        None if known.allowed.is_empty() && !roles.missing.is_empty() => "unknown",
        None => "roles",
    }
}

impl Left {
    fn new(excess: Excess<'_>, counts: bool) -> Self {
        let Excess {
            grant,
            actions,
            is_whole,
        } = excess;
        let action = |action: &Action| match action {
            Action::Resource(action) => action.to_string(),
            Action::Url { verb, path } => format!("{} {}", printable(verb), Name(path)),
        };
        Self {
            actions: actions.iter().map(action).collect(),
            namespace: (!grant.namespace.is_empty()).then(|| grant.namespace.to_owned()),
            via: grant.to_string(),
            whole_rule: is_whole,
            counts,
            from_old_operator: is_of_old_operator(&grant),
        }
    }
}

/// Whether the operators of the 0.x line make a binding like this one.
fn is_of_old_operator(grant: &Grant<'_>) -> bool {
    !grant.namespace.is_empty()
        && grant.binding == ROLE_BINDING
        && grant.role.namespace.is_some()
        && grant.role.name == ROLE
}

#[cfg(test)]
mod tests {
    use neo4jbackup_core::rbac::needs::Level;
    use neo4jbackup_core::snapshot::Snapshot;

    use super::*;

    fn subject(party: Party, caller: Caller, namespaces: &[&str]) -> Subject {
        Subject {
            title: "you",
            party,
            caller,
            is_asker: false,
            operator: None,
            place: Place {
                namespaces: namespaces.iter().copied().map(str::to_owned).collect(),
                own: None,
                operators: vec!["ops".to_owned()],
            },
            names: Names::new(),
            judged: Vec::new(),
            beyond: Beyond::Ignored,
        }
    }

    fn commands(party: Party, caller: Caller, namespaces: &[&str]) -> Vec<String> {
        remedies(&subject(party, caller, namespaces))
    }

    #[test]
    fn a_command_says_for_whom_and_where() {
        let jane = || Caller {
            name: "jane doe".to_owned(),
            groups: Vec::new(),
        };
        let account = || Caller::service_account("ops", "op");
        let begin = "kubectl neo4jbackup rbac";
        assert_eq!(
            commands(Party::Plugin(Level::Repair), jane(), &["a", "b"]),
            ["a", "b"].map(|namespace| format!(
                "{begin} generate --for plugin --level repair -n {namespace} --user 'jane doe'"
            ))
        );
        assert_eq!(
            commands(Party::Plugin(Level::Read), account(), &[""]),
            [format!(
                "{begin} generate --for plugin --level read --service-account ops:op"
            )]
        );
        assert_eq!(
            commands(Party::Editor, jane(), &["graph"]),
            [format!(
                "{begin} generate --for user --level edit -n graph --user 'jane doe'"
            )]
        );
        assert_eq!(
            commands(Party::Operator, account(), &[""]),
            [format!(
                "{begin} generate --for operator --operator-namespace ops --service-account ops:op"
            )]
        );
        assert_eq!(
            commands(Party::Webhook, account(), &[""]),
            [format!("{begin} generate --for webhook --service-account ops:op")]
        );
        assert_eq!(
            commands(Party::BackupAccount, account(), &["graph"]),
            [format!("{begin} repair -n graph")]
        );
    }

    /// What a report says that it does not know, where these roles were read for somebody.
    fn not_read(beyond: Beyond, roles: &ReadRoles) -> (Vec<String>, Exit) {
        let subject = Subject {
            beyond,
            ..subject(
                Party::BackupAccount,
                Caller::service_account("graph", "neo4j-backup-sa"),
                &["graph"],
            )
        };
        let known = Known {
            way: None,
            allowed: Vec::new(),
        };
        let snapshot = Snapshot::new("2026-06-01T00:00:00Z".parse().unwrap(), None);
        let source = Source {
            context: None,
            bundle: None,
        };
        let report = RightsReport::new(
            &Cluster::of(&snapshot),
            source,
            &[(subject, Vec::new(), known)],
            roles,
            Vec::new(),
        );
        (report.not_read.clone(), report.exit())
    }

    #[test]
    fn roles_that_could_not_be_read_are_told_where_what_is_left_over_counts() {
        let right = neo4jbackup_core::facts::Right {
            verbs: vec!["list".to_owned()],
            group: "rbac.authorization.k8s.io".to_owned(),
            resource: "clusterroles".to_owned(),
            name: None,
            namespace: None,
            called: "ClusterRole".to_owned(),
        };
        let part = ReadRoles {
            missing: vec![Cause::Forbidden(right)],
            ..ReadRoles::default()
        };
        let said = "what is left over: not allowed to list clusterroles.rbac.authorization.k8s.io";
        assert_eq!(
            not_read(Beyond::Judged, &part),
            (vec![said.to_owned()], Exit::Incomplete)
        );
        for beyond in [Beyond::Told, Beyond::Ignored] {
            assert_eq!(not_read(beyond, &part), (Vec::new(), Exit::Good));
        }

        let here = ReadRoles::default();
        let said = "what is left over in other namespaces: not allowed to list roles of all namespaces";
        assert_eq!(
            not_read(Beyond::Judged, &here),
            (vec![said.to_owned()], Exit::Incomplete)
        );
        let all = ReadRoles {
            has_all_namespaces: true,
            ..ReadRoles::default()
        };
        assert_eq!(not_read(Beyond::Judged, &all), (Vec::new(), Exit::Good));
    }
}
