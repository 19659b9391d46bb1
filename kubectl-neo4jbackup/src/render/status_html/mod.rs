//! The report of `status` as one page of HTML that needs nothing else: no script, no font, no picture from elsewhere.

mod drawing;
mod escaped;

use std::collections::BTreeMap;

use jiff::Timestamp;
use neo4jbackup_core::finding::Severity;
use neo4jbackup_core::model::ObjectRef;

use self::drawing::{legend, sizes, timeline};
use self::escaped::Html;
use crate::age::{age, span};
use crate::doctor_report::Finding;
use crate::status_list::{Item, StatusList};

/// How everything looks.
const STYLE: &str = include_str!("style.css");

/// The whole page. `findings` are those of `doctor`, each cause before what follows from it; those of other objects than the
/// backups are left out when the page is of some backups only.
pub(crate) fn page(list: &StatusList, findings: &[Finding], is_of_some: bool) -> String {
    let now = list.about.checked_at;
    let place = place(list);
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>Neo4j backups: {title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <header>\n<h1>Neo4j backups</h1>\n<p class=\"soft\">{title}, as of <time datetime=\"{iso}\">{time} UTC</time></p>\n",
        title = Html(&place),
        iso = list.about.checked_at,
        time = now.strftime("%A, %-d %B %Y, %H:%M"),
    );
    let mut of_objects: BTreeMap<(&str, &str, &str), Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        let ObjectRef {
            kind, namespace, name, ..
        } = finding.subject.as_ref().unwrap_or(&finding.object);
        of_objects.entry((kind, namespace, name)).or_default().push(finding);
    }
    page += &counts(list);
    for reason in &list.not_read {
        page += &format!("<p class=\"note\">Not everything is known: {}</p>\n", Html(reason));
    }
    page += "</header>\n<main>\n";
    if list.items.is_empty() {
        page += "<p>There are no backups here.</p>\n";
    } else {
        page += &overview(list, now);
        for (position, item) in list.items.iter().enumerate() {
            let own = of_objects.remove(&(item.kind, &*item.namespace, &*item.name));
            page += &article(item, position, &own.unwrap_or_default(), now);
        }
    }
    if !is_of_some {
        page += &elsewhere(of_objects.into_values().flatten().collect());
    }
    page += "</main>\n<footer>\n";
    page += &legend();
    page += "<p>All times are UTC. A run that ended well and stored nothing counts as failed. The RPO is how old the last good \
             run may be.</p>\n</footer>\n</body>\n</html>\n";
    page
}

/// The cluster and the namespaces.
fn place(list: &StatusList) -> String {
    let source = match (&list.about.context, &list.about.bundle) {
        (Some(context), _) => format!("context {context}"),
        (None, Some(bundle)) => format!("collected in {bundle}"),
        (None, None) => "this cluster".to_owned(),
    };
    match list.about.namespaces.as_deref() {
        None => format!("{source}, all namespaces"),
        Some([namespace]) => format!("{source}, namespace {namespace}"),
        Some(namespaces) => format!("{source}, namespaces {}", namespaces.join(", ")),
    }
}

fn counts(list: &StatusList) -> String {
    let attention = list.attention;
    let well = list.items.len() - attention;
    let (sign, class) = if attention == 0 {
        ("✓", "well")
    } else {
        ("✗", "bad")
    };
    let (verb, well_verb) = (
        if attention == 1 {
            "needs attention"
        } else {
            "need attention"
        },
        if well == 1 { "is well" } else { "are well" },
    );
    format!(
        "<ul class=\"counts\">\n<li><strong>{all}</strong>{noun}</li>\n\
         <li><strong class=\"{class}\"><span aria-hidden=\"true\">{sign}</span> {attention}</strong>{verb}</li>\n\
         <li><strong>{well}</strong>{well_verb}</li>\n</ul>\n",
        all = list.items.len(),
        noun = if list.items.len() == 1 { "backup" } else { "backups" },
    )
}

/// The table of all backups.
fn overview(list: &StatusList, now: Timestamp) -> String {
    let mut rows = String::new();
    for (position, item) in list.items.iter().enumerate() {
        let name = target(item);
        rows += &format!(
            "<tr><th scope=\"row\"><a href=\"#backup-{position}\">{name}</a></th>\
             <td data-of=\"State\">{state}</td><td data-of=\"Last good run\">{good}</td>\
             <td data-of=\"RPO\"><span>{rpo}</span></td><td data-of=\"Next run\" class=\"time\">{next}</td></tr>\n",
            name = Html(&name),
            state = state(item),
            good = Html(&last_good(item, now)),
            rpo = rpo(item),
            next = Html(&next_run(item, now)),
        );
    }
    format!(
        "<table>\n<caption>Every backup in a line</caption>\n<thead><tr><th scope=\"col\">Backup</th><th scope=\"col\">State</th>\
         <th scope=\"col\">Last good run</th><th scope=\"col\">RPO</th><th scope=\"col\">Next run</th></tr></thead>\n\
         <tbody>\n{rows}</tbody>\n</table>\n"
    )
}

