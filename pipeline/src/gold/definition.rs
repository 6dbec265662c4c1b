//! Fingerprint of a gold table's definition: its statement, columns, functions, rules and input tables.
//!
//! Another fingerprint than the stored one leads to a full refresh.

use super::functions::SQL_FUNCTIONS_VERSION;

/// Returns the fingerprint of a statement, with the functions and rules compiled in and the ids of its input tables.
pub(super) fn made_by(sql: &str, columns: &str, rules: &str, inputs: &[String]) -> i64 {
    let functions = format!("functions {SQL_FUNCTIONS_VERSION}");
    let parts = [sql, columns, rules, datafusion::DATAFUSION_VERSION, &functions];
    crate::lake::definition(parts.into_iter().chain(inputs.iter().map(String::as_str)))
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
}
