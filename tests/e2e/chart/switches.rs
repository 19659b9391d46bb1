//! When a switch of engines needs jobs around it, what their plan says, and what they may do. That it works shows on a node.

use std::process::Command;

use neo4jbackup_harness::{KubectlOutput, webhook_program};
use serde_json::Value;

use super::helm::{CLUSTER_NAME, FULL_NAME, NAMESPACE, RELEASE, chart, objects, of_kind, rendered, text};
use super::server::Server;

const FAIL: &str = "validating.failurePolicy=Fail,mutating.failurePolicy=Fail";

#[test]
fn jobs_run_only_where_something_would_be_open_or_blocked_without_them() {
    let server = Server::take();
    assert!(plan(&server, "install", "engine=policies").is_none());
    assert!(
        plan(&server, "install", "engine=webhook").is_none(),
        "with Ignore nobody is blocked"
    );
    assert!(plan(&server, "install", &format!("engine=webhook,{FAIL}")).is_some());
    server.release("install", &["--set=engine=policies"]);
    assert!(plan(&server, "upgrade", "engine=policies").is_none());
    assert!(
        plan(&server, "upgrade", "engine=both").is_none(),
        "policies judge meanwhile"
    );
    assert!(plan(&server, "upgrade", &format!("engine=both,{FAIL}")).is_some());
    assert!(plan(&server, "upgrade", "engine=webhook").is_some());
    assert!(plan(&server, "upgrade", "engine=webhook,hooks.switchEngines=false").is_none());
    server.release("upgrade", &["--set=engine=both"]);
    assert!(
        plan(&server, "upgrade", &format!("engine=both,{FAIL}")).is_none(),
        "it is there and answers"
    );
    assert!(
        plan(&server, "upgrade", "engine=webhook").is_none(),
        "the webhook judges meanwhile"
    );
    assert!(plan(&server, "upgrade", "engine=policies").is_some());
    server.uninstall();
}

#[test]
fn what_goes_stays_until_what_comes_is_in_force() {
    let server = Server::take();
    server.release("install", &["--set=engine=policies"]);
    let to_webhook = plan(&server, "upgrade", "engine=webhook").unwrap();
    let raised: Vec<&str> = to_webhook["raise"].as_array().unwrap().iter().map(kind).collect();
    let [mutating, validating] = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];
    assert_eq!(raised, [validating, mutating, mutating, mutating]);
    // Rules end before defaults do, and what tells that something is left to do goes last.
    let policies = [
        "ValidatingAdmissionPolicyBinding",
        "MutatingAdmissionPolicyBinding",
        "MutatingAdmissionPolicy",
        "ValidatingAdmissionPolicy",
    ];
    let removed = to_webhook["remove"][0].as_array().unwrap();
    assert_eq!(removed.iter().map(kind).collect::<Vec<_>>(), policies);
    for group in removed {
        assert!(to_webhook["hold"].as_array().unwrap().contains(group), "{group}");
        let names = group["names"].as_array().unwrap();
        assert!(!names.is_empty() && !names.iter().any(is_no_engine), "{names:?}");
    }
    server.release("upgrade", &["--set=engine=both"]);
    let to_policies = plan(&server, "upgrade", "engine=policies").unwrap();
    assert_eq!(to_policies["awaitPolicies"], true);
    let stages = to_policies["remove"].as_array().unwrap();
    let stages: Vec<Vec<&str>> = stages
        .iter()
        .map(|stage| stage.as_array().unwrap().iter().map(kind).collect())
        .collect();
    assert_eq!(
        stages,
        [
            vec![validating, mutating, mutating, mutating],
            vec!["Service", "Deployment"]
        ]
    );
    server.uninstall();
}

