//! Parquet output: an entity in its bronze schema, any other list in a schema that is inferred from its records.
//!
//! Invariant: no digit may be lost. What has no type that holds all of its values exactly must be text, as it was
//! written.

use super::super::output_file::{OutputFile, Scratch, Stop};
use crate::client::List;
use crate::error::{Error, Result};
use crate::lake::footer_metadata;
use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef};
use futures::TryStreamExt as _;
use indexmap::IndexMap;
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;
use serde_json::value::RawValue;
use std::io::BufRead as _;
use std::sync::Arc;

/// Number of lines that are converted to rows at a time.
const LINES: usize = 1024;
/// Whole numbers up to this one are exact as doubles, too.
const LARGEST_EXACT: u64 = 1 << 53;

type Properties<'r> = IndexMap<String, &'r RawValue>;

/// Writes an entity's records in its own schema, or the part of it that is asked for.
pub(super) async fn shaped(list: List, schema: &SchemaRef, fields: &[String], target: &mut OutputFile) -> Result<u64> {
    let wrong = |error: parquet::errors::ParquetError| Error::data("Parquet", error);
    let first = |name: &str| name.split('/').next().unwrap_or_default().trim().to_owned();
    let asked: Vec<String> = fields.iter().map(|name| first(name)).collect();
    let is_asked = |name: &str| asked.is_empty() || name == "_unknown" || asked.iter().any(|asked| asked == name);
    let columns = schema.fields().iter().enumerate().filter(|(_, field)| is_asked(field.name()));
    let columns: Vec<usize> = columns.map(|(index, _)| index).collect();
    let shown = schema.project(&columns).map_err(|error| Error::data("Parquet", error))?;
    let mut writer = ArrowWriter::try_new(target.draft(), Arc::new(shown), Some(as_tables())).map_err(wrong)?;
    let mut batches = list.batches()?;
    let mut records = 0;
    while let Some(batch) = batches.try_next().await? {
        records += batch.num_rows() as u64;
        let batch = batch.project(&columns).map_err(|error| Error::data("Parquet", error))?;
        writer.write(&batch).map_err(wrong)?;
    }
    writer.close().map_err(wrong)?;
    Ok(records)
}

/// Writes lines of JSON in the shape that all of them have in common.
pub(super) fn inferred(scratch: &mut Scratch, stop: &Stop, target: &mut OutputFile) -> Result<()> {
    let wrong = |error: &dyn std::fmt::Display| Error::data("Parquet", error.to_string());
    let mut shape = Shape::Nothing;
    for line in scratch.reader()?.lines() {
        stop.check()?;
        shape = shape.and(Shape::of(&line.map_err(super::failed)?).map_err(|error| wrong(&error))?);
    }
    // Without a record there is no column.
    let properties = if let Shape::Object(properties) = &shape { fields(properties) } else { Fields::empty() };
    let schema = Arc::new(Schema::new(properties));
    let mut writer =
        ArrowWriter::try_new(target.draft(), Arc::clone(&schema), Some(as_tables())).map_err(|error| wrong(&error))?;
    let mut decoder = arrow::json::ReaderBuilder::new(schema)
        .with_batch_size(LINES)
        .build_decoder()
        .map_err(|error| wrong(&error))?;
    let mut waiting = 0;
    for line in scratch.reader()?.lines() {
        stop.check()?;
        let mut row = Vec::new();
        write_as(&line.map_err(super::failed)?, &shape, &mut row).map_err(|error| wrong(&error))?;
        row.push(b'\n');
        decoder.decode(&row).map_err(|error| wrong(&error))?;
        waiting += 1;
        if waiting == LINES {
            waiting = 0;
            if let Some(batch) = decoder.flush().map_err(|error| wrong(&error))? {
                writer.write(&batch).map_err(|error| wrong(&error))?;
            }
        }
    }
    if let Some(batch) = decoder.flush().map_err(|error| wrong(&error))? {
        writer.write(&batch).map_err(|error| wrong(&error))?;
    }
    writer.close().map_err(|error| wrong(&error))?;
    Ok(())
}

/// Returns the properties of tables' files: Spark reads old dates from no other files.
fn as_tables() -> WriterProperties {
    WriterProperties::builder().set_key_value_metadata(Some(footer_metadata())).build()
}

/// Shape that values have in common.
#[derive(Debug, Clone, PartialEq)]
enum Shape {
    /// Only nulls.
    Nothing,
    Boolean,
    /// Whole numbers; `small` where they are exact as doubles, too.
    Integer {
        small: bool,
    },
    /// Numbers that a double holds exactly as they are written.
    Number,
    /// Texts, and whatever fits nothing else, as JSON.
    Text,
    Object(IndexMap<String, Shape>),
    List(Box<Shape>),
}

