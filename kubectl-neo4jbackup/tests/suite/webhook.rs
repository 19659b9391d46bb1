//! `webhook check` of an API server that has no webhook, in every format; what a real one says is tested end to end.

use serde_json::{Value, json};

use crate::api_server::ApiServer;
use crate::schema::{faults, schema};
use crate::support::Sandbox;

#[test]
fn every_format_says_the_same_and_exits_the_same() {
    let nothing = ApiServer::start(|_| json!({"items": [], "gitVersion": "v1.36.0"}));
    let sandbox = Sandbox::new();
    let run = |format| {
        sandbox.run(&[
            "webhook",
            "check",
            "-n",
            "graph",
            "--server",
            &nothing.url,
            "-o",
            format,
        ])
    };
    let report: Value = serde_json::from_str(&run("json").stdout).unwrap();
    assert_eq!(faults(&schema("WebhookReport.json"), &report), Vec::<String>::new());
    let yaml: Value = serde_saphyr::from_str(&run("yaml").stdout).unwrap();
    let without_time = |mut report: Value| {
        report["checkedAt"] = Value::Null;
        report
    };
    assert_eq!(without_time(yaml), without_time(report.clone()));
    assert_eq!(
        (&report["result"], &report["namespaces"]),
        (&"fail".into(), &json!(["graph"]))
    );
    let short = run("short").stdout;
    assert!(short.starts_with("WRONG webhook no webhook is installed: "), "{short}");
    assert!(run("table").stdout.contains("no webhook is installed"));
    for format in ["json", "yaml", "short", "table"] {
        assert_eq!(run(format).exit, 1, "{format}");
    }
}

#[test]
fn an_api_server_that_is_away_gives_no_report() {
    let sandbox = Sandbox::new();
    let run = sandbox.run(&["webhook", "check", "--server", "http://127.0.0.1:1"]);
    assert_eq!((run.exit, run.stdout.as_str()), (3, ""));
    assert!(run.stderr.starts_with("error: "), "{}", run.stderr);
    let run = sandbox.run(&["webhook", "check", "-n", "a/b"]);
    assert_eq!(run.exit, 2);
}
