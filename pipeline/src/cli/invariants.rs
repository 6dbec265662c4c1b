//! Details of a run, for `--verbose`: every table, every check, and the agreement types to look at.

use super::output::{Output, grouped};
use super::remarks::remarks;
use super::table::{table, table_of_lines};
use crate::check::Check;
use crate::error::Result;
use crate::gold::RefreshKind;
use crate::printable::one_line;
use crate::run::report::{RunReport, TableReport};
use comfy_table::{ColumnConstraint, Table, Width};

/// Maximum width of a line in the column of what was compared: the rest goes to the next.
const LINE: u16 = 96;

/// Prints the tables, the remarks, the invariants and the unmatched agreement types.
pub(super) fn show(report: &RunReport, output: &mut Output) -> Result<()> {
    if !report.tables.is_empty() {
        output.line(summary(&report.tables))?;
    }
    for remark in remarks(report) {
        output.line(remark)?;
    }
    if !report.checks.is_empty() {
        output.line(invariants(report))?;
        let passed = report.checks.iter().filter(|check| check.passed).count();
        output.line(format!("{passed} of {} checks passed", report.checks.len()))?;
    }
    if !report.unmatched.is_empty() {
        output.line("Agreement types that no rule of schema/agreement-rules.yaml knows: someone must look at them")?;
        output.line(unmatched(report))?;
    }
    Ok(())
}

/// Builds the summary of a run: one row per table.
fn summary(tables: &[TableReport]) -> Table {
    let rows: Vec<Vec<String>> = tables
        .iter()
        .map(|table| {
            vec![
                table.layer.to_owned(),
                table.table.clone(),
                grouped(table.rows),
                grouped(table.counts.inserted),
                grouped(table.counts.updated),
                grouped(table.counts.unchanged),
                grouped(table.counts.deleted),
                format!("{:.2}", table.seconds),
            ]
        })
        .collect();
    let header = ["layer", "table", "rows", "inserted", "updated", "unchanged", "deleted", "seconds"];
    table(&header, &rows, &[2, 3, 4, 5, 6, 7])
}

/// An invariant, and whether it holds.
pub(super) struct Held {
    /// Its number in the contract with the tables' readers; empty for a check that has none.
    pub(super) number: &'static str,
    /// What must hold.
    pub(super) name: &'static str,
    /// What was compared, in a few words.
    pub(super) brief: String,
    /// What was compared, a line each. What is broken is spelled out.
    pub(super) compared: Vec<String>,
    /// Checks that fail.
    pub(super) broken: Vec<String>,
    /// `ok`, `warning`, `broken` or `not all compared`.
    pub(super) state: &'static str,
}

/// Builds a table with one row per invariant.
fn invariants(report: &RunReport) -> Table {
    let rows: Vec<Vec<String>> = held(report)
        .into_iter()
        .map(|held| {
            let texts = [held.number, held.name].map(ToOwned::to_owned);
            texts.into_iter().chain([held.compared.join("\n"), held.state.to_owned()]).collect()
        })
        .collect();
    let mut table = table_of_lines(&["", "invariant", "compared", ""], &rows);
    if let Some(column) = table.column_mut(2) {
        column.set_constraint(ColumnConstraint::UpperBoundary(Width::Fixed(LINE)));
    }
    table
}

