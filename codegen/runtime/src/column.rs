//! Column buffers that records are read into: they can be cut back to any row, and become Arrow arrays without copying.
//!
//! Invariants:
//! - A buffer may be shorter than its parent: the rows it lacks are null. So a property that is absent, or null, costs
//!   nothing when it is read; the gap is filled when a later row has a value, or at the end.
//! - [`Column::truncate`] restores the state before the row, whatever was in the middle of being read.
//! - Offsets are 32 bits wide: the decoder takes no page that could carry a buffer past `i32::MAX`.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, ListArray, MapArray, StructArray, TimestampMicrosecondArray,
};
use arrow_buffer::NullBuffer;
use arrow_schema::{ArrowError, DataType, Field as ArrowField, FieldRef};

use crate::buffer::{Bits, Bools, Ends, Fixed, Texts, take_sized};
use crate::json::quote;
use crate::known_keys::KnownKeys;
use crate::password::Role;
use crate::redact::is_sensitive;
use crate::schema::TIME_ZONE;
use crate::shape::{Field, Kind};

/// Buffer of a column of maps of texts.
#[derive(Debug, Default)]
pub(crate) struct Maps {
    pub(crate) keys: Texts,
    pub(crate) values: Texts,
    pub(crate) known: KnownKeys,
    ends: Ends,
    valid: Bits,
}

impl Maps {
    /// Returns the number of entries of all rows that are complete.
    #[inline]
    pub(crate) fn entries(&self) -> usize {
        self.ends.last()
    }

    /// Completes a row, which has all entries after those of the rows before it.
    #[inline]
    pub(crate) fn end(&mut self, row: usize) {
        self.ends.pad(row);
        self.valid.pad(row);
        self.ends.push(self.keys.len());
        self.valid.push(true);
    }

    pub(crate) fn truncate(&mut self, len: usize) {
        self.ends.truncate(len);
        self.valid.truncate(len);
        self.keys.truncate(self.ends.last());
        self.values.truncate(self.ends.last());
    }
}

/// Buffer of a column of lists of one kind of item.
#[derive(Debug)]
pub(crate) struct Lists {
    pub(crate) item: Column,
    ends: Ends,
    valid: Bits,
}

impl Lists {
    /// Returns the number of items of all rows that are complete.
    #[inline]
    pub(crate) fn items(&self) -> usize {
        self.ends.last()
    }

    /// Completes a row, whose last item is before the given one.
    #[inline]
    pub(crate) fn end(&mut self, row: usize, items: usize) {
        self.ends.pad(row);
        self.valid.pad(row);
        self.ends.push(items);
        self.valid.push(true);
    }
}

/// A property of an object, and its buffer.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) name: &'static str,
    /// The name as JSON writes it, quotes included.
    pub(crate) quoted: Box<[u8]>,
    /// What it tells of the object.
    pub(crate) role: Role,
    /// None where the property is sensitive.
    pub(crate) column: Option<Column>,
}

/// Buffers of a column of objects.
#[derive(Debug)]
pub(crate) struct Structs {
    pub(crate) slots: Vec<Slot>,
    /// Indexes of the slots in the order of their names.
    sorted: Vec<u16>,
    /// Index of the slot that followed each slot when it was last read, shifted by one: the first entry is the first
    /// property.
    next: Vec<u16>,
    valid: Bits,
}

impl Structs {
    pub(crate) fn new(fields: &'static [Field]) -> Self {
        let slots: Vec<Slot> = fields
            .iter()
            .map(|field| {
                let mut quoted = String::new();
                quote(field.name, &mut quoted);
                let column = (!is_sensitive(&field.kind)).then(|| Column::new(&field.kind));
                Slot { name: field.name, quoted: quoted.into_bytes().into(), role: Role::of(field.name), column }
            })
            .collect();
        let count = u16::try_from(slots.len()).unwrap_or(u16::MAX);
        let mut sorted: Vec<u16> = (0..count).collect();
        sorted.sort_by_key(|index| slots.get(usize::from(*index)).map(|slot| slot.name));
        Self { slots, sorted, next: (0..=count).collect(), valid: Bits::default() }
    }

