//! The names in a DAX formula, and whether its quotes and brackets are closed. Its grammar is not looked at.

use std::fmt;
use std::iter::Peekable;
use std::ops::Range;
use std::str::Chars;

/// A name in a formula.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Name {
    /// `[measure]`
    Measure(String),
    /// `table[column]`
    Column(String, String),
    /// A table alone.
    Table(String),
    /// `VAR variable`
    Variable(String),
}

/// A name with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// Where it begins.
    pub(crate) place: Place,
    /// Its bytes in the formula.
    pub(crate) span: Range<usize>,
    /// The name.
    pub(crate) name: Name,
}

/// A place in a formula, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    line: usize,
    character: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "in its line {} at character {}", self.line, self.character)
    }
}

/// The names, each with its place.
///
/// A column that the formula itself adds to a table, `"name", …`, is none of a measure.
///
/// # Errors
/// What is not closed or not opened, and where.
pub(crate) fn names(formula: &str) -> Result<Vec<Found>, (Place, String)> {
    let mut reader = Reader { rest: formula.chars().peekable(), at: 0, place: Place { line: 1, character: 1 } };
    let (mut found, mut open, mut texts) = (Vec::new(), Vec::new(), Vec::new());
    while let Some(letter) = reader.peek() {
        let (place, begin) = (reader.place, reader.at);
        let mut name = None;
        match letter {
            '"' => texts.push(reader.enclosed('"')?),
            '[' => name = Some(Name::Measure(reader.enclosed(']')?)),
            '\'' => {
                let table = reader.enclosed('\'')?;
                name = Some(reader.of_table(table)?);
            }
            '(' | '{' => {
                open.push((place, letter));
                reader.next();
            }
            ')' | '}' => {
                let wanted = if letter == ')' { '(' } else { '{' };
                if open.pop().is_none_or(|(_, opened)| opened != wanted) {
                    return Err((place, format!("closes a `{letter}` that was not opened")));
                }
                reader.next();
            }
            '/' | '-' => {
                reader.next();
                match (letter, reader.peek()) {
                    ('/', Some('/')) | ('-', Some('-')) => while reader.next().is_some_and(|letter| letter != '\n') {},
                    ('/', Some('*')) => reader.block_comment(place)?,
                    _ => {}
                }
            }
            letter if letter.is_alphanumeric() || letter == '_' => {
                let word = reader.word();
                if word.eq_ignore_ascii_case("VAR") {
                    name = reader.variable();
                } else if reader.opens_column() {
                    name = Some(reader.of_table(word)?);
                } else if (word.starts_with("fact_") || word.starts_with("dim")) && reader.after_blanks() != Some('(') {
                    name = Some(Name::Table(word));
                }
            }
            _ => {
                reader.next();
            }
        }
        found.extend(name.map(|name| Found { place, span: begin..reader.at, name }));
    }
    match open.pop() {
        Some((place, letter)) => Err((place, format!("opens a `{letter}` that is not closed"))),
        None => {
            found.retain(|found| !matches!(&found.name, Name::Measure(name) if texts.contains(name)));
            Ok(found)
        }
    }
}

/// The formula with other names in the place of its own; those without another one stay.
///
/// # Errors
/// As [`names`] has them.
pub(crate) fn renamed(formula: &str, other: impl Fn(&Name) -> Option<String>) -> Result<String, (Place, String)> {
    let mut out = String::with_capacity(formula.len());
    let mut done = 0;
    for Found { span, name, .. } in names(formula)? {
        if let Some(other) = other(&name) {
            out.push_str(formula.get(done..span.start).unwrap_or_default());
            out.push_str(&other);
            done = span.end;
        }
    }
    out.push_str(formula.get(done..).unwrap_or_default());
    Ok(out)
}

struct Reader<'a> {
    rest: Peekable<Chars<'a>>,
    /// The bytes before the rest.
    at: usize,
    place: Place,
}

