//! NB7006.

use crate::operator::Versions;
use crate::rule::prelude::*;
use crate::subject::location::locations;
use crate::undecodable::{DIVISOR, ENVIRONMENTS, RESOURCES};
use crate::values::quantity::{self, Quantity};

declare_rule! {
    /// One quantity that the operator cannot decode blinds it for every object of the kind, in all namespaces.
    ///
    /// ## What it checks
    /// Every quantity: sizes of volume claims and of temporary storage, limits and requests of Jobs and servers, divisors
    /// of environment variables. Sizes are above zero and not in thousandths (`500m` is half a byte); limits and requests
    /// are not negative; the parts of an archive (`splitArchivePartSize`) are zero or at least `1Gi`. Where nothing reads the size of a volume claim, a wrong one is a warning: in restores, in backups
    /// to a bucket, beside a claim without a name, and with operators before 1.11, which made no claims.
    ///
    /// ## Why it matters
    /// The pattern in the CRD lets exponents such as `1e1.5` and `1e-2147483648` through, and the API server stores them.
    /// On operator 1.14 the first stopped every backup (or restore) of the cluster from being seen. The second never
    /// came back from being read: one CPU busy, memory growing until the pod was killed, nothing in the log, and no
    /// recovery after the object was deleted. A malformed `pvc.size` makes operators before 1.18 panic at each attempt, and
    /// the object never gets a status; newer ones refuse it.
    ///
    /// ## Bad
    /// ```yaml
    /// pvc:
    ///   name: neo4j-backups
    ///   size: 100GB
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// pvc:
    ///   name: neo4j-backups
    ///   size: 100Gi
    /// ```
    QuantityMalformed {
        code: "NB7006", name: "quantity-malformed", severity: Error,
        kinds: LOCATED,
        reads: [
            "spec.storage.type", "spec.storage.pvc", "spec.storage.size", "spec.storage.backupStorage.size", "spec.resources", "spec.env",
            "spec.options.tempStorage.size", "spec.options.splitArchivePartSize", "spec.options.resources", "spec.options.preRestore.job",
            "spec.options.postRestore.job", "spec.source.storage.pvc.size", "spec.source.pitr.baseBackup.storage.pvc.size",
            "spec.source.pitr.logStorage.pvc.size", "spec.backups.defaultStorage.pvc.size",
        ],
        needs: [], doors: All, fix: Safe, cel: Expressible,
        since: "0.1",
        changes: [
            MAKES_CLAIMS, "the size of a volume claim is read";
            REFUSES_SIZES, "a malformed size is refused; before, the operator panics";
        ],
        explains: ["NB9002", "NB9007"],
    }
}

/// What a quantity measures, which decides the values that make sense.
#[derive(Clone, Copy, PartialEq)]
enum Measure {
    /// The size of a volume.
    Size,
    /// The size of the parts of an archive, which may be zero.
    ArchivePart,
    /// A limit or a request.
    Resource,
    /// The unit of an environment variable.
    Divisor,
}

impl Rule for QuantityMalformed {
    fn check(&self, subject: &Subject<'_>, _: &Inventory, report: &mut Collector) {
        // The operator writes an empty size as none, and makes no volume claim without one.
        let sized = locations(subject).filter(|location| location.storage.pvc_size().str() != Some(""));
        let (read, unread): (Vec<_>, Vec<_>) = sized.partition(|location| is_read(subject, &location.storage));
        for location in unread {
            without_effect(&location.storage.pvc_size(), report);
        }
        let mut judge = |path: &dyn Fn() -> Path, node: &Node<'_>, measure| judge(subject, path, node, measure, report);
        let mut size = |field: Field<'_>| {
            if let Some(node) = field.node() {
                judge(&|| field.path(), node, Measure::Size);
            }
        };
        for location in read {
            size(location.storage.pvc_size());
        }
        for path in [
            "spec.options.tempStorage.size",
            "spec.storage.size",
            "spec.storage.backupStorage.size",
        ] {
            size(subject.field(path));
        }
        // An empty text is none, and zero is a whole archive.
        let part = subject.field("spec.options.splitArchivePartSize");
        let has_parts = subject.kind == Kind::Neo4jBackup && subject.era >= Era::V1_19;
        if let Some(node) = part.node().filter(|_| has_parts && part.str() != Some("")) {
            judge(&|| part.path(), node, Measure::ArchivePart);
        }
        for path in RESOURCES {
            let field = subject.field(path);
            for (name, node) in field.entries() {
                judge(&|| field.path().key(name), node, Measure::Resource);
            }
        }
        for path in ENVIRONMENTS {
            let field = subject.field(path);
            for (position, variable) in field.items().iter().enumerate() {
                if let Some(node) = variable.at(DIVISOR) {
                    judge(&|| field.path().index(position).join(DIVISOR), node, Measure::Divisor);
                }
            }
        }
    }
}

/// The operators that make the volume claim of a backup.
const MAKES_CLAIMS: Versions = Versions::range("1.11+");
/// The operators that refuse a size which they cannot read; older ones panic.
const REFUSES_SIZES: Versions = Versions::range("1.18+");

