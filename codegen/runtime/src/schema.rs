//! Arrow schemas of bronze and silver tables, from their static description.
//!
//! Invariant: a table that is written with one of these schemas and read back through Delta has an equal schema, so
//! the names inside lists and maps are the ones that Delta's own conversion to Arrow gives.

use std::sync::Arc;

use arrow_schema::{DataType, Field as ArrowField, Fields, Schema, SchemaRef, TimeUnit};

use crate::error::Error;
use crate::redact::is_sensitive;
use crate::shape::{Child, Field, Kind, SilverColumn, Source, Table};

/// Name of the item field of every list.
pub const LIST_ITEM: &str = "element";
/// Name of the entries field of every map.
pub const MAP_ENTRIES: &str = "key_value";
/// Name of the key field of a map's entries.
pub const MAP_KEY: &str = "key";
/// Name of the value field of a map's entries.
pub const MAP_VALUE: &str = "value";
/// The time zone of every timestamp.
pub const TIME_ZONE: &str = "UTC";
/// The bronze column of properties that the spec does not know.
pub const UNKNOWN: &str = "_unknown";
/// The map of a record, and of every reference in it, with who changed it and when.
pub const INFO: &str = "_info";
/// The first column of a child table: the key of the record that the item belongs to.
pub const PARENT_ID: &str = "parentId";
/// The second column of a child table: the item's position in its list, from 0.
pub const LIST_INDEX: &str = "listIndex";

/// Returns the type of timestamps: Timestamp(µs, "UTC").
#[must_use]
pub fn timestamp_type() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some(TIME_ZONE.into()))
}

/// Returns the type of maps: Map<Utf8, Utf8>.
#[must_use]
pub fn map_type() -> DataType {
    let entries = Fields::from(vec![
        ArrowField::new(MAP_KEY, DataType::Utf8, false),
        ArrowField::new(MAP_VALUE, DataType::Utf8, true),
    ]);
    DataType::Map(Arc::new(ArrowField::new(MAP_ENTRIES, DataType::Struct(entries), false)), false)
}

/// Returns the type of a bronze column or field; None where it is sensitive and has none.
#[must_use]
pub fn bronze_type(kind: &Kind) -> Option<DataType> {
    data_type(kind, false)
}

/// Returns the type of a bronze value in silver: `_info` maps inside structs are gone, at any depth.
#[must_use]
pub fn silver_type(kind: &Kind) -> Option<DataType> {
    data_type(kind, true)
}

fn data_type(kind: &Kind, without_info: bool) -> Option<DataType> {
    Some(match kind {
        Kind::Int => DataType::Int64,
        Kind::Float => DataType::Float64,
        Kind::Bool => DataType::Boolean,
        Kind::Text | Kind::Json | Kind::Hashed => DataType::Utf8,
        Kind::Timestamp => timestamp_type(),
        Kind::Map => map_type(),
        Kind::Struct(fields) => {
            let is_info = |field: &&Field| without_info && field.name == INFO && field.kind == Kind::Map;
            let kept = fields.iter().filter(|field| !is_info(field));
            DataType::Struct(
                kept.filter_map(|field| Some(nullable(field.name, data_type(&field.kind, without_info)?))).collect(),
            )
        }
        Kind::List(item) => DataType::List(Arc::new(nullable(LIST_ITEM, data_type(item, without_info)?))),
        Kind::Sensitive => return None,
    })
}

fn nullable(name: &str, data_type: DataType) -> ArrowField {
    ArrowField::new(name, data_type, true)
}

/// Returns the bronze columns: the shape's properties in their order, then `_unknown`. Only the key can't be null.
#[must_use]
pub fn bronze_schema(table: &Table) -> SchemaRef {
    let columns = table.shape.iter().filter_map(|field| {
        let data_type = bronze_type(&field.kind)?;
        Some(ArrowField::new(field.name, data_type, field.name != table.key))
    });
    Arc::new(Schema::new(columns.chain([nullable(UNKNOWN, DataType::Utf8)]).collect::<Fields>()))
}

