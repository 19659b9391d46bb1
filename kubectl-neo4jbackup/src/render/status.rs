//! The report of `status` in many formats.

use std::path::Path;

use jiff::Timestamp;
use neo4jbackup_core::quoted::{Name, printable};
use unicode_width::UnicodeWidthStr as _;

use super::columns::{Cell, GAP, line};
use crate::age::{age, span};
use crate::status_list::{Item, StatusList};

/// How a page is set.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
pub(crate) struct Page {
    /// Whether there is a column of namespaces.
    pub(crate) has_namespaces: bool,
    /// Whether there is a line of headers.
    pub(crate) has_headers: bool,
    /// Whether only ASCII can be shown.
    pub(crate) is_ascii: bool,
    /// Whether to use colors.
    pub(crate) color: bool,
    /// The width of a line.
    pub(crate) width: usize,
}

/// The columns that there can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Namespace,
    Backup,
    Scope,
    LastGood,
    Rpo,
    Next,
    /// The same without how long it is until then.
    NextShort,
    State,
    Runs,
    Storage,
    ChainRoot,
    Job,
}

/// The lines of a report for people, whose columns stay where they are when more lines come.
#[derive(Debug)]
pub(crate) struct Table {
    page: Page,
    columns: Vec<Column>,
    widths: Vec<usize>,
}

/// The whole report, with a line feed at the end, in a format that is made of the list alone.
pub(crate) fn text(list: &StatusList, is_wide: bool, page: &Page) -> String {
    if list.items.is_empty() {
        return String::new();
    }
    let table = Table::new(list, is_wide, *page);
    let rows: String = list.items.iter().map(|item| table.row(item, list)).collect();
    table.header() + &rows
}

/// The names alone.
pub(crate) fn names(list: &StatusList) -> String {
    list.items.iter().map(name).collect()
}

/// How many need attention, and what to ask next; `None` when none does and there are some.
pub(crate) fn attention(list: &StatusList, bundle: Option<&Path>) -> Option<String> {
    let all = list.items.len();
    if all == 0 {
        let place = match list.about.namespaces.as_deref() {
            Some([namespace]) => format!(" in namespace {}", Name(namespace)),
            _ => String::new(),
        };
        return Some(format!("there are no backups{place}"));
    }
    let bad: Vec<&Item> = list.items.iter().filter(|item| item.needs_attention).collect();
    let first = bad.first()?;
    let kind = if first.kind == "CronJob" { "cronjob" } else { "backup" };
    let target = match bad.len() {
        1 => format!(" {kind}/{} -n {}", Name(&first.name), Name(&first.namespace)),
        _ if bad.iter().all(|item| item.namespace == first.namespace) => format!(" -n {}", Name(&first.namespace)),
        _ => " -A".to_owned(),
    };
    let from = bundle.map(|path| format!(" --from-bundle {}", Name(&path.to_string_lossy())));
    let verb = if bad.len() == 1 { "needs" } else { "need" };
    Some(format!(
        "{} of {all} {verb} attention: kubectl neo4jbackup doctor{target}{}",
        bad.len(),
        from.unwrap_or_default()
    ))
}

fn name(item: &Item) -> String {
    let kind = if item.kind == "CronJob" {
        "cronjob.batch"
    } else {
        "neo4jbackup.neo4j.neo4j.com"
    };
    format!("{kind}/{}\n", Name(&item.name))
}

impl Table {
    /// The columns for a list.
    pub(crate) fn new(list: &StatusList, is_wide: bool, page: Page) -> Self {
        let mut columns = vec![
            Column::Backup,
            Column::Scope,
            Column::LastGood,
            Column::Rpo,
            Column::Next,
            Column::State,
            Column::Runs,
        ];
        if page.has_namespaces {
            columns.insert(0, Column::Namespace);
        }
        if is_wide {
            columns.extend([Column::Storage, Column::ChainRoot, Column::Job]);
        } else {
            // What is missed least goes first.
            if width(list, &columns, &page) > page.width {
                columns.retain(|column| *column != Column::Scope);
            }
            if width(list, &columns, &page) > page.width {
                for column in &mut columns {
                    if *column == Column::Next {
                        *column = Column::NextShort;
                    }
                }
            }
        }
        let widths = columns.iter().map(|column| column.width(list, &page)).collect();
        Self { page, columns, widths }
    }

