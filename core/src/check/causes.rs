//! Causes and their effects: which of the things that are wrong is why the others are.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use super::diagnosis::{Affects, Diagnosis};
use crate::finding::Severity;
use crate::logs::Class;

/// Something that is wrong, with what follows from it.
#[derive(Debug, Clone, PartialEq)]
pub struct Cause {
    /// What is wrong.
    pub diagnosis: Diagnosis,
    /// What follows from it.
    pub effects: Vec<Cause>,
}

impl Cause {
    /// The worst severity of it and of what follows from it.
    pub fn severity(&self) -> Severity {
        let effects = self.effects.iter().map(Self::severity);
        effects.fold(self.diagnosis.severity, Ord::max)
    }

    /// Itself and everything that follows from it.
    pub fn all(&self) -> Vec<&Diagnosis> {
        let mut all = vec![&self.diagnosis];
        for effect in &self.effects {
            all.extend(effect.all());
        }
        all
    }
}

/// Puts each effect below its cause; the worst cause comes first.
///
/// An effect has one place, below the cause that is certain before one that is probable, and worse before better. A
/// diagnosis never comes to stand below what follows from it.
pub fn fold(diagnoses: Vec<Diagnosis>) -> Vec<Cause> {
    let parents = parents(&diagnoses);
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); diagnoses.len()];
    let mut roots = Vec::new();
    for (position, parent) in parents.iter().enumerate() {
        match parent {
            Some(parent) => children[*parent].push(position),
            None => roots.push(position),
        }
    }
    let mut diagnoses: Vec<Option<Diagnosis>> = diagnoses.into_iter().map(Some).collect();
    let mut causes: Vec<Cause> = roots
        .into_iter()
        .filter_map(|root| tree(root, &children, &mut diagnoses))
        .collect();
    sort(&mut causes);
    causes
}

fn sort(causes: &mut [Cause]) {
    causes.sort_by_cached_key(|cause| {
        let diagnosis = &cause.diagnosis;
        (
            Reverse(cause.severity()),
            diagnosis.is_probable,
            Reverse(cause.all().len()),
            diagnosis.code,
            diagnosis.object.namespace.clone(),
            diagnosis.object.name.clone(),
        )
    });
}

fn tree(position: usize, children: &[Vec<usize>], diagnoses: &mut [Option<Diagnosis>]) -> Option<Cause> {
    let diagnosis = diagnoses[position].take()?;
    let mut effects: Vec<Cause> = children[position]
        .iter()
        .filter_map(|child| tree(*child, children, diagnoses))
        .collect();
    sort(&mut effects);
    let mut cause = Cause { diagnosis, effects };
    // What is certainly why something is an error is one, too, whatever it would be alone.
    if !cause.diagnosis.is_probable {
        cause.diagnosis.severity = cause.severity();
    }
    Some(cause)
}

/// For each diagnosis the position of its cause.
fn parents(diagnoses: &[Diagnosis]) -> Vec<Option<usize>> {
    let candidates = Candidates::of(diagnoses);
    let mut parents: Vec<Option<usize>> = vec![None; diagnoses.len()];
    for (position, effect) in diagnoses.iter().enumerate() {
        let mut causes: Vec<usize> = candidates
            .of_effect(effect)
            .filter(|cause| {
                let cause = &diagnoses[*cause];
                cause.explains(effect) && cause.reaches(effect)
            })
            .collect();
        // In the order in which they were found, so that it depends on nothing else which of two equals is taken.
        causes.sort_unstable();
        causes.sort_by_key(|cause| {
            let cause = &diagnoses[*cause];
            (cause.is_probable, Reverse(cause.severity))
        });
        parents[position] = causes.into_iter().find(|cause| !is_below(*cause, position, &parents));
    }
    parents
}

/// What can be the cause of what: thousands of objects have their own diagnoses, and few harm others.
struct Candidates<'d> {
    /// Those that harm only the object with which they were found, by that object.
    own: HashMap<Subject<'d>, Vec<usize>>,
    /// Those that harm others.
    far: Vec<usize>,
}

/// An object with which something was found; `None` is the cluster as a whole.
type Subject<'d> = Option<(&'d str, &'d str, &'d str)>;

fn subject(diagnosis: &Diagnosis) -> Subject<'_> {
    let object = diagnosis.subject.as_ref()?;
    Some((&object.kind, &object.namespace, &object.name))
}

impl<'d> Candidates<'d> {
    fn of(diagnoses: &'d [Diagnosis]) -> Self {
        let mut candidates = Self {
            own: HashMap::new(),
            far: Vec::new(),
        };
        // A line of a log names its causes itself.
        let of_logs: BTreeSet<&str> = diagnoses
            .iter()
            .filter_map(|diagnosis| diagnosis.class)
            .flat_map(Class::causes)
            .collect();
        let explains = |cause: &Diagnosis| !cause.explains.is_empty() || of_logs.contains(cause.code);
        let explaining = diagnoses.iter().enumerate();
        for (position, cause) in explaining.filter(|(_, cause)| explains(cause)) {
            if cause.affects == Affects::Subject {
                candidates.own.entry(subject(cause)).or_default().push(position);
            } else {
                candidates.far.push(position);
            }
        }
        candidates
    }

    fn of_effect<'c>(&'c self, effect: &'c Diagnosis) -> impl Iterator<Item = usize> + use<'c, 'd> {
        let own = self.own.get(&subject(effect)).into_iter().flatten();
        own.chain(&self.far).copied()
    }
}

