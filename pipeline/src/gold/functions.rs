//! SQL functions for what a rule says exactly and DataFusion has no exact word for.
//!
//! | function | meaning |
//! |---|---|
//! | `exact_decimal(x)` | a number or its text as Decimal(19,4), half away from zero; null for what is no number |
//! | `wide_decimal(x)` | the same as Decimal(38,4): for sums over what may not fit a column |
//! | `beyond_decimal(x)` | whether it is a number, or the text of one, that Decimal(19,4) does not hold |
//! | `trimmed(text)` | the text without white space of any kind at its ends |
//! | `digits(text)` | a whole number's digits, also where it came as 5.0 or 1e3; any other text as it came |
//! | `folded_name(name)` | a name as it is compared: NFC, trimmed, without a `:` at its end, in lower case |
//! | `whole_number(text)` | the whole number that a text is, also as 5.0 or 1e3; else null |
//! | `instant(text)` | the point in time that a text names as ISO 8601 writes it, in UTC without an offset; else null |
//! | `agreement_type(name)` | the class that the agreement rules give a type's name; null counts as no name |
//! | `percentage(part, whole)` | 100 × part ÷ whole as Decimal(19,4), half away from zero; 0 where whole is 0 |
//! | `text_key(text)` | 53 bits of the text's XXH64 (seed 42): a surrogate key that needs no register |
//! | `date_key(instant, zone)` | yyyymmdd of the instant in the time zone |
//! | `local_date(instant, zone)` | the instant's day in the time zone |
//! | `date_add_days(date, n)`, `days_between(from, to)` | whole days |

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, Decimal128Array, Int64Array, StringArray, StringBuilder,
    TimestampMicrosecondArray,
};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float64Type, Int64Type, TimeUnit, TimestampMicrosecondType,
};
use chrono::{DateTime, Datelike as _};
use connectwise_generated::agreement_rules::{classify, fold_name};
use connectwise_runtime::timestamp::parse_micros;
use datafusion::common::{DataFusionError, Result};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};
use datafusion::prelude::SessionContext;
use std::collections::HashMap;
use std::sync::Arc;

const PRECISION: u8 = 19;
const SCALE: i8 = 4;
/// The largest unscaled value of Decimal(19,4).
const LARGEST: i128 = 10_i128.pow(19) - 1;
/// The precision of sums, and the largest unscaled value of it.
const WIDE: u8 = 38;
const WIDEST: i128 = 10_i128.pow(38) - 1;

/// Registers the functions of this module.
pub fn register_functions(context: &SessionContext) {
    for function in [
        Function::new("exact_decimal", 1, decimal_type(), exact_decimal),
        Function::new("wide_decimal", 1, DataType::Decimal128(WIDE, SCALE), wide_decimal),
        Function::new("beyond_decimal", 1, DataType::Boolean, beyond_decimal),
        Function::new("trimmed", 1, DataType::Utf8, trimmed),
        Function::new("digits", 1, DataType::Utf8, digits),
        Function::new("folded_name", 1, DataType::Utf8, folded_name),
        Function::new("whole_number", 1, DataType::Int64, whole_number),
        Function::new("instant", 1, DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), instant),
        Function::new("agreement_type", 1, DataType::Utf8, agreement_type),
        Function::new("percentage", 2, decimal_type(), percentage),
        Function::new("text_key", 1, DataType::Int64, text_key),
        Function::new("date_key", 2, DataType::Int64, date_key),
        Function::new("local_date", 2, DataType::Date32, local_date),
        Function::new("date_add_days", 2, DataType::Date32, date_add_days),
        Function::new("days_between", 2, DataType::Int64, days_between),
    ] {
        context.register_udf(ScalarUDF::from(function));
    }
}

fn decimal_type() -> DataType {
    DataType::Decimal128(PRECISION, SCALE)
}

type Body = fn(&[ArrayRef]) -> Result<ArrayRef>;

/// A scalar function over whole arrays.
#[derive(Debug)]
struct Function {
    name: &'static str,
    signature: Signature,
    output: DataType,
    body: Body,
}

impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Function {}

impl std::hash::Hash for Function {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl Function {
    fn new(name: &'static str, arguments: usize, output: DataType, body: Body) -> Self {
        Self { name, signature: Signature::any(arguments, Volatility::Immutable), output, body }
    }
}

impl ScalarUDFImpl for Function {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.output.clone())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        (self.body)(&arrays).map(ColumnarValue::Array)
    }
}

