//! Tests of the report of a run.

use super::*;

fn report() -> RunReport {
    RunReport::new(RunId::new(DateTime::UNIX_EPOCH), Mode::Incremental, vec!["bronze"])
}

fn entity(entity: &'static str, error: Option<&str>) -> EntityReport {
    EntityReport { entity, error: error.map(str::to_owned), ..EntityReport::default() }
}

fn check(passed: bool, severity: Severity) -> Check {
    Check { severity, ..Check::new("rows/cw_company".to_owned(), passed, "1 and 2".to_owned()) }
}

#[test]
fn the_exit_status_says_the_worst_that_happened() {
    let (well, failed) = (entity("Company", None), entity("Member", Some("Member: no")));
    for (error, entities, checks, code, status) in [
        (None, vec![], vec![], 0, "done"),
        (None, vec![well.clone()], vec![check(true, Severity::Error)], 0, "done"),
        (None, vec![well.clone()], vec![check(false, Severity::Warning)], 0, "done"),
        (None, vec![well.clone()], vec![check(false, Severity::Error)], 4, "check_failed"),
        (None, vec![well.clone(), failed.clone()], vec![], 3, "partial"),
        (None, vec![well.clone(), failed.clone()], vec![check(false, Severity::Error)], 3, "partial"),
        (None, vec![failed.clone()], vec![check(true, Severity::Error)], 1, "failed"),
        (Some("no lock"), vec![well.clone()], vec![check(false, Severity::Error)], 1, "failed"),
    ] {
        let report = RunReport { error: error.map(str::to_owned), entities, checks, ..report() };
        assert_eq!((report.exit_code(), report.status()), (code, status), "{report:?}");
        assert_eq!(report.error_text().is_some(), code != 0);
    }
}

#[test]
fn the_same_trouble_is_told_once_and_a_broken_check_with_its_figures() {
    let mut report = report();
    report.entities = vec![entity("Company", Some("no login")), entity("Member", Some("no login"))];
    report.checks = vec![check(false, Severity::Error), check(false, Severity::Warning)];
    report.add_error("the lock is lost".to_owned());
    report.add_error("the run is not on record".to_owned());
    let text = report.error_text().unwrap();
    let wanted = "the lock is lost\nthe run is not on record\nno login\ncheck rows/cw_company failed: 1 and 2";
    assert_eq!(text, wanted);
}

#[test]
fn what_happens_to_a_table_twice_in_a_run_is_added_up() {
    let mut report = report();
    let counts = |inserted, updated, deleted| Counts { inserted, updated, unchanged: 0, deleted };
    let compared = |counts| EntityReport { counts, quarantined: 1, ..entity("Company", None) };
    report.take_comparison("cw_company", compared(counts(0, 0, 0)));
    assert!(report.tables.is_empty(), "nothing changed");
    report.take_comparison("cw_company", compared(counts(1, 2, 3)));
    report.take_comparison("cw_company", compared(counts(10, 20, 30)));
    assert_eq!((report.tables.len(), report.tables[0].counts), (1, counts(11, 22, 33)));
    assert_eq!((report.entities.len(), report.entities[0].quarantined), (1, 3));
    let failed = SilverOutcome { tables: Err(crate::Error::data("silver", "no")), seconds: 1.0 };
    report.take_silver("Company", failed);
    assert_eq!((report.entities.len(), report.exit_code()), (1, 1));
}

#[test]
fn more_than_one_rejected_record_of_a_hundred_is_a_warning() {
    for (rejected, passed) in [(0, true), (1, true), (2, false)] {
        let mut report = report();
        let numbers = ExtractStats { rows_read: 100, ..ExtractStats::default() };
        report.entities = vec![EntityReport { quarantined: rejected, numbers, ..entity("Company", None) }];
        report.entities.push(entity("Member", None));
        report.check_quarantine();
        let [check] = &report.checks[..] else { panic!("{:?}", report.checks) };
        assert_eq!((check.passed, check.fails(), &*check.name), (passed, false, "quarantine/Company"));
    }
}

#[test]
fn a_run_of_some_entities_says_which() {
    let company = connectwise_generated::tables::by_entity("Company").unwrap();
    assert_eq!(report().limited_to(&[company]).header().entities.as_deref(), Some("Company"));
    assert_eq!(report().limited_to(TABLES).header().entities, None);
}

#[test]
fn what_earlier_runs_put_aside_is_what_this_one_did_not_reject() {
    let mut report = report();
    assert_eq!(report.left_in_quarantine(), 0);
    report.in_quarantine = Some(BTreeMap::from([("Company".to_owned(), 5), ("Member".to_owned(), 1)]));
    assert_eq!(report.left_in_quarantine(), 6);
    report.entities = vec![EntityReport { quarantined: 2, ..entity("Company", None) }];
    assert_eq!(report.left_in_quarantine(), 4);
    // What was rejected twice is one record: another entity's are not made fewer by it.
    report.entities[0].quarantined = 9;
    assert_eq!(report.left_in_quarantine(), 1);
}
