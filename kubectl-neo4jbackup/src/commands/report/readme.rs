//! `README.txt`: what is in a report, what was taken out of it and how, and what is missing and why.

use std::fmt::Write as _;

use neo4jbackup_core::facts::Cause;
use neo4jbackup_core::quoted::{Name, printable};
use neo4jbackup_core::snapshot::{LogTail, Resource};

use super::redaction::{Redaction, UNREDACTED, WIDTH};
use super::versions::Versions;
use crate::bundle::{Bundle, Files};
use crate::render::summary::number;
use crate::wrap::wrap;

/// What it says is made from.
pub(super) struct Readme<'r> {
    pub(super) bundle: &'r Bundle,
    pub(super) files: &'r Files<'r>,
    pub(super) redaction: &'r Redaction,
    pub(super) versions: &'r Versions,
    /// What is missing, a line each.
    pub(super) missing: &'r [String],
}

/// What the files are, by the beginnings of their paths.
const FILES: [(&str, &str); 7] = [
    ("doctor.txt", "what `doctor` says of it, for people"),
    ("doctor.json", "the same for programs"),
    (
        "versions.json",
        "versions of this program, the operator, the API server and the CRDs",
    ),
    ("bundle.yaml", "when it was taken, of what, and what could not be read"),
    (
        "namespaces/",
        "objects as JSON, one after the other: namespaces/NAMESPACE/RESOURCE.json",
    ),
    ("cluster/", "objects that are in no namespace: cluster/RESOURCE.json"),
    (
        "logs/",
        "the ends of logs: logs/NAMESPACE/POD/CONTAINER.log; show them with `less`, they may hold control characters",
    ),
];

impl Readme<'_> {
    /// The text.
    pub(super) fn text(&self) -> String {
        let snapshot = &self.bundle.snapshot;
        let mut text = String::from("A report of Neo4j backups, made by kubectl-neo4jbackup\n\n");
        if matches!(self.redaction, Redaction::None) {
            text += &format!(
                "{UNREDACTED}: passwords, tokens and keys in objects and logs are in it. Give it to nobody.\n\n"
            );
        }
        let place = match &snapshot.namespaces {
            None => "all namespaces".to_owned(),
            Some(namespaces) => {
                let names: Vec<_> = namespaces.iter().map(|name| Name(name).to_string()).collect();
                let word = if names.len() == 1 { "namespace" } else { "namespaces" };
                format!("{word} {}", names.join(", "))
            }
        };
        let of = match &self.bundle.target {
            Some(target) => format!("{} in {place}", Name(target)),
            None => place,
        };
        row("taken", &snapshot.taken.to_string(), &mut text);
        row("of", &of, &mut text);
        for operator in &self.versions.operators {
            let version = operator.version.as_deref().unwrap_or("of unknown version");
            let operator = format!(
                "{} in {}/{}",
                Name(version),
                Name(&operator.namespace),
                Name(&operator.name)
            );
            row("operator", &operator, &mut text);
        }
        text += "\nTo look at it without a cluster, unpacked or not:\n\n    kubectl neo4jbackup doctor --from-bundle PATH\n\n";
        self.files(&mut text);
        self.redacted(&mut text);
        text += "What is missing, and why\n\n";
        if self.missing.is_empty() {
            text += "    Nothing that was asked for.\n";
        }
        for line in self.missing {
            paragraph(line, &mut text);
        }
        text
    }

    fn files(&self, text: &mut String) {
        *text += "What is in it\n\n";
        for (beginning, what) in FILES {
            if self.files.keys().any(|path| path.starts_with(beginning)) {
                row(beginning, what, text);
            }
        }
        *text += "\n";
        let counts = Resource::ALL.into_iter().filter_map(|resource| {
            let count = self.bundle.snapshot.objects(resource).len();
            (count > 0).then(|| format!("{count} {}", resource.plural()))
        });
        let counts: Vec<_> = counts.collect();
        let logs = self.bundle.snapshot.logs().filter(|(_, tail)| tail.text().is_some());
        let logs = number(logs.count(), "log");
        let counts = if counts.is_empty() {
            "no objects".to_owned()
        } else {
            counts.join(", ")
        };
        paragraph(&format!("{counts}; {logs}."), text);
        paragraph(
            "Of objects everything is left out that no check reads: managedFields, resourceVersion, probes, affinities and the like. \
             Of Secrets there are the names of their keys; their values were never kept.",
            text,
        );
        *text += "\n";
    }

    fn redacted(&self, text: &mut String) {
        *text += "What was redacted, and how\n\n";
        let Redaction::Of { has_places, counts } = self.redaction else {
            paragraph("Nothing.", text);
            *text += "\n";
            return;
        };
        paragraph(
            "Values of what is called a password, secret, token, key or credential; keys of AWS, Google and Azure, signatures of Azure, \
             private keys, JSON Web Tokens, what follows Bearer and Basic, passwords in URLs and in NEO4J_AUTH: in objects, events and \
             logs, also escaped, as JSON in JSON, and in base64. Each is replaced by <redacted:KIND:NUMBER>, the same value by the same \
             number everywhere in this report.",
            text,
        );
        paragraph(
            if *has_places {
                "Numbers of accounts, buckets, hosts, addresses and e-mail addresses are replaced by others of the same shape."
            } else {
                "Buckets, hosts, addresses, e-mail addresses and numbers of accounts are as they were; `report --redact-names` replaces \
                 them, too."
            },
            text,
        );
        paragraph("Names of objects, images and databases are as they were.", text);
        *text += "\n";
        for (kind, count) in counts {
            let (values, places) = (number(count.values, "value"), number(count.places, "place"));
            row(kind.word(), &format!("{values} at {places}"), text);
        }
        if counts.is_empty() {
            paragraph("Nothing of the kind was found.", text);
        }
        *text += "\n";
    }
}

