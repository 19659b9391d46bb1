//! `auth check` of bundles: a method for each test, as a person sees it.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::{Run, Sandbox, root};

const ROLE: &str = "arn:aws:iam::210987654321:role/neo4j-backup";
const GOOGLE: &str = "neo4j-backup@acme-prod.iam.gserviceaccount.com";
const CLIENT: &str = "7d6f2a50-0c5e-4a0e-9d59-2f6cf3c1b8aa";

/// What was collected: `complete` says that what is not there does not exist.
fn bundle(objects: &[Value]) -> Sandbox {
    let sandbox = Sandbox::new().set("COLUMNS", "100").set("LANG", "C.UTF-8");
    sandbox.write(
        "b/bundle.yaml",
        "takenAt: \"2026-11-21T10:00:00Z\"\nnamespaces: [graph]\ncomplete: true\n",
    );
    let list = json!({"apiVersion": "v1", "kind": "List", "items": objects});
    sandbox.write("b/objects.json", list.to_string());
    sandbox
}

fn check(sandbox: &Sandbox, arguments: &[&str]) -> Run {
    sandbox.run(&[&["auth", "check", "--from-bundle", "b"], arguments].concat())
}

fn shown(objects: &[Value], arguments: &[&str]) -> String {
    let run = check(&bundle(objects), arguments);
    format!("{}{}exit {}\n", run.stdout, run.stderr, run.exit)
}

/// What the guide shows is what is printed.
fn assert_is_shown(printed: &str) {
    let guide = std::fs::read_to_string(root().join("docs/cloud-identity.md")).unwrap();
    assert!(
        guide.contains(printed),
        "docs/cloud-identity.md does not show\n{printed}"
    );
}

fn standalone() -> Value {
    json!({
        "apiVersion": "neo4j.neo4j.com/v1beta1", "kind": "Neo4jEnterpriseStandalone",
        "metadata": {"name": "ledger", "namespace": "graph"},
        "spec": {"image": {"repo": "neo4j", "tag": "2025.11.0-enterprise"}, "storage": {"className": "standard", "size": "10Gi"}},
        "status": {"phase": "Ready"},
    })
}

/// A cluster with these fields of `spec` in addition.
fn cluster(further: &Value) -> Value {
    let mut spec = json!({
        "image": {"repo": "neo4j", "tag": "2025.11.0-enterprise"}, "topology": {"servers": 3},
        "storage": {"className": "standard", "size": "10Gi"},
    });
    for (key, value) in further.as_object().unwrap() {
        spec[key] = value.clone();
    }
    json!({
        "apiVersion": "neo4j.neo4j.com/v1beta1", "kind": "Neo4jEnterpriseCluster",
        "metadata": {"name": "prod", "namespace": "graph"}, "spec": spec, "status": {"phase": "Ready"},
    })
}

fn backup_to(name: &str, storage: &Value) -> Value {
    json!({
        "apiVersion": "neo4j.neo4j.com/v1beta1", "kind": "Neo4jBackup",
        "metadata": {"name": name, "namespace": "graph", "creationTimestamp": "2026-11-01T08:00:00Z"},
        "spec": {"instanceRef": "ledger", "allDatabases": true, "schedule": "0 6 * * *", "storage": storage},
        "status": {"phase": "Scheduled"},
    })
}

/// The same with a run that ended so.
fn with_run(mut backup: Value, succeeded: bool) -> Value {
    let entry = if succeeded {
        json!({"runID": "nightly-backup-cron-29920680", "status": "Succeeded", "startTime": "2026-11-21T06:00:00Z",
               "completionTime": "2026-11-21T06:04:20Z", "artifactFilename": "neo4j-2026-11-21T06-00-00.backup"})
    } else {
        json!({"runID": "nightly-backup-cron-29920680", "status": "Failed", "startTime": "2026-11-21T06:00:00Z"})
    };
    backup["status"]["history"] = json!([entry]);
    backup
}

fn s3(cloud: &Value) -> Value {
    json!({"type": "s3", "bucket": "acme-backups", "path": "neo4j", "cloud": cloud})
}

fn identity(provider: &str, key: &str, value: &str) -> Value {
    json!({"provider": provider, "identity": {"provider": provider, "autoCreate": {"enabled": true, "annotations": {key: value}}}})
}

fn irsa(role: &str) -> Value {
    s3(&identity("aws", "eks.amazonaws.com/role-arn", role))
}

fn account(name: &str, annotations: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": "graph", "annotations": annotations}})
}

