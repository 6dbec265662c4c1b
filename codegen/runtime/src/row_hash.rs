//! Hashes of rows, to tell whether a row's content changed.
//!
//! Invariants:
//! - Rows with the same values have the same hash, however their batch was cut, sliced, or encoded (text as any of
//!   Arrow's text types, dictionaries). The entries of a map count in any order.
//! - Rows with other values have another hash but for a chance of 2⁻¹²⁸: each row is written out unambiguously (null
//!   and empty apart, texts and lists with their lengths) and hashed as a whole. NaNs are all alike; 0.0 and -0.0 are
//!   not.
//! - The hash of a row is the same on every machine and in every run; it may change with a version of this crate.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowDictionaryKeyType, ArrowPrimitiveType, Date32Type, Date64Type, Decimal128Type, Float32Type, Float64Type,
    Int8Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{
    Array, BinaryArray, BooleanArray, DictionaryArray, LargeBinaryArray, LargeStringArray, PrimitiveArray, RecordBatch,
    StringArray, StringViewArray, downcast_dictionary_array,
};
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, TimeUnit};
use xxhash_rust::xxh3::xxh3_128;

use crate::error::Error;

/// Computes the hash of each row's values in the given columns, in the given order.
///
/// # Errors
/// A column is not in the batch, or has a type that no table has.
pub fn row_hashes(batch: &RecordBatch, columns: &[usize]) -> Result<Vec<u128>, Error> {
    let mut cells = Vec::with_capacity(columns.len());
    for index in columns {
        let column = batch.columns().get(*index).ok_or_else(|| Error::MissingColumn { column: index.to_string() })?;
        let schema = batch.schema_ref();
        let name = schema.fields().get(*index).map_or("", |field| field.name().as_str());
        cells.push(Cells::new(column.as_ref(), name)?);
    }
    let mut written = Vec::new();
    let hash = |row| {
        written.clear();
        cells.iter().for_each(|cells| cells.write(row, &mut written));
        xxh3_128(&written)
    };
    Ok((0..batch.num_rows()).map(hash).collect())
}

/// Cells of an array, any of which can be written out.
struct Cells<'a> {
    nulls: Option<&'a NullBuffer>,
    values: Values<'a>,
}

