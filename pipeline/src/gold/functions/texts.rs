//! Text functions: trimming, whole numbers, folded names, agreement types and text keys.

use arrow::array::{ArrayRef, AsArray, Int64Array, StringArray, StringBuilder};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use connectwise_generated::agreement_rules::{classify, fold_name};
use datafusion::common::Result;
use std::collections::HashMap;
use std::sync::Arc;

/// Trims texts; most need no trimming, and then the array is returned as it is.
pub(super) fn trimmed(arguments: &[ArrayRef]) -> Result<ArrayRef> {
    let texts = cast(&arguments[0], &DataType::Utf8)?;
    let values = texts.as_string::<i32>();
    if values.iter().flatten().all(is_trimmed) {
        return Ok(texts);
    }
    Ok(Arc::new(values.iter().map(|text| text.map(str::trim)).collect::<StringArray>()))
}

fn is_trimmed(text: &str) -> bool {
    let plain = |end: Option<&u8>| end.is_none_or(u8::is_ascii_graphic);
    let bytes = text.as_bytes();
    (plain(bytes.first()) && plain(bytes.last())) || text.trim().len() == text.len()
}

pub(super) fn whole_number(arguments: &[ArrayRef]) -> Result<ArrayRef> {
    let texts = cast(&arguments[0], &DataType::Utf8)?;
    let numbers: Int64Array = texts.as_string::<i32>().iter().map(|text| whole(text?)?.parse().ok()).collect();
    Ok(Arc::new(numbers))
}

/// Returns the digits of a number's text (sign, digits, fraction, exponent) whose value is whole, with a `-` before
/// them where it is below zero.
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

pub(super) fn digits(arguments: &[ArrayRef]) -> Result<ArrayRef> {
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

/// Folds names, each distinct one once: the same few names come many times.
pub(super) fn folded_name(arguments: &[ArrayRef]) -> Result<ArrayRef> {
    let names = cast(&arguments[0], &DataType::Utf8)?;
    let names = names.as_string::<i32>();
    let mut known: HashMap<&str, String> = HashMap::new();
    let mut folded = StringBuilder::new();
    for name in names {
        folded.append_option(name.map(|name| known.entry(name).or_insert_with(|| fold_name(name)).as_str()));
    }
    Ok(Arc::new(folded.finish()))
}

/// Classifies names, each distinct one once: the same few names come many times.
pub(super) fn agreement_type(arguments: &[ArrayRef]) -> Result<ArrayRef> {
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

pub(super) fn text_key(arguments: &[ArrayRef]) -> Result<ArrayRef> {
    let text = cast(&arguments[0], &DataType::Utf8)?;
    let keys: Int64Array =
        text.as_string::<i32>().iter().map(|text| text.map(|text| key_of_text(text.as_bytes()))).collect();
    Ok(Arc::new(keys))
}

/// Hashes a text to 53 bits, so that the key is exact in every tool, also those that only have floats.
fn key_of_text(text: &[u8]) -> i64 {
    let hash = xxhash_rust::xxh64::xxh64(text, 42) & ((1 << 53) - 1);
    i64::try_from(hash).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::datatypes::Int64Type;

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
    fn keys_fit_53_bits_and_never_move() {
        assert_eq!(key_of_text(b"Billable"), key_of_text(b"Billable"));
        assert_ne!(key_of_text(b"Billable"), key_of_text(b"DoNotBill"));
        assert!((0..1 << 53).contains(&key_of_text(b"anything")));
        // XXH64 with seed 42 of the empty text is 0x98B1582B0977E704: fixed for ever.
        assert_eq!(key_of_text(b""), i64::try_from(0x98B1_582B_0977_E704_u64 & ((1 << 53) - 1)).unwrap());
    }
}