fn job(succeeded: bool) -> Value {
    let condition = if succeeded { "Complete" } else { "Failed" };
    json!({
        "apiVersion": "batch/v1", "kind": "Job",
        "metadata": {"name": "nightly-backup-cron-29920680", "namespace": "graph", "creationTimestamp": "2026-11-21T06:00:00Z",
                     "labels": {"app.kubernetes.io/name": "neo4j-backup", "app.kubernetes.io/instance": "nightly"}},
        "spec": {"template": {"spec": {"serviceAccountName": "neo4j-backup-sa", "containers": [{"name": "backup", "image": "neo4j"}]}}},
        "status": {"startTime": "2026-11-21T06:00:00Z", "conditions": [
            {"type": condition, "status": "True", "lastTransitionTime": "2026-11-21T06:03:00Z"},
        ]},
    })
}

/// A pod of that Job, with these variables and this audience of a token.
fn pod(variables: &[(&str, &str)], audience: Option<&str>, labels: &[(&str, &str)]) -> Value {
    let variables: Vec<Value> = variables
        .iter()
        .map(|(name, value)| json!({"name": name, "value": value}))
        .collect();
    let volumes = audience.map(|audience| {
        json!({"name": "token", "projected": {"sources": [{"serviceAccountToken": {"audience": audience, "path": "token"}}]}})
    });
    let mut of_pod = json!({"batch.kubernetes.io/job-name": "nightly-backup-cron-29920680"});
    for (key, value) in labels {
        of_pod[*key] = (*value).into();
    }
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "nightly-backup-cron-29920680-x7k2p", "namespace": "graph", "labels": of_pod,
                     "creationTimestamp": "2026-11-21T06:00:01Z"},
        "spec": {"serviceAccountName": "neo4j-backup-sa", "volumes": volumes.into_iter().collect::<Vec<_>>(),
                 "containers": [{"name": "backup", "image": "neo4j", "env": variables}]},
        "status": {"phase": "Succeeded"},
    })
}

fn webhook(name: &str, selector: &Value) -> Value {
    json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration", "metadata": {"name": name},
        "webhooks": [{
            "name": name, "clientConfig": {"url": "https://127.0.0.1:23443/mutate"}, "objectSelector": selector,
            "failurePolicy": "Ignore",
            "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}],
        }],
    })
}

fn secret(name: &str, keys: &[&str]) -> Value {
    let data: serde_json::Map<String, Value> = keys.iter().map(|key| ((*key).to_owned(), "eA==".into())).collect();
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": "graph"}, "data": data})
}

fn restore(instance: &str) -> Value {
    json!({
        "apiVersion": "neo4j.neo4j.com/v1beta1", "kind": "Neo4jRestore", "metadata": {"name": "recovery", "namespace": "graph"},
        "spec": {"instanceRef": instance, "database": "neo4j", "source": {"type": "backup", "backupRef": "nightly"},
                 "options": {"replaceExisting": true}},
        "status": {"phase": "Pending"},
    })
}

#[test]
fn irsa_with_everything_in_place() {
    let pod = pod(
        &[
            ("AWS_ROLE_ARN", ROLE),
            (
                "AWS_WEB_IDENTITY_TOKEN_FILE",
                "/var/run/secrets/eks.amazonaws.com/serviceaccount/token",
            ),
        ],
        Some("sts.amazonaws.com"),
        &[],
    );
    let backup = with_run(backup_to("nightly", &irsa(ROLE)), true);
    let of_account = account("neo4j-backup-sa", &json!({"eks.amazonaws.com/role-arn": ROLE}));
    assert_snapshot!(shown(&[standalone(), backup, of_account, job(true), pod], &[]));
}

#[test]
fn irsa_of_which_nothing_reaches_the_pod() {
    let of_account = account("neo4j-backup-sa", &json!({"eks.amazonaws.com/role-arn": ROLE}));
    let backup = with_run(backup_to("nightly", &irsa(ROLE)), false);
    let objects = [standalone(), backup, of_account, job(false), pod(&[], None, &[])];
    let shown = shown(&objects, &["backup/nightly"]);
    assert_is_shown(shown.trim_end_matches("exit 1\n"));
    assert_snapshot!(shown);
}

#[test]
fn irsa_before_its_first_run() {
    let objects = [
        standalone(),
        backup_to("nightly", &irsa(ROLE)),
        account("neo4j-backup-sa", &json!({"eks.amazonaws.com/role-arn": ROLE})),
        webhook("pod-identity-webhook", &json!({})),
    ];
    assert_snapshot!(shown(&objects, &[]));
}

