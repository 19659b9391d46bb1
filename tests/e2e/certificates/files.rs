//! Certificates from files, and configurations that somebody else writes: the server looks and does not touch.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use neo4jbackup_harness::{CertificateAuthority, WebhookReplica, await_within, webhook_program};
use serde_json::json;

use super::stage::{DEADLINE, KINDS, Kind, ON_DEMAND, SERVICE, Stage, count, is_ready};
use crate::world::World;

#[test]
fn a_certificate_that_no_bundle_vouches_for_is_not_ready() {
    let control_plane = &World::rendered().control_plane;
    let mut stage = Stage::new(control_plane, ON_DEMAND);
    let [authority, other] = [(); 2].map(|()| CertificateAuthority::new().unwrap());
    let name = format!("{SERVICE}.{}.svc", stage.namespace);
    let issued = authority.issue_server_certificate(&[&name, "127.0.0.1"]).unwrap();
    let file = |end: &str, text: &str| {
        let path = control_plane.directory().join(format!("{}.{end}", stage.name));
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let arguments = [
        format!("--cert={}", file("crt", &issued.certificate_pem)),
        format!("--key={}", file("key", &issued.key_pem)),
        format!("--kubeconfig={}", control_plane.kubeconfig().display()),
        format!("--namespace={}", stage.namespace),
        format!("--service-name={SERVICE}"),
        format!("--validating-configuration={}", stage.name),
        format!("--mutating-configuration={}", stage.name),
        "--lame-duck=0s".to_owned(),
        "--certificate-tick=250ms".to_owned(),
    ];
    stage
        .replicas
        .push(WebhookReplica::start(webhook_program().unwrap(), None, &arguments).unwrap());
    stage.configure();
    await_not_ready(&stage, "it is empty");
    set_bundles(&mut stage, other.certificate_pem());
    await_not_ready(&stage, "invalid peer certificate");
    assert_eq!(count(&stage.replicas[0], "ca_bundle_in_sync", "validating/"), 0);

    set_bundles(&mut stage, authority.certificate_pem());
    stage.await_all_ready("the right bundle");
    stage.create_backup().unwrap();
    assert_eq!(count(&stage.replicas[0], "ca_bundle_in_sync", "validating/"), 1);
    let path = stage.configuration_path(Kind::Validating);
    let bundle = Stage::live_bundle(&mut stage.api, &path, 0).unwrap();
    assert_eq!(bundle, authority.certificate_pem().as_bytes(), "nobody else wrote it");

    set_bundles(&mut stage, other.certificate_pem());
    await_not_ready(&stage, "invalid peer certificate");
}

fn set_bundles(stage: &mut Stage<'_>, pem: &str) {
    for kind in KINDS {
        let mut configuration = stage.configuration(kind);
        configuration["webhooks"][0]["clientConfig"]["caBundle"] = STANDARD.encode(pem).into();
        let path = stage.configuration_path(kind);
        let patch = json!({"webhooks": configuration["webhooks"]});
        stage.api.merge(&path, &patch);
    }
}

fn await_not_ready(stage: &Stage<'_>, why: &str) {
    await_within(DEADLINE, why, || match is_ready(&stage.replicas[0]) {
        Err(text) if text.contains("[-] ca bundle validating/") && text.contains(why) => Ok(()),
        other => Err(format!("{other:?}")),
    });
}