enum Values<'a> {
    Null,
    Bool(&'a BooleanArray),
    /// Whole numbers, dates, times: their 64-bit value.
    Int(Box<dyn Fn(usize) -> i64 + 'a>),
    Int64(&'a [i64]),
    Float64(&'a [f64]),
    Decimal(&'a [i128]),
    Text(&'a StringArray),
    LargeText(&'a LargeStringArray),
    TextView(&'a StringViewArray),
    Binary(&'a BinaryArray),
    LargeBinary(&'a LargeBinaryArray),
    Struct(Vec<Cells<'a>>),
    List(Box<dyn Fn(usize) -> std::ops::Range<usize> + 'a>, Box<Cells<'a>>),
    Map(&'a [i32], Box<[Cells<'a>; 2]>),
    Dictionary(Box<dyn Fn(usize) -> usize + 'a>, Box<Cells<'a>>),
}

fn ints<'a, T: ArrowPrimitiveType>(array: &'a dyn Array) -> Values<'a>
where
    T::Native: Into<i64>,
{
    let array: &'a PrimitiveArray<T> = array.as_primitive();
    Values::Int(Box::new(move |row| array.value(row).into()))
}

impl<'a> Cells<'a> {
    fn new(array: &'a dyn Array, name: &str) -> Result<Self, Error> {
        let values = match array.data_type() {
            DataType::Null => Values::Null,
            DataType::Boolean => Values::Bool(array.as_boolean()),
            DataType::Int8 => ints::<Int8Type>(array),
            DataType::Int16 => ints::<Int16Type>(array),
            DataType::Int32 => ints::<Int32Type>(array),
            DataType::UInt8 => ints::<UInt8Type>(array),
            DataType::UInt16 => ints::<UInt16Type>(array),
            DataType::UInt32 => ints::<UInt32Type>(array),
            DataType::UInt64 => {
                let array = array.as_primitive::<UInt64Type>();
                Values::Int(Box::new(move |row| array.value(row).cast_signed()))
            }
            DataType::Date32 => ints::<Date32Type>(array),
            DataType::Int64 => Values::Int64(array.as_primitive::<Int64Type>().values()),
            DataType::Date64 => Values::Int64(array.as_primitive::<Date64Type>().values()),
            DataType::Timestamp(unit, _) => Values::Int64(match unit {
                TimeUnit::Second => array.as_primitive::<TimestampSecondType>().values(),
                TimeUnit::Millisecond => array.as_primitive::<TimestampMillisecondType>().values(),
                TimeUnit::Microsecond => array.as_primitive::<TimestampMicrosecondType>().values(),
                TimeUnit::Nanosecond => array.as_primitive::<TimestampNanosecondType>().values(),
            }),
            DataType::Float32 => {
                let array = array.as_primitive::<Float32Type>();
                Values::Int(Box::new(move |row| float_bits(array.value(row).into())))
            }
            DataType::Float64 => Values::Float64(array.as_primitive::<Float64Type>().values()),
            DataType::Decimal128(_, _) => Values::Decimal(array.as_primitive::<Decimal128Type>().values()),
            DataType::Utf8 => Values::Text(array.as_string()),
            DataType::LargeUtf8 => Values::LargeText(array.as_string()),
            DataType::Utf8View => Values::TextView(array.as_string_view()),
            DataType::Binary => Values::Binary(array.as_binary()),
            DataType::LargeBinary => Values::LargeBinary(array.as_binary()),
            DataType::Struct(_) => {
                let columns = array.as_struct().columns().iter();
                Values::Struct(columns.map(|column| Self::new(column.as_ref(), name)).collect::<Result<_, _>>()?)
            }
            DataType::List(_) => {
                let list = array.as_list::<i32>();
                let (ends, items) = (list.value_offsets(), Self::new(list.values().as_ref(), name)?);
                Values::List(Box::new(move |row| range(ends, row, |end| end as usize)), Box::new(items))
            }
            DataType::LargeList(_) => {
                let list = array.as_list::<i64>();
                let (ends, items) = (list.value_offsets(), Self::new(list.values().as_ref(), name)?);
                Values::List(Box::new(move |row| range(ends, row, |end| end as usize)), Box::new(items))
            }
            DataType::Map(_, _) => {
                let map = array.as_map();
                let parts = [map.keys(), map.values()].map(|part| Self::new(part.as_ref(), name));
                let [keys, values] = parts;
                Values::Map(map.value_offsets(), Box::new([keys?, values?]))
            }
            DataType::Dictionary(_, _) => downcast_dictionary_array!(
                array => dictionary(array, name)?,
                _ => return Err(unreadable(array, name))
            ),
            _ => return Err(unreadable(array, name)),
        };
        Ok(Self { nulls: array.nulls(), values })
    }

    #[inline]
    fn write(&self, row: usize, out: &mut Vec<u8>) {
        if self.nulls.is_some_and(|nulls| nulls.is_null(row)) {
            out.push(0);
            return;
        }
        // A dictionary's own value can be null, so it writes its mark itself.
        match &self.values {
            Values::Null => return out.push(0),
            Values::Dictionary(key, values) => return values.write(key(row), out),
            _ => out.push(1),
        }
        match &self.values {
            Values::Null | Values::Dictionary(..) => {}
            Values::Bool(array) => out.push(u8::from(array.value(row))),
            Values::Int(value) => out.extend_from_slice(&value(row).to_le_bytes()),
            Values::Int64(values) => fixed(values.get(row).map(|value| value.to_le_bytes()), out),
            Values::Float64(values) => fixed(values.get(row).map(|value| float_bits(*value).to_le_bytes()), out),
            Values::Decimal(values) => fixed(values.get(row).map(|value| value.to_le_bytes()), out),
            Values::Text(array) => bytes(array.value(row).as_bytes(), out),
            Values::LargeText(array) => bytes(array.value(row).as_bytes(), out),
            Values::TextView(array) => bytes(array.value(row).as_bytes(), out),
            Values::Binary(array) => bytes(array.value(row), out),
            Values::LargeBinary(array) => bytes(array.value(row), out),
            Values::Struct(columns) => columns.iter().for_each(|column| column.write(row, out)),
            Values::List(range, items) => {
                let range = range(row);
                length(range.len(), out);
                range.for_each(|item| items.write(item, out));
            }
            Values::Map(ends, parts) => {
                let range = range(ends, row, |end| end as usize);
                length(range.len(), out);
                let [keys, values] = parts.as_ref();
                let mut entries: Vec<Vec<u8>> = range
                    .map(|entry| {
                        let mut written = Vec::with_capacity(64);
                        keys.write(entry, &mut written);
                        values.write(entry, &mut written);
                        written
                    })
                    .collect();
                entries.sort_unstable();
                entries.iter().for_each(|entry| out.extend_from_slice(entry));
            }
        }
    }
}

fn dictionary<'a, K: ArrowDictionaryKeyType>(array: &'a DictionaryArray<K>, name: &str) -> Result<Values<'a>, Error> {
    let values = Cells::new(array.values().as_ref(), name)?;
    Ok(Values::Dictionary(Box::new(move |row| array.key(row).unwrap_or(0)), Box::new(values)))
}

#[cold]
fn unreadable(array: &dyn Array, name: &str) -> Error {
    let expected = "a value that can be compared".to_owned();
    Error::Type { column: name.to_owned(), found: array.data_type().clone(), expected }
}

/// Returns a float's bits, with one NaN.
#[inline]
fn float_bits(value: f64) -> i64 {
    if value.is_nan() { f64::NAN.to_bits() } else { value.to_bits() }.cast_signed()
}

#[inline]
fn range<T: Copy>(ends: &[T], row: usize, end: impl Fn(T) -> usize) -> std::ops::Range<usize> {
    let at = |index: usize| ends.get(index).map_or(0, |found| end(*found));
    at(row)..at(row + 1)
}

#[inline]
fn fixed<const N: usize>(value: Option<[u8; N]>, out: &mut Vec<u8>) {
    out.extend_from_slice(&value.unwrap_or([0; N]));
}

#[inline]
fn length(length: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(&(length as u64).to_le_bytes());
}

#[inline]
fn bytes(value: &[u8], out: &mut Vec<u8>) {
    length(value.len(), out);
    out.extend_from_slice(value);
}
