//! S3 and STS: keys, roles, policies, regions and clocks.

use neo4jbackup_harness::{Gateway, GatewayOptions, Moto, clock_library};

use crate::support::{Probe, STEPS_OF_CANARY, progress, token};

fn of(moto: &Moto, keys: &[String]) -> Probe {
    Probe::s3(&moto.endpoint())
        .flag("--write-canary")
        .variable("AWS_REGION", "us-east-1")
        .variable("AWS_ENDPOINT_URL_STS", moto.endpoint())
        .keys(keys)
}

#[test]
fn a_store_with_policies_lets_in_who_may_and_each_refusal_has_its_name() {
    let Some(moto) = Moto::start(&progress).unwrap() else {
        return;
    };
    let answer = of(&moto, &moto.keys("all")).run();
    answer
        .is_ok(&["endpoint", "dns", "tcp", "clock", "credentials", "identity", "list"])
        .is_ok(&STEPS_OF_CANARY);
    assert_eq!(answer.code, Some(0));
    assert_eq!(answer.report["identity"], "arn:aws:iam::123456789012:user/all");
    assert_eq!(answer.report["store"], "s3://backups/graph/nightly/");
    answer.hides(&moto.keys("all")[1]);

    // Who may not list may write, and the other way round.
    of(&moto, &moto.keys("no-list"))
        .run()
        .is_failed("list", "s3-access-denied")
        .is_ok(&STEPS_OF_CANARY);
    let answer = of(&moto, &moto.keys("no-put")).run();
    answer
        .is_ok(&["list"])
        .is_failed("write", "s3-access-denied")
        .is_not_tried(&["read", "delete"]);
    let answer = of(&moto, &moto.keys("no-delete")).run();
    answer.is_ok(&["write", "read"]).is_failed("delete", "s3-access-denied");
    assert!(
        answer.message("delete").ends_with("is still there"),
        "{}",
        answer.message("delete")
    );

    let keys = moto.keys("all");
    let answer = of(&moto, &[keys[0].clone(), "another-secret".to_owned()]).run();
    answer
        .is_failed("identity", "s3-bad-signature")
        .is_failed("list", "s3-bad-signature")
        .hides("another-secret");
    let answer = of(&moto, &["AKIAIOSFODNN7EXAMPLE".to_owned(), keys[1].clone()]).run();
    answer
        .is_failed("identity", "s3-invalid-access-key")
        .is_failed("list", "s3-invalid-access-key");
    let answer = of(&moto, &[keys[0].clone(), format!("{}\n", keys[1])]).run();
    answer
        .is_failed("credentials", "s3-bad-signature")
        .is_not_tried(&["identity", "list"])
        .hides(&keys[1]);

    let session = moto.keys("session");
    let answer = of(&moto, &session)
        .flag("--expect-identity=arn:aws:iam::123456789012:role/node")
        .run();
    answer
        .is_ok(&["identity", "list"])
        .hides(&session[1])
        .hides(&session[2]);
    let answer = of(&moto, &session)
        .flag("--expect-identity=arn:aws:iam::123456789012:role/backup")
        .run();
    answer
        .is_failed("identity", "identity-of-other")
        .is_ok(&["list"])
        .hides(&session[2]);
    let other = [
        session[0].clone(),
        session[1].clone(),
        "token-of-another-session".to_owned(),
    ];
    of(&moto, &other)
        .run()
        .is_failed("list", "s3-invalid-access-key")
        .hides("token-of-another-session");

    let missing = of(&moto, &keys).bucket("nobody-has-this").run();
    missing
        .is_failed("list", "s3-bucket-not-found")
        .is_failed("write", "s3-bucket-not-found");
}

