//! Checkpoint: complete chunks of a list stay on disk until the table has them, so that a run can resume.
//!
//! ```text
//! manifest.json          entity, condition, by which description of the table, from where, since when
//! …0004711-000003.*      rows of the fourth chunk, whose keys are above 4711
//! …0004711-000003.json   which keys it covers, and what else was found there; written last: what has none does not count
//! ```
//!
//! Invariant: chunks must only be used for the same source, lakehouse, entity, window and table definition, and only
//! where later changes can be requested; whoever uses them must request those and compare all ids.

use super::chunk::{FetchedChunk, first_of};
use super::list_reader::ListReader;
use super::rows::{ExtractStats, RowVersion, SEQUENCE, last_updated};
use crate::client::KeyRange;
use crate::error::{Error, Result};
use crate::lake::{Format, Stage, StagedFile, longs, private_folder};
use crate::staging;
use arrow::datatypes::SchemaRef;
use chrono::{DateTime, Utc};
use connectwise_runtime::{RejectedRecord, Table};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

const MANIFEST: &str = "manifest.json";

/// The identity of the chunks in a folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    entity: String,
    endpoint: String,
    condition: Option<String>,
    /// A hash of the format, the table definition, the key of the hashes and the base of the fingerprints.
    made_by: i64,
    /// The source and the lakehouse between which the records are under way.
    origin: String,
    began: DateTime<Utc>,
    /// The newest change that the source knew of when the first chunk was requested.
    newest: Option<DateTime<Utc>>,
}

/// The entry of a complete chunk: everything but its rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ChunkEntry {
    covered: KeyRange,
    rows: u64,
    /// Key, time of change and sequence number of the unchanged records, which have no row.
    recalled: Vec<(i64, Option<i64>, i64)>,
    bytes: u64,
    pages: u64,
    rows_read: u64,
    quarantined: Vec<Odd>,
    unknown_fields: BTreeMap<String, u64>,
}

/// A rejected record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Odd {
    record_id: Option<String>,
    path: String,
    reason: String,
    raw_json: String,
}

/// The folder with an entity's chunks.
#[derive(Debug)]
pub(super) struct Checkpoint {
    folder: PathBuf,
    manifest: Manifest,
    format: Format,
}

/// The chunks of an interrupted run.
#[derive(Default)]
pub(super) struct Resumed {
    pub(super) chunks: Vec<FetchedChunk>,
    pub(super) covered: Vec<KeyRange>,
    /// The number of the next chunk.
    pub(super) next: i64,
}

impl Checkpoint {
    /// Opens the checkpoint of a list, with the chunks of an interrupted run of the same window. Chunks of another
    /// window are removed. `None` where the stage keeps nothing.
    pub(super) fn open(
        stage: &Stage,
        source: &ListReader,
        condition: Option<&str>,
        began: DateTime<Utc>,
        schema: &SchemaRef,
    ) -> Option<(Self, Resumed)> {
        let (table, format) = (source.table, source.format);
        let folder = staging::fetched(stage, table.entity)?;
        let key = stage.hash_key().map(|key| key.fingerprint().to_string()).unwrap_or_default();
        // An unchanged record is in the table version that its fingerprint was taken for.
        let base = source.known.base();
        let form = format!("staging 5 {format:?} {table:?}");
        let wanted = Manifest {
            entity: table.entity.to_owned(),
            endpoint: table.endpoint.to_owned(),
            condition: condition.map(ToOwned::to_owned),
            made_by: crate::lake::definition([form.as_str(), key.as_str(), base.as_str()]),
            origin: stage.origin().to_owned(),
            began,
            newest: None,
        };
        let there = read_json::<Manifest>(&folder.join(MANIFEST));
        match there.filter(|there| Manifest { began: there.began, newest: there.newest, ..wanted.clone() } == *there) {
            Some(manifest) => {
                let found = chunks(stage, &folder, source, schema);
                Some((Self { folder, manifest, format }, found))
            }
            None => {
                staging::forget(stage, table.entity);
                Some((Self { folder, manifest: wanted, format }, Resumed::default()))
            }
        }
    }

    /// The newest change that the source knew of when the first chunk was requested, where it told.
    pub(super) fn newest(&self) -> Option<DateTime<Utc>> {
        self.manifest.newest
    }

    /// Creates the folder and writes the manifest, with the newest change known by now where no chunk exists yet.
    ///
    /// # Errors
    /// [`Error::Io`] when the disk refuses.
    pub(super) fn begin(&mut self, newest: Option<DateTime<Utc>>, are_first: bool) -> Result<()> {
        if are_first {
            self.manifest.newest = newest;
        }
        private_folder(&self.folder)?;
        write_json(&self.folder.join(MANIFEST), &self.manifest)
    }

    /// The path of a chunk's rows.
    pub(super) fn path(&self, range: KeyRange, number: i64) -> PathBuf {
        self.folder.join(format!("{}-{number:06}.{}", first_of(range), self.format.extension()))
    }

