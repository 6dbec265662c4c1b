//! Properties of the naming and clash rules: whatever the spec calls its things, names are usable, unique and stable.

use std::collections::BTreeSet;

use connectwise_codegen::lower::naming::{Names, column, ident, pascal, snake};
use proptest::prelude::*;

/// Names as specs have them, and worse.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-zA-Z][a-zA-Z0-9]{0,6}",
        2 => "[a-cA-C]{1,2}(_[1-3])?",
        1 => "[a-z_.$ -]{0,6}",
        1 => any::<String>(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn columns_are_what_spark_takes(path in prop::collection::vec(name(), 1..4)) {
        let name = column(&path);
        prop_assert!(!name.is_empty());
        prop_assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'), "{name}");
    }

    #[test]
    fn clashes_end_in_names_that_differ_whatever_their_case(
        reserved in prop::collection::vec(name(), 0..4),
        wanted in prop::collection::vec(name(), 0..40),
    ) {
        let mut names = Names::reserving(reserved.iter().map(String::as_str));
        let taken: Vec<String> = wanted.iter().map(|name| names.take(name)).collect();
        let mut seen: BTreeSet<String> = reserved.iter().map(|name| name.to_lowercase()).collect();
        for (wanted, taken) in wanted.iter().zip(&taken) {
            prop_assert!(taken == wanted || taken.strip_prefix(wanted.as_str()).is_some_and(|end| {
                end.strip_prefix('_').is_some_and(|number| number.parse::<usize>().is_ok_and(|number| number > 0))
            }), "{wanted} became {taken}");
            prop_assert!(seen.insert(taken.to_lowercase()), "{taken} is there twice");
        }
    }

    #[test]
    fn what_comes_first_does_not_depend_on_what_comes_later(
        wanted in prop::collection::vec(name(), 1..30),
        more in prop::collection::vec(name(), 0..5),
    ) {
        let take = |names: &[String]| -> Vec<String> {
            let mut taken = Names::default();
            names.iter().map(|name| taken.take(name)).collect()
        };
        let longer: Vec<String> = wanted.iter().chain(&more).cloned().collect();
        prop_assert_eq!(&take(&wanted)[..], &take(&longer)[..wanted.len()]);
    }

    #[test]
    fn rust_names_are_rust(text in name()) {
        let module = ident(&text);
        prop_assert!(syn::parse_str::<syn::Ident>(&module).is_ok(), "{module}");
        prop_assert_eq!(module.to_lowercase(), module.clone());
        let name = pascal(&text);
        prop_assert!(syn::parse_str::<syn::Ident>(&name).is_ok(), "{name}");
        prop_assert_eq!(snake(&snake(&text)), snake(&text));
    }
}
