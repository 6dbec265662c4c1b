//! Golden file of the functions' version.
//!
//! Gold tables record the version that made them. Other values under the same version would leave their old rows
//! unchanged.

use super::{SQL_FUNCTIONS_VERSION, functions};
use arrow::array::{Array as _, ArrayRef, AsArray, StringArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

/// Arguments of a function: columns of texts, cast to the type beside them.
type Arguments = &'static [(DataType, &'static [Option<&'static str>])];

const NUMBERS: &[Option<&str>] = &[
    None,
    Some(""),
    Some("0"),
    Some("5.0"),
    Some("-2.67505"),
    Some("2.67504999"),
    Some("1e3"),
    Some("-1E-2"),
    Some("1,5"),
    Some(" 7 "),
    Some("+3"),
    Some("99999999999999"),
    Some("999999999999999.99995"),
    Some("1e400"),
    Some("NaN"),
    Some("T&M"),
];
const TEXTS: &[Option<&str>] = &[
    None,
    Some(""),
    Some("  "),
    Some(" Tímapottur: "),
    Some("TI\u{301}MAPOTTUR"),
    Some("a\u{a0}"),
    Some("\tb\r\n"),
    Some("İ ẞ"),
    Some("x::"),
    Some("Þjónusta :"),
];
const INSTANTS: &[Option<&str>] = &[
    None,
    Some(""),
    Some("2025-06-15"),
    Some("2025-06-15T12:00:00Z"),
    Some("2025-06-15T23:59:59.999999+00:00"),
    Some("2025-06-15 12:00:00"),
    Some("2025-06-15t12:00:00z"),
    Some("0001-01-01T00:00:00Z"),
    Some("9999-12-31T23:59:59Z"),
    Some("1899-12-31T23:00:00Z"),
    Some("soon"),
];
const TIMES: &[Option<&str>] = &[
    None,
    Some("2025-06-15T23:30:00Z"),
    Some("2025-06-15T00:30:00Z"),
    Some("0001-01-01T00:00:00Z"),
    Some("9999-12-31T23:59:59Z"),
];
const ZONES: &[Option<&str>] = &[
    Some("UTC"),
    Some("Europe/Copenhagen"),
    Some("America/New_York"),
    Some("America/New_York"),
    Some("Europe/Copenhagen"),
];
const DAYS: &[Option<&str>] = &[None, Some("2024-02-28"), Some("2024-12-31"), Some("0001-01-01")];
const OTHER_DAYS: &[Option<&str>] = &[Some("2024-01-01"), Some("2024-03-01"), None, Some("9999-12-31")];
const STEPS: &[Option<&str>] = &[Some("1"), Some("2"), Some("-366"), Some("0")];
const PARTS: &[Option<&str>] = &[None, Some("1"), Some("-1"), Some("2"), Some("1"), Some("0.0001")];
const WHOLES: &[Option<&str>] = &[Some("1"), Some("3"), Some("8"), Some("0"), None, Some("99999")];

/// Returns the arguments of a function; `None` where its values depend on the rules of the YAML, which are a part of
/// the definition themselves.
fn arguments(function: &str) -> Option<Arguments> {
    const DECIMAL: DataType = DataType::Decimal128(19, 4);
    Some(match function {
        "exact_decimal" | "wide_decimal" | "beyond_decimal" | "whole_number" | "digits" => &[(DataType::Utf8, NUMBERS)],
        "trimmed" | "folded_name" | "text_key" => &[(DataType::Utf8, TEXTS)],
        "instant" => &[(DataType::Utf8, INSTANTS)],
        "percentage" => &[(DECIMAL, PARTS), (DECIMAL, WHOLES)],
        "date_key" | "local_date" => &[(DataType::Utf8, TIMES), (DataType::Utf8, ZONES)],
        "date_add_days" => &[(DataType::Date32, DAYS), (DataType::Int64, STEPS)],
        "days_between" => &[(DataType::Date32, DAYS), (DataType::Date32, OTHER_DAYS)],
        "agreement_type" => return None,
        other => panic!("{other} has no arguments here: add them, so that its values have a golden file"),
    })
}

fn values() -> String {
    let mut output = String::new();
    for function in functions() {
        let Some(arguments) = arguments(function.name) else { continue };
        let columns = arguments.iter().map(|(data_type, texts)| {
            let texts: ArrayRef = Arc::new(StringArray::from(texts.to_vec()));
            cast(&texts, data_type).unwrap()
        });
        let columns: Vec<ArrayRef> = columns.collect();
        let result = (function.body)(&columns).unwrap();
        assert_eq!(*result.data_type(), function.output, "{}", function.name);
        let shown = cast(&result, &DataType::Utf8).unwrap();
        let shown = shown.as_string::<i32>();
        for row in 0..result.len() {
            let given: Vec<Option<&str>> = arguments.iter().map(|(_, texts)| texts[row]).collect();
            let value = (!shown.is_null(row)).then(|| shown.value(row));
            writeln!(output, "{}{given:?} = {value:?}", function.name).unwrap();
        }
    }
    output
}

#[test]
fn other_values_are_another_version() {
    let file = format!("sql-functions-{SQL_FUNCTIONS_VERSION}.txt");
    let path = Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("tests/golden").join(&file);
    let values = values();
    if !path.exists() && std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &values).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!(
            "{file} can't be read ({error}): write it with UPDATE_GOLDEN=1, and delete the one of the version before"
        )
    });
    for (golden, value) in golden.lines().zip(values.lines()) {
        assert_eq!(value, golden, "a function changed: raise SQL_FUNCTIONS_VERSION");
    }
    assert_eq!(values.lines().count(), golden.lines().count(), "a function changed: raise SQL_FUNCTIONS_VERSION");
}
