//! CSV writer: values as they are, or as Excel reads them.
//!
//! Invariant: without Excel in mind a value must be written character by character, and null (no character) must differ
//! from an empty text (`""`).

use crate::error::Error;
use clap::ValueEnum;
use std::io::{self, Write};

/// Which Excel is to read it: list separator and decimal sign go by the region that Windows is set to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Excel {
    /// Semicolons, and the comma as the decimal sign: Iceland and most of Europe.
    Europe,
    /// Commas, and the decimal point: English-speaking regions.
    English,
}

/// Returns the error for `--excel` with a format other than CSV.
pub(super) fn no_csv() -> Error {
    Error::Usage("--excel is a form of CSV: leave --format out, or give --format csv".to_owned())
}

/// Content of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cell<'t> {
    Null,
    Text(&'t str),
    Number(&'t str),
}

/// Writes rows as CSV.
pub(super) struct Csv<W> {
    out: W,
    excel: Option<Excel>,
    separator: char,
    begun: bool,
}

impl<W: Write> Csv<W> {
    pub(super) fn new(out: W, excel: Option<Excel>) -> Self {
        let separator = if excel == Some(Excel::Europe) { ';' } else { ',' };
        Self { out, excel, separator, begun: false }
    }

    pub(super) fn row<'t>(&mut self, cells: impl IntoIterator<Item = Cell<'t>>) -> io::Result<()> {
        let mut line = String::new();
        if self.excel.is_some() && !std::mem::replace(&mut self.begun, true) {
            // The byte order mark tells Excel that the file is UTF-8.
            line.push('\u{feff}');
        }
        for (index, cell) in cells.into_iter().enumerate() {
            if index > 0 {
                line.push(self.separator);
            }
            match cell {
                Cell::Null => {}
                Cell::Number(text) if self.excel == Some(Excel::Europe) => line.push_str(&text.replace('.', ",")),
                Cell::Number(text) => line.push_str(text),
                Cell::Text(text) => self.text(&mut line, text),
            }
        }
        line.push_str(if self.excel.is_some() { "\r\n" } else { "\n" });
        self.out.write_all(line.as_bytes())
    }

    /// Writes a text, in quotes where CSV needs them.
    fn text(&self, line: &mut String, text: &str) {
        // Excel would evaluate it as a formula.
        let is_formula = self.excel.is_some() && text.starts_with(['=', '+', '-', '@', '\t', '\r']);
        if !is_formula && !text.is_empty() && !text.contains([self.separator, '"', '\n', '\r']) {
            return line.push_str(text);
        }
        line.push_str(if is_formula { "\"'" } else { "\"" });
        line.push_str(&text.replace('"', "\"\""));
        line.push('"');
    }

    pub(super) fn into_inner(self) -> W {
        self.out
    }
}

#[cfg(test)]
mod tests {
    use super::Cell::{Null, Number, Text};
    use super::*;

    fn written(excel: Option<Excel>, rows: &[&[Cell<'_>]]) -> String {
        let mut csv = Csv::new(Vec::new(), excel);
        for row in rows {
            csv.row(row.iter().copied()).unwrap();
        }
        String::from_utf8(csv.into_inner()).unwrap()
    }

    #[test]
    fn nothing_differs_from_an_empty_text_and_blanks_stay() {
        let rows: [&[Cell<'_>]; 2] = [&[Text("a"), Text("b c"), Text("d")], &[Null, Text(""), Text(" x  ")]];
        assert_eq!(written(None, &rows), "a,b c,d\n,\"\", x  \n");
        let awkward: [&[Cell<'_>]; 1] = [&[Text("a,\"b\"\nc\r"), Text("=1+1"), Number("-1.50"), Text("a;b")]];
        assert_eq!(written(None, &awkward), "\"a,\"\"b\"\"\nc\r\",=1+1,-1.50,a;b\n");
    }

    #[test]
    fn excel_gets_its_mark_its_separator_and_no_formulas() {
        let rows: [&[Cell<'_>]; 2] =
            [&[Text("nafn"), Text("tímar")], &[Text("=HYPERLINK(\"http://x\")"), Number("-1234.5678")]];
        let europe = "\u{feff}nafn;tímar\r\n\"'=HYPERLINK(\"\"http://x\"\")\";-1234,5678\r\n";
        assert_eq!(written(Some(Excel::Europe), &rows), europe);
        let english = "\u{feff}nafn,tímar\r\n\"'=HYPERLINK(\"\"http://x\"\")\",-1234.5678\r\n";
        assert_eq!(written(Some(Excel::English), &rows), english);
        for text in ["+354 555", "-5", "@x", "\t=1", "\r=1"] {
            let line = written(Some(Excel::Europe), &[&[Text(text)]]);
            assert_eq!(line, format!("\u{feff}\"'{text}\"\r\n"));
        }
        assert_eq!(written(Some(Excel::Europe), &[&[Text("a,b"), Text("a;b")]]), "\u{feff}a,b;\"a;b\"\r\n");
    }
}
