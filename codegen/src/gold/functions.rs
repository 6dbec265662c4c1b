//! What the two dialects write differently: nulls, keys, exact decimals, and the functions that expressions may call.

use std::sync::{Arc, Mutex, PoisonError};

use minijinja::value::Rest;
use minijinja::{Environment, ErrorKind};

use crate::gold::model::{Dialect, Type};
use crate::gold::rules::Rules;

/// A null of a type.
pub(super) fn null(data_type: Type, dialect: Dialect) -> String {
    match (data_type, dialect) {
        (Type::Bigint, _) => "CAST(NULL AS BIGINT)".into(),
        (Type::Text, _) => "CAST(NULL AS STRING)".into(),
        (Type::Boolean, _) => "CAST(NULL AS BOOLEAN)".into(),
        (Type::Date, _) => "CAST(NULL AS DATE)".into(),
        (Type::Timestamp, Dialect::DataFusion) => "arrow_cast(NULL, 'Timestamp(µs, \"UTC\")')".into(),
        (Type::Timestamp, Dialect::Spark) => "CAST(NULL AS TIMESTAMP)".into(),
        (Type::Decimal | Type::Measure, _) => "CAST(NULL AS DECIMAL(19, 4))".into(),
    }
}

/// The surrogate key of a natural key: the number itself, or 53 bits of a text's XXH64.
pub(super) fn key_of(natural: &str, text: bool, dialect: Dialect) -> String {
    if text { text_key(natural, dialect) } else { natural.to_owned() }
}

fn text_key(expression: &str, dialect: Dialect) -> String {
    match dialect {
        Dialect::DataFusion => format!("text_key({expression})"),
        // xxhash64 of null is no null in Spark.
        Dialect::Spark => {
            format!("CASE WHEN {expression} IS NOT NULL THEN xxhash64({expression}) & 9007199254740991 END")
        }
    }
}

/// A number of any form as an exact Decimal(19,4), half away from zero; null for what is no number.
pub(super) fn money(expression: &str, dialect: Dialect) -> String {
    match dialect {
        Dialect::DataFusion => format!("exact_decimal({expression})"),
        Dialect::Spark => format!("TRY_CAST({expression} AS DECIMAL(19, 4))"),
    }
}

/// What `str::trim` takes away, the Unicode property White_Space, as a regular expression in a Spark string.
const SPACE: &str = r"\\p{IsWhite_Space}";

/// A text without white space at its ends, of whatever kind: SQL's TRIM knows U+0020 alone.
pub(super) fn trimmed(expression: &str, dialect: Dialect) -> String {
    match dialect {
        Dialect::DataFusion => format!("trimmed({expression})"),
        Dialect::Spark => format!("regexp_replace({expression}, '^{SPACE}+|{SPACE}+$', '')"),
    }
}

/// The most characters (Unicode code points, as both dialects count them) of a text that Direct Lake takes; a longer one
/// makes the refresh of its model fail.
const LONGEST_TEXT: usize = 32_764;

/// A text that Direct Lake takes: a longer one is cut, and ends with `…`.
fn shortened(expression: &str) -> String {
    let kept = LONGEST_TEXT - 1;
    format!(
        "CASE WHEN CHAR_LENGTH({expression}) > {LONGEST_TEXT} THEN CONCAT(LEFT({expression}, {kept}), '…') ELSE {expression} END"
    )
}

/// The first of some texts that is not blank, as it came.
fn filled(texts: &[String], dialect: Dialect) -> String {
    let whens: Vec<String> =
        texts.iter().map(|text| format!("WHEN {} <> '' THEN {text}", trimmed(text, dialect))).collect();
    format!("CASE {} END", whens.join(" "))
}

/// The whole number that a text is, also as 5.0 or 1e3; else null.
pub(super) fn whole(expression: &str, dialect: Dialect) -> String {
    match dialect {
        Dialect::DataFusion => format!("whole_number({expression})"),
        Dialect::Spark => format!(
            "CASE WHEN TRY_CAST({expression} AS DECIMAL(38, 18)) = TRY_CAST({expression} AS DECIMAL(38, 0)) \
             THEN TRY_CAST(TRY_CAST({expression} AS DECIMAL(38, 0)) AS BIGINT) END"
        ),
    }
}

