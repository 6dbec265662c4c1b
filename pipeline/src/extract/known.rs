//! Records that came before, byte for byte: they are in bronze as they are, and nothing but their number has to be read.
//!
//! A look-back asks again for weeks of records of which few changed. Which text each of them came as is kept on local
//! disk, beside what is staged, and compared before anything is decoded, written or looked up.
//!
//! ```text
//! <staging>/<lakehouse>/known/<entity>.arrow    id, length and hash of the text, time of change
//! ```
//!
//! Invariants: what is known holds for one commit of one bronze table, by one description of it, one source and one way of reading;
//! where rows changed since by whatever hand, nothing is known, and all is read as if nothing had been. A record that
//! was not stored is never known.

use super::extracted::Extracted;
use crate::bronze::Loaded;
use crate::error::{Error, Result};
use crate::lake::{Lakehouse, Stage, definition, private_folder};
use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, StringArray, UInt32Array, UInt64Array};
use arrow::datatypes::{DataType, Field, Int64Type, Schema};
use arrow::error::ArrowError;
use arrow_ipc::reader::FileReader;
use arrow_ipc::writer::FileWriter;
use connectwise_runtime::decode::DECODE_VERSION;
use connectwise_runtime::{ChangeDetection, Recall, Table};
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use xxhash_rust::xxh3::xxh3_64;

/// The form of the file and of the fingerprints in it: another one is not read.
const FORMAT: &str = "fingerprints 1";
/// What stands between paths in a file: no property's name has it.
const BETWEEN: &str = "\u{1f}";

/// The text that a record came as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Print {
    length: u32,
    /// Which [`Unknown`] properties it has.
    unknown: u32,
    hash: u64,
}

impl Print {
    fn of(text: &str, unknown: u32) -> Self {
        // No record is as long as that; one that were would not be recalled.
        let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
        Self { length, unknown, hash: xxh3_64(text.as_bytes()) }
    }

    fn begins(self, text: &str) -> Option<usize> {
        let length = usize::try_from(self.length).ok()?;
        (xxh3_64(text.as_bytes().get(..length)?) == self.hash).then_some(length)
    }
}

/// The properties that the spec does not know: they are told whenever their record comes, also where nothing else of it
/// is read. Most records have the same ones, so these have a number; 0 is none.
#[derive(Debug, Default)]
struct Unknown(Mutex<Numbered>);

#[derive(Debug, Default)]
struct Numbered {
    numbers: HashMap<Vec<String>, u32>,
    paths: Vec<Vec<String>>,
}

impl Unknown {
    fn number(&self, paths: &[&str]) -> u32 {
        if paths.is_empty() {
            return 0;
        }
        let paths: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Numbered { numbers, paths: known } = &mut *all;
        *numbers.entry(paths).or_insert_with_key(|paths| {
            known.push(paths.clone());
            u32::try_from(known.len()).unwrap_or(0)
        })
    }

    fn paths(&self, number: u32) -> Vec<String> {
        let place = number.checked_sub(1).and_then(|place| usize::try_from(place).ok());
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        place.and_then(|place| all.paths.get(place).cloned()).unwrap_or_default()
    }
}

/// The records of an entity that its table has as they came.
#[derive(Debug, Default)]
pub struct Known {
    records: HashMap<i64, (Print, Option<i64>)>,
    /// Of these records, and of those that are read now.
    unknown: Unknown,
    /// Absent where nothing is known.
    base: Option<Base>,
}

/// The rows that records are known to be.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Base {
    table_id: String,
    version: i64,
    /// What the commit of this version says.
    commit: i64,
    made_by: i64,
}

impl Known {
    /// Which rows these records are, as a text.
    pub(super) fn base(&self) -> String {
        self.base.as_ref().map(|base| format!("{base:?}")).unwrap_or_default()
    }

    /// What is known of the rows that an entity's table has now; nothing where that can't be told.
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

