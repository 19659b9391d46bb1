//! The report itself.

use super::{Context, Format};
use crate::report::LintReport;

pub(super) struct Json;

impl Format for Json {
    fn render(&self, report: &LintReport, _: &Context<'_>) -> String {
        // Text, numbers and lists always become JSON.
        serde_json::to_string_pretty(report).unwrap_or_default() + "\n"
    }
}
