//! Aligned tables for terminals; wide Chinese characters take two columns.

/// Columns a text takes on a terminal.
pub fn width(text: &str) -> usize {
    text.chars().map(|c| if matches!(c as u32, 0x1100..=0x115F | 0x2E80..=0xA4CF | 0xAC00..=0xD7A3 | 0xF900..=0xFAFF | 0xFE30..=0xFE6F | 0xFF00..=0xFF60 | 0xFFE0..=0xFFE6 | 0x1F300..=0x1FAFF | 0x20000..=0x3FFFD) { 2 } else { 1 }).sum()
}

/// A table: its head, then rows of as many cells.
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Starts with the head.
    pub fn new(head: &[&str]) -> Table {
        Table { rows: vec![head.iter().map(|cell| (*cell).to_owned()).collect()] }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) -> &mut Table {
        self.rows.push(cells.into_iter().collect());
        self
    }

    /// The table as text: the first column to the left, the others to the right, a line under the head.
    pub fn text(&self) -> String {
        let columns = self.rows[0].len();
        let widths: Vec<usize> =
            (0..columns).map(|i| self.rows.iter().filter_map(|row| row.get(i)).map(|cell| width(cell)).max().unwrap_or(0)).collect();
        let mut text = String::new();
        for (n, row) in self.rows.iter().enumerate() {
            for (i, cell) in row.iter().enumerate() {
                let pad = " ".repeat(widths.get(i).map_or(0, |w| w - width(cell)));
                text += &if i == 0 { format!("{cell}{pad}") } else { format!("  {pad}{cell}") };
            }
            text.truncate(text.trim_end().len());
            text.push('\n');
            if n == 0 {
                text += &"─".repeat(widths.iter().sum::<usize>() + 2 * (columns - 1));
                text.push('\n');
            }
        }
        text
    }
}

/// A count with its noun: "1 message", "2,000 messages".
pub fn counted(n: u64, one: &str) -> String {
    format!("{} {one}{}", count(n), if n == 1 { "" } else { "s" })
}

/// A count with its thousands apart.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