/// Returns the invariants that were checked, in their order.
pub(super) fn held(report: &RunReport) -> Vec<Held> {
    let of = |names: &[&str]| -> Vec<&Check> {
        report.checks.iter().filter(|check| names.contains(&check.invariant())).collect()
    };
    let keys = format!(
        "the primary keys of {} tables, {} columns of facts that refer to dimensions",
        of(&["key"]).len(),
        of(&["reference"]).len()
    );
    let keys_in_brief = format!("{} keys, {} references", of(&["key"]).len(), of(&["reference"]).len());
    let own = format!("{} of schema/checks.yaml", of(&["own"]).len());
    let Rebuilds { lines: rebuilds, brief: in_brief, all_compared } = rebuilds(report);
    let read = of(&["fetched"]);
    let every = format!("every record that was read of {} entities", read.len());
    let read_of = |number: usize| format!("every record of {number} entities");
    let fetched = row("", "bronze holds what was read", &read, Some(vec![every])).told(read_of(read.len()));
    let all_fit = of(&["quarantine"]);
    let of_read = format!("the records of {} entities", all_fit.len());
    let rejected: u64 = report.entities.iter().map(|entity| entity.quarantined).sum();
    let mut fit = row("", "records fit", &all_fit, Some(vec![of_read]));
    if rejected > 0 {
        let records = if rejected == 1 { "record is" } else { "records are" };
        fit.brief = format!("{} {records} in quarantine, fewer than would fail", grouped(rejected));
    }
    let gold = [
        row("1", "live rows agree", &of(&["rows"]), None),
        row("2", "sums agree", &of(&["sum"]), None),
        row("3", "keys unique, references whole", &of(&["key", "reference"]), Some(vec![keys])).told(keys_in_brief),
        row("4", "one status an entry", &of(&["status"]), None),
        row("5", "gold equals a rebuild", &of(&["rebuild"]), Some(rebuilds)).told(in_brief),
        row("", "your own checks", &of(&["own"]), Some(vec![own])),
    ];
    // What was not built was not checked.
    let was_built = report.checks.len() > read.len() + all_fit.len();
    std::iter::once(fetched)
        .filter(|_| !read.is_empty())
        .chain(gold.into_iter().filter(|_| was_built))
        .chain(std::iter::once(fit).filter(|_| !all_fit.is_empty()))
        .map(|mut held| {
            if held.number == "5" && held.state == "ok" && !all_compared {
                held.state = "not all compared";
            }
            held
        })
        .collect()
}

impl Held {
    /// Replaces what is told in brief.
    fn told(self, brief: String) -> Self {
        Self { brief, ..self }
    }
}

/// Judges an invariant: a line per check, or those of `instead` in place of the ones that hold.
fn row(number: &'static str, name: &'static str, checks: &[&Check], instead: Option<Vec<String>>) -> Held {
    let line = |check: &Check| match check.name.split_once('/') {
        // Where an invariant has one check, the row names its subject already.
        Some((_, subject)) if checks.len() > 1 || !check.passed => {
            one_line(&format!("{subject}: {}", check.detail)).into_owned()
        }
        _ => one_line(&check.detail).into_owned(),
    };
    let mut compared = match instead {
        Some(lines) => lines,
        None => checks.iter().filter(|check| check.passed).map(|check| line(check)).collect(),
    };
    let brief = match compared.as_slice() {
        [one] => one.clone(),
        [] => String::new(),
        _ => format!("{} comparisons", checks.len()),
    };
    compared.extend(checks.iter().filter(|check| !check.passed).map(|check| {
        let mark = if check.fails() { "✗" } else { "warning:" };
        format!("{mark} {}", line(check))
    }));
    let broken: Vec<String> = checks.iter().filter(|check| check.fails()).map(|check| line(check)).collect();
    let state = match checks.iter().any(|check| !check.passed) {
        _ if !broken.is_empty() => "broken",
        true => "warning",
        false => "ok",
    };
    Held { number, name, brief, compared, broken, state }
}

/// How the gold tables were refreshed, and which were compared.
struct Rebuilds {
    lines: Vec<String>,
    brief: String,
    /// Whether that is all that could differ.
    all_compared: bool,
}

/// Returns how the gold tables were refreshed and which were compared.
fn rebuilds(report: &RunReport) -> Rebuilds {
    let compared = |table: &str| report.checks.iter().any(|check| check.name == format!("rebuild/{table}"));
    let (mut whole, mut held, mut left, mut untouched) = (0, 0, Vec::new(), 0);
    for table in &report.tables {
        match table.refresh {
            Some(_) if compared(&table.table) => held += 1,
            Some(RefreshKind::Full) => whole += 1,
            Some(RefreshKind::Incremental) => left.push(table.table.as_str()),
            Some(RefreshKind::Skipped) => untouched += 1,
            None => {}
        }
    }
    let mut lines = Vec::new();
    let mut say = |count: usize, what: &str| {
        if count > 0 {
            lines.push(format!("{count} {} {what}", if count == 1 { "table" } else { "tables" }));
        }
    };
    say(whole, "computed whole");
    say(held, "compared with the whole statement, row by row");
    say(untouched, "untouched: nothing that they are made from changed");
    let text = format!("computed in part and not compared, for their size (`run --verify` does): {}", left.join(", "));
    say(left.len(), &text);
    let counts =
        [(whole, "computed whole"), (held, "compared"), (untouched, "untouched"), (left.len(), "not compared")];
    let brief: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    Rebuilds { lines, brief: brief.join(", "), all_compared: left.is_empty() }
}

