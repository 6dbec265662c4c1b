//! `connectwise-etl extract ENDPOINT`: any list of the API to ndjson, CSV or Parquet.
//!
//! Invariant: a file appears under its name when it is whole, or not at all; of ndjson and CSV every value is the
//! API's own text. What goes to standard output as ndjson is written as it comes.

use super::PaceArgs;
use super::output::{Output, grouped};
use crate::client::{Client, ClientError, List, Traffic};
use crate::conditions::Condition;
use crate::error::{Error, Result};
use crate::lake::footer::said;
use crate::progress::EntityProgress;
use crate::settings::hash_key;
use clap::{Args, ValueEnum};
use futures::TryStreamExt as _;
use indexmap::IndexMap;
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;
use serde_json::value::RawValue;
use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, ErrorKind, Seek as _, Write};
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(super) struct ExtractArgs {
    /// A list below the base, e.g. /time/entries or /service/tickets
    endpoint: String,
    /// Which records, e.g. 'lastUpdated > 7d and company/name = "Vík"' (90min, 12h, 7d, 2w: so long ago)
    #[arg(long, value_name = "C")]
    conditions: Option<String>,
    /// Which properties, e.g. id,company/name (all where left out)
    #[arg(long, value_delimiter = ',', value_name = "A,B")]
    fields: Vec<String>,
    /// In which order, e.g. 'name asc'; read by page numbers then
    #[arg(long, value_name = "O")]
    order_by: Option<String>,
    /// Records a request, up to 1000
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..=1000))]
    page_size: u64,
    /// Stop after so many records
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
    /// The form of the output
    #[arg(long, value_enum, default_value_t)]
    format: Form,
    /// Where to; - is standard output
    #[arg(long, value_name = "FILE", default_value = "-")]
    output: String,
    #[command(flatten)]
    pace: PaceArgs,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Form {
    /// A record a line, as the API wrote it.
    #[default]
    Ndjson,
    /// Comma-separated, with a header; what is nested as JSON.
    Csv,
    /// Parquet; entities in their bronze shape, others by what is found.
    Parquet,
}

pub(super) async fn execute(args: &ExtractArgs, output: &mut Output) -> Result<u8> {
    // Everything that can be wrong in the command is said before the first request.
    let conditions = match &args.conditions {
        Some(text) => {
            Some(Condition::parse(text, chrono::Utc::now()).map_err(|error| Error::Usage(error.to_string()))?)
        }
        None => None,
    };
    let client = Client::from_env(args.pace.into())?;
    let mut list = client.list(&args.endpoint).hash_key(hash_key()?).fields(&args.fields)?.page_size(args.page_size);
    if let Some(conditions) = &conditions {
        list = list.conditions(conditions.clone())?;
    }
    if let Some(order) = &args.order_by {
        list = list.order_by(order)?;
    }
    if let Some(limit) = args.limit {
        list = list.limit(limit);
    }
    list.check()?;
    let mut target = Target::new(&args.output)?;
    let watcher = output.watch().entity(&args.endpoint, None);
    let list = list.watched(&watcher);
    let written = write(&client, list, args, conditions.as_ref(), &watcher, &mut target, output).await;
    match written {
        Ok(records) => {
            watcher.done();
            target.finish(output)?;
            if args.output != "-" {
                output.progress(format!("{} records in {}", grouped(records), args.output));
            }
            Ok(0)
        }
        // Whoever read the output has enough of it.
        Err(Error::Io { source, .. }) if args.output == "-" && source.kind() == ErrorKind::BrokenPipe => {
            watcher.done();
            Ok(0)
        }
        Err(error) => {
            watcher.failed(&error.to_string());
            Err(error)
        }
    }
}

