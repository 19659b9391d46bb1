use crate::check::prelude::*;
use crate::document::Segment;
use crate::operator::Operator;
use crate::schema::Kind;
use crate::undecodable::{Undecodable, undecodable};

declare_check! {
    /// One object that the operator cannot decode blinds it for every object of the kind.
    ///
    /// ## What it looks at
    /// Every `Neo4jBackup`, `Neo4jRestore`, `Neo4jEnterpriseCluster` and `Neo4jEnterpriseStandalone` that could be read, of any
    /// namespace: points in time, limits, requests and units of variables that the API server stores and the operator cannot
    /// decode; and, where the version of the operator is known, every field that holds a value of another type than the
    /// operator has for it, which was stored before the schema said so.
    ///
    /// ## Why it matters
    /// One such object, in any namespace, and the operator sees no object of its kind any more: new ones get no status, no
    /// finalizer and no event. After its next start it reconciles nothing at all, and the line with which it exits names
    /// another kind. An exponent that is too large keeps a CPU busy for ever, without a line in the log.
    ///
    /// ## How to mend it
    /// Correct the field with the patch that the diagnosis shows, or delete the object. An object with a finalizer can only
    /// be deleted once the field is correct. After an exponent that was too large the operator must be restarted as well.
    OperatorBlinded {
        code: "NB9001", name: "operator-blinded", severity: Error,
        looks: [AtCluster], needs: [Backups, Restores, Clusters, Standalones],
        explains: ["NB9007", "NB8001", "NB7006", "NB9011"], since: "0.2",
    }
}

/// The kinds whose objects the operator keeps all of in its memory.
const KINDS: [Kind; 4] = [
    Kind::Neo4jRestore,
    Kind::Neo4jBackup,
    Kind::Neo4jEnterpriseCluster,
    Kind::Neo4jEnterpriseStandalone,
];

impl Check for OperatorBlinded {
    /// One value is enough, whatever else could not be read.
    fn finds_in_parts(&self) -> bool {
        true
    }

    fn check_cluster(&self, cluster: &Cluster<'_>, report: &mut Report) {
        // Of an operator that the tables do not know, nobody knows the types.
        let operator = cluster.operator.filter(|operator| !operator.is_newer_than_known());
        let era = operator.map(Operator::era);
        for kind in KINDS {
            for stored in cluster.snapshot.objects(Resource::of_kind(kind)) {
                let object = stored.node();
                let Some(reference) = ObjectRef::of(&object) else {
                    continue;
                };
                for value in undecodable(kind, era, &object) {
                    say(&object, reference.clone(), kind, &value, report);
                }
            }
        }
    }
}

fn say(object: &Node<'_>, reference: ObjectRef, of: Kind, value: &Undecodable<'_>, report: &mut Report) {
    let (path, kind) = (value.path.to_string(), of.name());
    let has_finalizer = object
        .at("metadata.finalizers")
        .and_then(Node::as_list)
        .is_some_and(|finalizers| !finalizers.is_empty());
    let effect = if value.hangs {
        format!("the operator never ends decoding it, keeps a CPU busy and sees no {kind} of any namespace")
    } else {
        format!("the operator cannot decode it and sees no {kind} of any namespace any more")
    };
    let mut help = if has_finalizer {
        "correct the field; only then can the object be deleted, because it has a finalizer".to_owned()
    } else {
        "correct the field, or delete the object, which works because it has no finalizer".to_owned()
    };
    if value.hangs {
        help += "; then restart the operator, which does not recover by itself";
    }
    // A wrong value would do something else than was meant, so that one which is not certain is left to a person.
    let patch = patch(value);
    if value.meant.is_none() && patch.is_some() {
        help += "; put the right value into the command";
    }
    let (namespace, name) = (reference.namespace.clone(), reference.name.clone());
    let place = if namespace.is_empty() {
        String::new()
    } else {
        format!(" -n {namespace}")
    };
    let resource = of.plural();
    let command = patch.map_or_else(
        || format!("kubectl edit {resource} {name}{place}"),
        |patch| format!("kubectl patch {resource} {name}{place} --type merge -p '{patch}'"),
    );
    let shown = shown(value);
    report
        .say(reference.clone(), format!("{path} is {shown}, {effect}"))
        .affects(Affects::Kind(kind))
        .help(help)
        .command(command)
        .evidence(Evidence::fact(reference, format!("{path} is {shown}")));
}

/// The merge patch that sets the field, for a shell, or `None` if it stands in a list, which a merge patch replaces.
fn patch(value: &Undecodable<'_>) -> Option<String> {
    let meant = value.meant.clone();
    let mut patch = meant.unwrap_or_else(|| "PUT-THE-RIGHT-VALUE-HERE".into());
    for segment in value.path.0.iter().rev() {
        let Segment::Key(key) = segment else { return None };
        patch = serde_json::json!({ key: patch });
    }
    // A quote in a key would end the quotes of the shell.
    Some(patch.to_string().replace('\'', r"'\''"))
}

fn shown(value: &Undecodable<'_>) -> String {
    match (value.value, value.value.and_then(Node::scalar_text)) {
        (Some(Node::String(text)), _) if matches!(value.expected, "a time" | "a quantity") => quoted(text).to_string(),
        (Some(node), Some(text)) => format!(
            "{} {}, where {} belongs",
            node.type_name(),
            quoted(text),
            value.expected
        ),
        _ => "a list or an object".to_owned(),
    }
}
