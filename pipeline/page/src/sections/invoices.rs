//! Invoices: where they stand, where they differ from their lines, and what is still to be paid.

use super::{by_month_and_code, name_cell};
use crate::error::Error;
use crate::frame::{Frame, Value};
use crate::page::{Page, Section};
use crate::svg::{Bar, bars, legend};
use crate::table::{Cell, Column, Kind, Table};
use crate::texts::fill;
use maud::{Markup, html};

/// What is overdue, by age: measure and colour.
const OVERDUE: [(&str, &str); 4] = [
    ("Overdue 1-30 Days", "c3"),
    ("Overdue 31-60 Days", "c6"),
    ("Overdue 61-90 Days", "c7"),
    ("Overdue over 90 Days", "c8"),
];

/// The statuses with their colours.
const STATUSES: &[(&str, &str)] = &[("Posted", "c1"), ("Unposted", "c3"), ("Open", "c6")];

/// Makes the section.
pub(super) fn section(page: &Page<'_>) -> Result<Section, Error> {
    let t = page.t;
    let totals = page.rows("invoice_totals")?;
    let figures = ["Invoiced Revenue", "Receivables", "Overdue", "Overdue over 90 Days"];
    let verdict = match &totals {
        Some(frame) => {
            let (overdue, all) = (frame.first("Overdue")?.number(), frame.first("Receivables")?.number());
            fill(
                t.invoices_verdict,
                &[
                    ("receivables", &page.told(frame, "Receivables")?),
                    ("overdue", &page.told(frame, "Overdue")?),
                    ("share", &page.language.share(overdue, all)),
                ],
            )
        }
        None => t.missing.to_owned(),
    };
    let body = html! {
        (page.measures("invoice_totals", &figures)?)
        (page.block(t.invoice_status, ["invoice_status"], |frame| by_status(page, frame))?)
        (page.block(t.invoice_month, ["invoice_month"], |frame| {
            by_month_and_code(page, frame, t.invoice_month, "Invoiced Revenue", 0, STATUSES)
        })?)
        (page.block(t.receivables_age, ["invoice_totals"], |frame| by_age(page, frame))?)
        (page.block(t.receivables_company, ["receivables_company"], |frame| by_company(page, frame))?)
        (page.block(t.differences, ["invoice_differences"], |frame| differences(page, frame))?)
    };
    Ok(Section { id: "invoices", tab: t.invoices_tab, title: t.invoices_title, verdict: ("", verdict), body })
}

fn by_status(page: &Page<'_>, frame: &Frame) -> Result<Markup, Error> {
    let t = page.t;
    let columns = vec![
        Column::new(t.status, Kind::Text),
        Column::new(t.invoices, Kind::Number(0)),
        Column::new(page.name_of("Invoiced Revenue"), Kind::Number(0)),
        Column::new(t.total_with_tax, Kind::Number(0)),
        Column::new(t.balance, Kind::Number(0)),
    ];
    let mut rows: Vec<Vec<Cell>> =
        frame.texts("status")?.iter().map(|status| vec![Cell::text(page.language.code_name(status))]).collect();
    for name in ["invoices", "Invoiced Revenue", "total", "balance"] {
        for (row, value) in rows.iter_mut().zip(frame.numbers(name)?) {
            row.push(Cell::number(value));
        }
    }
    let table = Table { caption: t.invoice_status.to_owned(), columns, rows, total: true, most: page.limits.rows };
    Ok(table.render(page.language))
}

/// The names of the ages, from what is not due.
fn ages<'a>(page: &Page<'a>) -> [(&'static str, &'a str); 5] {
    let t = page.t;
    let names = [t.overdue_30, t.overdue_60, t.overdue_90, t.overdue_more];
    let mut all = [("c1", t.not_due); 5];
    for (slot, ((_, class), name)) in all.iter_mut().skip(1).zip(OVERDUE.iter().zip(names)) {
        *slot = (class, name);
    }
    all
}

/// The balances of a row by age: what is not due, and what is overdue.
fn balances(frame: &Frame, row: usize) -> Result<[i128; 5], Error> {
    let number = |name: &str| Ok::<_, Error>(frame.column(name)?.get(row).map_or(0, Value::number));
    let mut found = [number("Receivables")?.saturating_sub(number("Overdue")?); 5];
    for (slot, (name, _)) in found.iter_mut().skip(1).zip(OVERDUE) {
        *slot = number(name)?;
    }
    Ok(found)
}

