//! The page of a check of a live cluster.

use std::fmt::Write as _;

use neo4jbackup_core::check::{CheckMeta, Looks};
use neo4jbackup_core::snapshot::Resource;
use serde_json::{Value, json};

use super::{BOLD, PLAIN, prose};
use crate::cli::PageFormat;
use crate::json::pretty;
use crate::report::API_VERSION;

pub(super) fn page(meta: &CheckMeta, format: PageFormat, color: bool, width: usize) -> String {
    match format {
        PageFormat::Json => {
            let mut value = object(meta);
            value["apiVersion"] = API_VERSION.into();
            value["kind"] = "Check".into();
            pretty(&value)
        }
        PageFormat::Markdown => format!("# {} {}\n\n{}", meta.code, meta.name, meta.page()),
        PageFormat::Text => terminal(meta, color, width),
    }
}

fn terminal(meta: &CheckMeta, color: bool, width: usize) -> String {
    let (bold, plain) = if color { (BOLD, PLAIN) } else { ("", "") };
    let mut text = format!("{bold}{} {}{plain}\n", meta.code, meta.name);
    let looks: Vec<&str> = meta.looks.iter().map(|looks| looks_at(*looks)).collect();
    let _ = writeln!(
        text,
        "{}; found by doctor, looking at {}\n",
        meta.severity,
        looks.join(" and ")
    );
    text.push_str(&prose(&meta.page(), color, width));
    if !meta.explains.is_empty() {
        let _ = writeln!(text, "{bold}It can be why{plain}\n{}\n", meta.explains.join(", "));
    }
    let _ = writeln!(text, "{}", meta.url());
    text
}

fn looks_at(looks: Looks) -> &'static str {
    match looks {
        Looks::AtCluster => "the cluster as a whole",
        Looks::AtBackups => "backups",
        Looks::AtRestores => "restores",
        Looks::AtInstances => "clusters and standalones",
        Looks::AtPlainCronJobs => "CronJobs that run neo4j-admin",
    }
}

/// A check as an object.
pub(super) fn object(meta: &CheckMeta) -> Value {
    json!({
        "code": meta.code,
        "name": meta.name,
        "severity": meta.severity,
        "summary": meta.summary(),
        "doors": "doctor",
        "needs": meta.needs.iter().copied().map(Resource::plural).collect::<Vec<_>>(),
        "explains": meta.explains,
        "since": meta.since,
        "url": meta.url(),
        "docs": meta.page(),
    })
}
