use crate::check::prelude::*;
use crate::model::{dropped, last_applied};
use crate::operator::Versions;
use crate::schema::{Kind, SchemaProblem, StructuralSchema};

declare_check! {
    /// Fields that were applied are not there: the API server dropped them.
    ///
    /// ## What it looks at
    /// What `kubectl apply` keeps in the annotation `kubectl.kubernetes.io/last-applied-configuration`, against the object as it
    /// is stored: the fields below `spec` that say something and that the schema does not have which the cluster serves. What
    /// the schema has and the object lacks was taken away by somebody and is not named.
    ///
    /// ## Why it matters
    /// The API server drops unknown fields without a word to most tools. A `sourceDatabase` or a `force` that is not there
    /// changes what is restored.
    ///
    /// ## How to mend it
    /// Where the field is of a newer operator, bring the `CustomResourceDefinitions` up to date, which `helm upgrade` does not
    /// do, and apply the manifest again. Otherwise write what replaces the field.
    FieldsDropped {
        code: "NB1102", name: "fields-dropped", severity: Error,
        looks: [AtBackups, AtRestores, AtInstances], needs: [], explains: ["NB1101", "NB8101"], since: "0.2",
    }
}

/// So many fields are named.
const MOST: usize = 5;

impl Check for FieldsDropped {
    fn check_backup(&self, backup: &Backup<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        say(&backup.reference(), &backup.object, cluster, report);
    }

    fn check_restore(&self, restore: &Restore<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        say(&restore.reference(), &restore.object, cluster, report);
    }

    fn check_instance(&self, instance: &Instance<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        say(&instance.reference(), &instance.object, cluster, report);
    }
}

fn say(reference: &ObjectRef, object: &Node<'_>, cluster: &Cluster<'_>, report: &mut Report) {
    let Some((kind, version)) = Kind::of(object) else {
        return;
    };
    let served = cluster.served.get(kind, version);
    // Without a schema, or with tables of an operator that nobody knows, it cannot be told what was dropped.
    let of_operator = || {
        let operator = cluster.operator.filter(|operator| !operator.is_newer_than_known())?;
        StructuralSchema::of_era(kind, operator.era())
    };
    let Some(schema) = served.or_else(of_operator) else {
        return;
    };
    let Some(Ok(applied)) = last_applied(object).map(serde_json::from_str::<Node<'_>>) else {
        return;
    };
    let paths = dropped(&applied, object);
    let dropped: Vec<Dropped> = paths
        .into_iter()
        .filter_map(|path| Dropped::of(schema.why_dropped(&applied, &path)?))
        .collect();
    if dropped.is_empty() {
        return;
    }
    let shown: Vec<String> = dropped.iter().take(MOST).map(Dropped::to_string).collect();
    let more = match dropped.len().saturating_sub(MOST) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let what = if dropped.len() == 1 {
        "field that was"
    } else {
        "fields that were"
    };
    let message = format!("the API server dropped the {what} applied: {}{more}", shown.join(", "));
    let severity = dropped.iter().map(|dropped| dropped.severity).max();
    let newer = dropped.iter().filter_map(|dropped| dropped.versions);
    let is_newer = |versions: Versions| {
        let known = cluster.served.versions().or_else(|| Some(cluster.operator?.versions()));
        known.is_some_and(|known| versions.first() > known.last())
    };
    let help = if newer.into_iter().any(is_newer) {
        "bring the CustomResourceDefinitions up to the version of the operator (`helm upgrade` leaves them as they are), then \
         apply the manifest again"
            .to_owned()
    } else {
        let replaced = dropped.iter().filter_map(|dropped| {
            let replacement = dropped.replaced_by.as_ref()?;
            Some(format!("`{replacement}` in the place of `{}`", dropped.path))
        });
        match replaced.collect::<Vec<_>>().join(", ") {
            none if none.is_empty() => "take the fields out of the manifest; they have no effect".to_owned(),
            replaced => format!("write {replaced}"),
        }
    };
    let diagnosis = report.say(reference.clone(), message);
    diagnosis.severity(severity.unwrap_or(Severity::Warning)).help(help);
    if let [one] = &*dropped {
        diagnosis.field(one.path.clone());
    }
    for dropped in dropped.iter().take(MOST) {
        let value = dropped.path.find(&applied).and_then(Node::scalar_text);
        let path = dropped.path.to_string();
        diagnosis.all_evidence(value.map(|value| {
            let text = format!("applied was {path}: {}", quoted(value));
            Evidence::fact(reference.clone(), text)
        }));
    }
}

/// A field that was dropped.
struct Dropped {
    path: Path,
    /// Which versions of the operator have it; `None` when none has.
    versions: Option<Versions>,
    replaced_by: Option<Path>,
    severity: Severity,
}

impl Dropped {
    fn of(problem: SchemaProblem<'_>) -> Option<Self> {
        let severity = |changes: bool| if changes { Severity::Error } else { Severity::Warning };
        match problem {
            SchemaProblem::OtherVersion {
                path,
                eras_with_it,
                replaced_by,
                changes_meaning,
                had_effect,
                ..
            } => Some(Self {
                path,
                versions: eras_with_it.versions(),
                replaced_by,
                severity: if had_effect {
                    severity(changes_meaning)
                } else {
                    Severity::Info
                },
            }),
            SchemaProblem::Unknown {
                path,
                did_you_mean,
                replaced_by,
                changes_meaning,
                ..
            } => Some(Self {
                path,
                versions: None,
                replaced_by: did_you_mean.or(replaced_by),
                severity: severity(changes_meaning),
            }),
            _ => None,
        }
    }
}

impl std::fmt::Display for Dropped {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.versions {
            Some(versions) => write!(formatter, "`{}` ({versions})", self.path),
            None => write!(formatter, "`{}` (no operator has it)", self.path),
        }
    }
}