/// What could not be read, a line each.
pub(super) fn missing(bundle: &Bundle, left_out: usize) -> Vec<String> {
    let snapshot = &bundle.snapshot;
    let mut lines = Vec::new();
    for (resource, gap) in snapshot.gaps() {
        let place = gap.namespace.as_deref();
        let place = place
            .map(|name| format!(" of namespace {}", Name(name)))
            .unwrap_or_default();
        lines.push(format!("{}{place}: {}", resource.plural(), why(&gap.cause)));
    }
    for (resource, cause) in snapshot.gaps_elsewhere() {
        lines.push(format!("{} of other namespaces: {}", resource.plural(), why(cause)));
    }
    for (of, tail) in snapshot.logs() {
        if let LogTail::Missing(cause) = tail {
            let which = if of.previous { "previous log" } else { "log" };
            let (namespace, pod, container) = (Name(&of.namespace), Name(&of.pod), Name(&of.container));
            lines.push(format!("{which} of {namespace}/{pod}/{container}: {}", why(cause)));
        }
    }
    if left_out > 0 {
        let objects = number(left_out, "object");
        lines.push(format!("{objects} or logs of names that no API server takes"));
    }
    lines
}

fn why(cause: &Cause) -> String {
    let cause = match cause {
        Cause::Forbidden(right) => format!("not allowed: {}", right.words()),
        other => other.to_string(),
    };
    printable(cause).into_owned()
}

fn row(name: &str, value: &str, text: &mut String) {
    let indent = " ".repeat(22);
    let _ = writeln!(text, "    {name:<18}{}", indented(value, &indent));
}

fn paragraph(words: &str, text: &mut String) {
    let _ = writeln!(text, "    {}", indented(words, "    "));
}

/// A text in lines of which all but the first begin with this.
fn indented(text: &str, indent: &str) -> String {
    wrap(text, WIDTH - indent.len(), "").replace('\n', &format!("\n{indent}"))
}
