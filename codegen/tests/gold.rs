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
        (MEMBER, "expr: \"{{ trimmed('m.officeEmail') }}\"", "expr: TRIMM(m.officeEmail)"),
        (MEMBER, "expr: \"{{ trimmed('m.identifier') }}\"", "expr: UPPER(m.id)"),
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
        (TIME, "{{ trimmed('status') }} <> ''", "COALESCE(status, 0) <> ''"),
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
        ("schema/dimensions/dimagreement.yaml", "WHERE f.value <> ''", "WHERE f.valeu <> ''"),
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
        (CHECKS, "<> potentialRevenue -", "<> potentialRevenu -"),
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

/// A company column that is a custom field, before the description of the last one.
fn field(column: &str) -> String {
    format!("columns:\n  - {{name: region, {column}, description: Where it is.}}\n")
}

const COMPANY: &str = "schema/dimensions/dimcompany.yaml";

#[test]
fn a_custom_field_is_a_column_in_both_dialects_with_its_sources() {
    let folder = workspace();
    let root = folder.path();
    let change = |file: &str, column: &str| {
        let at = root.join(file);
        let text = fs::read_to_string(&at).unwrap();
        fs::write(&at, text.replacen("columns:\n", &field(column), 1)).unwrap();
    };
    change(COMPANY, "type: bigint, customField: {id: 12}");
    change(TIME, "type: string, customField: {caption: ' Jóna\'\'s \\x '}");
    let (status, _, errors) = run(root, &["generate"]);
    assert_eq!(status, 0, "{errors}");
    let read = |path: &str| fs::read_to_string(root.join(path)).unwrap();
    let one = read("generated/sql/datafusion/dimcompany.sql");
    assert!(one.contains("FROM silver.cw_company_customfields\n      WHERE id = 12\n"), "{one}");
    assert!(one.contains(") AS field_region ON field_region.parentId = c.id AND field_region.place = 1"), "{one}");
    assert!(one.contains("whole_number(field_region.value) AS region"), "{one}");
    assert!(one.contains("CAST(NULL AS BIGINT) AS region"), "no reference carries it: {one}");
    // Each dialect has its own way with quotes and backslashes.
    let time = |dialect: &str| read(&format!("generated/sql/{dialect}/fact_timeentry.sql"));
    assert!(time("datafusion").contains(r"WHERE trimmed(caption) = 'Jóna''s \x'"), "{}", time("datafusion"));
    assert!(time("spark").contains(r"= 'Jóna\u0027s \\x'"), "{}", time("spark"));
    assert!(time("spark").contains("ON field_region.parentId = t.id"), "{}", time("spark"));
    let dictionary = read("generated/DICTIONARY.md");
    let wanted = "| region | bigint |  |  | `cw_company_customfields.value` | Where it is. (custom field 12) |";
    assert!(dictionary.contains(wanted), "{wanted}");
    assert!(dictionary.contains("`dimcompany.region` |"), "where a silver column goes");
}

#[test]
fn a_custom_field_that_can_not_be_is_told_at_its_place() {
    let with = |file: &'static str, column: &str| said(&[(file, "columns:\n", &field(column))]);
    for (file, column, wanted) in [
        (COMPANY, "type: string, customField: {}", "a custom field has one of `id` and `caption`"),
        (COMPANY, "type: string, customField: {id: 1, caption: a}", "a custom field has one of `id` and `caption`"),
        (COMPANY, "type: string, customField: {id: a}", "`id` is no whole number"),
        (COMPANY, "type: string, customField: 12", "a mapping belongs here"),
        (COMPANY, "type: string, customField: {idd: 12}", "unknown key `idd`"),
        (COMPANY, "customField: {id: 12}", "`type` is missing"),
        (COMPANY, "type: string, expr: c.id, customField: {id: 12}", "one of `expr`, `derive` and `customField`"),
        (TIME, "dimension: dimcompany, customField: {id: 12}", "`region` is a key"),
        ("schema/dimensions/dimagreementtype.yaml", "type: string, customField: {id: 12}", "no records of one silver"),
        ("schema/dimensions/dimworkrole.yaml", "type: string, customField: {id: 12}", "no records of one silver table"),
        ("schema/dimensions/dimdate.yaml", "type: string, customField: {id: 12}", "no records of one silver table"),
        ("schema/facts/fact_invoiceline.yaml", "type: string, customField: {id: 12}", "no records of one silver table"),
    ] {
        let errors = with(file, column);
        assert!(errors.contains(wanted), "{file} with {column}: {wanted} is not in:\n{errors}");
        assert!(errors.contains(file), "{errors}");
    }
    // An entity without custom fields.
    let errors = said(&[
        (COMPANY, "columns:\n", &field("type: string, customField: {id: 12}")),
        (COMPANY, "silver.cw_company AS c", "silver.cw_unpostedinvoice AS c"),
    ]);
    assert!(errors.contains("the records of silver.cw_unpostedinvoice have no custom fields"), "{errors}");
}

