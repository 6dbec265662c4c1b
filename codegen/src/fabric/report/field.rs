//! Fields: what `schema/report.yaml` names, as the semantic model calls it.

use serde_json::{Value, json};

use crate::fabric::model::SemanticModel;
use crate::gold::model::Sql;
use crate::lower::naming::closest;
use crate::report::{Problem, Problems};

/// A column or a measure of the semantic model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    /// The model's table.
    pub(super) table: String,
    /// The name of the column or measure.
    pub(super) name: String,
    pub(super) is_measure: bool,
}

impl Field {
    /// The field where its table is called by its name.
    pub(super) fn expression(&self) -> Value {
        self.over(&json!({ "SourceRef": { "Entity": self.table } }))
    }

    /// The field where a filter calls its table by an alias.
    pub(super) fn aliased(&self, alias: &str) -> Value {
        self.over(&json!({ "SourceRef": { "Source": alias } }))
    }

    fn over(&self, source: &Value) -> Value {
        let kind = if self.is_measure { "Measure" } else { "Column" };
        json!({ kind: { "Expression": source, "Property": self.name } })
    }

    /// The name that is unique in a visual.
    pub(super) fn reference(&self) -> String {
        format!("{}.{}", self.table, self.name)
    }
}

/// What may be named in a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    Column,
    Measure,
    Either,
}

/// Finds a field; a problem where the model has none of that name, or another kind belongs there.
pub(super) fn find(model: &SemanticModel, named: &Sql, wanted: Wanted, problems: &mut Problems) -> Option<Field> {
    match look_up(model, named, wanted) {
        Ok(field) => Some(field),
        Err(problem) => {
            problems.push(problem);
            None
        }
    }
}

fn look_up(model: &SemanticModel, named: &Sql, wanted: Wanted) -> Result<Field, Problem> {
    let name = named.text.as_str();
    let Some((table, column)) = name.split_once('.') else {
        if wanted == Wanted::Column {
            let wrong = named.at.problem(format!("a column belongs here, not the measure `{name}`"));
            return Err(wrong.fix("write `table.column`, by their names in gold"));
        }
        let Some((table, measure)) = model.measure(name) else {
            let measures = model.tables.iter().flat_map(|table| &table.measures).map(|measure| measure.name.as_str());
            let known = "schema/measures.yaml has all of them";
            return Err(unknown(named, format!("there is no measure `{name}`"), name, measures, known));
        };
        return Ok(Field { table: table.name.clone(), name: measure.name.clone(), is_measure: true });
    };
    if wanted == Wanted::Measure {
        let wrong = named.at.problem(format!("a measure belongs here, not the column `{name}`"));
        return Err(wrong.fix("write the name of a measure in schema/measures.yaml"));
    }
    let Some(found) = model.table(table) else {
        let tables = model.tables.iter().map(|table| table.gold.as_str());
        let known = "schema/model.yaml has all of them";
        return Err(unknown(named, format!("the semantic model has no table `{table}`"), table, tables, known));
    };
    let Some(at) = found.column(column) else {
        let columns = found.columns.iter().map(|column| column.gold.as_str());
        let known = "its YAML file and schema/model.yaml say which it has";
        let what = format!("`{table}` has no column `{column}` in the semantic model");
        return Err(unknown(named, what, column, columns, known));
    };
    if at.is_personal {
        let wrong = named.at.problem(format!("`{name}` holds personal texts, which the model leaves out"));
        return Err(wrong.fix("name another column"));
    }
    Ok(Field { table: found.name.clone(), name: at.name.clone(), is_measure: false })
}

fn unknown<'a>(
    named: &Sql,
    what: String,
    name: &str,
    candidates: impl Iterator<Item = &'a str>,
    known: &str,
) -> Problem {
    let fix = match closest(name, candidates) {
        Some(near) => format!("did you mean `{near}`?"),
        None => known.to_owned(),
    };
    named.at.problem(what).fix(fix)
}
