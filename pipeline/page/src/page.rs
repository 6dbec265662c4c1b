//! What all sections are made with: results, the SQL behind them, blocks and key figures.

use crate::error::Error;
use crate::frame::{Frame, Value};
use crate::statements::{measure, statements};
use crate::texts::Texts;
use crate::words::Language;
use crate::{Input, Limits, Outcome};
use maud::{Markup, html};
use std::collections::BTreeMap;

/// The measure whose unit its name does not tell.
const AGE: &str = "Unbilled Age";

/// The name of every dimension's row −1.
const UNKNOWN: &str = "Unknown";

/// A section.
pub(crate) struct Section {
    /// Its anchor.
    pub(crate) id: &'static str,
    /// Its word in the bar at the top.
    pub(crate) tab: &'static str,
    pub(crate) title: &'static str,
    /// What it comes to, in a sentence: its colour and its words.
    pub(crate) verdict: (&'static str, String),
    pub(crate) body: Markup,
}

/// A key figure.
pub(crate) struct Figure {
    /// What tests find it by.
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) value: String,
    pub(crate) hint: String,
}

/// The results and the words.
pub(crate) struct Page<'a> {
    pub(crate) language: Language,
    pub(crate) t: &'static Texts,
    pub(crate) limits: Limits,
    pub(crate) input: &'a Input,
    sql: BTreeMap<String, String>,
}

impl<'a> Page<'a> {
    pub(crate) fn new(input: &'a Input) -> Result<Self, Error> {
        let sql = statements(input.business_date)?.into_iter().map(|statement| (statement.name, statement.sql));
        let Input { language, limits, .. } = *input;
        Ok(Self { language, t: language.texts(), limits, input, sql: sql.collect() })
    }

    /// The rows of a statement; none where it failed.
    pub(crate) fn rows(&self, statement: &str) -> Result<Option<Frame>, Error> {
        match self.input.results.get(statement) {
            Some(Outcome::Rows(batches)) => Frame::read(statement, batches).map(Some),
            _ => Ok(None),
        }
    }

    /// A part of a section, with the SQL of all its statements; where the first one failed, it says so.
    pub(crate) fn block<const N: usize>(
        &self,
        title: &str,
        statements: [&str; N],
        body: impl FnOnce(&Frame) -> Result<Markup, Error>,
    ) -> Result<Markup, Error> {
        let statement = statements.first().copied().unwrap_or_default();
        let body = match self.rows(statement)? {
            Some(frame) => body(&frame)?,
            None => self.missing(statement),
        };
        Ok(html! {
            section.block id={"b-" (statement)} {
                h3 { (title) }
                (body)
                (self.sql(&statements))
            }
        })
    }

    /// Says that a statement gave no rows, and why.
    pub(crate) fn missing(&self, statement: &str) -> Markup {
        let why = match self.input.results.get(statement) {
            Some(Outcome::Failed(why)) => crate::frame::clean(why),
            _ => String::new(),
        };
        html! { p.missing { (self.t.missing) @if !why.is_empty() { br; small { (why) } } } }
    }

    /// The SQL of statements, folded up.
    pub(crate) fn sql(&self, names: &[&str]) -> Markup {
        html! {
            details.sql {
                summary { (self.t.sql) }
                @for sql in names.iter().filter_map(|name| self.sql.get(*name)) { pre { code { (sql) } } }
            }
        }
    }

    /// A table behind a picture, folded up.
    pub(crate) fn data(&self, table: &Markup) -> Markup {
        html! { details.data { summary { (self.t.data) } (table) } }
    }

    /// Key figures, with the SQL behind them.
    pub(crate) fn figures(&self, figures: &[Figure], statements: &[&str]) -> Markup {
        html! {
            dl.figures {
                @for Figure { name, label, value, hint } in figures {
                    div data-figure=(name) {
                        dt { (label) }
                        dd.value { (value) }
                        @if !hint.is_empty() { dd.hint { (hint) } }
                    }
                }
            }
            (self.sql(statements))
        }
    }

    /// Measures as key figures, from the first row of a result.
    pub(crate) fn measures(&self, statement: &str, names: &[&str]) -> Result<Markup, Error> {
        let Some(frame) = self.rows(statement)? else { return Ok(self.missing(statement)) };
        let mut figures = Vec::new();
        for name in names {
            let Some(measure) = measure(name) else { continue };
            figures.push(Figure {
                name: (*name).to_owned(),
                label: self.language.name(measure).to_owned(),
                value: self.language.measured(measure, frame.first(name)?.number_or_none()),
                hint: if *name == AGE { self.t.days.to_owned() } else { String::new() },
            });
        }
        Ok(self.figures(&figures, &[statement]))
    }

    /// A measure's name in the page's language.
    pub(crate) fn name_of(&self, name: &'static str) -> &'static str {
        measure(name).map_or(name, |measure| self.language.name(measure))
    }

    /// A measure's value in a result's first row, as text.
    pub(crate) fn told(&self, frame: &Frame, name: &str) -> Result<String, Error> {
        let value = frame.first(name)?.number_or_none();
        Ok(measure(name).map_or_else(String::new, |measure| self.language.measured(measure, value)))
    }

    /// A name; something in its place where it is blank, or that of the row to which what refers to nothing belongs.
    pub(crate) fn named(&self, name: &str) -> String {
        match name.trim() {
            "" => self.t.unnamed.to_owned(),
            UNKNOWN => self.t.unlinked.to_owned(),
            _ => name.to_owned(),
        }
    }

    /// The months of a picture, from the rows of a result: the latest ones, and before them one for all that is earlier
    /// or has no date.
    pub(crate) fn months(&self, months: &[Value]) -> Months {
        let mut all: Vec<Option<i64>> = months.iter().map(Value::whole).collect();
        all.sort_unstable();
        all.dedup();
        let recent = all.iter().flatten().count().saturating_sub(self.limits.months);
        let shown: Vec<i64> = all.iter().flatten().copied().skip(recent).collect();
        let rest = recent > 0 || all.contains(&None);
        let mut names = Vec::new();
        if rest {
            names.push(if recent > 0 { self.t.earlier } else { self.t.no_date }.to_owned());
        }
        names.extend(shown.iter().map(|month| self.language.month(Some(*month))));
        Months { all, shown, rest, names }
    }
}

/// The months of a picture and its table.
pub(crate) struct Months {
    /// All that there are, for the table.
    pub(crate) all: Vec<Option<i64>>,
    shown: Vec<i64>,
    rest: bool,
    /// What stands below the columns.
    pub(crate) names: Vec<String>,
}

impl Months {
    /// The column of a month.
    pub(crate) fn column(&self, month: Option<i64>) -> usize {
        let offset = usize::from(self.rest);
        month.and_then(|month| self.shown.binary_search(&month).ok()).map_or(0, |place| place + offset)
    }
}