/// A whole number's digits, also where it came as 5.0 or 1e3; any other text as it came.
fn digits(expression: &str, dialect: Dialect) -> String {
    match dialect {
        Dialect::DataFusion => format!("digits({expression})"),
        Dialect::Spark => format!(
            "CASE WHEN regexp_like({expression}, '^-?[0-9]+([.][0-9]+([eE][+-]?[0-9]{{1,2}})?|[eE][+-]?[0-9]{{1,2}})$') \
             AND TRY_CAST({expression} AS DECIMAL(38, 18)) = TRY_CAST({expression} AS DECIMAL(38, 0)) \
             THEN CAST(TRY_CAST({expression} AS DECIMAL(38, 0)) AS STRING) ELSE {expression} END"
        ),
    }
}

/// A name as it is compared: NFC, trimmed, without a `:` at its end, in lower case. Spark can't normalise: of the
/// letters that can be written in two ways, it knows the Icelandic ones.
fn folded_name(expression: &str, dialect: Dialect) -> String {
    const LETTERS: [(&str, &str); 7] = [
        (r"a\u0301", "á"),
        (r"e\u0301", "é"),
        (r"i\u0301", "í"),
        (r"o\u0301", "ó"),
        (r"u\u0301", "ú"),
        (r"y\u0301", "ý"),
        (r"o\u0308", "ö"),
    ];
    match dialect {
        Dialect::DataFusion => format!("folded_name({expression})"),
        Dialect::Spark => {
            let lower = format!("lower(regexp_replace({expression}, '^{SPACE}+|{SPACE}*:?{SPACE}*$', ''))");
            LETTERS.iter().fold(lower, |text, (two, one)| format!("replace({text}, '{two}', '{one}')"))
        }
    }
}

/// The point in time that a text names, as ISO 8601 writes it, UTC where it says no offset; else null.
pub(super) fn instant(expression: &str, dialect: Dialect) -> String {
    match dialect {
        Dialect::DataFusion => format!("instant({expression})"),
        // Spark reads much more, a time of today among it.
        Dialect::Spark => format!(
            "CASE WHEN regexp_like({expression}, '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}([T ][0-9]{{2}}:[0-9]{{2}}\
             (:[0-9]{{2}}([.][0-9]{{1,9}})?)?(Z|[+-][0-9]{{2}}:[0-9]{{2}})?)?$') THEN TRY_CAST({expression} AS TIMESTAMP) END"
        ),
    }
}

/// The day of a point in time in a time zone.
pub(super) fn local_date(instant: &str, zone: &str, dialect: Dialect) -> String {
    match dialect {
        Dialect::DataFusion => format!("local_date({instant}, '{zone}')"),
        Dialect::Spark => {
            let day = format!("CAST(from_utc_timestamp({instant}, '{zone}') AS DATE)");
            format!("CASE WHEN {day} BETWEEN DATE '0001-01-01' AND DATE '9999-12-31' THEN {day} END")
        }
    }
}

/// An instant as a number that is the greater the newer it is; where there is none, the least.
pub(super) fn recency(instant: &str, dialect: Dialect) -> String {
    match dialect {
        Dialect::DataFusion => format!("COALESCE(CAST({instant} AS BIGINT), -9000000000000000000)"),
        Dialect::Spark => format!("COALESCE(unix_micros({instant}), -9000000000000000000)"),
    }
}

/// A text as a literal.
pub(super) fn quoted(text: &str, dialect: Dialect) -> String {
    match dialect {
        Dialect::DataFusion => format!("'{}'", text.replace('\'', "''")),
        // Spark reads backslashes as escapes, and two quotes as the end of one text and the beginning of another. Its
        // quote is escaped by number, which other readers of its SQL understand too.
        Dialect::Spark => format!("'{}'", text.replace('\\', r"\\").replace('\'', r"\u0027")),
    }
}

/// What `money` was called with since it was last looked at.
#[derive(Debug, Clone, Default)]
pub(super) struct Amounts(Arc<Mutex<Vec<String>>>);

impl Amounts {
    fn add(&self, expression: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(expression.to_owned());
    }

