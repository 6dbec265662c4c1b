//! Where did the hours go?

use super::{by_month, by_month_and_code, name_cell};
use crate::error::Error;
use crate::frame::{Frame, Value};
use crate::page::{Page, Section};
use crate::svg::{Bar, Heat, bars, heat};
use crate::table::{Cell, Column, Kind, Table};
use crate::texts::fill;
use chrono::Datelike as _;
use maud::{Markup, html};

/// The billing statuses with their colours, from what brings money to what nobody knows.
const STATUSES: &[(&str, &str)] = &[
    ("Invoiced", "c1"),
    ("Billable", "c2"),
    ("Operations", "c3"),
    ("Prepaid", "c4"),
    ("Internal", "c5"),
    ("NoCharge", "c6"),
    ("DoNotBill", "c7"),
    ("Unclassified", "c8"),
];

/// Makes the section.
pub(super) fn section(page: &Page<'_>) -> Result<Section, Error> {
    let t = page.t;
    let figures = [
        "Actual Hours",
        "Billable Hours",
        "Invoiced Hours",
        "Prepaid Hours",
        "Internal Hours",
        "No-Charge Hours",
        "Unclassified Hours",
        "Time Entries",
        "Capacity Hours",
        "Utilization",
    ];
    let verdict = match page.rows("hours_totals")? {
        Some(frame) => {
            let (billable, all) = (frame.first("Billable Hours")?.number(), frame.first("Actual Hours")?.number());
            fill(
                t.hours_verdict,
                &[
                    ("hours", &page.told(&frame, "Actual Hours")?),
                    ("billable", &page.told(&frame, "Billable Hours")?),
                    ("share", &page.language.share(billable, all)),
                ],
            )
        }
        None => t.missing.to_owned(),
    };
    let body = html! {
        (page.measures("hours_totals", &figures)?)
        (page.block(t.hours_month, ["hours_month"], |frame| {
            by_month_and_code(page, frame, t.hours_month, "Actual Hours", 2, STATUSES)
        })?)
        (page.block(t.utilization_month, ["utilization_month"], |frame| {
            let measures = [("Capacity Hours", "behind", 2), ("Utilized Hours", "c1", 2)];
            by_month(page, frame, t.utilization_month, &measures, 2)
        })?)
        (page.block(t.utilization_member, ["utilization_member"], |frame| members(page, frame))?)
        (page.block(t.weekday_heat, ["entries_weekday"], |frame| weekdays(page, frame))?)
    };
    Ok(Section { id: "hours", tab: t.hours_tab, title: t.hours_title, verdict: ("", verdict), body })
}

/// Utilization by member: bars of a year, and a table with the measures of all time.
fn members(page: &Page<'_>, frame: &Frame) -> Result<Markup, Error> {
    let t = page.t;
    let names = frame.texts("member")?;
    let (utilized, capacity) = (frame.numbers("recentUtilized")?, frame.numbers("recentCapacity")?);
    let mut lines = Vec::new();
    for ((name, utilized), capacity) in names.iter().zip(&utilized).zip(&capacity) {
        if lines.len() < page.limits.bars && (*utilized != 0 || *capacity != 0) {
            lines.push(line(page, page.named(name), *utilized, *capacity));
        }
    }
    let shown = lines.len();
    let counts = utilized.iter().zip(&capacity).filter(|(utilized, capacity)| **utilized != 0 || **capacity != 0);
    let rest: Vec<(&i128, &i128)> = counts.skip(shown).collect();
    if !rest.is_empty() {
        let sum = |values: &mut dyn Iterator<Item = i128>| values.fold(0, i128::saturating_add);
        let name = fill(t.others, &[("count", &page.language.count(rest.len()))]);
        let utilized = sum(&mut rest.iter().map(|(utilized, _)| **utilized));
        let capacity = sum(&mut rest.iter().map(|(_, capacity)| **capacity));
        lines.push(Bar::others(name, page.language.share(utilized, capacity)));
    }
    let measured = ["Actual Hours", "Utilized Hours", "Capacity Hours"];
    let recent = |name| fill(t.recent, &[("what", page.name_of(name))]);
    let mut columns = vec![
        Column::new(t.member, Kind::Text),
        Column::new(recent("Utilized Hours"), Kind::Number(2)),
        Column::new(recent("Capacity Hours"), Kind::Number(2)),
        Column::new(recent("Utilization"), Kind::Percent),
    ];
    columns.extend(measured.map(|name| Column::new(page.name_of(name), Kind::Number(2))));
    columns.push(Column::new(page.name_of("Utilization"), Kind::Percent));
    let mut rows = Vec::new();
    for row in 0..frame.len() {
        let number = |name: &str| Ok::<_, Error>(frame.column(name)?.get(row).and_then(Value::number_or_none));
        let (utilized, capacity) = (number("recentUtilized")?, number("recentCapacity")?);
        let share =
            capacity.filter(|all| *all != 0).zip(utilized).map(|(all, part)| part.saturating_mul(1_000_000) / all);
        let mut cells = vec![
            name_cell(page, names.get(row).copied().unwrap_or_default()),
            Cell::Number(utilized),
            Cell::Number(capacity),
            Cell::Number(share),
        ];
        for name in measured {
            cells.push(Cell::Number(number(name)?));
        }
        cells.push(Cell::Number(number("Utilization")?));
        rows.push(cells);
    }
    let table = Table { caption: t.utilization_member.to_owned(), columns, rows, total: true, most: page.limits.rows };
    let day = page.input.business_date;
    let month = page.language.month(Some(i64::from(day.year()) * 100 + i64::from(day.month())));
    Ok(html! {
        p.note { (fill(t.utilization_note, &[("month", &month)])) }
        @if !lines.is_empty() { (bars(page.language, t.utilization_member, &lines, 2)) }
        (page.data(&table.render(page.language)))
    })
}

