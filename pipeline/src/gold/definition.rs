//! What a gold table is made by, as a number: another statement, other code behind its functions, other rules or other
//! tables to read make another one, and the table is computed whole.

/// The text of the code behind the functions that statements call.
const FUNCTIONS: [&str; 6] = [
    include_str!("functions/mod.rs"),
    include_str!("functions/dates.rs"),
    include_str!("functions/decimals.rs"),
    include_str!("functions/keys.rs"),
    include_str!("functions/texts.rs"),
    include_str!("../../../generated/src/agreement_rules.rs"),
];

/// A number for how a table is made: by which statement, whose functions and rules are compiled in, from which tables.
pub(super) fn made_by(sql: &str, columns: &str, rules: &str, inputs: &[String]) -> i64 {
    let parts = [sql, columns, rules, datafusion::DATAFUSION_VERSION].into_iter().chain(FUNCTIONS);
    crate::lake::definition(parts.chain(inputs.iter().map(String::as_str)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use connectwise_generated::agreement_rules::{OTHERWISE, RULES};

    #[test]
    fn another_pattern_of_a_rule_is_another_definition() {
        let of = |rules: &[_]| made_by("SELECT 1", "id", &format!("{rules:?} {OTHERWISE:?}"), &[]);
        let known = of(RULES);
        assert_eq!(known, of(RULES));
        let mut patterns = RULES.to_vec();
        patterns[0].patterns = &["þjónustan"];
        let mut order = RULES.to_vec();
        order.reverse();
        let mut class = RULES.to_vec();
        class[0].normalized = "operations";
        for other in [patterns, order, class] {
            assert_ne!(known, of(&other));
        }
    }

    #[test]
    fn every_part_counts() {
        let id = ["1".to_owned()];
        let known = made_by("SELECT 1", "id", "rules", &id);
        for other in [
            made_by("SELECT 2", "id", "rules", &id),
            made_by("SELECT 1", "id, name", "rules", &id),
            made_by("SELECT 1", "id", "other rules", &id),
            made_by("SELECT 1", "id", "rules", &["2".to_owned()]),
            made_by("SELECT 1", "id", "rules", &[]),
        ] {
            assert_ne!(known, other);
        }
    }

    #[test]
    fn the_code_of_every_function_counts() {
        let sources = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut folders = vec![sources];
        let mut registering = 0;
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
                if entry.file_type().unwrap().is_dir() {
                    folders.push(entry.path());
                    continue;
                }
                let text = std::fs::read_to_string(entry.path()).unwrap();
                let is_of_functions = entry.path().parent().is_some_and(|folder| folder.ends_with("gold/functions"));
                if is_of_functions || text.contains(concat!("impl ScalarUDFImpl", " for")) {
                    registering += 1;
                    assert!(FUNCTIONS.contains(&text.as_str()), "{} is in no definition", entry.path().display());
                }
            }
        }
        assert_eq!(registering, FUNCTIONS.len() - 1, "the last is the rules");
    }
}