#[test]
fn a_token_is_exchanged_for_the_annotated_role_and_an_expired_one_is_not() {
    let Some(moto) = Moto::start_trusting(&progress).unwrap() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let role = moto.role("backup");
    let with_token = |seconds| {
        of(&moto, &[])
            .variable("AWS_WEB_IDENTITY_TOKEN_FILE", token(folder.path(), seconds))
            .variable("AWS_ROLE_ARN", role)
            .variable("AWS_ENDPOINT_URL_STS", moto.token_service())
            .flag(&format!("--expect-identity={role}"))
    };
    let written = || std::fs::read_to_string(folder.path().join("token")).unwrap();
    let answer = with_token(4_000_000_000).run();
    answer
        .is_ok(&["credentials", "identity", "list"])
        .is_ok(&STEPS_OF_CANARY)
        .hides(&written());
    let identity = answer.report["identity"].as_str().unwrap();
    assert_eq!(
        identity,
        "arn:aws:sts::123456789012:assumed-role/backup/neo4jbackup-probe"
    );
    let detail = answer.row("credentials")["detail"].as_str().unwrap();
    assert!(
        detail.contains("`system:serviceaccount:graph:neo4j-backup-sa`"),
        "{detail}"
    );

    let answer = with_token(1_500_000_000).run();
    answer
        .is_failed("credentials", "aws-token-expired")
        .is_not_tried(&["identity", "list", "write"])
        .hides(&written());
    let gone = of(&moto, &[])
        .variable("AWS_WEB_IDENTITY_TOKEN_FILE", "/nowhere/token")
        .variable("AWS_ROLE_ARN", role);
    gone.run().is_failed("credentials", "aws-web-identity-denied");
}

#[test]
fn the_role_of_the_node_is_not_taken_for_the_annotated_one() {
    let Some(moto) = Moto::start_trusting(&progress).unwrap() else {
        return;
    };
    let on_node = || of(&moto, &[]).variable("AWS_EC2_METADATA_SERVICE_ENDPOINT", moto.endpoint());
    on_node().run().is_ok(&["credentials", "identity", "list"]);
    let answer = on_node()
        .flag("--expect-identity=arn:aws:iam::123456789012:role/backup")
        .run();
    answer
        .is_ok(&["credentials", "list"])
        .is_failed("identity", "identity-of-node");

    let nowhere = of(&moto, &[])
        .variable("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:1")
        .run();
    nowhere.is_failed("credentials", "aws-no-credentials");
    let off = of(&moto, &[]).variable("AWS_EC2_METADATA_DISABLED", "true").run();
    off.is_failed("credentials", "aws-no-credentials");
}

#[test]
fn region_bucket_style_and_clock_are_told_apart() {
    let Some(gateway) = Gateway::start(&GatewayOptions::default(), &progress).unwrap() else {
        return;
    };
    let of = |endpoint: &str, region: &str| {
        let probe = Probe::s3(endpoint).keys(&Gateway::KEYS).flag("--write-canary");
        probe.flag(&format!("--region={region}"))
    };
    let endpoint = gateway.endpoint();
    let answer = of(&endpoint, Gateway::REGION).run();
    answer
        .is_ok(&["clock", "credentials", "list"])
        .is_ok(&STEPS_OF_CANARY)
        .is_not_tried(&["identity", "tls"]);
    assert_eq!(answer.code, Some(0));

    let answer = of(&endpoint, "us-east-1").run();
    answer
        .is_failed("list", "s3-wrong-region")
        .is_failed("write", "s3-wrong-region");
    assert!(
        answer.message("list").contains("`eu-west-1`"),
        "{}",
        answer.message("list")
    );

    // The bucket before a name that only this machine knows is a name that nobody knows.
    let by_name = format!("http://localhost:{}", gateway.port());
    of(&by_name, Gateway::REGION)
        .run()
        .is_failed("dns", "s3-path-style-only")
        .is_not_tried(&["tcp", "list"]);
    of(&by_name, Gateway::REGION)
        .flag("--path-style")
        .run()
        .is_ok(&["list"]);

    let keys = [Gateway::KEYS[0], "another-secret"];
    of(&endpoint, Gateway::REGION)
        .keys(&keys)
        .run()
        .is_failed("list", "s3-bad-signature");

    let Some(library) = clock_library(&progress).unwrap() else {
        return;
    };
    for offset in ["+1h", "-1h"] {
        let probe = of(&endpoint, Gateway::REGION).variable("LD_PRELOAD", &library);
        let answer = probe
            .variable("FAKETIME", offset)
            .variable("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            .run();
        answer
            .is_failed("clock", "clock-skew")
            .is_failed("list", "clock-skew")
            .is_failed("write", "clock-skew");
        let direction = if offset == "+1h" { "ahead of" } else { "behind" };
        assert!(
            answer.message("clock").contains(direction),
            "{}",
            answer.message("clock")
        );
    }
}
