//! Tables for spreadsheets: CSV with a mark that says UTF-8, and no cell that somebody wrote which could be read as a formula.

use crate::domain::refusal::Refusal;
use std::borrow::Cow;

/// Tells spreadsheets that what follows is UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What a formula begins with, in plain, full and small form, and what lets one begin a cell of its own.
const BEGINS_FORMULA: [char; 15] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠', '﹦', '﹢', '﹣', '﹫'];

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

/// A text that no spreadsheet takes for a formula: what begins like one gets an apostrophe before it.
fn harmless(text: Cow<'_, str>) -> String {
    // What a spreadsheet may skip before the sign.
    let skipped = |c: char| c.is_whitespace() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}');
    let begins = text.starts_with(BEGINS_FORMULA) || text.trim_start_matches(skipped).starts_with(BEGINS_FORMULA);
    if begins { format!("'{text}") } else { text.into_owned() }
}

fn written<'a>(rows: impl IntoIterator<Item = Vec<Cell<'a>>>, into: Vec<u8>) -> Result<Vec<u8>, Refusal> {
    let mut table = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(into);
    for row in rows {
        let cells = row.into_iter().map(|cell| match cell {
            Cell::Text(text) => harmless(text),
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
            assert_eq!(harmless(wicked.into()), format!("'{wicked}"), "{wicked:?}");
        }
        for plain in ["", "a=1", "'=1", "你好", "1-2", "好-"] {
            assert_eq!(harmless(plain.into()), plain);
        }
        let row = vec!["=HYPERLINK(\"http://x\",\"a,b\")".into(), 7.into(), Cell::Share(-0.5), Cell::Empty, "two\nlines".into()];
        let text = String::from_utf8(lines([row]).unwrap()).unwrap();
        assert_eq!(text, "\"'=HYPERLINK(\"\"http://x\"\",\"\"a,b\"\")\",7,-0.5,,\"two\nlines\"\r\n");
    }

    #[test]
    fn a_table_begins_with_a_mark_and_its_columns() {
        assert_eq!(head(&["a", "b"]).unwrap(), b"\xef\xbb\xbfa,b\r\n");
    }
}