    /// Takes them out.
    pub(super) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Registers the functions that expressions may call.
pub(super) fn register(environment: &mut Environment<'_>, dialect: Dialect, rules: &Arc<Rules>, amounts: &Amounts) {
    let amounts = amounts.clone();
    environment.add_function("money", move |expression: String| {
        amounts.add(&expression);
        money(&expression, dialect)
    });
    environment.add_function("product", move |left: String, right: String| match dialect {
        // Beyond the column it is null, which counts as 0 and breaks a check: one record must not stop all of gold.
        Dialect::DataFusion => format!("TRY_CAST(ROUND({left} * {right}, 4) AS DECIMAL(19, 4))"),
        // A product of two DECIMAL(19, 4) would lose its eighth digit to Spark's limit of 38.
        Dialect::Spark => format!(
            "TRY_CAST(ROUND(TRY_CAST({left} AS DECIMAL(18, 4)) * TRY_CAST({right} AS DECIMAL(18, 4)), 4) AS DECIMAL(19, 4))"
        ),
    });
    environment.add_function("percent", move |part: String, whole: String| match dialect {
        Dialect::DataFusion => format!("percentage({part}, {whole})"),
        Dialect::Spark => {
            format!(
                "CASE WHEN {whole} = 0 THEN 0 ELSE TRY_CAST(ROUND(100 * {part} / {whole}, 4) AS DECIMAL(19, 4)) END"
            )
        }
    });
    environment.add_function("text_key", move |expression: String| text_key(&expression, dialect));
    environment.add_function("instant", move |text: String| instant(&text, dialect));
    environment.add_function("date_key", move |instant: String, zone: String| match dialect {
        Dialect::DataFusion => format!("date_key({instant}, '{zone}')"),
        Dialect::Spark => {
            format!("CAST(date_format({}, 'yyyyMMdd') AS BIGINT)", local_date(&instant, &zone, dialect))
        }
    });
    environment.add_function("local_date", move |instant: String, zone: String| local_date(&instant, &zone, dialect));
    environment.add_function("trimmed", move |expression: String| trimmed(&expression, dialect));
    environment.add_function("filled", move |texts: Rest<String>| filled(&texts, dialect));
    environment.add_function("digits", move |expression: String| digits(&expression, dialect));
    environment.add_global("longest_text", LONGEST_TEXT);
    environment.add_function("shortened", |expression: String| shortened(&expression));
    environment.add_function("folded_name", move |expression: String| folded_name(&expression, dialect));
    environment.add_function("quoted", move |text: String| quoted(&text, dialect));
    environment.add_function("each_day", move |from: String, to: String| match dialect {
        Dialect::DataFusion => format!("unnest(generate_series({from}, {to}, INTERVAL '1' DAY))"),
        Dialect::Spark => format!("explode(sequence({from}, {to}, INTERVAL '1' DAY))"),
    });
    environment.add_function("add_days", move |date: String, days: String| match dialect {
        Dialect::DataFusion => format!("date_add_days({date}, {days})"),
        Dialect::Spark => format!("date_add({date}, CAST({days} AS INT))"),
    });
    // By arithmetic, not by parsing text: a key of the year 1 has five digits.
    environment.add_function("day_of", move |key: String| match dialect {
        Dialect::DataFusion => format!("make_date({key} / 10000, {key} / 100 % 100, {key} % 100)"),
        Dialect::Spark => format!(
            "make_date(CAST({key} div 10000 AS INT), CAST({key} div 100 % 100 AS INT), CAST({key} % 100 AS INT))"
        ),
    });
    environment.add_function("make_day", move |year: String, month: String, day: String| match dialect {
        Dialect::DataFusion => format!("make_date({year}, {month}, {day})"),
        Dialect::Spark => format!("make_date(CAST({year} AS INT), CAST({month} AS INT), CAST({day} AS INT))"),
    });
    environment.add_function("days_between", move |from: String, to: String| match dialect {
        Dialect::DataFusion => format!("days_between({from}, {to})"),
        Dialect::Spark => format!("CAST(datediff({to}, {from}) AS BIGINT)"),
    });
    // The second column of the order tells apart what the first does not, so that the text is the same every time.
    environment.add_function("joined", move |value: String, order: String, then: String| match dialect {
        Dialect::DataFusion => format!("string_agg({value}, ', ' ORDER BY {order} NULLS LAST, {then})"),
        Dialect::Spark => {
            format!(
                "array_join(transform(array_sort(collect_list(struct({order} IS NULL AS n, {order} AS o, {then} AS p, \
                 {value} AS v))), x -> x.v), ', ')"
            )
        }
    });
    environment.add_function("quotient", move |left: String, right: String| match dialect {
        Dialect::DataFusion => format!("({left} / {right})"),
        Dialect::Spark => format!("({left} div {right})"),
    });
    let shared = Arc::clone(rules);
    environment.add_function("agreement_type", move |name: String| shared.sql_type(&name, dialect));
    let shared = Arc::clone(rules);
    environment.add_function("billing_behavior", move |normalized: String| shared.sql_behavior(&normalized));
    let shared = Arc::clone(rules);
    environment.add_function("is_invoiceable", move |normalized: String| shared.sql_invoiceable(&normalized));
    environment.add_function("fail", |message: String| -> Result<String, minijinja::Error> {
        Err(minijinja::Error::new(ErrorKind::InvalidOperation, message))
    });
}