    /// Writes the entry of a chunk, which makes it complete.
    ///
    /// # Errors
    /// [`Error::Io`] when the disk refuses.
    pub(super) fn note(&self, chunk: &FetchedChunk, covered: KeyRange) -> Result<()> {
        let odd = |rejected: &RejectedRecord| Odd {
            record_id: rejected.record_id.clone(),
            path: rejected.path.clone(),
            reason: rejected.reason.clone(),
            raw_json: rejected.raw_json.clone(),
        };
        let recalled = chunk.rows.iter().filter(|(_, row)| row.is_recalled());
        let note = ChunkEntry {
            covered,
            rows: chunk.staged.rows(),
            recalled: recalled.map(|(id, row)| (*id, row.last_updated(), row.sequence())).collect(),
            bytes: bytes(chunk.staged.path()),
            pages: chunk.numbers.pages,
            rows_read: chunk.numbers.rows_read,
            quarantined: chunk.quarantined.iter().map(odd).collect(),
            unknown_fields: chunk.unknown_fields.clone(),
        };
        write_json(&chunk.staged.path().with_extension("json"), &note)
    }
}

/// Reads the complete chunks of a folder, in the order of their numbers. Incomplete ones are removed.
fn chunks(stage: &Stage, folder: &Path, source: &ListReader, schema: &SchemaRef) -> Resumed {
    let mut found = Resumed::default();
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut paths: Vec<(i64, PathBuf)> = entries
        .filter_map(|entry| {
            let path = entry.ok()?.path().with_extension(source.format.extension());
            let number = path.file_stem()?.to_str()?.rsplit_once('-')?.1.parse().ok()?;
            Some((number, path))
        })
        .collect();
    paths.sort_unstable();
    paths.dedup();
    for (number, path) in paths {
        found.next = number + 1;
        let note = read_json::<ChunkEntry>(&path.with_extension("json"));
        match note.and_then(|note| {
            let staged = stage.kept_file(path.clone(), source.format, schema);
            Some((adopt(staged, &note, source.table)?, note.covered))
        }) {
            Some((chunk, covered)) => {
                found.chunks.push(chunk);
                found.covered.push(covered);
            }
            None => {
                tracing::debug!(path = %path.display(), "a chunk that is not whole is read again");
                for path in [path.with_extension("json"), path] {
                    let _ = std::fs::remove_file(path);
                }
            }
        }
    }
    found
}

/// Restores a chunk from its entry; `None` where its rows do not match the entry.
fn adopt(mut staged: StagedFile, note: &ChunkEntry, table: &Table) -> Option<FetchedChunk> {
    let mut rows = Vec::new();
    if note.rows > 0 {
        if bytes(staged.path()) != note.bytes {
            return None;
        }
        let read = staged.adopt(&[table.key, "_info", SEQUENCE], |batch| {
            let (ids, sequence) = (longs(batch, table.key), longs(batch, SEQUENCE));
            let read = ids.into_iter().zip(last_updated(batch)).zip(sequence);
            rows.extend(read.map(|((id, last_updated), sequence)| (id, RowVersion::staged(last_updated, sequence))));
        });
        if let Err(error) = read {
            tracing::debug!(%error, "a staged chunk can't be read");
            return None;
        }
    }
    if staged.rows() != note.rows || rows.len() as u64 != note.rows {
        return None;
    }
    let recalled = note.recalled.iter().copied();
    rows.extend(recalled.map(|(id, last_updated, sequence)| (id, RowVersion::recalled(last_updated, sequence))));
    let fit = |odd: &Odd| RejectedRecord {
        record_id: odd.record_id.clone(),
        path: odd.path.clone(),
        reason: odd.reason.clone(),
        raw_json: odd.raw_json.clone(),
    };
    Some(FetchedChunk {
        rows,
        quarantined: note.quarantined.iter().map(fit).collect(),
        unknown_fields: note.unknown_fields.clone(),
        numbers: ExtractStats {
            rows_read: note.rows_read,
            rows_resumed: note.rows_read,
            rows_recalled: note.recalled.len() as u64,
            ..ExtractStats::default()
        },
        ..FetchedChunk::new(staged)
    })
}

fn bytes(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |data| data.len())
}

fn read_json<T: for<'a> Deserialize<'a>>(path: &Path) -> Option<T> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

/// Writes a file that exists complete or not at all.
fn write_json(path: &Path, value: &impl Serialize) -> Result<()> {
    let failed = |error| Error::io(format!("writing {}", path.display()), error);
    let text = serde_json::to_vec(value).map_err(|error| failed(error.into()))?;
    let part = path.with_extension("part");
    let mut file = std::fs::File::create(&part).map_err(failed)?;
    file.write_all(&text).and_then(|()| file.sync_all()).map_err(failed)?;
    std::fs::rename(&part, path).map_err(failed)
}
