//! Gold's statements for Spark, as the notebook `Transform` runs them.

use serde::Serialize;

use crate::files::GeneratedFiles;
use crate::report::{Problem, Problems};

/// Where the statements stand among the generated files.
const FOLDER: &str = "generated/sql/spark/";

/// A table and its statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) struct Statement<'a> {
    name: &'a str,
    sql: &'a str,
}

/// The statements, each after those of the tables that it reads.
pub(super) fn statements<'a>(files: &'a GeneratedFiles, problems: &mut Problems) -> Vec<Statement<'a>> {
    let mut left: Vec<Statement<'a>> = files
        .iter()
        .filter_map(|(path, sql)| Some(Statement { name: path.strip_prefix(FOLDER)?.strip_suffix(".sql")?, sql }))
        .filter(|statement| !statement.name.contains('/'))
        .collect();
    for statement in &left {
        // They stand between these in the notebook.
        if statement.sql.contains("\"\"\"") {
            let wrong = format!("the statement of {} holds three quotes in a row", statement.name);
            let problem = Problem::new(format!("{FOLDER}{}.sql", statement.name), "", wrong);
            problems.push(problem.fix("write the text in its YAML file without them"));
        }
    }
    let mut ordered: Vec<Statement<'a>> = Vec::new();
    while !left.is_empty() {
        let waits = |statement: &Statement<'_>| {
            left.iter().any(|other| other.name != statement.name && reads(statement.sql, other.name))
        };
        // Circles are refused where gold is made.
        let ready = left.iter().position(|statement| !waits(statement)).unwrap_or(0);
        ordered.push(left.remove(ready));
    }
    ordered
}

/// Whether SQL names a table of gold.
fn reads(sql: &str, table: &str) -> bool {
    let name = format!("gold.{table}");
    sql.match_indices(&name).any(|(at, _)| {
        let after = sql.get(at + name.len()..).and_then(|rest| rest.chars().next());
        !after.is_some_and(|letter| letter.is_ascii_alphanumeric() || letter == '_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(statements: &[(&str, &str)]) -> Vec<String> {
        let mut files = GeneratedFiles::default();
        for (name, sql) in statements {
            assert!(files.insert(format!("{FOLDER}{name}.sql"), *sql));
        }
        let mut problems = Problems::new();
        let ordered = super::statements(&files, &mut problems);
        assert!(problems.is_empty(), "{problems:?}");
        ordered.iter().map(|statement| statement.name.to_owned()).collect()
    }

    #[test]
    fn a_table_stands_after_those_that_it_reads() {
        let made = order(&[
            ("dimagreement", "SELECT 1 FROM gold.dimagreementtype"),
            ("dimagreementtype", "SELECT 1 FROM silver.cw_agreement"),
            ("fact_a", "SELECT 1 FROM gold.fact_b"),
            ("fact_b", "SELECT 1 FROM gold.dimagreement AS a"),
        ]);
        assert_eq!(made, ["dimagreementtype", "dimagreement", "fact_b", "fact_a"]);
    }

    #[test]
    fn quotes_that_would_end_the_cell_are_refused() {
        let mut files = GeneratedFiles::default();
        assert!(files.insert(format!("{FOLDER}dima.sql"), "SELECT '\"\"\"'"));
        let mut problems = Problems::new();
        let _ = statements(&files, &mut problems);
        assert_eq!(problems.len(), 1);
    }
}
