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
    let unpadded = |line: String| line.strip_prefix(' ').map(str::to_owned).unwrap_or(line);
    table.lines().map(|line| voiceless(&unpadded(line)) + "\n").collect()
}

/// A line of a table without blanks at its end. A cell that is too narrow for a word breaks it anywhere, and what then begins
/// the line may be a command of a workflow.
pub(super) fn voiceless(line: &str) -> String {
    let line = line.trim_end();
    if line.trim_start().starts_with("::") {
        return line.replacen(':', "\\u{3a}", 1);
    }
    line.to_owned()
}
