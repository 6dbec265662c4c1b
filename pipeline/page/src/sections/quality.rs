//! Is it right?

use super::runs;
use crate::details;
use crate::error::Error;
use crate::frame::{Frame, ONE, Value};
use crate::page::{Figure, Page, Section};
use crate::statements::{ROWS_OF_GOLD, rows_of};
use crate::table::{Cell, Column, Kind, Table};
use crate::texts::{Texts, fill};
use connectwise_generated::tables;
use maud::{Markup, html};
use std::collections::BTreeMap;

/// A group of checks that say one thing.
struct Invariant {
    name: &'static str,
    checks: usize,
    /// Broken ones that fail a run.
    broken: usize,
    warnings: usize,
}

/// Makes the section.
pub(super) fn section(page: &Page<'_>) -> Result<Section, Error> {
    let t = page.t;
    let checks = page.rows("checks")?;
    let invariants = checks.as_ref().map(|frame| invariants(t, frame)).transpose()?.unwrap_or_default();
    let runs = page.rows("runs")?;
    let quarantine = page.rows("quarantine")?;
    let body = html! {
        (figures(page, checks.as_ref(), runs.as_ref(), quarantine.as_ref())?)
        (page.block(t.invariants, ["checks"], |frame| groups(page, frame, &invariants))?)
        (page.block(t.runs, ["runs"], |frame| runs::table(page, frame))?)
        (page.block(t.watermarks, ["entities"], |frame| runs::entities(page, frame))?)
        (page.block(t.quarantine, ["quarantine"], |frame| in_quarantine(page, frame))?)
        (by_layer(page)?)
        (page.block(t.gold_rows, [ROWS_OF_GOLD], |frame| {
            let columns = vec![Column::new(t.table, Kind::Text), Column::new(t.rows, Kind::Number(0))];
            let rows = frame.texts("name")?.into_iter().zip(frame.numbers("rows")?);
            let rows = rows.map(|(name, rows)| vec![Cell::text(name), Cell::number(rows)]).collect();
            let table = Table { caption: t.gold_rows.to_owned(), columns, rows, total: true, most: page.limits.rows };
            Ok(table.render(page.language))
        })?)
    };
    let verdict = verdict(page, &invariants, runs.as_ref(), quarantine.as_ref())?;
    Ok(Section { id: "quality", tab: t.quality_tab, title: t.quality, verdict, body })
}

/// The invariant that a check belongs to.
fn invariant_of(t: &Texts, check: &str) -> (usize, &'static str) {
    match check.split('/').next().unwrap_or_default() {
        "fetched" => (0, t.fetched),
        "rows" => (1, t.live_rows),
        "sum" => (2, t.sums),
        "fits" => (3, t.fits),
        "key" | "reference" => (4, t.keys),
        "status" => (5, t.one_status),
        "rebuild" => (6, t.rebuild),
        "quarantine" => (7, t.records_fit),
        "own" => (8, t.own),
        _ => (9, t.other_checks),
    }
}

fn invariants(t: &Texts, frame: &Frame) -> Result<Vec<Invariant>, Error> {
    let mut found: BTreeMap<usize, Invariant> = BTreeMap::new();
    let severities = frame.texts("severity")?;
    for ((check, passed), severity) in frame.texts("check")?.into_iter().zip(frame.column("passed")?).zip(severities) {
        let (order, name) = invariant_of(t, check);
        let one = found.entry(order).or_insert(Invariant { name, checks: 0, broken: 0, warnings: 0 });
        one.checks += 1;
        match (passed.flag(), severity) {
            (true, _) => {}
            (false, "warning") => one.warnings += 1,
            (false, _) => one.broken += 1,
        }
    }
    Ok(found.into_values().collect())
}