/// Builds the table of agreement types that no rule matches, with what is at stake.
fn unmatched(report: &RunReport) -> Table {
    let rows: Vec<Vec<String>> = report
        .unmatched
        .iter()
        .map(|kind| {
            [&kind.type_name, &kind.agreements, &kind.entries, &kind.hours, &kind.revenue].map(Clone::clone).to_vec()
        })
        .collect();
    table(&["agreement type", "agreements", "time entries", "hours", "potential revenue"], &rows, &[1, 2, 3, 4])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Severity;
    use crate::context::{Mode, RunId};
    use crate::gold::Unmatched;
    use crate::lake::Counts;
    use crate::run::report::TableReport;

    fn check(name: &str, passed: bool, detail: &str) -> Check {
        Check { name: name.to_owned(), passed, detail: detail.to_owned(), severity: Severity::Error }
    }

    fn gold(table: &str, refresh: RefreshKind) -> TableReport {
        let (layer, counts) = ("gold", Counts::default());
        TableReport { layer, table: table.to_owned(), rows: 1, counts, refresh: Some(refresh), seconds: 0.1 }
    }

    fn report() -> RunReport {
        let mut report = RunReport::new(RunId::new(chrono::Utc::now()), Mode::Full, vec!["gold"]);
        report.tables = vec![
            gold("dimdate", RefreshKind::Full),
            gold("fact_invoice", RefreshKind::Incremental),
            gold("dimmember", RefreshKind::Skipped),
        ];
        report.checks = vec![
            check("rows/cw_member", true, "2 live in bronze, 2 in silver"),
            check("rows/cw_invoice", true, "3 live in bronze, 3 in silver, 3 in fact_invoice"),
            check("sum/fact_invoice/total", true, "silver 12.5, gold 12.5000"),
            check("key/dimdate", true, "9 rows, 9 different DateKey"),
            check("reference/fact_invoice/CompanyKey", true, "0 rows whose CompanyKey is not in dimcompany"),
            check("status/fact_timeentry", true, "hours by status 3, all hours 3"),
            check("rebuild/fact_invoice", true, "3 rows, as the whole statement gives them"),
        ];
        report
    }

    /// Returns the cells of the table, without its frame.
    fn cells(report: &RunReport) -> Vec<Vec<String>> {
        let table = invariants(report);
        table.row_iter().map(|row| row.cell_iter().map(comfy_table::Cell::content).collect()).collect()
    }

    #[test]
    fn every_invariant_is_told_with_its_figures() {
        let cells = cells(&report());
        let states: Vec<[&str; 2]> = cells.iter().map(|row| [&*row[0], &*row[3]]).collect();
        assert_eq!(states, [["1", "ok"], ["2", "ok"], ["3", "ok"], ["4", "ok"], ["5", "ok"], ["", "ok"]]);
        let compared: Vec<&str> = cells.iter().map(|row| &*row[2]).collect();
        assert_eq!(
            compared,
            [
                "cw_member: 2 live in bronze, 2 in silver\n\
                 cw_invoice: 3 live in bronze, 3 in silver, 3 in fact_invoice",
                "silver 12.5, gold 12.5000",
                "the primary keys of 1 tables, 1 columns of facts that refer to dimensions",
                "hours by status 3, all hours 3",
                "1 table computed whole\n1 table compared with the whole statement, row by row\n\
                 1 table untouched: nothing that they are made from changed",
                "0 of schema/checks.yaml",
            ]
        );
    }

    #[test]
    fn what_was_read_is_told_and_nothing_that_was_not_checked() {
        let mut report = report();
        report.checks = vec![
            check("fetched/cw_member", true, "2 records read, 2 of them live in bronze"),
            check("fetched/cw_invoice", false, "3 records read, 2 of them live in bronze; it lacks such as id 7"),
        ];
        let rows = cells(&report);
        assert_eq!((rows.len(), &*rows[0][1], &*rows[0][3]), (1, "bronze holds what was read", "broken"));
        assert_eq!(
            rows[0][2],
            "every record that was read of 2 entities\n✗ cw_invoice: 3 records read, 2 of them live in bronze; it lacks \
             such as id 7"
        );
        report.checks.push(check("rows/cw_member", true, "2 live in bronze, 2 in silver"));
        assert_eq!(cells(&report).len(), 7);
    }

    #[test]
    fn what_is_broken_is_spelled_out() {
        let mut report = report();
        for (place, name, detail) in [
            (0, "rows/cw_member", "2 live in bronze, 1 in silver"),
            (2, "sum/fact_invoice/total", "silver 12.5, gold 12.4999"),
            (4, "reference/fact_invoice/CompanyKey", "7 rows whose CompanyKey is not in dimcompany"),
            (6, "rebuild/fact_invoice", "3 rows are stored, the whole statement gives 4"),
        ] {
            report.checks[place] = check(name, false, detail);
        }
        let mut mild = check("own/mine", false, "Somebody should look. 2 rows");
        mild.severity = Severity::Warning;
        report.checks.push(mild.clone());
        report.checks.push(check("quarantine/Member", true, "0 of 2 records that were read do not fit"));
        report.checks.push(Check { name: "quarantine/Invoice".to_owned(), ..mild });
        let cells = cells(&report);
        let states: Vec<&str> = cells.iter().map(|row| &*row[3]).collect();
        assert_eq!(states, ["broken", "broken", "broken", "ok", "broken", "warning", "warning"]);
        for (row, line) in [
            (0, "✗ cw_member: 2 live in bronze, 1 in silver"),
            (1, "✗ fact_invoice/total: silver 12.5, gold 12.4999"),
            (2, "✗ fact_invoice/CompanyKey: 7 rows whose CompanyKey is not in dimcompany"),
            (4, "✗ fact_invoice: 3 rows are stored, the whole statement gives 4"),
            (5, "warning: mine: Somebody should look. 2 rows"),
            (6, "the records of 2 entities"),
            (6, "warning: Invoice: Somebody should look. 2 rows"),
        ] {
            assert!(cells[row][2].lines().any(|told| told == line), "{line:?} is not in {:?}", cells[row][2]);
        }
    }

    #[test]
    fn what_was_not_compared_is_not_said_to_hold() {
        let mut report = report();
        report.checks.retain(|check| check.invariant() != "rebuild");
        let row = &cells(&report)[4];
        assert_eq!(row[3], "not all compared");
        assert!(row[2].ends_with("(`run --verify` does): fact_invoice"), "{}", row[2]);
    }

    #[test]
    fn every_unmatched_type_is_listed() {
        let mut report = report();
        let kind = |name: String| Unmatched {
            type_name: name,
            agreements: "1".to_owned(),
            entries: "2".to_owned(),
            hours: "3.0000".to_owned(),
            revenue: "4.0000".to_owned(),
        };
        report.unmatched = (0..40).map(|number| kind(format!("Tegund {number}"))).collect();
        let text = unmatched(&report).to_string();
        assert!((0..40).all(|number| text.contains(&format!("Tegund {number} "))), "{text}");
        assert!(text.contains("3.0000") && text.contains("4.0000"), "{text}");
    }

    #[test]
    fn a_long_detail_is_broken_into_lines() {
        let mut report = report();
        report.checks[0] = check("rows/cw_member", false, &"orð ".repeat(200));
        let text = invariants(&report).to_string();
        assert!(text.lines().all(|line| line.chars().count() <= usize::from(LINE) + 70), "{text}");
    }
}
