//! Agreements: profit, prepaid pots, and types that no rule matches.

use super::{bar, by_month, name_cell};
use crate::error::Error;
use crate::frame::{Frame, ONE, Value};
use crate::page::{Page, Section};
use crate::svg::{Bar, bars, legend, line};
use crate::table::{Cell, Column, Kind, Table};
use crate::texts::fill;
use maud::{Markup, html};
use std::collections::BTreeMap;

/// Makes the section.
pub(super) fn section(page: &Page<'_>) -> Result<Section, Error> {
    let t = page.t;
    let figures = [
        "MRR",
        "Agreement Revenue",
        "Agreement Profit",
        "Agreement Hours",
        "Effective Hourly Rate",
        "Prepaid Hours Remaining",
        "Prepaid Hours Used",
    ];
    let mut class = "";
    let verdict = match page.rows("agreement_totals")? {
        Some(frame) => {
            let profit = frame.first("Agreement Profit")?.number();
            if profit < 0 {
                class = "warn";
            }
            let words = if profit < 0 { t.agreements_loss } else { t.agreements_verdict };
            let hours = page.told(&frame, "Prepaid Hours Remaining")?;
            fill(words, &[("profit", &page.language.number(profit.saturating_abs(), 0)), ("hours", &hours)])
        }
        None => t.missing.to_owned(),
    };
    let body = html! {
        (page.measures("agreement_totals", &figures)?)
        (page.block(t.profit, ["agreement_profit"], |frame| profit(page, frame))?)
        (page.block(t.pots, ["pots", "pots_month"], |frame| pots(page, frame))?)
        (page.block(t.prepaid_month, ["prepaid_month"], |frame| {
            by_month(page, frame, t.prepaid_month, &[("Prepaid Hours", "c4", 2)], 1)
        })?)
        (page.block(t.unmatched, ["unmatched"], |frame| unmatched(page, frame))?)
    };
    Ok(Section { id: "agreements", tab: t.agreements_tab, title: t.agreements_title, verdict: (class, verdict), body })
}

/// Profit and rate by agreement: bars of both ends, and a table of all.
fn profit(page: &Page<'_>, frame: &Frame) -> Result<Markup, Error> {
    let t = page.t;
    let what = page.name_of("Agreement Profit");
    let (names, profits) = (frame.texts("agreement")?, frame.numbers("Agreement Profit")?);
    let all: Vec<(&&str, &i128)> = names.iter().zip(&profits).collect();
    // The rows come by profit: the first and the last of them are drawn.
    let (best, worst) = if all.len() <= page.limits.bars {
        (all.as_slice(), &[][..])
    } else {
        let (best, rest) = all.split_at(page.limits.bars.div_ceil(2));
        (best, rest.get(rest.len().saturating_sub(page.limits.bars / 2)..).unwrap_or_default())
    };
    let drawn = |(name, value): &(&&str, &i128)| {
        let class = if **value < 0 { "c7" } else { "c2" };
        bar(page, page.named(name), what, **value, class, 0)
    };
    let mut lines: Vec<Bar> = best.iter().map(drawn).collect();
    let between = all.get(best.len()..all.len() - worst.len()).unwrap_or_default();
    if !between.is_empty() {
        let rest = between.iter().map(|(_, value)| **value).fold(0, i128::saturating_add);
        let name = fill(t.others, &[("count", &page.language.count(between.len()))]);
        lines.push(Bar::others(name, page.language.number(rest, 0)));
    }
    lines.extend(worst.iter().map(drawn));
    let measured = [
        ("Agreement Revenue", Kind::Number(0)),
        ("Agreement Direct Cost", Kind::Number(0)),
        ("Addition Cost", Kind::Number(0)),
        ("Agreement Profit", Kind::Number(0)),
        ("Agreement Hours", Kind::Number(2)),
        ("Effective Hourly Rate", Kind::Rate(0)),
    ];
    let mut columns: Vec<Column> =
        [t.agreement, t.company, t.agreement_type, t.active].map(|title| Column::new(title, Kind::Text)).into();
    columns.extend(measured.map(|(name, kind)| Column::new(page.name_of(name), kind)));
    let mut rows = Vec::new();
    for row in 0..frame.len() {
        let value = |name: &str| Ok::<_, Error>(frame.column(name)?.get(row));
        let text = |name: &str| Ok::<_, Error>(name_cell(page, value(name)?.map_or("", Value::text)));
        let active = value("isActive")?.map(|value| page.language.value(value)).unwrap_or_default();
        let mut cells = vec![text("agreement")?, text("company")?, text("typeName")?, Cell::text(active)];
        for (name, _) in measured {
            cells.push(Cell::Number(value(name)?.and_then(Value::number_or_none)));
        }
        rows.push(cells);
    }
    let table = Table { caption: t.profit.to_owned(), columns, rows, total: true, most: page.limits.rows };
    Ok(html! {
        @if !lines.is_empty() {
            @if !worst.is_empty() { p.note { (t.profit_best) } }
            (bars(page.language, t.profit, &lines, 0))
        }
        (page.data(&table.render(page.language)))
    })
}