/// Whether a diagnosis is another one or follows from it.
fn is_below(position: usize, other: usize, parents: &[Option<usize>]) -> bool {
    std::iter::successors(Some(position), |position| parents[*position]).any(|position| position == other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Path;
    use crate::model::ObjectRef;

    fn backup(name: &str) -> ObjectRef {
        ObjectRef {
            api_version: "neo4j.neo4j.com/v1beta1".to_owned(),
            kind: "Neo4jBackup".to_owned(),
            namespace: "graph".to_owned(),
            name: name.to_owned(),
        }
    }

    fn diagnosis(code: &'static str, subject: &str, explains: &'static [&'static str]) -> Diagnosis {
        Diagnosis {
            code,
            name: "x",
            severity: Severity::Error,
            is_probable: false,
            message: String::new(),
            help: String::new(),
            commands: Vec::new(),
            object: backup(subject),
            field: Path::default(),
            subject: Some(backup(subject)),
            affects: Affects::Subject,
            evidence: Vec::new(),
            explains,
            class: None,
        }
    }

    fn shape(causes: &[Cause]) -> String {
        let one = |cause: &Cause| {
            let effects = shape(&cause.effects);
            let Diagnosis { code, object, .. } = &cause.diagnosis;
            format!("{code}/{}({effects})", object.name)
        };
        causes.iter().map(one).collect::<Vec<_>>().join(" ")
    }

    /// Two webhooks: what is wrong with one says nothing of the other.
    #[test]
    fn what_was_found_in_the_cluster_as_a_whole_is_of_its_object_alone() {
        let of_the_cluster = |code, object, explains| Diagnosis {
            subject: None,
            ..diagnosis(code, object, explains)
        };
        let causes = fold(vec![
            of_the_cluster("C", "a", &["E"]),
            of_the_cluster("E", "a", &[]),
            of_the_cluster("E", "b", &[]),
        ]);
        assert_eq!(shape(&causes), "C/a(E/a()) E/b()");
    }

    #[test]
    fn effects_stand_below_their_cause_and_only_of_the_same_object() {
        let causes = fold(vec![
            diagnosis("E2", "a", &[]),
            diagnosis("E1", "a", &["E2"]),
            diagnosis("C", "a", &["E1", "E2"]),
            diagnosis("E1", "b", &["E2"]),
        ]);
        assert_eq!(shape(&causes), "C/a(E1/a(E2/a())) E1/b()");
    }

    #[test]
    fn what_is_certainly_the_cause_of_an_error_is_one() {
        let mut cause = diagnosis("C", "a", &["E"]);
        cause.severity = Severity::Warning;
        let told = |cause: Diagnosis| fold(vec![cause, diagnosis("E", "a", &[])])[0].diagnosis.severity;
        assert_eq!(told(cause.clone()), Severity::Error);
        cause.probable();
        assert_eq!(told(cause), Severity::Warning);
    }

    /// A run that failed for a class of line, with what else is wrong with its backup.
    fn with_log(line: &str, others: &[&'static str]) -> String {
        let mut failure = diagnosis("NB6003", "a", &["NB6001"]);
        failure.class = crate::logs::classify(line);
        let others = others.iter().map(|code| diagnosis(code, "a", &["NB6003"]));
        shape(&fold(std::iter::once(failure).chain(others).collect()))
    }

    #[test]
    fn the_class_of_the_line_decides_what_explains_it() {
        let denied = "S3Exception: Access Denied (Service: S3, Status Code: 403, Request ID: X)";
        let full = "write /backups/x: no space left on device";
        assert_eq!(with_log(denied, &["NB3103"]), "NB3103/a(NB6003/a())");
        assert_eq!(with_log(full, &["NB3103"]), "NB3103/a() NB6003/a()");
        assert_eq!(with_log(denied, &["NB6009"]), "NB6003/a() NB6009/a()");
        assert_eq!(with_log("Backup failed", &["NB6009"]), "NB6009/a(NB6003/a())");
    }

    #[test]
    fn the_class_of_the_line_decides_what_it_explains() {
        let mut failure = diagnosis("NB6003", "a", &["NB6001"]);
        failure.class = crate::logs::classify("write /backups/x: no space left on device");
        let nearly_full = diagnosis("NB7102", "a", &[]);
        let told = |failure: Diagnosis| shape(&fold(vec![failure, nearly_full.clone()]));
        assert_eq!(told(failure.clone()), "NB6003/a(NB7102/a())");
        failure.class = crate::logs::classify("Connection refused: a:6362");
        assert_eq!(told(failure), "NB6003/a() NB7102/a()");
    }

    #[test]
    fn what_harms_a_kind_explains_all_of_it_and_two_that_explain_each_other_are_not_lost() {
        let mut poison = diagnosis("P", "a", &["S"]);
        poison.affects = Affects::Kind("Neo4jBackup");
        let causes = fold(vec![diagnosis("S", "b", &[]), diagnosis("S", "c", &[]), poison]);
        assert_eq!(shape(&causes), "P/a(S/b() S/c())");
        let mutual = fold(vec![diagnosis("X", "a", &["Y"]), diagnosis("Y", "a", &["X"])]);
        assert_eq!(shape(&mutual), "Y/a(X/a())");
    }
}
