//! Measures in the semantic model: the table that each stands in, and its formula over the model's names.

use crate::fabric::model::{Measure, SemanticModel};
use crate::fabric::settings::{FILE, Settings};
use crate::gold::measures::dax::{self, Found, Name};
use crate::gold::measures::model::{How, Measure as GoldMeasure, Measures, Source};
use crate::gold::model::Sql;
use crate::lower::naming::closest;
use crate::report::{Problem, Problems};

/// Puts every measure into its table.
pub(super) fn place(settings: &Settings, gold: &Measures, model: &mut SemanticModel, problems: &mut Problems) {
    for (rows, table) in &settings.measures {
        let known = gold.rows.iter().filter(|rows| matches!(rows.source, Source::Select(_)));
        if !known.clone().any(|other| other.name == *rows) {
            let wrong = table.at.problem(format!("no rows `{rows}` of measures are a select"));
            problems.push(wrong.fix(match closest(rows, known.map(|rows| rows.name.as_str())) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "remove it; the rows of a table need no line".to_owned(),
            }));
        }
        if model.table(&table.text).is_none() {
            let wrong = table.at.problem(format!("the model has no table `{}`", table.text));
            problems.push(wrong.fix("name a table of gold that is one of `tables`"));
        }
    }
    folders(settings, gold, problems);
    for measure in &gold.measures {
        let Some(home) = home(settings, gold, measure, 0) else {
            let wrong = Problem::new(FILE, "/measures", format!("in which table is `{}` to stand?", measure.name.text));
            problems.push(wrong.why("its rows are a select").fix("add `<rows>: <table>` to `measures`"));
            continue;
        };
        let Some(dax) = formula(&measure.dax, model, problems) else { continue };
        let Some(table) = model.tables.iter_mut().find(|table| table.gold == home) else { continue };
        table.measures.push(Measure {
            name: measure.name.text.clone(),
            icelandic: measure.icelandic.text.clone(),
            description: measure.description.clone(),
            folder: measure.folder.clone(),
            format: measure.format.clone(),
            dax,
        });
    }
}

/// That folders of measures and their Icelandic names belong together.
fn folders(settings: &Settings, gold: &Measures, problems: &mut Problems) {
    let mut used: Vec<&str> = gold.measures.iter().map(|measure| measure.folder.as_str()).collect();
    used.sort_unstable();
    used.dedup();
    for folder in used.iter().filter(|used| !settings.folders.iter().any(|(folder, _)| folder == *used)) {
        let wrong = Problem::new(FILE, "/folders", format!("the folder `{folder}` of measures has no Icelandic name"));
        problems.push(wrong.fix(format!("add `{folder}: …` to `folders`")));
    }
    for (folder, icelandic) in settings.folders.iter().filter(|(folder, _)| !used.contains(&folder.as_str())) {
        let wrong = icelandic.at.problem(format!("no measure stands in a folder `{folder}`"));
        problems.push(wrong.fix("remove it"));
    }
}

/// The table of gold that a measure stands in: that of its rows, else that of the first measure in its formula.
fn home<'a>(settings: &'a Settings, gold: &'a Measures, measure: &'a GoldMeasure, depth: usize) -> Option<&'a str> {
    if let How::Sum { rows, .. } = &measure.how {
        return match &gold.rows(&rows.text)?.source {
            Source::Table(table) => table.text.strip_prefix("gold."),
            Source::Select(_) => {
                settings.measures.iter().find(|(name, _)| *name == rows.text).map(|(_, table)| table.text.as_str())
            }
        };
    }
    let names = dax::names(&measure.dax.text).ok()?;
    let used = names.into_iter().find_map(|found| match found.name {
        Name::Measure(name) => gold.measures.iter().find(|other| other.name.text == name),
        _ => None,
    })?;
    // A circle was refused already.
    if depth > gold.measures.len() { None } else { home(settings, gold, used, depth + 1) }
}

/// A formula with the model's names in the place of gold's. A name that the model does not have is a problem.
pub(super) fn formula(dax: &Sql, model: &SemanticModel, problems: &mut Problems) -> Option<String> {
    let before = problems.len();
    let found = dax::names(&dax.text).unwrap_or_else(|(place, what)| {
        problems.push(dax.at.problem(format!("the DAX {what}, {place}")).fix("correct the formula"));
        Vec::new()
    });
    for Found { place, name, .. } in found {
        let (what, fix) = match &name {
            Name::Column(table, column) if model.table(table).is_some() => match model.column(table, column) {
                Some(column) if !column.is_personal => continue,
                Some(_) => (format!("names {table}[{column}], which is personal"), "do without it"),
                None => (format!("names {table}[{column}], which is not there"), "name a column of the table"),
            },
            Name::Table(table) if model.table(table).is_some() => continue,
            Name::Column(table, _) | Name::Table(table) => {
                (format!("names {table}, which the model does not have"), "name a table of schema/model.yaml")
            }
            Name::Variable(name) if model.tables.iter().any(|table| table.name.eq_ignore_ascii_case(name)) => {
                (format!("calls a variable `{name}` like a table of the model"), "give the variable another name")
            }
            Name::Measure(_) | Name::Variable(_) => continue,
        };
        problems.push(dax.at.problem(format!("the DAX {what}, {place}")).fix(fix));
    }
    let renamed = dax::renamed(dax.text.trim_end(), |name| match name {
        Name::Column(table, column) => {
            let name = &model.column(table, column)?.name;
            Some(format!("'{}'[{name}]", model.table(table)?.name))
        }
        Name::Table(table) => Some(format!("'{}'", model.table(table)?.name)),
        Name::Measure(_) | Name::Variable(_) => None,
    });
    renamed.ok().filter(|_| problems.len() == before)
}