    /// Puts down what is known after a table took what was extracted, of records that changed since. What was known
    /// before and was not asked for holds on. Nothing is lost where this can't be done.
    pub(crate) async fn keep(
        &self,
        lake: &Lakehouse,
        stage: &Stage,
        extracted: &Extracted,
        loaded: &Loaded,
        since: i64,
    ) {
        let entity = extracted.table;
        let Some(path) = place(stage, entity) else { return };
        if !is_told(entity) {
            // From before its texts became personal, perhaps.
            let _ = std::fs::remove_file(path);
            return;
        }
        let work = async {
            let Some(table) = lake.open("bronze", entity.table).await? else { return Ok(()) };
            if let Some(base) = &self.base
                && !table.had_the_same_rows(base.version, loaded.changed_version).await
            {
                tracing::debug!(entity = entity.entity, "another writer changed rows while records were read");
                return Ok(());
            }
            let version = loaded.version;
            let Some(commit) = table.commit_mark(version).await else { return Ok(()) };
            let base = Base { table_id: table.id()?, version, commit, made_by: made_by(entity, stage) };
            let as_before = self.records.iter().filter(|(id, _)| extracted.is_as_it_was(**id));
            let as_before = as_before.map(|(id, (print, updated))| (*id, *print, *updated));
            let recent = |updated: Option<i64>| updated.is_some_and(|updated| updated >= since);
            let records = as_before.chain(extracted.prints()).filter(|(_, _, updated)| recent(*updated));
            write(&path, &base, &self.unknown, &records.collect::<Vec<_>>())
        };
        if let Err(error) = work.await {
            tracing::debug!(entity = entity.entity, %error, "what is known of records was not kept");
        }
    }
}

/// Where what is known of an entity lies; `None` where nothing is kept.
fn place(stage: &Stage, entity: &Table) -> Option<PathBuf> {
    Some(crate::staging::known(stage)?.join(format!("{}.arrow", entity.entity)))
}

/// Whether the texts of an entity's records tell its rows, and may be known.
fn is_told(entity: &Table) -> bool {
    // A row below a parent names it, and a snapshot is compared as a whole.
    let told = entity.parent.is_none() && entity.change_detection != ChangeDetection::Snapshot;
    // By the hash of a text that is known but for a name, the name could be guessed.
    told && entity.excluded.is_empty() && entity.hashed.is_empty()
}

/// A number for how a record becomes a row, and from where.
fn made_by(entity: &Table, stage: &Stage) -> i64 {
    let description = format!("{entity:?}");
    definition([description.as_str(), stage.origin(), &format!("{FORMAT} decoder {DECODE_VERSION}")])
}

fn read(path: &Path) -> Result<Known> {
    if !path.is_file() {
        return Ok(Known::default());
    }
    parse(path).map_err(|error| Error::io(format!("reading {}", path.display()), std::io::Error::other(error)))
}

fn parse(path: &Path) -> std::result::Result<Known, ArrowError> {
    let odd = |what: &str| ArrowError::IpcError(what.to_owned());
    let rows = FileReader::try_new_buffered(File::open(path)?, None)?;
    let said = rows.schema().metadata().clone();
    let number = |name: &str| said.get(name).and_then(|text| text.parse().ok());
    let (Some(table_id), Some(version), Some(commit), Some(made_by)) =
        (said.get("table").cloned(), number("version"), number("commit"), number("madeBy"))
    else {
        return Err(odd("it does not say of what"));
    };
    let mut known = Known { base: Some(Base { table_id, version, commit, made_by }), ..Known::default() };
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
            let print = Print { length: lengths.value(row), unknown, hash: hashes.value(row) };
            let updated = updated.is_valid(row).then(|| updated.value(row));
            known.records.insert(ids.value(row), (print, updated));
        }
    }
    Ok(known)
}

/// Writes a file that is there whole or not at all.
fn write(path: &Path, base: &Base, unknown: &Unknown, records: &[(i64, Print, Option<i64>)]) -> Result<()> {
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
    let unknown = records.iter().map(|(_, print, _)| Some(unknown.paths(print.unknown).join(BETWEEN)));
    let columns: Vec<ArrayRef> = vec![
        Arc::new(records.iter().map(|(id, ..)| *id).collect::<Int64Array>()),
        Arc::new(records.iter().map(|(_, print, _)| print.length).collect::<UInt32Array>()),
        Arc::new(records.iter().map(|(_, print, _)| print.hash).collect::<UInt64Array>()),
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

/// The records of one page: which of them are known, and the texts of the others.
pub(super) struct OfPage<'a> {
    known: &'a Known,
    key: &'static str,
    /// Key and time of change of each record that is known.
    pub(super) recalled: Vec<(i64, Option<i64>)>,
    /// How often a property that the spec does not know is in these.
    pub(super) unknown_fields: BTreeMap<String, u64>,
    /// The texts of the page's rows.
    pub(super) prints: Vec<Print>,
}

impl<'a> OfPage<'a> {
    pub(super) fn new(known: &'a Known, key: &'static str) -> Self {
        Self { known, key, recalled: Vec::new(), unknown_fields: BTreeMap::new(), prints: Vec::new() }
    }
}

impl Recall for OfPage<'_> {
    fn recall(&mut self, text: &str) -> Option<usize> {
        if self.known.records.is_empty() {
            return None;
        }
        let id = first_number(text, self.key)?;
        let (print, updated) = self.known.records.get(&id)?;
        let length = print.begins(text)?;
        self.recalled.push((id, *updated));
        if print.unknown != 0 {
            for path in self.known.unknown.paths(print.unknown) {
                *self.unknown_fields.entry(path).or_default() += 1;
            }
        }
        Some(length)
    }

    fn kept(&mut self, record: &str, unknown: &[&str]) {
        self.prints.push(Print::of(record, self.known.unknown.number(unknown)));
    }
}

