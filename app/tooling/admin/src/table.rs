//! Aligned columns.

use console::{Style, measure_text_width};

use crate::output::printable;

/// A table with a header.
#[derive(Debug)]
pub(crate) struct Table {
    header: Vec<&'static str>,
    rows: Vec<Vec<String>>,
    /// Said in place of a table without rows.
    empty: &'static str,
}

impl Table {
    pub(crate) fn new(header: &[&'static str], empty: &'static str) -> Self {
        Self { header: header.to_vec(), rows: Vec::new(), empty }
    }

    pub(crate) fn row<const N: usize>(&mut self, cells: [&str; N]) {
        self.push(cells.iter().map(|cell| (*cell).to_owned()).collect());
    }

    pub(crate) fn push(&mut self, cells: Vec<String>) {
        self.rows.push(cells.iter().map(|cell| printable(&cell.replace('\n', " "))).collect());
    }

    pub(crate) fn render(&self, header: &Style) -> String {
        if self.rows.is_empty() {
            return format!("{}\n", self.empty);
        }
        let widths: Vec<usize> = (0..self.header.len())
            .map(|column| {
                let cells = self.rows.iter().filter_map(|row| row.get(column));
                let widest = cells.map(|cell| measure_text_width(cell)).max().unwrap_or_default();
                widest.max(measure_text_width(self.header.get(column).copied().unwrap_or_default()))
            })
            .collect();
        let titles: Vec<String> = self.header.iter().map(|title| title.to_uppercase()).collect();
        let mut text = header.apply_to(line(&titles, &widths)).to_string();
        text.push('\n');
        for row in &self.rows {
            text.push_str(&line(row, &widths));
            text.push('\n');
        }
        text
    }
}

/// The longest text that a cell shows of a reason, in characters; `--json` gives all of it.
pub(crate) const REASON: usize = 100;

/// The text, or as much of it as fits into `most` characters.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// Nothing follows the last cell, so that a line copied from a terminal has no blanks at its end.
fn line(cells: &[String], widths: &[usize]) -> String {
    let mut line = String::new();
    for (cell, width) in cells.iter().zip(widths) {
        line.push_str(cell);
        let blanks = (width + 2).saturating_sub(measure_text_width(cell));
        line.extend(std::iter::repeat_n(' ', blanks));
    }
    line.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_by_what_is_seen_and_nothing_steers_the_terminal() {
        let mut table = Table::new(&["title", "year"], "no films");
        assert_eq!(table.render(&Style::new()), "no films\n");
        table.row(["千と千尋", "2001"]);
        table.row(["\u{1b}[2J", ""]);
        assert_eq!(table.render(&Style::new()), "TITLE      YEAR\n千と千尋   2001\n\\u{1b}[2J\n");
    }

    #[test]
    fn a_name_that_turns_the_direction_of_what_follows_does_not_look_like_another() {
        let mut table = Table::new(&["name"], "nobody");
        table.row(["\u{202e}nimda"]);
        assert_eq!(table.render(&Style::new()), "NAME\n\\u{202e}nimda\n");
    }

    #[test]
    fn a_long_reason_is_cut_where_a_character_ends() {
        assert_eq!(shortened("äöü", 3), "äöü");
        assert_eq!(shortened("äöüß", 3), "äö…");
    }
}
