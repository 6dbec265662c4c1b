//! Made-up results of every statement.

use arrow_array::{
    ArrayRef, BooleanArray, Decimal128Array, Int64Array, LargeStringArray, RecordBatch, StringViewArray,
    TimestampMicrosecondArray,
};
use connectwise_page::Outcome;
use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) const NOON: i64 = 1_771_070_400_000_000;

pub(super) fn texts(values: &[&str]) -> ArrayRef {
    Arc::new(StringViewArray::from(values.to_vec()))
}

pub(super) fn whole(values: &[i64]) -> ArrayRef {
    Arc::new(Int64Array::from(values.to_vec()))
}

/// Decimals, in hundredths.
pub(super) fn money(values: &[i128]) -> ArrayRef {
    let values = Decimal128Array::from_iter_values(values.iter().map(|value| value * 100));
    Arc::new(values.with_precision_and_scale(38, 4).unwrap())
}

pub(super) fn instants(rows: usize) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from(vec![NOON; rows]).with_timezone("UTC"))
}

pub(super) fn flags(values: &[bool]) -> ArrayRef {
    Arc::new(BooleanArray::from(values.to_vec()))
}

pub(super) fn rows(columns: Vec<(&str, ArrayRef)>) -> Outcome {
    Outcome::Rows(vec![RecordBatch::try_from_iter(columns).unwrap()])
}