/// Prepaid pots: what was used of what there is, and how long the rest lasts.
fn pots(page: &Page<'_>, frame: &Frame) -> Result<Markup, Error> {
    let t = page.t;
    let history = history(page)?;
    let mut lines = Vec::new();
    let mut others = (0_usize, 0_i128);
    let mut rows = Vec::new();
    for row in 0..frame.len() {
        let value = |name: &str| Ok::<_, Error>(frame.column(name)?.get(row));
        let number = |name: &str| Ok::<_, Error>(value(name)?.map_or(0, Value::number));
        let name = page.named(value("agreement")?.map_or("", Value::text));
        let (used, remaining, overrun) = (number("used")?, number("remaining")?, number("overrun")?);
        let use_a_month = number("recentHours")? / 3;
        let unlimited = value("isUnlimited")?.is_some_and(Value::flag);
        if !unlimited && lines.len() < page.limits.bars {
            let parts = vec![("c4", t.used.to_owned(), used), ("c2", t.remaining.to_owned(), remaining)];
            let told = page.language.number(remaining, 2);
            lines.push(Bar { name: name.clone(), parts, behind: None, told });
        } else if !unlimited {
            others = (others.0 + 1, others.1.saturating_add(remaining));
        }
        let lasts = (use_a_month > 0 && !unlimited).then(|| remaining.saturating_mul(ONE) / use_a_month);
        let months = value("agreementId")?.and_then(Value::whole).and_then(|id| history.get(&id));
        let left = if unlimited { Cell::text(t.unlimited) } else { Cell::number(remaining) };
        rows.push(vec![
            Cell::text(name),
            name_cell(page, value("company")?.map_or("", Value::text)),
            Cell::number(number("available")?),
            Cell::number(used),
            left,
            Cell::number(overrun),
            Cell::number(use_a_month),
            Cell::Number(lasts),
            match months {
                Some(values) if values.len() > 1 => Cell::Markup(line(page.language, t.burn_down, values)),
                Some(values) => {
                    Cell::text(values.iter().map(|(_, value)| page.language.number(*value, 2)).collect::<String>())
                }
                None => Cell::text(""),
            },
        ]);
    }
    if others.0 > 0 {
        let name = fill(t.others, &[("count", &page.language.count(others.0))]);
        lines.push(Bar::others(name, page.language.number(others.1, 2)));
    }
    let mut columns = vec![Column::new(t.agreement, Kind::Text), Column::new(t.company, Kind::Text)];
    columns.extend(
        [t.available, t.used, t.remaining, t.overrun, t.use_a_month].map(|title| Column::new(title, Kind::Number(2))),
    );
    columns.push(Column::new(t.lasts, Kind::Rate(1)));
    columns.push(Column::new(t.burn_down, Kind::Text));
    let table = Table { caption: t.pots.to_owned(), columns, rows, total: true, most: page.limits.rows };
    Ok(html! {
        p.note { (t.pots_note) }
        @if !lines.is_empty() {
            (legend([("c4", t.used), ("c2", t.remaining)]))
            (bars(page.language, t.pots, &lines, 2))
        }
        (table.render(page.language))
    })
}

/// What was left at the ends of months, by agreement.
fn history(page: &Page<'_>) -> Result<BTreeMap<i64, Vec<(String, i128)>>, Error> {
    let mut found: BTreeMap<i64, Vec<(String, i128)>> = BTreeMap::new();
    if let Some(frame) = page.rows("pots_month")? {
        let months = frame.column("month")?.iter().zip(frame.numbers("hours")?);
        for (id, (month, hours)) in frame.column("agreementId")?.iter().zip(months) {
            let Some(id) = id.whole() else { continue };
            found.entry(id).or_default().push((page.language.month(month.whole()), hours));
        }
    }
    Ok(found)
}

fn unmatched(page: &Page<'_>, frame: &Frame) -> Result<Markup, Error> {
    let t = page.t;
    let counts =
        [("agreements", t.agreements, 0), ("entries", t.entries, 0), ("hours", t.hours, 2), ("revenue", t.revenue, 0)];
    let mut rows: Vec<Vec<Cell>> = frame.texts("typeName")?.iter().map(|name| vec![name_cell(page, name)]).collect();
    let mut columns = vec![Column::new(t.agreement_type, Kind::Text)];
    for (name, title, digits) in counts {
        columns.push(Column::new(title, Kind::Number(digits)));
        for (row, value) in rows.iter_mut().zip(frame.numbers(name)?) {
            row.push(Cell::number(value));
        }
    }
    let table = Table { caption: t.unmatched.to_owned(), columns, rows, total: true, most: page.limits.rows };
    Ok(html! {
        @if !frame.is_empty() { p.note { (t.unmatched_note) } }
        (table.render(page.language))
    })
}