/// Each right of the jobs is for objects with names, but for one: the name of what is tried is no right's business.
#[test]
fn the_jobs_may_touch_the_objects_of_the_switch_alone() {
    let server = Server::take();
    server.release("install", &["--set=engine=policies"]);
    let hooks = hooks(&server, "upgrade", "engine=webhook");
    let is_switch = |role: &&&Value| role["metadata"]["name"].as_str().unwrap().contains("-switch");
    let (cluster, local) = (of_kind(&hooks, "ClusterRole"), of_kind(&hooks, "Role"));
    let roles: Vec<&&Value> = cluster.iter().chain(&local).filter(is_switch).collect();
    assert_eq!(roles.len(), 3);
    for role in roles {
        for rule in role["rules"].as_array().unwrap() {
            let is_probe = role["metadata"]["name"] == format!("{FULL_NAME}-switch-probe.{NAMESPACE}");
            assert_eq!(rule["resourceNames"].is_array(), !is_probe, "{rule}");
            assert!(!rule.to_string().contains('*'), "{rule}");
        }
    }
    server.uninstall();
}

#[test]
fn without_a_cluster_there_is_nothing_to_look_at_and_everything_is_rendered() {
    let objects = rendered(&["--set", FAIL]);
    assert_eq!(of_kind(&objects, "ValidatingWebhookConfiguration").len(), 1);
    assert!(
        objects
            .iter()
            .all(|object| !object["metadata"]["name"].as_str().unwrap().contains("-switch"))
    );
}