    /// Returns the property that is expected after `last` (0 for none, else its index + 1).
    #[inline]
    pub(crate) fn expected(&self, last: usize) -> Option<(usize, &Slot)> {
        let index = usize::from(*self.next.get(last)?);
        Some((index, self.slots.get(index)?))
    }

    /// Records which property came after `last`.
    #[inline]
    pub(crate) fn learn(&mut self, last: usize, index: usize) {
        if let (Some(next), Ok(index)) = (self.next.get_mut(last), u16::try_from(index)) {
            *next = index;
        }
    }

    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        let slot = |index: &u16| self.slots.get(usize::from(*index)).map_or("", |slot| slot.name);
        let at = self.sorted.binary_search_by(|index| slot(index).cmp(name)).ok()?;
        self.sorted.get(at).map(|index| usize::from(*index))
    }

    /// Completes a row.
    #[inline]
    pub(crate) fn end(&mut self, row: usize) {
        self.valid.pad(row);
        self.valid.push(true);
    }

    pub(crate) fn truncate(&mut self, len: usize) {
        self.valid.truncate(len);
        self.columns_mut().for_each(|column| column.truncate(len));
    }

    pub(crate) fn memory(&self) -> usize {
        self.slots.iter().filter_map(|slot| slot.column.as_ref()).map(Column::memory).sum()
    }

    fn columns_mut(&mut self) -> impl Iterator<Item = &mut Column> {
        self.slots.iter_mut().filter_map(|slot| slot.column.as_mut())
    }

    /// Returns the columns, padded to a length, and which rows are not null.
    pub(crate) fn finish<'f>(
        &mut self,
        len: usize,
        fields: impl Iterator<Item = &'f FieldRef>,
    ) -> Result<(Vec<ArrayRef>, Option<NullBuffer>), ArrowError> {
        let columns = self.columns_mut().zip(fields).map(|(column, field)| column.finish(len, field.data_type()));
        let columns = columns.collect::<Result<_, _>>()?;
        self.valid.pad(len);
        Ok((columns, self.valid.take_nulls()))
    }
}

/// The buffers of one column. The large ones are boxed, so that the columns of an object are close to each other.
#[derive(Debug)]
pub(crate) enum Column {
    Int(Fixed<i64>),
    Float(Fixed<f64>),
    Bool(Bools),
    Text(Texts),
    Time(Fixed<i64>),
    Json(Texts),
    Hashed(Texts),
    Map(Box<Maps>),
    Struct(Box<Structs>),
    List(Box<Lists>),
}

impl Column {
    pub(crate) fn new(kind: &'static Kind) -> Self {
        match kind {
            Kind::Int => Self::Int(Fixed::default()),
            Kind::Float => Self::Float(Fixed::default()),
            Kind::Bool => Self::Bool(Bools::default()),
            Kind::Text => Self::Text(Texts::default()),
            Kind::Timestamp => Self::Time(Fixed::default()),
            Kind::Json => Self::Json(Texts::default()),
            Kind::Hashed => Self::Hashed(Texts::default()),
            Kind::Map => Self::Map(Box::default()),
            Kind::Struct(fields) => Self::Struct(Box::new(Structs::new(fields))),
            Kind::List(item) => {
                Self::List(Box::new(Lists { item: Self::new(item), ends: Ends::default(), valid: Bits::default() }))
            }
            // Has no column: the owner of the buffers leaves it out.
            Kind::Sensitive => Self::Struct(Box::new(Structs::new(&[]))),
        }
    }

