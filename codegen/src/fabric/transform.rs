//! What the notebook `Transform` embeds: the loop that builds silver and gold on Spark, and the statements that it runs.

use serde::{Deserialize, Serialize};

use crate::files::GeneratedFiles;
use crate::inputs::Inputs;
use crate::report::{Problem, Problems};

/// Where the statements stand among the generated files.
const FOLDER: &str = "generated/sql/spark";
/// The loop that runs them.
const LOOP: &str = "templates/spark/build.py";
/// What would end the text of a statement in the notebook.
const QUOTES: &str = "\"\"\"";

/// A table, with the text of its statements.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Step {
    layer: String,
    table: String,
    /// The bronze table behind a silver table.
    bronze: Option<String>,
    select: String,
    merge: String,
}

/// The steps, in the order in which they are built.
#[derive(Deserialize)]
struct Order {
    tables: Vec<Step>,
}

/// The loop that builds the tables, as Python.
pub(super) fn build_loop(inputs: &Inputs, problems: &mut Problems) -> String {
    let text = inputs.files.get(LOOP).cloned();
    text.unwrap_or_else(|| {
        problems.push(Problem::new(LOOP, "", "the file is missing: the notebook Transform runs it"));
        String::new()
    })
}

/// The steps, with the text of the files that they name.
pub(super) fn steps(files: &GeneratedFiles, problems: &mut Problems) -> Vec<Step> {
    let text = |path: &str| files.iter().find(|(known, _)| *known == path).map(|(_, text)| text.to_owned());
    let order = format!("{FOLDER}/order.json");
    let Some(order) = text(&order).and_then(|order| serde_json::from_str::<Order>(&order).ok()) else {
        problems.push(Problem::new(order, "", "the order of Spark's statements is missing"));
        return Vec::new();
    };
    let mut steps = order.tables;
    for step in &mut steps {
        for part in [&mut step.select, &mut step.merge] {
            let path = format!("{FOLDER}/{part}");
            let Some(sql) = text(&path) else {
                problems.push(Problem::new(path, "", "the file is missing"));
                continue;
            };
            if sql.contains(QUOTES) {
                let problem = Problem::new(path, "", "the statement holds three quotes in a row");
                problems.push(problem.fix("write the text in its YAML file without them"));
            }
            *part = sql;
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(select: &str) -> GeneratedFiles {
        let mut files = GeneratedFiles::default();
        let order = r#"{"parameters": [], "tables": [{"layer": "gold", "table": "dima", "key": ["a"],
            "select": "dima.sql", "merge": "merge/dima.sql"}]}"#;
        for (name, text) in [("order.json", order), ("dima.sql", select), ("merge/dima.sql", "MERGE")] {
            assert!(files.insert(format!("{FOLDER}/{name}"), text));
        }
        files
    }

    #[test]
    fn a_step_has_the_text_of_its_files() {
        let mut problems = Problems::new();
        let steps = steps(&files("SELECT 1"), &mut problems);
        assert!(problems.is_empty(), "{problems:?}");
        let [step] = steps.as_slice() else { panic!("{steps:?}") };
        assert_eq!((step.select.as_str(), step.merge.as_str(), &step.bronze), ("SELECT 1", "MERGE", &None));
    }

    #[test]
    fn what_is_missing_or_would_end_the_text_is_refused() {
        let mut problems = Problems::new();
        let _ = steps(&files("SELECT '\"\"\"'"), &mut problems);
        assert_eq!(problems.len(), 1);
        let _ = steps(&GeneratedFiles::default(), &mut problems);
        assert_eq!(problems.len(), 2);
    }
}
