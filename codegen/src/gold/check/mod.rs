//! Checking gold's statements against the silver schemas, and finding what each column is computed from.
//!
//! The rendered DataFusion statement is what is checked, as it will run; a finding is brought back to the YAML entry
//! that the SQL came from. Of the Spark statement only the syntax is looked at.

mod call;
mod expression;
mod from;
mod inside;
mod kind;
mod known;
mod names;
mod query;
mod scope;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use sqlparser::ast::{Query, Statement};
use sqlparser::dialect::{GenericDialect, SparkSqlDialect};
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::Token;

pub(crate) use self::kind::Kind;
pub(crate) use self::scope::{Catalog, Column as Given};

use self::query::{Clause, Spot, Walk};
use crate::etl::{self, EtlType};
use crate::gold::lineage::Lineage;
use crate::gold::model::{Column, Dialect, Dimension, Fact, Reference, Table, Type, Unknown};
use crate::ir::{Ir, SilverColumn};
use crate::report::{At, Problem, Problems};

/// The columns that the pipeline adds to a table, with what they hold.
fn own(columns: [(&str, EtlType); 4]) -> impl Iterator<Item = (&str, Kind)> {
    columns.into_iter().map(|(name, data_type)| match data_type {
        EtlType::Text => (name, Kind::Text),
        EtlType::Timestamp => (name, Kind::Timestamp),
    })
}

/// Whether an expression is SQL; otherwise what the parser says.
pub(crate) fn expression(sql: &str, dialect: Dialect) -> Result<(), String> {
    let spoken: &dyn sqlparser::dialect::Dialect = match dialect {
        Dialect::DataFusion => &GenericDialect {},
        Dialect::Spark => &SparkSqlDialect {},
    };
    let complete = || {
        let mut parser = Parser::new(spoken).try_with_sql(sql)?;
        parser.parse_expr()?;
        match parser.peek_token().token {
            Token::EOF => Ok(()),
            other => Err(ParserError::ParserError(format!("`{other}` follows what is a whole expression"))),
        }
    };
    complete().map_err(|error| said(&error))
}