fn wrong(function: &str, array: &ArrayRef) -> DataFusionError {
    DataFusionError::Execution(format!("{function} does not take {}", array.data_type()))
}

fn exact_decimal(arguments: &[ArrayRef]) -> Result<ArrayRef> {
    decimals("exact_decimal", &arguments[0], PRECISION, LARGEST)
}

fn wide_decimal(arguments: &[ArrayRef]) -> Result<ArrayRef> {
    decimals("wide_decimal", &arguments[0], WIDE, WIDEST)
}

/// Numbers of any form as decimals of four places; null for what is no number, or beyond the largest.
fn decimals(function: &str, array: &ArrayRef, precision: u8, largest: i128) -> Result<ArrayRef> {
    let values: Decimal128Array = match array.data_type() {
        DataType::Decimal128(_, SCALE) => return Ok(cast(array, &DataType::Decimal128(precision, SCALE))?),
        DataType::Float64 => array
            .as_primitive::<Float64Type>()
            .iter()
            .map(|value| value.and_then(|value| from_float(value, largest)))
            .collect(),
        DataType::Int64 => array
            .as_primitive::<Int64Type>()
            .iter()
            .map(|value| value.map(|value| i128::from(value) * 10_000).filter(|value| value.abs() <= largest))
            .collect(),
        DataType::Utf8 => {
            array.as_string::<i32>().iter().map(|value| value.and_then(|value| from_text(value, largest))).collect()
        }
        DataType::Null | DataType::Int32 | DataType::LargeUtf8 | DataType::Utf8View => {
            let plain = if array.data_type() == &DataType::Int32 { DataType::Int64 } else { DataType::Utf8 };
            return decimals(function, &cast(array, &plain)?, precision, largest);
        }
        _ => return Err(wrong(function, array)),
    };
    Ok(Arc::new(values.with_precision_and_scale(precision, SCALE)?))
}

fn beyond_decimal(arguments: &[ArrayRef]) -> Result<ArrayRef> {
    let decimals = exact_decimal(arguments)?;
    let texts = match arguments[0].data_type() {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Some(cast(&arguments[0], &DataType::Utf8)?),
        _ => None,
    };
    let number = |row: usize| texts.as_ref().is_none_or(|texts| is_number(texts.as_string::<i32>().value(row)));
    let found: BooleanArray = (0..decimals.len())
        .map(|row| Some(decimals.is_null(row) && arguments[0].is_valid(row) && number(row)))
        .collect();
    Ok(Arc::new(found))
}

/// Whether a text is a number, of whatever size.
fn is_number(text: &str) -> bool {
    // What has no digit is `inf` or `nan`.
    text.trim().parse::<f64>().is_ok() && text.bytes().any(|byte| byte.is_ascii_digit())
}

/// The decimal that a JSON number meant: the shortest text that reads back as this float, rounded to four places.
fn from_float(value: f64, largest: i128) -> Option<i128> {
    let scaled = value * 10_000.0;
    let rounded = scaled.round();
    // Far enough from a tie, and small enough for the product's error not to matter: no text is needed.
    if scaled.abs() < 1e12 && (scaled - rounded).abs() < 0.499 {
        #[expect(clippy::cast_possible_truncation, reason = "bounded above")]
        return Some(rounded as i128);
    }
    if value.is_finite() { from_text(&format!("{value}"), largest) } else { None }
}

