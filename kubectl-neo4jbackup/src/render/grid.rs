//! Tables without lines, as kubectl prints them.

use comfy_table::{ContentArrangement, Table};

/// An empty table of at most `width` columns.
pub(crate) fn plain(width: usize) -> Table {
    let mut table = Table::new();
    table
        .load_style(comfy_table::presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(width).unwrap_or(u16::MAX));
    table
}

/// The lines of a table without blanks at either end.
pub(crate) fn lines(table: &Table) -> String {
    table
        .lines()
        .map(|line| match line.strip_prefix(' ').unwrap_or(&line).trim_end() {
            // A cell that is too narrow for a word breaks it anywhere, and what then begins a line may be a command of a
            // workflow.
            line if line.trim_start().starts_with("::") => line.replacen(':', "\\u{3a}", 1) + "\n",
            line => format!("{line}\n"),
        })
        .collect()
}
