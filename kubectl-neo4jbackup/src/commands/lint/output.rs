//! The report in every format that was asked for: one on standard output, the others in files.

use std::io;
use std::path::PathBuf;

use super::destination::Destination;
use super::plan::Plan;
use crate::Io;
use crate::input::Text;
use crate::render::checkout::Checkout;
use crate::render::{Context, summary};
use crate::report::LintReport;

/// A report that is lost.
#[derive(Debug, thiserror::Error)]
#[error("{} cannot be written: {source}", name.display())]
pub(super) struct WriteError {
    name: PathBuf,
    source: io::Error,
}

/// Writes all reports.
pub(super) fn write(
    plan: &Plan,
    destinations: &[Option<Destination>],
    report: &LintReport,
    texts: &[Text],
    io: &mut Io<'_>,
) -> Result<(), WriteError> {
    let sources: Vec<&str> = texts.iter().map(|text| text.text.as_str()).collect();
    // The fixed text of standard input, or the differences, have standard output for themselves.
    let is_taken = plan.fix.is_some() && (plan.diff || texts.iter().any(|text| text.source.origin.is_stdin()));
    let checkout = Checkout::around(&io.current_directory);
    for (output, destination) in plan.outputs.iter().zip(destinations) {
        let context = Context {
            texts: &sources,
            color: plan.color && output.file.is_none(),
            width: plan.width,
            checkout: &checkout,
        };
        if let Some(cut) = output.format.cut(report) {
            io.say(&format!("warning: {cut}"));
        }
        match destination {
            Some(destination) => {
                let text = output.format.render(report, &context);
                let written = destination.write(&text);
                written.map_err(|source| WriteError {
                    name: output.file.clone().unwrap_or_default(),
                    source,
                })?;
            }
            None if plan.diff => io.say(&summary(report)),
            None if is_taken => {
                let text = output.format.render(report, &context);
                io.say(text.trim_end());
            }
            None => io.print(&output.format.render(report, &context)),
        }
        // People read it at the end of the report; of the other formats it goes where nobody parses it.
        if output.file.is_none() && !output.format.is_for_people() && !plan.diff {
            io.say(&summary(report));
        }
    }
    Ok(())
}
