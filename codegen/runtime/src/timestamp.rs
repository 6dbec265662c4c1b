//! Date-times as microseconds since 1970-01-01T00:00:00Z.
//!
//! Invariant: a text must be read exactly or not at all. Digits of a fraction beyond microseconds are cut, never
//! rounded, on either side of 1970. The calendar is the proleptic Gregorian one, years 0001 to 9999, without leap
//! seconds.

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;
/// 0001-01-01T00:00:00Z.
const FIRST: i64 = -719_162 * DAY;
/// 9999-12-31T23:59:59.999999Z.
const LAST: i64 = 2_932_897 * DAY - 1;

/// Reads an RFC 3339 date-time: `T`, `t` or a space between date and time, `Z`, `z` or an offset at its end.
///
/// Without an offset the time is UTC; seconds may be absent; a date alone is its midnight in UTC. None where the text
/// is anything else, names no real date or time, or lies outside the years 0001 to 9999.
#[must_use]
pub fn parse_micros(text: &str) -> Option<i64> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, time @ ..] = text.as_bytes() else { return None };
    let year = 100 * two(*y1, *y2)? + two(*y3, *y4)?;
    let midnight = DAY * days(year, two(*m1, *m2)?, two(*d1, *d2)?)?;
    let [separator, h1, h2, b':', n1, n2, rest @ ..] = time else {
        return if time.is_empty() { Some(midnight) } else { None };
    };
    if !matches!(separator, b'T' | b't' | b' ') {
        return None;
    }
    let (hour, minute) = clock(two(*h1, *h2)?, two(*n1, *n2)?)?;
    let (second, fraction, zone) = match rest {
        [b':', s1, s2, rest @ ..] => {
            let (fraction, zone) = fraction(rest)?;
            (two(*s1, *s2).filter(|second| *second < 60)?, fraction, zone)
        }
        zone => (0, 0, zone),
    };
    let local = midnight + (hour * 3600 + minute * 60 + second) * SECOND + fraction;
    Some(local - offset(zone)? * SECOND).filter(|micros| (FIRST..=LAST).contains(micros))
}

#[inline]
fn two(tens: u8, ones: u8) -> Option<i64> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens < 10 && ones < 10).then_some(i64::from(tens) * 10 + i64::from(ones))
}

#[inline]
fn clock(hour: i64, minute: i64) -> Option<(i64, i64)> {
    (hour < 24 && minute < 60).then_some((hour, minute))
}

/// Parses the microseconds of `.123…`, where there is one, and returns what follows.
#[inline]
fn fraction(rest: &[u8]) -> Option<(i64, &[u8])> {
    let [b'.', digits @ ..] = rest else { return Some((0, rest)) };
    let length = digits.iter().take_while(|digit| digit.is_ascii_digit()).count();
    let (digits, rest) = digits.split_at_checked(length)?;
    let mut scale = SECOND;
    let mut micros = 0;
    for digit in digits.iter().take(6) {
        scale /= 10;
        micros += i64::from(digit - b'0') * scale;
    }
    (length > 0).then_some((micros, rest))
}

/// Parses an offset to seconds east of UTC.
#[inline]
fn offset(zone: &[u8]) -> Option<i64> {
    let (sign, hour, minute) = match zone {
        [] | [b'Z' | b'z'] => return Some(0),
        [sign, h1, h2, b':', m1, m2] | [sign, h1, h2, m1, m2] => (sign, two(*h1, *h2)?, two(*m1, *m2)?),
        [sign, h1, h2] => (sign, two(*h1, *h2)?, 0),
        _ => return None,
    };
    let (hour, minute) = clock(hour, minute)?;
    match sign {
        b'+' => Some(hour * 3600 + minute * 60),
        b'-' => Some(-(hour * 3600 + minute * 60)),
        _ => None,
    }
}

/// Returns the days from 1970-01-01 to a real date.
#[inline]
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + i64::from(leap),
        _ => return None,
    };
    if year < 1 || day < 1 || day > length {
        return None;
    }
    // The year starts in March, so that the leap day is its last.
    let year = if month < 3 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(365 * year + year / 4 - year / 100 + year / 400 + day_of_year - 719_468)
}