/// Whether the operator parses the size of the claim: it makes one for backups only, when it has a name for it.
fn is_read(subject: &Subject<'_>, storage: &Storage<'_>) -> bool {
    let makes_claim = || {
        storage.store() == Some(StoreType::Pvc)
            && storage.pvc_name().text().is_some()
            && subject.operator.is_in(MAKES_CLAIMS)
    };
    match subject.kind {
        Kind::Neo4jBackup => makes_claim(),
        Kind::Neo4jRestore => false,
        _ => true,
    }
}

/// A wrong size that only misleads.
fn without_effect(field: &Field<'_>, report: &mut Collector) {
    let Some(text) = field.str() else { return };
    if quantity::parse(text).is_ok_and(|value| out_of_range(&value, Measure::Size).is_none()) {
        return;
    }
    report
        .at(
            field,
            format!("{} is no size of a volume, and nothing reads it here", quoted(text)),
        )
        .help("remove it")
        .severity(Severity::Warning);
}

fn judge(subject: &Subject<'_>, path: &dyn Fn() -> Path, node: &Node<'_>, measure: Measure, report: &mut Collector) {
    // A size is text for the schema; the others may be whole numbers. Any other type is a finding of its own.
    let text = match node {
        Node::String(text) => text,
        Node::Number(text)
            if !matches!(measure, Measure::Size | Measure::ArchivePart) && text.parse::<i64>().is_ok() =>
        {
            text
        }
        _ => return,
    };
    let parsed = quantity::parse(text);
    let problem = parsed.as_ref().map(|value| out_of_range(value, measure));
    if problem == Ok(None) || report.only_counts(Severity::Error) {
        return;
    }
    let (message, help) = match problem {
        Ok(problem) => problem.map(|problem| problem.in_words(text)).unwrap_or_default(),
        Err(error) => {
            let kind = subject.kind.name();
            let effect = match measure {
                _ if quantity::hangs_operator(text) => {
                    format!(", and the operator hangs on it: no {kind} of the cluster is handled any more")
                }
                Measure::Resource | Measure::Divisor if quantity::is_poison(text) => {
                    format!(
                        ", but the API server stores it, and the operator then sees no {kind} of the cluster any more"
                    )
                }
                Measure::ArchivePart => ", and the operator refuses it".to_owned(),
                Measure::Size if quantity::go_accepts(text) => ", and the volume claim would be refused".to_owned(),
                Measure::Size if subject.operator.is_in(REFUSES_SIZES) => ", and the operator refuses it".to_owned(),
                Measure::Size => ", and the operator would panic on it".to_owned(),
                Measure::Resource | Measure::Divisor => String::new(),
            };
            (
                format!("{} is not a quantity: {error}{effect}", quoted(text)),
                "use a number with a unit, such as `10Gi`",
            )
        }
    };
    let finding = report.at_path(path(), message);
    finding.value(text.as_ref());
    match quantity::normalised(text)
        .filter(|mended| quantity::parse(mended).is_ok_and(|value| out_of_range(&value, measure).is_none()))
    {
        Some(mended) => {
            finding.replace(FixKind::Safe, &mended);
        }
        None => {
            finding.help(help);
        }
    }
}

/// What is wrong with a well-formed quantity.
#[derive(Debug, PartialEq)]
enum OutOfRange {
    NegativeSize,
    NoSize,
    SubUnit,
    NegativeResource,
    SmallPart,
}

/// The smallest part of an archive that Neo4j makes, in bytes.
const SMALLEST_PART: u128 = 1 << 30;

fn out_of_range(value: &Quantity, measure: Measure) -> Option<OutOfRange> {
    match measure {
        Measure::Size if value.is_negative() => Some(OutOfRange::NegativeSize),
        Measure::Size if value.is_zero() => Some(OutOfRange::NoSize),
        Measure::Size if value.has_sub_unit_suffix() => Some(OutOfRange::SubUnit),
        Measure::Resource if value.is_negative() => Some(OutOfRange::NegativeResource),
        Measure::ArchivePart if !value.is_zero() && value.bytes().is_none_or(|bytes| bytes < SMALLEST_PART) => {
            Some(OutOfRange::SmallPart)
        }
        _ => None,
    }
}

impl OutOfRange {
    /// What it means, and what to do.
    fn in_words(&self, text: &str) -> (String, &'static str) {
        let text = quoted(text);
        let help = "use a size above zero, such as `10Gi`";
        match self {
            Self::NegativeSize => (format!("{text} is negative"), help),
            Self::NoSize => (
                format!("{text} is not above zero, and the API server would refuse the volume claim"),
                help,
            ),
            Self::SubUnit => (
                format!("{text} is in thousandths of a byte or less; for storage, `m` is not mega"),
                "use `Mi` or `Gi`",
            ),
            Self::SmallPart => (
                format!("{text} is less than the smallest part of an archive, which is `1Gi`"),
                "use `1Gi` or more, or `0` for one file",
            ),
            Self::NegativeResource => (
                format!("{text} is negative, and the API server would refuse the pod"),
                "use a quantity of zero or more",
            ),
        }
    }
}
