//! NB7009.

use crate::rule::prelude::*;
use crate::subject::location::locations;
use crate::values::bucket::{self, BucketProblemKind};

declare_rule! {
    /// An Azure location needs the storage account as well as the container.
    ///
    /// ## What it checks
    /// `bucket` beside `type: azure` is `<account>/<container>`.
    ///
    /// ## Why it matters
    /// Neo4j reads `azb://<account>/<container>/<path>`, and the operator puts `bucket` right behind `azb://`. Its guide calls
    /// the field the name of the container; then the container stands where the account belongs, and the first part of the
    /// path becomes the container. It is a warning because the operator's own examples do so.
    ///
    /// ## Bad
    /// ```yaml
    /// type: azure
    /// bucket: neo4j-backups
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// type: azure
    /// bucket: acmestorage/neo4j-backups
    /// ```
    ContainerWithoutAccount {
        code: "NB7009", name: "container-without-account", severity: Warning,
        kinds: LOCATED,
        reads: STORES + BUCKETS + ["spec.backups.defaultStorage.type", "spec.backups.defaultStorage.bucket"], needs: [],
        doors: All, fix: None, cel: Expressible, since: "0.1",
    }
}

impl Rule for ContainerWithoutAccount {
    fn check(&self, subject: &Subject<'_>, _: &Inventory, report: &mut Collector) {
        for location in locations(subject) {
            let field = location.storage.bucket();
            let (Some(store), Some(name)) = (location.storage.naming(), field.text()) else {
                continue;
            };
            if bucket::check(store, name)
                .iter()
                .any(|problem| problem.kind == BucketProblemKind::NoAccount)
            {
                report
                    .at(
                        &field,
                        format!(
                            "{} names no storage account; Neo4j would take it for the account",
                            quoted(name)
                        ),
                    )
                    .help(format!("use {}", quoted(&format!("<account>/{name}"))));
            }
        }
    }
}
