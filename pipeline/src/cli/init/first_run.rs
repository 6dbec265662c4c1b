//! What a first run would read: the records of each entity, and about how long that takes.

use super::super::output::{Output, grouped};
use super::super::table::{columns, wrapped};
use crate::client::{Client, MOST_ON_A_PAGE};
use crate::error::Result;
use connectwise_generated::tables::{TABLES, by_entity};
use connectwise_runtime::Table;
use futures::TryStreamExt as _;
use std::time::{Duration, Instant};

/// Prints each entity with its records, and an estimate of the time.
pub(super) async fn show(client: &Client, workers: usize, output: &mut Output) -> Result<()> {
    let mut counts: Vec<(&'static Table, Option<u64>)> = Vec::new();
    for table in TABLES.iter().copied().filter(|table| table.parent.is_none()) {
        // What can't be read was told by the checks already.
        counts.push((table, client.list_of(table).count().await.ok().flatten()));
    }
    let largest = counts.iter().max_by_key(|(_, count)| count.unwrap_or(0)).map(|(table, _)| *table);
    let page = match largest {
        Some(table) => time_of_a_page(client, table).await,
        None => None,
    };
    let count_of = |entity: &str| counts.iter().find(|(table, _)| table.entity == entity).and_then(|(_, count)| *count);
    let mut rows = vec![["entity", "records", "requests"].map(ToOwned::to_owned).to_vec()];
    let mut all = 0;
    for table in TABLES {
        let (records, requests) = match table.parent {
            None => {
                let records = count_of(table.entity);
                (records.map_or("unknown".to_owned(), grouped), records.map(|records| records / MOST_ON_A_PAGE + 1))
            }
            // A list below each parent.
            Some(parent) => {
                let parents = by_entity(parent.entity).and_then(|table| count_of(table.entity));
                (format!("below each {}", parent.entity), parents)
            }
        };
        all += requests.unwrap_or(0);
        rows.push(vec![table.entity.to_owned(), records, requests.map_or_else(String::new, grouped)]);
    }
    output.line(format!("\nA first run reads\n\n{}", columns(&rows, &[1, 2])))?;
    if let Some(page) = page {
        output.line(format!("\n{}", estimate(page, all, workers)))?;
    }
    Ok(())
}

/// Says about how long so many requests take, by the time of a page.
fn estimate(page: Duration, requests: u64, workers: usize) -> String {
    let seconds = page.as_secs_f64() * requests as f64 / workers.max(1) as f64;
    let text = format!(
        "That is about {}: a page of {} records took {:.1} s, and {workers} are read at a time.",
        duration(seconds),
        grouped(MOST_ON_A_PAGE),
        page.as_secs_f64()
    );
    wrapped("", &text)
}

/// Measures how long the first page of a list takes.
async fn time_of_a_page(client: &Client, table: &'static Table) -> Option<Duration> {
    let started = Instant::now();
    let list = client.list_of(table).limit(MOST_ON_A_PAGE);
    let read = list.records().try_fold(0_u64, |count, _| async move { Ok(count + 1) }).await;
    read.ok().filter(|count| *count > 0).map(|_| started.elapsed())
}

/// A duration that is an estimate: no more digits than it deserves.
fn duration(seconds: f64) -> String {
    match seconds {
        ..60.0 => "a minute".to_owned(),
        ..5400.0 => format!("{:.0} minutes", (seconds / 60.0).ceil()),
        _ => format!("{:.0} hours", (seconds / 3600.0).ceil()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::table::WIDTH;
    use super::*;

    #[test]
    fn an_estimate_fits_the_screen() {
        let text = estimate(Duration::from_millis(12_300), 5_000, 64);
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.starts_with("That is about 17 minutes: a page of 1,000 records took 12.3 s, and 64"), "{words}");
    }

    #[test]
    fn an_estimate_has_no_more_digits_than_it_deserves() {
        for (seconds, told) in [(0.2, "a minute"), (61.0, "2 minutes"), (5399.0, "90 minutes"), (7201.0, "3 hours")] {
            assert_eq!(duration(seconds), told);
        }
    }
}
