//! NB7010.

use crate::facts::{Coverage, Elsewhere, Others};
use crate::rule::prelude::*;

declare_rule! {
    /// Two backups that write to one place make one chain of artifacts that belong to neither.
    ///
    /// ## What it checks
    /// The other backups of the namespace, by volume claim, or by bucket and path, and by the directory below: that of
    /// `chainFromBackup`, or else of the backup's own name. Backups of one chain share it on purpose; they must be of one
    /// instance and of the same databases. A backup in the mode `replication-source` needs bucket and path for its chain
    /// alone. Of more than four others, three are named and the rest is counted. A bucket belongs to no namespace, so that
    /// backups of one name in several namespaces share the directory: files, and `doctor` of all namespaces, are compared
    /// with that, a container of Azure only where an `endpointURL` names the account; reviews are not.
    ///
    /// ## Why it matters
    /// A restore takes the newest artifact that it finds, and a differential backup continues the newest chain: the wrong
    /// one, when two write there. The operator refuses a chain of different databases when it comes to run it, and never
    /// refuses one on volumes of different names.
    ///
    /// ## Bad
    /// ```yaml
    /// metadata: {name: sales}
    /// spec: {database: sales, chainFromBackup: hr, storage: {type: pvc, pvc: {name: neo4j-backups}}}
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// metadata: {name: sales}
    /// spec: {database: sales, storage: {type: pvc, pvc: {name: neo4j-backups}}}
    /// ```
    LocationShared {
        code: "NB7010", name: "location-shared", severity: Warning,
        kinds: [Neo4jBackup], reads: CHAIN + ["spec.mode"], needs: [Backups], doors: All, fix: None,
        cel: NotExpressible("it compares objects"), since: "0.1",
    }
}

/// How many findings one backup may have for one reason.
const MOST_NAMED: usize = 4;

impl Rule for LocationShared {
    fn check(&self, subject: &Subject<'_>, inventory: &Inventory, report: &mut Collector) {
        let backup = Backup::of(subject.object);
        let own = subject.backup_facts();
        let Some(store) = own.storage.store else { return };
        let is_source = backup.spec.field("mode").text() == Some("replication-source");
        let (namespace, name) = (subject.namespace(), subject.name());
        let block = backup.storage().block;
        let strangers = inventory.strangers_in_chain(namespace, name, own, MOST_NAMED);
        let root = own.chain_root(name);
        say(&strangers, |who, name, writes, is| {
            let finding = report
                .at_block(
                    &block,
                    format!(
                        "{who} {writes} to the same directory {root} and {is} of another instance or database",
                        root = quoted(root)
                    ),
                )
                .help("remove `chainFromBackup` from one of them, or give it another path");
            also(finding, subject, namespace, name);
        });
        let elsewhere = inventory.writers_elsewhere(namespace, name, own, MOST_NAMED);
        say_elsewhere(&elsewhere, |who, other, writes| {
            let finding = report
                .at_block(
                    &block,
                    format!(
                        "{who} {writes} to the same directory {root} of bucket {bucket}, and a bucket belongs to no namespace",
                        root = quoted(root),
                        bucket = quoted(&own.storage.bucket)
                    ),
                )
                .help("give one of them another path or bucket");
            if let Some((namespace, name)) = other {
                also(finding, subject, namespace, Some(name));
            }
        });
        if is_source {
            let what = if store == StoreType::Pvc {
                "volume claim"
            } else {
                "bucket and path"
            };
            let others = inventory.other_chains_at_source(namespace, name, own, MOST_NAMED);
            say(&others, |who, name, writes, _| {
                let finding = report
                    .at_block(&block, format!("{who} {writes} to the same {what}, and the operator refuses that beside `mode: replication-source`"))
                    .help("give one of them another path");
                also(finding, subject, namespace, name);
            });
        }
        if let Coverage::Partial(why) = inventory.coverage_in(Need::Backups, namespace) {
            report.skip(Need::Backups, "other backups may write to the same place", why);
        }
    }
}

/// Speaks of each of the others, or where they are many, of the first ones and of the number of the rest: a thousand
/// backups in one place would otherwise have a million findings.
fn say(others: &Others<'_>, mut say: impl FnMut(&str, Option<&str>, &str, &str)) {
    let singly = if others.count > MOST_NAMED {
        MOST_NAMED - 1
    } else {
        MOST_NAMED
    };
    for name in others.named.iter().take(singly) {
        say(&format!("backup {}", quoted(name)), Some(name), "writes", "is");
    }
    let more = others.count.saturating_sub(singly);
    if more > 0 {
        say(&format!("{more} more backups"), None, "write", "are");
    }
}

/// The same of backups of other namespaces.
fn say_elsewhere(others: &Elsewhere<'_>, mut say: impl FnMut(&str, Option<(&str, &str)>, &str)) {
    let singly = if others.count > MOST_NAMED {
        MOST_NAMED - 1
    } else {
        MOST_NAMED
    };
    for (namespace, name) in others.named.iter().take(singly) {
        let who = format!("backup {} of namespace {}", quoted(name), quoted(namespace));
        say(&who, Some((namespace, name)), "writes");
    }
    match others.count.saturating_sub(singly) {
        0 => {}
        more => say(&format!("{more} more backups of other namespaces"), None, "write"),
    }
}

/// Names the other backup, and where it says so.
fn also(finding: &mut Finding, subject: &Subject<'_>, namespace: &str, name: Option<&str>) {
    let Some(name) = name else { return };
    finding.evidence_of(
        subject.other_in(Kind::Neo4jBackup, namespace, name),
        Path::dotted("spec.storage"),
        format!("{} writes there", quoted(name)),
    );
}
