//! Tests that the generator's check of gold's SQL agrees with the engine.
//!
//! Each function that it lists exists and returns the listed kind, and the statements that it passes can be planned,
//! with the types that it gives them.

#[expect(dead_code, reason = "its text is a part of the generator")]
#[path = "../../../../codegen/src/gold/check/kind.rs"]
mod kind;
#[expect(dead_code, reason = "its text is a part of the generator")]
#[path = "../../../../codegen/src/gold/check/known.rs"]
mod known;

use crate::catalog::known_tables;
use crate::gold;
use arrow::datatypes::{DataType, Field, Fields, IntervalUnit, Schema, TimeUnit};
use connectwise_generated::checks::{CHECKS, REPORTS};
use connectwise_generated::gold::TABLES;
use datafusion::common::TableReference;
use datafusion::datasource::MemTable;
use datafusion::prelude::{SessionConfig, SessionContext};
use kind::Kind;
use known::{Argument, FUNCTIONS, Function, Gives};
use std::sync::Arc;

/// A session with the pipeline's functions, in which names keep their case.
fn session() -> SessionContext {
    let mut config = SessionConfig::new();
    config.options_mut().sql_parser.enable_ident_normalization = false;
    let context = SessionContext::new_with_config(config);
    super::register_functions(&context);
    context
}

fn kind_of(data_type: &DataType) -> Kind {
    match data_type {
        data_type if data_type.is_integer() => Kind::Int,
        DataType::Decimal128(..) | DataType::Decimal256(..) => Kind::Decimal,
        data_type if data_type.is_floating() => Kind::Double,
        DataType::Boolean => Kind::Bool,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Kind::Text,
        DataType::Date32 | DataType::Date64 => Kind::Date,
        DataType::Timestamp(..) => Kind::Timestamp,
        DataType::Interval(_) | DataType::Duration(_) => Kind::Interval,
        DataType::List(_) | DataType::LargeList(_) => Kind::List,
        DataType::Struct(_) | DataType::Map(..) => Kind::Struct,
        _ => Kind::Unknown,
    }
}

/// The table `t` has a column of each kind.
fn typed() -> Arc<MemTable> {
    let instant = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let inner = Fields::from(vec![Field::new("x", DataType::Int64, true)]);
    let columns = [
        ("int", DataType::Int64),
        ("exact", DataType::Decimal128(19, 4)),
        ("double", DataType::Float64),
        ("bool", DataType::Boolean),
        ("text", DataType::Utf8),
        ("day", DataType::Date32),
        ("instant", instant),
        ("span", DataType::Interval(IntervalUnit::MonthDayNano)),
        ("list", DataType::new_list(DataType::Int64, true)),
        ("struct", DataType::Struct(inner)),
    ];
    let fields: Vec<Field> = columns.into_iter().map(|(name, kind)| Field::new(name, kind, true)).collect();
    Arc::new(MemTable::try_new(Arc::new(Schema::new(fields)), vec![vec![]]).unwrap())
}

/// The columns of `t` that an argument takes.
fn taken_by(argument: Argument) -> &'static [(&'static str, Kind)] {
    const ALL: [(&str, Kind); 7] = [
        ("int", Kind::Int),
        ("exact", Kind::Decimal),
        ("double", Kind::Double),
        ("text", Kind::Text),
        ("bool", Kind::Bool),
        ("day", Kind::Date),
        ("instant", Kind::Timestamp),
    ];
    match argument {
        Argument::Any => &ALL,
        Argument::Amount => &ALL[..4],
        Argument::Whole => &ALL[..1],
        Argument::Number => &ALL[..3],
        Argument::Text => &ALL[3..4],
        Argument::Bool => &ALL[4..5],
        Argument::Time => &ALL[5..],
        Argument::Interval => &[("span", Kind::Interval)],
        Argument::List => &[("list", Kind::List)],
    }
}

/// A call of the function. Where only a literal makes sense, or one kind of value, it has it.
fn call(name: &str, arguments: &[&str]) -> String {
    let first = arguments.first().copied().unwrap_or_default();
    let given = match (name, arguments) {
        ("date_part", [_, at]) => format!("'year', {at}"),
        ("date_trunc", [_, at]) => format!("'day', {at}"),
        ("date_bin", [_, at, _]) => format!("INTERVAL '1' DAY, {at}, TIMESTAMP '2025-01-01T00:00:00'"),
        ("arrow_cast", _) => format!("{first}, 'Utf8'"),
        ("get_field", _) => "\"struct\", 'x'".to_owned(),
        ("to_char", _) => format!("{first}, '%Y'"),
        ("string_agg", _) => format!("{first}, ', '"),
        ("lag" | "lead", [_, _, ..]) => [&[first, "1"], &arguments[2..]].concat().join(", "),
        ("to_date" | "to_timestamp", [_, _]) => "text, '%Y'".to_owned(),
        ("generate_series", _) => ["1", "3", "1"][..arguments.len()].join(", "),
        ("array_has", _) => "list, int".to_owned(),
        _ => arguments.join(", "),
    };
    let over = matches!(name, "row_number" | "rank" | "dense_rank" | "lag" | "lead");
    format!("{name}({given}){}", if over { " OVER (ORDER BY int)" } else { "" })
}