async fn write(
    client: &Client,
    list: List,
    args: &ExtractArgs,
    conditions: Option<&Condition>,
    watcher: &EntityProgress,
    target: &mut Target,
    output: &mut Output,
) -> Result<u64> {
    let condition = conditions.map(ToString::to_string);
    let traffic = Traffic::watched(watcher);
    let before = count(client, &args.endpoint, condition.as_deref(), &traffic).await?;
    match (before, args.limit) {
        (Some(before), limit) => watcher.expect(limit.map_or(before, |limit| limit.min(before))),
        (None, _) => {
            watcher.expect_any();
            let no_count = "the endpoint counts nothing, so what comes can't be compared with how much there is";
            output.progress(format!("{}: {no_count}", args.endpoint));
        }
    }
    let list = list.expecting(before);
    let records = match (args.format, list.table()) {
        // What has gone down a pipe is gone: the exit status tells whether it was all.
        (Form::Ndjson, _) if args.output == "-" => lines(list, output.writer()).await?.0,
        (Form::Ndjson, _) => lines(list, &mut target.file).await?.0,
        (Form::Csv, _) => {
            let mut scratch = Target::scratch()?;
            let (records, columns) = lines(list, &mut scratch.file).await?;
            csv(&mut scratch, &columns, &mut target.file)?;
            records
        }
        (Form::Parquet, Some(_)) => shaped(list, target).await?,
        (Form::Parquet, None) => {
            let mut scratch = Target::scratch()?;
            let (records, _) = lines(list, &mut scratch.file).await?;
            inferred(&mut scratch, target, records)?;
            records
        }
    };
    // A list without a count (the whole of it is one object, say) can't be compared.
    if let (Some(before), None) = (before, args.limit) {
        let after = count(client, &args.endpoint, condition.as_deref(), &traffic).await?.unwrap_or(before);
        if records < before.min(after) || records > before.max(after) {
            let kept = if args.output == "-" && matches!(args.format, Form::Ndjson) {
                "what was written is not all"
            } else {
                "nothing was kept"
            };
            return Err(Error::Query(format!(
                "{}: {records} records came, but the API counts {}; {kept}, try again",
                args.endpoint,
                if before == after { before.to_string() } else { format!("{before} and then {after}") }
            )));
        }
    }
    Ok(records)
}