/// All results, with a name for everything that has one, and so many companies, agreements, members and records.
pub(super) fn results(name: &str, many: usize) -> BTreeMap<String, Outcome> {
    let mut all = BTreeMap::new();
    let mut add = |statement: &str, columns: Vec<(&str, ArrayRef)>| {
        all.insert(statement.to_owned(), rows(columns));
    };
    let named: Vec<String> = (0..many).map(|place| format!("{name} {place}")).collect();
    let named: Vec<&str> = named.iter().map(String::as_str).collect();
    let names = || texts(&named);
    let each = |value: i128| money(&vec![value; many]);
    let ones = || whole(&vec![1; many]);
    let ids = || whole(&(0..many).map(|id| i64::try_from(id).unwrap()).collect::<Vec<_>>());
    add("source", vec![("address", texts(&[name])), ("company", texts(&["dalvik"]))]);
    add("currency", vec![("currencyCode", texts(&["ISK"])), ("invoices", whole(&[3]))]);
    add(
        "runs",
        vec![
            ("runId", texts(&["r1"])),
            ("startedAt", instants(1)),
            ("finishedAt", instants(1)),
            ("status", texts(&["done"])),
            ("mode", texts(&["full"])),
            ("layers", texts(&["bronze,silver,gold"])),
            ("error", texts(&[name])),
            ("rowsRead", whole(&[10])),
            ("inserted", whole(&[7])),
            ("updated", whole(&[2])),
            ("deleted", whole(&[1])),
            ("quarantined", whole(&[1])),
            ("allRuns", whole(&[44])),
        ],
    );
    let counts = ["rowsRead", "inserted", "updated", "deleted", "quarantined"].map(|column| (column, whole(&[5])));
    let mut entities = vec![
        ("entity", texts(&["TimeEntry"])),
        ("status", texts(&["done"])),
        ("startedAt", instants(1)),
        ("watermarkAfter", instants(1)),
        ("seconds", Arc::new(arrow_array::Float64Array::from(vec![1.25])) as ArrayRef),
        ("unknownFields", Arc::new(LargeStringArray::from(vec![r#"{"company/</script>": 12}"#])) as ArrayRef),
        ("error", texts(&[name])),
    ];
    entities.extend(counts);
    add("entities", entities);
    add(
        "checks",
        vec![
            ("check", texts(&["rows/cw_timeentry", "sum/fact_timeentry/actualHours", "own/one-currency"])),
            ("passed", flags(&[true, true, false])),
            ("severity", texts(&["error", "error", "warning"])),
            ("detail", texts(&["4 live in bronze, 4 in silver", "silver 12.5, gold 12.5000", name])),
            ("checkedAt", instants(3)),
            ("runId", texts(&["r1", "r1", "r1"])),
        ],
    );
    add(
        "quarantine",
        vec![
            ("entity", texts(&vec!["TimeEntry"; many])),
            ("recordId", names()),
            ("path", names()),
            ("reason", names()),
            ("etlTimestamp", instants(many)),
        ],
    );
    let totals = |values: &[(&'static str, i128)]| -> Vec<(&'static str, ArrayRef)> {
        values.iter().map(|(name, value)| (*name, money(&[*value]))).collect()
    };
    add(
        "hours_totals",
        totals(&[
            ("Time Entries", 400),
            ("Actual Hours", 123_456_789),
            ("Billable Hours", 61_728_395),
            ("Invoiced Hours", 1),
            ("Prepaid Hours", 2),
            ("Internal Hours", 3),
            ("No-Charge Hours", 4),
            ("Unclassified Hours", 5),
            ("Utilized Hours", 6),
            ("Capacity Hours", 7),
            ("Utilization", 5_555),
        ]),
    );
    add(
        "hours_month",
        vec![
            ("month", Arc::new(Int64Array::from(vec![None, Some(202_601), Some(202_601), Some(202_602)])) as ArrayRef),
            ("status", texts(&["Prepaid", "Invoiced", "Prepaid", name])),
            ("Time Entries", whole(&[1, 1, 1, 1])),
            ("Actual Hours", money(&[150, 1_000, 250, 100])),
        ],
    );
    add(
        "utilization_month",
        vec![("month", whole(&[202_601])), ("Utilized Hours", money(&[100])), ("Capacity Hours", money(&[400]))],
    );
    let mut members = vec![("member", names()), ("memberId", ids())];
    members.extend(
        ["Actual Hours", "Utilized Hours", "Capacity Hours", "Utilization", "recentUtilized", "recentCapacity"]
            .map(|column| (column, each(800))),
    );
    add("utilization_member", members);
    add(
        "entries_weekday",
        vec![
            ("month", Arc::new(Int64Array::from(vec![None, Some(202_601)])) as ArrayRef),
            ("weekday", Arc::new(Int64Array::from(vec![None, Some(3)])) as ArrayRef),
            ("Time Entries", whole(&[1, 3])),
            ("Actual Hours", money(&[150, 1_350])),
        ],
    );
    add(
        "unbilled_totals",
        totals(&[
            ("entries", 100 * i128::try_from(many).unwrap()),
            ("Unbilled Hours", 200 * i128::try_from(many).unwrap()),
            ("Unbilled Amount", 12_345_600),
            ("Unbilled Age", 1_230),
            ("No-Charge Hours", 100),
            ("Leakage", 100),
            ("Written-Off Work", 0),
        ]),
    );
    add(
        "unbilled_age",
        vec![
            ("age", whole(&[1, 6, 7])),
            ("entries", whole(&[1, 1, 1])),
            ("Unbilled Hours", money(&[100, 100, 100])),
            ("Unbilled Amount", money(&[100, 100, 100])),
        ],
    );
    for (statement, first) in [("unbilled_company", "company"), ("unbilled_agreement", "agreement")] {
        let mut columns = vec![(first, names()), ("entries", ones()), ("Unbilled Hours", each(200))];
        columns.extend([("Unbilled Amount", each(1_000)), ("Unbilled Age", each(4_000))]);
        if first == "agreement" {
            columns.push(("company", names()));
        }
        add(statement, columns);
    }
    add(
        "unbilled_largest",
        vec![
            ("timeEntryId", whole(&[17])),
            ("WorkDateKey", whole(&[20_260_203])),
            ("member", texts(&[name])),
            ("company", texts(&[name])),
            ("agreement", texts(&[""])),
            ("actualHours", money(&[250])),
            ("hourlyRate", money(&[100])),
            ("potentialRevenue", money(&[250])),
            ("status", texts(&[name])),
            ("entries", whole(&[321])),
        ],
    );
    add(
        "leakage_month",
        vec![("month", whole(&[202_601])), ("No-Charge Hours", money(&[100])), ("Leakage", money(&[100]))],
    );
    add("leakage_company", vec![("company", names()), ("No-Charge Hours", each(100)), ("Leakage", each(100))]);
    add(
        "agreement_totals",
        totals(&[
            ("MRR", 100),
            ("Agreement Revenue", 100),
            ("Agreement Profit", -45_000),
            ("Agreement Hours", 100),
            ("Effective Hourly Rate", 100),
            ("Prepaid Hours Remaining", 9_300),
            ("Prepaid Hours Used", 100),
        ]),
    );
    let profits: Vec<i128> = (0..many).map(|place| 1_000 - 700 * i128::try_from(place % 3).unwrap()).collect();
    let mut profit = vec![
        ("agreement", names()),
        ("agreementId", ids()),
        ("company", names()),
        ("typeName", names()),
        ("isActive", flags(&vec![true; many])),
        ("Agreement Profit", money(&profits)),
    ];
    profit.extend(
        ["Agreement Revenue", "Agreement Direct Cost", "Addition Cost", "Agreement Hours", "Effective Hourly Rate"]
            .map(|column| (column, each(100))),
    );
    add("agreement_profit", profit);
    let mut pots = vec![
        ("agreement", names()),
        ("agreementId", ids()),
        ("company", names()),
        ("isUnlimited", flags(&vec![false; many])),
        ("remaining", each(600)),
        ("recentHours", each(900)),
    ];
    pots.extend(["available", "used", "overrun"].map(|column| (column, each(100))));
    add("pots", pots);
    add(
        "pots_month",
        vec![("agreementId", whole(&[0, 0])), ("month", whole(&[202_512, 202_601])), ("hours", money(&[900, 600]))],
    );
    add("prepaid_month", vec![("month", whole(&[202_601])), ("Prepaid Hours", money(&[100]))]);
    let mut unmatched = vec![("typeName", names())];
    unmatched.extend([("agreements", ones()), ("entries", ones()), ("hours", each(1)), ("revenue", each(1))]);
    add("unmatched", unmatched);
    let receivables = [
        ("Receivables", 10_000),
        ("Overdue", 6_000),
        ("Overdue 1-30 Days", 1_000),
        ("Overdue 31-60 Days", 1_000),
        ("Overdue 61-90 Days", 1_000),
        ("Overdue over 90 Days", 3_000),
    ];
    let mut invoices = totals(&receivables);
    invoices.extend([("invoices", whole(&[3])), ("Invoiced Revenue", money(&[300]))]);
    add("invoice_totals", invoices);
    let mut status = vec![("status", texts(&["Open", "Posted", "Unposted"])), ("invoices", whole(&[1, 1, 1]))];
    status.extend(["Invoiced Revenue", "total", "balance"].map(|column| (column, money(&[100, 100, 100]))));
    add("invoice_status", status);
    add(
        "invoice_month",
        vec![
            ("month", whole(&[202_601, 202_602])),
            ("status", texts(&["Posted", "Open"])),
            ("Invoiced Revenue", money(&[-100, 400])),
        ],
    );
    let mut differences = vec![("invoiceNumber", names()), ("invoiceType", names()), ("lines", ones())];
    differences.push(("postingStatus", texts(&vec!["Posted"; many])));
    differences.extend(
        ["serviceTotal", "timeAmount", "expenseTotal", "expenseAmount", "productTotal", "productAmount", "difference"]
            .map(|column| (column, each(100))),
    );
    add("invoice_differences", differences);
    let mut by_company = vec![("company", names())];
    by_company.extend(receivables.map(|(column, value)| (column, each(value))));
    add("receivables_company", by_company);
    add("rows_gold", vec![("name", texts(&["fact_timeentry", "dimdate"])), ("rows", whole(&[4, 6]))]);
    add("rows_TimeEntry", vec![("bronze", whole(&[4])), ("deleted", whole(&[1])), ("silver", whole(&[4]))]);
    all
}
