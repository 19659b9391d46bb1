//! The program itself: arguments, files that change, signals, exit codes.

use std::net::SocketAddr;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Stdio;

use jiff::Timestamp;
use neo4jbackup_webhook::{SelfSigned, self_signed};
use tokio::process::{Child, Command};

use crate::support::{Client, Folder, bad_backup, create, eventually, get, response};

pub(crate) struct Program {
    pub(crate) child: Child,
    pub(crate) address: SocketAddr,
    pub(crate) status: SocketAddr,
}

impl Program {
    async fn start(folder: &Folder, arguments: &[&str]) -> Self {
        Self::start_with(folder, arguments, "0s").await
    }

    pub(crate) async fn start_with(folder: &Folder, arguments: &[&str], lame_duck: &str) -> Self {
        Self::start_command(folder, command(arguments), lame_duck).await
    }

    /// The same with its log in a file.
    pub(crate) async fn start_logging(folder: &Folder, arguments: &[&str], lame_duck: &str, log: &Path) -> Self {
        let mut command = command(arguments);
        command.stderr(std::fs::File::create(log).unwrap());
        Self::start_command(folder, command, lame_duck).await
    }

    async fn start_command(folder: &Folder, mut command: Command, lame_duck: &str) -> Self {
        let addresses = folder.path().join("addresses");
        command.args([
            "--listen",
            "127.0.0.1:0",
            "--status-listen",
            "127.0.0.1:0",
            "--lame-duck",
            lame_duck,
        ]);
        command
            .args(["--reload-interval", "20ms", "--no-references", "--address-file"])
            .arg(&addresses);
        let child = command.spawn().unwrap();
        let text = eventually("the program serves", async || std::fs::read_to_string(&addresses).ok()).await;
        let address = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.parse().unwrap()
        };
        Self {
            child,
            address: address("listen="),
            status: address("status="),
        }
    }

    async fn served_certificate(&self, authority: &str) -> Option<Vec<u8>> {
        let client = Client::try_connect(self.address, authority, "http/1.1").await.ok()?;
        Some(client.certificate())
    }

    pub(crate) async fn terminate(self) -> Option<i32> {
        self.ask_to_stop();
        self.exit_code().await
    }

    pub(crate) fn ask_to_stop(&self) {
        let id = self.child.id().unwrap().to_string();
        assert!(
            std::process::Command::new("kill")
                .args(["-TERM", &id])
                .status()
                .unwrap()
                .success()
        );
    }

    pub(crate) async fn exit_code(mut self) -> Option<i32> {
        tokio::time::timeout(crate::support::PATIENCE, self.child.wait())
            .await
            .unwrap()
            .unwrap()
            .code()
    }
}

pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_neo4jbackup-webhook"));
    command
        .arg("serve")
        .args(arguments)
        .kill_on_drop(true)
        .stdin(Stdio::null())
        .stderr(Stdio::null());
    command
}