/// A decimal number's text (sign, digits, fraction, exponent) times 10,000, half away from zero; none beyond the
/// largest.
fn from_text(text: &str, largest: i128) -> Option<i128> {
    let text = text.trim();
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (digits, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() + fraction.len() == 0 || !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    // Digits before the decimal point of the result in ten-thousandths.
    let point = i32::try_from(whole.len()).ok()?.checked_add(exponent)?.checked_add(i32::from(SCALE))?;
    let mut value = 0_i128;
    let mut round_up = false;
    for (place, digit) in (0_i32..).zip(whole.bytes().chain(fraction.bytes())) {
        let digit = i128::from(digit - b'0');
        if place < point {
            value = value.checked_mul(10)?.checked_add(digit).filter(|value| *value <= largest)?;
        } else {
            round_up = place == point && digit >= 5;
            break;
        }
    }
    let written = i32::try_from(whole.len() + fraction.len()).ok()?;
    if value != 0 {
        for _ in written..point {
            value = value.checked_mul(10).filter(|value| *value <= largest)?;
        }
    }
    let value = value + i128::from(round_up);
    (value <= largest).then_some(if negative { -value } else { value })
}

/// Most texts need no trimming, and then the array is what it was.
fn trimmed(arguments: &[ArrayRef]) -> Result<ArrayRef> {
    let texts = cast(&arguments[0], &DataType::Utf8)?;
    let values = texts.as_string::<i32>();
    if values.iter().flatten().all(|text| text.trim().len() == text.len()) {
        return Ok(texts);
    }
    Ok(Arc::new(values.iter().map(|text| text.map(str::trim)).collect::<StringArray>()))
}

fn whole_number(arguments: &[ArrayRef]) -> Result<ArrayRef> {
    let texts = cast(&arguments[0], &DataType::Utf8)?;
    let numbers: Int64Array = texts.as_string::<i32>().iter().map(|text| whole(text?)?.parse().ok()).collect();
    Ok(Arc::new(numbers))
}

/// The digits of a number's text (sign, digits, fraction, exponent) whose value is whole, with a `-` before them where
/// it is below zero.
fn whole(text: &str) -> Option<String> {
    let text = text.trim();
    let (negative, number) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (mantissa, exponent) = match number.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok().filter(|e| e.abs() < 100)?),
        None => (number, 0),
    };
    let (before, after) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{before}{after}");
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let point = i32::try_from(before.len()).ok()? + exponent;
    let (whole, fraction) = match usize::try_from(point) {
        Ok(point) if point > digits.len() => (format!("{digits:0<point$}"), String::new()),
        Ok(point) => (digits[..point].to_owned(), digits[point..].to_owned()),
        Err(_) => (String::new(), digits),
    };
    if fraction.bytes().any(|byte| byte != b'0') {
        return None;
    }
    let whole = whole.trim_start_matches('0');
    Some(match whole {
        "" => "0".to_owned(),
        whole if negative => format!("-{whole}"),
        whole => whole.to_owned(),
    })
}

fn digits(arguments: &[ArrayRef]) -> Result<ArrayRef> {
    let texts = cast(&arguments[0], &DataType::Utf8)?;
    let plain = |text: &str| digits_of(text).unwrap_or_else(|| text.to_owned());
    Ok(Arc::new(texts.as_string::<i32>().iter().map(|text| text.map(plain)).collect::<StringArray>()))
}

/// The digits of a whole number that is written with a fraction or an exponent, up to as many as Spark's decimals hold.
fn digits_of(text: &str) -> Option<String> {
    let number = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, _) = number.split_once(['e', 'E']).unwrap_or((number, ""));
    let digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
    let written = digit(mantissa.as_bytes().first()) && digit(mantissa.as_bytes().last());
    (written && number.contains(['.', 'e', 'E'])).then(|| whole(text))?.filter(|digits| digits.len() <= 20)
}

/// Few names come many times.
fn folded_name(arguments: &[ArrayRef]) -> Result<ArrayRef> {
    let names = cast(&arguments[0], &DataType::Utf8)?;
    let names = names.as_string::<i32>();
    let mut known: HashMap<&str, String> = HashMap::new();
    let mut folded = StringBuilder::new();
    for name in names {
        folded.append_option(name.map(|name| known.entry(name).or_insert_with(|| fold_name(name)).as_str()));
    }
    Ok(Arc::new(folded.finish()))
}

fn instant(arguments: &[ArrayRef]) -> Result<ArrayRef> {
    let texts = cast(&arguments[0], &DataType::Utf8)?;
    let instants: TimestampMicrosecondArray =
        texts.as_string::<i32>().iter().map(|text| micros(text?.trim())).collect();
    Ok(Arc::new(instants.with_timezone("UTC")))
}

/// The microseconds since 1970 of a text in the forms that Spark reads too.
fn micros(text: &str) -> Option<i64> {
    let time = text.get(10..)?;
    let offset = time.find(['+', '-']).map(|at| &time[at..]);
    let plain = !time.contains(['t', 'z']) && offset.is_none_or(|offset| offset.len() == "+00:00".len());
    parse_micros(text).filter(|_| plain)
}

