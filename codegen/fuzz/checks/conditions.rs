//! What has to hold for any text that comes as a condition: shared by the fuzz target and the ordinary tests.

use crate::conditions::Condition;
use chrono::DateTime;

/// Reads the text and, where it is a condition, what is written of it: that has to be the same condition.
pub(crate) fn check(text: &str) {
    let now = DateTime::from_timestamp(1_772_971_200, 500_000_000).unwrap_or_default();
    match Condition::parse(text, now) {
        Ok(condition) => {
            let written = condition.to_string();
            assert!(written.len() <= 32 * text.len() + 64, "{} letters of {text:?}", written.len());
            match Condition::parse(&written, now) {
                Ok(again) => {
                    assert_eq!(again, condition, "{text:?} is written {written:?}");
                    assert_eq!(again.to_string(), written);
                }
                Err(error) => panic!("{text:?} is written {written:?}, which can't be read: {error}"),
            }
            for name in condition.names() {
                let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '/');
                assert!(name.chars().all(plain), "{name:?} of {text:?}");
            }
            outside_of_texts(&written);
        }
        Err(error) => {
            assert!(error.column() <= text.chars().count() + 1, "{error}");
            assert!(!error.expected().is_empty() && error.to_string().ends_with('^'), "{error}");
        }
    }
}

/// Nothing but what conditions are made of stands outside of quoted texts.
fn outside_of_texts(written: &str) {
    let mut letters = written.chars();
    while let Some(letter) = letters.next() {
        if letter != '"' {
            let known = letter.is_ascii_alphanumeric() || " _/.,:()[]<>=!+-".contains(letter);
            assert!(known, "{letter:?} in {written:?}");
            continue;
        }
        loop {
            match letters.next() {
                Some('\\') => drop(letters.next()),
                Some('"') => break,
                Some(_) => {}
                None => panic!("a text without an end in {written:?}"),
            }
        }
    }
}
