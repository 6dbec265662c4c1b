//! What lies across tables: relationships, perspectives and roles.

use crate::fabric::measures::formula;
use crate::fabric::model::{Perspective, Relationship, Role, SemanticModel};
use crate::fabric::settings::{Settings, TableSettings, Text};
use crate::gold::load::Model as Gold;
use crate::gold::model::{Column, Dimension, Fact};
use crate::report::Problems;

/// From each key of a fact to the dimension that it is a key of.
pub(super) fn relationships(
    settings: &Settings,
    gold: &Gold,
    model: &SemanticModel,
    problems: &mut Problems,
) -> Vec<Relationship> {
    for table in &settings.tables {
        if let Some(stands_for) = &table.stands_for
            && !same_key(gold, &table.gold, &stands_for.text)
        {
            let wrong = stands_for.at.problem(format!("{} has no dimension's key `{}`", table.gold, stands_for.text));
            problems.push(wrong.fix("name a dimension of gold whose key has the same name"));
        }
    }
    let mut found = Vec::new();
    for fact in &gold.facts {
        let Some(of) = settings.tables.iter().find(|of| of.gold == fact.table) else { continue };
        check_active(of, fact, problems);
        for key in &fact.columns {
            let Some(dimension) = &key.dimension else { continue };
            let target = settings.tables.iter().find(|table| {
                table.gold == *dimension || table.stands_for.as_ref().is_some_and(|other| other.text == *dimension)
            });
            let Some(target) = target else { continue };
            let Some(one) = gold.dimensions.iter().find(|one| one.table == target.gold) else { continue };
            let ends =
                (model.column(&fact.table, &key.name), model.column(&one.table, &one.key), model.table(&one.table));
            let (Some(from), Some(to), Some(to_table)) = ends else { continue };
            let rivals = keys_of(fact, dimension).count();
            found.push(Relationship {
                path: format!("{}/{}", fact.table, key.name),
                from: (of.name.text.clone(), from.name.clone()),
                to: (to_table.name.clone(), to.name.clone()),
                is_active: rivals == 1 || of.active.iter().any(|active| active.text == key.name),
            });
        }
    }
    found
}

/// Whether both are dimensions whose keys have one name.
fn same_key(gold: &Gold, one: &str, other: &str) -> bool {
    let key =
        |name: &str| gold.dimensions.iter().find(|dimension| dimension.table == name).map(|Dimension { key, .. }| key);
    key(one).is_some() && key(one) == key(other)
}

fn keys_of<'a>(fact: &'a Fact, dimension: &str) -> impl Iterator<Item = &'a Column> {
    fact.columns.iter().filter(move |column| column.dimension.as_deref() == Some(dimension))
}

/// That of several keys of one dimension exactly one is active.
fn check_active(of: &TableSettings, fact: &Fact, problems: &mut Problems) {
    let mut dimensions: Vec<&str> = fact.columns.iter().filter_map(|column| column.dimension.as_deref()).collect();
    dimensions.sort_unstable();
    dimensions.dedup();
    for dimension in dimensions {
        let keys: Vec<&str> = keys_of(fact, dimension).map(|key| key.name.as_str()).collect();
        let active = of.active.iter().filter(|active| keys.contains(&active.text.as_str())).count();
        if keys.len() > 1 && active != 1 {
            let wrong = of.at.problem(format!("{} has several keys of {dimension}: {}", fact.table, keys.join(", ")));
            problems.push(
                wrong.why("filters follow one of them, and the others where a formula says so").fix(format!(
                    "write `active: [{}]`, with the one that filters follow",
                    keys.first().unwrap_or(&"")
                )),
            );
        }
    }
    for active in &of.active {
        let key = fact.columns.iter().find(|column| column.name == active.text);
        let is_one_of_several =
            key.and_then(|key| key.dimension.as_deref()).is_some_and(|dimension| keys_of(fact, dimension).count() > 1);
        if !is_one_of_several {
            let wrong = active.at.problem(format!("`{}` is not one of several keys of a dimension", active.text));
            problems.push(wrong.fix("remove it"));
        }
    }
}

/// The perspectives, over the model's names.
pub(super) fn perspectives(settings: &Settings, model: &SemanticModel, problems: &mut Problems) -> Vec<Perspective> {
    let mut found = Vec::new();
    for of in &settings.perspectives {
        let tables = of.tables.iter().filter_map(|table| named(model, table, problems));
        let tables = tables.collect();
        for folder in &of.folders {
            if model.folder(&folder.text).is_none() {
                let wrong = folder.at.problem(format!("no measure stands in a folder `{}`", folder.text));
                problems.push(wrong.fix("name a key of `folders`"));
            }
        }
        found.push(Perspective {
            name: of.name.text.clone(),
            description: of.description.clone(),
            tables,
            folders: of.folders.iter().map(|folder| folder.text.clone()).collect(),
        });
    }
    found
}

/// The roles, over the model's names.
pub(super) fn roles(settings: &Settings, model: &SemanticModel, problems: &mut Problems) -> Vec<Role> {
    let mut found = Vec::new();
    for of in &settings.roles {
        let (table, dax) = (named(model, &of.table, problems), formula(&of.dax, model, problems));
        if let (Some(table), Some(dax)) = (table, dax) {
            found.push(Role { name: of.name.text.clone(), description: of.description.clone(), table, dax });
        }
    }
    found
}

/// The model's name of a table of gold.
fn named(model: &SemanticModel, table: &Text, problems: &mut Problems) -> Option<String> {
    let found = model.table(&table.text).map(|table| table.name.clone());
    if found.is_none() {
        let wrong = table.at.problem(format!("the model has no table `{}`", table.text));
        problems.push(wrong.fix("name a table of gold that is one of `tables`"));
    }
    found
}