/// The calls of a function, each with the kind that the list gives it: with every kind of first argument, and with all
/// numbers of arguments.
fn calls(function: &Function) -> Vec<(String, Kind)> {
    let most = function.arguments.len() + usize::from(function.repeats);
    let kinds = function.arguments.first().map_or(1, |first| taken_by(*first).len());
    let mut calls = Vec::new();
    for (number, kind) in (function.least..=most).flat_map(|number| (0..kinds).map(move |kind| (number, kind))) {
        let arguments = (0..number).map(|index| {
            let argument = function.arguments.get(index).or(function.arguments.last()).copied().unwrap();
            let columns = taken_by(argument);
            // All of those that may be anything are of one kind.
            let same = index == 0 || argument == Argument::Any;
            columns[if same { kind % columns.len() } else { 0 }]
        });
        let arguments: Vec<(&str, Kind)> = arguments.collect();
        let gives = match function.gives {
            Gives::Always(kind) => kind,
            Gives::Fraction if arguments.first().is_some_and(|(_, kind)| *kind == Kind::Int) => Kind::Double,
            Gives::First | Gives::Fraction | Gives::Common => {
                arguments.first().map_or(Kind::Unknown, |(_, kind)| *kind)
            }
        };
        let columns: Vec<&str> = arguments.iter().map(|(column, _)| *column).collect();
        calls.push((call(function.name, &columns), gives));
    }
    calls.dedup();
    calls
}

#[tokio::test]
async fn the_engine_has_every_function_that_the_check_knows_and_gives_what_it_says() {
    let context = session();
    context.register_table("t", typed()).unwrap();
    let mut wrong = Vec::new();
    for (call, says) in FUNCTIONS.iter().flat_map(calls) {
        match context.sql(&format!("SELECT {call} AS x FROM t")).await {
            Err(error) => wrong.push(format!("{call}: {}", error.strip_backtrace())),
            Ok(frame) => {
                let gives = kind_of(frame.schema().field(0).data_type());
                if says != Kind::Unknown && says != gives {
                    wrong.push(format!("{call}: {gives:?}, and the check says {says:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "codegen/src/gold/check/known.rs:\n{}", wrong.join("\n"));
}

#[tokio::test]
async fn every_statement_that_the_check_passes_can_be_planned() {
    let context = session();
    for layer in ["bronze", "silver", "gold", "meta"] {
        context.sql(&format!("CREATE SCHEMA {layer}")).await.unwrap();
    }
    for table in known_tables() {
        let empty = MemTable::try_new(Arc::clone(&table.schema), vec![vec![]]).unwrap();
        context.register_table(TableReference::partial(table.layer, table.name), Arc::new(empty)).unwrap();
    }
    let filled = |sql: &str| sql.replace("${businessDate}", "2026-06-15").replace("${days}", "30");
    for table in TABLES {
        let frame = context.sql(&filled(table.sql)).await.unwrap_or_else(|error| panic!("{}: {error}", table.name));
        let planned: Vec<(&str, Kind)> =
            frame.schema().fields().iter().map(|field| (field.name().as_str(), kind_of(field.data_type()))).collect();
        let wanted = gold::schema(table);
        let wanted: Vec<(&str, Kind)> =
            wanted.fields().iter().map(|field| (field.name().as_str(), kind_of(field.data_type()))).collect();
        assert_eq!(planned, wanted, "{}", table.name);
    }
    let overflows = TABLES.iter().filter_map(|table| Some((table.name, table.fact?.overflows?)));
    let references = TABLES.iter().filter_map(|table| Some((table.name, table.references?.sql)));
    let checks = CHECKS.iter().map(|check| (check.name, check.sql));
    let reports = REPORTS.iter().map(|report| (report.name, report.sql));
    for (name, sql) in overflows.chain(references).chain(checks).chain(reports) {
        context.sql(&filled(sql)).await.unwrap_or_else(|error| panic!("{name}: {error}\n{sql}"));
    }
}