impl Shape {
    /// Infers the shape of one value.
    fn of(json: &str) -> serde_json::Result<Self> {
        Ok(match json.as_bytes().first() {
            Some(b'n') => Shape::Nothing,
            Some(b't' | b'f') => Shape::Boolean,
            Some(b'{') => {
                let properties: Properties<'_> = serde_json::from_str(json)?;
                let shapes = properties.into_iter().map(|(name, value)| Ok((name, Shape::of(value.get())?)));
                Shape::Object(shapes.collect::<serde_json::Result<_>>()?)
            }
            Some(b'[') => {
                let items: Vec<&RawValue> = serde_json::from_str(json)?;
                let shapes = items.into_iter().map(|item| Shape::of(item.get()));
                let all = shapes.into_iter().try_fold(Shape::Nothing, |all, item| Ok(all.and(item?)));
                Shape::List(Box::new(all?))
            }
            Some(b'-' | b'0'..=b'9') => match json.parse::<i64>() {
                Ok(whole) if json != "-0" => Shape::Integer { small: whole.unsigned_abs() <= LARGEST_EXACT },
                _ if is_exact(json) => Shape::Number,
                _ => Shape::Text,
            },
            _ => Shape::Text,
        })
    }

    /// Returns the shape that takes values of both.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Shape::Nothing, shape) | (shape, Shape::Nothing) => shape,
            (Shape::Integer { small }, Shape::Integer { small: other }) => Shape::Integer { small: small && other },
            (Shape::Integer { small: true }, Shape::Number) | (Shape::Number, Shape::Integer { small: true }) => {
                Shape::Number
            }
            (Shape::Object(mut properties), Shape::Object(others)) => {
                for (name, other) in others {
                    let shape = properties.entry(name).or_insert(Shape::Nothing);
                    *shape = std::mem::replace(shape, Shape::Nothing).and(other);
                }
                Shape::Object(properties)
            }
            (Shape::List(items), Shape::List(others)) => Shape::List(Box::new(items.and(*others))),
            (shape, other) if shape == other => shape,
            _ => Shape::Text,
        }
    }

    fn data_type(&self) -> DataType {
        match self {
            Shape::Boolean => DataType::Boolean,
            Shape::Integer { .. } => DataType::Int64,
            Shape::Number => DataType::Float64,
            Shape::Object(properties) if !properties.is_empty() => DataType::Struct(fields(properties)),
            Shape::List(items) => DataType::new_list(items.data_type(), true),
            // Parquet has no objects without properties.
            Shape::Nothing | Shape::Text | Shape::Object(_) => DataType::Utf8,
        }
    }
}

fn fields(properties: &IndexMap<String, Shape>) -> Fields {
    properties.iter().map(|(name, shape)| Field::new(name, shape.data_type(), true)).collect()
}

/// Writes a value so that a reader of its shape's type accepts it.
fn write_as(json: &str, shape: &Shape, out: &mut Vec<u8>) -> serde_json::Result<()> {
    match shape {
        _ if json == "null" => out.extend_from_slice(b"null"),
        Shape::Object(shapes) if !shapes.is_empty() => {
            let properties: Properties<'_> = serde_json::from_str(json)?;
            out.push(b'{');
            for (index, (name, value)) in properties.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                serde_json::to_writer(&mut *out, name)?;
                out.push(b':');
                write_as(value.get(), shapes.get(name).unwrap_or(&Shape::Nothing), out)?;
            }
            out.push(b'}');
        }
        Shape::List(shape) => {
            let items: Vec<&RawValue> = serde_json::from_str(json)?;
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_as(item.get(), shape, out)?;
            }
            out.push(b']');
        }
        Shape::Nothing | Shape::Text | Shape::Object(_) if !json.starts_with('"') => serde_json::to_writer(out, json)?,
        _ => out.extend_from_slice(json.as_bytes()),
    }
    Ok(())
}

/// Returns whether a double is, to the last digit, the number that is written.
fn is_exact(number: &str) -> bool {
    number.parse::<f64>().is_ok_and(|double| {
        let (written, read) = (Digits::of(number), Digits::of(&format!("{double:e}")));
        written.is_some() && written == read
    })
}

/// Digits of a number, in whatever way it is written.
#[derive(Debug, PartialEq)]
struct Digits {
    negative: bool,
    significant: String,
    exponent: i64,
}

impl Digits {
    fn of(text: &str) -> Option<Self> {
        let (negative, text) = text.strip_prefix('-').map_or((false, text), |text| (true, text));
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let exponent = exponent.parse::<i64>().ok()?.checked_sub(i64::try_from(fraction.len()).ok()?)?;
        let all = format!("{whole}{fraction}");
        let digits = all.trim_start_matches('0');
        let significant = digits.trim_end_matches('0').to_owned();
        if significant.is_empty() {
            return Some(Self { negative, significant, exponent: 0 });
        }
        let zeros = i64::try_from(digits.len() - significant.len()).ok()?;
        Some(Self { negative, significant, exponent: exponent.checked_add(zeros)? })
    }
}

#[cfg(test)]
mod tests;
