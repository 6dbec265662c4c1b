//! Months, and the periods that a month stands for.

use connectwise_generated::measures::Period;
use std::fmt;
use std::str::FromStr;

/// Calendar month, counted from the first of year 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month(i64);

impl Month {
    /// Returns the month of a number like 202601.
    pub fn of_number(number: i64) -> Self {
        Self(number / 100 * 12 + number % 100 - 1)
    }

    /// Lists the months from this one to another.
    pub(super) fn up_to(self, last: Self) -> impl Iterator<Item = Self> {
        (self.0..=last.0).map(Self)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0 / 12, self.0 % 12 + 1)
    }
}

impl FromStr for Month {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |text: &str, digits: usize| {
            Some(text).filter(|text| text.len() == digits && text.bytes().all(|b| b.is_ascii_digit()))?.parse().ok()
        };
        let parsed = text.split_once('-').and_then(|(year, month)| Some((number(year, 4)?, number(month, 2)?)));
        match parsed {
            Some((year, month @ 1..=12)) => Ok(Self::of_number(year * 100 + month)),
            _ => Err("this is no month; write year and month, as in 2026-01".to_owned()),
        }
    }
}

/// Months from one to another, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) from: Month,
    pub(super) to: Month,
}

impl Span {
    /// A single month.
    pub(super) fn of(month: Month) -> Self {
        Self { from: month, to: month }
    }

    /// Returns the months that count in place of these.
    pub(super) fn over(self, period: Period) -> Self {
        let Self { from, to } = self;
        match period {
            Period::YearToDate => Self { from: Month(to.0 / 12 * 12), to },
            Period::LastYear => Self { from: Month(from.0 - 12), to: Month(to.0 - 12) },
            Period::Rolling12 => Self { from: Month(to.0 - 11), to },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    #[test]
    fn periods_reach_over_the_end_of_a_year() {
        for (at, period, from, to) in [
            ("2026-01", Period::YearToDate, "2026-01", "2026-01"),
            ("2026-12", Period::YearToDate, "2026-01", "2026-12"),
            ("2026-01", Period::LastYear, "2025-01", "2025-01"),
            ("2025-12", Period::LastYear, "2024-12", "2024-12"),
            ("2026-01", Period::Rolling12, "2025-02", "2026-01"),
            ("2025-12", Period::Rolling12, "2025-01", "2025-12"),
            ("2026-11", Period::Rolling12, "2025-12", "2026-11"),
        ] {
            let wanted = Span { from: month(from), to: month(to) };
            assert_eq!(Span::of(month(at)).over(period), wanted, "{at} {period:?}");
        }
        let before = Span::of(month("2026-02")).over(Period::LastYear);
        assert_eq!(before.over(Period::YearToDate), Span { from: month("2025-01"), to: month("2025-02") });
        assert_eq!(before.over(Period::Rolling12), Span { from: month("2024-03"), to: month("2025-02") });
    }

    #[test]
    fn months_are_counted_over_the_end_of_a_year() {
        let listed: Vec<String> =
            Month::of_number(202_411).up_to(month("2025-02")).map(|month| month.to_string()).collect();
        assert_eq!(listed, ["2024-11", "2024-12", "2025-01", "2025-02"]);
        assert_eq!(month("2026-02").up_to(month("2026-01")).count(), 0);
    }

    #[test]
    fn what_is_no_month_is_refused() {
        for text in ["", "2026", "2026-1", "2026-13", "2026-00", "26-01", "2026-01-01", "+026-01", "2026/01", "þ26-01"]
        {
            assert!(text.parse::<Month>().is_err(), "{text}");
        }
        assert_eq!(month("0999-12").to_string(), "0999-12");
    }
}
