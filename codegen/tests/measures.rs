//! Measures: what can't be computed, or names what is not there, is refused at its place; the rest is generated.

#![expect(clippy::unwrap_used, reason = "a test that can't be set up has failed")]

#[expect(dead_code, reason = "shared with tests that begin with the small spec")]
mod common;

use common::package;
use connectwise_codegen::files::GeneratedFiles;
use connectwise_codegen::gold;
use connectwise_codegen::inputs::Inputs;
use connectwise_codegen::ir::Ir;
use connectwise_codegen::render::lower;
use connectwise_codegen::report::{Problem, Problems};

const FILE: &str = "schema/measures.yaml";

const GOOD: &str = r#"rows:
  time:
    from: gold.fact_timeentry
    date: WorkDateKey
    by: [company, agreement, member]
  capacity:
    sql: |
      SELECT d.DateKey, m.MemberKey, m.dailyCapacity AS hours
      FROM gold.dimmember AS m CROSS JOIN gold.dimdate AS d
      WHERE d.Date < DATE '${businessDate}'
    date: DateKey
    by: [member]
measures:
  - name: Actual Hours
    icelandic: Unnir tímar
    description: Hours that were
      worked.
    folder: Hours
    format: '#,##0.00'
    rows: time
    sum: actualHours
    dax: SUM(fact_timeentry[actualHours])
  - name: Named Entries
    icelandic: Skráningar
    description: Entries with notes.
    folder: Hours
    format: '#,##0'
    rows: time
    sum: 1
    where: "{{ trimmed('notes') }} <> ''"
    balance: true
    dax: |
      // entries with "notes"
      CALCULATE(COUNTROWS(fact_timeentry), FILTER('fact_timeentry', fact_timeentry[notes] <> "[]"))
  - name: Capacity Hours
    icelandic: Tiltækir tímar
    description: Hours that members had.
    folder: Hours
    format: '#,##0.00'
    rows: capacity
    sum: hours
    dax: SUMX(dimmember, dimmember[dailyCapacity])
  - name: Utilization
    icelandic: Nýting
    description: Hours by capacity.
    folder: Hours
    format: '0.0"%"'
    of: 100 * "Actual Hours" / NULLIF("Capacity Hours", 0)
    dax: DIVIDE(100 * [Actual Hours], [Capacity Hours])
  - name: Utilization Last Year
    icelandic: Nýting í fyrra
    description: Hours by capacity a year before.
    folder: Hours
    format: '0.0"%"'
    measure: Utilization
    period: lastYear
    dax: CALCULATE([Utilization], SAMEPERIODLASTYEAR(dimcalendar[Date]))
"#;

fn inputs() -> (Inputs, Ir) {
    let mut problems = Problems::new();
    let mut inputs = Inputs::read(&package().join(".."), &mut problems);
    assert!(problems.is_empty(), "{problems:?}");
    inputs.files.insert(FILE.to_owned(), GOOD.to_owned());
    let ir = lower(&inputs, &mut problems).unwrap();
    (inputs, ir)
}

fn render(inputs: &Inputs, ir: &Ir) -> (GeneratedFiles, Problems) {
    let (mut files, mut problems) = (GeneratedFiles::default(), Problems::new());
    let _ = gold::render(inputs, ir, &mut files, &mut problems);
    (files, problems)
}

/// What is said of the measures with one text of them replaced.
fn problems(inputs: &mut Inputs, ir: &Ir, before: &str, after: &str) -> Vec<Problem> {
    assert!(GOOD.contains(before), "there is no {before}");
    inputs.files.insert(FILE.to_owned(), GOOD.replacen(before, after, 1));
    render(inputs, ir).1.iter().cloned().collect()
}