#[test]
fn measures_say_how_they_add_up_and_numbers_alone_do() {
    let errors = said(&[
        (TIME, "    additivity: sum\n", ""),
        (TIME, "    additivity: average\n", "    additivity: mean\n"),
        (MEMBER, "    type: string\n", "    type: string\n    additivity: none\n"),
        (MEMBER, "    format: '#,##0.00'\n", "    format: 2\n"),
    ]);
    for wanted in [
        "a measure without `additivity`",
        "`mean` is no additivity",
        "what is no number does not add up",
        "`format` is a whole number where text belongs",
    ] {
        assert!(errors.contains(wanted), "{wanted} is not in:\n{errors}");
    }
    assert_eq!(errors.matches("fix: ").count(), 4, "{errors}");
}

#[test]
fn the_dictionary_and_the_table_list_say_how_a_column_adds_up_and_is_shown() {
    let root = package().join("../generated");
    let text = fs::read_to_string(root.join("DICTIONARY.md")).unwrap();
    for wanted in [
        "| actualHours | decimal(19,4) | sum | `#,##0.00` | `cw_timeentry.actualHours` |",
        "| hourlyRate | decimal(19,4) | average | `#,##0.00` |",
        "| marginPercentage | decimal(19,4) | none | `#,##0.00\"%\"` |",
        "| timeEntryId | bigint |  |  | `cw_timeentry.id` |",
    ] {
        assert!(text.contains(wanted), "{wanted}");
    }
    let tables = fs::read_to_string(root.join("src/gold.rs")).unwrap();
    let wanted = "name: \"balance\", data_type: GoldType::Decimal, dimension: None, format: Some(\"#,##0.00\"), additivity: \
                  Some(Additivity::Sum) }";
    assert!(tables.contains(wanted), "{wanted}");
}

#[test]
fn every_amount_of_a_fact_is_looked_at_before_it_counts_as_nothing() {
    let text = fs::read_to_string(package().join("../generated/src/gold.rs")).unwrap();
    let table = &text[text.find("name: \"fact_timeentry\"").unwrap()..];
    let table = &table[..table.find("sql: include_str!").unwrap()];
    for wanted in [
        "CASE WHEN beyond_decimal(t.hourlyRate) THEN 'hourlyRate' END",
        // What the expression itself makes an amount of.
        "CASE WHEN beyond_decimal(t.hourlyCost) OR beyond_decimal(m.hourlyCost) THEN 'effectiveHourlyCost' END",
        "LEFT JOIN silver.cw_member AS m ON m.id = t.memberId\nWHERE t._etl_deleted_at IS NULL\n  AND (",
    ] {
        assert!(table.contains(wanted), "{wanted} is not in:\n{table}");
    }
    let measures = table.matches("GoldType::Decimal").count();
    let derived = ["potentialRevenue", "actualCost", "margin", "marginPercentage"].len();
    assert_eq!(table.matches("\n    OR beyond_decimal(").count() + 1, measures - derived);
    let line = &text[text.find("name: \"fact_invoiceline\"").unwrap()..];
    assert!(line.contains("fact: None"), "made from facts that are looked at");
    // What is computed from them may be beyond the column too, and stops nothing.
    let statement = fs::read_to_string(package().join("../generated/sql/spark/fact_timeentry.sql")).unwrap();
    assert!(statement.contains("COALESCE(TRY_CAST(margin AS DECIMAL(19, 4)), 0) AS margin"), "{statement}");
}