fn verdict(
    page: &Page<'_>,
    invariants: &[Invariant],
    runs: Option<&Frame>,
    quarantine: Option<&Frame>,
) -> Result<(&'static str, String), Error> {
    let t = page.t;
    let held = invariants.iter().filter(|invariant| invariant.broken == 0).count();
    let warnings: usize = invariants.iter().map(|invariant| invariant.warnings).sum();
    // What was not brought or not built was not checked either.
    let last = runs.filter(|frame| !frame.is_empty());
    let is_done = last.map(|frame| frame.first("status").map(|status| status.text() == "done")).transpose()?;
    let has_gold = page.rows(ROWS_OF_GOLD)?.is_some();
    let is_whole = is_done.unwrap_or(false) && has_gold;
    let (class, words) = match (held, invariants.len()) {
        (_, 0) => ("warn", t.verdict_none),
        (held, all) if held == all && is_whole => ("good", t.verdict_good),
        (held, all) if held == all => ("warn", t.verdict_partly),
        _ => ("bad", t.verdict_bad),
    };
    let count = |count: usize| page.language.count(count);
    let mut said = vec![fill(words, &[("held", &count(held)), ("all", &count(invariants.len()))])];
    if warnings > 0 {
        said.push(fill(t.verdict_warnings, &[("count", &count(warnings))]));
    }
    if let Some(frame) = quarantine.filter(|frame| !frame.is_empty()) {
        said.push(fill(t.verdict_quarantine, &[("count", &count(frame.len()))]));
    }
    if let Some(frame) = last {
        let status = frame.first("status")?.text();
        let when = page.language.value(frame.first("startedAt")?);
        said.push(fill(t.verdict_run, &[("when", &when), ("status", &page.language.code_name(status))]));
    }
    Ok((class, said.join(" ")))
}

fn figures(
    page: &Page<'_>,
    checks: Option<&Frame>,
    runs: Option<&Frame>,
    quarantine: Option<&Frame>,
) -> Result<Markup, Error> {
    let t = page.t;
    let mut figures = Vec::new();
    let mut add = |name: &str, label: &str, value: String, hint: String| {
        figures.push(Figure { name: name.to_owned(), label: label.to_owned(), value, hint });
    };
    if let Some(frame) = runs.filter(|frame| !frame.is_empty()) {
        let status = page.language.code_name(frame.first("status")?.text());
        add("Last run", t.last_run, page.language.value(frame.first("startedAt")?), status);
    }
    if let Some(frame) = checks {
        let held = frame.column("passed")?.iter().filter(|passed| passed.flag()).count();
        let all = fill(t.of_all, &[("all", &page.language.count(frame.len()))]);
        add("Checks", t.checks_held, page.language.count(held), all);
    }
    if let Some(frame) = quarantine {
        add("Quarantine", t.quarantined, page.language.count(frame.len()), String::new());
    }
    if let Some(frame) = page.rows(ROWS_OF_GOLD)? {
        add("Rows in gold", t.rows_in_gold, page.language.number(frame.sum("rows")?, 0), String::new());
    }
    Ok(page.figures(&figures, &["runs", "checks", "quarantine", ROWS_OF_GOLD]))
}