#[test]
fn each_thing_that_can_not_be_is_told_once_at_its_place() {
    let (mut inputs, ir) = inputs();
    for (before, after, wanted) in [
        // The form.
        ("  time:\n", "  time: 5\n  other:\n", "/rows/time: a mapping belongs here"),
        ("    date: WorkDateKey\n", "    dates: WorkDateKey\n", "/rows/time/dates: unknown key `dates`"),
        ("    from: gold.fact_timeentry\n", "", "/rows/time: rows are of one of `from` and `sql`"),
        ("    format: '#,##0'\n", "    format: ''\n", "/measures/1/format: `format` is text where text belongs"),
        ("    icelandic: Nýting\n", "", "/measures/3: `icelandic` is missing"),
        ("balance: true", "balance: yes indeed", "/measures/1/balance: `balance` is text where true or false belongs"),
        ("    sum: 1\n", "", "/measures/1: it is not said what the measure is computed from"),
        (
            "    of: 100",
            "    where: 1 = 1\n    of: 100",
            "/measures/3: it is not said what the measure is computed from",
        ),
        ("period: lastYear", "period: lastYer", "/measures/4/period: there is no period `lastYer`; did you mean"),
        // Names.
        ("name: Named Entries", "name: ACTUAL HOURS", "/measures/1/name: the measure `ACTUAL HOURS` is there twice"),
        ("icelandic: Nýting\n", "icelandic: NÝTING Í FYRRA\n", "/measures/4/icelandic: the measure with the Icelandic"),
        ("name: Utilization\n", "name: Utili[zation\n", "/measures/3/name: the name `Utili[zation` holds '['"),
        (
            "rows: capacity",
            "rows: capacities",
            "/measures/2/rows: there is no rows `capacities`; did you mean `capacity`?",
        ),
        ("measure: Utilization", "measure: Utilisation", "/measures/4/measure: there is no measure `Utilisation`"),
        (
            "100 * \"Actual Hours\"",
            "100 * \"Actual Hour\"",
            "/measures/3/of: there is no measure `Actual Hour` here; did you",
        ),
        ("100 * \"Actual Hours\"", "100 * Hours", "/measures/3/of: there is no measure `Hours` here"),
        // SQL.
        (
            "from: gold.fact_timeentry",
            "from: gold.fact_timeentri",
            "/rows/time/from: there is no table `gold.fact_timeentri`",
        ),
        ("SELECT d.DateKey", "SELECT d.DayKey", "/rows/capacity/sql: `d` (gold.dimdate) has no column `DayKey`"),
        (
            "    date: WorkDateKey",
            "    date: WorkDayKey",
            "/rows/time/date: the rows `time` have no column `WorkDayKey`",
        ),
        ("    date: WorkDateKey", "    date: notes", "/rows/time/date: `notes` is text, not a whole number"),
        ("    by: [member]", "    by: [company]", "/rows/capacity/by: the rows `capacity` have no column `CompanyKey`"),
        (
            "    by: [member]",
            "    by: [members]",
            "/rows/capacity/by: there is no key of measures `members`; did you mean",
        ),
        ("sum: actualHours", "sum: actualHour", "/measures/0/sum: there is no column `actualHour` here"),
        ("sum: actualHours", "sum: notes", "/measures/0/sum: this is text, not a number"),
        ("sum: actualHours", "sum: sqrt(actualHours)", "/measures/0/sum: this is a floating-point number"),
        ("sum: actualHours", "sum: SUM(actualHours)", "/measures/0/sum: `SUM` can't stand here"),
        ("sum: actualHours", "sum: actualHours hours", "/measures/0/sum: this is no SQL expression"),
        (
            "trimmed('notes') }} <> ''",
            "trimed('notes') }} <> ''",
            "/measures/1/where: the expression can't be expanded",
        ),
        ("trimmed('notes') }} <> ''", "trimmed('note') }} <> ''", "/measures/1/where: there is no column `note` here"),
        ("trimmed('notes') }} <> ''", "trimmed('notes') }}", "/measures/1/where: a condition is text, not a boolean"),
        ("NULLIF(\"Capacity Hours\", 0)", "\"Capacity Hours\"", "/measures/3/of: it divides by what may be 0"),
        (
            "of: 100 * \"Actual Hours\" / NULLIF(\"Capacity Hours\", 0)",
            "of: '100'",
            "/measures/3/of: it names no measure",
        ),
        // Circles.
        (
            "100 * \"Actual Hours\" /",
            "100 * \"Utilization Last Year\" /",
            "/measures/3/of: the measure `Utilization` is computed",
        ),
        (
            "DIVIDE(100 * [Actual Hours]",
            "DIVIDE([Utilization]",
            "/measures/3/dax: the measure `Utilization` is computed",
        ),
        // DAX.
        ("SUM(fact_timeentry[actualHours])", "SUM(fact_timeentry[actualHours]", "/measures/0/dax: the DAX opens a `(`"),
        (
            "fact_timeentry[notes] <>",
            "fact_timeentry[note] <>",
            "/measures/1/dax: the DAX names a column fact_timeentry[note] \
          that is not there, in its line 2 at character 63; did you mean `notes`?",
        ),
        (
            "COUNTROWS(fact_timeentry)",
            "COUNTROWS(fact_timentry)",
            "/measures/1/dax: the DAX names a table fact_timentry that",
        ),
        (
            "dimcalendar[Date]",
            "calendar[Date]",
            "/measures/4/dax: the DAX names a table calendar that gold does not have",
        ),
        (
            ", [Capacity Hours])\n",
            ", [Capacity])\n",
            "/measures/3/dax: the DAX names a measure [Capacity] that is not there",
        ),
    ] {
        let found = problems(&mut inputs, &ir, before, after);
        let said: Vec<String> =
            found.iter().map(|problem| format!("{}: {}; {}", problem.pointer, problem.what, problem.fix)).collect();
        assert!(said.len() == 1 && said[0].starts_with(wanted), "{after}: {wanted} is not what is said:\n{said:#?}");
        assert!(found[0].place.is_some() && *found[0].file == *FILE, "{after}: {found:?}");
    }
}