#[test]
fn settings_of_the_calendar_are_looked_at() {
    let with = |before: &str, after: &str| said(&[("schema/dimensions/dimdate.yaml", before, after)]);
    for (before, after, wanted) in [
        ("timeZone: Atlantic/Reykjavik", "timeZone: Atlantic/Reykavik", "did you mean `Atlantic/Reykjavik`?"),
        ("timeZone: Atlantic/Reykjavik", "timeZone: GMT+25", "`GMT+25` is no time zone"),
        ("fiscalYearStartMonth: 1", "fiscalYearStartMonth: 13", "write a whole number from 1 to 12"),
        ("fiscalYearStartMonth: 1", "fiscalYearStartMonth: 0", "`fiscalYearStartMonth` is `0`"),
        ("fiscalYearStartMonth: 1", "fiscalYearStartMonth: April", "`fiscalYearStartMonth` is `April`"),
        ("lastYear: 2100", "lastYear: 1989", "`lastYear` comes before `firstYear`"),
        ("lastYear: 2100", "lastYear: 12025", "write a whole number from 1 to 9990"),
        ("fiscalYearStartMonth: 1", "fiscalYearStart: 1", "the statement can't be expanded"),
    ] {
        let errors = with(before, after);
        assert!(errors.contains(wanted), "{after}: {wanted} is not in:\n{errors}");
        assert!(errors.contains("schema/dimensions/dimdate.yaml:"), "{errors}");
    }
}

#[test]
fn the_columns_of_another_dimension_are_those_of_one_that_is_there() {
    const CALENDAR: &str = "schema/dimensions/dimcalendar.yaml";
    let of = "columnsOf: dimdate";
    let errors = said(&[(CALENDAR, of, "columnsOf: dimdates")]);
    let what = "`dimdates` is no dimension with columns of its own\n  at:  /columnsOf";
    assert!(errors.contains(what) && errors.contains("did you mean `dimdate`?"), "{errors}");
    assert!(
        said(&[(CALENDAR, of, "columnsOf: dimcalendar")]).contains("`dimcalendar` is no dimension with columns of its")
    );
    assert!(
        said(&[(CALENDAR, "naturalKey: Date", "naturalKey: Day0")]).contains("`Day0` is no column of this dimension")
    );
    let both = "columnsOf: dimdate\ncolumns:\n  - {name: Date, type: date, description: The day.}";
    assert!(said(&[(CALENDAR, of, both)]).contains("write `statement` and no `columns`"));
    // A file that can't be read is told once.
    let errors = said(&[("schema/dimensions/dimdate.yaml", "naturalKey: Date", "naturalKey: Dagur")]);
    assert!(
        errors.contains("`Dagur` is no column") && !errors.contains("dimension with columns of its own"),
        "{errors}"
    );
}

#[test]
fn the_statement_of_the_calendar_is_readable() {
    for (start, fiscal) in
        [("1", "  Year AS FiscalYear,"), ("4", "  Year + CASE WHEN Month >= 4 THEN 1 ELSE 0 END AS FiscalYear,")]
    {
        let folder = workspace();
        let at = folder.path().join("schema/dimensions/dimdate.yaml");
        let text = fs::read_to_string(&at).unwrap();
        fs::write(&at, text.replace("fiscalYearStartMonth: 1\n", &format!("fiscalYearStartMonth: {start}\n"))).unwrap();
        let (status, _, errors) = run(folder.path(), &["generate"]);
        assert_eq!(status, 0, "{errors}");
        let sql = fs::read_to_string(folder.path().join("generated/sql/datafusion/dimdate.sql")).unwrap();
        assert!(sql.lines().any(|line| line == fiscal), "{sql}");
        assert!(sql.contains("  CAST(NULL AS DATE) AS Date,\n  CAST(NULL AS BIGINT) AS Year,\n"), "{sql}");
        let longest = sql.lines().map(str::len).max();
        assert!(longest < Some(180), "a line of {longest:?} letters");
    }
}

