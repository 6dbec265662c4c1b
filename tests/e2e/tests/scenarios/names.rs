//! Names of agreement types, thousands of them: the rules give the same answer as a Rust function, as the function
//! that DataFusion calls, and as Spark's SQL.

use crate::expected::class;
use crate::support::workspace;
use crate::variant::Variant;
use arrow::array::{ArrayRef, AsArray, RecordBatch, StringArray};
use connectwise_generated::agreement_rules::{RULES, caseless, classify, fold_name};
use datafusion::prelude::SessionContext;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use std::path::Path;
use std::sync::Arc;
use unicode_normalization::UnicodeNormalization as _;

/// What may stand around a pattern: letters that fold in odd ways, marks that do and don't compose, spaces.
const AROUND: [&str; 24] = [
    "",
    "",
    " ",
    ":",
    ": ",
    "\u{a0}",
    "\t",
    "-",
    "8x5",
    "2026",
    "Þ",
    "ð",
    "ÁÉÍÓÚÝ",
    "æö",
    "ß",
    "ı",
    "İ",
    "ſ",
    "\u{212a}",
    "\u{300}",
    "\u{301}",
    "\u{308}",
    "\u{1ab0}",
    "grunnur",
];

/// A name: a pattern in some form with something around it, a near miss, or neither.
pub(crate) fn name() -> impl Strategy<Value = String> {
    let patterns: Vec<&'static str> = RULES.iter().flat_map(|rule| rule.patterns).copied().collect();
    let pattern = prop_oneof![
        8 => proptest::sample::select(patterns).prop_map(str::to_owned),
        1 => Just("Ráðgjöf".to_owned()),
        1 => ".{0,6}",
    ];
    let around = || proptest::sample::select(AROUND.to_vec());
    (around(), around(), pattern, around(), proptest::collection::vec(any::<bool>(), 24), 0..4_u8, any::<usize>())
        .prop_map(|(before, between, pattern, after, upper, form, place)| {
            let cased: String = pattern
                .chars()
                .zip(upper.iter().chain(std::iter::repeat(&false)))
                .flat_map(|(letter, upper)| if *upper { letter.to_uppercase().collect() } else { vec![letter] })
                .collect();
            let mut letters: Vec<char> = match form {
                0 | 1 => cased.chars().collect(),
                _ => cased.nfd().collect(),
            };
            // A near miss: one letter less, or another in its place.
            if form == 3 && !letters.is_empty() && place % 2 == 0 {
                let at = place / 2 % letters.len();
                if place % 4 == 0 {
                    letters.remove(at);
                } else {
                    letters[at] = 'i';
                }
            }
            let middle: String = letters.into_iter().collect();
            format!("{before}{between}{middle}{after}")
        })
}