#[cfg(test)]
mod tests {
    use super::parse_micros;

    fn reference(text: &str) -> Option<i64> {
        chrono::DateTime::parse_from_rfc3339(text).ok().map(|t| t.timestamp_micros())
    }

    #[test]
    fn reads_the_usual_forms() {
        for (text, same) in [
            ("2025-06-15T12:34:56Z", "2025-06-15T12:34:56Z"),
            ("2025-06-15t12:34:56z", "2025-06-15T12:34:56Z"),
            ("2025-06-15 12:34:56", "2025-06-15T12:34:56Z"),
            ("2025-06-15T12:34:56.123456Z", "2025-06-15T12:34:56.123456Z"),
            ("2025-06-15T12:34:56.1Z", "2025-06-15T12:34:56.100Z"),
            ("2025-06-15T12:34:56+02:00", "2025-06-15T10:34:56Z"),
            ("2025-06-15T12:34:56-0530", "2025-06-15T18:04:56Z"),
            ("2025-06-15T12:34:56+02", "2025-06-15T10:34:56Z"),
            ("2025-06-15T12:34Z", "2025-06-15T12:34:00Z"),
            ("2025-06-15", "2025-06-15T00:00:00Z"),
            ("2024-02-29T23:59:59Z", "2024-02-29T23:59:59Z"),
            ("2000-02-29", "2000-02-29T00:00:00Z"),
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
            ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
        ] {
            assert!(reference(same).is_some(), "{same}");
            assert_eq!(parse_micros(text), reference(same), "{text}");
        }
    }

    #[test]
    fn cuts_the_fraction_on_both_sides_of_1970() {
        assert_eq!(parse_micros("1970-01-01T00:00:00.0000019Z"), Some(1));
        assert_eq!(parse_micros("1969-12-31T23:59:59.9999999Z"), Some(-1));
        assert_eq!(parse_micros("1969-12-31T23:59:59.0000009Z"), Some(-1_000_000));
        assert_eq!(parse_micros("2025-06-15T12:34:56.123456789012345Z"), reference("2025-06-15T12:34:56.123456Z"));
    }

    #[test]
    fn refuses_what_is_no_date_time() {
        for text in [
            "",
            "x",
            "2025",
            "2025-13-01",
            "2025-00-01",
            "2025-02-29",
            "1900-02-29",
            "2025-04-31",
            "2025-01-00",
            "0000-01-01",
            "10000-01-01",
            "2025-06-15T24:00:00Z",
            "2025-06-15T12:60:00Z",
            "2016-12-31T23:59:60Z",
            "2025-06-15T12:34:56.Z",
            "2025-06-15T12:34:56.1x",
            "2025-06-15T12:34:56+24:00",
            "2025-06-15T12:34:56+2",
            "2025-06-15Z",
            "2025-06-15T",
            "2025-06-15T12",
            "2025-06-15T12:34:5",
            "15.06.2025",
            "2025/06/15",
            "2025-06-15T12:34:56 Z",
            "٢٠٢٥-06-15",
            "0001-01-01T00:00:00+01:00",
            "9999-12-31T23:59:59-01:00",
            "+025-06-15",
            "2025-06-15_12:34:56",
            "2025-06-15T12:34:56*02:00",
            "2025-06-15T12:34.5Z",
        ] {
            assert_eq!(parse_micros(text), None, "{text}");
        }
    }

    #[test]
    fn agrees_with_chrono_on_every_day() {
        let mut day = chrono::NaiveDate::from_ymd_opt(1, 1, 1).unwrap();
        loop {
            let expected = day.and_hms_opt(0, 0, 0).unwrap().and_utc().timestamp_micros();
            assert_eq!(parse_micros(&day.format("%Y-%m-%d").to_string()), Some(expected), "{day}");
            // A stride that is prime to weeks, months and years.
            match day.checked_add_days(chrono::Days::new(13)) {
                Some(next) if next.format("%Y").to_string().len() == 4 => day = next,
                _ => break,
            }
        }
    }
}