/// Returns the silver columns without the `_etl_…` ones. Only the key can't be null.
#[must_use]
pub fn silver_schema(table: &Table) -> SchemaRef {
    let columns = table.silver.iter().map(|column| {
        let is_key = matches!(column.source, Source::Path([name]) if *name == table.key);
        silver_field(column, &Kind::Struct(table.shape)).with_nullable(!is_key)
    });
    Arc::new(Schema::new(columns.collect::<Fields>()))
}

/// Returns the columns of a child table without the `_etl_…` ones: `parentId`, `listIndex`, then the item's.
#[must_use]
pub fn child_schema(table: &Table, child: &Child) -> SchemaRef {
    let item = item_kind(table, child).unwrap_or(&Kind::Text);
    let keys = [PARENT_ID, LIST_INDEX].map(|name| ArrowField::new(name, DataType::Int64, false));
    let columns = child.columns.iter().map(|column| silver_field(column, item));
    Arc::new(Schema::new(keys.into_iter().chain(columns).collect::<Fields>()))
}

/// Returns the field of a silver column. A path that leads nowhere counts as text; [`check`] refuses it.
fn silver_field(column: &SilverColumn, root: &Kind) -> ArrowField {
    let data_type = match column.source {
        Source::Path(path) => resolve(root, path).and_then(silver_type).unwrap_or(DataType::Utf8),
        Source::InfoText(_) => DataType::Utf8,
        Source::InfoTime(_) => timestamp_type(),
    };
    nullable(column.name, data_type)
}

/// Returns the kind that a path leads to.
fn resolve<'k>(root: &'k Kind, path: &[&str]) -> Option<&'k Kind> {
    path.iter().try_fold(root, |kind, name| match kind {
        Kind::Struct(fields) => fields.iter().find(|field| field.name == *name).map(|field| &field.kind),
        _ => None,
    })
}

fn item_kind<'t>(table: &'t Table, child: &Child) -> Option<&'t Kind> {
    match table.shape.iter().find(|field| field.name == child.list)?.kind {
        Kind::List(item) => Some(item),
        _ => None,
    }
}

/// Checks that a description holds together. The key must be a whole number of the shape, paths must lead to values,
/// children must be lists, and no column may have the name of another in any case.
///
/// # Errors
/// [`Error::Shape`] with the first contradiction.
pub fn check(table: &'static Table) -> Result<(), Error> {
    let wrong = |problem: String| Err(Error::Shape { table: table.table, problem });
    let root = Kind::Struct(table.shape);
    if resolve(&root, &[table.key]) != Some(&Kind::Int) {
        return wrong(format!("the key {} is no whole number of the shape", table.key));
    }
    if let Some(parent) = table.parent {
        if !table.endpoint.contains(&format!("{{{}}}", parent.parameter)) {
            return wrong(format!("{} has no parameter {}", table.endpoint, parent.parameter));
        }
        if parent.path.is_empty() || resolve(&root, parent.path) != Some(&Kind::Int) {
            return wrong(format!("the parent's id at {} is no whole number", parent.path.join("/")));
        }
    }
    let bronze = bronze_schema(table);
    let silver = silver_schema(table);
    let mut schemas = vec![(table.table, bronze), (table.table, silver)];
    let mut columns: Vec<(&SilverColumn, &Kind)> = table.silver.iter().map(|column| (column, &root)).collect();
    for child in table.children {
        let Some(item) = item_kind(table, child) else {
            return wrong(format!("{} is made of {}, which is no list", child.table, child.list));
        };
        schemas.push((child.table, child_schema(table, child)));
        columns.extend(child.columns.iter().map(|column| (column, item)));
    }
    for (column, root) in columns {
        match column.source {
            Source::Path(path) if resolve(root, path).is_none_or(is_sensitive) => {
                return wrong(format!("{} is taken from {}, which has no column", column.name, path.join("/")));
            }
            Source::InfoText(keys) | Source::InfoTime(keys) if keys.is_empty() => {
                return wrong(format!("{} has no key to look for", column.name));
            }
            _ => {}
        }
    }
    for (name, schema) in schemas {
        let mut names: Vec<String> = schema.fields().iter().map(|field| field.name().to_lowercase()).collect();
        names.sort_unstable();
        if let Some([twice, _]) = names.array_windows().find(|[a, b]| a == b) {
            return wrong(format!("{name} has two columns {twice}"));
        }
    }
    Ok(())
}
