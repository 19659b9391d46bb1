use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::check::prelude::*;
use crate::model::Account;
use crate::rbac::needs::is_beside_backups;

declare_check! {
    /// The account of the operator lacks a right.
    ///
    /// ## What it looks at
    /// What the API server answers to the operator's account, in the operator's log of the last half hour and in the messages
    /// of backups and of restores that go on or ended within the last day:
    /// `is forbidden: User "system:serviceaccount:…" cannot list resource …`.
    ///
    /// ## Why it matters
    /// What the operator may not read, it does not see, and what it may not create is never there. It says so in its log
    /// alone, and tries for ever.
    ///
    /// ## How to mend it
    /// Give its role the rule that the diagnosis shows. Where the operator's chart makes a role for each namespace
    /// (`rbac.perNamespaceRoles`), add the namespace to `watchNamespaces`. No role of the operator's has the right to list
    /// namespaces, so that patterns in `watchNamespaces` (`team-*`) never work: write the names.
    OperatorForbidden {
        code: "NB9009", name: "operator-forbidden", severity: Error,
        looks: [AtCluster], needs: [],
        explains: ["NB1101", "NB5101", "NB6002", "NB8101", "NB8116", "NB9003", "NB9006", "NB9007", "NB9011"], since: "0.2",
    }
}

/// For so many seconds an answer in a log counts. The operator tries again at least every 17 minutes.
const LATELY: i64 = 30 * 60;
/// For so many seconds the message of a restore counts that has ended. Nobody tries it again, and its message stays.
const AFTER_ITS_END: i64 = 24 * 3600;

/// What it is the cause of where the log alone says it.
const UNSEEN: &[&str] = &["NB5101", "NB8116", "NB9006", "NB9007", "NB9011"];
/// The same where the operator ends because of it.
const FATAL: &[&str] = &["NB5101", "NB8116", "NB9003", "NB9006", "NB9007", "NB9011"];

/// What somebody may not do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Denied {
    /// `system:serviceaccount:NAMESPACE:NAME`.
    account: String,
    resource: String,
    group: String,
    /// `None` at the scope of the cluster.
    namespace: Option<String>,
}

/// How a right that is missing was seen.
struct Seen {
    verbs: Vec<String>,
    count: usize,
    last: Option<Timestamp>,
    sign: Evidence,
    /// The objects whose messages say it; empty when the log of the operator does.
    objects: Vec<ObjectRef>,
    /// Whether the operator ends because of it.
    is_fatal: bool,
}

impl Check for OperatorForbidden {
    fn check_cluster(&self, cluster: &Cluster<'_>, report: &mut Report) {
        let mut missing: BTreeMap<Denied, Seen> = BTreeMap::new();
        for installation in &cluster.installations {
            // In JSON the quotes have backslashes before them, so that only what stands before is looked for.
            for logged in installation.lines_with("is forbidden: User") {
                in_log(logged, cluster, &mut missing);
            }
        }
        let backups = cluster.backups.iter();
        let backups = backups.map(|backup| (backup.reference(), &backup.message));
        let restores = cluster.restores.iter();
        let restores = restores.filter(|restore| !restore.is_long_over(cluster.now, AFTER_ITS_END));
        let restores = restores.map(|restore| (restore.reference(), &restore.message));
        for (object, message) in backups.chain(restores) {
            let Some((denied, verb)) = Denied::of(message) else {
                continue;
            };
            let sign = Evidence::field(object.clone(), "status.message", message);
            match missing.entry(denied) {
                Entry::Vacant(entry) => {
                    entry.insert(Seen::new(verb, sign)).objects.push(object);
                }
                Entry::Occupied(mut entry) => {
                    entry.get_mut().again(verb, None);
                    // Where the log says it already, it is not of these objects alone.
                    if !entry.get().objects.is_empty() {
                        entry.get_mut().objects.push(object);
                    }
                }
            }
        }
        for (denied, seen) in missing {
            say(&denied, seen, cluster, report);
        }
    }
}

