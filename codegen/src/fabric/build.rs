//! The semantic model from gold's YAML and `schema/model.yaml`.

use crate::fabric::model::{Column, Hierarchy, SemanticModel, Table};
use crate::fabric::settings::{HierarchySettings, Settings, TableSettings, Text};
use crate::fabric::{measures, names, relate, unique};
use crate::gold::load::Model as Gold;
use crate::gold::model::{Column as GoldColumn, Table as GoldTable, Type};
use crate::lower::naming::closest;
use crate::report::Problems;

/// Builds the model. What is returned is only whole where no problem was added.
pub(super) fn model(settings: &Settings, gold: &Gold, problems: &mut Problems) -> SemanticModel {
    let tables = gold.tables();
    known_tables(settings, &tables, problems);
    let mut model = SemanticModel {
        folders: settings.folders.iter().map(|(folder, icelandic)| (folder.clone(), icelandic.text.clone())).collect(),
        ..SemanticModel::default()
    };
    for gold in &tables {
        if let Some(of) = settings.tables.iter().find(|of| of.gold == gold.name()) {
            model.tables.push(table(settings, of, gold, problems));
        }
    }
    for column in &settings.columns {
        if !model.tables.iter().any(|table| table.column(&column.gold).is_some()) {
            let known = model.tables.iter().flat_map(|table| &table.columns).map(|column| column.gold.as_str());
            let wrong = column.at.problem(format!("no table of the model has a column `{}`", column.gold));
            problems.push(wrong.fix(nearest(&column.gold, known, "remove it")));
        }
    }
    unique::tables(settings, problems);
    model.relationships = relate::relationships(settings, gold, &model, problems);
    measures::place(settings, &gold.measures, &mut model, problems);
    model.perspectives = relate::perspectives(settings, &model, problems);
    model.roles = relate::roles(settings, &model, problems);
    for table in &model.tables {
        unique::within(table, problems);
    }
    model
}

