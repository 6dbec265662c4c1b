//! Tests of the outcome on the screen.

use super::*;
use crate::check::{Check, Severity};
use crate::context::{Mode, RunId};
use crate::gold::{RefreshKind, Unmatched};
use crate::run::report::{EntityReport, TableReport};

fn table(layer: &'static str, name: &str, rows: u64, inserted: u64) -> TableReport {
    let counts = Counts { inserted, ..Counts::default() };
    let refresh = (layer == "gold").then_some(RefreshKind::Full);
    TableReport { layer, table: name.to_owned(), rows, counts, refresh, seconds: 0.25 }
}

fn check(name: &str, passed: bool, detail: &str) -> Check {
    Check { name: name.to_owned(), passed, detail: detail.to_owned(), severity: Severity::Error }
}

fn report() -> RunReport {
    let mut report = RunReport::new(RunId::new(chrono::Utc::now()), Mode::Full, vec!["bronze", "silver", "gold"]);
    report.seconds = [(Layer::Bronze, 0.5), (Layer::Silver, 0.25), (Layer::Gold, 0.25)].into();
    report.finished_micros = report.run.started_micros() + 2_500_000;
    report.tables = vec![
        table("bronze", "cw_timeentry", 5_024, 25),
        table("bronze", "cw_agreementaddition", 127, 0),
        table("silver", "cw_agreementaddition_customfields", 1_234_567, 3),
        table("gold", "fact_timeentry", 5_024, 0),
    ];
    report.checks = vec![
        check("rows/cw_member", true, "2 live in bronze, 2 in silver"),
        check("rows/cw_invoice", true, "3 live in bronze, 3 in silver, 3 in fact_invoice"),
        check("sum/fact_invoice/total", true, "silver 12.5, gold 12.5000"),
    ];
    report
}

fn shown(report: &RunReport, is_verbose: bool) -> String {
    shown_with(report, is_verbose, false)
}

fn shown_with(report: &RunReport, is_verbose: bool, is_quiet: bool) -> String {
    let out = super::super::output::SharedBuffer::default();
    let mut output = Output::with(Box::new(out.clone()), crate::progress::Progress::silent());
    output.set_verbose(is_verbose, is_quiet);
    show(report, &mut output).unwrap();
    String::from_utf8(out.take()).unwrap()
}

#[test]
fn a_layer_takes_a_line_and_so_does_a_table_that_changed() {
    let text = shown(&report(), false);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[..6],
        [
            "layer                                     rows  inserted  updated  deleted  seconds",
            "bronze, 2 tables                         5,151        25        0        0      0.5",
            "  cw_timeentry                           5,024        25        0        0      0.2",
            "silver, 1 table                      1,234,567         3        0        0      0.2",
            "  cw_agreementaddition_customfields  1,234,567         3        0        0      0.2",
            "gold, 1 table                            5,024         0        0        0      0.2",
        ]
    );
    assert_eq!(lines.last(), Some(&"Done in 2.5 s, 2 tables changed, 3 of 3 checks passed."));
    assert!(shown(&report(), true).contains("unchanged"), "every table is shown with --verbose");
}

#[test]
fn many_changed_tables_are_summed_up() {
    let mut report = report();
    report.tables.extend((0..MOST_TABLES).map(|number| table("gold", &format!("dim{number}"), 1, 1)));
    let text = shown(&report, false);
    assert!(text.contains("gold, 11 tables") && !text.contains("dim1") && !text.contains("cw_timeentry"), "{text}");
}

#[test]
fn an_invariant_that_holds_takes_a_line_and_a_broken_one_all_of_its_figures() {
    let text = shown(&report(), false);
    assert!(text.contains("✓ 1 live rows agree                2 comparisons\n"), "{text}");
    assert!(text.contains("✓ 2 sums agree                     silver 12.5, gold 12.5000\n"), "{text}");
    let mut report = report();
    let long = "orð ".repeat(60);
    report.checks.push(check("sum/fact_invoice/balance", false, &format!("silver 7, gold 8 {long}")));
    let text = shown(&report, false);
    assert!(text.contains("✗ 2 sums agree"), "{text}");
    assert!(text.contains(&format!("    fact_invoice/balance: silver 7, gold 8 {}", long.trim_end())), "{text}");
    assert!(text.ends_with("Done, but a check failed in 2.5 s, 2 tables changed, 3 of 4 checks passed.\n"), "{text}");
}

#[test]
fn what_someone_should_look_at_comes_with_its_command_and_fits_the_screen() {
    let mut report = report();
    let unknown_fields = (0..40).map(|number| (format!("newThing{number}\u{1b}[2J"), 1)).collect();
    report.entities.push(EntityReport {
        entity: "TimeEntry",
        quarantined: 1,
        unknown_fields,
        ..EntityReport::default()
    });
    report.unmatched = ["Ráðgjöf", "Tímavinna"]
        .map(|name| Unmatched {
            type_name: name.to_owned(),
            agreements: String::new(),
            entries: String::new(),
            hours: String::new(),
            revenue: String::new(),
        })
        .to_vec();
    let text = shown(&report, false);
    for line in [
        "! TimeEntry: 1 record in quarantine",
        "    → connectwise-etl query \"SELECT entity, reason FROM bronze.cw_quarantine\"",
        "! 2 agreement types that no rule knows: Ráðgjöf, Tímavinna",
        "    → connectwise-etl report unmatched",
    ] {
        assert!(text.lines().any(|shown| shown == line), "{line:?} is not in {text}");
    }
    let remarks = text.lines().skip_while(|line| !line.starts_with('!'));
    assert!(remarks.clone().count() > 4 && remarks.clone().all(|line| line.chars().count() <= WIDTH), "{text}");
    assert!(text.chars().all(|letter| letter == '\n' || !letter.is_control()), "{text:?}");
}

#[test]
fn what_earlier_runs_left_in_quarantine_is_one_line() {
    let mut report = report();
    report.in_quarantine = Some([("Company".to_owned(), 3), ("Member".to_owned(), 1_200)].into());
    report.entities.push(EntityReport { entity: "Company", quarantined: 2, ..EntityReport::default() });
    let line = "! 1,201 records are in quarantine from earlier runs  → connectwise-etl status";
    let text = shown(&report, false);
    assert_eq!(text.lines().filter(|shown| *shown == line).count(), 1, "{text}");
    assert!(text.contains("! Company: 2 records in quarantine\n"), "{text}");
    assert!(shown(&report, true).contains("1,201 records are in quarantine from earlier runs"));
    assert_eq!(shown_with(&report, false, true), "");
    report.in_quarantine = Some([("Company".to_owned(), 2)].into());
    assert!(!shown(&report, false).contains("earlier runs"), "this run tells of its own");
}

#[test]
fn the_last_line_says_how_the_run_ended() {
    let mut report = report();
    report.entities = ["Member", "Invoice"].map(|entity| EntityReport { entity, ..EntityReport::default() }).to_vec();
    report.entities[1].error = Some("HTTP 500".to_owned());
    assert!(last_line(&report).starts_with("Done but for Invoice in 2.5 s"), "{}", last_line(&report));
    report.error = Some("the disk is full".to_owned());
    report.tables.clear();
    report.checks.clear();
    assert_eq!(last_line(&report), "Failed in 2.5 s.");
}
