//! Privacy: the hash key of personal texts, and what a table records of the policy under which its rows were kept.
//!
//! Invariants: records of an entity with hashed properties must never be read without a key, and a table must never
//! hold hashes of two keys. When an entity's privacy rules change, its next load must read everything, and rows that
//! the source no longer has must lose what is personal now.

use crate::error::{Error, Result};
use crate::lake::{Lakehouse, Table as LakeTable, cast_to_schema};
use crate::settings::no_hash_key;
use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, FieldRef, Fields, Schema, SchemaRef};
use connectwise_generated::tables::TABLES;
use connectwise_runtime::schema::UNKNOWN;
use connectwise_runtime::{HashKey, Table};
use std::sync::Arc;

/// The application transaction that holds a number of the privacy rules by which a table was last read whole.
const RULES: &str = "personal";
/// The application transaction that holds the fingerprint of the key that a table's hashes were made with.
const KEY: &str = "hashKey";

/// Refuses entities with hashed properties where the lakehouse has no key.
///
/// # Errors
/// [`Error::Usage`] with what to do.
pub(crate) fn require_key(lake: &Lakehouse, entities: &[&'static Table]) -> Result<()> {
    let hashing: Vec<String> = entities
        .iter()
        .filter(|entity| !entity.hashed.is_empty())
        .map(|entity| format!("{} ({})", entity.entity, entity.hashed.join(", ")))
        .collect();
    if hashing.is_empty() || lake.hash_key().is_some() {
        return Ok(());
    }
    Err(Error::Usage(no_hash_key(&hashing.join("; "))))
}

/// Refuses a key other than the one of bronze's hashes, except for tables that are read whole now.
///
/// # Errors
/// [`Error::Usage`] with what to do; [`crate::lake::Error::Table`] when a table can't be read.
pub(crate) async fn require_same_key(lake: &Lakehouse, entities: &[&'static Table], whole: bool) -> Result<()> {
    let Some(key) = lake.hash_key() else { return Ok(()) };
    let selected = |entity: &Table| entities.iter().any(|other| other.table == entity.table);
    let others = TABLES.iter().copied().filter(|entity| !selected(entity));
    for entity in entities.iter().copied().chain(others).filter(|entity| !entity.hashed.is_empty()) {
        let Some(table) = lake.open("bronze", entity.table).await? else { continue };
        let recorded = table.transaction(KEY).await?.unwrap_or(0);
        if recorded != 0 && recorded != key.fingerprint() && !(whole && selected(entity)) {
            return Err(Error::Usage(format!(
                "CW_HASH_KEY is another key than the one of the hashes in bronze/{}: set that one, or hash everything \
                 anew with `run --mode full`, without --entities",
                entity.table
            )));
        }
    }
    Ok(())
}

/// Reason for refusing a load that brings only a part of the records.
pub(crate) const READ_WHOLE: &str = "what is personal of it, or the key of its hashes, is not what it was when bronze \
    was read: run it first, which reads all of it anew";

/// Privacy policy of a table: which values are personal, and the key of their hashes. Zeros stand for none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PiiPolicy {
    rules: i64,
    key: i64,
}

impl PiiPolicy {
    /// The policy under which nothing is personal.
    pub(crate) const NOTHING: Self = Self { rules: 0, key: 0 };

    /// Builds the policy that an entity's generated description and the lakehouse's key ask for.
    pub(crate) fn wanted(entity: &Table, key: Option<&HashKey>) -> Self {
        let named: Vec<String> = [("x", entity.excluded), ("h", entity.hashed)]
            .into_iter()
            .flat_map(|(how, paths)| paths.iter().map(move |path| format!("{how}\0{path}\0")))
            .collect();
        let hash = xxhash_rust::xxh3::xxh3_64(named.concat().as_bytes()) >> 1;
        let rules = if named.is_empty() { 0 } else { hash.cast_signed().max(1) };
        let key = key.filter(|_| !entity.hashed.is_empty()).map_or(0, HashKey::fingerprint);
        Self { rules, key }
    }

    /// Reads the policy of a bronze table's last load.
    pub(crate) async fn of(table: &LakeTable) -> Result<Self> {
        let rules = table.transaction(RULES).await?.unwrap_or(0);
        Ok(Self { rules, key: table.transaction(KEY).await?.unwrap_or(0) })
    }

    /// Returns the application transactions that record the policy, where it differs from the one before.
    pub(crate) fn transactions(self, before: Self) -> Vec<(String, i64)> {
        if self == before { Vec::new() } else { vec![(RULES.to_owned(), self.rules), (KEY.to_owned(), self.key)] }
    }
}

/// Returns whether an entity's privacy rules changed since its bronze table was last read whole.
///
/// # Errors
/// [`crate::lake::Error::Table`] when the table can't be read.
pub(crate) async fn changed(lake: &Lakehouse, entity: &Table) -> Result<bool> {
    let Some(table) = lake.open("bronze", entity.table).await? else { return Ok(false) };
    Ok(PiiPolicy::of(&table).await?.rules != PiiPolicy::wanted(entity, None).rules)
}

/// Removes personal values from rows of a bronze table, and all properties that the spec did not know.
///
/// # Errors
/// [`Error::Data`] when the rows do not match the table.
pub(crate) fn drop_pii(rows: &RecordBatch, entity: &Table) -> Result<RecordBatch> {
    let schema = rows.schema();
    let less =
        cast_to_schema(rows, &schema_without_pii(&schema, entity)).and_then(|less| cast_to_schema(&less, &schema));
    less.map_err(|error| Error::data(entity.entity, error))
}

/// Returns a bronze schema without personal columns and fields; a map with something personal is left out whole.
fn schema_without_pii(schema: &Schema, entity: &Table) -> SchemaRef {
    let personal = entity.excluded.iter().chain(entity.hashed).chain([&UNKNOWN]);
    let paths: Vec<Vec<&str>> = personal.map(|path| path.split('/').collect()).collect();
    let paths: Vec<&[&str]> = paths.iter().map(Vec::as_slice).collect();
    Arc::new(Schema::new(fields_without(schema.fields(), &paths)))
}

fn fields_without(fields: &Fields, paths: &[&[&str]]) -> Fields {
    let kept = fields.iter().filter_map(|field| {
        let below: Vec<&[&str]> = paths
            .iter()
            .filter_map(|path| path.split_first())
            .filter(|(name, _)| *name == field.name())
            .map(|(_, rest)| rest)
            .collect();
        match below.as_slice() {
            [] => Some(Arc::clone(field)),
            below if below.iter().any(|rest| rest.is_empty()) => None,
            below => type_without(field.data_type(), below).map(|data_type| with_type(field, data_type)),
        }
    });
    kept.collect()
}

fn type_without(data_type: &DataType, paths: &[&[&str]]) -> Option<DataType> {
    match data_type {
        DataType::Struct(fields) => Some(DataType::Struct(fields_without(fields, paths))),
        DataType::List(item) => Some(DataType::List(with_type(item, type_without(item.data_type(), paths)?))),
        DataType::Map(..) => None,
        other => Some(other.clone()),
    }
}

fn with_type(field: &FieldRef, data_type: DataType) -> FieldRef {
    Arc::new(Field::clone(field).with_data_type(data_type))
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Array, AsArray};
    use connectwise_runtime::{Decoder, Kind};

    static OLD: Table = Table {
        entity: "Thing",
        table: "cw_thing",
        endpoint: "/things",
        counted: true,
        parent: None,
        optional: false,
        schema: "Thing",
        key: "id",
        lookback_days: None,
        change_detection: connectwise_runtime::ChangeDetection::LastUpdated,
        variants: &[],
        sensitive: &[],
        excluded: &[],
        hashed: &[],
        reconcile: &[],
        shape: &[
            connectwise_runtime::Field { name: "id", kind: Kind::Int },
            connectwise_runtime::Field { name: "phone", kind: Kind::Text },
            connectwise_runtime::Field { name: "owners", kind: Kind::List(&Kind::Struct(OWNER)) },
            connectwise_runtime::Field { name: "_info", kind: Kind::Map },
        ],
        silver: &[],
        children: &[],
    };
    const OWNER: &[connectwise_runtime::Field] = &[
        connectwise_runtime::Field { name: "id", kind: Kind::Int },
        connectwise_runtime::Field { name: "name", kind: Kind::Text },
    ];
    static NEW: Table = Table { excluded: &["phone"], hashed: &["owners/name", "_info/updatedBy"], ..OLD };

    #[test]
    fn rows_lose_what_is_personal_and_nothing_else() {
        let mut decoder = Decoder::new(&OLD);
        let page = br#"[{"id":1,"phone":"555","owners":[{"id":7,"name":"Anna"},null],"new":"Anna",
            "_info":{"updatedBy":"Anna"}},{"id":2,"owners":null}]"#;
        decoder.page(page).unwrap();
        let batch = decoder.finish().unwrap().batch;
        let less = drop_pii(&batch, &NEW).unwrap();
        assert_eq!(less.schema(), batch.schema());
        assert!(!format!("{less:?}").contains("Anna") && !format!("{less:?}").contains("555"), "{less:?}");
        assert_eq!(less.column(0), batch.column(0));
        let owners = less.column(2).as_list::<i32>();
        assert_eq!((owners.value_length(0), owners.is_null(1)), (2, true));
        let owner = owners.value(0);
        assert_eq!(owner.as_struct().column(0), batch.column(2).as_list::<i32>().value(0).as_struct().column(0));
        let unchanged = drop_pii(&batch, &OLD).unwrap();
        assert_eq!(unchanged.columns()[..4], batch.columns()[..4], "but for what the spec did not know");
    }

    #[test]
    fn what_is_personal_and_the_key_are_told_apart() {
        let [one, two] = ["one", "two"].map(|key| HashKey::new(key.as_bytes()));
        let none = PiiPolicy::NOTHING;
        assert_eq!(PiiPolicy::wanted(&OLD, Some(&one)), none);
        let new = PiiPolicy::wanted(&NEW, Some(&one));
        assert!(new.rules > 0 && new.key == one.fingerprint());
        assert_eq!(new.rules, PiiPolicy::wanted(&NEW, Some(&two)).rules);
        let swapped = Table { excluded: NEW.hashed, hashed: NEW.excluded, ..OLD };
        assert_ne!(new.rules, PiiPolicy::wanted(&swapped, Some(&one)).rules);
        assert_eq!(new.transactions(new), []);
        assert_eq!(none.transactions(new).len(), 2, "what is personal no longer is recorded, too");
    }
}