#[test]
fn the_dictionary_has_the_rules_the_statuses_the_checks_and_what_minus_one_means() {
    let text = fs::read_to_string(package().join("../generated/DICTIONARY.md")).unwrap();
    let gold = &text[text.find("\n## Gold\n").unwrap()..];
    for wanted in [
        "has the row −1, \"Unknown\"",
        "`isInferred` is true",
        "| Rekstrarþjónusta, Alrekstur | operations | operations | yes |",
        "| anything else, or no agreement | other | unknown | yes |",
        "\n\n### Checks and reports\n",
        "| `own/hourly-cost-is-a-number` | warning |",
        "| `fits/<fact>` | error |",
        "| `connectwise-etl report unbilled` |",
    ] {
        assert!(gold.contains(wanted), "{wanted}");
    }
    let place = |status: &str| gold.find(&format!("\n| {status} | ")).unwrap_or_else(|| panic!("{status}"));
    let order = ["Invoiced", "Internal", "Prepaid", "NoCharge", "DoNotBill", "Operations", "Billable", "Unclassified"];
    assert!(order.is_sorted_by_key(|status| place(status)), "the first that fits");
}

#[test]
fn statements_for_spark_say_what_comes_before_them() {
    let root = package().join("../generated/sql");
    let files = fs::read_dir(root.join("spark")).unwrap().map(|entry| entry.unwrap().path());
    for path in files.filter(|path| path.extension().is_some_and(|ending| ending == "sql")) {
        let sql = fs::read_to_string(&path).unwrap();
        let mut lines = sql.lines().skip(1);
        assert_eq!(lines.next(), Some("-- Before it: SET spark.sql.session.timeZone = UTC"), "{path:?}");
        let told = lines.next().unwrap().contains("SET businessDate = ");
        assert_eq!(told, sql.contains("${businessDate}"), "{path:?}");
    }
    for entry in fs::read_dir(root.join("spark/silver")).unwrap() {
        let sql = fs::read_to_string(entry.unwrap().path()).unwrap();
        let head = sql.lines().skip(1).take(2).collect::<Vec<_>>().join(" ");
        assert!(
            ["timeZone = UTC", "SET processedAt = ", "SET batchId = "].iter().all(|told| head.contains(told)),
            "{head}"
        );
    }
    let ours = fs::read_to_string(root.join("datafusion/dimagreement.sql")).unwrap();
    assert!(!ours.contains("SET "), "{ours}");
}

#[test]
fn what_is_written_once_says_by_which_periods() {
    const MONTHS: &str = "schema/facts/fact_monthend.yaml";
    for (before, after, wanted) in [
        (
            "writtenOnce: MonthEndDateKey",
            "writtenOnce: MonthEndDate",
            "did you mean `MonthEndDateKey`? Name the column",
        ),
        ("writtenOnce: MonthEndDateKey", "writtenOnce: measure", "`measure` is no bigint column of this fact"),
        ("part: measure", "part: amount", "`amount` is no string column of this fact"),
        (
            "writtenOnce: MonthEndDateKey\n",
            "",
            "a table that is written once has `writtenOnce`, `part`, `periods` and `from`",
        ),
        ("SELECT m.MonthEndDateKey FROM", "SELECT m.MonthEndKey FROM", "`m` has no column `MonthEndKey`"),
    ] {
        let errors = said(&[(MONTHS, before, after)]);
        assert!(errors.contains(wanted) && errors.contains(MONTHS), "{after}: {wanted} is not in:\n{errors}");
    }
}

#[test]
fn access_and_ended_parents_are_held_against_the_schemas() {
    const ENTITIES: &str = "schema/entities.yaml";
    for (before, after, wanted) in [
        ("access: optional", "access: optinal", "`optinal` is no access to a list"),
        ("property: endDate", "property: endDay", "`endDay` is no time of Agreement"),
        ("property: endDate", "property: name", "`name` is no time of Agreement"),
        ("      days: 400\n", "", "`days` is missing"),
        ("    parent: Agreement\n    parentEnded:", "    parentEnded:", "needs an id of a parent in its path"),
        (
            "    access: optional",
            "    parentEnded: {property: endDate, days: 1}",
            "there is no `parent` that could end",
        ),
    ] {
        let errors = said(&[(ENTITIES, before, after)]);
        assert!(errors.contains(wanted) && errors.contains(ENTITIES), "{after}: {wanted} is not in:\n{errors}");
    }
}
