//! The cluster with a node: it runs pods, keeps to itself, and leaves nothing behind.

// The helpers are parts of the tests: what they do not find fails the test that asked.
#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use neo4jbackup_harness::{Node, NodeBinaries, NodeTraces, missing_prerequisites, report_progress};

#[test]
fn two_nodes_run_side_by_side_and_each_leaves_nothing_behind() {
    if is_skipped() {
        return;
    }
    let binaries = NodeBinaries::locate_or_build(&report_progress).unwrap();
    // At the same time, so that neither has waited for what the other was to make.
    let [first, second] = std::thread::scope(|scope| {
        let starts = [(); 2].map(|()| scope.spawn(|| Node::start(&binaries, None).unwrap()));
        starts.map(|start| start.join().unwrap())
    });
    run_a_pod(&first, "one");
    run_a_pod(&second, "other");
    assert_eq!(pods_of(&first), "one");
    assert_eq!(pods_of(&second), "other");

    let traces = [&first, &second].map(|node| NodeTraces::of(&node.run_directory()).unwrap());
    assert!(traces[0].found().len() > 10, "{:?}", traces[0].found());
    first.stop();
    assert_eq!(traces[0].found(), Vec::<String>::new());
    assert_eq!(
        pods_of(&second),
        "other",
        "the end of one node is no matter of the other's"
    );
    second.stop();
    assert_eq!(traces[1].found(), Vec::<String>::new());
}

#[test]
fn a_killed_first_process_takes_everything_along() {
    if is_skipped() {
        return;
    }
    let binaries = NodeBinaries::locate_or_build(&report_progress).unwrap();
    let node = Node::start(&binaries, None).unwrap();
    run_a_pod(&node, "pod");
    let directory = node.run_directory();
    let traces = NodeTraces::of(&directory).unwrap();
    let init = std::fs::read_to_string(directory.path().join("init")).unwrap();
    let killed = std::process::Command::new("kill")
        .args(["-9", init.trim()])
        .status()
        .unwrap();
    assert!(killed.success());
    let start = Instant::now();
    while traces.found().iter().any(|trace| trace.starts_with("process")) {
        assert!(start.elapsed() < Duration::from_secs(90), "{:?}", traces.found());
    }
    node.stop();
    assert_eq!(traces.found(), Vec::<String>::new());
}

/// The settings of the kernel that a kubelet would write, had it not been shown a copy.
#[test]
fn the_kernel_of_the_machine_keeps_its_settings() {
    if is_skipped() {
        return;
    }
    let names = [
        "vm/overcommit_memory",
        "kernel/panic",
        "kernel/panic_on_oops",
        "net/ipv4/ip_forward",
    ];
    let read = || names.map(|name| std::fs::read_to_string(format!("/proc/sys/{name}")).unwrap());
    let before = read();
    let node = Node::start(&NodeBinaries::locate_or_build(&report_progress).unwrap(), None).unwrap();
    let inside = node
        .command("cat")
        .args(names.map(|name| format!("/proc/sys/{name}")))
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&inside.stdout), "1\n10\n1\n1\n");
    assert_eq!(read(), before);
}

/// The pod's own program is that of the image which every pod has, so that none must be fetched.
fn run_a_pod(node: &Node, name: &str) {
    let image = "--image=neo4jbackup.test/pause:1";
    node.client()
        .must_run(&["run", name, image, "--image-pull-policy=Never"], "")
        .unwrap();
    let pod = format!("pod/{name}");
    node.client()
        .must_run(&["wait", "--for=condition=Ready", "--timeout=90s", &pod], "")
        .unwrap();
}

fn pods_of(node: &Node) -> String {
    let names = ["get", "pods", "--output=jsonpath={.items[*].metadata.name}"];
    node.client().must_run(&names, "").unwrap()
}

/// Says so when this machine cannot run a node.
fn is_skipped() -> bool {
    let missing = missing_prerequisites();
    for prerequisite in missing.iter().take(1) {
        println!("skipped: a node needs {prerequisite}");
    }
    !missing.is_empty()
}