#[test]
fn a_namespace_that_shows_nothing_is_refused_for_the_probe() {
    let server = Server::take();
    let arguments = dry_run("install", &format!("engine=webhook,{FAIL},test.namespace=kube-system"));
    let output = server.helm(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    let said = text(&output.stderr);
    assert!(
        !output.status.success() && said.contains("test.namespace is kube-system"),
        "{said}"
    );
}

/// Nobody answers at the address of these configurations, which may not count for anybody then.
#[test]
fn a_switch_that_nobody_answers_says_what_it_waited_for_and_harms_nobody() {
    let server = Server::take();
    server.release("install", &["--set=engine=policies"]);
    let mode = format!("engine=webhook,tls.mode=helm,{FAIL}");
    let hooks = hooks(&server, "upgrade", &mode);
    let phase = |name: &str, timeout: &str| run(&server, &hooks, name, timeout);
    let before = phase("before", "--timeout=5m");
    assert!(before.success(), "{before:?}");
    let after = phase("after", "--timeout=15s");
    assert_eq!(after.code, 2, "{after:?}");
    for words in [
        "while waiting for the API server to reach the webhook",
        &format!("service \"{FULL_NAME}\" not found"),
        "run the same `helm upgrade` again",
    ] {
        assert!(after.stderr.contains(words), "{after:?}");
    }
    let policy = [
        "validatingadmissionpolicy",
        &format!("neo4jbackup-rules.{CLUSTER_NAME}"),
    ];
    let policy = server.get(&policy);
    assert_eq!(policy["metadata"]["annotations"]["helm.sh/resource-policy"], "keep");
    let configuration = server.get(&["validatingwebhookconfiguration", CLUSTER_NAME]);
    for entry in configuration["webhooks"].as_array().unwrap() {
        let conditions = entry["matchConditions"].as_array().unwrap();
        assert!(
            conditions.iter().any(|condition| condition["name"] == "probe-only"),
            "{entry}"
        );
    }
    assert!(plan(&server, "upgrade", &mode).is_some(), "it goes on");
    // Whoever returns gets the policies without the marks, and the configurations go again.
    let back = plan(&server, "upgrade", "engine=policies").unwrap();
    let kinds = |groups: &Value| {
        groups
            .as_array()
            .unwrap()
            .iter()
            .map(kind)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert!(
        kinds(&back["hold"]).contains(&"ValidatingAdmissionPolicy".to_owned()),
        "{back}"
    );
    assert_eq!(back["remove"].as_array().unwrap().len(), 1, "{back}");
    assert!(
        kinds(&back["remove"][0])
            .iter()
            .all(|kind| kind.ends_with("WebhookConfiguration")),
        "{back}"
    );
    // Whoever removes the release removes both.
    let abandoned = phase("abandon", "--timeout=5m");
    assert!(abandoned.success(), "{abandoned:?}");
    let kinds = "validatingwebhookconfigurations,mutatingwebhookconfigurations,validatingadmissionpolicies";
    assert_eq!(
        server.must(&["get", kinds, "--output=name"]).lines().count(),
        1,
        "the guard"
    );
    server.uninstall();
}

/// A switch to policies was broken off before Helm did anything. Left as they are, the marks would keep objects for ever that
/// Helm is to delete one day.
#[test]
fn whoever_returns_to_the_old_engine_gets_rid_of_the_marks() {
    let server = Server::take();
    server.release("install", &[]);
    let there = hooks(&server, "upgrade", "engine=policies");
    let before = run(&server, &there, "before", "--timeout=5m");
    assert!(before.success(), "{before:?}");
    let objects = [
        ["service", FULL_NAME, "--namespace", NAMESPACE],
        ["deployment", FULL_NAME, "--namespace", NAMESPACE],
        ["validatingwebhookconfiguration", CLUSTER_NAME, "--namespace", NAMESPACE],
    ];
    let marks =
        || objects.map(|object| server.get(&object)["metadata"]["annotations"]["helm.sh/resource-policy"].clone());
    assert_eq!(marks(), ["keep", "keep", "keep"].map(Value::from));
    let back = hooks(&server, "upgrade", "engine=webhook");
    for phase in ["before", "after"] {
        let done = run(&server, &back, phase, "--timeout=5m");
        assert!(done.success(), "{done:?}");
    }
    assert_eq!(marks(), [Value::Null, Value::Null, Value::Null]);
    assert!(plan(&server, "upgrade", "engine=webhook").is_none());
    server.uninstall();
}

/// Runs the job of a phase, as administrator.
fn run(server: &Server, hooks: &[Value], phase: &str, timeout: &str) -> KubectlOutput {
    let is_plan = |map: &&&Value| map["metadata"]["name"] == format!("{FULL_NAME}-switch");
    let maps = of_kind(hooks, "ConfigMap");
    let plan = maps.iter().find(is_plan).unwrap();
    let file = server.control_plane.directory().join("plan.yaml");
    std::fs::write(&file, plan["data"]["plan.yaml"].as_str().unwrap()).unwrap();
    let mut program = Command::new(webhook_program().unwrap());
    program.args(["switch-engine", "--settle=1s", "--phase", phase, timeout, "--plan"]);
    program
        .arg(&file)
        .arg("--kubeconfig")
        .arg(server.control_plane.kubeconfig());
    program.output().unwrap().into()
}

/// The guard, and the policy that holds our own account back.
fn is_no_engine(name: &Value) -> bool {
    let name = name.as_str().unwrap();
    name.starts_with("neo4jbackup-guard.") || name.starts_with("neo4jbackup-account.")
}

fn kind(object: &Value) -> &str {
    object["kind"].as_str().unwrap()
}

/// The plan of the jobs that an upgrade or installation with these values would run; none when it would run none.
fn plan(server: &Server, verb: &str, values: &str) -> Option<Value> {
    let hooks = hooks(server, verb, values);
    let is_plan = |map: &&&Value| map["metadata"]["name"] == format!("{FULL_NAME}-switch");
    let maps = of_kind(&hooks, "ConfigMap");
    let plan = maps.iter().find(is_plan)?;
    Some(serde_saphyr::from_str(plan["data"]["plan.yaml"].as_str().unwrap()).unwrap())
}

/// The hooks that an upgrade or installation with these values would have.
fn hooks(server: &Server, verb: &str, values: &str) -> Vec<Value> {
    let arguments = dry_run(verb, values);
    let output = server.helm(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(output.status.success(), "{values}: {}", text(&output.stderr));
    let said = text(&output.stdout);
    let (_, hooks) = said.split_once("HOOKS:\n").unwrap();
    objects(hooks.split_once("MANIFEST:\n").unwrap().0)
}

fn dry_run(verb: &str, values: &str) -> Vec<String> {
    let chart = chart();
    let fixed = [
        verb,
        RELEASE,
        chart.to_str().unwrap(),
        "--namespace",
        NAMESPACE,
        "--dry-run=server",
    ];
    let mut arguments: Vec<String> = fixed.map(str::to_owned).into();
    if verb == "upgrade" {
        arguments.push("--reset-values".to_owned());
    }
    arguments.push(format!("--set={values}"));
    arguments
}
