use super::*;
use chrono::{DateTime, Utc};
use proptest::prelude::*;

#[path = "../../../../codegen/fuzz/checks/conditions.rs"]
mod fuzzed;

fn now() -> DateTime<Utc> {
    "2026-03-08T12:00:00.5Z".parse().unwrap()
}

fn written(text: &str) -> String {
    Condition::parse(text, now()).unwrap_or_else(|error| panic!("{error}")).to_string()
}

#[test]
fn writes_what_it_read() {
    for (text, canonical) in [
        ("lastUpdated>7d", "lastUpdated > [2026-03-01T12:00:00Z]"),
        ("_info/lastUpdated >= [2026-01-31]", "_info/lastUpdated >= [2026-01-31T00:00:00Z]"),
        ("a = [2016-08-20T20:04:26+02:00]", "a = [2016-08-20T18:04:26Z]"),
        ("board/name = \"Þjónusta\" AND (id = 1 or id=2.50)", "board/name = \"Þjónusta\" and (id = 1 or id = 2.50)"),
        ("a = 1 or b = 2 and c != null", "a = 1 or (b = 2 and c != null)"),
        ("not a = true", "not (a = true)"),
        ("a not like \"x*\"", "not (a like \"x*\")"),
        ("a in (1, \"two\", null)", "a in (1, \"two\", null)"),
        ("a contains \"[[]x] \"\"quoted\"\" \\\\\"", "a contains \"[[]x] \\\"quoted\\\" \\\\\""),
    ] {
        assert_eq!(written(text), canonical);
        assert_eq!(written(canonical), canonical, "reading it again changes nothing");
    }
}

#[test]
fn says_where_it_stops_making_sense() {
    for (text, column, word) in [
        ("", 1, "name"),
        ("a", 2, "expected ="),
        ("a = ", 5, "value"),
        ("a = 'x'", 5, "double quotes"),
        ("nafn = \"Þór", 8, "closing \""),
        ("þ = 1", 1, "name"),
        ("a = 1 b = 2", 7, "and, or"),
        ("(a = 1", 7, "closing )"),
        ("a = [yesterday]", 5, "is no date"),
        ("a > 7y", 5, "how long ago"),
        ("a > 2026-01-31", 5, "brackets"),
        ("a > 99999999999999999999d", 5, "how long ago"),
        ("a > 9999999d", 5, "how long ago"),
        ("a = [+12026-01-31T00:00:00Z]", 5, "is no date"),
        ("a in ()", 7, "value"),
        ("a like 5", 8, "double quotes"),
        ("a = 1; drop", 6, "no meaning"),
        ("or = 1", 1, "name"),
    ] {
        let error = Condition::parse(text, now()).unwrap_err();
        assert_eq!(error.column(), column, "{error}");
        assert!(error.expected().contains(word), "{error}");
    }
    let error = Condition::parse("nafn = \"Þ\" og a = 1", now()).unwrap_err().to_string();
    assert!(error.ends_with("\n  nafn = \"Þ\" og a = 1\n             ^"), "{error}");
}

#[test]
fn nesting_ends() {
    let deep = format!("{}a = 1{}", "(".repeat(100_000), ")".repeat(100_000));
    assert!(Condition::parse(&deep, now()).unwrap_err().expected().contains("too deep"));
    assert!(Condition::parse(&"not ".repeat(100_000), now()).is_err());
}

#[test]
fn names_can_not_carry_conditions() {
    for name in ["a or b", "a=1 or b", "", "a/", "/a", "a\"", "a[", "null", "AND", "a b", "1a", "þ"] {
        assert!(field(name).is_err(), "{name}");
    }
    assert!(field("_info/lastUpdated").is_ok());
}

#[test]
fn numbers_can_not_carry_conditions() {
    for number in ["1 or id > 0", "", "-", "1)", "0x10", "1,2", "NaN", "inf", "1e999", "--1", "+1", "1d", "\u{661}"] {
        assert!(Number::new(number).is_err(), "{number}");
    }
    for number in ["0", "-0.50", "1e3", "12345678901234567890"] {
        assert_eq!(Number::new(number).unwrap().to_string(), number);
    }
    assert_eq!(Number::from(i64::MIN).to_string(), i64::MIN.to_string());
    assert_eq!(field("a").unwrap().equals(f64::NAN).to_string(), "a = null");
}

#[test]
fn an_empty_choice_is_nothing() {
    let none = field("a").unwrap().one_of(Vec::<i64>::new());
    assert_eq!(none.to_string(), "a = null and a != null");
}

/// The corpus of `codegen/fuzz`, and each of its inputs with a letter less, more, or another.
#[test]
fn what_fuzzing_found() {
    let package = std::path::PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap());
    let folder = package.join("../../codegen/fuzz/seeds/conditions");
    let mut kept: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    kept.sort();
    assert!(!kept.is_empty());
    for path in kept {
        let bytes = std::fs::read(&path).unwrap();
        let Ok(text) = std::str::from_utf8(&bytes) else { continue };
        fuzzed::check(text);
        let letters: Vec<char> = text.chars().take(200).collect();
        for at in 0..letters.len() {
            let around = |middle: &str| -> String {
                letters[..at].iter().copied().chain(middle.chars()).chain(letters[at + 1..].iter().copied()).collect()
            };
            for middle in ["", "\"", "[", "]", "(", ")", "\\", " or ", "-", "9", "þ"] {
                fuzzed::check(&around(middle));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(2000),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_text_stays_that_one_text(text in any::<String>(), tricky in "[\\[\\]\"'\\\\* =()\u{0}a]{0,12}") {
        for value in [text, tricky] {
            let built = field("a").unwrap().equals(value.as_str()).and(field("b").unwrap().contains(&value));
            let Condition::And(parts) = Condition::parse(&built.to_string(), now()).unwrap() else {
                panic!("{built}")
            };
            prop_assert_eq!(parts.len(), 2, "{}", built);
            for part in &parts {
                let Condition::Compare(_, _, literal) = part else { panic!("{built}") };
                prop_assert_eq!(literal.plain_text(), Some(value.clone()), "{}", built);
            }
        }
    }

    #[test]
    fn any_number_stays_that_number(number in any::<f64>(), whole in any::<i64>()) {
        let built = field("a").unwrap().equals(number).and(field("a").unwrap().one_of([whole]));
        prop_assert_eq!(Condition::parse(&built.to_string(), now()).unwrap(), built);
    }

    #[test]
    fn no_input_panics(text in any::<String>(), near in "(a|b/c|and|or|not|in|like|=|>|\\(|\\)|,|\"|\\[|\\]|7d|1\\.5|null| |þ|\\\\){0,30}") {
        for text in [text, near] {
            match Condition::parse(&text, now()) {
                Ok(read) => prop_assert_eq!(Condition::parse(&read.to_string(), now()).unwrap().to_string(), read.to_string()),
                Err(error) => prop_assert!(!error.to_string().is_empty() && error.column() <= text.chars().count() + 1),
            }
            fuzzed::check(&text);
        }
    }
}