fn by_age(page: &Page<'_>, frame: &Frame) -> Result<Markup, Error> {
    let t = page.t;
    let mut lines = Vec::new();
    let mut rows = Vec::new();
    for (order, ((class, name), value)) in (0_i128..).zip(ages(page).into_iter().zip(balances(frame, 0)?)) {
        let told = page.language.number(value, 0);
        let parts = vec![(class, page.name_of("Receivables").to_owned(), value)];
        lines.push(Bar { name: name.to_owned(), parts, behind: None, told });
        rows.push(vec![Cell::Ordered(name.to_owned(), order), Cell::number(value)]);
    }
    let columns = vec![Column::new(t.age, Kind::Text), Column::new(page.name_of("Receivables"), Kind::Number(0))];
    let table = Table { caption: t.receivables_age.to_owned(), columns, rows, total: true, most: page.limits.rows };
    Ok(html! { (bars(page.language, t.receivables_age, &lines, 0)) (page.data(&table.render(page.language))) })
}

fn by_company(page: &Page<'_>, frame: &Frame) -> Result<Markup, Error> {
    let t = page.t;
    let names = frame.texts("company")?;
    let ages = ages(page);
    let mut lines = Vec::new();
    let mut rows = Vec::new();
    let mut rest = 0_i128;
    for (row, name) in names.iter().enumerate() {
        let values = balances(frame, row)?;
        if row < page.limits.bars {
            lines.push(stacked(page, page.named(name), &ages, values));
        } else {
            rest = values.into_iter().fold(rest, i128::saturating_add);
        }
        let mut cells = vec![name_cell(page, name)];
        cells.push(Cell::number(values.into_iter().fold(0, i128::saturating_add)));
        cells.extend(values.map(Cell::number));
        rows.push(cells);
    }
    if names.len() > page.limits.bars {
        let count = page.language.count(names.len() - page.limits.bars);
        lines.push(Bar::others(fill(t.others, &[("count", &count)]), page.language.number(rest, 0)));
    }
    let mut columns =
        vec![Column::new(t.company, Kind::Text), Column::new(page.name_of("Receivables"), Kind::Number(0))];
    columns.extend(ages.map(|(_, name)| Column::new(name, Kind::Number(0))));
    let caption = t.receivables_company.to_owned();
    let table = Table { caption, columns, rows, total: true, most: page.limits.rows };
    Ok(html! {
        @if !lines.is_empty() { (legend(ages)) (bars(page.language, t.receivables_company, &lines, 0)) }
        (page.data(&table.render(page.language)))
    })
}

fn stacked(page: &Page<'_>, name: String, ages: &[(&'static str, &str); 5], values: [i128; 5]) -> Bar {
    let told = page.language.number(values.into_iter().fold(0, i128::saturating_add), 0);
    let parts = ages.iter().zip(values).map(|((class, age), value)| (*class, (*age).to_owned(), value)).collect();
    Bar { name, parts, behind: None, told }
}

fn differences(page: &Page<'_>, frame: &Frame) -> Result<Markup, Error> {
    let t = page.t;
    if frame.is_empty() {
        return Ok(html! { p.good { (t.differences_none) } });
    }
    let of_lines = |what: &str| fill(t.of_lines, &[("what", what)]);
    let mut columns = vec![
        Column::new(t.invoice, Kind::Text),
        Column::new(t.kind, Kind::Text),
        Column::new(t.status, Kind::Text),
        Column::new(t.lines, Kind::Number(0)),
    ];
    let pairs = [
        ("serviceTotal", "timeAmount", t.service),
        ("expenseTotal", "expenseAmount", t.expense),
        ("productTotal", "productAmount", t.product),
    ];
    for (_, _, name) in pairs {
        columns.push(Column::new(name, Kind::Number(0)));
        columns.push(Column::new(of_lines(name), Kind::Number(0)));
    }
    columns.push(Column::new(t.difference, Kind::Number(2)));
    let mut rows = Vec::new();
    for row in 0..frame.len() {
        let value = |name: &str| Ok::<_, Error>(frame.column(name)?.get(row));
        let text = |name: &str| Ok::<_, Error>(value(name)?.map_or("", Value::text));
        let number = |name: &str| Ok::<_, Error>(Cell::number(value(name)?.map_or(0, Value::number)));
        let mut cells = vec![
            name_cell(page, text("invoiceNumber")?),
            Cell::text(text("invoiceType")?),
            Cell::text(page.language.code_name(text("postingStatus")?)),
            number("lines")?,
        ];
        for (total, lines, _) in pairs {
            cells.push(number(total)?);
            cells.push(number(lines)?);
        }
        cells.push(number("difference")?);
        rows.push(cells);
    }
    let table = Table { caption: t.differences.to_owned(), columns, rows, total: true, most: page.limits.rows };
    Ok(table.render(page.language))
}
