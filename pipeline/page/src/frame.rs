//! The result of a statement as plain values.

use crate::error::Error;
use arrow_array::types::{Date32Type, Decimal128Type, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef, RecordBatch, cast::AsArray as _};
use arrow_cast::{CastOptions, cast_with_options};
use arrow_schema::{DataType, TimeUnit};
use chrono::{DateTime, NaiveDate, Utc};

/// Digits behind the point of a number.
pub(crate) const SCALE: u32 = 4;

/// One in the scale of a number.
pub(crate) const ONE: i128 = 10_i128.pow(SCALE);

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Null,
    Text(String),
    /// In ten-thousandths.
    Number(i128),
    Flag(bool),
    Date(NaiveDate),
    Instant(DateTime<Utc>),
}

impl Value {
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            _ => "",
        }
    }

    /// The number; 0 where there is none.
    pub(crate) fn number(&self) -> i128 {
        self.number_or_none().unwrap_or_default()
    }

    pub(crate) fn number_or_none(&self) -> Option<i128> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The whole number, as of a key or month.
    pub(crate) fn whole(&self) -> Option<i64> {
        i64::try_from(self.number_or_none()? / ONE).ok()
    }

    pub(crate) fn flag(&self) -> bool {
        matches!(self, Self::Flag(true))
    }
}

/// The rows of a result.
#[derive(Debug, Clone, Default)]
pub(crate) struct Frame {
    statement: String,
    columns: Vec<(String, Vec<Value>)>,
    rows: usize,
}

impl Frame {
    /// Reads all batches.
    pub(crate) fn read(statement: &str, batches: &[RecordBatch]) -> Result<Self, Error> {
        let mut frame = Self { statement: statement.to_owned(), ..Self::default() };
        for batch in batches {
            for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
                let values = values(column).map_err(|source| Error::Cast {
                    statement: statement.to_owned(),
                    column: field.name().clone(),
                    source,
                })?;
                match frame.columns.iter_mut().find(|(name, _)| name == field.name()) {
                    Some((_, known)) => known.extend(values),
                    None => frame.columns.push((field.name().clone(), values)),
                }
            }
            frame.rows += batch.num_rows();
        }
        Ok(frame)
    }

    pub(crate) fn len(&self) -> usize {
        self.rows
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The values of a column; none at all where there are no rows.
    pub(crate) fn column(&self, name: &str) -> Result<&[Value], Error> {
        match self.columns.iter().find(|(known, _)| known == name) {
            Some((_, values)) => Ok(values),
            None if self.rows == 0 => Ok(&[]),
            None => Err(Error::Column { statement: self.statement.clone(), column: name.to_owned() }),
        }
    }

    /// The value of a column in the first row; null where there is no row.
    pub(crate) fn first(&self, name: &str) -> Result<&Value, Error> {
        Ok(self.column(name)?.first().unwrap_or(&Value::Null))
    }

    /// The sum of a column.
    pub(crate) fn sum(&self, name: &str) -> Result<i128, Error> {
        Ok(self.column(name)?.iter().map(Value::number).fold(0, i128::saturating_add))
    }

    /// The texts of a column.
    pub(crate) fn texts(&self, name: &str) -> Result<Vec<&str>, Error> {
        Ok(self.column(name)?.iter().map(Value::text).collect())
    }

    /// The numbers of a column.
    pub(crate) fn numbers(&self, name: &str) -> Result<Vec<i128>, Error> {
        Ok(self.column(name)?.iter().map(Value::number).collect())
    }
}

fn values(column: &ArrayRef) -> Result<Vec<Value>, arrow_schema::ArrowError> {
    let options = CastOptions { safe: false, ..CastOptions::default() };
    let to = |data_type: &DataType| cast_with_options(column, data_type, &options);
    let filled = |array: &dyn Array, value: &dyn Fn(usize) -> Value| -> Vec<Value> {
        (0..array.len()).map(|row| if array.is_null(row) { Value::Null } else { value(row) }).collect()
    };
    Ok(match column.data_type() {
        DataType::Null => vec![Value::Null; column.len()],
        DataType::Boolean => {
            let array = column.as_boolean();
            filled(array, &|row| Value::Flag(array.value(row)))
        }
        DataType::Date32 | DataType::Date64 => {
            let array = to(&DataType::Date32)?;
            let array = array.as_primitive::<Date32Type>();
            filled(array, &|row| array.value_as_date(row).map_or(Value::Null, Value::Date))
        }
        DataType::Timestamp(_, _) => {
            let array = to(&DataType::Timestamp(TimeUnit::Microsecond, None))?;
            let array = array.as_primitive::<TimestampMicrosecondType>();
            filled(array, &|row| DateTime::from_timestamp_micros(array.value(row)).map_or(Value::Null, Value::Instant))
        }
        kind if kind.is_numeric() => {
            let scale = i8::try_from(SCALE).unwrap_or(0);
            let array = to(&DataType::Decimal128(38, scale))?;
            let array = array.as_primitive::<Decimal128Type>();
            filled(array, &|row| Value::Number(array.value(row)))
        }
        _ => {
            let array = to(&DataType::Utf8)?;
            let array = array.as_string::<i32>();
            filled(array, &|row| Value::Text(clean(array.value(row))))
        }
    })
}

/// A text without the characters that HTML knows no way to hold, on one line.
pub(crate) fn clean(text: &str) -> String {
    text.chars()
        .map(|letter| match letter {
            '\n' | '\r' | '\t' | '\u{85}' | '\u{2028}' | '\u{2029}' => ' ',
            '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
            letter => letter,
        })
        .collect()
}