    /// Returns the number of rows that are there; rows after them are null.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Int(column) | Self::Time(column) => column.values.len(),
            Self::Float(column) => column.values.len(),
            Self::Bool(column) => column.valid.len(),
            Self::Text(column) | Self::Json(column) | Self::Hashed(column) => column.len(),
            Self::Map(column) => column.valid.len(),
            Self::Struct(column) => column.valid.len(),
            Self::List(column) => column.valid.len(),
        }
    }

    /// Cuts back to the first `len` rows; drops also what was begun and not completed.
    pub(crate) fn truncate(&mut self, len: usize) {
        match self {
            Self::Int(column) | Self::Time(column) => column.truncate(len),
            Self::Float(column) => column.truncate(len),
            Self::Bool(column) => {
                column.values.truncate(len);
                column.valid.truncate(len);
            }
            Self::Text(column) | Self::Json(column) | Self::Hashed(column) => column.truncate(len),
            Self::Map(column) => column.truncate(len),
            Self::Struct(column) => column.truncate(len),
            Self::List(column) => {
                column.ends.truncate(len);
                column.valid.truncate(len);
                column.item.truncate(column.ends.last());
            }
        }
    }

    /// Returns the number of bytes that the values take, roughly.
    fn memory(&self) -> usize {
        match self {
            Self::Int(column) | Self::Time(column) => column.values.len() * 8,
            Self::Float(column) => column.values.len() * 8,
            Self::Bool(column) => column.values.len() / 4,
            Self::Text(column) | Self::Json(column) | Self::Hashed(column) => column.memory(),
            Self::Map(column) => column.keys.memory() + column.values.memory() + column.ends.memory(),
            Self::Struct(column) => column.memory(),
            Self::List(column) => column.item.memory() + column.ends.memory(),
        }
    }

    /// Takes the first `len` rows as an array of the type; the buffers are empty afterwards.
    fn finish(&mut self, len: usize, data_type: &DataType) -> Result<ArrayRef, ArrowError> {
        match self {
            Self::Int(column) => {
                column.pad(len);
                Ok(Arc::new(Int64Array::try_new(take_sized(&mut column.values).into(), column.valid.take_nulls())?))
            }
            Self::Float(column) => {
                column.pad(len);
                Ok(Arc::new(Float64Array::try_new(take_sized(&mut column.values).into(), column.valid.take_nulls())?))
            }
            Self::Bool(column) => {
                column.pad(len);
                Ok(Arc::new(BooleanArray::new(column.values.take(), column.valid.take_nulls())))
            }
            Self::Text(column) | Self::Json(column) | Self::Hashed(column) => column.finish(len),
            Self::Time(column) => {
                column.pad(len);
                let values = take_sized(&mut column.values).into();
                let array = TimestampMicrosecondArray::try_new(values, column.valid.take_nulls())?;
                Ok(Arc::new(array.with_timezone(TIME_ZONE)))
            }
            Self::Map(column) => column.finish(len, entries_of(data_type)?),
            Self::Struct(column) => {
                let DataType::Struct(fields) = data_type else { return Err(mismatch(data_type)) };
                let (columns, nulls) = column.finish(len, fields.iter())?;
                Ok(Arc::new(StructArray::try_new_with_length(fields.clone(), columns, nulls, len)?))
            }
            Self::List(column) => {
                let DataType::List(item) = data_type else { return Err(mismatch(data_type)) };
                column.ends.pad(len);
                column.valid.pad(len);
                let items = column.item.finish(column.ends.last(), item.data_type())?;
                let nulls = column.valid.take_nulls();
                Ok(Arc::new(ListArray::try_new(item.clone(), column.ends.take(), items, nulls)?))
            }
        }
    }
}

impl Maps {
    fn finish(&mut self, len: usize, entries: &FieldRef) -> Result<ArrayRef, ArrowError> {
        let DataType::Struct(fields) = entries.data_type() else { return Err(mismatch(entries.data_type())) };
        self.ends.pad(len);
        self.valid.pad(len);
        let count = self.ends.last();
        let columns = vec![self.keys.finish(count)?, self.values.finish(count)?];
        let pairs = StructArray::try_new(fields.clone(), columns, None)?;
        let nulls = self.valid.take_nulls();
        Ok(Arc::new(MapArray::try_new(entries.clone(), self.ends.take(), pairs, nulls, false)?))
    }
}

fn entries_of(data_type: &DataType) -> Result<&Arc<ArrowField>, ArrowError> {
    match data_type {
        DataType::Map(entries, _) => Ok(entries),
        other => Err(mismatch(other)),
    }
}

#[cold]
fn mismatch(data_type: &DataType) -> ArrowError {
    ArrowError::SchemaError(format!("the buffers of a column do not make {data_type}"))
}
