use std::collections::BTreeMap;

use crate::check::prelude::*;
use crate::logs::REFUSED_BY_CLOUD;
use crate::model::Account;
use crate::operator::Versions;

declare_check! {
    /// The account of the Jobs has not the identity that a backup or restore declares.
    ///
    /// ## What it looks at
    /// The annotations in `cloud.identity.autoCreate.annotations`, against those of the account that the Jobs run as:
    /// `neo4j-backup-sa` or `neo4j-restore-sa`.
    ///
    /// ## Why it matters
    /// A pod gets the identity that its account has when it starts. With another one, or none, the cloud refuses it.
    ///
    /// ## How to mend it
    /// Make the operator look at the object again, which writes its annotations. Where somebody else writes other ones,
    /// end that first.
    AccountAnnotationsDiffer {
        code: "NB3102", name: "account-annotations-differ", severity: Warning,
        looks: [AtBackups, AtRestores], needs: [ServiceAccounts], explains: ["NB6003", "NB8101"], since: "0.2",
    }
}

/// The operators that copy the annotations to the account.
const COPIES: Versions = Versions::range("0.2+");

impl Check for AccountAnnotationsDiffer {
    fn check_backup(&self, backup: &Backup<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        // Before it has set up a schedule or a Job, the operator writes no account.
        let is_at_work = matches!(&*backup.phase, "Scheduled" | "Running" | "Failed");
        if backup.deleted.is_some() || !is_at_work {
            return;
        }
        let declared = backup.spec().storage().cloud.identity_annotations();
        let is_refused = backup
            .series()
            .failure()
            .is_some_and(|(_, _, class)| REFUSED_BY_CLOUD.contains(&&*class.name));
        let effects: &'static [&'static str] = if is_refused { &["NB6003"] } else { &[] };
        say(
            &backup.reference(),
            Account::Backup,
            &declared,
            effects,
            cluster,
            report,
        );
    }

    fn check_restore(&self, restore: &Restore<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        // Servers that fetch a backup themselves do so with their own identity.
        let Some(job) = restore.job.as_ref().filter(|_| restore.phase != "Completed") else {
            return;
        };
        let spec = restore.spec();
        let named = spec
            .backup_ref()
            .text()
            .and_then(|name| cluster.backup(&restore.namespace, name));
        let declared = match named {
            Some(backup) => backup.spec().storage().cloud.identity_annotations(),
            None => spec.storage().cloud.identity_annotations(),
        };
        let line = job.failure().and_then(|failure| failure.line);
        let is_refused = line.is_some_and(|(_, class)| REFUSED_BY_CLOUD.contains(&&*class.name));
        let effects: &'static [&'static str] = if is_refused { &["NB8101"] } else { &[] };
        say(
            &restore.reference(),
            Account::Restore,
            &declared,
            effects,
            cluster,
            report,
        );
    }
}

fn say(
    object: &ObjectRef,
    account: Account,
    declared: &BTreeMap<String, String>,
    effects: &'static [&'static str],
    cluster: &Cluster<'_>,
    report: &mut Report,
) {
    if cluster.operator.is_some_and(|operator| !operator.can_be_in(COPIES)) {
        return;
    }
    let Some(found) = cluster.object(Resource::ServiceAccounts, &object.namespace, account.name()) else {
        return;
    };
    let annotations = found.at("metadata.annotations");
    let value = |key: &str| annotations.and_then(|annotations| annotations.get(key)?.as_str());
    let mut differences = declared
        .iter()
        .filter(|(key, wanted)| value(key) != Some(wanted.as_str()));
    let Some((key, wanted)) = differences.next() else {
        return;
    };
    let (what, is) = match value(key) {
        Some(other) => (
            format!("has {} as", quoted(other)),
            format!("metadata.annotations[{key}]: {}", quoted(other)),
        ),
        None => ("has no".to_owned(), format!("metadata.annotations[{key}] is not there")),
    };
    let more = match differences.count() {
        0 => String::new(),
        1 => "; 1 more annotation differs".to_owned(),
        more => format!("; {more} more annotations differ"),
    };
    let text = format!(
        "ServiceAccount {} {what} {}, and not {}{more}",
        account.name(),
        name(key),
        quoted(wanted)
    );
    let text = if value(key).is_none() {
        format!(
            "ServiceAccount {} {what} {}, which is to be {}{more}",
            account.name(),
            name(key),
            quoted(wanted)
        )
    } else {
        text
    };
    let at = ObjectRef::of(&found).unwrap_or_else(|| object.clone());
    let diagnosis = report.say(object.clone(), text);
    diagnosis.explains = effects;
    diagnosis
        .evidence(Evidence::fact(at, is))
        .help("make the operator look at it again, which writes the annotations; a pod gets them when it starts")
        .command(format!(
            "kubectl annotate {}/{} -n {} {}=\"$(date +%s)\" --overwrite",
            object.kind.to_lowercase(),
            object.name,
            object.namespace,
            crate::in_domain!("looked-at")
        ));
}
