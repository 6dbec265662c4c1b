//! `connectwise-etl extract ENDPOINT`: any list of the API to ndjson, CSV or Parquet.
//!
//! Invariant: a file must appear under its name complete or not at all; in ndjson and CSV every value must be the API's
//! own text. ndjson to standard output, or into a pipe, is written as it arrives.

mod parquet;

use super::args::{ExcelArgs, RateArgs};
use super::csv::{Cell, Csv, no_csv};
use super::output::{Output, grouped};
use super::output_file::{OutputFile, Scratch, Stop};
use crate::client::{Client, ClientError, List};
use crate::conditions::Condition;
use crate::error::{Error, Result};
use crate::progress::EntityProgress;
use crate::settings::hash_key;
use clap::{Args, ValueEnum};
use futures::TryStreamExt as _;
use indexmap::IndexMap;
use serde_json::value::RawValue;
use std::io::{BufRead as _, ErrorKind, IsTerminal as _, Write};
use std::path::Path;

#[derive(Debug, Args)]
pub(super) struct ExtractArgs {
    /// A list below the base, e.g. /time/entries or /service/tickets
    endpoint: String,
    /// Which records, e.g. 'lastUpdated > 7d and company/name = "Vík"' (90min, 12h, 7d, 2w: so long ago)
    #[arg(long, value_name = "C")]
    conditions: Option<String>,
    /// Which records, by the items of their lists, e.g. 'customFields/caption = "Tier"'
    #[arg(long, value_name = "C")]
    child_conditions: Option<String>,
    /// Which records, by a custom field, e.g. 'caption = "Tier" and value = "Gold"'
    #[arg(long, value_name = "C")]
    custom_field_conditions: Option<String>,
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
    /// The form of the output; by the file's name where left out, else ndjson
    #[arg(long, value_enum)]
    format: Option<Form>,
    #[command(flatten)]
    excel: ExcelArgs,
    /// Where to: a file, a pipe or a device; - is standard output
    #[arg(long, value_name = "FILE", default_value = "-")]
    output: String,
    #[command(flatten)]
    rate: RateArgs,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Form {
    /// A record a line, as the API wrote it.
    #[default]
    Ndjson,
    /// Comma-separated, with a header; what is nested as JSON.
    Csv,
    /// Parquet; entities in their bronze shape, others by what is found, as text where nothing else is exact.
    Parquet,
}

impl ExtractArgs {
    fn form(&self) -> Result<Form> {
        match (self.format, self.excel.excel) {
            (Some(Form::Ndjson | Form::Parquet), Some(_)) => Err(no_csv()),
            (None, Some(_)) => Ok(Form::Csv),
            (Some(Form::Parquet), None) if self.output == "-" && std::io::stdout().is_terminal() => {
                Err(Error::Usage("Parquet is not for a terminal: name a file with --output FILE".to_owned()))
            }
            (Some(form), _) => Ok(form),
            // The file's name says it, where nothing else does.
            (None, None) => Ok(match Path::new(&self.output).extension().and_then(|extension| extension.to_str()) {
                Some("csv") => Form::Csv,
                Some("parquet") => Form::Parquet,
                _ => Form::Ndjson,
            }),
        }
    }

