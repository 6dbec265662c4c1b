//! Amounts that no column holds: the query that finds them in the source of a fact.
//!
//! Gold counts such an amount as 0, so that one record does not stop all of it; the query says which record and which
//! amount, before anything is made of it.

use crate::gold::model::{Column, Fact, Type};
use crate::gold::sql::Renderer;

impl Renderer<'_> {
    /// The source rows of a fact with an amount that is a number and that no column holds: in gold it counts as 0.
    /// None for a fact without amounts, or without a source of its own.
    pub(crate) fn overflows(&self, fact: &Fact) -> Option<String> {
        let key = fact.columns.iter().find(|column| column.name == fact.key)?;
        let mut overflows: Vec<(String, &str)> = Vec::new();
        let amounts = |column: &&Column| !column.derived && matches!(column.data_type, Type::Measure | Type::Decimal);
        for column in fact.columns.iter().filter(amounts).filter(|_| fact.from.is_none()) {
            self.amounts.take();
            let whole = self.base(column);
            let mut parts = self.amounts.take();
            if parts.is_empty() {
                parts.push(whole);
            }
            parts.dedup();
            let beyond: Vec<String> = parts.iter().map(|part| format!("beyond_decimal({part})")).collect();
            overflows.push((beyond.join(" OR "), &column.name));
        }
        if overflows.is_empty() {
            return None;
        }
        let named: Vec<String> =
            overflows.iter().map(|(beyond, name)| format!("    CASE WHEN {beyond} THEN '{name}' END")).collect();
        let any: Vec<&str> = overflows.iter().map(|(beyond, _)| beyond.as_str()).collect();
        Some(format!(
            "SELECT\n  {} AS {},\n  CONCAT_WS(\n    ', ',\n{}\n  ) AS amounts\n{}\n  AND (\n    {}\n  )",
            self.base(key),
            fact.key,
            named.join(",\n"),
            self.fact_from(fact).join("\n"),
            any.join("\n    OR ")
        ))
    }
}
