//! One page for a meeting or a ticket: it loads nothing, runs nothing, follows the light or dark of the reader, and prints.

use std::fmt::Write as _;

use super::object;
use super::summary::{not_checked, outcome, place};
use crate::doctor_report::{DoctorReport, Finding};
use crate::render::xml::escape;

/// How much is told of one sign, in characters.
const LONGEST_SIGN: usize = 1_000;

/// The style of the page.
const STYLE: &str = include_str!("page.css");

pub(super) fn render(report: &DoctorReport) -> String {
    let mut page = String::from("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n");
    // Whatever is in the report, a browser loads nothing for it and runs nothing of it.
    page.push_str(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
         base-uri 'none'; form-action 'none'\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
         <meta name=\"color-scheme\" content=\"light dark\"/>\n",
    );
    let (outcome, place) = (escape(&outcome(report)), escape(&place(report)));
    let _ = writeln!(
        page,
        "<title>{outcome}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>"
    );
    let checked = report.about.checked_at;
    let _ = writeln!(
        page,
        "<header>\n<h1>{outcome}</h1>\n<p>{place}, at <time>{checked}</time></p>\n</header>\n<main>"
    );
    for (cause, effects) in super::causes(report) {
        article(cause, effects, &mut page);
    }
    let not_checked = not_checked(report);
    if !not_checked.is_empty() {
        page.push_str("<section>\n<h2>What could not be checked</h2>\n<ul>\n");
        for line in not_checked {
            let _ = writeln!(page, "<li>{}</li>", escape(&line));
        }
        page.push_str("</ul>\n</section>\n");
    }
    page + "</main>\n</body>\n</html>\n"
}

fn article(cause: &Finding, effects: &[Finding], page: &mut String) {
    let _ = writeln!(page, "<article class=\"{}\">\n<h2>{}</h2>", cause.severity, line(cause));
    if !cause.field.is_empty() {
        let _ = writeln!(page, "<p>Field <code>{}</code></p>", escape(&cause.field));
    }
    if !cause.evidence.is_empty() {
        page.push_str("<table>\n<thead><tr><th>Object</th><th>Sign</th><th>Last seen</th></tr></thead>\n<tbody>\n");
        for sign in &cause.evidence {
            let time = sign.time.map(|time| time.to_string()).unwrap_or_default();
            let _ = writeln!(
                page,
                "<tr><td>{}</td><td><code>{}</code></td><td><time>{}</time></td></tr>",
                escape(&object(&sign.object)),
                escape(&sign.shortened(LONGEST_SIGN, "…")),
                escape(&time),
            );
        }
        page.push_str("</tbody>\n</table>\n");
    }
    if !cause.help.is_empty() {
        let _ = writeln!(page, "<p class=\"fix\">{}</p>", escape(&cause.help));
    }
    for command in &cause.commands {
        let _ = writeln!(page, "<pre><code>{}</code></pre>", escape(command));
    }
    if !effects.is_empty() {
        page.push_str("<h3>What follows from it</h3>\n<ul>\n");
        for effect in effects {
            let depth = effect.depth.saturating_sub(cause.depth).min(3);
            let _ = writeln!(page, "<li class=\"depth-{depth}\">{}</li>", line(effect));
        }
        page.push_str("</ul>\n");
    }
    page.push_str("</article>\n");
}

fn line(finding: &Finding) -> String {
    let severity = finding.severity;
    format!(
        "<span class=\"severity {severity}\">{severity}</span> <span class=\"object\">{}</span>: {} \
         <a href=\"{}\">{}</a>",
        escape(&object(&finding.object)),
        escape(&finding.said()),
        escape(&finding.url),
        finding.code,
    )
}