fn line(page: &Page<'_>, name: String, utilized: i128, capacity: i128) -> Bar {
    Bar {
        name,
        parts: vec![("c1", page.name_of("Utilized Hours").to_owned(), utilized)],
        behind: Some((page.name_of("Capacity Hours").to_owned(), capacity)),
        told: page.language.share(utilized, capacity),
    }
}

/// Entries by weekday and month; those without a date stand in the table alone.
fn weekdays(page: &Page<'_>, frame: &Frame) -> Result<Markup, Error> {
    let t = page.t;
    let names: Vec<String> = t.weekdays.split(' ').map(str::to_owned).collect();
    let (months, days) = (frame.column("month")?, frame.column("weekday")?);
    let (entries, hours) = (frame.numbers("Time Entries")?, frame.numbers("Actual Hours")?);
    let mut shown: Vec<i64> = months.iter().filter_map(Value::whole).collect();
    shown.sort_unstable();
    shown.dedup();
    let all = shown.len();
    let shown = shown.split_off(all.saturating_sub(page.limits.months));
    let mut values = vec![vec![0_i128; shown.len()]; names.len()];
    // The last line is for what has no date.
    let mut totals = vec![(0_i128, 0_i128); names.len() + 1];
    for (((month, day), entries), hours) in months.iter().zip(days).zip(&entries).zip(&hours) {
        let day = day.whole().and_then(|day| usize::try_from(day - 1).ok()).filter(|day| *day < names.len());
        if let Some(total) = totals.get_mut(day.unwrap_or(names.len())) {
            *total = (total.0.saturating_add(*entries), total.1.saturating_add(*hours));
        }
        let column = month.whole().and_then(|month| shown.binary_search(&month).ok());
        if let (Some(day), Some(column)) = (day, column)
            && let Some(value) = values.get_mut(day).and_then(|line| line.get_mut(column))
        {
            *value = value.saturating_add(*entries);
        }
    }
    let picture = Heat {
        label: t.weekday_heat.to_owned(),
        across: shown.iter().map(|month| page.language.month(Some(*month))).collect(),
        down: names.clone(),
        values,
        unit: t.entries.to_lowercase(),
    };
    let columns = vec![
        Column::new(t.weekday, Kind::Text),
        Column::new(t.entries, Kind::Number(0)),
        Column::new(t.hours, Kind::Number(2)),
    ];
    let labels = names.into_iter().chain([t.no_date.to_owned()]);
    let rows =
        labels.zip(&totals).enumerate().filter(|(_, (_, total))| **total != (0, 0)).map(|(order, (name, total))| {
            let order = i128::try_from(order).unwrap_or_default();
            vec![Cell::Ordered(name, order), Cell::number(total.0), Cell::number(total.1)]
        });
    let table = Table {
        caption: t.weekday_heat.to_owned(),
        columns,
        rows: rows.collect(),
        total: true,
        most: page.limits.rows,
    };
    Ok(html! {
        @if shown.len() < all {
            p.note {
                (fill(t.weekday_note, &[("shown", &page.language.count(shown.len())), ("all", &page.language.count(all))]))
            }
        }
        @if !shown.is_empty() { (heat(page.language, &picture)) }
        (page.data(&table.render(page.language)))
    })
}
