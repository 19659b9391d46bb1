//! The report itself.

use super::{Context, Format};
use crate::json;
use crate::report::LintReport;

pub(super) struct Json;

impl Format for Json {
    fn render(&self, report: &LintReport, _: &Context<'_>) -> String {
        json::pretty(report)
    }
}