#[test]
fn an_account_with_a_slip_in_its_annotation() {
    let objects = [
        standalone(),
        backup_to("nightly", &irsa(ROLE)),
        account("neo4j-backup-sa", &json!({"eks.amazon.com/role-arn": ROLE})),
        webhook("pod-identity-webhook", &json!({})),
    ];
    assert_snapshot!(shown(&objects, &[]));
}

#[test]
fn two_backups_that_want_different_identities() {
    let other = "arn:aws:iam::210987654321:role/hr-backup";
    let objects = [
        standalone(),
        backup_to("nightly", &irsa(ROLE)),
        backup_to("people", &irsa(other)),
        account("neo4j-backup-sa", &json!({"eks.amazonaws.com/role-arn": other})),
        webhook("pod-identity-webhook", &json!({})),
    ];
    assert_snapshot!(shown(&objects, &["backup/nightly"]));
}

#[test]
fn eks_pod_identity() {
    let pod = pod(
        &[(
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            "http://169.254.170.23/v1/credentials",
        )],
        Some("pods.eks.amazonaws.com"),
        &[],
    );
    let backup = with_run(backup_to("nightly", &s3(&json!({"provider": "aws"}))), true);
    assert_snapshot!(shown(
        &[
            standalone(),
            backup,
            account("neo4j-backup-sa", &json!({})),
            job(true),
            pod
        ],
        &[]
    ));
}

#[test]
fn the_role_of_the_node() {
    let backup = with_run(backup_to("nightly", &s3(&json!({"provider": "aws"}))), true);
    let objects = [
        standalone(),
        backup,
        account("neo4j-backup-sa", &json!({})),
        job(true),
        pod(&[], None, &[]),
    ];
    assert_snapshot!(shown(&objects, &[]));
}

#[test]
fn nothing_at_all() {
    let backup = with_run(backup_to("nightly", &s3(&json!({"provider": "aws"}))), false);
    let sandbox = bundle(&[
        standalone(),
        backup,
        account("neo4j-backup-sa", &json!({})),
        job(false),
        pod(&[], None, &[]),
    ]);
    sandbox.write(
        "b/logs/graph/nightly-backup-cron-29920680-x7k2p/backup.log",
        "SdkClientException: Unable to load credentials from any of the providers in the chain\n",
    );
    let run = check(&sandbox, &[]);
    assert_snapshot!(format!("{}{}exit {}\n", run.stdout, run.stderr, run.exit));
}

#[test]
fn what_only_the_cloud_knows() {
    let backup = backup_to("nightly", &s3(&json!({"provider": "aws"})));
    assert_snapshot!(shown(
        &[standalone(), backup, account("neo4j-backup-sa", &json!({}))],
        &[]
    ));
}

#[test]
fn keys_in_a_secret() {
    let keys = json!({"provider": "aws", "credentialsSecretRef": "s3-keys"});
    let backup = backup_to("nightly", &s3(&keys));
    let complete = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"];
    assert_snapshot!(
        "complete",
        shown(&[standalone(), backup.clone(), secret("s3-keys", &complete)], &[])
    );
    let older = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"];
    assert_snapshot!(
        "older_region",
        shown(&[standalone(), backup.clone(), secret("s3-keys", &older)], &[])
    );
    assert_snapshot!("absent", shown(&[standalone(), backup], &[]));
}

#[test]
fn an_endpoint_without_a_secret() {
    let cloud = json!({"provider": "aws", "endpointURL": "https://minio.example.org"});
    assert_snapshot!(shown(&[standalone(), backup_to("nightly", &s3(&cloud))], &[]));
}

#[test]
fn gke_workload_identity() {
    let storage = json!({"type": "gcs", "bucket": "acme-backups", "cloud": identity("gcp", "iam.gke.io/gcp-service-account", GOOGLE)});
    let of_account = account("neo4j-backup-sa", &json!({"iam.gke.io/gcp-service-account": GOOGLE}));
    assert_snapshot!(shown(
        &[standalone(), with_run(backup_to("nightly", &storage), true), of_account],
        &[]
    ));
}