    /// Builds the list that the arguments ask for.
    fn list(&self, client: &Client) -> Result<List> {
        let now = chrono::Utc::now();
        let read = |name: &str, text: &Option<String>| {
            let read = text.as_ref().map(|text| Condition::parse(text, now)).transpose();
            read.map_err(|error| Error::Usage(format!("{name}: {error}")))
        };
        let mut list =
            client.list_at(&self.endpoint).hash_key(hash_key()?).fields(&self.fields)?.page_size(self.page_size);
        if let Some(conditions) = read("--conditions", &self.conditions)? {
            list = list.conditions(conditions)?;
        }
        if let Some(conditions) = read("--child-conditions", &self.child_conditions)? {
            list = list.child_conditions(conditions)?;
        }
        if let Some(conditions) = read("--custom-field-conditions", &self.custom_field_conditions)? {
            list = list.custom_field_conditions(conditions)?;
        }
        if let Some(order) = &self.order_by {
            list = list.order_by(order)?;
        }
        if let Some(limit) = self.limit {
            list = list.limit(limit);
        }
        list.check()?;
        Ok(list)
    }
}

pub(super) async fn execute(args: &ExtractArgs, output: &mut Output) -> Result<u8> {
    // Every error of the command line is reported before the first request.
    let form = args.form()?;
    let client = Client::from_env(args.rate.into())?;
    let list = args.list(&client)?;
    let mut target = OutputFile::new(&args.output)?;
    let stop = target.stop();
    let watcher = output.watch().entity(&args.endpoint, None);
    let list = list.observed(watcher.clone());
    let written = stop.or(write(list, args, form, &watcher, &stop, &mut target, output)).await;
    let is_stream = target.is_stream();
    let ended = match written {
        Ok(records) => {
            watcher.done();
            target.finish(output).map(|()| records)
        }
        Err(error) => Err(error),
    };
    match ended {
        Ok(records) => {
            if args.output != "-" {
                output.progress(format!("{} records in {}", grouped(records), args.output));
            }
            Ok(0)
        }
        // The reader of the output has enough of it.
        Err(Error::Io { source, .. }) if is_stream && source.kind() == ErrorKind::BrokenPipe => {
            watcher.done();
            Ok(0)
        }
        Err(error) => {
            watcher.dropped();
            Err(with_advice(error, &args.endpoint))
        }
    }
}

/// Says of a list that is not there what to look at: here the endpoint was typed, and the address need not be wrong.
fn with_advice(error: Error, endpoint: &str) -> Error {
    match error {
        Error::Client(ClientError::NotFound { url, message }) => Error::query(format!(
            "nothing at {url} (HTTP 404: {message}): look {endpoint} up in the API's reference at \
             developer.connectwise.com; where other lists are not found either, `connectwise-etl doctor` checks the \
             address and the login"
        )),
        other => other,
    }
}

async fn write(
    list: List,
    args: &ExtractArgs,
    form: Form,
    watcher: &EntityProgress,
    stop: &Stop,
    target: &mut OutputFile,
    output: &mut Output,
) -> Result<u64> {
    let before = list.count().await?;
    match (before, args.limit) {
        (Some(before), limit) => watcher.expect(limit.map_or(before, |limit| limit.min(before))),
        (None, _) => watcher.expect_any(),
    }
    let list = list.expecting(before);
    let counted = list.clone();
    let records = match (form, list.schema()) {
        // What went down a pipe can't be taken back: the exit status tells whether it was everything.
        (Form::Ndjson, _) => lines(list, target.at_once(output)).await?.0,
        (Form::Csv, _) => {
            let mut scratch = Scratch::new()?;
            let (records, columns) = lines(list, &mut scratch.file).await?;
            csv(&mut scratch, &columns, stop, Csv::new(target.draft(), args.excel.excel))?;
            records
        }
        (Form::Parquet, Some(schema)) => parquet::shaped(list, &schema, &args.fields, target).await?,
        (Form::Parquet, None) => {
            let mut scratch = Scratch::new()?;
            let (records, _) = lines(list, &mut scratch.file).await?;
            parquet::inferred(&mut scratch, stop, target)?;
            records
        }
    };
    // The whole of it can be one object. Said after it came: a list that is not there counts nothing, either.
    if before.is_none() {
        let no_count = "the endpoint counts nothing, so what came can't be compared with how much there is";
        output.progress(format!("{}: {no_count}", args.endpoint));
    }
    if let (Some(before), None) = (before, args.limit) {
        let after = counted.count().await?.unwrap_or(before);
        if records < before.min(after) || records > before.max(after) {
            let kept = if target.is_stream() && form == Form::Ndjson {
                "what was written is not all"
            } else {
                "nothing was kept"
            };
            return Err(Error::query(format!(
                "{}: {records} records came, but the API counts {}; {kept}, try again",
                args.endpoint,
                if before == after { before.to_string() } else { format!("{before} and then {after}") }
            )));
        }
    }
    Ok(records)
}

/// Writes one record per line; returns how many, and the names of their properties in order of appearance.
async fn lines(list: List, out: &mut (dyn Write + Send)) -> Result<(u64, IndexMap<String, ()>)> {
    let mut records = list.records();
    let (mut count, mut columns) = (0, IndexMap::new());
    while let Some(record) = records.try_next().await? {
        let wrong = |error: serde_json::Error| Error::data("a record", error);
        let properties: IndexMap<String, &RawValue> = serde_json::from_slice(&record).map_err(wrong)?;
        for name in properties.into_keys() {
            columns.entry(name).or_default();
        }
        // Line breaks between two values are white space; a JSON string has none.
        let mut line: Vec<u8> =
            record.iter().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte }).collect();
        line.push(b'\n');
        out.write_all(&line).map_err(failed)?;
        count += 1;
    }
    out.flush().map_err(failed)?;
    Ok((count, columns))
}

/// Converts lines of JSON to lines of CSV.
fn csv(scratch: &mut Scratch, columns: &IndexMap<String, ()>, stop: &Stop, mut csv: Csv<impl Write>) -> Result<()> {
    if !columns.is_empty() {
        csv.row(columns.keys().map(|name| Cell::Text(name))).map_err(failed)?;
    }
    for line in scratch.reader()?.lines() {
        stop.check()?;
        let line = line.map_err(failed)?;
        let wrong = |error: serde_json::Error| Error::data("a record", error);
        let record: IndexMap<String, &RawValue> = serde_json::from_str(&line).map_err(wrong)?;
        let values: Vec<&str> =
            columns.keys().map(|name| record.get(name).map_or("null", |value| value.get())).collect();
        let mut texts = Vec::with_capacity(values.len());
        for value in &values {
            let is_text = value.starts_with('"');
            texts.push(if is_text { Some(serde_json::from_str::<String>(value).map_err(wrong)?) } else { None });
        }
        let cells = values.iter().zip(&texts).map(|(value, text)| match (text, value.as_bytes().first()) {
            (Some(text), _) => Cell::Text(text),
            _ if *value == "null" => Cell::Null,
            (None, Some(b'-' | b'0'..=b'9')) => Cell::Number(value),
            _ => Cell::Text(value),
        });
        csv.row(cells).map_err(failed)?;
    }
    Ok(())
}

fn failed(error: std::io::Error) -> Error {
    Error::io("writing the output", error)
}
