//! NB2009.

use crate::rule::prelude::*;
use crate::subject::location::{Use, locations};

declare_rule! {
    /// The volume claim that the object names is not there, and nobody makes it.
    ///
    /// ## What it checks
    /// The claim of `pvc.name`, in the same namespace, for a backup without `pvc.size` and for every restore that mounts it.
    /// Only where claims are known: of files alone they are not, `lint --live` reads them.
    ///
    /// ## Why it matters
    /// With `pvc.size` the operator makes the claim of a backup before its first run. Without it, and for a restore always, the
    /// pod stays `Pending`: a one-shot backup fails after its time, a scheduled one says nothing, and its first stuck Job
    /// keeps all later runs from starting. It is a warning because claim and backup are often applied together.
    ///
    /// ## Bad
    /// ```yaml
    /// spec:
    ///   storage: {type: pvc, pvc: {name: neo4j-backups}}
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// spec:
    ///   storage: {type: pvc, pvc: {name: neo4j-backups, size: 50Gi}}
    /// ```
    ClaimNotFound {
        code: "NB2009", name: "claim-not-found", severity: Warning,
        kinds: JOBS, reads: STORES + SOURCES + CLAIMS, needs: [Claims],
        doors: All, fix: None, cel: NotExpressible("it looks at another object"), since: "0.2",
    }
}

impl Rule for ClaimNotFound {
    fn check(&self, subject: &Subject<'_>, inventory: &Inventory, report: &mut Collector) {
        let mounted = locations(subject)
            .filter(|location| location.used != Use::Nothing && location.storage.store() == Some(StoreType::Pvc));
        for location in mounted {
            let field = location.storage.pvc_name();
            let Some(name) = field.text().filter(|name| !name.trim().is_empty()) else {
                continue;
            };
            if subject.kind == Kind::Neo4jBackup && location.storage.pvc_size().is_set() {
                continue;
            }
            match inventory.claim(subject.namespace(), name) {
                Lookup::Found(_) => {}
                Lookup::Absent => {
                    let text = format!(
                        "there is no PersistentVolumeClaim {} in namespace {}, and the pod cannot start",
                        quoted(name),
                        quoted(subject.namespace())
                    );
                    let help = if subject.kind == Kind::Neo4jBackup {
                        "correct the name, create it, or set `pvc.size`, with which the operator creates it"
                    } else {
                        "correct the name, or create it"
                    };
                    report.at(&field, text).help(help).reason(Reason::NotFound);
                }
                // Most doors never ask for claims, and would say so of every backup on a volume.
                Lookup::Unknown(why) if why.is_not_asked() => {}
                Lookup::Unknown(why) => {
                    report.skip(Need::Claims, format!("whether the claim {} exists", quoted(name)), why);
                }
            }
        }
    }
}