/// Checks the statements of all tables; what is wrong becomes problems, what was learned is the lineage.
pub(crate) fn statements(
    ir: &Ir,
    tables: &[Table<'_>],
    unknown: &Unknown,
    statements: &BTreeMap<String, BTreeMap<&'static str, String>>,
    problems: &mut Problems,
) -> Lineage {
    let catalog = catalog(ir, tables, unknown);
    let mut lineage = Lineage::default();
    for table in tables {
        let Some(by_dialect) = statements.get(table.name()) else { continue };
        let references = references(tables, table);
        for (dialect, sql) in by_dialect {
            let parsed = if *dialect == Dialect::DataFusion.name() {
                Parser::parse_sql(&GenericDialect {}, sql)
            } else {
                Parser::parse_sql(&SparkSqlDialect {}, sql)
            };
            match parsed.as_deref() {
                Ok([Statement::Query(query)]) if *dialect == Dialect::DataFusion.name() => {
                    one(&catalog, table, &references, query, &mut lineage, problems);
                }
                Ok([Statement::Query(_)]) => {}
                Ok(_) => problems.push(table.at().problem("its SQL is not one query").fix("write one SELECT")),
                Err(error) => problems.push(
                    table
                        .at()
                        .problem(format!("its {dialect} statement can't be parsed: {}", said(error)))
                        .fix(format!("correct the SQL; line and column are those of generated/sql/{dialect}")),
                ),
            }
        }
    }
    lineage
}

/// All tables of bronze, silver and gold.
pub(crate) fn all_tables(ir: &Ir, tables: &[Table<'_>], unknown: &Unknown) -> Catalog {
    let mut catalog = catalog(ir, tables, unknown);
    for entity in &ir.entities {
        let own = own(etl::BRONZE).chain([("_unknown", Kind::Text)]);
        let columns = entity.shape.iter().map(|field| (field.name.as_str(), Kind::of_silver(&field.kind)));
        catalog.add("bronze", &entity.table, columns.chain(own));
    }
    catalog
}

/// Checks a query of one's own over such tables; what it gives are its columns.
pub(crate) fn query(catalog: &Catalog, at: &At, sql: &str, problems: &mut Problems) -> Vec<Given> {
    match Parser::parse_sql(&GenericDialect {}, sql).as_deref() {
        Ok([Statement::Query(query)]) => {
            let (walk, columns) = Walk::through(catalog, query);
            for finding in walk.findings {
                push(at.problem(finding.what).fix(finding.fix), problems);
            }
            return columns;
        }
        Ok(_) => problems.push(at.problem("this is not one query").fix("write one SELECT")),
        Err(error) => {
            problems.push(at.problem(format!("this is no SQL: {}", said(error))).fix("correct the query"));
        }
    }
    Vec::new()
}

fn said(error: &ParserError) -> String {
    let text = error.to_string();
    text.strip_prefix("sql parser error: ").unwrap_or(&text).to_owned()
}

/// Silver as the IR has it, gold as the YAML says it.
fn catalog(ir: &Ir, tables: &[Table<'_>], unknown: &Unknown) -> Catalog {
    fn typed(columns: &[SilverColumn]) -> impl Iterator<Item = (&str, Kind)> {
        columns.iter().map(|column| (column.name.as_str(), Kind::of_silver(&column.kind))).chain(own(etl::SILVER))
    }
    let mut catalog = Catalog::beside(unknown);
    for entity in &ir.entities {
        catalog.add("silver", &entity.table, typed(&entity.silver));
        for child in &entity.children {
            let own = [("parentId", Kind::Int), ("listIndex", Kind::Int)];
            catalog.add("silver", &child.table, own.into_iter().chain(typed(&child.columns)));
        }
    }
    for table in tables {
        let columns = table.columns().iter().map(|column| (column.name.as_str(), Kind::of_gold(column.data_type)));
        match table {
            Table::Fact(fact) => catalog.add("gold", &fact.table, columns),
            Table::Dimension(dimension) => {
                let own = std::iter::once((dimension.key.as_str(), Kind::Int));
                let inferred = std::iter::once(("isInferred", Kind::Bool));
                catalog.add("gold", &dimension.table, own.chain(columns).chain(inferred));
            }
        }
    }
    catalog
}

/// The facts' key columns that a dimension's inferred rows come from, in the order of its statement.
fn references<'a>(tables: &[Table<'a>], table: &Table<'_>) -> Vec<Reference<'a>> {
    let facts = tables.iter().filter_map(|table| match table {
        Table::Fact(fact) => Some(*fact),
        Table::Dimension(_) => None,
    });
    facts
        .flat_map(|fact| fact.columns.iter().map(move |column| Reference { fact, column }))
        .filter(|reference| reference.column.dimension.as_deref() == Some(table.name()) && reference.column.infers)
        .collect()
}

fn one(
    catalog: &Catalog,
    table: &Table<'_>,
    references: &[Reference<'_>],
    query: &Query,
    lineage: &mut Lineage,
    problems: &mut Problems,
) {
    let (walk, result) = Walk::through(catalog, query);
    let mut wrong = Vec::new();
    for finding in &walk.findings {
        // The rows of a dimension are held against its declared columns below, which says it better.
        if finding.union && finding.spot.part == "member" {
            continue;
        }
        wrong.push(place(table, references, &finding.spot).problem(finding.what.clone()).fix(finding.fix.clone()));
    }
    for branch in walk.branches.iter().filter(|branch| is_declared(&branch.spot.part)) {
        for column in &branch.columns {
            let Some(declared) = table.columns().iter().find(|declared| declared.name == column.name) else {
                continue;
            };
            if !fits(column.value.kind, declared.data_type) {
                let spot = Spot { clause: Clause::Item(column.name.clone()), ..branch.spot.clone() };
                let of = match &declared.dimension {
                    Some(dimension) => format!("a key of {dimension}"),
                    None => format!("declared {}", declared.data_type.label()),
                };
                let what = format!("`{}` is {of}, but its expression is {}", column.name, column.value.kind.label());
                wrong.push(place(table, references, &spot).problem(what).fix("correct the type or the expression"));
            }
        }
    }
    let statement = matches!(table, Table::Dimension(dimension) if dimension.statement.is_some());
    for declared in table.columns().iter().filter(|_| statement) {
        let what = match result.iter().find(|column| column.name == declared.name) {
            None => format!("the statement gives no column `{}`", declared.name),
            Some(column) if !fits(column.value.kind, declared.data_type) => format!(
                "`{}` is declared {}, but the statement gives {}",
                declared.name,
                declared.data_type.label(),
                column.value.kind.label()
            ),
            Some(_) => continue,
        };
        wrong.push(declared.at.problem(what).fix("correct the column or the statement"));
    }
    for problem in wrong {
        push(problem, problems);
    }
    let columns = result.into_iter().map(|column| (column.name, column.value.origins)).collect();
    lineage.add(table.name(), columns, walk.conditions);
}

/// Adds a problem unless it is there: an expression stands in more than one place of the SQL.
fn push(problem: Problem, problems: &mut Problems) {
    if !problems.iter().any(|other| *other == problem) {
        problems.push(problem);
    }
}

/// The parts whose columns are the declared ones, before they are cast.
fn is_declared(part: &str) -> bool {
    matches!(part, "source" | "entity" | "reference" | "member") || part.starts_with("step")
}

/// Whether a column of the type can hold such a value.
fn fits(kind: Kind, declared: Type) -> bool {
    match declared {
        _ if kind == Kind::Unknown => true,
        Type::Bigint => kind == Kind::Int,
        Type::Decimal | Type::Measure => kind.is_number(),
        other => kind == Kind::of_gold(other),
    }
}

/// The YAML entry that the SQL at a spot comes from.
fn place<'a>(table: &'a Table<'_>, references: &'a [Reference<'_>], spot: &Spot) -> &'a At {
    let item = match &spot.clause {
        Clause::Item(name) => table.columns().iter().find(|column| column.name == *name),
        Clause::From | Clause::Where => None,
    };
    match table {
        Table::Fact(fact) => match item {
            Some(column) if !spot.part.is_empty() => &column.expression.at,
            Some(column) => &column.at,
            None => fact_from(fact),
        },
        Table::Dimension(dimension) => of_dimension(dimension, references, spot, item),
    }
}

fn fact_from(fact: &Fact) -> &At {
    match &fact.from {
        Some(from) => &from.at,
        None if fact.joins.text.is_empty() => &fact.source_at,
        None => &fact.joins.at,
    }
}

fn of_dimension<'a>(
    dimension: &'a Dimension,
    references: &'a [Reference<'_>],
    spot: &Spot,
    item: Option<&'a Column>,
) -> &'a At {
    if let Some(statement) = &dimension.statement {
        return &statement.at;
    }
    if let Some(part) = dimension.with.iter().find(|part| part.name == spot.part) {
        return &part.sql.at;
    }
    let reference = references.get(spot.branch).filter(|_| spot.part == "reference");
    match (item, reference) {
        (Some(item), Some(reference)) => match reference.column.carries.iter().find(|(name, _)| *name == item.name) {
            Some((_, carried)) => &carried.at,
            None => &reference.column.expression.at,
        },
        (None, Some(reference)) => &reference.column.expression.at,
        (Some(item), None) if spot.part == "member" => {
            let literal = if spot.branch == 0 { &item.unknown } else { &item.inferred };
            literal.as_ref().map_or(&item.at, |sql| &sql.at)
        }
        (Some(item), None) if !spot.part.is_empty() => &item.expression.at,
        (Some(item), None) => &item.at,
        (None, None) => dimension.from.as_ref().map_or(&dimension.at, |from| &from.at),
    }
}
