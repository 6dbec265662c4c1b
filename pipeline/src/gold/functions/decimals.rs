//! Decimal functions: numbers as exact decimals of four places, and computations with them.

use super::{LARGEST, PRECISION, SCALE, WIDE, WIDEST, decimal_type, wrong};
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Decimal128Array};
use arrow::buffer::BooleanBuffer;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Decimal128Type, Float64Type, Int64Type};
use datafusion::common::Result;
use std::sync::Arc;

/// Absolute value below which a float fits the column's type, however it is rounded.
const SMALL: f64 = 1e14;
/// Length up to which a number's text without an exponent fits the column's type.
const SHORT: usize = 14;

pub(super) fn exact_decimal(arguments: &[ArrayRef]) -> Result<ArrayRef> {
    decimals("exact_decimal", &arguments[0], PRECISION, LARGEST)
}

pub(super) fn wide_decimal(arguments: &[ArrayRef]) -> Result<ArrayRef> {
    decimals("wide_decimal", &arguments[0], WIDE, WIDEST)
}

/// Converts numbers of any form to decimals of four places; null for what is no number, or beyond the largest.
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

pub(super) fn beyond_decimal(arguments: &[ArrayRef]) -> Result<ArrayRef> {
    // Mostly all values are far below the limit: nothing is computed then.
    let is_short = |text: &str| text.len() <= SHORT && !text.bytes().any(|byte| matches!(byte, b'e' | b'E'));
    let array = &arguments[0];
    let far = match array.data_type() {
        DataType::Float64 => array.as_primitive::<Float64Type>().iter().flatten().all(|value| value.abs() < SMALL),
        DataType::Utf8 => array.as_string::<i32>().iter().flatten().all(is_short),
        DataType::Utf8View => array.as_string_view().iter().flatten().all(is_short),
        _ => false,
    };
    if far {
        return Ok(Arc::new(BooleanArray::new(BooleanBuffer::new_unset(array.len()), None)));
    }
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

/// Returns the decimal that a JSON number meant: the float's shortest text that reads back, rounded to four places.
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

/// Parses a number's text (sign, digits, fraction, exponent) times 10,000, half away from zero; none beyond the
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

/// Divides to the nearest integer, half away from zero.
fn divide(numerator: i128, denominator: i128) -> i128 {
    let (quotient, remainder) = (numerator / denominator, numerator % denominator);
    let up = remainder.abs() >= denominator.abs() - remainder.abs();
    if up { quotient + numerator.signum() * denominator.signum() } else { quotient }
}

pub(super) fn percentage(arguments: &[ArrayRef]) -> Result<ArrayRef> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Int64Array, StringArray};

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
    fn numbers_beyond_the_column_are_told_from_what_is_no_number() {
        let floats: ArrayRef =
            Arc::new(arrow::array::Float64Array::from(vec![Some(1e16), Some(-1e15), Some(1e14), None]));
        let beyond = |array: ArrayRef| -> Vec<bool> {
            beyond_decimal(&[array]).unwrap().as_boolean().iter().map(Option::unwrap).collect()
        };
        assert_eq!(beyond(floats), [true, true, false, false]);
        let small: ArrayRef = Arc::new(arrow::array::Float64Array::from(vec![Some(99e12), None, Some(-0.5)]));
        assert_eq!(beyond(small), [false; 3]);
        let odd: ArrayRef = Arc::new(arrow::array::Float64Array::from(vec![f64::NAN, 1e15, 5.0]));
        assert_eq!(beyond(odd)[1..], [true, false]);
        let texts = ["1e16", " 1000000000000000 ", "1e400", "999999999999999.9999", "1,5", "", "inf", "NaN"];
        let plain: ArrayRef = Arc::new(StringArray::from(texts.to_vec()));
        for kind in [DataType::Utf8, DataType::LargeUtf8, DataType::Utf8View] {
            let texts = cast(&plain, &kind).unwrap();
            assert_eq!(beyond(texts), [true, true, true, false, false, false, false, false], "{kind}");
        }
        let short: ArrayRef = Arc::new(StringArray::from(vec![Some("99999999999999"), None, Some("-1.5"), Some("?")]));
        for kind in [DataType::Utf8, DataType::Utf8View] {
            assert_eq!(beyond(cast(&short, &kind).unwrap()), [false; 4]);
        }
        let tiny: ArrayRef = Arc::new(StringArray::from(vec!["1e30", "9E14", "1"]));
        assert_eq!(beyond(tiny), [true, false, false]);
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
}
