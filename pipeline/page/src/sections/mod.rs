//! The sections, in the order of the page.

mod agreements;
mod hours;
mod invoices;
mod lineage;
mod quality;
mod runs;
mod unbilled;

use crate::error::Error;
use crate::frame::Frame;
use crate::page::{Page, Section};
use crate::svg::{Bar, Columns, Layout, Series, bars, columns};
use crate::table::{Cell, Column, Kind, Table};
use crate::texts::fill;
use maud::{Markup, html};

/// Makes all sections.
pub(crate) fn all(page: &Page<'_>) -> Result<Vec<Section>, Error> {
    Ok(vec![
        quality::section(page)?,
        hours::section(page)?,
        unbilled::section(page)?,
        agreements::section(page)?,
        invoices::section(page)?,
        lineage::section(page),
    ])
}

/// A column of a picture over months and of its table.
struct Part {
    code: String,
    name: String,
    class: &'static str,
}

/// Values by month and code: stacked columns with their table. Codes that are not listed come last.
fn by_month_and_code(
    page: &Page<'_>,
    frame: &Frame,
    title: &str,
    value: &str,
    digits: u32,
    codes: &[(&str, &'static str)],
) -> Result<Markup, Error> {
    let (keys, found, values) = (frame.column("month")?, frame.texts("status")?, frame.numbers(value)?);
    let mut parts: Vec<Part> = Vec::new();
    let mut part = |code: &str, class| {
        if found.contains(&code) && !parts.iter().any(|part| part.code == code) {
            parts.push(Part { code: code.to_owned(), name: page.named(&page.language.code_name(code)), class });
        }
    };
    codes.iter().for_each(|(code, class)| part(code, class));
    found.iter().for_each(|code| part(code, "c0"));
    let months = page.months(keys);
    let mut series: Vec<Series> = parts
        .iter()
        .map(|part| Series { name: part.name.clone(), class: part.class, values: vec![0; months.names.len()] })
        .collect();
    let mut cells = vec![vec![0_i128; parts.len()]; months.all.len()];
    for ((key, code), value) in keys.iter().zip(&found).zip(&values) {
        let month = key.whole();
        let Some(place) = parts.iter().position(|part| part.code == *code) else { continue };
        if let Some(sum) = series.get_mut(place).and_then(|series| series.values.get_mut(months.column(month))) {
            *sum = sum.saturating_add(*value);
        }
        let line = months.all.iter().position(|known| *known == month).and_then(|line| cells.get_mut(line));
        if let Some(sum) = line.and_then(|line| line.get_mut(place)) {
            *sum = sum.saturating_add(*value);
        }
    }
    let picture =
        Columns { label: title.to_owned(), categories: months.names.clone(), series, layout: Layout::Stacked, digits };
    let mut heads = vec![Column::new(page.t.month, Kind::Text)];
    heads.extend(parts.iter().map(|part| Column::new(part.name.clone(), Kind::Number(digits))));
    heads.push(Column::new(page.t.all, Kind::Number(digits)));
    // The newest month first: what is cut is old.
    let rows = months.all.iter().zip(&cells).rev().map(|(month, values)| {
        let mut row = vec![Cell::Ordered(page.language.month(*month), i128::from(month.unwrap_or_default()))];
        row.extend(values.iter().map(|value| Cell::number(*value)));
        row.push(Cell::number(values.iter().copied().fold(0, i128::saturating_add)));
        row
    });
    let table =
        Table { caption: title.to_owned(), columns: heads, rows: rows.collect(), total: true, most: page.limits.rows };
    Ok(html! { (columns(page.language, &picture)) (page.data(&table.render(page.language))) })
}

/// Values by month: columns of one or two colours with their table.
fn by_month(
    page: &Page<'_>,
    frame: &Frame,
    title: &str,
    measures: &[(&'static str, &'static str, u32)],
    drawn: usize,
) -> Result<Markup, Error> {
    let keys = frame.column("month")?;
    let months = page.months(keys);
    let mut series = Vec::new();
    let mut heads = vec![Column::new(page.t.month, Kind::Text)];
    let mut rows: Vec<Vec<Cell>> = keys
        .iter()
        .map(|key| vec![Cell::Ordered(page.language.month(key.whole()), i128::from(key.whole().unwrap_or_default()))])
        .collect();
    for (name, class, digits) in measures {
        let mut values = vec![0_i128; months.names.len()];
        for ((key, value), row) in keys.iter().zip(frame.numbers(name)?).zip(&mut rows) {
            if let Some(sum) = values.get_mut(months.column(key.whole())) {
                *sum = sum.saturating_add(value);
            }
            row.push(Cell::number(value));
        }
        heads.push(Column::new(page.name_of(name), Kind::Number(*digits)));
        series.push(Series { name: page.name_of(name).to_owned(), class, values });
    }
    series.truncate(drawn);
    rows.reverse();
    let digits = measures.first().map_or(0, |(_, _, digits)| *digits);
    let picture =
        Columns { label: title.to_owned(), categories: months.names, series, layout: Layout::Overlaid, digits };
    let table = Table { caption: title.to_owned(), columns: heads, rows, total: true, most: page.limits.rows };
    Ok(html! { (columns(page.language, &picture)) (page.data(&table.render(page.language))) })
}

/// Bars of the first rows, and one for all others.
fn largest(
    page: &Page<'_>,
    title: &str,
    what: &str,
    names: &[&str],
    values: &[i128],
    class: &'static str,
    digits: u32,
) -> Markup {
    let drawn = page.limits.bars.min(names.len());
    let mut lines: Vec<Bar> = names
        .iter()
        .zip(values)
        .take(drawn)
        .map(|(name, value)| bar(page, page.named(name), what, *value, class, digits))
        .collect();
    if names.len() > drawn {
        let rest = values.iter().skip(drawn).copied().fold(0, i128::saturating_add);
        let name = fill(page.t.others, &[("count", &page.language.count(names.len() - drawn))]);
        lines.push(Bar::others(name, page.language.number(rest, digits)));
    }
    html! { @if !lines.is_empty() { (bars(page.language, title, &lines, digits)) } }
}

fn bar(page: &Page<'_>, name: String, what: &str, value: i128, class: &'static str, digits: u32) -> Bar {
    Bar { name, parts: vec![(class, what.to_owned(), value)], behind: None, told: page.language.number(value, digits) }
}

/// A name as a cell.
fn name_cell(page: &Page<'_>, name: &str) -> Cell {
    Cell::text(page.named(name))
}