impl Reader<'_> {
    fn peek(&mut self) -> Option<char> {
        self.rest.peek().copied()
    }

    fn next(&mut self) -> Option<char> {
        let letter = self.rest.next()?;
        self.at += letter.len_utf8();
        if letter == '\n' {
            self.place = Place { line: self.place.line + 1, character: 1 };
        } else {
            self.place.character += 1;
        }
        Some(letter)
    }

    /// What stands up to the closing mark, which is written twice where it is meant as itself.
    fn enclosed(&mut self, close: char) -> Result<String, (Place, String)> {
        let begin = self.place;
        let open = self.next().unwrap_or(close);
        let mut text = String::new();
        while let Some(letter) = self.next() {
            if letter != close {
                text.push(letter);
            } else if self.peek() == Some(close) {
                text.extend(self.next());
            } else {
                return Ok(text);
            }
        }
        Err((begin, format!("opens a `{open}` that is not closed")))
    }

    fn word(&mut self) -> String {
        let mut word = String::new();
        while self.peek().is_some_and(|letter| letter.is_alphanumeric() || letter == '_' || letter == '.') {
            word.extend(self.next());
        }
        word
    }

    /// What follows after blanks, which stay.
    fn after_blanks(&self) -> Option<char> {
        self.rest.clone().find(|letter| *letter != ' ')
    }

    /// Whether a `[` follows, after blanks, which are read then.
    fn opens_column(&mut self) -> bool {
        let opens = self.after_blanks() == Some('[');
        while opens && self.peek() == Some(' ') {
            self.next();
        }
        opens
    }

    /// The variable that a VAR declares.
    fn variable(&mut self) -> Option<Name> {
        while self.peek().is_some_and(char::is_whitespace) {
            self.next();
        }
        let name = self.word();
        (!name.is_empty()).then_some(Name::Variable(name))
    }

    /// The table, with its column where one follows.
    fn of_table(&mut self, table: String) -> Result<Name, (Place, String)> {
        Ok(if self.opens_column() { Name::Column(table, self.enclosed(']')?) } else { Name::Table(table) })
    }

    fn block_comment(&mut self, begin: Place) -> Result<(), (Place, String)> {
        let mut before = ' ';
        self.next();
        while let Some(letter) = self.next() {
            if (before, letter) == ('*', '/') {
                return Ok(());
            }
            before = letter;
        }
        Err((begin, "opens a `/*` that is not closed".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(formula: &str) -> Vec<Name> {
        names(formula)
            .unwrap_or_else(|(place, what)| unreachable!("{formula}: {what}, {place}"))
            .into_iter()
            .map(|found| found.name)
            .collect()
    }

    fn column(table: &str, column: &str) -> Name {
        Name::Column(table.into(), column.into())
    }

    fn measure(name: &str) -> Name {
        Name::Measure(name.into())
    }

    #[test]
    fn columns_measures_and_tables_are_told_apart() {
        assert_eq!(
            read("DIVIDE([A b], SUM(fact_x[c])) + SUMX('dim y' , 'dim y'[d]) - COUNTROWS(fact_x)"),
            [
                measure("A b"),
                column("fact_x", "c"),
                Name::Table("dim y".into()),
                column("dim y", "d"),
                Name::Table("fact_x".into())
            ]
        );
        assert_eq!(
            read("VAR þ = [A]\nRETURN þ + dimdate [Day]"),
            [Name::Variable("þ".into()), measure("A"), column("dimdate", "Day")]
        );
        assert_eq!(read("[a]]b] + dimension_of(1) + 1e3 + TRUE()"), [measure("a]b")]);
    }

    #[test]
    fn texts_and_comments_name_nothing_but_columns_of_their_own() {
        assert_eq!(read("1 // [A]\n-- [B]\n/* [C] * / [D] */ + [E] - 2 / 3"), [measure("E")]);
        assert_eq!(read("\"it's [A] \"\"(\" & [E]"), [measure("E")]);
        assert_eq!(read("SUMX(ADDCOLUMNS(fact_x, \"n\", [A]), [n])"), [Name::Table("fact_x".into()), measure("A")]);
    }

    #[test]
    fn names_are_replaced_where_they_are_names() {
        let other = |name: &Name| match name {
            Name::Table(table) => Some(format!("'New {table}'")),
            Name::Column(table, column) => Some(format!("'New {table}'[{column}!]")),
            Name::Measure(_) | Name::Variable(_) => None,
        };
        for (formula, wanted) in [
            ("SUM(fact_x[c]) /* fact_x */ + [A]", "SUM('New fact_x'[c!]) /* fact_x */ + [A]"),
            ("VAR dimmer = COUNTROWS( fact_x )\nRETURN \"fact_x[c]\" & 'dim y' [d]", {
                "VAR dimmer = COUNTROWS( 'New fact_x' )\nRETURN \"fact_x[c]\" & 'New dim y'[d!]"
            }),
            ("þ // dimdate[Day]\n+ dimdate[Day]", "þ // dimdate[Day]\n+ 'New dimdate'[Day!]"),
            ("dimension (1)", "dimension (1)"),
        ] {
            assert_eq!(renamed(formula, other).as_deref(), Ok(wanted), "{formula}");
        }
    }

    #[test]
    fn what_is_not_closed_is_told_with_its_place() {
        for (formula, line, character, wanted) in [
            ("SUM(\n  (1)", 1, 4, "opens a `(` that is not closed"),
            ("SUM(1))", 1, 7, "closes a `)` that was not opened"),
            ("{1)", 1, 3, "closes a `)` that was not opened"),
            ("1 +\n [A", 2, 2, "opens a `[` that is not closed"),
            ("\"a", 1, 1, "opens a `\"` that is not closed"),
            ("þ 'a''", 1, 3, "opens a `'` that is not closed"),
            ("dimdate[Day", 1, 8, "opens a `[` that is not closed"),
            ("1 /* *", 1, 3, "opens a `/*` that is not closed"),
        ] {
            let (place, what) = names(formula).unwrap_err();
            assert_eq!((place, what.as_str()), (Place { line, character }, wanted), "{formula}");
        }
    }
}
