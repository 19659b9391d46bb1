//! What the policies must never stand in the way of: labels, finalizers, status and deletion of what is stored already.

use neo4jbackup_harness::await_something;
use serde_json::json;

use super::policed::Policed;

#[test]
fn what_is_stored_can_be_labelled_finalized_and_deleted() {
    let policed = Policed::denying();
    let mut client = policed.client();
    // Audit mode lets anything in; then the namespace is enforced.
    let namespace = |mode: &str| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "old", "labels": {"neo4jbackup.github.io/mode": mode}}});
    client.send("POST", "/api/v1/namespaces", &namespace("audit"));
    let wrong = json!({
        "apiVersion": "neo4j.neo4j.com/v1beta1", "kind": "Neo4jBackup",
        "metadata": {"name": "wrong", "finalizers": ["neo4j.com/backup-finalizer"]},
        "spec": {"instanceRef": "catalog", "allDatabases": true, "schedule": "0 0 2 * * *", "storage": {"type": "s3", "bucket": "Wrong_Bucket", "path": "/a/"}},
    });
    let path = policed.path("old", "Neo4jBackup");
    await_something("the mode of the namespace", || {
        let answer = client.send("POST", &path, &wrong);
        if answer.status == 201 {
            Ok(())
        } else {
            Err(format!("{answer:?}"))
        }
    });
    assert_eq!(
        client
            .send("PUT", "/api/v1/namespaces/old", &namespace("enforce"))
            .status,
        200
    );
    await_something("the mode of the namespace", || {
        let mut other = wrong.clone();
        other["metadata"]["name"] = json!("other");
        let answer = client.send("POST", &format!("{path}?dryRun=All"), &other);
        if answer.status == 422 {
            Ok(())
        } else {
            Err(format!("{answer:?}"))
        }
    });
    let path = format!("{path}/wrong");
    let mut stored = client.send("GET", &path, &json!(null)).body;
    stored["metadata"]["labels"] = json!({"team": "graph"});
    let labelled = client.send("PUT", &path, &stored);
    assert_eq!(labelled.status, 200, "{labelled:?}");
    // A fixed field is judged alone: the others are as wrong as they were.
    let mut mended = labelled.body.clone();
    mended["spec"]["schedule"] = json!("0 2 * * *");
    let mended = client.send("PUT", &path, &mended);
    assert_eq!(mended.status, 200, "{mended:?}");
    let mut worse = mended.body.clone();
    worse["spec"]["schedule"] = json!("0 0 2 * * * *");
    let worse = client.send("PUT", &path, &worse);
    assert!(
        worse.status == 422 && format!("{worse:?}").contains("[NB5001]"),
        "{worse:?}"
    );
    assert_eq!(client.send("DELETE", &path, &json!({})).status, 200);
    let mut terminating = client.send("GET", &path, &json!(null)).body;
    assert!(
        terminating["metadata"]["deletionTimestamp"].is_string(),
        "{terminating}"
    );
    // On its way out nothing is judged, not even a change for the worse.
    terminating["spec"]["schedule"] = json!("@never");
    terminating["metadata"]["finalizers"] = json!([]);
    let released = client.send("PUT", &path, &terminating);
    assert_eq!(released.status, 200, "{released:?}");
    assert_eq!(client.send("GET", &path, &json!(null)).status, 404);
}
