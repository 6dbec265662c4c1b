//! What was not billed?

use super::{by_month, largest, name_cell};
use crate::error::Error;
use crate::frame::{Frame, Value};
use crate::page::{Page, Section};
use crate::svg::{Bar, bars};
use crate::table::{Cell, Column, Kind, Table};
use crate::texts::fill;
use maud::{Markup, html};

/// Makes the section.
pub(super) fn section(page: &Page<'_>) -> Result<Section, Error> {
    let t = page.t;
    let figures =
        ["Unbilled Hours", "Unbilled Amount", "Unbilled Age", "No-Charge Hours", "Leakage", "Written-Off Work"];
    let totals = page.rows("unbilled_totals")?;
    let verdict = match &totals {
        Some(frame) => fill(
            t.unbilled_verdict,
            &[
                ("hours", &page.told(frame, "Unbilled Hours")?),
                ("amount", &page.told(frame, "Unbilled Amount")?),
                ("leakage", &page.told(frame, "Leakage")?),
            ],
        ),
        None => t.missing.to_owned(),
    };
    let body = html! {
        (page.measures("unbilled_totals", &figures)?)
        (page.block(t.unbilled_age, ["unbilled_age"], |frame| by_age(page, frame))?)
        (page.block(t.unbilled_company, ["unbilled_company"], |frame| {
            by_name(page, frame, t.unbilled_company, &[("company", t.company)])
        })?)
        (page.block(t.unbilled_agreement, ["unbilled_agreement"], |frame| {
            by_name(page, frame, t.unbilled_agreement, &[("agreement", t.agreement), ("company", t.company)])
        })?)
        (page.block(t.unbilled_largest, ["unbilled_largest"], |frame| entries(page, frame, totals.as_ref()))?)
        (page.block(t.leakage_month, ["leakage_month"], |frame| {
            by_month(page, frame, t.leakage_month, &[("Leakage", "c6", 0), ("No-Charge Hours", "c5", 2)], 1)
        })?)
        (page.block(t.leakage_company, ["leakage_company"], |frame| leakage(page, frame))?)
    };
    Ok(Section { id: "unbilled", tab: t.unbilled_tab, title: t.unbilled_title, verdict: ("", verdict), body })
}

fn by_age(page: &Page<'_>, frame: &Frame) -> Result<Markup, Error> {
    let t = page.t;
    let (hours, amount) = (frame.numbers("Unbilled Hours")?, frame.numbers("Unbilled Amount")?);
    let ages = frame.column("age")?.iter().map(Value::whole);
    let mut lines = Vec::new();
    let mut rows = Vec::new();
    for (((age, entries), hours), amount) in ages.zip(frame.numbers("entries")?).zip(hours).zip(amount) {
        let name = match age {
            Some(1) => t.age_1,
            Some(2) => t.age_2,
            Some(3) => t.age_3,
            Some(4) => t.age_4,
            Some(5) => t.age_5,
            Some(6) => t.age_6,
            _ => t.no_date,
        };
        let told = page.language.number(amount, 0);
        let part = ("c2", page.name_of("Unbilled Amount").to_owned(), amount);
        lines.push(Bar { name: name.to_owned(), parts: vec![part], behind: None, told });
        let order = Cell::Ordered(name.to_owned(), i128::from(age.unwrap_or(9)));
        rows.push(vec![order, Cell::number(entries), Cell::number(hours), Cell::number(amount)]);
    }
    let columns = vec![
        Column::new(t.age, Kind::Text),
        Column::new(t.entries, Kind::Number(0)),
        Column::new(page.name_of("Unbilled Hours"), Kind::Number(2)),
        Column::new(page.name_of("Unbilled Amount"), Kind::Number(0)),
    ];
    let table = Table { caption: t.unbilled_age.to_owned(), columns, rows, total: true, most: page.limits.rows };
    Ok(html! {
        @if !lines.is_empty() { (bars(page.language, t.unbilled_age, &lines, 0)) }
        (table.render(page.language))
    })
}

