//! Answers that the API server compresses, because they are large and whoever asks takes them so.

use neo4jbackup_harness::{CertificateAuthority, play};
use serde_json::{Value, json};

use super::servers::Front;
use super::surroundings::{Place, administrator, control_plane, kubeconfig};

/// A namespace whose Jobs make an answer that is larger than the API server sends as it is: 128 KiB.
fn namespace() -> String {
    let namespace = control_plane().create_namespace("large").unwrap();
    let job = |number: usize| {
        json!({
            "apiVersion": "batch/v1", "kind": "Job",
            "metadata": {"name": format!("job-{number}"), "namespace": namespace, "annotations": {"padding": "x".repeat(4_000)}},
            "spec": {"template": {"spec": {
                "restartPolicy": "Never", "containers": [{"name": "main", "image": "none.example/none"}],
            }}},
        })
    };
    play(&mut control_plane().api_client().unwrap(), (0..60).map(job));
    namespace
}

#[test]
fn large_answers_are_compressed_unless_that_is_not_wanted() {
    let certificate = CertificateAuthority::new().unwrap();
    let certificate = certificate.issue_server_certificate(&["127.0.0.1"]).unwrap();
    let front = Front::start(&certificate);
    let namespace = namespace();
    let place_of = |disabled: Option<bool>| {
        let mut cluster = json!({"server": format!("https://{}", front.address), "insecure-skip-tls-verify": true});
        if let Some(disabled) = disabled {
            cluster["disable-compression"] = json!(disabled);
        }
        Place::with(&kubeconfig(&cluster, &administrator()))
    };
    // What was asked and answered, and what came of it.
    let of_kubectl = |place: &Place, flags: &[&str]| {
        let jobs = ["get", "jobs", "-n", &namespace, "-o", "name"];
        let (code, text) = place.run_kubectl(&[&jobs, flags].concat());
        assert_eq!((code, text.lines().count()), (Some(0), 60), "{text}");
        front.take_notes()
    };
    let of_plugin = |place: &Place, flags: &[&str]| {
        let report = ["report", "-n", &namespace, "--dry-run"];
        let (code, text) = place.run_plugin(&[&report, flags].concat());
        // It has read the Jobs, however they came; the cluster of these tests has no operator.
        assert!(matches!(code, Some(0 | 3)) && !text.contains("jobs"), "{code:?} {text}");
        front.take_notes()
    };
    let is_compressed = |(asked, answered): &(String, String)| {
        let is_asked = asked.contains("accept-encoding: gzip");
        assert_eq!(is_asked, answered.contains("content-encoding: gzip"), "{asked}");
        // What came is what was to come.
        assert_eq!(is_asked, !answered.contains("xxxxxxxx"), "{asked}");
        is_asked
    };
    for (disabled, flags, expected) in [
        (None, &[][..], true),
        (None, &["--disable-compression"], false),
        (Some(true), &[], false),
        (Some(false), &[], true),
        (Some(false), &["--disable-compression=true"], false),
        // kubectl takes the flag for one that was not given.
        (Some(true), &["--disable-compression=false"], true),
    ] {
        let place = place_of(disabled);
        front.take_notes();
        let kubectl = is_compressed(&of_kubectl(&place, flags));
        let plugin = is_compressed(&of_plugin(&place, flags));
        let case = Value::from(format!("{disabled:?} {flags:?}"));
        let of_kubectl = expected && disabled != Some(true);
        assert_eq!((kubectl, plugin), (of_kubectl, expected), "{case}");
    }
}
