//! Columns as kubectl sets them: as wide as the widest cell, and a gap between two.

use unicode_width::UnicodeWidthStr as _;

/// The gap between two columns.
pub(super) const GAP: usize = 3;

/// A cell.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    /// What it says.
    pub(super) text: String,
    /// The sequence that begins its color, for one that has a color.
    pub(super) color: Option<&'static str>,
}

impl Cell {
    /// A cell without color.
    pub(super) fn plain(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            color: None,
        }
    }
}

/// The rows, a line each.
pub(super) fn table(rows: &[Vec<Cell>]) -> String {
    let count = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.text.width()).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..count).map(width).collect();
    rows.iter().map(|row| line(row, &widths)).collect()
}

/// A row in columns of these widths.
pub(super) fn line(row: &[Cell], widths: &[usize]) -> String {
    let mut output = String::new();
    for (cell, width) in row.iter().zip(widths) {
        let room = (width + GAP).saturating_sub(cell.text.width());
        match cell.color {
            Some(color) => output += &format!("{color}{}\u{1b}[0m", cell.text),
            None => output += &cell.text,
        }
        output += &" ".repeat(room);
    }
    output.truncate(output.trim_end().len());
    output + "\n"
}
