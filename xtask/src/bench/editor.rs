//! The language server: from a keystroke to the findings of the text with it.

use std::fs;
use std::io::BufReader;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use lsp_server::{Message, Notification, Request};
use neo4jbackup_harness::report_progress;
use serde_json::{Value, json};

use super::lint::backup;

/// How many keystrokes there are in a burst of which only the last matters.
const BURST: usize = 100;

/// Measures texts of several lengths, alone and with a folder of other files around them.
pub(super) fn run(program: &Path, folder: &Path, strokes: usize) -> Result<()> {
    let around = folder.join("teams");
    fs::create_dir_all(&around)?;
    for team in 0..1_000 {
        fs::write(around.join(format!("team-{team}.yaml")), backup(team))?;
    }
    report_progress(&format!(
        "{strokes} keystrokes each, in milliseconds from one to the findings of the text with it"
    ));
    report_progress(&format!(
        "{:<12}{:<24}{:>9}{:>9}{:>9}{:>9}",
        "lines", "other files", "median", "95 %", "longest", "burst"
    ));
    for (name, root) in [("none", folder.join("empty")), ("1000", folder.to_owned())] {
        fs::create_dir_all(&root)?;
        for lines in [200, 2_000, 20_000] {
            let figures = Session::start(program, &root, lines)?.measure(strokes)?;
            let [median, most, longest, burst] = figures.map(|time| time.as_secs_f64() * 1e3);
            report_progress(&format!(
                "{lines:<12}{name:<24}{median:>9.1}{most:>9.1}{longest:>9.1}{burst:>9.1}"
            ));
        }
    }
    report_progress(&format!(
        "burst: from the first of {BURST} keystrokes at once to the findings of the last"
    ));
    Ok(())
}

/// An editor with one text.
struct Session {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    uri: String,
    /// The line with the schedule in the middle of the text.
    line: usize,
    version: i32,
}

impl Session {
    fn start(program: &Path, root: &Path, lines: usize) -> Result<Self> {
        let one = backup(0).lines().count() + 1;
        let text: String = (0..lines.div_ceil(one))
            .map(|team| format!("---\n{}", backup(10_000 + team)))
            .collect();
        let schedules = text
            .lines()
            .enumerate()
            .filter(|(_, line)| line.starts_with("  schedule: \""));
        let schedules: Vec<usize> = schedules.map(|(line, _)| line).collect();
        let mut child = Command::new(program)
            .arg("lsp")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot run {}", program.display()))?;
        let (stdin, stdout) = child.stdin.take().zip(child.stdout.take()).context("no pipes")?;
        let mut session = Self {
            child,
            stdin,
            stdout: BufReader::new(stdout),
            uri: format!("file://{}", root.join("typed.yaml").display()),
            line: schedules[schedules.len() / 2],
            version: 1,
        };
        let folder = format!("file://{}", root.display());
        session.ask("initialize", json!({"capabilities": {}, "rootUri": folder}))?;
        session.tell("initialized", json!({}))?;
        let item = json!({"uri": session.uri, "languageId": "yaml", "version": 1, "text": text});
        session.tell("textDocument/didOpen", json!({"textDocument": item}))?;
        session.findings()?;
        // The other files are read in the background; what comes of that is none of the keystrokes.
        std::thread::sleep(Duration::from_secs(1));
        Ok(session)
    }

    fn ask(&mut self, method: &str, params: Value) -> Result<()> {
        Message::from(Request::new(1.into(), method.to_owned(), params)).write(&mut self.stdin)?;
        while !matches!(self.next()?, Message::Response(_)) {}
        Ok(())
    }

    fn tell(&mut self, method: &str, params: Value) -> Result<()> {
        Message::from(Notification::new(method.to_owned(), params)).write(&mut self.stdin)?;
        Ok(())
    }

    fn next(&mut self) -> Result<Message> {
        Message::read(&mut self.stdout)?.context("the language server has ended")
    }

    /// Waits for the findings of the text as it is. Returns whether the schedule is one of them.
    fn findings(&mut self) -> Result<bool> {
        loop {
            if let Message::Notification(Notification { params, .. }) = self.next()?
                && params["version"] == self.version
            {
                let findings = params["diagnostics"].as_array().into_iter().flatten();
                return Ok(findings.into_iter().any(|finding| finding["code"] == "NB5001"));
            }
        }
    }

    /// Types a letter into the schedule, or takes it away again.
    fn stroke(&mut self) -> Result<()> {
        self.version += 1;
        let (end, text) = if self.version % 2 == 0 { (13, "x") } else { (14, "") };
        let at = |column: usize| json!({"line": self.line, "character": column});
        let change = json!({"range": {"start": at(13), "end": at(end)}, "text": text});
        let document = json!({"uri": self.uri, "version": self.version});
        self.tell(
            "textDocument/didChange",
            json!({"textDocument": document, "contentChanges": [change]}),
        )
    }

    fn measure(mut self, strokes: usize) -> Result<[Duration; 4]> {
        let mut times = Vec::new();
        for _ in 0..strokes.max(1) {
            let begin = Instant::now();
            self.stroke()?;
            let is_found = self.findings()?;
            times.push(begin.elapsed());
            if is_found != (self.version % 2 == 0) {
                bail!("version {} of the text was judged as if it were another", self.version);
            }
        }
        times.sort_unstable();
        let begin = Instant::now();
        for _ in 0..BURST {
            self.stroke()?;
        }
        self.findings()?;
        let burst = begin.elapsed();
        self.ask("shutdown", Value::Null)?;
        self.tell("exit", Value::Null)?;
        self.child.wait()?;
        let most = times[(times.len() * 95).div_ceil(100) - 1];
        Ok([times[times.len() / 2], most, times[times.len() - 1], burst])
    }
}