/// The class of each name. Few names come many times.
fn agreement_type(arguments: &[ArrayRef]) -> Result<ArrayRef> {
    let names = cast(&arguments[0], &DataType::Utf8)?;
    let names = names.as_string::<i32>();
    let mut known: HashMap<&str, &'static str> = HashMap::new();
    let classes: StringArray = names
        .iter()
        .map(|name| {
            let name = name.unwrap_or_default();
            Some(*known.entry(name).or_insert_with(|| classify(name).0.normalized))
        })
        .collect();
    Ok(Arc::new(classes))
}

/// Numerator and denominator to the nearest integer, half away from zero.
fn divide(numerator: i128, denominator: i128) -> i128 {
    let (quotient, remainder) = (numerator / denominator, numerator % denominator);
    let up = remainder.abs() >= denominator.abs() - remainder.abs();
    if up { quotient + numerator.signum() * denominator.signum() } else { quotient }
}

fn percentage(arguments: &[ArrayRef]) -> Result<ArrayRef> {
    let (part, whole) = (cast(&arguments[0], &decimal_type())?, cast(&arguments[1], &decimal_type())?);
    let (part, whole) = (part.as_primitive::<Decimal128Type>(), whole.as_primitive::<Decimal128Type>());
    let values: Decimal128Array = part
        .iter()
        .zip(whole.iter())
        .map(|pair| match pair {
            (Some(_), Some(0)) => Some(0),
            (Some(part), Some(whole)) => {
                Some(divide(part * 100 * 10_000, whole)).filter(|value| value.abs() <= LARGEST)
            }
            _ => None,
        })
        .collect();
    Ok(Arc::new(values.with_precision_and_scale(PRECISION, SCALE)?))
}

fn text_key(arguments: &[ArrayRef]) -> Result<ArrayRef> {
    let text = cast(&arguments[0], &DataType::Utf8)?;
    let keys: Int64Array =
        text.as_string::<i32>().iter().map(|text| text.map(|text| key_of_text(text.as_bytes()))).collect();
    Ok(Arc::new(keys))
}

/// 53 bits, so that the key is exact in every tool, also those that know floats alone.
fn key_of_text(text: &[u8]) -> i64 {
    let hash = xxhash_rust::xxh64::xxh64(text, 42) & ((1 << 53) - 1);
    i64::try_from(hash).unwrap_or(i64::MAX)
}

/// The days since 1970 of instants in a time zone.
fn local_days(function: &str, arguments: &[ArrayRef]) -> Result<Vec<Option<i32>>> {
    let instants = cast(&arguments[0], &DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())))?;
    let zones = cast(&arguments[1], &DataType::Utf8)?;
    let (instants, zones) = (instants.as_primitive::<TimestampMicrosecondType>(), zones.as_string::<i32>());
    let mut known: Option<(&str, chrono_tz::Tz)> = None;
    let mut days = Vec::with_capacity(instants.len());
    for row in 0..instants.len() {
        if instants.is_null(row) || zones.is_null(row) {
            days.push(None);
            continue;
        }
        let name = zones.value(row);
        let zone = match known {
            Some((other, zone)) if other == name => zone,
            _ => {
                let zone: chrono_tz::Tz = name
                    .parse()
                    .map_err(|_| DataFusionError::Execution(format!("{function}: {name} is not a time zone")))?;
                known = Some((name, zone));
                zone
            }
        };
        let day = DateTime::from_timestamp_micros(instants.value(row))
            .map(|instant| instant.with_timezone(&zone).date_naive())
            .map(|date| date.num_days_from_ce() - DAYS_TO_1970);
        days.push(day);
    }
    Ok(days)
}

/// Days from 0000-12-31 to 1970-01-01.
const DAYS_TO_1970: i32 = 719_163;

fn date_key(arguments: &[ArrayRef]) -> Result<ArrayRef> {
    let keys: Int64Array = local_days("date_key", arguments)?
        .into_iter()
        .map(|day| {
            let date = chrono::NaiveDate::from_num_days_from_ce_opt(day? + DAYS_TO_1970)?;
            Some(i64::from(date.year()) * 10_000 + i64::from(date.month()) * 100 + i64::from(date.day()))
        })
        .collect();
    Ok(Arc::new(keys))
}

fn local_date(arguments: &[ArrayRef]) -> Result<ArrayRef> {
    Ok(Arc::new(local_days("local_date", arguments)?.into_iter().collect::<Date32Array>()))
}

