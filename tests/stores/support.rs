//! Runs the program as a pod would, and looks at its answer.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use neo4jbackup_harness::{report_progress, workspace_program};
use serde_json::Value;

/// A call of `probe`, with an environment of its own.
pub(crate) struct Probe {
    command: Command,
    bucket: String,
    prefix: String,
}

/// What it has answered.
pub(crate) struct Answer {
    pub(crate) code: Option<i32>,
    pub(crate) report: Value,
    text: String,
    errors: String,
}

/// The plugin.
pub(crate) fn program() -> &'static PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| workspace_program("kubectl-neo4jbackup").unwrap())
}

impl Probe {
    /// Of a bucket of an S3 server.
    pub(crate) fn s3(endpoint: &str) -> Self {
        Self::of("aws", endpoint)
    }

    /// Of a bucket of a server that speaks as one of the clouds.
    pub(crate) fn of(provider: &str, endpoint: &str) -> Self {
        let mut command = Command::new(program());
        command.args(["probe", "--timeout=20s"]);
        command.arg(format!("--provider={provider}"));
        command.arg(format!("--endpoint={endpoint}"));
        command.env_clear().stdin(Stdio::null());
        Self {
            command,
            bucket: "backups".to_owned(),
            prefix: "graph/nightly/".to_owned(),
        }
    }

    pub(crate) fn flag(mut self, flag: &str) -> Self {
        self.command.arg(flag);
        self
    }

    pub(crate) fn variable(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Of another bucket.
    pub(crate) fn bucket(mut self, name: &str) -> Self {
        name.clone_into(&mut self.bucket);
        self
    }

    /// Below another prefix.
    pub(crate) fn prefix(mut self, prefix: &str) -> Self {
        prefix.clone_into(&mut self.prefix);
        self
    }

    /// With keys in the environment: two, or three with a session.
    pub(crate) fn keys<S: AsRef<str>>(self, keys: &[S]) -> Self {
        let names = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];
        names
            .into_iter()
            .zip(keys)
            .fold(self, |probe, (name, key)| probe.variable(name, key.as_ref()))
    }

    pub(crate) fn run(mut self) -> Answer {
        self.command.args(["--bucket", &self.bucket, "--prefix", &self.prefix]);
        let output = self.command.output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        let report = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}{errors}"));
        Answer {
            code: output.status.code(),
            report,
            text,
            errors,
        }
    }
}

impl Answer {
    /// What was answered as a part of something else.
    pub(crate) fn of(code: Option<i32>, report: Value) -> Self {
        Self {
            code,
            text: report.to_string(),
            report,
            errors: String::new(),
        }
    }

    /// The row of a step.
    pub(crate) fn row(&self, step: &str) -> &Value {
        let rows = self.report["steps"].as_array().unwrap();
        rows.iter().find(|row| row["step"] == step).unwrap()
    }

    /// Fails unless a step went well.
    pub(crate) fn is_ok(&self, steps: &[&str]) -> &Self {
        for step in steps {
            assert_eq!(self.row(step)["outcome"], "ok", "{step}: {}", self.text);
        }
        self
    }

    /// Fails unless a step went well, and saw this.
    pub(crate) fn saw(&self, step: &str, words: &str) -> &Self {
        self.is_ok(&[step]);
        let detail = self.row(step)["detail"].as_str().unwrap();
        assert!(detail.contains(words), "no {words:?} in {detail}");
        self
    }

    /// Fails unless a step failed with this class, and says what helps.
    pub(crate) fn is_failed(&self, step: &str, class: &str) -> &Self {
        let row = self.row(step);
        assert_eq!(row["outcome"], "failed", "{step}: {}", self.text);
        assert_eq!(row["class"], class, "{step}: {}", self.text);
        assert!(!row["remedy"].as_str().unwrap().is_empty(), "{step}: {}", self.text);
        assert_eq!(self.code, Some(1), "{}", self.text);
        self
    }

    /// Fails unless the remedy of a step that failed has these words in it.
    pub(crate) fn is_mended_by(&self, step: &str, words: &str) -> &Self {
        let remedy = self.row(step)["remedy"].as_str().unwrap();
        assert!(remedy.contains(words), "no {words:?} in {remedy}");
        self
    }

    /// Fails unless a step was left out.
    pub(crate) fn is_not_tried(&self, steps: &[&str]) -> &Self {
        for step in steps {
            assert_eq!(self.row(step)["outcome"], "not-tried", "{step}: {}", self.text);
        }
        self
    }

    /// The message of the row of a step.
    pub(crate) fn message(&self, step: &str) -> &str {
        self.row(step)["message"].as_str().unwrap_or_default()
    }

    /// Fails if a text stands anywhere in the answer, or in what was said beside it.
    pub(crate) fn hides(&self, secret: &str) -> &Self {
        // What is empty or missing would show nothing.
        assert!(secret.len() > 4, "{secret}");
        for text in [&self.text, &self.errors] {
            assert!(!text.contains(secret), "{text}");
        }
        self
    }
}

/// Says on standard error what takes long.
pub(crate) fn progress(line: &str) {
    report_progress(line);
}

/// A token in a file, as the kubelet projects one; it is signed by nobody.
pub(crate) fn token(folder: &std::path::Path, seconds: i64) -> PathBuf {
    let claims = serde_json::json!({
        "iss": "https://issuer.example.org",
        "sub": "system:serviceaccount:graph:neo4j-backup-sa",
        "exp": seconds,
    });
    let path = folder.join("token");
    std::fs::write(&path, unsigned(&claims)).unwrap();
    path
}

/// A token with these claims that is signed by nobody.
pub(crate) fn unsigned(claims: &Value) -> String {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let header = part(&serde_json::json!({"alg": "RS256"}));
    format!("{header}.{}.c2lnbmF0dXJl", part(claims))
}

/// The steps of `--write-canary`.
pub(crate) const STEPS_OF_CANARY: [&str; 3] = ["write", "read", "delete"];