#[test]
fn azure_workload_identity() {
    let storage = json!({"type": "azure", "bucket": "acme/backups", "cloud": identity("azure", "azure.workload.identity/client-id", CLIENT)});
    let of_account = account("neo4j-backup-sa", &json!({"azure.workload.identity/client-id": CLIENT}));
    let injector = webhook(
        "whatever",
        &json!({"matchLabels": {"azure.workload.identity/use": "true"}}),
    );
    let backup = backup_to("nightly", &storage);
    assert_snapshot!(
        "no_label",
        shown(
            &[standalone(), backup.clone(), of_account.clone(), injector.clone()],
            &[]
        )
    );
    let pod = pod(
        &[
            ("AZURE_CLIENT_ID", CLIENT),
            (
                "AZURE_FEDERATED_TOKEN_FILE",
                "/var/run/secrets/azure/tokens/azure-identity-token",
            ),
        ],
        Some("api://AzureADTokenExchange"),
        &[("azure.workload.identity/use", "true")],
    );
    let objects = [
        standalone(),
        with_run(backup, true),
        of_account,
        injector,
        job(true),
        pod,
    ];
    assert_snapshot!("labelled", shown(&objects, &[]));
}

#[test]
fn servers_that_read_the_backup_themselves() {
    let keys =
        s3(&json!({"provider": "aws", "credentialsSecretRef": "s3-keys", "endpointURL": "https://minio.example.org"}));
    let complete = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"];
    let with = |further: &Value, storage: &Value| {
        let objects = [
            cluster(further),
            backup_to("nightly", storage),
            restore("prod"),
            secret("s3-keys", &complete),
        ];
        shown(&objects, &["restore/recovery"])
    };
    assert_snapshot!("servers_without_secret", with(&json!({}), &keys));
    let env = json!({
        "extraEnvFrom": [{"secretRef": {"name": "s3-keys"}}],
        "env": [{"name": "AWS_ENDPOINT_URL_S3", "value": "https://minio.example.org"}],
    });
    assert_snapshot!("servers_with_secret", with(&env, &keys));
    assert_snapshot!("servers_without_identity", with(&json!({}), &irsa(ROLE)));
    let annotated = json!({"podServiceAccountAnnotations": {"eks.amazonaws.com/role-arn": ROLE}});
    assert_snapshot!("servers_with_identity", with(&annotated, &irsa(ROLE)));
}

#[test]
fn a_volume_needs_no_identity() {
    let storage = json!({"type": "pvc", "pvc": {"name": "backup-pvc", "size": "20Gi"}});
    assert_snapshot!(shown(
        &[standalone(), backup_to("nightly", &storage), restore("ledger")],
        &[]
    ));
}

#[test]
fn what_may_not_be_read_is_said_in_the_row_that_it_concerns() {
    let backup = backup_to("nightly", &irsa(ROLE));
    let keys = backup_to(
        "weekly",
        &s3(&json!({"provider": "aws", "credentialsSecretRef": "s3-keys"})),
    );
    let sandbox = bundle(&[standalone(), backup, keys]);
    sandbox.write(
        "b/bundle.yaml",
        "takenAt: \"2026-11-21T10:00:00Z\"\nnamespaces: [graph]\ncomplete: true\ngaps:\n\
         - {resource: serviceaccounts, namespace: graph, kind: forbidden}\n\
         - {resource: secrets, namespace: graph, kind: forbidden}\n\
         - {resource: pods, namespace: graph, kind: forbidden}\n\
         - {resource: mutatingwebhookconfigurations, kind: forbidden}\n",
    );
    let run = check(&sandbox, &[]);
    assert_snapshot!(format!("{}{}exit {}\n", run.stdout, run.stderr, run.exit));
}

#[test]
fn the_exit_code_is_the_same_for_every_format_and_no_value_is_printed() {
    let keys = json!({"provider": "aws", "credentialsSecretRef": "s3-keys"});
    let objects = [
        standalone(),
        backup_to("nightly", &s3(&keys)),
        secret("s3-keys", &["AWS_REGION"]),
    ];
    let sandbox = bundle(&objects);
    for format in ["text", "table", "json", "yaml"] {
        let run = check(&sandbox, &["-o", format]);
        assert_eq!(run.exit, 1, "{format}: {}", run.stderr);
        assert!(!run.stdout.contains("eA=="), "{}", run.stdout);
        assert!(run.stdout.contains("AWS_ACCESS_KEY_ID"), "{}", run.stdout);
    }
    assert_eq!(check(&sandbox, &["-o", "terraform"]).exit, 2);
    assert_eq!(check(&sandbox, &["--trust"]).exit, 2);
    assert_eq!(check(&sandbox, &["cronjob/nightly"]).exit, 2);
    assert_eq!(check(&sandbox, &["backup/nightl"]).exit, 2);
}

