//! Makes the page with a binary that is there, without building the pipeline: for work on the page.
//!
//! ```text
//! cargo run -p connectwise-page --example render -- BINARY LAKEHOUSE OUTPUT [is|en] [BUSINESS-DATE]
//! ```
//!
//! Each statement goes through `connectwise-etl query --format json`.

use anyhow::{Context as _, Result, bail};
use arrow_array::{ArrayRef, BooleanArray, RecordBatch, StringArray};
use arrow_cast::cast;
use arrow_schema::{DataType, TimeUnit};
use chrono::{NaiveDate, Utc};
use connectwise_page::{Input, Language, Limits, Outcome, render, statements};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::process::Command;
use std::sync::Arc;

type Row = BTreeMap<String, Box<RawValue>>;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [binary, lakehouse, output, rest @ ..] = arguments.as_slice() else {
        bail!("usage: render BINARY LAKEHOUSE OUTPUT [is|en] [BUSINESS-DATE]");
    };
    let business_date = match rest.get(1) {
        Some(date) => date.parse::<NaiveDate>().context("the business date is no date")?,
        None => Utc::now().date_naive(),
    };
    let mut results = BTreeMap::new();
    for statement in statements(business_date)? {
        let asked = ["query", &statement.sql, "--format", "json", "--lakehouse", lakehouse];
        let answer = Command::new(binary).args(asked).output().context("the binary can't be run")?;
        let outcome = if answer.status.success() {
            Outcome::Rows(batches(&answer.stdout).with_context(|| statement.name.clone())?)
        } else {
            Outcome::Failed(String::from_utf8_lossy(&answer.stderr).trim().to_owned())
        };
        results.insert(statement.name, outcome);
    }
    let english = rest.first().is_some_and(|language| language == "en");
    let input = Input {
        language: if english { Language::English } else { Language::Icelandic },
        generated_at: Utc::now(),
        business_date,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        lakehouse: lakehouse.clone(),
        results,
        limits: Limits::default(),
    };
    std::fs::write(output, render(&input)?).context("the page can't be written")?;
    Ok(())
}

/// JSON does not say what a column holds: what all of its values look like does.
fn batches(json: &[u8]) -> Result<Vec<RecordBatch>> {
    let rows: Vec<Row> = serde_json::from_slice(json)?;
    let Some(first) = rows.first() else { return Ok(Vec::new()) };
    let mut columns = Vec::new();
    for name in first.keys() {
        let raw: Vec<Option<&str>> =
            rows.iter().map(|row| row.get(name).map(|raw| raw.get()).filter(|raw| *raw != "null")).collect();
        columns.push((name.as_str(), column(&raw)?));
    }
    Ok(vec![RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true)))?])
}

fn column(raw: &[Option<&str>]) -> Result<ArrayRef> {
    let all = |fits: &dyn Fn(&str) -> bool| raw.iter().flatten().all(|raw| fits(raw));
    if all(&|raw| raw == "true" || raw == "false") {
        return Ok(Arc::new(raw.iter().map(|raw| raw.map(|raw| raw == "true")).collect::<BooleanArray>()));
    }
    if all(&|raw| !raw.starts_with('"')) {
        let texts: ArrayRef = Arc::new(raw.iter().copied().collect::<StringArray>());
        return Ok(cast(&texts, &DataType::Decimal128(38, 4))?);
    }
    let texts = raw.iter().map(|raw| raw.map(serde_json::from_str::<String>).transpose());
    let texts = texts.collect::<Result<StringArray, _>>()?;
    let is_instant = |text: &str| text.len() > 18 && text.as_bytes().get(10) == Some(&b'T') && text.ends_with('Z');
    if texts.iter().flatten().all(is_instant) {
        let texts: ArrayRef = Arc::new(texts);
        return Ok(cast(&texts, &DataType::Timestamp(TimeUnit::Microsecond, None))?);
    }
    Ok(Arc::new(texts))
}
