//! Instants as microseconds since 1970 in UTC, written and read in the API's form, without a calendar library on the
//! path that writes a thousand records a page.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

/// Microseconds since 1970.
pub(crate) type Micros = i64;

pub(crate) const SECOND: Micros = 1_000_000;
pub(crate) const MINUTE: Micros = 60 * SECOND;
pub(crate) const HOUR: Micros = 60 * MINUTE;
pub(crate) const DAY: Micros = 24 * HOUR;

/// The start of the instant's day, in UTC.
pub(crate) const fn day_of(at: Micros) -> Micros {
    at - at.rem_euclid(DAY)
}

/// The instant without its fraction of a second.
pub(crate) const fn whole_second(at: Micros) -> Micros {
    at - at.rem_euclid(SECOND)
}

/// 0 for Monday to 6 for Sunday.
pub(crate) const fn weekday(at: Micros) -> i64 {
    (at.div_euclid(DAY) + 3).rem_euclid(7)
}

/// Year, month and day.
pub(crate) const fn civil(at: Micros) -> (i64, i64, i64) {
    let z = at.div_euclid(DAY) + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, doy - (153 * mp + 2) / 5 + 1)
}

fn digits(out: &mut Vec<u8>, value: i64, width: usize) {
    let mut text = [b'0'; 8];
    let mut rest = value;
    for slot in text.iter_mut().rev() {
        *slot = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    out.extend_from_slice(&text[8 - width..]);
}

/// Appends `2025-06-15T12:00:00Z`; a fraction of a second is written only where there is one.
pub(crate) fn write(out: &mut Vec<u8>, at: Micros) {
    let (year, month, day) = civil(at);
    digits(out, year, 4);
    out.push(b'-');
    digits(out, month, 2);
    out.push(b'-');
    digits(out, day, 2);
    let second = at.rem_euclid(DAY) / SECOND;
    out.push(b'T');
    digits(out, second / 3600, 2);
    out.push(b':');
    digits(out, second / 60 % 60, 2);
    out.push(b':');
    digits(out, second % 60, 2);
    let fraction = at.rem_euclid(SECOND);
    if fraction != 0 {
        out.push(b'.');
        if fraction % 1_000 == 0 {
            digits(out, fraction / 1_000, 3);
        } else {
            digits(out, fraction, 6);
        }
    }
    out.push(b'Z');
}

/// The instant as text.
pub(crate) fn text(at: Micros) -> String {
    let mut out = Vec::with_capacity(27);
    write(&mut out, at);
    String::from_utf8(out).unwrap_or_default()
}

/// Reads a date or a date with a time; without an offset it is UTC.
pub(crate) fn parse(text: &str) -> Option<Micros> {
    let text = text.trim();
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(at.timestamp_micros());
    }
    for form in ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M"] {
        if let Ok(at) = NaiveDateTime::parse_from_str(text, form) {
            return Some(at.and_utc().timestamp_micros());
        }
    }
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    Some(date.and_hms_opt(0, 0, 0)?.and_utc().timestamp_micros())
}

/// The instant as chrono has it.
pub(crate) fn to_utc(at: Micros) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(at).unwrap_or(DateTime::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back_and_agrees_with_chrono() {
        for at in [0, 1_767_592_800 * SECOND, 951_782_400 * SECOND, 1_709_210_096 * SECOND + 123_000, -DAY - 1, 1] {
            assert_eq!(parse(&text(at)), Some(at), "{}", text(at));
            assert_eq!(text(whole_second(at)), to_utc(whole_second(at)).format("%Y-%m-%dT%H:%M:%SZ").to_string());
        }
        assert_eq!(text(1_767_592_800 * SECOND), "2026-01-05T06:00:00Z");
        assert_eq!(weekday(1_767_592_800 * SECOND), 0);
    }

    #[test]
    fn shorter_forms_are_utc() {
        assert_eq!(parse("2016-08-20"), parse("2016-08-20T00:00:00Z"));
        assert_eq!(parse("2016-08-20T18:04:26"), parse("2016-08-20T18:04:26Z"));
        assert_eq!(parse("2016-08-20T18:04:26+01:00"), parse("2016-08-20T17:04:26Z"));
        assert_eq!(parse("ekki dagsetning"), None);
    }
}
