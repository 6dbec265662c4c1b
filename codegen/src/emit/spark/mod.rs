//! `generated/sql/spark`: what Spark needs to do everything after bronze.
//!
//! Each silver table has its SELECT over bronze in `silver/`; gold's stand beside the folders. Every table of both
//! layers has in `merge/` what brings the rows of its SELECT into the table. `order.json` names the files of each in
//! the order in which the tables are built.

mod flatten;
mod merge;
mod names;

use serde::Serialize;

use crate::etl;
use crate::files::GeneratedFiles;
use crate::gold::model::{Column as GoldColumn, Table, Type};
use crate::ir::{Child, Entity, Ir, SilverColumn, Source};

use super::text::schema_pointer;
use merge::{Column, Target};

/// Where the files stand.
const FOLDER: &str = "generated/sql/spark";

/// The columns of a silver row that say who wrote it: they are no content.
const STAMPS: [&str; 3] = [etl::PROCESSED_AT, etl::SOURCE, etl::BATCH_ID];

/// How a table is built: the files' paths are relative to `order.json`.
#[derive(Debug, Serialize)]
struct Step {
    layer: &'static str,
    table: String,
    /// The bronze table behind a silver table: the step waits until it is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    bronze: Option<String>,
    key: Vec<String>,
    select: String,
    merge: String,
}

/// What the statements are filled with, and what is built in which order.
#[derive(Debug, Serialize)]
struct Order {
    parameters: [Parameter; 3],
    tables: Vec<Step>,
}

#[derive(Debug, Serialize)]
struct Parameter {
    name: &'static str,
    meaning: &'static str,
    example: &'static str,
}

const PARAMETERS: [Parameter; 3] = [
    Parameter { name: "processedAt", meaning: "When the run began, in UTC.", example: "2026-06-15T02:00:00.000000Z" },
    Parameter {
        name: "batchId",
        meaning: "The run: another one each time, or changed rows can't be told by it.",
        example: "spark-20260615T020000Z",
    },
    Parameter { name: "businessDate", meaning: "The run's day in the reporting time zone.", example: "2026-06-15" },
];

/// Emits silver's statements, what merges both layers, and the order. Gold's tables come in the order in which they
/// are built.
pub(crate) fn emit(ir: &Ir, gold: &[&Table<'_>], files: &mut GeneratedFiles) {
    let mut tables = Vec::new();
    for entity in &ir.entities {
        let origin = schema_pointer(&entity.schema);
        let mut silver = |select: String, target: &Target| {
            let _ = files.insert(format!("{FOLDER}/silver/{}.sql", target.table), select);
            let step = step(target, format!("silver/{}.sql", target.table), Some(entity.table.clone()));
            tables.push(step);
            let _ = files.insert(format!("{FOLDER}/merge/{}.sql", target.table), merge::statements(target, &origin));
        };
        silver(flatten::entity(entity, &origin), &of_entity(entity));
        for child in &entity.children {
            silver(flatten::child(entity, child, &origin), &of_child(child));
        }
    }
    for table in gold {
        let target = of_gold(table);
        let folder = if matches!(table, Table::Dimension(_)) { "dimensions" } else { "facts" };
        let origin = format!("schema/{folder}/{}.yaml", target.table);
        tables.push(step(&target, format!("{}.sql", target.table), None));
        let _ = files.insert(format!("{FOLDER}/merge/{}.sql", target.table), merge::statements(&target, &origin));
    }
    let order = Order { parameters: PARAMETERS, tables };
    // Plain structs of texts can always be written.
    let text = serde_json::to_string_pretty(&order).unwrap_or_default();
    let _ = files.insert(format!("{FOLDER}/order.json"), text + "\n");
}

fn step(target: &Target, select: String, bronze: Option<String>) -> Step {
    let merge = format!("merge/{}.sql", target.table);
    Step { layer: target.layer, table: target.table.clone(), bronze, key: target.key.clone(), select, merge }
}

fn of_entity(entity: &Entity) -> Target {
    let columns = entity.silver.iter().map(silver_column).map(|column| {
        let is_key = entity.silver.iter().any(|other| {
            other.name == column.name && matches!(&other.source, Source::Path(path) if *path == [entity.key.clone()])
        });
        Column { is_key, ..column }
    });
    silver_target(&entity.table, columns)
}

fn of_child(child: &Child) -> Target {
    let keys = flatten::CHILD_KEY.map(|name| Column { is_key: true, ..Column::new(name, "BIGINT") });
    silver_target(&child.table, keys.into_iter().chain(child.columns.iter().map(silver_column)))
}

fn silver_target(table: &str, columns: impl Iterator<Item = Column>) -> Target {
    let own = etl::SILVER.into_iter().map(|(name, kind)| {
        let sql_type = match kind {
            etl::EtlType::Text => "STRING",
            etl::EtlType::Timestamp => "TIMESTAMP",
        };
        Column { is_stamp: STAMPS.contains(&name), ..Column::new(name, sql_type) }
    });
    Target::new("silver", table, columns.chain(own).collect(), None)
}

fn silver_column(column: &SilverColumn) -> Column {
    let has_map = names::has_map(&column.kind);
    Column { has_map, ..Column::new(&column.name, names::sql_type(&column.kind)) }
}

fn of_gold(table: &Table<'_>) -> Target {
    let declared = table.columns().iter().map(gold_column);
    match table {
        Table::Dimension(dimension) => {
            let key = Column { is_key: true, ..Column::new(&dimension.key, "BIGINT") };
            let inferred = Column::new("isInferred", "BOOLEAN");
            Target::new("gold", table.name(), [key].into_iter().chain(declared).chain([inferred]).collect(), None)
        }
        Table::Fact(fact) => {
            let columns = declared.map(|column| Column { is_key: column.name == fact.key, ..column });
            let once = fact.written_once.as_ref().map(|once| once.column.clone());
            Target::new("gold", table.name(), columns.collect(), once)
        }
    }
}

fn gold_column(column: &GoldColumn) -> Column {
    let sql_type = match column.data_type {
        Type::Bigint => "BIGINT",
        Type::Text => "STRING",
        Type::Boolean => "BOOLEAN",
        Type::Date => "DATE",
        Type::Timestamp => "TIMESTAMP",
        Type::Decimal | Type::Measure => "DECIMAL(19, 4)",
    };
    Column::new(&column.name, sql_type)
}
