//! Gold's SQL against the silver schemas: every mistake is found before anything runs, at its place, all at once.

#![expect(clippy::unwrap_used, reason = "a test that can't be set up has failed")]

#[expect(dead_code, reason = "shared with tests that begin with the small spec")]
mod common;

use std::fs;

use common::{copy, package, put, run};

/// The checked-in inputs in a temporary folder.
fn workspace() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = package().join("..");
    copy(&root.join("schema"), &folder.path().join("schema"));
    copy(&root.join("templates"), &folder.path().join("templates"));
    put(folder.path(), "Cargo.toml", "[workspace]\n");
    folder
}

/// What `generate` says of the inputs with some texts replaced (file, before, after).
fn said(changes: &[(&str, &str, &str)]) -> String {
    let folder = workspace();
    for (file, before, after) in changes {
        let at = folder.path().join(file);
        let text = fs::read_to_string(&at).unwrap();
        assert!(text.contains(before), "{file} has no {before}");
        fs::write(&at, text.replacen(before, after, 1)).unwrap();
    }
    let (status, _, errors) = run(folder.path(), &["generate"]);
    assert_eq!(status, 1, "{errors}");
    errors
}

const TIME: &str = "schema/facts/fact_timeentry.yaml";
const MEMBER: &str = "schema/dimensions/dimmember.yaml";

/// The line and column of a text of a file, as messages write them.
fn place(file: &str, text: &str) -> String {
    let all = fs::read_to_string(package().join("..").join(file)).unwrap();
    let (line, found) = all.lines().enumerate().find(|(_, line)| line.contains(text)).unwrap();
    format!("{file}:{}:{}: ", line + 1, found.find(text).unwrap() + 1)
}

#[test]
fn a_wrong_column_is_found_with_its_place_and_the_nearest_name() {
    let errors = said(&[(TIME, "expr: t.timeSheetId", "expr: t.timeSheetID")]);
    let place = place(TIME, "t.timeSheetId");
    assert_eq!(
        errors,
        format!(
            "error: {place}`t` (silver.cw_timeentry) has no column `timeSheetID`\n  at:  /columns/8/expr\n  \
             fix: did you mean `timeSheetId`?\n"
        )
    );
}

#[test]
fn a_wrong_alias_is_found_once_though_it_stands_in_several_statements() {
    let errors = said(&[(TIME, "expr: t.workTypeId", "expr: tt.workTypeId")]);
    assert!(errors.contains("there is no table or alias `tt` here"), "{errors}");
    assert!(errors.contains("did you mean `t`?"), "{errors}");
    assert!(errors.contains(&place(TIME, "t.workTypeId")), "{errors}");
    assert_eq!(errors.matches("fix: ").count(), 1, "{errors}");
}

#[test]
fn a_wrong_function_and_wrong_arguments_are_found() {
    let errors = said(&[
        (MEMBER, "expr: TRIM(m.officeEmail)", "expr: TRIMM(m.officeEmail)"),
        (MEMBER, "expr: TRIM(m.identifier)", "expr: UPPER(m.id)"),
    ]);
    assert!(errors.contains("there is no function `TRIMM`"), "{errors}");
    assert!(errors.contains("argument 1 of `UPPER` is a whole number, where text belongs"), "{errors}");
    assert_eq!(errors.matches("fix: ").count(), 2, "{errors}");
}

#[test]
fn types_that_do_not_fit_are_found() {
    let errors = said(&[
        (MEMBER, "expr: m.id", "expr: m.identifier"),
        (MEMBER, "expr: m._etl_deleted_at IS NOT NULL", "expr: m._etl_deleted_at = 5"),
        (TIME, "expr: t.timeStart\n", "expr: t.notes\n"),
        (TIME, "COALESCE(status, '') = ''", "COALESCE(status, 0) = ''"),
    ]);
    for wanted in [
        "`memberId` is declared bigint, but its expression is text",
        "a timestamp is compared with a whole number",
        "`timeStart` is declared timestamp, but its expression is text",
        "the arguments of COALESCE mix text and a whole number",
    ] {
        assert!(errors.contains(wanted), "{wanted} is not in:\n{errors}");
    }
}

#[test]
fn joins_parts_and_literals_are_looked_at_too() {
    let errors = said(&[
        (TIME, "ON m.id = t.memberId", "ON m.idd = t.memberId"),
        ("schema/dimensions/dimagreement.yaml", "TRIM(f.value) <> ''", "TRIM(f.valeu) <> ''"),
        ("schema/dimensions/dimcompany.yaml", "unknown: \"false\"", "unknown: \"'no'\""),
        ("schema/dimensions/dimcompany.yaml", "silver.cw_company_types", "silver.cw_company_type"),
        ("schema/facts/fact_invoice.yaml", "  total: total", "  totals: total"),
    ]);
    for wanted in [
        "`m` (silver.cw_member) has no column `idd`",
        "has no column `valeu`",
        "`isDeleted` is declared boolean, but its expression is text",
        "there is no table `silver.cw_company_type`",
        "did you mean `silver.cw_company_types`?",
        "`totals` is no column of this fact",
    ] {
        assert!(errors.contains(wanted), "{wanted} is not in:\n{errors}");
    }
}