/// That many names, the same on every run.
pub(crate) fn sample(count: usize) -> Vec<String> {
    let mut runner = TestRunner::deterministic();
    let strategy = name();
    (0..count).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

/// The expression over `name` that Spark's statement has for the class, where `root` holds `generated`.
pub(crate) fn class_in_spark(root: &Path) -> String {
    let statement = std::fs::read_to_string(root.join("generated/sql/spark/dimagreementtype.sql")).unwrap();
    let from = statement.find("CASE\n").unwrap();
    let to = statement.find(" AS agreementTypeNormalized").unwrap();
    statement[from..to].replace("typeName", "name")
}

/// The same of the checked-in rules, as an engine reads it that knows no escapes in strings.
fn spark_expression() -> String {
    class_in_spark(&workspace()).replace("\\\\", "\\")
}

/// Patterns with whatever else a name may hold.
const PATTERNS: [&str; 18] = [
    "T&M",
    "24/7",
    "User-Based",
    "Hosting/Cloud Services",
    "C++ (old)",
    "'gæði'",
    "100%",
    "a_b",
    "a\\b",
    "\"x\"",
    "[b-d].^$|{2}*?",
    "Öryggi:",
    "İstanbul",
    "Straße",
    "Việt",
    "ΟΔΟΣ",
    "한국",
    "🦀",
];

/// Gold by a rule for each of these patterns, and names of every form with the class that the Rust function gives them.
pub(crate) fn odd_rules() -> (Variant, Vec<(String, String)>) {
    let rule = |(place, pattern)| format!("  - {{patterns: [{pattern:?}], type: t{place}, behavior: b}}\n");
    let rules: String = PATTERNS.iter().enumerate().map(rule).collect();
    let rules = format!("rules:\n{rules}otherwise: {{type: other, behavior: unknown}}\n");
    let variant = Variant::new(&[], &[("schema/agreement-rules.yaml", &rules)]);
    let patterns: Vec<String> = PATTERNS.iter().map(|pattern| caseless(&fold_name(pattern))).collect();
    // The function of those rules looks for the same texts.
    let function = std::fs::read_to_string(variant.root().join("generated/src/agreement_rules.rs")).unwrap();
    patterns.iter().for_each(|pattern| assert!(function.contains(&format!("&[{pattern:?}]")), "{pattern}"));
    let forms = |text: &str| {
        let cases = [text.to_owned(), text.to_lowercase(), text.to_uppercase()];
        cases.into_iter().flat_map(|text| [text.clone(), text.nfd().collect()]).collect::<Vec<String>>()
    };
    let mut names: Vec<String> = PATTERNS.iter().flat_map(|pattern| forms(pattern)).collect();
    names.extend(names.clone().iter().map(|name| format!(" Samningur {name} :")));
    names.extend(
        ["TM", "247", "User Based", "C (old)", "gæði", "100", "axb", "ab", "x", "bb", "aaaa"].map(str::to_owned),
    );
    names.extend(
        ["ISTANBUL", "ıstanbul", "strasse", "STRAẞE", "οδος", "Viet", "한구", "", "\\", "'", "Strasſe"]
            .map(str::to_owned),
    );
    let class = |name: &String| {
        let held = caseless(&fold_name(name));
        patterns
            .iter()
            .position(|pattern| held.contains(pattern))
            .map_or("other".to_owned(), |place| format!("t{place}"))
    };
    let names = names.into_iter().map(|name| (class(&name), name)).map(|(class, name)| (name, class)).collect();
    (variant, names)
}

#[test]
fn patterns_of_any_text_say_the_same_in_spark() {
    let (variant, cases) = odd_rules();
    for (place, pattern) in PATTERNS.iter().enumerate() {
        let found = cases.iter().filter(|(_, class)| *class == format!("t{place}")).count();
        assert!(found >= 12, "{pattern}: only {found} names hold it");
    }
    let names: Vec<String> = cases.iter().map(|(name, _)| name.clone()).collect();
    let expression = class_in_spark(&variant.root()).replace("\\\\", "\\");
    for ((name, class), row) in cases.iter().zip(by_sql(&names, &[&expression])) {
        assert_eq!(row, [class.as_str()], "{name:?}");
    }
}

/// What expressions over `name` give for each of some names.
fn by_sql(names: &[String], expressions: &[&str]) -> Vec<Vec<String>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let context = SessionContext::new();
    connectwise_etl::gold::register_functions(&context);
    let column: ArrayRef = Arc::new(names.iter().map(Some).collect::<StringArray>());
    let batch = RecordBatch::try_from_iter([("name", column)]).unwrap();
    let rows = runtime.block_on(async {
        context.register_batch("names", batch).unwrap();
        let selected: Vec<String> =
            expressions.iter().enumerate().map(|(place, expression)| format!("{expression} AS e{place}")).collect();
        let sql = format!("SELECT {} FROM names", selected.join(", "));
        context.sql(&sql).await.unwrap().collect().await.unwrap()
    });
    let mut found = Vec::new();
    for batch in &rows {
        let texts: Vec<_> = batch
            .columns()
            .iter()
            .map(|column| arrow::compute::cast(column, &arrow::datatypes::DataType::Utf8).unwrap())
            .collect();
        let row = |row: usize| texts.iter().map(|text| text.as_string::<i32>().value(row).to_owned()).collect();
        found.extend((0..batch.num_rows()).map(row));
    }
    found
}

