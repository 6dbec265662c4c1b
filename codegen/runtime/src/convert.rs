//! Lossless conversions between JSON's types.
//!
//! Invariant: a value must come out exactly as its text says, or the text is refused. Whole numbers are decided by
//! their digits and never pass through a float. Blank text is no value, except where text is asked for.

use crate::timestamp::parse_micros;

/// Description of what would have been readable, for the reason of a rejected record.
pub(crate) type Expected = &'static str;

pub(crate) const INT: Expected = "a whole number of 64 bits";
pub(crate) const KEY: Expected = "a positive whole number";
pub(crate) const FLOAT: Expected = "a number that a double can hold";
pub(crate) const BOOL: Expected = "true or false";
pub(crate) const TEXT: Expected = "text";
pub(crate) const TIME: Expected = "a date and time";
pub(crate) const MAP: Expected = "an object of texts";
pub(crate) const STRUCT: Expected = "an object";
pub(crate) const LIST: Expected = "a list";

/// Parses a whole number from a JSON number or a text that holds one: `5`, `5.0`, `1e3`.
#[inline]
pub(crate) fn int(text: &str) -> Option<i64> {
    match text.parse() {
        Ok(found) => Some(found),
        Err(_) => int_of_decimal(text),
    }
}

/// Parses a double from a JSON number or a text that holds one.
#[inline]
pub(crate) fn float(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|found| found.is_finite())
}

/// Parses a string's text as [`int`] does; blank is none.
pub(crate) fn int_of_text(text: &str) -> Result<Option<i64>, Expected> {
    of_text(text, INT, int)
}

/// Parses a string's text as [`float`] does, if it says no more than the double; blank is none. Words for infinity are
/// no number.
pub(crate) fn float_of_text(text: &str) -> Result<Option<f64>, Expected> {
    of_text(text, FLOAT, |text| {
        let decimal = Decimal::parse(text)?;
        let found = float(text)?;
        let is_same = decimal.is_short() || Decimal::parse(&found.to_string())?.is(&decimal);
        is_same.then_some(found)
    })
}

/// Parses `true` or `false` in any case; blank is none.
pub(crate) fn bool_of_text(text: &str) -> Result<Option<bool>, Expected> {
    of_text(text, BOOL, |text| {
        let is = |word: &str| text.eq_ignore_ascii_case(word);
        if is("true") { Some(true) } else { is("false").then_some(false) }
    })
}

/// Parses a date-time; blank is none.
#[inline]
pub(crate) fn time_of_text(text: &str) -> Result<Option<i64>, Expected> {
    match parse_micros(text) {
        Some(micros) => Ok(Some(micros)),
        None => of_text(text, TIME, parse_micros),
    }
}

fn of_text<T>(text: &str, expected: Expected, read: impl Fn(&str) -> Option<T>) -> Result<Option<T>, Expected> {
    match text.trim() {
        "" => Ok(None),
        text => read(text).map(Some).ok_or(expected),
    }
}

/// The parts of a decimal number's text.
struct Decimal<'a> {
    negative: bool,
    whole: &'a str,
    fraction: &'a str,
    exponent: i64,
}

impl<'a> Decimal<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let negative = text.starts_with('-');
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent_of(exponent)?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let some = !whole.is_empty() || !fraction.is_empty();
        (some && digits(whole) && digits(fraction)).then_some(Self { negative, whole, fraction, exponent })
    }

    /// Returns whether a double tells this text from all others: fifteen digits, and no exponent.
    fn is_short(&self) -> bool {
        self.exponent == 0 && self.whole.len() + self.fraction.len() <= 15
    }

    /// Returns the digits from the first to the last nonzero one, and the place of the decimal point before them.
    fn digits(&self) -> (String, i64) {
        let all = format!("{}{}", self.whole, self.fraction);
        let kept = all.trim_start_matches('0');
        let leading = all.len() - kept.len();
        let point = i64::try_from(self.whole.len()).unwrap_or(i64::MAX) + self.exponent
            - i64::try_from(leading).unwrap_or(i64::MAX);
        let kept = kept.trim_end_matches('0');
        (kept.to_owned(), if kept.is_empty() { 0 } else { point })
    }

    /// Returns whether both are the same number.
    fn is(&self, other: &Self) -> bool {
        let (own, others) = (self.digits(), other.digits());
        own == others && (self.negative == other.negative || own.0.is_empty())
    }
}

/// Parses an exponent; one that is too large for any number becomes the largest.
fn exponent_of(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let size = digits.parse::<i64>().unwrap_or(i64::MAX / 4).min(i64::MAX / 4);
    Some(if text.starts_with('-') { -size } else { size })
}

