//! `explain --log`: what the lines of a log say, without a cluster.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use neo4jbackup_core::logs::{self, Class, Severity, Summary};
use neo4jbackup_core::quoted::{Name, beginning, quoted};
use serde::Serialize;

use crate::cli::PageFormat;
use crate::input::reason;
use crate::wrap::wrap;
use crate::{Exit, Io};

/// More of a line than this is not kept; a line of any length must not fill the memory.
const LONGEST_LINE: u64 = 64 << 10;

/// So many characters of a line are shown.
const MOST_SHOWN: usize = 300;

/// The remedy where there is nothing to do.
const NOTHING: &str = "Nothing.";

/// What is said of one line of the input. The fields and their order are part of the interface.
#[derive(Debug, Serialize)]
struct Answer<'l> {
    line: &'l str,
    /// Null when the line says nothing that the table knows, as are the three below.
    class: Option<&'l str>,
    severity: Option<Severity>,
    cause: Option<&'l str>,
    remedy: Option<&'l str>,
}

/// The lines of one class.
struct Told {
    class: &'static Class,
    /// The number of the first, from 1.
    first: usize,
    text: String,
    count: usize,
}

/// Runs the command; `file` is `-` for standard input.
pub(super) fn run(file: &Path, format: PageFormat, io: &mut Io<'_>) -> Exit {
    let is_stdin = file == Path::new("-");
    let opened = if is_stdin {
        None
    } else {
        Some(File::open(io.current_directory.join(file)))
    };
    let mut reader: Box<dyn BufRead> = match opened {
        // Read as it comes, so that a log that is still being written can be followed.
        None => Box::new(BufReader::new(&mut *io.stdin)),
        Some(Ok(opened)) => Box::new(BufReader::new(opened)),
        Some(Err(error)) => {
            let name = file.display().to_string();
            io.say(&format!("error: {} {}", Name(&name), reason(&error)));
            return Exit::Incomplete;
        }
    };
    let mut summary = Summary::default();
    let mut told: BTreeMap<&str, Told> = BTreeMap::new();
    let mut failure = None;
    let mut output_failure = None;
    loop {
        let text = match next(&mut reader) {
            Ok(Some(text)) => text,
            Ok(None) => break,
            Err(error) => {
                failure = Some(error);
                break;
            }
        };
        let class = logs::classify(&text);
        summary.add(class);
        if format == PageFormat::Json {
            let written = write(&text, class, io.stdout);
            if let Err(error) = written {
                output_failure = Some(error);
                break;
            }
        } else if let Some(class) = class {
            let first = || Told {
                class,
                first: summary.lines,
                text: text.trim().to_owned(),
                count: 0,
            };
            told.entry(&class.name).or_insert_with(first).count += 1;
        }
    }
    drop(reader);
    if let Some(error) = output_failure
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        io.lose_output(&error);
    }
    match format {
        PageFormat::Json => {}
        PageFormat::Text => io.print(&text(&summary, told.values(), io.width())),
        PageFormat::Markdown => io.print(&markdown(&summary, told.values())),
    }
    let Some(error) = failure else { return Exit::Good };
    let name = if is_stdin {
        "standard input".to_owned()
    } else {
        file.display().to_string()
    };
    io.say(&format!("error: {} {}", Name(&name), reason(&error)));
    Exit::Incomplete
}

/// The next line without its end, cut where it is longer than any that a person reads.
fn next(reader: &mut dyn BufRead) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    if reader.take(LONGEST_LINE).read_until(b'\n', &mut bytes)? == 0 {
        return Ok(None);
    }
    if bytes.last() != Some(&b'\n') {
        reader.skip_until(b'\n')?;
    }
    let text = String::from_utf8_lossy(&bytes);
    Ok(Some(text.trim_end_matches(['\n', '\r']).to_owned()))
}