/// The whole number with which an object begins under this name.
fn first_number(text: &str, name: &str) -> Option<i64> {
    let inner = text.strip_prefix('{')?.trim_ascii_start().strip_prefix('"')?;
    let value = inner.strip_prefix(name)?.strip_prefix('"')?.trim_ascii_start().strip_prefix(':')?.trim_ascii_start();
    let end = value.find(|byte: char| !byte.is_ascii_digit() && byte != '-')?;
    value.get(..end)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_begins_with_its_number_or_is_not_looked_for() {
        for (text, number) in [
            (r#"{"id":12,"a":1}"#, Some(12)),
            ("{ \"id\" :\n 12 }, {", Some(12)),
            (r#"{"id":-3}"#, Some(-3)),
            (r#"{"id":5.0}"#, Some(5)),
            (r#"{"id":"5"}"#, None),
            (r#"{"idx":5}"#, None),
            (r#"{"a":1,"id":5}"#, None),
            (r#"{"id":99999999999999999999}"#, None),
            (r#"{"id":5"#, None),
            (r#"{"id":"#, None),
            ("[1]", None),
            ("", None),
        ] {
            assert_eq!(first_number(text, "id"), number, "{text}");
        }
    }

    #[test]
    fn what_is_put_down_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("known").join("Thing.arrow");
        assert!(read(&path).unwrap().base.is_none());
        let unknown = Unknown::default();
        let numbers = [&["a"][..], &["a/*/b", "c"], &[], &["a"]].map(|paths| unknown.number(paths));
        assert_eq!(numbers, [1, 2, 0, 1]);
        let records = [
            (7, Print::of(r#"{"id":7,"name":"Þór"}"#, 2), Some(5)),
            (8, Print::of("{}", 0), None),
            (9, Print::of("{ }", 1), Some(6)),
        ];
        let base = Base { table_id: "t".to_owned(), version: 3, commit: 4, made_by: -9 };
        write(&path, &base, &unknown, &records).unwrap();
        let known = read(&path).unwrap();
        assert_eq!(known.base, Some(base));
        assert_eq!(known.records.len(), 3);
        for (id, print, updated) in records {
            let (read, at) = known.records[&id];
            assert_eq!((read.length, read.hash, at), (print.length, print.hash, updated));
            assert_eq!(known.unknown.paths(read.unknown), unknown.paths(print.unknown));
        }
        std::fs::write(&path, "no such file").unwrap();
        assert!(read(&path).is_err());
    }

    #[test]
    fn a_record_is_known_by_every_byte_of_it() {
        let text = r#"{"id":7,"name":"Þór"}"#;
        let mut known = Known::default();
        let print = Print::of(text, known.unknown.number(&["new"]));
        known.records.insert(7, (print, Some(5)));
        let recalled = |page: &str| {
            let mut of_page = OfPage::new(&known, "id");
            let length = of_page.recall(page);
            assert_eq!(of_page.unknown_fields.get("new").copied(), length.map(|_| 1));
            (length, of_page.recalled)
        };
        assert_eq!(recalled(&format!("{text},{{\"id\":8}}]")), (Some(text.len()), vec![(7, Some(5))]));
        for other in [
            r#"{"id":7,"name":"Þor"}]"#,
            r#"{"id":7, "name":"Þór"}]"#,
            r#"{"id":8,"name":"Þór"}]"#,
            r#"{"id":7,"name":"Þór","x":1}]"#,
            r#"{"id":7,"name":"Þó"#,
        ] {
            assert_eq!(recalled(other), (None, vec![]), "{other}");
        }
        assert_eq!(OfPage::new(&Known::default(), "id").recall(text), None);
    }
}
