//! The report itself, as YAML.

use super::{Context, Format};
use crate::report::LintReport;
use crate::yaml;

pub(super) struct Yaml;

impl Format for Yaml {
    fn render(&self, report: &LintReport, _: &Context<'_>) -> String {
        yaml::of(report)
    }
}