fn made() -> SelfSigned {
    self_signed(Timestamp::now()).unwrap()
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[tokio::test]
async fn a_self_signed_server_can_be_called_by_its_authority_and_stops_when_asked() {
    let folder = Folder::new();
    let authority = folder.path().join("ca.crt");
    let program = Program::start(&folder, &["--self-signed", "--self-signed-ca", text(&authority)]).await;
    let authority = std::fs::read_to_string(&authority).unwrap();
    let mut client = Client::connect(program.address, &authority, "http/1.1").await;
    let answer = client
        .post("/validate", create(&bad_backup()).to_string().as_bytes())
        .await;
    assert_eq!(
        (answer.status, response(&answer.body)["allowed"].clone()),
        (200, false.into())
    );
    let ready = eventually("it is ready", async || {
        let (status, text) = get(program.status, "/readyz").await;
        (status == 200).then_some(text)
    });
    assert!(ready.await.contains("[+] certificate: valid from "));
    assert_eq!(program.terminate().await, Some(0));
}

#[tokio::test]
async fn no_caller_writes_a_line_of_the_text_log() {
    let folder = Folder::new();
    let (authority, log) = (folder.path().join("ca.crt"), folder.path().join("log"));
    let arguments = [
        "--self-signed",
        "--self-signed-ca",
        text(&authority),
        "--log-format",
        "text",
    ];
    let program = Program::start_logging(&folder, &arguments, "0s", &log).await;
    let authority = std::fs::read_to_string(&authority).unwrap();
    let mut client = Client::connect(program.address, &authority, "http/1.1").await;
    let forged = "x\n2026-01-01T00:00:00.000000Z ERROR forged\r\u{1b}[2K\u{9b}31m\u{202e}\u{2028}";
    let mut object = bad_backup();
    object["metadata"]["name"] = forged.into();
    let mut review = create(&object);
    review["request"]["namespace"] = forged.into();
    review["request"]["name"] = forged.into();
    let answer = client.post("/validate", review.to_string().as_bytes()).await;
    assert_eq!(response(&answer.body)["allowed"], false);
    assert_eq!(program.terminate().await, Some(0));
    let written = std::fs::read_to_string(&log).unwrap();
    let denied: Vec<&str> = written.lines().filter(|line| line.contains("forged")).collect();
    assert_eq!(denied.len(), 1, "{written}");
    assert!(
        denied[0].contains(" denied ") && !denied[0].starts_with("2026-01-01"),
        "{written}"
    );
    // Neither from the caller nor, in a file, for colors.
    let hidden = ['\r', '\u{1b}', '\u{9b}', '\u{202e}', '\u{2028}'];
    assert!(!written.contains(hidden), "{written}");
}

#[tokio::test]
async fn a_mounted_certificate_is_swapped_again_and_again() {
    let folder = Folder::new();
    let mount = |version: &str, made: &SelfSigned| {
        folder.write(
            &format!("..{version}/tls.crt"),
            std::str::from_utf8(&made.pem.certificate).unwrap(),
        );
        folder.write(
            &format!("..{version}/tls.key"),
            std::str::from_utf8(&made.pem.key).unwrap(),
        );
        // As the kubelet does it: a new link, renamed over the old one.
        symlink(format!("..{version}"), folder.path().join("..data_tmp")).unwrap();
        std::fs::rename(folder.path().join("..data_tmp"), folder.path().join("..data")).unwrap();
    };
    let first = made();
    mount("first", &first);
    let (certificate, key) = (folder.path().join("tls.crt"), folder.path().join("tls.key"));
    symlink("..data/tls.crt", &certificate).unwrap();
    symlink("..data/tls.key", &key).unwrap();
    let program = Program::start(&folder, &["--cert", text(&certificate), "--key", text(&key)]).await;
    let mut old = Client::connect(program.address, &first.authority, "http/1.1").await;
    for version in ["second", "third", "fourth"] {
        let next = made();
        mount(version, &next);
        eventually("the new certificate is served", async || {
            program.served_certificate(&next.authority).await
        })
        .await;
    }
    // A connection from before goes on.
    assert_eq!(
        old.post("/validate", create(&bad_backup()).to_string().as_bytes())
            .await
            .status,
        200
    );
    let (_, metrics) = get(program.status, "/metrics").await;
    assert!(
        metrics.contains("neo4j_backup_webhook_tls_rotations_total{role=\"leaf\",result=\"success\"} 3\n"),
        "{metrics}"
    );
    assert_eq!(program.terminate().await, Some(0));
}

#[tokio::test]
async fn a_pair_that_does_not_match_leaves_the_last_good_one_in_use() {
    let folder = Folder::new();
    let (first, second) = (made(), made());
    let pem = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    // A chain, as an issuer with an intermediate gives it.
    let chain = pem(&first.pem.certificate) + &first.authority;
    let certificate = folder.write("tls.crt", &chain);
    let key = folder.write("tls.key", &pem(&first.pem.key));
    let program = Program::start(&folder, &["--cert", text(&certificate), "--key", text(&key)]).await;
    folder.write("tls.key", &pem(&second.pem.key));
    let ready = eventually("the problem is shown", async || {
        let (status, text) = get(program.status, "/readyz").await;
        text.contains("[!] certificate files").then_some((status, text))
    });
    let (status, text) = ready.await;
    assert!(
        status == 200 && text.contains("the certificate and the key cannot be used together"),
        "{text}"
    );
    assert!(program.served_certificate(&first.authority).await.is_some());
    folder.write("tls.crt", &pem(&second.pem.certificate));
    eventually("the new pair is served", async || {
        program.served_certificate(&second.authority).await
    })
    .await;
    let (_, text) = get(program.status, "/readyz").await;
    assert!(text.contains("[+] certificate files\n"), "{text}");
}

#[tokio::test]
async fn settings_change_under_way_and_bad_ones_do_not_count() {
    let folder = Folder::new();
    let settings = folder.write("settings.yaml", "mode: enforce\n");
    let authority = folder.path().join("ca.crt");
    let arguments = [
        "--self-signed",
        "--self-signed-ca",
        text(&authority),
        "--settings",
        text(&settings),
    ];
    let program = Program::start(&folder, &arguments).await;
    let authority = std::fs::read_to_string(&authority).unwrap();
    let allowed = async || {
        let mut client = Client::connect(program.address, &authority, "http/1.1").await;
        let answer = client
            .post("/validate", create(&bad_backup()).to_string().as_bytes())
            .await;
        response(&answer.body)["allowed"] == true
    };
    assert!(!allowed().await);
    folder.write("settings.yaml", "mode: warn\n");
    eventually("the mode is warn", async || allowed().await.then_some(())).await;
    folder.write("settings.yaml", "mode: enforce\nrules: {NB0000: off}\n");
    let ready = eventually("the problem is shown", async || {
        let (status, text) = get(program.status, "/readyz").await;
        text.contains("[!] settings").then_some((status, text))
    });
    let (status, text) = ready.await;
    assert!(status == 200 && text.contains("NB0000"), "{text}");
    assert!(allowed().await, "the last good settings stay in force");
    folder.write("settings.yaml", "mode: enforce\n");
    eventually("the mode is enforce", async || (!allowed().await).then_some(())).await;
}

#[tokio::test]
async fn what_cannot_start_says_why_and_exits_with_2() {
    let folder = Folder::new();
    let settings = folder.write("settings.yaml", "mode: strict\n");
    let kubeconfig = folder.write("kubeconfig", "nonsense: [");
    for (arguments, wanted) in [
        (
            vec!["--self-signed", "--settings", text(&settings)],
            "settings.yaml are not valid",
        ),
        (
            vec!["--self-signed", "--settings", "/nowhere.yaml"],
            "cannot read the settings /nowhere.yaml",
        ),
        (
            vec!["--cert", "/nowhere.crt", "--key", "/nowhere.key"],
            "cannot read /nowhere.crt",
        ),
        (
            vec!["--cert", text(&settings), "--key", text(&settings)],
            "there is no certificate in PEM format",
        ),
        (
            vec!["--self-signed", "--kubeconfig", text(&kubeconfig)],
            "cannot use the kubeconfig",
        ),
        (
            vec!["--self-signed", "--listen", "192.0.2.1:1"],
            "cannot listen on 192.0.2.1:1",
        ),
        (
            vec!["--self-signed", "--log-level", "a=b=c"],
            "`a=b=c` is not a log filter",
        ),
        (vec![], "--cert"),
    ] {
        let mut command = command(&arguments);
        if !arguments.contains(&"--listen") {
            command.args(["--listen", "127.0.0.1:0"]);
        }
        command.args(["--status-listen", "127.0.0.1:0"]).stderr(Stdio::piped());
        let output = tokio::time::timeout(crate::support::PATIENCE, command.output())
            .await
            .unwrap()
            .unwrap();
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
        assert!(message.contains(wanted), "{arguments:?}: {message}");
    }
}

#[tokio::test]
async fn a_denial_is_one_log_line_with_codes_and_without_values() {
    let folder = Folder::new();
    let authority = folder.path().join("ca.crt");
    let log = std::fs::File::create(folder.path().join("log")).unwrap();
    let addresses = folder.path().join("addresses");
    let mut command = command(&["--self-signed", "--self-signed-ca", text(&authority), "--no-references"]);
    command
        .args([
            "--listen",
            "127.0.0.1:0",
            "--status-listen",
            "127.0.0.1:0",
            "--address-file",
        ])
        .arg(&addresses);
    let _child = command.stderr(log).spawn().unwrap();
    let addresses = eventually("the program serves", async || std::fs::read_to_string(&addresses).ok()).await;
    let address = addresses
        .lines()
        .find_map(|line| line.strip_prefix("listen="))
        .unwrap()
        .parse()
        .unwrap();
    let authority = std::fs::read_to_string(&authority).unwrap();
    let mut client = Client::connect(address, &authority, "http/1.1").await;
    client
        .post("/validate", create(&bad_backup()).to_string().as_bytes())
        .await;
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    let denied: Vec<serde_json::Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|line: &serde_json::Value| line["message"] == "denied")
        .collect();
    assert_eq!(denied.len(), 1, "{log}");
    assert_eq!(
        (
            denied[0]["name"].as_str(),
            denied[0]["namespace"].as_str(),
            denied[0]["codes"].as_str()
        ),
        (Some("nightly"), Some("graph"), Some("NB5001"))
    );
    assert!(!log.contains("0 0 2"), "{log}");
}