/// A backup of each cloud.
fn clouds() -> [Value; 4] {
    [
        standalone(),
        backup_to("nightly", &irsa(ROLE)),
        backup_to(
            "weekly",
            &json!({"type": "gcs", "bucket": "acme-backups", "cloud": identity("gcp", "iam.gke.io/gcp-service-account", GOOGLE)}),
        ),
        backup_to(
            "monthly",
            &json!({"type": "azure", "bucket": "acme/backups", "cloud": identity("azure", "azure.workload.identity/client-id", CLIENT)}),
        ),
    ]
}

#[test]
fn the_least_that_each_cloud_has_to_allow() {
    let policy = shown(&clouds(), &["backup/nightly", "--policy"]);
    assert_is_shown(policy.split("\n\n").next().unwrap());
    assert_snapshot!("policy_aws", policy);
    assert_snapshot!("policy_gcp", shown(&clouds(), &["backup/weekly", "--policy"]));
    assert_snapshot!("policy_azure", shown(&clouds(), &["backup/monthly", "--policy"]));
}

/// The policies of a backup in S3, by kind.
fn policies(objects: &[Value], arguments: &[&str]) -> Value {
    let run = check(&bundle(objects), &[&["--policy", "-o", "json"], arguments].concat());
    assert_eq!(run.exit, 0, "{}", run.stderr);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    let documents = report["items"][0]["documents"].as_array().unwrap().iter();
    documents
        .map(|document| (document["kind"].as_str().unwrap().to_owned(), document["body"].clone()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

#[test]
fn a_policy_is_of_the_partition_of_its_role() {
    for (partition, role) in [
        ("aws-us-gov", "arn:aws-us-gov:iam::210987654321:role/neo4j-backup"),
        ("aws-cn", "arn:aws-cn:iam::210987654321:role/neo4j-backup"),
    ] {
        let found = policies(&[standalone(), backup_to("nightly", &irsa(role))], &[]);
        let statements = &found["iamPolicy"]["Statement"];
        assert_eq!(
            statements[0]["Resource"],
            json!([format!("arn:{partition}:s3:::acme-backups")])
        );
        assert_eq!(
            statements[1]["Resource"],
            json!([format!("arn:{partition}:s3:::acme-backups/neo4j/nightly/*")])
        );
        assert_eq!(found["bucketPolicy"]["Statement"][0]["Principal"]["AWS"], role);
    }
}

#[test]
fn a_list_is_asked_of_the_bucket_and_an_object_of_its_prefix() {
    let found = policies(
        &[standalone(), backup_to("nightly", &irsa(ROLE))],
        &["--kms-key", "arn:aws-cn:kms:cn-north-1:210987654321:key/k"],
    );
    let [list, artifacts, key] = &found["iamPolicy"]["Statement"].as_array().unwrap()[..] else {
        panic!("{found:#}")
    };
    assert_eq!(list["Action"], json!(["s3:ListBucket"]));
    assert_eq!(
        list["Condition"]["StringLike"]["s3:prefix"],
        json!(["neo4j/nightly", "neo4j/nightly/*"])
    );
    assert_eq!(
        artifacts["Action"],
        json!(["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"])
    );
    assert_eq!(key["Action"], json!(["kms:Decrypt", "kms:GenerateDataKey"]));
    assert_eq!(
        key["Condition"]["StringEquals"]["kms:ViaService"],
        "s3.cn-north-1.amazonaws.com.cn"
    );
    // A bucket says nothing of keys.
    assert_eq!(found["bucketPolicy"]["Statement"].as_array().unwrap().len(), 2);
}

#[test]
fn a_restore_only_reads() {
    let objects = [
        cluster(&json!({})),
        standalone(),
        backup_to("nightly", &irsa(ROLE)),
        restore("prod"),
    ];
    let run = check(&bundle(&objects), &["restore/recovery", "--policy", "-o", "json"]);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    let statements = &report["items"][0]["documents"][0]["body"]["Statement"];
    assert_eq!(statements[1]["Action"], json!(["s3:GetObject"]), "{report:#}");
    assert_eq!(
        statements[1]["Resource"],
        json!(["arn:aws:s3:::acme-backups/neo4j/nightly/*"])
    );
}

#[test]
fn a_backup_and_a_restore_of_one_name_have_policies_of_their_own() {
    let mut of_same_name = restore("ledger");
    of_same_name["metadata"]["name"] = "nightly".into();
    let objects = [standalone(), backup_to("nightly", &irsa(ROLE)), of_same_name];
    let run = check(&bundle(&objects), &["--policy", "-o", "terraform"]);
    assert_eq!(run.exit, 0, "{}", run.stderr);
    for name in ["neo4j-backup-graph-nightly", "neo4j-restore-graph-nightly"] {
        assert!(run.stdout.contains(&format!("= \"{name}\"")), "{}", run.stdout);
        let label = name.replace('-', "_");
        assert!(
            run.stdout.contains(&format!("\"aws_iam_policy\" \"{label}\"")),
            "{}",
            run.stdout
        );
    }
}

#[test]
fn a_wildcard_in_a_place_stands_for_itself() {
    let mut storage = irsa(ROLE);
    storage["path"] = "a*b?/$x".into();
    let found = policies(&[standalone(), backup_to("nightly", &storage)], &[]);
    let statements = &found["iamPolicy"]["Statement"];
    assert_eq!(
        statements[0]["Condition"]["StringLike"]["s3:prefix"],
        json!(["a${*}b${?}/${$}x/nightly", "a${*}b${?}/${$}x/nightly/*"])
    );
    assert_eq!(
        statements[1]["Resource"],
        json!(["arn:aws:s3:::acme-backups/a${*}b${?}/${$}x/nightly/*"])
    );
}

#[test]
fn a_place_at_the_root_of_a_bucket_is_all_of_it_and_said_to_be() {
    let mut of_storage = restore("ledger");
    let mut storage = irsa(ROLE);
    storage["path"] = "/".into();
    of_storage["spec"]["source"] = json!({"type": "storage", "storage": storage});
    let run = check(&bundle(&[standalone(), of_storage]), &["--policy", "-o", "json"]);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    let item = &report["items"][0];
    let statements = &item["documents"][0]["body"]["Statement"];
    assert_eq!(statements[0].get("Condition"), None, "{report:#}");
    assert_eq!(statements[1]["Resource"], json!(["arn:aws:s3:::acme-backups/*"]));
    let notes = item["notes"].to_string();
    assert!(notes.contains("the whole bucket"), "{notes}");
}

#[test]
fn an_access_point_stands_in_policies_by_its_arn() {
    let alias = json!({"type": "s3", "bucket": "backups-x1y2z3-s3alias", "cloud": identity("aws", "eks.amazonaws.com/role-arn", ROLE)});
    let objects = [standalone(), backup_to("nightly", &alias)];
    let found = policies(&objects, &[]);
    let open = "arn:aws:s3:<REGION>:210987654321:accesspoint/<ACCESS_POINT>";
    assert_eq!(found["iamPolicy"]["Statement"][0]["Resource"], json!([open]));
    let point = "arn:aws:s3:eu-central-1:210987654321:accesspoint/backups";
    let found = policies(&objects, &["--access-point", point]);
    assert_eq!(
        found["iamPolicy"]["Statement"][1]["Resource"],
        json!([format!("{point}/object/backups/nightly/*")])
    );
    assert_eq!(found["accessPointPolicy"]["Statement"][0]["Principal"]["AWS"], ROLE);
    assert_eq!(
        found["bucketPolicy"]["Statement"][1]["Condition"]["StringEquals"]["s3:DataAccessPointAccount"],
        "210987654321"
    );
}

#[test]
fn terraform_is_terraform_whatever_the_objects_hold() {
    let run = check(&bundle(&clouds()), &["--policy", "-o", "terraform"]);
    assert_snapshot!("terraform", run.stdout);
    let foreign = json!({"type": "s3", "bucket": "a${file(\"/etc/passwd\")}\"\n}%{if true}", "path": "x\\\"", "cloud": {"provider": "aws"}});
    let hostile = check(
        &bundle(&[standalone(), backup_to("nightly", &foreign)]),
        &["--policy", "-o", "terraform"],
    );
    for text in [&run.stdout, &hostile.stdout] {
        let body: hcl::Body = hcl::from_str(text).unwrap_or_else(|error| panic!("{error}:\n{text}"));
        let resources: Vec<_> = body.blocks().map(|block| block.identifier().to_owned()).collect();
        assert!(
            !resources.is_empty() && resources.iter().all(|kind| kind == "resource"),
            "{resources:?}"
        );
    }
    // What stood in the object is text: nothing that Terraform would evaluate.
    // To AWS, `$` begins a variable of a policy, and so it is written as one that stands for itself.
    assert!(hostile.stdout.contains("a$${$}{file("), "{}", hostile.stdout);
    assert!(hostile.stdout.contains("%%{if true}"), "{}", hostile.stdout);
}
