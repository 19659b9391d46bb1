//! `status`: how every backup does, a line for each.

mod watch;

use std::path::{Path, PathBuf};
use std::{fs, io};

use neo4jbackup_cluster::Purpose;
use neo4jbackup_core::examine::{Options, examine};
use neo4jbackup_core::live::Cluster;
use neo4jbackup_core::quoted::Name;
use neo4jbackup_core::settings::Settings;

use super::usage;
use crate::chosen::{Asked, Chosen};
use crate::cli::{FailOn, Show, Status, StatusFormat};
use crate::connection::Access;
use crate::doctor_report::DoctorReport;
use crate::jsonpath::{Template, TemplateError};
use crate::look::{Look, Seen};
use crate::render::status::{self, Page};
use crate::render::status_html;
use crate::status_list::StatusList;
use crate::target::TargetError;
use crate::yaml;
use crate::{Exit, Io, json};

/// Runs the command.
pub(super) fn run(arguments: &Status, namespace: Option<&str>, access: Access, color: bool, io: &mut Io<'_>) -> Exit {
    let asked = match Asked::read(&arguments.targets, namespace) {
        Ok(asked) => asked,
        Err(error) => return usage(io, &error),
    };
    let purpose = match arguments.output {
        StatusFormat::Html => Purpose::Causes,
        _ => Purpose::Runs,
    };
    let look = Look {
        only: asked.only(),
        reads_events: false,
        ..Look::at(&arguments.look, namespace, purpose)
    };
    let question = Question {
        arguments,
        asked: &asked,
        color,
    };
    if let Some(interval) = arguments.watch {
        return watch::run(question, look, access, interval, io);
    }
    match look.take(access, io) {
        Ok(seen) => question.report(&seen, io),
        Err(error) => error.tell(io),
    }
}

/// What was asked, and how it is to be answered.
struct Question<'q> {
    arguments: &'q Status,
    asked: &'q Asked,
    color: bool,
}

impl Question<'_> {
    /// Judges what was seen.
    fn judge(&self, seen: &Seen, cluster: &Cluster<'_>) -> Result<(StatusList, Chosen), TargetError> {
        let chosen = self.asked.find(seen, cluster)?;
        Ok((self.list(seen, cluster, &chosen), chosen))
    }

    /// How those do that were chosen.
    fn list(&self, seen: &Seen, cluster: &Cluster<'_>, chosen: &Chosen) -> StatusList {
        let bound = self.arguments.rpo;
        let bound = bound.map(|rpo| i64::try_from(rpo.as_secs()).unwrap_or(i64::MAX));
        StatusList::new(cluster, seen.source.clone(), bound, chosen)
    }

    /// Judges what was seen, and prints what it came to.
    fn report(&self, seen: &Seen, io: &mut Io<'_>) -> Exit {
        let cluster = Cluster::of(&seen.snapshot);
        let (list, chosen) = match self.judge(seen, &cluster) {
            Ok(judged) => judged,
            Err(error) => return usage(io, &error),
        };
        let page = self.page(&list, io);
        let text = match &self.arguments.output {
            StatusFormat::Text => status::text(&list, false, &page),
            StatusFormat::Wide => status::text(&list, true, &page),
            StatusFormat::Name => status::names(&list),
            StatusFormat::Json => json::pretty(&list),
            StatusFormat::Yaml => yaml::of(&list),
            StatusFormat::Html => html(&list, &cluster, seen, &chosen),
            StatusFormat::JsonPath(template) => match said(template, &list) {
                Ok(text) => text,
                Err(error) => return usage(io, &error),
            },
            StatusFormat::JsonPathFile(path) => match said_by_file(path, &list, io) {
                Ok(text) => text,
                Err(error) => return usage(io, &error),
            },
        };
        io.print(&text);
        self.say_what_matters(&list, io);
        list.exit()
    }

    /// Says what is missing, and what to ask next.
    fn say_what_matters(&self, list: &StatusList, io: &mut Io<'_>) {
        for reason in &list.not_read {
            io.say(&format!("not everything is known: {reason}"));
        }
        if let Some(line) = status::attention(list, self.arguments.look.from_bundle.as_deref()) {
            io.say(&line);
        }
    }

    /// How lines for people are set.
    fn page(&self, list: &StatusList, io: &Io<'_>) -> Page {
        let knows_width = io.variable("COLUMNS").is_some() || io.terminal_width.is_some();
        Page {
            has_namespaces: self.arguments.look.all_namespaces || list.spans_namespaces(),
            has_headers: !self.arguments.no_headers,
            is_ascii: self.arguments.ascii || !io.is_utf8(),
            color: self.color,
            // Who reads it by a program gets every column.
            width: if knows_width { io.width() } else { usize::MAX },
        }
    }
}

/// The page, with what `doctor` finds.
fn html(list: &StatusList, cluster: &Cluster<'_>, seen: &Seen, chosen: &Chosen) -> String {
    let settings = Settings::default();
    let options = Options {
        settings: &settings,
        target: None,
        selects: &|_, _| true,
    };
    let examination = examine(cluster, &options);
    let report = DoctorReport::new(&examination, cluster, seen.source.clone(), FailOn::Error, Show::Info);
    status_html::page(list, &report.findings, chosen.is_named())
}

/// What a template says of the list.
fn said(template: &Template, list: &StatusList) -> Result<String, TemplateError> {
    // Texts, numbers and lists always become JSON.
    template.render(&serde_json::to_value(list).unwrap_or_default())
}

/// What the template in a file says of the list.
fn said_by_file(path: &Path, list: &StatusList, io: &Io<'_>) -> Result<String, TemplateFileError> {
    said(&template_in(path, io)?, list).map_err(|source| TemplateFileError::of(path, source))
}

/// The template in a file.
fn template_in(path: &Path, io: &Io<'_>) -> Result<Template, TemplateFileError> {
    let text = fs::read_to_string(io.current_directory.join(path));
    let text = text.map_err(|source| TemplateFileError::Read {
        path: path.to_owned(),
        source,
    })?;
    Template::parse(&text).map_err(|source| TemplateFileError::of(path, source))
}

/// Why the template in a file gives no answer.
#[derive(Debug, thiserror::Error)]
enum TemplateFileError {
    #[error("{} cannot be read: {source}", Name(&path.to_string_lossy()))]
    Read { path: PathBuf, source: io::Error },
    #[error("{}: {source}", Name(&path.to_string_lossy()))]
    Template { path: PathBuf, source: TemplateError },
}

impl TemplateFileError {
    fn of(path: &Path, source: TemplateError) -> Self {
        Self::Template {
            path: path.to_owned(),
            source,
        }
    }
}