/// Unbilled work by the names of some columns, the most first.
fn by_name(page: &Page<'_>, frame: &Frame, title: &str, names: &[(&str, &str)]) -> Result<Markup, Error> {
    let amounts = frame.numbers("Unbilled Amount")?;
    let mut columns: Vec<Column> = names.iter().map(|(_, title)| Column::new(*title, Kind::Text)).collect();
    columns.push(Column::new(page.t.entries, Kind::Number(0)));
    columns.push(Column::new(page.name_of("Unbilled Hours"), Kind::Number(2)));
    columns.push(Column::new(page.name_of("Unbilled Amount"), Kind::Number(0)));
    columns.push(Column::new(page.name_of("Unbilled Age"), Kind::Rate(1)));
    let mut rows = Vec::new();
    for row in 0..frame.len() {
        let number =
            |name: &str| Ok::<_, Error>(Cell::Number(frame.column(name)?.get(row).and_then(Value::number_or_none)));
        let mut cells = Vec::new();
        for (name, _) in names {
            cells.push(name_cell(page, frame.column(name)?.get(row).map_or("", Value::text)));
        }
        for name in ["entries", "Unbilled Hours", "Unbilled Amount", "Unbilled Age"] {
            cells.push(number(name)?);
        }
        rows.push(cells);
    }
    let labels = names.first().map(|(name, _)| frame.texts(name)).transpose()?.unwrap_or_default();
    let table = Table { caption: title.to_owned(), columns, rows, total: true, most: page.limits.rows };
    Ok(html! {
        (largest(page, title, page.name_of("Unbilled Amount"), &labels, &amounts, "c2", 0))
        (page.data(&table.render(page.language)))
    })
}

fn entries(page: &Page<'_>, frame: &Frame, totals: Option<&Frame>) -> Result<Markup, Error> {
    let t = page.t;
    let mut rows = Vec::new();
    for row in 0..frame.len() {
        let value = |name: &str| Ok::<_, Error>(frame.column(name)?.get(row));
        let text = |name: &str| Ok::<_, Error>(name_cell(page, value(name)?.map_or("", Value::text)));
        let number = |name: &str| Ok::<_, Error>(Cell::Number(value(name)?.and_then(Value::number_or_none)));
        let day = value("WorkDateKey")?.and_then(Value::whole);
        let id = value("timeEntryId")?.and_then(Value::whole).unwrap_or_default();
        rows.push(vec![
            Cell::Ordered(id.to_string(), i128::from(id)),
            Cell::Ordered(page.language.day(day), i128::from(day.unwrap_or_default())),
            text("company")?,
            text("agreement")?,
            text("member")?,
            Cell::text(value("status")?.map_or("", Value::text)),
            number("actualHours")?,
            number("hourlyRate")?,
            number("potentialRevenue")?,
        ]);
    }
    let mut columns: Vec<Column> =
        [t.entry, t.day, t.company, t.agreement, t.member, t.status].map(|title| Column::new(title, Kind::Text)).into();
    columns.push(Column::new(t.hours, Kind::Number(2)));
    columns.push(Column::new(t.rate, Kind::Rate(0)));
    columns.push(Column::new(t.amount, Kind::Number(0)));
    let whole = totals.map(|frame| page.told(frame, "Unbilled Amount")).transpose()?.unwrap_or_default();
    let note = fill(
        t.unbilled_largest_note,
        &[
            ("shown", &page.language.count(frame.len())),
            ("all", &page.language.number(frame.first("entries")?.number(), 0)),
            ("part", &page.language.number(frame.sum("potentialRevenue")?, 0)),
            ("whole", &whole),
        ],
    );
    let table = Table { caption: t.unbilled_largest.to_owned(), columns, rows, total: true, most: page.limits.rows };
    Ok(html! { p.note { (note) } (table.render(page.language)) })
}

fn leakage(page: &Page<'_>, frame: &Frame) -> Result<Markup, Error> {
    let t = page.t;
    let (names, amounts) = (frame.texts("company")?, frame.numbers("Leakage")?);
    let hours = frame.numbers("No-Charge Hours")?;
    let rows = names.iter().zip(&hours).zip(&amounts);
    let rows =
        rows.map(|((name, hours), amount)| vec![name_cell(page, name), Cell::number(*hours), Cell::number(*amount)]);
    let columns = vec![
        Column::new(t.company, Kind::Text),
        Column::new(page.name_of("No-Charge Hours"), Kind::Number(2)),
        Column::new(page.name_of("Leakage"), Kind::Number(0)),
    ];
    let caption = t.leakage_company.to_owned();
    let table = Table { caption, columns, rows: rows.collect(), total: true, most: page.limits.rows };
    Ok(html! {
        (largest(page, t.leakage_company, page.name_of("Leakage"), &names, &amounts, "c6", 0))
        (page.data(&table.render(page.language)))
    })
}