/// `graph/nightly`, `graph/cronjob/dump`.
fn target(item: &Item) -> String {
    match item.kind {
        "CronJob" => format!("{}/cronjob/{}", item.namespace, item.name),
        _ => format!("{}/{}", item.namespace, item.name),
    }
}

/// The state with a sign, so that it can be read without color.
fn state(item: &Item) -> String {
    let (sign, class) = match item.state {
        _ if item.needs_attention => ("✗", "bad"),
        "Healthy" | "Completed" => ("✓", "well"),
        "Running" => ("▸", "idle"),
        _ => ("–", "idle"),
    };
    let times = match item.failures_in_a_row {
        count if item.state == "Failing" => format!(" ×{count}"),
        _ => String::new(),
    };
    format!(
        "<span class=\"state {class}\"><span aria-hidden=\"true\">{sign}</span> {}{times}</span>",
        item.state
    )
}

fn time(text: Option<&String>) -> Option<Timestamp> {
    text.and_then(|text| text.parse().ok())
}

fn last_good(item: &Item, now: Timestamp) -> String {
    time(item.last_good.as_ref()).map_or_else(|| "none known".to_owned(), |good| age(good, now))
}

fn rpo(item: &Item) -> String {
    match &item.rpo {
        None => "–".to_owned(),
        Some(rpo) if rpo.met => format!("<span class=\"well\">✓ kept</span> ({})", span(rpo.bound_seconds)),
        Some(rpo) => format!("<span class=\"bad\">✗ not kept</span> ({})", span(rpo.bound_seconds)),
    }
}

fn next_run(item: &Item, now: Timestamp) -> String {
    time(item.next_run.as_ref()).map_or_else(
        || "–".to_owned(),
        |next| {
            let until = span(next.as_second() - now.as_second());
            format!("{} (in {until})", next.strftime("%m-%d %H:%M"))
        },
    )
}

/// All of one backup.
fn article(item: &Item, position: usize, findings: &[&Finding], now: Timestamp) -> String {
    let mut facts = String::new();
    let mut fact = |name: &str, value: String| facts += &format!("<div><dt>{name}</dt><dd>{value}</dd></div>\n");
    fact("Last good run", Html(&last_good(item, now)).to_string());
    fact("RPO", rpo(item));
    fact("Next run", Html(&next_run(item, now)).to_string());
    fact(
        "A run usually takes",
        item.typical_seconds.map_or_else(|| "not known".to_owned(), span),
    );
    if let Some(scope) = &item.scope {
        fact("Databases", Html(scope).to_string());
    }
    if let Some(storage) = &item.storage {
        fact("Storage", Html(storage).to_string());
    }
    let name = target(item);
    let mut text = format!(
        "<article id=\"backup-{position}\" aria-label=\"{name}\">\n<header><h2>{name}</h2>{state}</header>\n<dl>\n{facts}</dl>\n",
        name = Html(&name),
        state = state(item),
    );
    text += &timeline(item, now);
    text += &sizes(item);
    if !findings.is_empty() {
        text += "<h3>What is wrong</h3>\n";
        text += &list_of(findings);
    }
    text + "</article>\n"
}

/// What is wrong with other things than the backups of the page.
fn elsewhere(mut others: Vec<&Finding>) -> String {
    others.sort_by_key(|finding| finding.id);
    if others.is_empty() {
        return String::new();
    }
    format!("<article>\n<h2>Also found</h2>\n{}</article>\n", list_of(&others))
}

/// Findings, the code and the first line of each.
fn list_of(findings: &[&Finding]) -> String {
    let mut items = String::new();
    for finding in findings {
        let severity = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        };
        let (class, follows) = match finding.caused_by {
            Some(_) => ("effect", "<span class=\"soft\">follows:</span> "),
            None => ("cause", ""),
        };
        let object = finding.subject.as_ref().filter(|subject| **subject != finding.object);
        let object = object.map(|_| {
            format!(
                " <span class=\"soft\">({} {})</span>",
                Html(&finding.object.kind),
                Html(&finding.object.name)
            )
        });
        items += &format!(
            "<li class=\"{class}\">{follows}<span class=\"severity {severity}\">{severity}</span> <code>{}</code> {}{}</li>\n",
            Html(finding.code),
            Html(finding.message.lines().next().unwrap_or_default()),
            object.unwrap_or_default()
        );
    }
    format!("<ul class=\"findings\">\n{items}</ul>\n")
}