#[test]
fn values_that_sql_could_not_hold_or_that_are_there_twice_are_refused() {
    let file = "schema/dimensions/dimchargetype.yaml";
    let text = fs::read_to_string(package().join("..").join(file)).unwrap();
    let values = text.lines().find(|line| line.starts_with("values: ")).unwrap();
    let errors = said(&[(file, values, "values: [Company, \"it's\", Company]")]);
    for wanted in ["the value `it's` holds '\\''", "the value `Company` is there twice", "at:  /values"] {
        assert!(errors.contains(wanted), "{wanted} is not in:\n{errors}");
    }
}

#[test]
fn what_is_no_sql_is_found_expression_by_expression() {
    let errors = said(&[
        (TIME, "expr: t.timeSheetId", "expr: t.timeSheetId t"),
        (MEMBER, "expr: m.id\n", "expr: (m.id\n"),
        (MEMBER, "expr: m.dailyCapacity", "expr: \"{{ mony('m.dailyCapacity') }}\""),
    ]);
    assert!(errors.contains(&format!("{}this is no SQL expression", place(TIME, "t.timeSheetId"))), "{errors}");
    assert!(errors.contains(&format!("{}this is no SQL expression", place(MEMBER, "m.id"))), "{errors}");
    assert!(errors.contains("the expression can't be expanded"), "{errors}");
    assert_eq!(errors.matches("fix: ").count(), 3, "{errors}");
}

const CHECKS: &str = "schema/checks.yaml";

#[test]
fn checks_and_reports_are_held_against_the_schemas_too() {
    let errors = said(&[
        (CHECKS, "potentialRevenue = 0 AND", "potentialRevenu = 0 AND"),
        (CHECKS, "FROM bronze.cw_timeentry", "FROM bronze.cw_timentry"),
        (CHECKS, "severity: warning", "severity: serious"),
        (CHECKS, "name: unbilled", "name: reconciliation"),
    ]);
    for wanted in [
        "there is no column `potentialRevenu` here",
        "there is no table `bronze.cw_timentry`",
        "`serious` is no severity",
        "`reconciliation` is there twice",
    ] {
        assert!(errors.contains(wanted), "{wanted} is not in:\n{errors}");
    }
    assert!(errors.contains("did you mean `potentialRevenue`?"), "{errors}");
}

#[test]
fn a_dimension_takes_one_yaml_file_and_a_key_and_no_rust() {
    let folder = workspace();
    let root = folder.path();
    put(
        root,
        "schema/dimensions/dimlocation.yaml",
        "table: dimlocation\ndescription: Locations, as time entries name them.\nkey: LocationKey\n\
         naturalKey: locationId\ncolumns:\n  - name: locationId\n    type: bigint\n    expr: locationId\n    \
         description: The location's id.\n  - name: locationName\n    type: string\n    expr: locationName\n    \
         unknown: \"'Unknown'\"\n    description: The name.\n",
    );
    let fact = root.join(TIME);
    let text = fs::read_to_string(&fact).unwrap();
    let key = "  - name: LocationKey\n    dimension: dimlocation\n    expr: t.locationId\n    carries:\n      \
               locationName: TRIM(t.locationName)\n    description: Where.\n  - name: timeStart\n";
    fs::write(&fact, text.replacen("  - name: timeStart\n", key, 1)).unwrap();
    let (status, _, errors) = run(root, &["generate"]);
    assert_eq!(status, 0, "{errors}");
    for dialect in ["datafusion", "spark"] {
        let statement = |table: &str| fs::read_to_string(root.join(format!("generated/sql/{dialect}/{table}.sql")));
        let dimension = statement("dimlocation").unwrap();
        assert!(dimension.contains("TRIM(t.locationName) AS locationName"), "{dimension}");
        assert!(dimension.contains("-1 AS LocationKey"), "{dimension}");
        assert!(statement("fact_timeentry").unwrap().contains("COALESCE(t.locationId, -1) AS LocationKey"));
    }
    let tables = fs::read_to_string(root.join("generated/src/gold.rs")).unwrap();
    assert!(tables.contains("name: \"dimlocation\"") && tables.contains("dimension: Some(\"dimlocation\")"));
    let dictionary = fs::read_to_string(root.join("generated/DICTIONARY.md")).unwrap();
    assert!(dictionary.contains("### gold.dimlocation"));
}
