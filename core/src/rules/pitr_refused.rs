//! NB8020.

use crate::rule::prelude::*;
use crate::schema::Profile;

declare_rule! {
    /// Operators before 1.0 refuse a restore of `type: pitr`, although their schema takes it.
    ///
    /// ## What it checks
    /// `spec.source.type` is not `pitr` where the operator is of version 0.2 to 0.x. The schema of 0.1 has no such type, which
    /// another rule says.
    ///
    /// ## Why it matters
    /// The restore is `Failed` with "invalid source type: pitr". It has been accepted since 1.0.
    ///
    /// ## Bad
    /// ```yaml
    /// spec:
    ///   targetCluster: prod
    ///   source: {type: pitr, pointInTime: "2025-01-15T14:30:00Z"}
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// spec:
    ///   targetCluster: prod
    ///   source: {type: backup, backupRef: daily, pointInTime: "2025-01-15T14:30:00Z"}
    /// ```
    PitrRefused {
        code: "NB8020", name: "pitr-refused", severity: Error,
        kinds: [Neo4jRestore], reads: ["spec.source.type"], needs: [], doors: All, fix: None,
        cel: NotExpressible("it depends on the version of the operator, which policies do not know"), since: "0.1",
        operators: [
            "0.2-0.x": Error, "the operator refuses the type, which its schema takes";
            "1.0+": Nothing, "the operator takes the type";
        ],
    }
}

impl Rule for PitrRefused {
    fn check(&self, subject: &Subject<'_>, _: &Inventory, report: &mut Collector) {
        let Some(restore) = subject.restore() else { return };
        // Nobody who writes v1beta1 has such an operator.
        let is_concerned = subject.era.profile() == Profile::V1Alpha1;
        if restore.source_type() == Some(SourceType::Pitr) && is_concerned {
            report
                .at(
                    &restore.source.field("type"),
                    "operators before 1.0 refuse a restore of `type: pitr`",
                )
                .help("use `type: backup` with backupRef and pointInTime")
                .reason(Reason::NotSupported);
        }
    }
}
