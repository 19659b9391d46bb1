//! How the log is written. In text form: one event, one line, whatever a caller has sent.
//!
//! Names and reasons in it come from callers and from the API server. The library writes a text as it is and the JSON form
//! escapes it, so the fields are written here: nobody begins a line of the log but the log itself.

use std::fmt::Debug;
use std::io::{self, IsTerminal as _};

use clap::ValueEnum;
use neo4jbackup_core::quoted::printable;
use tracing::field::Field;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::fmt::format::{FormatFields, Writer, debug_fn};

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// One object a line.
    Json,
    /// For people.
    Text,
}

/// The log filter is not one.
#[derive(Debug, thiserror::Error)]
#[error("`{filter}` is not a log filter")]
pub struct LogError {
    /// The filter, as it was given.
    filter: String,
    /// What is wrong with it.
    source: tracing_subscriber::filter::ParseError,
}

/// Fields as the library writes them, with everything escaped that cannot be seen.
pub(crate) fn fields() -> impl for<'w> FormatFields<'w> + 'static {
    debug_fn(field).delimited(" ")
}

fn field(writer: &mut Writer<'_>, field: &Field, value: &dyn Debug) -> std::fmt::Result {
    let value = printable(format!("{value:?}"));
    match field.name() {
        "message" => writer.write_str(&value),
        name => write!(writer, "{name}={value}"),
    }
}

/// Sets up the log of the program on standard error: lines of `format` that pass `filter`, and where a panic happened.
pub(crate) fn set_up(format: LogFormat, filter: &str) -> Result<(), LogError> {
    let filter = EnvFilter::try_new(filter).map_err(|source| LogError {
        filter: filter.to_owned(),
        source,
    })?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr);
    // A log that somebody has set up before us is as good.
    let _ = match format {
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
        // Colors are for a terminal; in a file they are characters that nobody asked for.
        LogFormat::Text => builder
            .with_ansi(io::stderr().is_terminal())
            .fmt_fields(fields())
            .try_init(),
    };
    quieten_panics();
    Ok(())
}

/// Logs only where a panic happened. Its message may quote a value of an object.
fn quieten_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a defect of this program was met");
    }));
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn nobody_forges_a_line() {
        let sink = Sink::default();
        let writer = sink.clone();
        let log = tracing_subscriber::fmt()
            .with_ansi(false)
            .fmt_fields(fields())
            .with_writer(move || writer.clone())
            .finish();
        let forged = "x\n2026-01-01T00:00:00Z ERROR forged\u{1b}[31m\u{202e}";
        tracing::subscriber::with_default(log, || {
            let _span = tracing::info_span!("call", from = %forged).entered();
            tracing::info!(namespace = %forged, name = forged, debugged = ?forged, count = 3, "denied: {forged}");
        });
        let text = String::from_utf8(sink.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
        let shown = "x\\n2026-01-01T00:00:00Z ERROR forged\\u{1b}[31m\\u{202e}";
        assert!(
            text.contains(&format!(" denied: {shown} namespace={shown} name=\"{shown}\"")),
            "{text}"
        );
        assert!(
            text.contains(&format!("call{{from={shown}}}")) && text.contains(" count=3"),
            "{text}"
        );
    }
}
