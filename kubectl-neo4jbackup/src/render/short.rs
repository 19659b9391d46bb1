//! One line for each finding, as compilers and editors know them: `file:line:column: severity CODE message`.

use neo4jbackup_core::quoted::Name;

use super::{Context, Format, open, sentence};
use crate::report::LintReport;

pub(super) struct Short;

impl Format for Short {
    fn render(&self, report: &LintReport, _: &Context<'_>) -> String {
        open(report)
            .map(|finding| {
                let location = &finding.location;
                let text = sentence(finding);
                let file = Name(&location.file);
                format!(
                    "{file}:{}:{}: {} {} {text}\n",
                    location.line, location.column, finding.severity, finding.code
                )
            })
            .collect()
    }
}
