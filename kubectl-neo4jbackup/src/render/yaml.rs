//! The report itself, as YAML.

use super::{Context, Format};
use crate::report::LintReport;

pub(super) struct Yaml;

impl Format for Yaml {
    fn render(&self, report: &LintReport, _: &Context<'_>) -> String {
        serde_saphyr::to_string(report).unwrap_or_default()
    }
}
