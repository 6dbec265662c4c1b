//! What gold's YAML names elsewhere: silver tables, dimensions, and the records that rows are inferred from.

use crate::gold::load::Model;
use crate::gold::model::{Dimension, Fact, Unknown};
use crate::ir::Ir;
use crate::lower::naming::closest;
use crate::report::{At, Problem, Problems};

/// Names that have to exist elsewhere: a fact's source in silver, its dimensions.
pub(super) fn check_names(ir: &Ir, model: &Model, not_known: &Unknown, problems: &mut Problems) {
    let Model { dimensions, facts, .. } = model;
    let silver: Vec<&str> = ir
        .entities
        .iter()
        .flat_map(|entity| {
            std::iter::once(entity.table.as_str()).chain(entity.children.iter().map(|child| child.table.as_str()))
        })
        .collect();
    let known = dimensions.iter().map(|dimension| &dimension.table).chain(&not_known.gold);
    let known: Vec<&str> = known.map(String::as_str).collect();
    for fact in facts {
        if fact.from.is_none() && !not_known.silver && !silver.contains(&fact.source.as_str()) {
            problems.push(unknown(&fact.source_at, "silver table", &fact.source, &silver));
        }
        for column in &fact.columns {
            if let Some(dimension) = column.dimension.as_deref().filter(|name| !known.contains(name)) {
                problems.push(unknown(&column.at, "dimension", dimension, &known));
            }
        }
        let own = ir.entities.iter().map(|entity| (&entity.table, &entity.silver));
        let lists = ir.entities.iter().flat_map(|entity| &entity.children).map(|child| (&child.table, &child.columns));
        if let Some((_, columns)) = own.chain(lists).find(|(table, _)| **table == fact.source) {
            let columns: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
            for (_, column) in &fact.reconcile {
                if !columns.contains(&column.text.as_str()) {
                    let what = format!("column of silver {}", fact.source);
                    problems.push(unknown(&column.at, &what, &column.text, &columns));
                }
            }
        }
    }
}

/// That rows can be inferred from a fact's keys: they come from its source, the newest first. A key from which they
/// can't is one that infers nothing from here on.
pub(super) fn check_references(ir: &Ir, dimensions: &[Dimension], facts: &mut [Fact], problems: &mut Problems) {
    // A dimension with a statement of its own infers nothing.
    let plain = |name: &str| dimensions.iter().any(|other| other.table == name && other.statement.is_none());
    for fact in facts {
        let dated = |table: &str| {
            let entity = ir.entities.iter().find(|entity| entity.table == table)?;
            Some(entity.silver.iter().any(|column| column.name == RECENCY))
        };
        let is_child = ir.entities.iter().flat_map(|entity| &entity.children).any(|child| child.table == fact.source);
        let dated = if is_child { Some(false) } else { dated(&fact.source) };
        for column in fact.columns.iter_mut().filter(|column| column.infers) {
            let Some(dimension) = column.dimension.as_deref().filter(|name| plain(name)) else { continue };
            let (what, why, fix) = if fact.from.is_some() {
                (
                    format!("`{}` would infer rows of {dimension} from a fact without a `source`", column.name),
                    "rows are inferred from the records of a silver table".to_owned(),
                    "add `infers: false`, or write `source`, `alias` and `joins` in place of `from`",
                )
            } else if dated == Some(false) {
                (
                    format!("`{}` would infer rows of {dimension} from {}", column.name, fact.source),
                    format!(
                        "the newest record that refers to a row says what it is, and {} has no {RECENCY}",
                        fact.source
                    ),
                    "add `infers: false`, and have another fact or `from` of the dimension give its rows",
                )
            } else {
                continue;
            };
            problems.push(column.at.problem(what).why(why).fix(fix));
            column.infers = false;
        }
    }
}

/// The silver column by which the newest of several references is found.
const RECENCY: &str = "infoLastUpdated";

fn unknown(at: &At, what: &str, name: &str, known: &[&str]) -> Problem {
    let fix = match closest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known are {}", known.join(", ")),
    };
    at.problem(format!("there is no {what} `{name}`")).fix(fix)
}