fn date_add_days(arguments: &[ArrayRef]) -> Result<ArrayRef> {
    let (dates, days) = (cast(&arguments[0], &DataType::Date32)?, cast(&arguments[1], &DataType::Int64)?);
    let dates: Date32Array = dates
        .as_primitive::<Date32Type>()
        .iter()
        .zip(days.as_primitive::<Int64Type>().iter())
        .map(|(date, days)| date?.checked_add(i32::try_from(days?).ok()?))
        .collect();
    Ok(Arc::new(dates))
}

fn days_between(arguments: &[ArrayRef]) -> Result<ArrayRef> {
    let (from, to) = (cast(&arguments[0], &DataType::Date32)?, cast(&arguments[1], &DataType::Date32)?);
    let days: Int64Array = from
        .as_primitive::<Date32Type>()
        .iter()
        .zip(to.as_primitive::<Date32Type>().iter())
        .map(|(from, to)| Some(i64::from(to?) - i64::from(from?)))
        .collect();
    Ok(Arc::new(days))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_what_the_text_said() {
        for (text, expected) in [
            ("0", 0),
            ("0.1", 1000),
            ("10800.00", 108_000_000),
            ("2.67505", 26751),
            ("2.67504999", 26750),
            ("-2.67505", -26751),
            ("1e3", 10_000_000),
            ("1.5E-3", 15),
            ("5e-5", 1),
            ("4.9e-5", 0),
            ("0.00005", 1),
            ("5e-6", 0),
            (" 7. ", 70_000),
            (".5", 5000),
            ("+1", 10_000),
            ("00012", 120_000),
            ("0e400", 0),
            ("999999999999999.9999", LARGEST),
        ] {
            assert_eq!(from_text(text, LARGEST), Some(expected), "{text}");
        }
        for text in
            ["", " ", "abc", "1,5", "--1", "1.2.3", ".", "e5", "1e", "NaN", "1e30", "1000000000000000", "1e99999"]
        {
            assert_eq!(from_text(text, LARGEST), None, "{text}");
        }
    }

    #[test]
    fn floats_mean_their_shortest_text() {
        for value in [0.1, 0.7, 2.675, 1.005, 1.00005, 2.00015, 123_456_789.123_45, -0.00005, 1e11 + 0.00005, 0.3 - 0.1]
        {
            assert_eq!(from_float(value, LARGEST), from_text(&format!("{value}"), LARGEST), "{value}");
        }
        assert_eq!(from_float(1.00005, LARGEST), Some(10_001));
        assert_eq!(from_float(f64::NAN, LARGEST), None);
        assert_eq!(from_float(f64::INFINITY, LARGEST), None);
        assert_eq!(from_float(1e300, LARGEST), None);
    }

    #[test]
    fn white_space_of_any_kind_is_trimmed_and_nothing_else() {
        let texts: ArrayRef = Arc::new(StringArray::from(vec![
            Some("\u{a0}\t a\u{a0}b \r\n\u{2003}"),
            None,
            Some(""),
            Some("\u{200b}c"),
        ]));
        let wanted: ArrayRef = Arc::new(StringArray::from(vec![Some("a\u{a0}b"), None, Some(""), Some("\u{200b}c")]));
        assert_eq!(&trimmed(&[texts]).unwrap(), &wanted);
        // Nothing to trim: the very same bytes.
        let same = trimmed(std::slice::from_ref(&wanted)).unwrap();
        let bytes = |array: &ArrayRef| array.as_string::<i32>().value_data().as_ptr();
        assert!(std::ptr::eq(bytes(&same), bytes(&wanted)));
    }

    #[test]
    fn whole_numbers_are_their_digits() {
        for (text, digits) in [
            ("5", "5"),
            (" 5.0 ", "5"),
            ("1e3", "1000"),
            ("1.50E+2", "150"),
            ("1500e-2", "15"),
            ("0.0", "0"),
            ("-0", "0"),
            ("-12.", "-12"),
            ("+007", "7"),
            ("20240017.000", "20240017"),
            ("9223372036854775808", "9223372036854775808"),
        ] {
            assert_eq!(whole(text).as_deref(), Some(digits), "{text}");
        }
        for text in ["", "-", ".", "12.5", "1e-1", "15e-2", "1e", "1e999", "five", "0x5", "1,0", "5 5", "é"] {
            assert_eq!(whole(text), None, "{text}");
        }
        let texts: ArrayRef = Arc::new(StringArray::from(vec!["9223372036854775807", "9223372036854775808"]));
        let numbers = whole_number(&[texts]).unwrap();
        assert_eq!(numbers.as_primitive::<Int64Type>().iter().collect::<Vec<_>>(), [Some(i64::MAX), None]);
    }

    #[test]
    fn digits_are_of_numbers_alone() {
        for (text, digits) in [
            ("5.0", "5"),
            ("-5.00", "-5"),
            ("1e3", "1000"),
            ("2.5E+1", "25"),
            ("12.5", "12.5"),
            ("5", "5"),
            ("007", "007"),
            ("5.", "5."),
            (".5e1", ".5e1"),
            ("S 4.0", "S 4.0"),
            ("1.0.0", "1.0.0"),
            ("1e25", "1e25"),
            ("e", "e"),
            ("-", "-"),
        ] {
            assert_eq!(digits_of(text).as_deref().unwrap_or(text), digits, "{text}");
        }
    }

    #[test]
    fn instants_are_read_in_the_forms_that_both_dialects_know() {
        for (text, seconds) in [
            ("2026-01-02", 1_767_312_000),
            (" 2026-01-02T03:04:05Z", 1_767_323_045),
            ("2026-01-02 03:04", 1_767_323_040),
            ("2026-01-02T03:04:05.5+01:00", 1_767_319_445),
        ] {
            assert_eq!(micros(text.trim()).map(|micros| micros / 1_000_000), Some(seconds), "{text}");
        }
        for text in ["", "2026-02-30", "02.01.2026", "03:04:05", "2026-01-02T03:04:05z", "2026-01-02T03:04:05+01", "é"]
        {
            assert_eq!(micros(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_beyond_the_column_are_told_from_what_is_no_number() {
        let floats: ArrayRef =
            Arc::new(arrow::array::Float64Array::from(vec![Some(1e16), Some(-1e15), Some(1e14), None]));
        let beyond = |array: ArrayRef| -> Vec<bool> {
            beyond_decimal(&[array]).unwrap().as_boolean().iter().map(Option::unwrap).collect()
        };
        assert_eq!(beyond(floats), [true, true, false, false]);
        let texts = ["1e16", " 1000000000000000 ", "1e400", "999999999999999.9999", "1,5", "", "inf", "NaN"];
        let plain: ArrayRef = Arc::new(StringArray::from(texts.to_vec()));
        for kind in [DataType::Utf8, DataType::LargeUtf8, DataType::Utf8View] {
            let texts = cast(&plain, &kind).unwrap();
            assert_eq!(beyond(texts), [true, true, true, false, false, false, false, false], "{kind}");
        }
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![i64::MAX, 5]));
        assert_eq!(beyond(numbers), [true, false]);
    }

    #[test]
    fn halves_go_away_from_zero() {
        for (numerator, denominator, expected) in
            [(1, 2, 1), (-1, 2, -1), (1, -2, -1), (3, 2, 2), (1, 3, 0), (2, 3, 1), (-2, 3, -1), (6, 3, 2), (0, 5, 0)]
        {
            assert_eq!(divide(numerator, denominator), expected, "{numerator}/{denominator}");
        }
    }

    #[test]
    fn keys_fit_53_bits_and_never_move() {
        assert_eq!(key_of_text(b"Billable"), key_of_text(b"Billable"));
        assert_ne!(key_of_text(b"Billable"), key_of_text(b"DoNotBill"));
        assert!((0..1 << 53).contains(&key_of_text(b"anything")));
        // XXH64 with seed 42 of the empty text is 0x98B1582B0977E704: fixed for ever.
        assert_eq!(key_of_text(b""), i64::try_from(0x98B1_582B_0977_E704_u64 & ((1 << 53) - 1)).unwrap());
    }

    #[test]
    fn days_follow_the_time_zone() {
        let instants: ArrayRef = Arc::new(
            arrow::array::TimestampMicrosecondArray::from(vec![Some(1_735_689_599_999_999), None]).with_timezone("UTC"),
        );
        let zone = |name: &str| -> ArrayRef { Arc::new(arrow::array::StringArray::from(vec![name, name])) };
        let key = |name| date_key(&[Arc::clone(&instants), zone(name)]).unwrap();
        assert_eq!(key("Atlantic/Reykjavik").as_primitive::<Int64Type>().value(0), 20_241_231);
        assert_eq!(key("Europe/Copenhagen").as_primitive::<Int64Type>().value(0), 20_250_101);
        assert!(key("UTC").is_null(1));
        assert!(date_key(&[instants, zone("Mars")]).is_err());
    }
}
