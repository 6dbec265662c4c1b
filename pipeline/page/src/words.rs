//! Numbers, dates and names of codes, as a language writes them.

use crate::frame::{ONE, SCALE, Value};
use crate::texts::{ENGLISH, ICELANDIC, Texts};
use chrono::{DateTime, NaiveDate, Utc};
use connectwise_generated::measures::Measure;

/// The language of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// Icelandic.
    #[default]
    Icelandic,
    /// English.
    English,
}

impl Language {
    /// Its code: `is` or `en`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Icelandic => "is",
            Self::English => "en",
        }
    }

    pub(crate) fn texts(self) -> &'static Texts {
        match self {
            Self::Icelandic => &ICELANDIC,
            Self::English => &ENGLISH,
        }
    }

    /// A number with so many digits behind the point, rounded half away from zero.
    pub(crate) fn number(self, value: i128, digits: u32) -> String {
        let (group, point) = match self {
            Self::Icelandic => ('.', ','),
            Self::English => (',', '.'),
        };
        let unit = 10_u128.pow(SCALE.saturating_sub(digits));
        let rounded = (value.unsigned_abs() + unit / 2) / unit;
        let behind = 10_u128.pow(digits.min(SCALE));
        let whole = (rounded / behind).to_string();
        let mut out = String::new();
        if value < 0 && rounded > 0 {
            out.push('−');
        }
        for (place, digit) in whole.chars().enumerate() {
            if place > 0 && (whole.len() - place).is_multiple_of(3) {
                out.push(group);
            }
            out.push(digit);
        }
        if digits > 0 {
            out.push(point);
            out.push_str(&format!("{:0width$}", rounded % behind, width = digits.min(SCALE) as usize));
        }
        out
    }

    /// A count.
    pub(crate) fn count(self, count: usize) -> String {
        self.number(i128::try_from(count).unwrap_or(i128::MAX / ONE).saturating_mul(ONE), 0)
    }

    /// A share of a whole, in percent.
    pub(crate) fn share(self, part: i128, whole: i128) -> String {
        if whole == 0 { "–".to_owned() } else { self.percent(part.saturating_mul(100 * ONE) / whole) }
    }

    /// A number of percent.
    pub(crate) fn percent(self, value: i128) -> String {
        format!("{}%", self.number(value, 1))
    }

    /// A short form for the axis of a picture, in the unit of its largest value.
    pub(crate) fn short(self, value: i128, largest: i128) -> String {
        let texts = self.texts();
        let size = if value == 0 { 0 } else { largest.unsigned_abs() / ONE.unsigned_abs() };
        let (unit, word) = match size {
            1_000_000_000.. => (1_000_000_000, texts.billion),
            1_000_000.. => (1_000_000, texts.million),
            10_000.. => (1_000, texts.thousand),
            _ => return self.number(value, u32::from(value % ONE != 0)),
        };
        let scaled = value / unit;
        format!("{}\u{a0}{word}", self.number(scaled, u32::from(scaled % ONE != 0)))
    }

    /// A measure's value, by its format string.
    pub(crate) fn measured(self, measure: &Measure, value: Option<i128>) -> String {
        let Some(value) = value else { return "–".to_owned() };
        let digits = digits(measure.format);
        let percent = if measure.format.contains('%') { "%" } else { "" };
        format!("{}{percent}", self.number(value, digits))
    }

    /// A measure's name.
    pub(crate) fn name(self, measure: &'static Measure) -> &'static str {
        match self {
            Self::Icelandic => measure.icelandic,
            Self::English => measure.name,
        }
    }

    pub(crate) fn date(self, date: NaiveDate) -> String {
        match self {
            Self::Icelandic => date.format("%-d.%-m.%Y").to_string(),
            Self::English => date.format("%Y-%m-%d").to_string(),
        }
    }

    pub(crate) fn instant(self, instant: DateTime<Utc>) -> String {
        format!("{} {}", self.date(instant.date_naive()), instant.format("%H:%M"))
    }

    /// A day that is written yyyymmdd.
    pub(crate) fn day(self, key: Option<i64>) -> String {
        let date = key.and_then(|key| {
            let part = |value: i64| u32::try_from(value).ok();
            NaiveDate::from_ymd_opt(i32::try_from(key / 10_000).ok()?, part(key / 100 % 100)?, part(key % 100)?)
        });
        date.map_or_else(|| "–".to_owned(), |date| self.date(date))
    }

    /// A month that is written yyyymm.
    pub(crate) fn month(self, month: Option<i64>) -> String {
        let texts = self.texts();
        let name = |month: i64| {
            let place = usize::try_from(month % 100).ok()?.checked_sub(1)?;
            Some(format!("{} {}", texts.months.split(' ').nth(place)?, month / 100))
        };
        month.and_then(name).unwrap_or_else(|| texts.no_date.to_owned())
    }

    /// Any value, as a cell of a table shows it.
    pub(crate) fn value(self, value: &Value) -> String {
        match value {
            Value::Null => String::new(),
            Value::Text(text) => text.clone(),
            Value::Number(number) => self.number(*number, 0),
            Value::Flag(true) => self.texts().yes.to_owned(),
            Value::Flag(false) => self.texts().no.to_owned(),
            Value::Date(date) => self.date(*date),
            Value::Instant(instant) => self.instant(*instant),
        }
    }

    /// A code of the tables in words; one that is not known stays as it is.
    pub(crate) fn code_name(self, code: &str) -> String {
        let t = self.texts();
        let known = match code {
            "Invoiced" => t.invoiced,
            "Billable" => t.billable,
            "Operations" => t.operations,
            "Prepaid" => t.prepaid,
            "Internal" => t.internal,
            "NoCharge" => t.no_charge,
            "DoNotBill" => t.do_not_bill,
            "Unclassified" => t.unclassified,
            "Open" => t.open,
            "Unposted" => t.unposted,
            "Posted" => t.posted,
            "done" => t.run_done,
            "partial" => t.run_partial,
            "check_failed" => t.run_check_failed,
            "failed" => t.run_failed,
            "incremental" => t.mode_incremental,
            "full" => t.mode_full,
            "reconcile" => t.mode_reconcile,
            "replay" => t.mode_replay,
            code => return code.to_owned(),
        };
        known.to_owned()
    }

    /// A check in words: what holds, and of what. A check that is not known stays as it is.
    pub(crate) fn check(self, name: &str) -> String {
        let t = self.texts();
        let (kind, subject) = name.split_once('/').unwrap_or((name, ""));
        let known = match (kind, subject) {
            (_, "") => return name.to_owned(),
            ("own", own) => {
                return self.own_check(own).map_or_else(|| name.to_owned(), |known| format!("{known} ({own})"));
            }
            ("quarantine", entity) => return format!("{}: {}", t.records_fit, self.entity(entity)),
            ("fetched", _) => t.fetched,
            ("rows", _) => t.live_rows,
            ("sum", _) => t.sums,
            ("fits", _) => t.fits,
            ("key", _) => t.key_unique,
            ("reference", _) => t.reference_whole,
            ("status", _) => t.one_status,
            ("rebuild", _) => t.rebuild,
            _ => return name.to_owned(),
        };
        format!("{known}: {}", subject.replace('/', "."))
    }

    /// A check that comes with `schema/checks.yaml`.
    fn own_check(self, name: &str) -> Option<&'static str> {
        let t = self.texts();
        Some(match name {
            "products-fit" => t.own_products,
            "invoiced-work-has-its-invoice" => t.own_invoiced,
            "invoice-lines-add-up" => t.own_lines,
            "hourly-cost-is-a-number" => t.own_hourly_cost,
            "dates-are-plausible" => t.own_dates,
            "billing-cycles-are-known" => t.own_cycles,
            "one-currency" => t.own_currency,
            "notes-are-whole" => t.own_notes,
            _ => return None,
        })
    }

    /// An entity in words; one that is not known stays as it is.
    pub(crate) fn entity(self, name: &str) -> String {
        let t = self.texts();
        let known = match name {
            "Agreement" => t.agreements,
            "AgreementAddition" => t.agreement_addition,
            "AgreementAdjustment" => t.agreement_adjustment,
            "AgreementRecap" => t.agreement_recap,
            "Company" => t.companies,
            "ExpenseEntry" => t.expense_entry,
            "Invoice" => t.invoice_entity,
            "Member" => t.members,
            "ProductItem" => t.product_item,
            "Project" => t.project,
            "Ticket" => t.ticket,
            "TimeEntry" => t.time_entry,
            "UnpostedInvoice" => t.unposted_invoice,
            "WorkType" => t.work_type,
            name => return name.to_owned(),
        };
        known.to_owned()
    }
}

