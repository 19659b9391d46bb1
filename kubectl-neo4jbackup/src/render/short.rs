//! One line for each finding, as compilers and editors know them: `file:line:column: severity CODE message`.

use super::{Context, Format, one_line, open, sentence};
use crate::report::LintReport;

pub(super) struct Short;

impl Format for Short {
    fn render(&self, report: &LintReport, _: &Context<'_>) -> String {
        open(report)
            .map(|finding| {
                let location = &finding.location;
                let text = one_line(&sentence(finding));
                let file = one_line(&location.file);
                format!(
                    "{file}:{}:{}: {} {} {text}\n",
                    location.line, location.column, finding.severity, finding.code
                )
            })
            .collect()
    }
}