/// The invariants, what is broken, and all checks.
fn groups(page: &Page<'_>, frame: &Frame, invariants: &[Invariant]) -> Result<Markup, Error> {
    let t = page.t;
    let count = |count: usize| Cell::number(i128::try_from(count).unwrap_or_default() * ONE);
    let state = |broken: usize, warnings: usize| match (broken, warnings) {
        (0, 0) => Cell::State("good", t.holds.to_owned()),
        (0, _) => Cell::State("warn", t.warning.to_owned()),
        _ => Cell::State("bad", t.holds_not.to_owned()),
    };
    let columns = vec![
        Column::new(t.invariant, Kind::Text),
        Column::new(t.status, Kind::Text),
        Column::new(t.checks, Kind::Number(0)),
        Column::new(t.broken, Kind::Number(0)),
    ];
    let rows = invariants
        .iter()
        .map(|one| {
            vec![
                Cell::text(one.name),
                state(one.broken, one.warnings),
                count(one.checks),
                count(one.broken + one.warnings),
            ]
        })
        .collect();
    let summary = Table { caption: t.invariants.to_owned(), columns, rows, total: true, most: page.limits.rows };
    let (mut failed, mut all) = (Vec::new(), Vec::new());
    let details = frame.texts("detail")?.into_iter().zip(frame.texts("severity")?);
    for ((check, passed), (detail, severity)) in
        frame.texts("check")?.into_iter().zip(frame.column("passed")?).zip(details)
    {
        let (broken, warnings) = match (passed.flag(), severity) {
            (true, _) => (0, 0),
            (false, "warning") => (0, 1),
            (false, _) => (1, 0),
        };
        let found = Cell::text(details::figures(page.language, check, detail));
        let row = vec![Cell::text(page.language.check(check)), state(broken, warnings), found];
        if !passed.flag() {
            failed.push(row.clone());
        }
        all.push(row);
    }
    let table = |caption: &str, rows, most| {
        let columns = [t.check, t.status, t.figures].map(|title| Column::new(title, Kind::Text)).into();
        Table { caption: caption.to_owned(), columns, rows, total: false, most }.render(page.language)
    };
    let ended = page.language.value(frame.first("checkedAt")?);
    Ok(html! {
        @if frame.is_empty() { p.nothing { (t.verdict_none) } } @else {
            p.note { (fill(t.invariants_note, &[("when", &ended)])) }
            (summary.render(page.language))
            @if !failed.is_empty() { (table(t.broken, failed, page.limits.rows)) }
            // Every one of them: there are a few for each table and column, however much data there is.
            details.data { summary { (t.all_checks) " (" (page.language.count(all.len())) ")" } (table(t.all_checks, all, 2_000)) }
        }
    })
}

/// Ids and reasons, never what is in a record.
fn in_quarantine(page: &Page<'_>, frame: &Frame) -> Result<Markup, Error> {
    let t = page.t;
    let texts = [frame.texts("entity")?, frame.texts("recordId")?, frame.texts("path")?, frame.texts("reason")?];
    let instants = frame.column("etlTimestamp")?;
    let rows = (0..frame.len()).map(|row| {
        let text = |column: usize| texts.get(column).and_then(|texts| texts.get(row)).copied().unwrap_or_default();
        vec![
            Cell::text(page.language.entity(text(0))),
            Cell::text(text(1)),
            Cell::text(text(2)),
            Cell::text(details::reason(page.language, text(3))),
            runs::instant(page, instants.get(row)),
        ]
    });
    let columns = [t.entity, t.record, t.path, t.reason, t.fetched_at].map(|title| Column::new(title, Kind::Text));
    let caption = t.quarantine.to_owned();
    let table = Table { caption, columns: columns.into(), rows: rows.collect(), total: false, most: page.limits.rows };
    Ok(html! { p.note { (t.quarantine_note) } (table.render(page.language)) })
}

/// Rows of bronze and silver, a statement an entity.
fn by_layer(page: &Page<'_>) -> Result<Markup, Error> {
    let t = page.t;
    let names: Vec<String> = tables::TABLES.iter().map(|table| rows_of(table.entity)).collect();
    let mut rows = Vec::new();
    for (table, statement) in tables::TABLES.iter().zip(&names) {
        let frame = page.rows(statement)?;
        let number = |name: &str| {
            let value = frame.as_ref().map(|frame| frame.first(name).map(Value::number_or_none)).transpose()?;
            Ok::<_, Error>(Cell::Number(value.flatten()))
        };
        let (bronze, deleted, silver) = (number("bronze")?, number("deleted")?, number("silver")?);
        rows.push(vec![
            Cell::text(page.language.entity(table.entity)),
            Cell::text(table.table),
            bronze,
            silver,
            deleted,
        ]);
    }
    let mut columns = vec![Column::new(t.entity, Kind::Text), Column::new(t.table, Kind::Text)];
    columns.extend([t.bronze, t.silver, t.bronze_deleted].map(|title| Column::new(title, Kind::Number(0))));
    let table = Table { caption: t.by_layer.to_owned(), columns, rows, total: true, most: page.limits.rows };
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    Ok(html! {
        section.block #b-rows { h3 { (t.by_layer) } (table.render(page.language)) (page.sql(&names)) }
    })
}
