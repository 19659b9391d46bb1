//! The first line that `doctor` has on an object, for other commands that have to say why.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use neo4jbackup_cluster::{Cluster, Purpose, Read, Reading, read};
use neo4jbackup_core::check::Looks;
use neo4jbackup_core::examine::{Options, examine};
use neo4jbackup_core::finding::Severity;
use neo4jbackup_core::live;
use neo4jbackup_core::quoted::Name;
use neo4jbackup_core::settings::Settings;

use crate::Io;
use crate::target::Wanted;

/// How long it may take to find a cause.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Says what `doctor` says first of an object, and how to ask it. Nothing is said of the cause where nothing is found.
pub(crate) async fn tell(
    cluster: &Cluster,
    wanted: &Wanted,
    namespace: &str,
    request_timeout: Duration,
    now: Timestamp,
    io: &mut Io<'_>,
) {
    let reading = Reading {
        namespaces: Some(BTreeSet::from([namespace.to_owned()])),
        only: (wanted.looks != Looks::AtPlainCronJobs).then(|| (namespace.to_owned(), wanted.name.clone())),
        request_timeout: request_timeout.min(TIMEOUT),
        timeout: TIMEOUT,
        reads_events: true,
        purpose: Purpose::Causes,
    };
    // Who cannot ask has been told why already.
    let Ok(Read { snapshot, .. }) = read(cluster, &reading, now).await else {
        return;
    };
    let view = live::Cluster::of(&snapshot);
    let Ok(target) = wanted.find(Some(namespace), &view) else {
        return;
    };
    let settings = Settings::default();
    let options = Options {
        settings: &settings,
        target: Some(&target),
        selects: &|_, _| true,
    };
    let examination = examine(&view, &options);
    // They are in the order of how bad they are.
    let first = examination.causes.first().map(|cause| &cause.diagnosis);
    if let Some(diagnosis) = first.filter(|diagnosis| diagnosis.severity >= Severity::Warning) {
        let probably = if diagnosis.is_probable { "probably " } else { "" };
        io.say(&format!("cause: {probably}{} [{}]", diagnosis.message, diagnosis.code));
        let (word, namespace) = (wanted.word(), Name(namespace));
        io.say(&format!("`kubectl neo4jbackup doctor {word} -n {namespace}` says more"));
    }
}
