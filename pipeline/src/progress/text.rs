//! State of an entity's progress, and its texts: the style of a bar, and what a line says.

use indicatif::{HumanCount, HumanDuration, ProgressState, ProgressStyle};
use std::time::{Duration, Instant};

/// State of the progress of an entity.
pub(super) struct State {
    pub(super) expected: Option<u64>,
    pub(super) rows: u64,
    pub(super) retries: u64,
    /// What it does beside reading: a wait, a second reading.
    pub(super) doing: String,
    pub(super) started: Instant,
    pub(super) told: Instant,
}

pub(super) fn running_style() -> ProgressStyle {
    style("{prefix:16} {wide_bar:.cyan/dim} {human_pos} of {human_len}  {rate}/s  {eta} left{msg}")
}

pub(super) fn counting_style() -> ProgressStyle {
    style("{prefix:16} {spinner} {human_pos} records  {rate}/s{msg}")
}

fn style(template: &str) -> ProgressStyle {
    // The style's own rate has four decimals.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()).with_key(
        "rate",
        |state: &ProgressState, out: &mut dyn std::fmt::Write| {
            let _ = write!(out, "{}", HumanCount(state.per_sec().round() as u64));
        },
    )
}

pub(super) fn records(count: u64) -> String {
    if count == 1 { "1 record".to_owned() } else { format!("{} records", HumanCount(count)) }
}

pub(super) fn retries(count: u64) -> String {
    if count == 1 { "1 request tried again".to_owned() } else { format!("{} requests tried again", HumanCount(count)) }
}

/// Retries and what is being done, for the end of a bar.
pub(super) fn aside(state: &State) -> String {
    let mut text = String::new();
    if state.retries > 0 {
        text.push_str(&format!("  {}", retries(state.retries)));
    }
    if !state.doing.is_empty() {
        text.push_str(&format!("  {}", state.doing));
    }
    text
}

/// `1,200 of 5,000 records, 600 a second, 6 seconds left, 1 request tried again, …`
pub(super) fn line(state: &State) -> String {
    let seconds = state.started.elapsed().as_secs_f64();
    let rate = if seconds > 0.0 { state.rows as f64 / seconds } else { 0.0 };
    let mut parts = vec![match state.expected {
        Some(expected) => format!("{} of {}", HumanCount(state.rows), records(expected)),
        None => records(state.rows),
    }];
    if rate >= 1.0 {
        parts.push(format!("{} a second", HumanCount(rate.round() as u64)));
        if let Some(rest) =
            state.expected.and_then(|expected| expected.checked_sub(state.rows)).filter(|rest| *rest > 0)
        {
            parts.push(format!("{} left", HumanDuration(Duration::from_secs_f64(rest as f64 / rate))));
        }
    }
    if state.retries > 0 {
        parts.push(retries(state.retries));
    }
    if !state.doing.is_empty() {
        parts.push(state.doing.clone());
    }
    parts.join(", ")
}
