//! Runs: what each changed, and how far each entity was read.

use super::name_cell;
use crate::error::Error;
use crate::frame::{Frame, ONE, Value};
use crate::page::Page;
use crate::svg::{Columns, Layout, Series, columns};
use crate::table::{Cell, Column, Kind, Table};
use crate::texts::fill;
use maud::{Markup, html};
use std::collections::BTreeMap;

/// The latest runs: what they changed, as columns and as a table.
pub(super) fn table(page: &Page<'_>, frame: &Frame) -> Result<Markup, Error> {
    let t = page.t;
    let (started, finished) = (frame.column("startedAt")?, frame.column("finishedAt")?);
    let counted = [("inserted", t.inserted, "c2"), ("updated", t.updated, "c1"), ("deleted", t.deleted, "c7")];
    let mut heads = vec![
        Column::new(t.started, Kind::Text),
        Column::new(t.status, Kind::Text),
        Column::new(t.mode, Kind::Text),
        Column::new(t.layers, Kind::Text),
        Column::new(t.seconds, Kind::Rate(1)),
        Column::new(t.read, Kind::Number(0)),
    ];
    heads.extend(counted.map(|(_, title, _)| Column::new(title, Kind::Number(0))));
    heads.push(Column::new(t.quarantined, Kind::Number(0)));
    heads.push(Column::new(t.error, Kind::Text));
    let mut rows = Vec::new();
    for row in 0..frame.len() {
        let text = |name: &str| Ok::<_, Error>(frame.column(name)?.get(row).map_or("", Value::text));
        let number =
            |name: &str| Ok::<_, Error>(Cell::Number(frame.column(name)?.get(row).and_then(Value::number_or_none)));
        let status = text("status")?;
        let class = if status == "done" { "good" } else { "bad" };
        let seconds = match (started.get(row), finished.get(row)) {
            (Some(Value::Instant(from)), Some(Value::Instant(to))) => {
                Some(i128::from((*to - *from).num_milliseconds()) * (ONE / 1_000))
            }
            _ => None,
        };
        rows.push(vec![
            instant(page, started.get(row)),
            Cell::State(class, page.language.code_name(status)),
            Cell::text(page.language.code_name(text("mode")?)),
            Cell::text(text("layers")?.replace(',', ", ")),
            Cell::Number(seconds),
            number("rowsRead")?,
            number("inserted")?,
            number("updated")?,
            number("deleted")?,
            number("quarantined")?,
            Cell::text(text("error")?),
        ]);
    }
    let categories = started.iter().rev().map(|value| match value {
        Value::Instant(instant) => instant.format("%-d.%-m. %H:%M").to_string(),
        _ => String::new(),
    });
    let mut series = Vec::new();
    for (column, name, class) in counted {
        let values = frame.numbers(column)?.into_iter().rev().collect();
        series.push(Series { name: name.to_owned(), class, values });
    }
    let picture = Columns {
        label: t.growth.to_owned(),
        categories: categories.collect(),
        series,
        layout: Layout::Stacked,
        digits: 0,
    };
    let table = Table { caption: t.runs.to_owned(), columns: heads, rows, total: false, most: page.limits.rows };
    let all = page.language.number(frame.first("allRuns")?.number(), 0);
    Ok(html! {
        p.note { (fill(t.runs_note, &[("shown", &page.language.count(frame.len())), ("all", &all)])) " " (t.growth_note) }
        (columns(page.language, &picture))
        (table.render(page.language))
    })
}

/// A time as a cell.
pub(super) fn instant(page: &Page<'_>, value: Option<&Value>) -> Cell {
    match value {
        Some(Value::Instant(instant)) => {
            Cell::Ordered(page.language.instant(*instant), i128::from(instant.timestamp_micros()))
        }
        _ => Cell::Ordered("–".to_owned(), 0),
    }
}

/// The last run of each entity, and the properties that the specification does not know.
pub(super) fn entities(page: &Page<'_>, frame: &Frame) -> Result<Markup, Error> {
    let t = page.t;
    let names = frame.texts("entity")?;
    let mut rows = Vec::new();
    let mut unknown = Vec::new();
    for (row, entity) in names.iter().enumerate() {
        let value = |name: &str| Ok::<_, Error>(frame.column(name)?.get(row));
        let number = |name: &str| Ok::<_, Error>(Cell::Number(value(name)?.and_then(Value::number_or_none)));
        let status = value("status")?.map_or("", Value::text);
        rows.push(vec![
            name_cell(page, &page.language.entity(entity)),
            Cell::State(if status == "done" { "good" } else { "bad" }, page.language.code_name(status)),
            instant(page, value("startedAt")?),
            instant(page, value("watermarkAfter")?),
            number("rowsRead")?,
            number("inserted")?,
            number("updated")?,
            number("deleted")?,
            number("quarantined")?,
            number("seconds")?,
            Cell::text(value("error")?.map_or("", Value::text)),
        ]);
        let paths: BTreeMap<String, i64> =
            serde_json::from_str(value("unknownFields")?.map_or("", Value::text)).unwrap_or_default();
        for (path, times) in paths {
            unknown.push(vec![
                name_cell(page, &page.language.entity(entity)),
                Cell::text(crate::frame::clean(&path)),
                Cell::number(i128::from(times) * ONE),
            ]);
        }
    }
    let mut columns = vec![
        Column::new(t.entity, Kind::Text),
        Column::new(t.status, Kind::Text),
        Column::new(t.last_run, Kind::Text),
        Column::new(t.watermark, Kind::Text),
    ];
    columns.extend(
        [t.read, t.inserted, t.updated, t.deleted, t.quarantined].map(|title| Column::new(title, Kind::Number(0))),
    );
    columns.push(Column::new(t.seconds, Kind::Rate(1)));
    columns.push(Column::new(t.error, Kind::Text));
    let table = Table { caption: t.watermarks.to_owned(), columns, rows, total: false, most: page.limits.rows };
    let columns =
        vec![Column::new(t.entity, Kind::Text), Column::new(t.path, Kind::Text), Column::new(t.times, Kind::Number(0))];
    let unknown = Table { caption: t.unknown.to_owned(), columns, rows: unknown, total: false, most: page.limits.rows };
    Ok(html! {
        p.note { (t.watermarks_note) }
        (table.render(page.language))
        h4 { (t.unknown) }
        p.note { (t.unknown_note) }
        (unknown.render(page.language))
    })
}
