//! `tables/<name>.tmdl`: measures, columns, hierarchies and the partition that reads the Delta table.

use std::fmt::Write as _;

use crate::fabric::ids::id;
use crate::fabric::model::{Column, Hierarchy, Measure, Table};
use crate::fabric::tmdl::beside::EXPRESSION;
use crate::fabric::tmdl::text::{description, formula, name, value};
use crate::gold::model::Type;

/// The schema of the lakehouse that holds gold.
const SCHEMA: &str = "gold";

/// The file of a table, without its personal columns.
pub(super) fn table(table: &Table) -> String {
    let mut out = String::new();
    description(&mut out, 0, &table.description);
    let _ = writeln!(out, "table {}", name(&table.name));
    let _ = writeln!(out, "\tlineageTag: {}", id(&format!("table/{}", table.gold)));
    let _ = writeln!(out, "\tsourceLineageTag: [{SCHEMA}].[{}]", table.gold);
    if table.is_calendar {
        out.push_str("\tdataCategory: Time\n");
    }
    out.push('\n');
    for measure in &table.measures {
        out.push_str(&self::measure(measure));
    }
    for column in table.columns.iter().filter(|column| !column.is_personal) {
        out.push_str(&self::column(table, column));
    }
    for hierarchy in &table.hierarchies {
        out.push_str(&self::hierarchy(table, hierarchy));
    }
    let _ = writeln!(out, "{}\t\tmode: directLake\n\t\tsource", partition(table));
    let _ = writeln!(out, "\t\t\tentityName: {}\n\t\t\tschemaName: {SCHEMA}", table.gold);
    let _ = writeln!(out, "\t\t\texpressionSource: {}\n", name(EXPRESSION));
    if table.name != table.gold {
        out.push_str("\tchangedProperty = Name\n\n");
    }
    out
}

fn partition(table: &Table) -> String {
    format!("\tpartition {} = entity\n", name(&table.name))
}

/// The first line behind a table's columns.
pub(super) fn after_columns(table: &Table) -> String {
    match table.hierarchies.first() {
        Some(hierarchy) => hierarchy_head(hierarchy),
        None => partition(table),
    }
}

fn measure(measure: &Measure) -> String {
    let mut out = String::new();
    description(&mut out, 1, &measure.description);
    formula(&mut out, 1, &format!("measure {}", name(&measure.name)), &measure.dax);
    let _ = writeln!(out, "\t\tformatString: {}", value(&measure.format));
    let _ = writeln!(out, "\t\tdisplayFolder: {}", value(&measure.folder));
    let _ = writeln!(out, "\t\tlineageTag: {}\n", id(&format!("measure/{}", measure.name)));
    out
}

/// The lines of a column.
pub(super) fn column(table: &Table, column: &Column) -> String {
    let mut out = String::new();
    description(&mut out, 1, &column.description);
    let _ = writeln!(out, "\tcolumn {}", name(&column.name));
    let _ = writeln!(out, "\t\tdataType: {}", data_type(column.data_type));
    if column.is_hidden {
        out.push_str("\t\tisHidden\n");
    }
    if column.is_date {
        out.push_str("\t\tisKey\n");
    }
    if let Some(format) = &column.format {
        let _ = writeln!(out, "\t\tformatString: {}", value(format));
    }
    // What sorts, or is a level, has to be there for pivot tables as well.
    if column.is_hidden && !column.is_used {
        out.push_str("\t\tisAvailableInMdx: false\n");
    }
    let path = format!("table/{}/column/{}", table.gold, column.gold);
    let _ = writeln!(out, "\t\tlineageTag: {}", id(&path));
    let _ = writeln!(out, "\t\tsourceLineageTag: {}", column.gold);
    let _ = writeln!(out, "\t\tsummarizeBy: none\n\t\tsourceColumn: {}", column.gold);
    if let Some(by) = &column.sort_by {
        let _ = writeln!(out, "\t\tsortByColumn: {}", name(by));
    }
    out.push('\n');
    // Without it, an update of the schema would put the source's name back.
    if column.name != column.gold {
        out.push_str("\t\tchangedProperty = Name\n\n");
    }
    if column.is_hidden {
        out.push_str("\t\tchangedProperty = IsHidden\n\n");
    }
    out
}

fn data_type(of: Type) -> &'static str {
    match of {
        Type::Bigint => "int64",
        Type::Text => "string",
        Type::Boolean => "boolean",
        Type::Date | Type::Timestamp => "dateTime",
        // Fixed, with four places: as gold has them.
        Type::Decimal | Type::Measure => "decimal",
    }
}

fn hierarchy_head(hierarchy: &Hierarchy) -> String {
    let mut out = String::new();
    description(&mut out, 1, &hierarchy.description);
    let _ = writeln!(out, "\thierarchy {}", name(&hierarchy.name));
    out
}

fn hierarchy(table: &Table, hierarchy: &Hierarchy) -> String {
    let mut out = hierarchy_head(hierarchy);
    let path = format!("table/{}/hierarchy/{}", table.gold, hierarchy.name);
    let _ = writeln!(out, "\t\tlineageTag: {}\n", id(&path));
    for level in &hierarchy.levels {
        let _ = writeln!(out, "\t\tlevel {}", name(level));
        let _ = writeln!(out, "\t\t\tlineageTag: {}", id(&format!("{path}/level/{level}")));
        let _ = writeln!(out, "\t\t\tcolumn: {}\n", name(level));
    }
    out
}
