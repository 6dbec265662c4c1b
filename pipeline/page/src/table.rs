//! Tables: numbers to the right, a total, and what is left out with its sum.

use crate::texts::fill;
use crate::words::Language;
use maud::{Markup, PreEscaped, html};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    /// A number with so many digits behind the point.
    Number(u32),
    /// A number that does not add up.
    Rate(u32),
    Percent,
}

/// A column.
pub(crate) struct Column {
    pub(crate) title: String,
    pub(crate) kind: Kind,
}

impl Column {
    pub(crate) fn new(title: impl Into<String>, kind: Kind) -> Self {
        Self { title: title.into(), kind }
    }
}

/// A cell.
#[derive(Debug, Clone)]
pub(crate) enum Cell {
    Text(String),
    /// A text that is ordered by something else, e.g. a date.
    Ordered(String, i128),
    Number(Option<i128>),
    /// A state: its colour and its word.
    State(&'static str, String),
    Markup(Markup),
}

impl Cell {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub(crate) fn number(value: i128) -> Self {
        Self::Number(Some(value))
    }

    fn value(&self) -> i128 {
        match self {
            Self::Number(Some(value)) => *value,
            _ => 0,
        }
    }
}

/// A table.
pub(crate) struct Table {
    /// What it shows, for those who do not see it.
    pub(crate) caption: String,
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<Vec<Cell>>,
    /// Whether the columns that add up have a line with their totals.
    pub(crate) total: bool,
    /// The first rows that are shown; the rest is told as one line.
    pub(crate) most: usize,
}

impl Table {
    /// Draws it.
    pub(crate) fn render(&self, language: Language) -> Markup {
        let Self { caption, columns, rows, total, most } = self;
        let t = language.texts();
        if rows.is_empty() {
            return html! { p.nothing { (t.nothing) } };
        }
        let (shown, rest) = rows.split_at((*most).min(rows.len()));
        let sum = |rows: &[Vec<Cell>], column: usize| {
            rows.iter().filter_map(|row| row.get(column)).map(Cell::value).fold(0, i128::saturating_add)
        };
        let foot = |label: String, rows: &[Vec<Cell>]| {
            html! {
                tr {
                    @for (place, column) in columns.iter().enumerate() {
                        @match column.kind {
                            Kind::Number(digits) => td.n { (language.number(sum(rows, place), digits)) },
                            _ if place == 0 => th scope="row" { (label) },
                            _ => td {},
                        }
                    }
                }
            }
        };
        html! {
            div.scroll tabindex="0" role="region" aria-label=(caption) {
                table.sortable {
                    caption { (caption) }
                    thead { tr {
                        @for column in columns { th scope="col" class=[number_class(column.kind)] { (column.title) } }
                    } }
                    tbody { @for row in shown { tr {
                        @for (cell, column) in row.iter().zip(columns) { (drawn(language, cell, column.kind)) }
                    } } }
                    @if *total || !rest.is_empty() {
                        tfoot {
                            @if !rest.is_empty() { (foot(fill(t.more, &[("count", &language.count(rest.len()))]), rest)) }
                            @if *total { (foot(t.all.to_owned(), rows)) }
                        }
                    }
                }
            }
            @if !rest.is_empty() { p.note { (t.more_hidden) } }
        }
    }
}

fn number_class(kind: Kind) -> Option<&'static str> {
    (kind != Kind::Text).then_some("n")
}

fn drawn(language: Language, cell: &Cell, kind: Kind) -> Markup {
    match cell {
        Cell::Text(text) => html! { td { (text) } },
        Cell::Ordered(text, order) => html! { td.w data-v=(order) { (text) } },
        Cell::Number(None) => html! { td.n data-v="" { "–" } },
        Cell::Number(Some(value)) => {
            let text = match kind {
                Kind::Number(digits) | Kind::Rate(digits) => language.number(*value, digits),
                Kind::Percent => language.percent(*value),
                Kind::Text => language.number(*value, 0),
            };
            html! { td class=(if *value < 0 { "n neg" } else { "n" }) data-v=(value) { (text) } }
        }
        Cell::State(class, word) => html! { td { span class={"state " (class)} { (word) } } },
        Cell::Markup(PreEscaped(markup)) => html! { td { (PreEscaped(markup)) } },
    }
}
