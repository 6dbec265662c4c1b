//! Tables for the screen, no wider than it. Off a terminal nothing is cut.

use crate::printable::one_line;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment, ColumnConstraint, ContentArrangement, Table};

/// Minimum width of a column that has to be narrower than its content.
const NARROWEST: usize = 8;
/// Width that a column needs beside its content: a blank on each side, and a line.
const FRAME: usize = 3;
/// Width of the narrowest usual terminal: what is shown by default fits it.
pub(super) const WIDTH: usize = 80;

/// Builds a table whose columns `numbers` are aligned to the right. Each text is one line.
pub(super) fn table(header: &[&str], rows: &[Vec<String>], numbers: &[usize]) -> Table {
    fitted(header, rows, numbers, screen_width())
}

/// Builds a table of texts that may have several lines.
pub(super) fn table_of_lines(header: &[&str], rows: &[Vec<String>]) -> Table {
    let mut table = whole(header.iter().copied(), rows.iter().map(|row| row.iter().map(String::as_str)), &[]);
    fit(&mut table, screen_width());
    table
}

/// Lines up the cells of rows, without a frame; those of the columns `numbers` to the right.
pub(super) fn columns(rows: &[Vec<String>], numbers: &[usize]) -> String {
    let rows: Vec<Vec<_>> = rows.iter().map(|row| row.iter().map(|cell| one_line(cell)).collect()).collect();
    let most = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row: &Vec<_>| row.get(column))
            .map(|cell: &std::borrow::Cow<'_, str>| cell.chars().count())
            .max()
    };
    let widths: Vec<usize> = (0..most).map(|column| width(column).unwrap_or(0)).collect();
    let line = |row: &Vec<std::borrow::Cow<'_, str>>| {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, width))| {
            if numbers.contains(&column) { format!("{cell:>width$}") } else { format!("{cell:width$}") }
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Cuts a line to the width of the narrowest usual terminal.
pub(super) fn cut(line: &str) -> String {
    if line.chars().count() <= WIDTH {
        return line.to_owned();
    }
    let kept: String = line.chars().take(WIDTH - 1).collect();
    format!("{}…", kept.trim_end())
}

/// Breaks a text between words into lines that fit the narrowest usual terminal. The first line begins with `first`,
/// the others with as many blanks. A word that fits no line, such as an address, stays whole.
pub(super) fn wrapped(first: &str, text: &str) -> String {
    let indent = " ".repeat(first.chars().count());
    let mut lines = Vec::new();
    let (mut line, mut is_begun) = (first.to_owned(), false);
    for word in text.split_whitespace() {
        if is_begun && line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push(std::mem::replace(&mut line, indent.clone()));
            is_begun = false;
        }
        if is_begun {
            line.push(' ');
        }
        line.push_str(word);
        is_begun = true;
    }
    lines.push(line);
    lines.join("\n")
}

/// Returns the width of the terminal in characters, where standard output goes to one.
fn screen_width() -> Option<u16> {
    let (width, _) = terminal_size::terminal_size_of(std::io::stdout())?;
    Some(width.0).filter(|width| *width > 0)
}