/// Sees what a line of the operator's log says.
fn in_log(logged: Logged<'_, '_>, cluster: &Cluster<'_>, missing: &mut BTreeMap<Denied, Seen>) {
    let line = LogLine::of(logged.line);
    let time = line.as_ref().and_then(|line| line.time);
    if time.is_some_and(|time| cluster.now.as_second() - time.as_second() > LATELY) {
        return;
    }
    // What a library writes has no object in JSON.
    let text = match &line {
        Some(line) if line.error.is_empty() => line.sentence.to_string(),
        Some(line) => format!("{}: {}", line.sentence, line.error),
        None => logged.line.to_owned(),
    };
    let Some((denied, verb)) = Denied::of(&text) else {
        return;
    };
    let sign = || Evidence::log(logged.pod, logged.container, &text);
    let container = logged.container;
    let ended = container.ended.as_ref().or(container.ended_before.as_ref());
    let is_fatal = container.running_since.is_none() && ended.is_some_and(|ended| ended.exit_code == 1);
    let seen = missing.entry(denied).or_insert_with(|| Seen {
        count: 0,
        ..Seen::new(verb.clone(), sign())
    });
    seen.again(verb, time);
    seen.is_fatal |= is_fatal;
}

impl Seen {
    fn new(verb: String, sign: Evidence) -> Self {
        Self {
            verbs: vec![verb],
            count: 1,
            last: None,
            sign,
            objects: Vec::new(),
            is_fatal: false,
        }
    }

    fn again(&mut self, verb: String, time: Option<Timestamp>) {
        self.count += 1;
        self.last = self.last.max(time);
        if !self.verbs.contains(&verb) {
            self.verbs.push(verb);
        }
    }
}

fn say(denied: &Denied, seen: Seen, cluster: &Cluster<'_>, report: &mut Report) {
    let Denied {
        account,
        resource,
        group,
        namespace,
    } = denied;
    let mut parts = account.split(':').skip(2);
    let (of, who) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let object = ObjectRef {
        api_version: "v1".to_owned(),
        kind: "ServiceAccount".to_owned(),
        namespace: of.to_owned(),
        name: who.to_owned(),
    };
    let verbs = seen.verbs.join(", ");
    let place = match namespace {
        Some(namespace) => format!("in namespace {}", name(namespace)),
        None => "in the whole cluster".to_owned(),
    };
    let message = format!("the operator may not {} {} {place}", name(&verbs), name(resource));
    let diagnosis = report.say(object.clone(), message);
    diagnosis.evidence(seen.sign);
    if seen.count > 1 {
        let last = seen.last.map(|last| format!(", last {}", when(last, cluster.now)));
        let text = format!("refused {} times{}", seen.count, last.unwrap_or_default());
        diagnosis.evidence(Evidence::fact(object, text));
    }
    let rule = format!("{{apiGroups: [\"{group}\"], resources: [{resource}], verbs: [{verbs}]}}");
    let kind = if namespace.is_some() { "Role" } else { "ClusterRole" };
    let watches_pattern = cluster.installations.iter().any(
        |installation| matches!(&installation.mode, Mode::Some(names) if names.iter().any(|name| name.contains('*'))),
    );
    let help = match (resource.as_str(), namespace) {
        ("namespaces", None) if watches_pattern => {
            "write the names of the namespaces into `watchNamespaces`: with a pattern the operator has to list namespaces, \
             which no role of its chart allows"
                .to_owned()
        }
        ("nodes" | "storageclasses", None) => {
            format!("set `rbac.clusterScopedReads` of the operator's chart, or add to a ClusterRole of it {rule}")
        }
        (_, Some(namespace)) => format!(
            "add to a {kind} of it {rule}; where the operator's chart makes a role for each namespace, add {} to \
             `watchNamespaces`",
            name(namespace)
        ),
        _ => format!("add to a {kind} of it {rule}"),
    };
    diagnosis.help(help);
    let verb = seen.verbs.first().map_or("get", String::as_str);
    let (of_all, subresource) = resource.split_once('/').unwrap_or((resource, ""));
    let full = if group.is_empty() {
        of_all.to_owned()
    } else {
        format!("{of_all}.{group}")
    };
    // All of it becomes part of a command, and a message may be anybody's.
    let is_plain_or_empty = |word: &str| word.is_empty() || is_plain(word);
    if [verb, &full, account].iter().all(|word| is_plain(word))
        && is_plain_or_empty(subresource)
        && namespace.as_ref().is_none_or(|name| is_plain(name))
    {
        let full = if subresource.is_empty() {
            full
        } else {
            format!("{full} --subresource={subresource}")
        };
        let place = namespace
            .as_ref()
            .map_or("-A".to_owned(), |namespace| format!("-n {namespace}"));
        diagnosis.command(format!("kubectl auth can-i {verb} {full} --as={account} {place}"));
    }
    if is_beside_backups(group, resource) {
        diagnosis.severity(Severity::Warning);
        diagnosis.explains = &[];
        return;
    }
    if !seen.objects.is_empty() {
        diagnosis.affects(Affects::Objects(seen.objects));
        return;
    }
    // What failed in other words than these may have other causes.
    diagnosis.explains = if seen.is_fatal { FATAL } else { UNSEEN };
    diagnosis.affects(match (resource.as_str(), namespace) {
        ("neo4jbackups", None) => Affects::Kind("Neo4jBackup"),
        ("neo4jrestores", None) => Affects::Kind("Neo4jRestore"),
        // What it cannot do in its own namespace, the lease of its leader for example, it cannot do for anybody.
        (_, Some(namespace)) if namespace != of => Affects::Namespaces(BTreeSet::from([namespace.clone()])),
        _ => Affects::Everything,
    });
}

