//! Fingerprint cache: finds records that are unchanged in bronze, byte for byte, and need not be read further.
//!
//! A lookback reads weeks of records again of which few changed. The fingerprint of each record's JSON is kept on local
//! disk, beside the staging files, and compared before anything is decoded, written or looked up.
//!
//! ```text
//! <staging>/<lakehouse>/known/<entity>.arrow    id, length and hash of the text, time of change
//! ```
//!
//! Invariant: a cache holds for one commit of one bronze table, one table definition, one source and one decoder
//! version; where rows changed since, by any writer, it must not be used, and all records are read in full. A record
//! that was not stored must never be in it.

use super::extracted::Extracted;
use super::fingerprint::{Base, Fingerprint, FingerprintCache, Unknown};
use crate::error::{Error, Result};
use crate::lake::{Lakehouse, Stage, definition, private_folder};
use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, StringArray, UInt32Array, UInt64Array};
use arrow::datatypes::{DataType, Field, Int64Type, Schema};
use arrow::error::ArrowError;
use arrow_ipc::reader::FileReader;
use arrow_ipc::writer::FileWriter;
use connectwise_runtime::decode::DECODE_VERSION;
use connectwise_runtime::{ChangeDetection, Table};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The format of the file and of the fingerprints in it; a file of another format is ignored.
const FORMAT: &str = "fingerprints 1";
/// The separator of paths in a file; no property name holds it.
const BETWEEN: &str = "\u{1f}";

impl FingerprintCache {
    /// Reads the fingerprints of the rows that an entity's table has now; none where the cache is not valid.
    ///
    /// # Errors
    /// [`crate::lake::Error::Table`] when the table is there but can't be read.
    pub(crate) async fn of(lake: &Lakehouse, stage: &Stage, entity: &'static Table) -> Result<Self> {
        let Some(path) = place(stage, entity).filter(|_| is_told(entity)) else { return Ok(Self::default()) };
        let Some(table) = lake.open("bronze", entity.table).await? else { return Ok(Self::default()) };
        let known = read(&path).unwrap_or_else(|error| {
            tracing::debug!(path = %path.display(), %error, "what was known of records can't be read");
            Self::default()
        });
        let usable = match &known.base {
            None => false,
            Some(base) if base.table_id != table.id()? || base.made_by != made_by(entity, stage) => false,
            Some(base) => {
                table.commit_mark(base.version).await == Some(base.commit)
                    && table.had_the_same_rows(base.version, table.version()).await
            }
        };
        tracing::debug!(entity = entity.entity, records = known.records.len(), usable, "known records");
        Ok(if usable { known } else { Self::default() })
    }

    /// Saves the fingerprints of recently changed records after a table was written. Recent ones that were not
    /// read again are kept. Nothing is lost where this fails.
    pub(crate) async fn keep(
        &self,
        lake: &Lakehouse,
        stage: &Stage,
        extracted: &Extracted,
        (changed_version, version): (i64, i64),
        since: i64,
    ) {
        let entity = extracted.table;
        let Some(path) = place(stage, entity) else { return };
        if !is_told(entity) {
            // The file may be from before the entity had personal texts.
            let _ = std::fs::remove_file(path);
            return;
        }
        let work = async {
            let Some(table) = lake.open("bronze", entity.table).await? else { return Ok(()) };
            if let Some(base) = &self.base
                && !table.had_the_same_rows(base.version, changed_version).await
            {
                tracing::debug!(entity = entity.entity, "another writer changed rows while records were read");
                return Ok(());
            }
            let Some(commit) = table.commit_mark(version).await else { return Ok(()) };
            let base = Base { table_id: table.id()?, version, commit, made_by: made_by(entity, stage) };
            let as_before = self.records.iter().filter(|(id, _)| extracted.is_as_it_was(**id));
            let as_before = as_before.map(|(id, (fingerprint, updated))| (*id, *fingerprint, *updated));
            let recent = |updated: Option<i64>| updated.is_some_and(|updated| updated >= since);
            let records = as_before.chain(extracted.fingerprints()).filter(|(_, _, updated)| recent(*updated));
            write(&path, &base, &self.unknown, &records.collect::<Vec<_>>())
        };
        if let Err(error) = work.await {
            tracing::debug!(entity = entity.entity, %error, "what is known of records was not kept");
        }
    }
}

/// The path of an entity's cache; `None` where the stage keeps nothing.
fn place(stage: &Stage, entity: &Table) -> Option<PathBuf> {
    Some(crate::staging::known(stage)?.join(format!("{}.arrow", entity.entity)))
}

/// Whether an entity may be cached: the JSON of its records alone determines its rows, and holds nothing personal.
pub(super) fn is_told(entity: &Table) -> bool {
    // A row below a parent holds the parent's id, and a snapshot is compared as a whole.
    let told = entity.parent.is_none() && entity.change_detection != ChangeDetection::Snapshot;
    // By the hash of a text that is known except for a name, the name could be guessed.
    told && entity.excluded.is_empty() && entity.hashed.is_empty()
}

/// A hash of the table definition, the source and the decoder version.
fn made_by(entity: &Table, stage: &Stage) -> i64 {
    let description = format!("{entity:?}");
    definition([description.as_str(), stage.origin(), &format!("{FORMAT} decoder {DECODE_VERSION}")])
}

fn read(path: &Path) -> Result<FingerprintCache> {
    if !path.is_file() {
        return Ok(FingerprintCache::default());
    }
    parse(path).map_err(|error| Error::io(format!("reading {}", path.display()), std::io::Error::other(error)))
}