fn fitted(header: &[&str], rows: &[Vec<String>], numbers: &[usize], width: Option<u16>) -> Table {
    let lines = |row: &Vec<String>| row.iter().map(|text| one_line(text).into_owned()).collect::<Vec<_>>();
    let names = header.iter().map(|name| one_line(name)).collect::<Vec<_>>();
    let rows: Vec<Vec<String>> = rows.iter().map(lines).collect();
    let width_of = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(String::as_str);
        cells.chain(header.get(column).copied()).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let least = |column| if numbers.contains(&column) { width_of(column) } else { NARROWEST };
    let narrowest = (0..header.len()).map(|column| least(column) + FRAME).sum::<usize>() + 1;
    if width.is_some_and(|width| narrowest > usize::from(width)) && !rows.is_empty() {
        // Too many columns to read side by side: each value gets a row.
        let mut turned = Vec::new();
        for (number, row) in rows.iter().enumerate() {
            for (column, (name, text)) in names.iter().zip(row).enumerate() {
                let value = Cell::new(text);
                let value = if numbers.contains(&column) { value.set_alignment(CellAlignment::Right) } else { value };
                turned.push([Cell::new(number + 1), Cell::new(name), value]);
            }
        }
        let mut table = whole(["row", "column", "value"], turned, &[0]);
        fit(&mut table, width);
        return table;
    }
    let mut table = whole(names, rows, numbers);
    fit(&mut table, width);
    // A number that is broken into two lines reads as another one.
    for number in numbers {
        if let Some(column) = table.column_mut(*number) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    table
}

fn whole<Text: Into<Cell>>(
    header: impl IntoIterator<Item = impl Into<Cell>>,
    rows: impl IntoIterator<Item = impl IntoIterator<Item = Text>>,
    numbers: &[usize],
) -> Table {
    let mut table = Table::new();
    table.load_preset(UTF8_FULL_CONDENSED).set_header(header.into_iter().map(Into::into).collect::<Vec<_>>());
    for row in rows {
        table.add_row(row.into_iter().map(Into::into).collect::<Vec<_>>());
    }
    for index in numbers {
        if let Some(column) = table.column_mut(*index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// Breaks the lines of a table that is wider than the screen.
fn fit(table: &mut Table, width: Option<u16>) {
    let Some(width) = width else { return };
    let widest = table.column_max_content_widths();
    let whole: usize = widest.iter().map(|width| usize::from(*width) + FRAME).sum::<usize>() + 1;
    if whole > usize::from(width) {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(columns: usize, text: &str) -> Vec<Vec<String>> {
        (0..2).map(|row| (0..columns).map(|column| format!("{row}.{column} {text}")).collect()).collect()
    }

    fn widest(table: &Table) -> usize {
        table.to_string().lines().map(|line| line.chars().count()).max().unwrap()
    }

    #[test]
    fn a_row_stays_a_row_whatever_its_texts_hold() {
        let text = "a\nb\r\nc\t\0\u{1b}[2J\u{9b}1m\u{202e}x".to_owned();
        let shown = table(&["id", "na\nme"], &[vec!["1".to_owned(), text]], &[0]).to_string();
        assert_eq!(shown.lines().count(), 5, "{shown}");
        assert!(shown.chars().all(|letter| letter == '\n' || !letter.is_control()), "{shown:?}");
        assert!(shown.contains(r"a\nb\r\nc\t\u0000\u001b[2J\u009b1m\u202ex") && shown.contains(r"na\nme"), "{shown}");
    }

    #[test]
    fn no_table_is_wider_than_the_screen_and_nothing_is_lost() {
        let long = "orð ".repeat(60);
        for (columns, width) in [(2, 80), (8, 100), (9, 100), (50, 80), (3, 34)] {
            let names: Vec<String> = (0..columns).map(|column| format!("column{column}")).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let shown = fitted(&names, &rows(columns, &long), &[0], Some(width));
            assert!(widest(&shown) <= usize::from(width), "{columns} in {width}:\n{shown}");
            let words = shown.to_string().matches("orð").count();
            assert_eq!(words, 2 * columns * 60, "{columns} in {width}:\n{shown}");
            let names_shown = names.iter().all(|name| shown.to_string().contains(name));
            assert!(names_shown, "{columns} in {width}:\n{shown}");
        }
        let whole = fitted(&["a", "b"], &rows(2, &long), &[], None);
        assert!(widest(&whole) > 400);
        let (narrow, wide) = (fitted(&["a"], &rows(1, "x"), &[], Some(200)), fitted(&["a"], &rows(1, "x"), &[], None));
        assert_eq!(narrow.to_string(), wide.to_string());
    }
    #[test]
    fn a_number_stands_to_the_right_where_each_value_has_a_row_too() {
        let names = ["name", "hours", "note", "rate"];
        let row = ["Ás ehf.", "7.50", "x", "12,345.00"].map(ToOwned::to_owned).to_vec();
        let shown = fitted(&names, &[row], &[1, 3], Some(40)).to_string();
        let value = |name: &str| {
            let line = shown.lines().find(|line| line.contains(&format!(" {name} "))).unwrap();
            line.trim_end_matches('│').rsplit('┆').next().unwrap().to_owned()
        };
        for (name, wanted) in
            [("name", " Ás ehf.   "), ("hours", "      7.50 "), ("note", " x         "), ("rate", " 12,345.00 ")]
        {
            assert_eq!(value(name), wanted, "{shown}");
        }
    }

    #[test]
    fn a_text_is_broken_between_words_and_hangs_below_its_first_line() {
        let long = "orð ".repeat(60);
        let text = wrapped("✓ login  ", &long);
        assert!(text.lines().count() > 3 && text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        assert!(text.starts_with("✓ login  orð orð"), "{text}");
        assert!(text.lines().skip(1).all(|line| line.starts_with("         orð")), "{text}");
        assert_eq!(text.split_whitespace().filter(|word| *word == "orð").count(), 60);
        // 80 fit, 81 do not.
        let (a, b) = ("a".repeat(40), "b".repeat(39));
        assert_eq!(wrapped("", &format!("{a} {b}")).lines().count(), 1);
        assert_eq!(wrapped("", &format!("{a} {b}b")).lines().count(), 2);
        // What can't be broken stays whole, and a line of its own.
        let address = format!("https://{}", "x".repeat(100));
        assert_eq!(wrapped("→ ", &format!("see {address} there")), format!("→ see\n  {address}\n  there"));
        assert_eq!(wrapped("→ ", &address), format!("→ {address}"));
        assert_eq!(wrapped("→ ", ""), "→ ");
    }
}
