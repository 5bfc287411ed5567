//! Tables for spreadsheets: CSV with a mark that says UTF-8, and no cell that somebody wrote which could be read as a formula.

use crate::domain::refusal::Refusal;
use std::borrow::Cow;

/// Tells spreadsheets that what follows is UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What a formula begins with, in plain, full and small form.
const SIGNS: [char; 12] = ['=', '+', '-', '@', '＝', '＋', '－', '＠', '﹦', '﹢', '﹣', '﹫'];

/// A cell.
pub enum Cell<'a> {
    Text(Cow<'a, str>),
    Number(u64),
    Share(f64),
    Empty,
}

impl<'a> From<&'a str> for Cell<'a> {
    fn from(text: &'a str) -> Cell<'a> {
        Cell::Text(text.into())
    }
}

impl From<String> for Cell<'_> {
    fn from(text: String) -> Self {
        Cell::Text(text.into())
    }
}

impl From<u64> for Cell<'_> {
    fn from(number: u64) -> Self {
        Cell::Number(number)
    }
}

/// At these a spreadsheet may split a cell whatever stands round it, where it takes another sign than the comma to part cells.
const SPLITS: [char; 4] = [';', '\t', '\r', '\n'];

/// A text that no spreadsheet takes for a formula: what begins like one gets an apostrophe before it, also where a part would begin
/// if the text were split.
fn harmless(text: Cow<'_, str>) -> String {
    // What a spreadsheet may skip before the sign.
    let skipped = |c: char| c.is_whitespace() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '"');
    let begins = |part: &str| part.trim_start_matches(skipped).starts_with(SIGNS);
    let mut safe = String::with_capacity(text.len() + 1);
    for (at, part) in text.split_inclusive(SPLITS).enumerate() {
        if begins(part) || at == 0 && text.starts_with(SPLITS) {
            safe.push('\'');
        }
        safe.push_str(part);
    }
    safe
}

/// A cell as it stands in the table: in quotes where anything in it could end it.
fn quoted(cell: String) -> String {
    if cell.contains([',', ';', '\t', '"', '\r', '\n']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}

fn written<'a>(rows: impl IntoIterator<Item = Vec<Cell<'a>>>, into: Vec<u8>) -> Result<Vec<u8>, Refusal> {
    // The quotes are ours: it would leave a cell with a semicolon without.
    let style = csv::QuoteStyle::Never;
    let mut table = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).quote_style(style).from_writer(into);
    for row in rows {
        let cells = row.into_iter().map(|cell| match cell {
            Cell::Text(text) => quoted(harmless(text)),
            Cell::Number(number) => number.to_string(),
            Cell::Share(share) => share.to_string(),
            Cell::Empty => String::new(),
        });
        table.write_record(cells).map_err(|_| Refusal::Internal)?;
    }
    table.into_inner().map_err(|_| Refusal::Internal)
}

/// How a table begins.
pub fn head(columns: &[&str]) -> Result<Vec<u8>, Refusal> {
    written([columns.iter().map(|name| Cell::from(*name)).collect()], BYTE_ORDER_MARK.to_vec())
}

/// Rows of a table.
pub fn lines<'a>(rows: impl IntoIterator<Item = Vec<Cell<'a>>>) -> Result<Vec<u8>, Refusal> {
    written(rows, Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    // SPEC: INB-15
    #[test]
    fn no_cell_is_a_formula_and_numbers_stay_numbers() {
        for wicked in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1", "＠x"] {
            let safe = harmless(wicked.into());
            assert!(safe.starts_with('\''), "{wicked:?} → {safe:?}");
            assert!(!SIGNS.iter().any(|sign| safe.contains(&format!("\t{sign}")) || safe.contains(&format!("\n{sign}"))), "{safe:?}");
        }
        for (split, safe) in [("a;=1+1", "a;'=1+1"), ("a\t@x", "a\t'@x"), ("a\n\"=1", "a\n'\"=1"), ("a; b;+1;c", "a; b;'+1;c")] {
            assert_eq!(harmless(split.into()), safe, "{split:?}");
        }
        for plain in ["", "a=1", "a; b", "1;2", "'=1", "你好", "1-2", "好-"] {
            assert_eq!(harmless(plain.into()), plain);
        }
        let row = vec!["=HYPERLINK(\"http://x\",\"a,b\")".into(), 7.into(), Cell::Share(-0.5), Cell::Empty, "two\nlines".into()];
        let text = String::from_utf8(lines([row]).unwrap()).unwrap();
        let split = lines([vec!["a;b".into(), "a\tb".into(), "c".into()]]).unwrap();
        assert_eq!(split, b"\"a;b\",\"a\tb\",c\r\n");
        assert_eq!(text, "\"'=HYPERLINK(\"\"http://x\"\",\"\"a,b\"\")\",7,-0.5,,\"two\nlines\"\r\n");
    }

    #[test]
    fn a_table_begins_with_a_mark_and_its_columns() {
        assert_eq!(head(&["a", "b"]).unwrap(), b"\xef\xbb\xbfa,b\r\n");
    }
}