/// How many records there are, where the endpoint counts them.
async fn count(client: &Client, endpoint: &str, condition: Option<&str>, traffic: &Traffic) -> Result<Option<u64>> {
    match client.count(endpoint, condition, traffic).await {
        Ok(count) => Ok(Some(count)),
        Err(ClientError::NotFound { .. } | ClientError::Refused { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// A record a line; how many, and the names of their properties in the order in which they came.
async fn lines(list: List, out: &mut (dyn Write + Send)) -> Result<(u64, IndexMap<String, ()>)> {
    let mut records = list.records();
    let (mut count, mut columns) = (0, IndexMap::new());
    while let Some(record) = records.try_next().await? {
        let wrong = |error: serde_json::Error| Error::data("a record", error);
        let properties: IndexMap<String, &RawValue> = serde_json::from_slice(&record).map_err(wrong)?;
        for name in properties.into_keys() {
            columns.entry(name).or_default();
        }
        // Line breaks between two values are white space; in a text JSON has none.
        let line: Vec<u8> =
            record.iter().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte }).collect();
        out.write_all(&line).and_then(|()| out.write_all(b"\n")).map_err(failed)?;
        count += 1;
    }
    out.flush().map_err(failed)?;
    Ok((count, columns))
}

/// Lines of JSON as lines of CSV.
fn csv(scratch: &mut Target, columns: &IndexMap<String, ()>, out: &mut impl Write) -> Result<()> {
    let header: Vec<String> = columns.keys().map(|name| quoted(name)).collect();
    if !header.is_empty() {
        writeln!(out, "{}", header.join(",")).map_err(failed)?;
    }
    for line in scratch.reader()?.lines() {
        let line = line.map_err(failed)?;
        let wrong = |error: serde_json::Error| Error::data("a record", error);
        let record: IndexMap<String, &RawValue> = serde_json::from_str(&line).map_err(wrong)?;
        let mut cells = Vec::with_capacity(columns.len());
        for name in columns.keys() {
            cells.push(match record.get(name).map(|value| value.get()) {
                None | Some("null") => String::new(),
                Some(text) if text.starts_with('"') => quoted(&serde_json::from_str::<String>(text).map_err(wrong)?),
                Some(text) => quoted(text),
            });
        }
        writeln!(out, "{}", cells.join(",")).map_err(failed)?;
    }
    out.flush().map_err(failed)
}

/// In quotes where CSV needs them.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) || text.is_empty() {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

/// An entity's records in its own shape.
async fn shaped(list: List, target: &mut Target) -> Result<u64> {
    let schema =
        list.table().map_or_else(|| arrow::datatypes::Schema::empty().into(), connectwise_runtime::bronze_schema);
    let wrong = |error: parquet::errors::ParquetError| Error::data("Parquet", error);
    let mut writer = ArrowWriter::try_new(&mut target.file, schema, Some(properties())).map_err(wrong)?;
    let mut batches = list.batches()?;
    let mut records = 0;
    while let Some(batch) = batches.try_next().await? {
        records += batch.num_rows() as u64;
        writer.write(&batch).map_err(wrong)?;
    }
    writer.close().map_err(wrong)?;
    Ok(records)
}

/// Lines of JSON, whose types are what all of them have in common.
fn inferred(scratch: &mut Target, target: &mut Target, records: u64) -> Result<()> {
    let wrong = |error: &dyn std::fmt::Display| {
        Error::data("Parquet", format!("{error}; the records have no types in common: use --format ndjson or csv"))
    };
    if records == 0 {
        return Err(Error::data("Parquet", "there are no records to find the types by: use --format ndjson"));
    }
    let (schema, _) = arrow::json::reader::infer_json_schema(scratch.reader()?, None).map_err(|error| wrong(&error))?;
    let schema = std::sync::Arc::new(schema);
    let rows = arrow::json::ReaderBuilder::new(std::sync::Arc::clone(&schema))
        .build(scratch.reader()?)
        .map_err(|error| wrong(&error))?;
    let mut writer =
        ArrowWriter::try_new(&mut target.file, schema, Some(properties())).map_err(|error| wrong(&error))?;
    for batch in rows {
        let batch = batch.map_err(|error| wrong(&error))?;
        writer.write(&batch).map_err(|error| wrong(&error))?;
    }
    writer.close().map_err(|error| wrong(&error))?;
    Ok(())
}

/// As tables have them: Spark reads old dates from no other files.
fn properties() -> WriterProperties {
    WriterProperties::builder().set_key_value_metadata(Some(said())).build()
}

fn failed(error: std::io::Error) -> Error {
    Error::io("writing the output", error)
}

/// What is being written: a file beside its final place, or one that is copied to standard output when it is whole.
struct Target {
    file: BufWriter<File>,
    partial: PathBuf,
    place: Option<PathBuf>,
}

impl Target {
    fn new(output: &str) -> Result<Self> {
        if output == "-" {
            return Self::scratch();
        }
        let place = PathBuf::from(output);
        let name = place.file_name().map(|name| name.to_string_lossy().into_owned());
        let Some(name) = name.filter(|_| !place.is_dir()) else {
            return Err(Error::Usage(format!("--output {output} names no file")));
        };
        let random = uuid::Uuid::new_v4().simple().to_string();
        Self::at(place.with_file_name(format!(".{name}.{}.partial", &random[..8])), Some(place))
    }

    /// A file for the time of the command.
    fn scratch() -> Result<Self> {
        let random = uuid::Uuid::new_v4().simple();
        Self::at(std::env::temp_dir().join(format!("connectwise-etl-extract-{random}")), None)
    }

    fn at(partial: PathBuf, place: Option<PathBuf>) -> Result<Self> {
        let file = File::options().read(true).write(true).create_new(true).open(&partial);
        let file = file.map_err(|error| Error::io(format!("creating {}", partial.display()), error))?;
        Ok(Self { file: BufWriter::new(file), partial, place })
    }

    /// What was written so far, from its start.
    fn reader(&mut self) -> Result<BufReader<File>> {
        self.file.flush().map_err(failed)?;
        let mut file = File::open(&self.partial).map_err(failed)?;
        file.rewind().map_err(failed)?;
        Ok(BufReader::new(file))
    }

    fn finish(mut self, output: &mut Output) -> Result<()> {
        self.file.flush().map_err(failed)?;
        match &self.place {
            Some(place) => rename(&self.partial, place),
            None => {
                let mut whole = self.reader()?;
                output.copy(&mut whole)
            }
        }
    }
}

fn rename(from: &Path, to: &Path) -> Result<()> {
    std::fs::rename(from, to).map_err(|error| Error::io(format!("moving the output to {}", to.display()), error))
}

impl Drop for Target {
    fn drop(&mut self) {
        // Gone already where it was moved to its place.
        let _ = std::fs::remove_file(&self.partial);
    }
}