/// The digits behind the point of a format string.
pub(crate) fn digits(format: &str) -> u32 {
    let behind = format.split_once('.').map_or("", |(_, behind)| behind);
    u32::try_from(behind.chars().take_while(|letter| *letter == '0').count()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Language::{English, Icelandic};

    #[test]
    fn numbers_are_written_as_the_language_does() {
        for (value, digits, is, en) in [
            (12_345_678_900, 2, "1.234.567,89", "1,234,567.89"),
            (0, 2, "0,00", "0.00"),
            (-12_345_678_950, 2, "−1.234.567,90", "−1,234,567.90"),
            (49, 2, "0,00", "0.00"),
            (-49, 2, "0,00", "0.00"),
            (50, 2, "0,01", "0.01"),
            (-50, 2, "−0,01", "−0.01"),
            (9_995_000, 0, "1.000", "1,000"),
            (9_994_999, 0, "999", "999"),
            (1_000_500, 4, "100,0500", "100.0500"),
        ] {
            assert_eq!(Icelandic.number(value, digits), is);
            assert_eq!(English.number(value, digits), en);
        }
        assert!(Icelandic.number(i128::MIN, 0).starts_with('−'));
    }

    #[test]
    fn shares_and_short_forms() {
        assert_eq!(Icelandic.share(ONE, 3 * ONE), "33,3%");
        assert_eq!(English.share(ONE, 0), "–");
        assert_eq!(Icelandic.short(12_500_000 * ONE, 20_000_000 * ONE), "12,5\u{a0}m.");
        assert_eq!(English.short(-20_000 * ONE, 40_000 * ONE), "−20\u{a0}k");
        assert_eq!(English.short(400 * ONE, 9_000 * ONE), "400");
        assert_eq!(Icelandic.short(ONE / 2, ONE), "0,5");
    }

    #[test]
    fn dates_and_months() {
        assert_eq!(Icelandic.day(Some(20_260_203)), "3.2.2026");
        assert_eq!(English.day(Some(20_260_203)), "2026-02-03");
        assert_eq!(English.day(Some(-1)), "–");
        assert_eq!(Icelandic.month(Some(202_603)), "mars 2026");
        assert_eq!(English.month(Some(202_600)), "Without a date");
        assert_eq!(Icelandic.month(None), "Án dagsetningar");
    }

    #[test]
    fn checks_are_told_in_words_and_what_is_not_known_as_it_is() {
        for (name, is, en) in [
            ("key/bronze/cw_ticket", "Lykillinn er einkvæmur: bronze.cw_ticket", "The key is unique: bronze.cw_ticket"),
            (
                "sum/fact_invoice/total",
                "Summur í silfri og gulli eru jafnar: fact_invoice.total",
                "Sums in silver and gold agree: fact_invoice.total",
            ),
            (
                "quarantine/TimeEntry",
                "Færslur samræmast forskriftinni: Tímaskráningar",
                "Records fit the specification: Time entries",
            ),
            (
                "own/one-currency",
                "Allar upphæðir eru í einum gjaldmiðli (one-currency)",
                "All amounts are in one currency (one-currency)",
            ),
        ] {
            assert_eq!(Icelandic.check(name), is);
            assert_eq!(English.check(name), en);
        }
        for name in ["own/mine", "mood/cw_ticket", "rows", "rows/", ""] {
            assert_eq!((Icelandic.check(name), English.check(name)), (name.to_owned(), name.to_owned()));
        }
        // Each kind of check, and each that comes with the project.
        for kind in ["fetched", "rows", "sum", "fits", "key", "reference", "status", "rebuild", "quarantine"] {
            let told = Icelandic.check(&format!("{kind}/a"));
            assert!(told.ends_with(": a") && !told.contains(kind), "{told}");
        }
        for own in [
            "products-fit",
            "invoiced-work-has-its-invoice",
            "invoice-lines-add-up",
            "hourly-cost-is-a-number",
            "dates-are-plausible",
            "billing-cycles-are-known",
            "one-currency",
            "notes-are-whole",
        ] {
            assert!(Icelandic.check(&format!("own/{own}")).ends_with(&format!(" ({own})")), "{own}");
        }
    }

    #[test]
    fn the_digits_of_a_format() {
        assert_eq!([digits("#,##0"), digits("#,##0.00"), digits("#,##0.0\"%\"")], [0, 2, 1]);
    }
}