/// The classes that the engine gives by both forms.
fn by_engine(names: &[String]) -> Vec<(String, String)> {
    let rows = by_sql(names, &["agreement_type(name)", &spark_expression()]);
    rows.into_iter().map(|mut row| (row.remove(0), row.remove(0))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn all_forms_of_the_rules_say_the_same(names in proptest::collection::vec(name(), 250)) {
        let mut classes = std::collections::BTreeSet::new();
        for (name, (datafusion, spark)) in names.iter().zip(by_engine(&names)) {
            let rust = classify(name).0.normalized;
            prop_assert_eq!(class(Some(name)), rust, "{:?} by its words", name);
            prop_assert_eq!(&datafusion, rust, "{:?} in DataFusion", name);
            prop_assert_eq!(&spark, rust, "{:?} in Spark's SQL", name);
            classes.insert(rust);
        }
        prop_assert_eq!(classes.len(), 6, "every class is among them");
    }
}

#[test]
fn the_sample_is_the_same_every_time() {
    assert_eq!(sample(50), sample(50));
}

/// Texts with white space of every kind, and with what only looks like it, at their ends and inside.
fn spaced() -> impl Strategy<Value = String> {
    let spaces: Vec<char> = ('\0'..='\u{ffff}').filter(|letter| letter.is_whitespace()).collect();
    let space = proptest::sample::select(spaces);
    // Zero width, word joiner, BOM, Mongolian vowel separator, the separators of the first control codes.
    let other = proptest::sample::select(vec!['\u{200b}', '\u{2060}', '\u{feff}', '\u{180e}', '\u{1c}', 'Þ', 'x', ':']);
    let letter = prop_oneof![3 => space, 2 => other];
    proptest::collection::vec(letter, 0..8).prop_map(|letters| letters.into_iter().collect())
}

/// The expression that a Spark statement has between two texts, as an engine reads it that knows no escapes in strings
/// and replaces one match unless it is told to replace all.
fn spark(table: &str, after: &str, before: &str) -> String {
    let root = workspace().join("generated/sql/spark");
    let statement = std::fs::read_to_string(root.join(format!("{table}.sql"))).unwrap();
    let to = statement.find(before).unwrap();
    let from = statement[..to].rfind(after).unwrap() + after.len();
    let plain = statement[from..to].replace("\\\\", "\\").replace("$', '')", "$', '', 'g')");
    plain.replace(r"\u0301", "\u{301}").replace(r"\u0308", "\u{308}")
}

/// A name in which the letters that Spark can compose are the only ones that can be composed.
fn icelandic() -> impl Strategy<Value = String> {
    let letters: Vec<String> = "aáAÁðÐéÉíÍóÓúÚýÝþÞæÆöÖrx: \u{a0}\t:".chars().map(String::from).collect();
    let pairs =
        ["a\u{301}", "E\u{301}", "i\u{301}", "O\u{308}", "Y\u{301}", "ı", "ß", "ſ", "\u{212a}"].map(str::to_owned);
    let letter = proptest::sample::select(letters.into_iter().chain(pairs).collect::<Vec<_>>());
    proptest::collection::vec(letter, 0..8).prop_map(|letters| letters.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_dialects_trim_the_same(texts in proptest::collection::vec(spaced(), 200)) {
        let spark = spark("dimcompany", "    ", " AS companyName").replace("c.name", "name");
        let columns = by_sql(&texts, &["trimmed(name)", &spark]);
        for (text, row) in texts.iter().zip(columns) {
            prop_assert_eq!(&row[0], text.trim(), "{:?} in DataFusion", text);
            prop_assert_eq!(&row[1], text.trim(), "{:?} in Spark's SQL", text);
        }
    }

    #[test]
    fn both_dialects_fold_the_same(names in proptest::collection::vec(icelandic(), 200)) {
        let spark = spark("fact_timeentry", "AgreementTypeKey, ", " AS foldedName").replace("typeName", "name");
        let columns = by_sql(&names, &["folded_name(name)", &spark]);
        for (name, row) in names.iter().zip(columns) {
            let folded = connectwise_generated::agreement_rules::fold_name(name);
            prop_assert_eq!(&row[0], &folded, "{:?} in DataFusion", name);
            prop_assert_eq!(&row[1], &folded, "{:?} in Spark's SQL", name);
        }
    }
}
