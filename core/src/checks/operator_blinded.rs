use crate::check::prelude::*;
use crate::values::{point_in_time, quantity};

declare_check! {
    /// One object that the operator cannot decode blinds it for every object of the kind.
    ///
    /// ## What it looks at
    /// Every `Neo4jBackup` and `Neo4jRestore` that could be read, of any namespace: a `spec.source.pointInTime` or a
    /// quantity in `spec.options.resources` that the API server stores and the operator cannot decode.
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
        looks: [AtCluster], needs: [], explains: ["NB8001", "NB9007", "NB9011"], since: "0.2",
    }
}

/// A field that the operator cannot decode.
struct Poison {
    path: Vec<String>,
    shown: String,
    meant: Option<String>,
    hangs: bool,
}

impl Check for OperatorBlinded {
    fn check_cluster(&self, cluster: &Cluster<'_>, report: &mut Report) {
        for (resource, kind) in [(Resource::Restores, "Neo4jRestore"), (Resource::Backups, "Neo4jBackup")] {
            for stored in cluster.snapshot.objects(resource) {
                let object = stored.node();
                let Some(reference) = ObjectRef::of(&object) else {
                    continue;
                };
                for poison in poisons(&object) {
                    say(&object, reference.clone(), resource, kind, &poison, report);
                }
            }
        }
    }
}

fn say(
    object: &Node<'_>,
    reference: ObjectRef,
    resource: Resource,
    kind: &'static str,
    poison: &Poison,
    report: &mut Report,
) {
    let path = poison.path.join(".");
    let has_finalizer = object
        .at("metadata.finalizers")
        .and_then(Node::as_list)
        .is_some_and(|finalizers| !finalizers.is_empty());
    let effect = if poison.hangs {
        format!("the operator never ends decoding it, keeps a CPU busy and sees no {kind} of any namespace")
    } else {
        format!("the operator cannot decode it and sees no {kind} of any namespace any more")
    };
    let mut help = if has_finalizer {
        "correct the field; only then can the object be deleted, because it has a finalizer".to_owned()
    } else {
        "correct the field, or delete the object, which works because it has no finalizer".to_owned()
    };
    if poison.hangs {
        help += "; then restart the operator, which does not recover by itself";
    }
    // A wrong point in time would restore the wrong state, so that one which is not certain is left to a person.
    let value = poison.meant.as_deref().unwrap_or("PUT-THE-RIGHT-VALUE-HERE");
    if poison.meant.is_none() {
        help += "; put the right value into the command";
    }
    let mut patch = serde_json::Value::from(value);
    for key in poison.path.iter().rev() {
        patch = serde_json::json!({ key: patch });
    }
    // A quote in a key would end the quotes of the shell.
    let patch = patch.to_string().replace('\'', r"'\''");
    let (namespace, name) = (reference.namespace.clone(), reference.name.clone());
    let place = if namespace.is_empty() {
        String::new()
    } else {
        format!(" -n {namespace}")
    };
    let shown = format!("{path} is {}, {effect}", poison.shown);
    report
        .say(reference.clone(), shown)
        .affects(Affects::Kind(kind))
        .help(help)
        .command(format!(
            "kubectl patch {} {name}{place} --type merge -p '{patch}'",
            resource.plural()
        ))
        .evidence(Evidence::fact(reference, format!("{path} is {}", poison.shown)));
}

fn poisons(object: &Node<'_>) -> Vec<Poison> {
    let mut poisons = Vec::new();
    if let Some(time) = object.at("spec.source.pointInTime") {
        let text = time.as_str();
        if text.is_some_and(point_in_time::is_poison) || time.as_list().is_some() || time.as_map().is_some() {
            poisons.push(Poison {
                path: ["spec", "source", "pointInTime"].map(str::to_owned).to_vec(),
                shown: shown(text),
                meant: text.and_then(point_in_time::normalised),
                hangs: false,
            });
        }
    }
    for list in ["limits", "requests"] {
        let quantities = object
            .at(&format!("spec.options.resources.{list}"))
            .and_then(Node::as_map);
        for (key, value) in quantities.into_iter().flat_map(crate::document::Map::iter) {
            let Some(text) = value.as_str() else { continue };
            let hangs = quantity::hangs_operator(text);
            if hangs || quantity::is_poison(text) {
                let path = ["spec", "options", "resources", list, key];
                poisons.push(Poison {
                    path: path.map(str::to_owned).to_vec(),
                    shown: shown(Some(text)),
                    meant: quantity::normalised(text).filter(|meant| !quantity::is_poison(meant)),
                    hangs,
                });
            }
        }
    }
    poisons
}

fn shown(text: Option<&str>) -> String {
    text.map_or_else(|| "a list or an object".to_owned(), |text| quoted(text).to_string())
}
