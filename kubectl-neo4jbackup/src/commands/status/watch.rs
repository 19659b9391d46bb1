//! `status --watch`: what changes, until somebody presses Ctrl-C.

use std::time::Duration;

use jiff::Timestamp;
use neo4jbackup_core::live::Cluster;

use super::{Question, said, template_in};
use crate::chosen::Chosen;
use crate::cli::StatusFormat;
use crate::commands::usage;
use crate::commands::watch::{self, Watched};
use crate::connection::Access;
use crate::interrupt::Interrupt;
use crate::jsonpath::{Template, TemplateError};
use crate::look::{Look, LookError};
use crate::render::status::{self, Page, Table};
use crate::status_list::StatusList;
use crate::target::TargetError;
use crate::yaml;
use crate::{Exit, Io, json};

/// Asks until it is interrupted.
pub(super) fn run(question: Question<'_>, look: Look, access: Access, interval: Duration, io: &mut Io<'_>) -> Exit {
    let form = match &question.arguments.output {
        StatusFormat::Text => Form::Lines { is_wide: false },
        StatusFormat::Wide => Form::Lines { is_wide: true },
        StatusFormat::Name => Form::Names,
        StatusFormat::Json => Form::Json,
        StatusFormat::Yaml => Form::Yaml,
        StatusFormat::JsonPath(template) => Form::Template(template.clone()),
        StatusFormat::JsonPathFile(path) => match template_in(path, io) {
            Ok(template) => Form::Template(template),
            Err(error) => return usage(io, &error),
        },
        StatusFormat::Html => return usage(io, &"--watch goes with every format but html: a page is of one moment"),
    };
    let interrupt = match Interrupt::listen() {
        Ok(interrupt) => interrupt,
        Err(error) => return usage(io, &format_args!("cannot wait for Ctrl-C: {error}")),
    };
    let mut watcher = Watcher {
        question,
        look,
        access: Access {
            interrupt: Some(interrupt.clone()),
            ..access
        },
        form,
        chosen: None,
        newest: None,
    };
    let end = watch::run(&mut watcher, interval, &interrupt, io);
    if end.interrupted { Exit::Interrupted } else { end.exit }
}

/// In which form changes are told.
enum Form {
    Lines { is_wide: bool },
    Names,
    Json,
    Yaml,
    Template(Template),
}

struct Watcher<'q> {
    question: Question<'q>,
    look: Look,
    access: Access,
    form: Form,
    /// What was found at first: what is deleted later was asked for, too.
    chosen: Option<Chosen>,
    newest: Option<Newest>,
}

/// What was seen last.
struct Newest {
    list: StatusList,
    page: Page,
    /// The columns in which lines come, once there was one.
    table: Option<Table>,
}

/// Why there is no list.
#[derive(Debug, thiserror::Error)]
enum Unanswered {
    #[error(transparent)]
    Look(#[from] LookError),
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error(transparent)]
    Template(#[from] TemplateError),
}

impl Watched for Watcher<'_> {
    type Report = StatusList;
    type Unanswered = Unanswered;

    fn look(&mut self, io: &mut Io<'_>) -> Result<StatusList, Unanswered> {
        let seen = self.look.take(self.access.clone(), io)?;
        let cluster = Cluster::of(&seen.snapshot);
        let chosen = match self.chosen.take() {
            Some(chosen) => chosen,
            None => self.question.asked.find(&seen, &cluster)?,
        };
        let list = self.question.list(&seen, &cluster, &chosen);
        self.chosen = Some(chosen);
        Ok(list)
    }

    fn take(&mut self, list: StatusList, io: &mut Io<'_>) -> Result<String, Unanswered> {
        let before = self.newest.take();
        let (list, changes) = match &before {
            None => (list.clone(), list),
            Some(before) => {
                let list = list.laid_over(&before.list);
                let changes = list.changes(&before.list);
                (list, changes)
            }
        };
        self.question.say_what_matters(&list, io);
        let is_first = before.is_none();
        let is_new = is_first
            || before
                .as_ref()
                .is_some_and(|before| before.list.not_read != list.not_read);
        let page = self.question.page(&list, io);
        let newest = self.newest.insert(Newest {
            list,
            page,
            table: before.and_then(|before| before.table),
        });
        Ok(match &self.form {
            Form::Lines { is_wide } => newest.lines(&changes, *is_wide),
            Form::Names => status::names(&changes),
            Form::Json | Form::Yaml if changes.items.is_empty() && !is_new => String::new(),
            Form::Json => json::pretty(&changes),
            Form::Yaml if is_first => yaml::of(&changes),
            Form::Yaml => format!("---\n{}", yaml::of(&changes)),
            Form::Template(_) if changes.items.is_empty() && !is_first => String::new(),
            Form::Template(template) => in_lines(said(template, &changes)?),
        })
    }

    fn tell(&self, unanswered: &Unanswered, io: &mut Io<'_>) -> Exit {
        match unanswered {
            Unanswered::Look(error) => error.tell(io),
            Unanswered::Target(error) => usage(io, error),
            Unanswered::Template(error) => usage(io, error),
        }
    }

    fn is_redrawn(&self) -> bool {
        matches!(self.form, Form::Lines { .. })
    }

    fn shown(&self) -> (String, String) {
        let is_wide = matches!(self.form, Form::Lines { is_wide: true });
        let newest = self.newest.as_ref();
        let lines = newest.map(|newest| status::text(&newest.list, is_wide, &newest.page));
        (lines.unwrap_or_default(), String::new())
    }

    fn checked_at(&self) -> Timestamp {
        let newest = self.newest.as_ref();
        newest.map_or(Timestamp::UNIX_EPOCH, |newest| newest.list.about.checked_at)
    }

    fn exit(&self) -> Exit {
        let newest = self.newest.as_ref();
        newest.map_or(Exit::Incomplete, |newest| newest.list.exit())
    }
}

impl Newest {
    /// A line for each change, below the headers if these are the first.
    fn lines(&mut self, changes: &StatusList, is_wide: bool) -> String {
        if changes.items.is_empty() {
            return String::new();
        }
        let mut lines = String::new();
        let table = self.table.get_or_insert_with(|| {
            let table = Table::new(changes, is_wide, self.page);
            lines = table.header();
            table
        });
        lines.extend(changes.items.iter().map(|item| table.row(item, changes)));
        lines
    }
}

/// Ends what a template says with a line feed, so that what it says next does not stand in the same line.
fn in_lines(mut said: String) -> String {
    if !said.is_empty() && !said.ends_with('\n') {
        said.push('\n');
    }
    said
}