#[test]
fn measures_that_are_whole_become_a_module_and_a_section_of_the_dictionary() {
    let (inputs, ir) = inputs();
    let (files, problems) = render(&inputs, &ir);
    assert!(problems.is_empty(), "{problems:?}");
    let file = |path: &str| files.get(path).unwrap();
    let module = file("generated/src/measures.rs");
    for wanted in [
        "name: \"time\",\n        table: Some(\"gold.fact_timeentry\"),\n        from: r\"gold.fact_timeentry\",\n        \
         date: Some(\"WorkDateKey\"),\n        by: &[\"company\", \"agreement\", \"member\"],\n",
        "table: None,\n        from: r\"(\nSELECT d.DateKey, m.MemberKey",
        "description: \"Hours that were worked.\",\n",
        "sum: r\"1\",\n            filter: Some(r\"trimmed(notes) <> ''\"),\n            balance: true,\n",
        "of: &[\"Actual Hours\", \"Capacity Hours\"],\n",
        "kind: MeasureKind::Period { measure: \"Utilization\", period: Period::LastYear },\n",
        "format: r##\"0.0\"%\"\"##,\n".replace("##", "#").as_str(),
    ] {
        assert!(module.contains(wanted), "{wanted} is not in:\n{module}");
    }
    let dictionary = files.dictionary().concat();
    for wanted in [
        "#### Utilization (Nýting)\n\nHours by capacity. Folder: Hours. Format: `0.0\"%\"`.\n\n```sql\n100 * \"Actual",
        "SELECT SUM(1)\nFROM gold.fact_timeentry\nWHERE trimmed(notes) <> ''\n```\n\n```dax\n// entries",
        "SELECT SUM(hours)\nFROM capacity\n",
        "The measure Utilization a year before.\n",
    ] {
        assert!(dictionary.contains(wanted), "{wanted}");
    }
}

#[test]
fn gold_without_measures_has_an_empty_list() {
    let (mut inputs, ir) = inputs();
    inputs.files.remove(FILE);
    let (files, problems) = render(&inputs, &ir);
    assert!(problems.is_empty(), "{problems:?}");
    let module = files.get("generated/src/measures.rs").unwrap();
    assert!(module.contains("pub static MEASURES: &[Measure] = &[\n];"), "{module}");
}