    /// The line of headers; empty when none is wanted.
    pub(crate) fn header(&self) -> String {
        if !self.page.has_headers {
            return String::new();
        }
        let cells: Vec<Cell> = self.columns.iter().map(|column| Cell::plain(column.header())).collect();
        line(&cells, &self.widths)
    }

    /// The line of a backup.
    pub(crate) fn row(&self, item: &Item, list: &StatusList) -> String {
        let cells = self.columns.iter().map(|column| {
            let is_red = self.page.color && item.needs_attention && *column == Column::State;
            Cell {
                text: column.cell(item, list, &self.page),
                color: is_red.then_some("\u{1b}[1;31m"),
            }
        });
        line(&cells.collect::<Vec<_>>(), &self.widths)
    }
}

fn width(list: &StatusList, columns: &[Column], page: &Page) -> usize {
    let cells: usize = columns.iter().map(|column| column.width(list, page)).sum();
    cells + GAP * columns.len().saturating_sub(1)
}

impl Column {
    fn header(self) -> &'static str {
        match self {
            Self::Namespace => "NAMESPACE",
            Self::Backup => "BACKUP",
            Self::Scope => "SCOPE",
            Self::LastGood => "LAST GOOD",
            Self::Rpo => "RPO",
            Self::Next | Self::NextShort => "NEXT RUN (UTC)",
            Self::State => "STATE",
            Self::Runs => "LAST RUNS",
            Self::Storage => "STORAGE",
            Self::ChainRoot => "CHAIN ROOT",
            Self::Job => "JOB",
        }
    }

    fn width(self, list: &StatusList, page: &Page) -> usize {
        let cells = list.items.iter().map(|item| self.cell(item, list, page).width());
        let header = if page.has_headers { self.header().len() } else { 0 };
        cells.max().unwrap_or_default().max(header)
    }

    fn cell(self, item: &Item, list: &StatusList, page: &Page) -> String {
        let now = list.about.checked_at;
        let time = |text: &Option<String>| text.as_ref().and_then(|text| text.parse::<Timestamp>().ok());
        let foreign = |text: &Option<String>| text.as_ref().map(|text| printable(text).into_owned());
        let cell = match self {
            Self::Namespace => Some(Name(&item.namespace).to_string()),
            Self::Backup if item.kind == "CronJob" => Some(format!("cronjob/{}", Name(&item.name))),
            Self::Backup => Some(Name(&item.name).to_string()),
            Self::Scope => foreign(&item.scope),
            Self::LastGood => time(&item.last_good).map(|time| age(time, now)),
            Self::Rpo => item.rpo.as_ref().map(|rpo| {
                let sign = if rpo.met { "ok " } else { "!" };
                format!("{sign}{}", span(rpo.bound_seconds))
            }),
            Self::Next => time(&item.next_run).map(|time| {
                let until = span(time.as_second() - now.as_second());
                format!("{} ({until})", time.strftime("%m-%d %H:%M"))
            }),
            Self::NextShort => time(&item.next_run).map(|time| time.strftime("%m-%d %H:%M").to_string()),
            Self::State if item.state == "Failing" => Some(format!("{} x{}", item.state, item.failures_in_a_row)),
            Self::State => Some(item.state.to_owned()),
            Self::Runs => Some(item.runs.iter().map(|run| sign(run.outcome, page.is_ascii)).collect()),
            Self::Storage => foreign(&item.storage),
            Self::ChainRoot => foreign(&item.chain_root),
            Self::Job => foreign(&item.job),
        };
        cell.filter(|cell| !cell.is_empty()).unwrap_or_else(|| "-".to_owned())
    }
}

fn sign(outcome: &str, is_ascii: bool) -> char {
    match (outcome, is_ascii) {
        ("good", false) => '✓',
        ("good", true) => '+',
        ("failed", false) => '✗',
        ("failed", true) => 'x',
        ("missed", false) => '·',
        ("missed", true) => '.',
        ("running", false) => '▸',
        ("running", true) => '>',
        _ => '?',
    }
}