fn is_plain(word: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.:/".contains(&byte);
    !word.is_empty() && word.bytes().all(is_plain)
}

impl Denied {
    /// Reads an answer of the API server, with the verb.
    fn of(text: &str) -> Option<(Self, String)> {
        let (_, rest) = text.split_once("is forbidden: User \"")?;
        let (account, rest) = rest.split_once("\" cannot ")?;
        let (verb, rest) = rest.split_once(" resource \"")?;
        let (resource, rest) = rest.split_once("\" in API group \"")?;
        let (group, rest) = rest.split_once('"')?;
        let namespace = rest
            .trim_start()
            .strip_prefix("in the namespace \"")
            .and_then(|rest| Some(rest.split_once('"')?.0.to_owned()));
        // What the Jobs may not do, the operator repeats from their logs; that is no matter of its own rights.
        let is_of_operator = account
            .strip_prefix("system:serviceaccount:")
            .and_then(|account| account.split_once(':'))
            .is_some_and(|(_, name)| Account::named(name).is_none());
        is_of_operator.then(|| {
            let denied = Self {
                account: account.to_owned(),
                resource: resource.to_owned(),
                group: group.to_owned(),
                namespace,
            };
            (denied, verb.to_owned())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_of_the_api_server_names_the_right() {
        let scope = "failed to list *v1beta1.Neo4jBackup: neo4jbackups.neo4j.neo4j.com is forbidden: User \
            \"system:serviceaccount:ops:neo4j-operator\" cannot list resource \"neo4jbackups\" in API group \
            \"neo4j.neo4j.com\" at the cluster scope";
        let (denied, verb) = Denied::of(scope).unwrap();
        assert_eq!(
            (&*denied.resource, &*denied.group, denied.namespace),
            ("neo4jbackups", "neo4j.neo4j.com", None)
        );
        assert_eq!(verb, "list");
        let one = "jobs.batch is forbidden: User \"system:serviceaccount:ops:neo4j-operator\" cannot create resource \
            \"jobs\" in API group \"batch\" in the namespace \"graph\"";
        assert_eq!(Denied::of(one).unwrap().0.namespace.as_deref(), Some("graph"));
        let policy =
            "neo4jbackups.neo4j.neo4j.com \"x\" is forbidden: ValidatingAdmissionPolicy 'p' denied request: no";
        assert_eq!(Denied::of(policy), None);
        let person =
            "pods is forbidden: User \"jane\" cannot list resource \"pods\" in API group \"\" at the cluster scope";
        assert_eq!(Denied::of(person), None);
        for account in ["neo4j-backup-sa", "neo4j-restore-sa"] {
            let of_jobs = format!(
                "pods \"prod-backup-0\" is forbidden: User \"system:serviceaccount:graph:{account}\" cannot create resource \
                 \"pods/exec\" in API group \"\" in the namespace \"graph\""
            );
            assert_eq!(Denied::of(&of_jobs), None);
        }
    }
}