/// That gold has the tables that the file names. One that it does not name is not in the model.
fn known_tables(settings: &Settings, gold: &[GoldTable<'_>], problems: &mut Problems) {
    for TableSettings { gold: name, at, .. } in &settings.tables {
        if !gold.iter().any(|table| table.name() == name) {
            let wrong = at.problem(format!("gold has no table `{name}`"));
            problems.push(wrong.fix(nearest(name, gold.iter().map(GoldTable::name), "remove it")));
        }
    }
}

fn table(settings: &Settings, of: &TableSettings, gold: &GoldTable<'_>, problems: &mut Problems) -> Table {
    let mut columns = Vec::new();
    for column in own_columns(gold) {
        columns.push(self::column(settings, of, gold, &column));
    }
    let known: Vec<&str> = columns.iter().map(|column| column.gold.as_str()).collect();
    for column in of.columns.iter().filter(|column| !known.contains(&column.gold.as_str())) {
        let wrong = column.at.problem(format!("{} has no column `{}`", of.gold, column.gold));
        problems.push(wrong.fix(nearest(&column.gold, known.iter().copied(), "remove it")));
    }
    let mut table = Table {
        gold: of.gold.clone(),
        name: of.name.text.clone(),
        icelandic: of.icelandic.text.clone(),
        description: match gold {
            GoldTable::Dimension(dimension) => dimension.description.clone(),
            GoldTable::Fact(fact) => format!("{} {}.", fact.description, fact.grain),
        },
        is_calendar: of.date.is_some(),
        measures: Vec::new(),
        columns,
        hierarchies: Vec::new(),
    };
    sort(settings, of, &mut table, problems);
    if let Some(date) = &of.date
        && let Some(place) = place(&table, date, problems)
    {
        if table.columns[place].data_type == Type::Date {
            table.columns[place].is_date = true;
        } else {
            let wrong = date.at.problem(format!("`{}` is no date", date.text));
            problems.push(wrong.fix("name the column with the day, of the type `date`"));
        }
    }
    for hierarchy in &of.hierarchies {
        let hierarchy = self::hierarchy(hierarchy, &mut table, problems);
        table.hierarchies.push(hierarchy);
    }
    table
}

/// The columns that a gold table has: what it declares, and what every dimension has beside.
fn own_columns(gold: &GoldTable<'_>) -> Vec<GoldColumn> {
    let mut columns = gold.columns().to_vec();
    if let GoldTable::Dimension(dimension) = gold {
        let own = |name: &str, data_type, description: &str| GoldColumn {
            name: name.to_owned(),
            at: dimension.at.clone(),
            data_type,
            expression: Text::default(),
            custom_field: None,
            derived: false,
            unknown: None,
            inferred: None,
            description: description.to_owned(),
            format: None,
            additivity: None,
            dimension: None,
            carries: Vec::new(),
            infers: false,
        };
        columns.insert(0, own(&dimension.key, Type::Bigint, "The key that facts refer to."));
        columns.push(own(INFERRED, Type::Boolean, "Whether only records that refer to it tell of it."));
    }
    columns
}

/// What every dimension has beside its columns.
const INFERRED: &str = "isInferred";

fn column(settings: &Settings, of: &TableSettings, gold: &GoldTable<'_>, column: &GoldColumn) -> Column {
    let in_table = of.columns.iter().find(|other| other.gold == column.name);
    let everywhere = settings.columns.iter().find(|other| other.gold == column.name);
    // What is said of the table's column goes before what is said of every column of that name.
    let said = || in_table.into_iter().chain(everywhere);
    let is_personal = said().any(|column| column.personal);
    let is_hidden = said().find_map(|column| column.hidden).unwrap_or_else(|| is_hidden(gold, column));
    let icelandic = said().find_map(|column| column.icelandic.as_ref());
    let name = said().find_map(|column| column.name.as_ref()).map(|name| name.text.clone());
    Column {
        at: in_table.map_or(&of.at, |column| &column.at).clone(),
        name: name.unwrap_or_else(|| names::column(&column.name)),
        icelandic: icelandic.filter(|_| !is_hidden).map(|text| text.text.clone()),
        description: column.description.split_whitespace().collect::<Vec<_>>().join(" "),
        data_type: column.data_type,
        format: said().find_map(|column| column.format.clone()).or_else(|| format(column)),
        is_hidden,
        is_date: false,
        sort_by: None,
        is_used: false,
        is_personal,
        gold: column.name.clone(),
    }
}

/// What people don't see unless it is said: keys, identifiers of other systems, and the numbers of facts, which
/// measures add up.
fn is_hidden(gold: &GoldTable<'_>, column: &GoldColumn) -> bool {
    let is_key = match gold {
        GoldTable::Dimension(dimension) => column.name == dimension.key || column.name == INFERRED,
        GoldTable::Fact(fact) => column.name == fact.key,
    };
    let is_id = column.data_type == Type::Bigint && (column.name.ends_with("Id") || column.name.ends_with("Key"));
    is_key || is_id || column.dimension.is_some() || column.data_type == Type::Measure
}

fn format(column: &GoldColumn) -> Option<String> {
    let by_type = match column.data_type {
        Type::Bigint => "0",
        Type::Decimal | Type::Measure => "#,##0.00",
        Type::Date => "yyyy-mm-dd",
        Type::Timestamp => "yyyy-mm-dd hh:nn",
        Type::Text | Type::Boolean => return None,
    };
    Some(column.format.clone().unwrap_or_else(|| by_type.to_owned()))
}

/// Puts in which column follows the order of which.
fn sort(settings: &Settings, of: &TableSettings, table: &mut Table, problems: &mut Problems) {
    for column in of.columns.iter().chain(&settings.columns) {
        let Some(by) = &column.sort_by else { continue };
        let Some(sorted) = table.columns.iter().position(|other| other.gold == column.gold) else { continue };
        if table.columns[sorted].sort_by.is_some() {
            continue;
        }
        let Some(by) = place(table, by, problems) else { continue };
        table.columns[by].is_used = true;
        table.columns[sorted].sort_by = Some(table.columns[by].name.clone());
    }
}

fn hierarchy(of: &HierarchySettings, table: &mut Table, problems: &mut Problems) -> Hierarchy {
    let mut levels: Vec<String> = Vec::new();
    for level in &of.levels {
        let Some(place) = place(table, level, problems) else { continue };
        table.columns[place].is_used = true;
        let name = &table.columns[place].name;
        if levels.contains(name) {
            let wrong = level.at.problem(format!("the level `{}` is there twice", level.text));
            problems.push(wrong.fix("remove one"));
        }
        levels.push(name.clone());
    }
    if of.levels.len() < 2 {
        let wrong = of.name.at.problem(format!("the hierarchy `{}` has fewer than two levels", of.name.text));
        problems.push(wrong.fix("name columns of the table in `levels`, from the top"));
    }
    Hierarchy {
        name: of.name.text.clone(),
        icelandic: of.icelandic.text.clone(),
        description: of.description.clone(),
        levels,
    }
}

/// Where a column of a table stands that is always there.
fn place(table: &Table, column: &Text, problems: &mut Problems) -> Option<usize> {
    match table.columns.iter().position(|other| other.gold == column.text) {
        Some(place) if table.columns[place].is_personal => {
            let wrong = column.at.problem(format!("`{}` is personal, and left out by default", column.text));
            problems.push(wrong.fix("name another column"));
            None
        }
        None => {
            let known = table.columns.iter().map(|column| column.gold.as_str());
            let wrong = column.at.problem(format!("{} has no column `{}`", table.gold, column.text));
            problems.push(wrong.fix(nearest(&column.text, known, "name one of its columns")));
            None
        }
        place => place,
    }
}

/// What to write in place of a name that is not known.
pub(super) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>, otherwise: &str) -> String {
    match closest(name, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => otherwise.to_owned(),
    }
}