fn parse(path: &Path) -> std::result::Result<FingerprintCache, ArrowError> {
    let odd = |what: &str| ArrowError::IpcError(what.to_owned());
    let rows = FileReader::try_new_buffered(File::open(path)?, None)?;
    let said = rows.schema().metadata().clone();
    let number = |name: &str| said.get(name).and_then(|text| text.parse().ok());
    let (Some(table_id), Some(version), Some(commit), Some(made_by)) =
        (said.get("table").cloned(), number("version"), number("commit"), number("madeBy"))
    else {
        return Err(odd("it does not say of what"));
    };
    let mut known =
        FingerprintCache { base: Some(Base { table_id, version, commit, made_by }), ..FingerprintCache::default() };
    for batch in rows {
        let batch = batch?;
        let column = |name: &str| batch.column_by_name(name).ok_or_else(|| odd(name));
        let (ids, lengths) = (column("id")?.as_primitive_opt::<Int64Type>(), column("length")?.as_primitive_opt());
        let (hashes, updated) =
            (column("hash")?.as_primitive_opt(), column("updated")?.as_primitive_opt::<Int64Type>());
        let unknown = column("unknown")?.as_string_opt::<i32>();
        let (Some(ids), Some(lengths), Some(hashes), Some(updated), Some(unknown)) =
            (ids, lengths, hashes, updated, unknown)
        else {
            return Err(odd("it has columns of other types"));
        };
        let lengths: &UInt32Array = lengths;
        let hashes: &UInt64Array = hashes;
        for row in 0..batch.num_rows() {
            let paths: Vec<&str> = unknown.value(row).split(BETWEEN).filter(|path| !path.is_empty()).collect();
            let unknown = known.unknown.number(&paths);
            let fingerprint = Fingerprint { length: lengths.value(row), unknown, hash: hashes.value(row) };
            let updated = updated.is_valid(row).then(|| updated.value(row));
            known.records.insert(ids.value(row), (fingerprint, updated));
        }
    }
    Ok(known)
}

/// Writes a file that exists complete or not at all.
fn write(path: &Path, base: &Base, unknown: &Unknown, records: &[(i64, Fingerprint, Option<i64>)]) -> Result<()> {
    if let Some(folder) = path.parent() {
        private_folder(folder)?;
    }
    let said = [
        ("table", base.table_id.clone()),
        ("version", base.version.to_string()),
        ("commit", base.commit.to_string()),
        ("madeBy", base.made_by.to_string()),
    ];
    let fields = vec![
        Field::new("id", DataType::Int64, false),
        Field::new("length", DataType::UInt32, false),
        Field::new("hash", DataType::UInt64, false),
        Field::new("updated", DataType::Int64, true),
        Field::new("unknown", DataType::Utf8, false),
    ];
    let schema = Schema::new(fields).with_metadata(said.map(|(name, value)| (name.to_owned(), value)).into());
    let unknown = records.iter().map(|(_, fingerprint, _)| Some(unknown.paths(fingerprint.unknown).join(BETWEEN)));
    let columns: Vec<ArrayRef> = vec![
        Arc::new(records.iter().map(|(id, ..)| *id).collect::<Int64Array>()),
        Arc::new(records.iter().map(|(_, fingerprint, _)| fingerprint.length).collect::<UInt32Array>()),
        Arc::new(records.iter().map(|(_, fingerprint, _)| fingerprint.hash).collect::<UInt64Array>()),
        Arc::new(records.iter().map(|(.., updated)| *updated).collect::<Int64Array>()),
        Arc::new(unknown.collect::<StringArray>()),
    ];
    let part = path.with_extension("part");
    let write = || -> std::result::Result<(), ArrowError> {
        let batch = RecordBatch::try_new(Arc::new(schema), columns)?;
        let mut writer = FileWriter::try_new_buffered(File::create(&part)?, &batch.schema())?;
        writer.write(&batch)?;
        writer.finish()?;
        std::fs::rename(&part, path)?;
        Ok(())
    };
    write().map_err(|error| Error::io(format!("writing {}", path.display()), std::io::Error::other(error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_down_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("known").join("Thing.arrow");
        assert!(read(&path).unwrap().base.is_none());
        let unknown = Unknown::default();
        let numbers = [&["a"][..], &["a/*/b", "c"], &[], &["a"]].map(|paths| unknown.number(paths));
        assert_eq!(numbers, [1, 2, 0, 1]);
        let records = [
            (7, Fingerprint::of(r#"{"id":7,"name":"Þór"}"#, 2), Some(5)),
            (8, Fingerprint::of("{}", 0), None),
            (9, Fingerprint::of("{ }", 1), Some(6)),
        ];
        let base = Base { table_id: "t".to_owned(), version: 3, commit: 4, made_by: -9 };
        write(&path, &base, &unknown, &records).unwrap();
        let known = read(&path).unwrap();
        assert_eq!(known.base, Some(base));
        assert_eq!(known.records.len(), 3);
        for (id, fingerprint, updated) in records {
            let (read, at) = known.records[&id];
            assert_eq!((read.length, read.hash, at), (fingerprint.length, fingerprint.hash, updated));
            assert_eq!(known.unknown.paths(read.unknown), unknown.paths(fingerprint.unknown));
        }
        std::fs::write(&path, "no such file").unwrap();
        assert!(read(&path).is_err());
    }
}
