//! The report in every format that was asked for: one on standard output, the others in files.

use std::path::Path;

use super::destination::Destination;
use super::plan::Plan;
use crate::Io;
use crate::input::Text;
use crate::render::{Context, summary};
use crate::report::LintReport;

/// Writes all reports; the error names the file that cannot be written.
pub(super) fn write(
    plan: &Plan,
    destinations: &[Option<Destination>],
    report: &LintReport,
    texts: &[Text],
    io: &mut Io<'_>,
) -> Result<(), String> {
    let sources: Vec<&str> = texts.iter().map(|text| text.text.as_str()).collect();
    // The mended text of standard input, or the differences, have standard output for themselves.
    let is_taken = plan.fix.is_some() && (plan.diff || texts.iter().any(|text| text.source.origin.is_stdin()));
    for (output, destination) in plan.outputs.iter().zip(destinations) {
        let context = Context {
            texts: &sources,
            color: plan.color && output.file.is_none(),
            width: plan.width,
        };
        match destination {
            Some(destination) => {
                let text = output.format.render(report, &context);
                let name = output.file.as_deref().unwrap_or(Path::new(""));
                let written = destination.write(&text);
                written.map_err(|error| format!("{} cannot be written: {error}", name.display()))?;
            }
            None if plan.diff => io.say(&summary(report)),
            None if is_taken => {
                let text = output.format.render(report, &context);
                io.say(text.trim_end());
            }
            None => io.print(&output.format.render(report, &context)),
        }
        // Formats for people end in the summary; of the others it goes where nobody parses it.
        let has_summary = ["text", "table", "markdown"].contains(&output.name);
        if output.file.is_none() && !has_summary && !plan.diff {
            io.say(&summary(report));
        }
    }
    Ok(())
}
