//! Remarks on a run: what someone should know of its records, each with the command that shows more.

use super::output::grouped;
use crate::extract::ExtractStats;
use crate::printable::one_line;
use crate::run::report::RunReport;
use connectwise_generated::tables::by_entity;

/// Arguments that list what is in quarantine.
pub(super) const QUARANTINE: &str = "query \"SELECT entity, reason FROM bronze.cw_quarantine\"";

/// A remark, and the command that shows more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Remark {
    /// One line.
    pub(super) text: String,
    /// Arguments of the program that show more, where there are any.
    pub(super) more: Option<String>,
}

impl std::fmt::Display for Remark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.more {
            Some(more) => write!(f, "{} ({more})", self.text),
            None => f.write_str(&self.text),
        }
    }
}

/// Returns the remarks on the records: how they were read, quarantine, unknown properties.
pub(super) fn remarks(report: &RunReport) -> Vec<Remark> {
    let mut remarks = Vec::new();
    for entity in &report.entities {
        let name = entity.entity;
        let mut say = |text: String, more: Option<String>| remarks.push(Remark { text, more });
        for remark in &entity.remarks {
            say(format!("{name}: {remark}"), None);
        }
        if entity.quarantined > 0 {
            let records = if entity.quarantined == 1 { "record" } else { "records" };
            say(
                format!("{name}: {} {records} in quarantine", grouped(entity.quarantined)),
                Some(QUARANTINE.to_owned()),
            );
        }
        if let Some(text) = read_twice(name, &entity.numbers) {
            say(text, None);
        }
        if !entity.unknown_fields.is_empty() {
            let names: Vec<&str> = entity.unknown_fields.keys().map(String::as_str).collect();
            let names = one_line(&names.join(", ")).into_owned();
            let table = by_entity(name).map_or("", |table| table.table);
            let more = format!("query \"SELECT max(_unknown) FROM bronze.{table}\"");
            say(format!("{name}: properties that the spec does not know: {names}"), Some(more));
        }
    }
    let left = report.left_in_quarantine();
    if left > 0 {
        let records = if left == 1 { "record is" } else { "records are" };
        let text = format!("{} {records} in quarantine from earlier runs", grouped(left));
        remarks.push(Remark { text, more: Some("status".to_owned()) });
    }
    remarks
}

/// Returns how many records were read twice, and why; `None` where each was read once.
fn read_twice(entity: &str, numbers: &ExtractStats) -> Option<String> {
    let reasons = [
        (numbers.rows_changed, "changed after they had been read"),
        (numbers.rows_repeated, "came more than once, on pages that overlap or in several lists"),
    ];
    let all: u64 = reasons.iter().map(|(count, _)| count).sum();
    let reasons: Vec<String> = reasons
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, why)| format!("{} {why}", grouped(*count)))
        .collect();
    (all > 0).then(|| format!("{entity}: {} read twice: {}", grouped(all), reasons.join("; ")))
}