fn write(line: &str, class: Option<&Class>, output: &mut dyn io::Write) -> io::Result<()> {
    let answer = Answer {
        line,
        class: class.map(|class| class.name.as_str()),
        severity: class.map(|class| class.severity),
        cause: class.map(|class| class.cause.as_str()),
        remedy: class.map(|class| class.remedy.as_str()),
    };
    serde_json::to_writer(&mut *output, &answer)?;
    output.write_all(b"\n")?;
    output.flush()
}

/// The cause first, then what else the log says, the worst first.
fn text<'t>(summary: &Summary, told: impl Iterator<Item = &'t Told>, width: usize) -> String {
    let mut told: Vec<&Told> = told.filter(|told| told.class.severity != Severity::Harmless).collect();
    told.sort_by_key(|told| {
        (
            is_first(summary, told),
            told.class.severity,
            told.class.decides,
            usize::MAX - told.first,
        )
    });
    let mut page = String::new();
    if let Some(sentence) = no_cause(summary) {
        let _ = writeln!(page, "{}\n", wrap(&sentence, width, ""));
    }
    for told in told.into_iter().rev() {
        let Told {
            class,
            first,
            text,
            count,
        } = told;
        let label = if is_first(summary, told) {
            "cause".to_owned()
        } else {
            class.severity.to_string()
        };
        let times = if *count > 1 {
            format!(", {count} times")
        } else {
            String::new()
        };
        let _ = writeln!(page, "{label}: {} (line {first}{times})", class.name);
        let shown = Name(text).to_string();
        let start = beginning(&shown, MOST_SHOWN);
        let more = if start.len() < shown.len() { "…" } else { "" };
        let mut lines = vec![format!("> {start}{more}"), class.cause.clone()];
        if class.remedy != NOTHING {
            lines.push(format!("To do: {}", class.remedy));
        }
        for line in lines {
            let indent = if line.starts_with('>') { "    > " } else { "    " };
            let _ = writeln!(page, "    {}", wrap(&line, width.saturating_sub(4), indent));
        }
        page.push('\n');
    }
    page + &wrap(&counts(summary), width, "") + "\n"
}

fn markdown<'t>(summary: &Summary, told: impl Iterator<Item = &'t Told>) -> String {
    let mut told: Vec<&Told> = told.collect();
    told.sort_by_key(|told| told.first);
    let mut page =
        String::from("| line | class | severity | times | cause | remedy | text |\n|---|---|---|---|---|---|---|\n");
    for told in told {
        let Told {
            class,
            first,
            text,
            count,
        } = told;
        let mark = if is_first(summary, told) { " (first cause)" } else { "" };
        let text = quoted(text).to_string().replace('|', "\\|");
        let _ = writeln!(
            page,
            "| {first} | `{}` | {}{mark} | {count} | {} | {} | {text} |",
            class.name, class.severity, class.cause, class.remedy
        );
    }
    page + "\n" + &counts(summary) + "\n"
}

fn is_first(summary: &Summary, told: &Told) -> bool {
    summary
        .cause
        .is_some_and(|(line, name)| (line, name) == (told.first, told.class.name.as_str()))
}

/// What to say when no line names a cause.
fn no_cause(summary: &Summary) -> Option<String> {
    match (summary.cause, summary.failed) {
        (Some(_), _) => None,
        (None, Some((line, name))) => Some(format!(
            "line {line} says that something failed ({name}), and no line says why: read those around it, and the log of the server \
             at that time"
        )),
        (None, None) if summary.lines == 0 => Some("the log is empty".to_owned()),
        (None, None) => Some("no line tells of a failure that is known here".to_owned()),
    }
}

fn counts(summary: &Summary) -> String {
    let plural = |count: usize, one: &str, many: &str| format!("{count} {}", if count == 1 { one } else { many });
    format!(
        "{}: {}, {}, {}, {} harmless",
        plural(summary.lines, "line", "lines"),
        plural(summary.failures, "failure", "failures"),
        plural(summary.warnings, "warning", "warnings"),
        plural(summary.successes, "success", "successes"),
        summary.harmless
    )
}