#[cold]
fn int_of_decimal(text: &str) -> Option<i64> {
    let decimal = Decimal::parse(text)?;
    let digits = decimal.whole.bytes().chain(decimal.fraction.bytes());
    let length = decimal.whole.len() + decimal.fraction.len();
    // As many digits as stand before the decimal point once the exponent has moved it.
    let before = i64::try_from(decimal.whole.len()).ok()?.checked_add(decimal.exponent)?;
    let mut value: i128 = 0;
    for (index, digit) in (0_i64..).zip(digits) {
        let digit = i128::from(digit - b'0');
        if index < before {
            value = value.checked_mul(10)?.checked_add(digit)?;
        } else if digit != 0 {
            return None;
        }
    }
    let zeros = before.saturating_sub(i64::try_from(length).ok()?);
    if value != 0 && zeros > 0 {
        value = value.checked_mul(10_i128.checked_pow(u32::try_from(zeros).ok()?)?)?;
    }
    i64::try_from(if decimal.negative { -value } else { value }).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_exact() {
        for (text, expected) in [
            ("5", 5),
            ("5.0", 5),
            ("-5.000", -5),
            ("-0", 0),
            ("-0.0", 0),
            ("0e999999999999999999999", 0),
            ("1e3", 1000),
            ("1E+3", 1000),
            ("12.5e1", 125),
            ("1200e-2", 12),
            ("9007199254740993.0", 9_007_199_254_740_993),
            ("9223372036854775807", i64::MAX),
            ("9223372036854775807.000", i64::MAX),
            ("-9223372036854775808", i64::MIN),
            ("-9223372036854775808.0", i64::MIN),
            ("0.9223372036854775807e19", i64::MAX),
            ("+7", 7),
            ("007", 7),
            ("5.", 5),
            ("0000000000000000000000000000000000000000000000005", 5),
        ] {
            assert_eq!(int(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_not_whole_is_refused() {
        for text in [
            "5.5",
            "1e-1",
            "0.1",
            "9223372036854775808",
            "9223372036854775808.0",
            "-9223372036854775809",
            "1e19",
            "",
            "1e999999999999999999999",
            "1e-999999999999999999999",
            "x",
            "1x",
            "--1",
            "1e",
            "1e+",
            ".",
            "-",
            "1,000",
            "1.0.0",
            "0x10",
            "1_000",
            "NaN",
            "٣",
        ] {
            assert_eq!(int(text), None, "{text}");
        }
    }

    #[test]
    fn texts_are_trimmed_and_blank_is_none() {
        assert_eq!(int_of_text(" 11 "), Ok(Some(11)));
        assert_eq!(int_of_text("11.0"), Ok(Some(11)));
        assert_eq!(int_of_text("11.5"), Err(INT));
        assert_eq!(int_of_text(" \t"), Ok(None));
        assert_eq!(float_of_text(" 12.50\n"), Ok(Some(12.5)));
        assert_eq!(float_of_text("-1e-2"), Ok(Some(-0.01)));
        assert_eq!(float_of_text(""), Ok(None));
        for (text, expected) in [
            ("0.1", 0.1),
            ("00012.500", 12.5),
            ("1e22", 1e22),
            ("-0", 0.0),
            ("0e999", 0.0),
            ("12345678901234567000", 12_345_678_901_234_567_000.0),
        ] {
            assert_eq!(float_of_text(text), Ok(Some(expected)), "{text}");
        }
        for text in ["12345678901234567890.12", "0.10000000000000000001", "1e-400", "1e400", "9007199254740993"] {
            assert_eq!(float_of_text(text), Err(FLOAT), "{text}");
        }
        assert_eq!(bool_of_text(" TRUE "), Ok(Some(true)));
        assert_eq!(bool_of_text("False"), Ok(Some(false)));
        assert_eq!(bool_of_text(""), Ok(None));
        assert_eq!(bool_of_text("yes"), Err(BOOL));
        assert_eq!(time_of_text(" 1970-01-01T00:00:01Z "), Ok(Some(1_000_000)));
        assert_eq!(time_of_text("  "), Ok(None));
        assert_eq!(time_of_text("soon"), Err(TIME));
    }

    #[test]
    fn no_words_and_no_overflow_for_doubles() {
        for text in ["NaN", "nan", "inf", "-inf", "Infinity", "1e999", "-1e999", "12,50", "1_0", "0x1p3"] {
            assert_eq!(float_of_text(text), Err(FLOAT), "{text}");
        }
        assert_eq!(float("1e999"), None);
        assert_eq!(float("1e-999"), Some(0.0));
        assert_eq!(float("0.1"), Some(0.1));
    }
}
