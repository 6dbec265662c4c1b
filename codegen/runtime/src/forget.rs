//! Removal of password values from bronze rows that were stored before they were left out.
//!
//! Invariant: nothing else of a row may change, and rows without such a value are not touched.

use std::borrow::Cow;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, BooleanArray, ListArray, RecordBatch, StringArray, StructArray};
use arrow_schema::{ArrowError, DataType};
use arrow_select::nullif::nullif;

use crate::error::Error;
use crate::password::{Role, is_password};
use crate::redact::RedactionPolicy;
use crate::schema::UNKNOWN;
use crate::shape::{Field, Kind, Table};

/// Returns the bronze columns of a table that can hold a password value.
#[must_use]
pub fn password_columns(table: &'static Table) -> Vec<&'static str> {
    let columns = table.shape.iter().filter(|field| may_hold(&field.kind)).map(|field| field.name);
    columns.chain([UNKNOWN]).collect()
}

fn may_hold(kind: &Kind) -> bool {
    match kind {
        Kind::Json => true,
        Kind::List(item) => may_hold(item),
        Kind::Struct(fields) => {
            let has = |role| fields.iter().any(|field| Role::of(field.name) == role);
            (has(Role::Type) && has(Role::Value)) || fields.iter().any(|field| may_hold(&field.kind))
        }
        _ => false,
    }
}

/// Removes password values from bronze rows, and tells which rows held one; `None` where none did. Columns may be
/// missing, and texts must be [`DataType::Utf8`].
///
/// # Errors
/// A column has another type than the shape's.
pub fn without_passwords(
    table: &'static Table,
    bronze: &RecordBatch,
) -> Result<Option<(RecordBatch, BooleanArray)>, Error> {
    let policy = RedactionPolicy::of_passwords();
    let mut columns = bronze.columns().to_vec();
    let mut held = vec![false; bronze.num_rows()];
    let mut found = false;
    for (field, column) in bronze.schema().fields().iter().zip(&mut columns) {
        let kind = match table.shape.iter().find(|other| other.name == field.name()) {
            Some(known) if may_hold(&known.kind) => known.kind,
            None if field.name() == UNKNOWN => Kind::Json,
            _ => continue,
        };
        if let Some(less) = without(column, &kind, &policy)? {
            found = true;
            less.mark(&mut held);
            *column = less.array;
        }
    }
    if !found {
        return Ok(None);
    }
    Ok(Some((RecordBatch::try_new(bronze.schema(), columns)?, held.into())))
}

/// An array without password values, and which of its rows held one.
struct Less {
    array: ArrayRef,
    held: Vec<bool>,
}

impl Less {
    fn mark(&self, held: &mut [bool]) {
        held.iter_mut().zip(&self.held).for_each(|(all, own)| *all |= own);
    }
}

fn without(array: &ArrayRef, kind: &Kind, policy: &RedactionPolicy) -> Result<Option<Less>, ArrowError> {
    match kind {
        Kind::Json => without_in_json(array, policy),
        Kind::List(item) => {
            let list: &ListArray = array.as_list_opt().ok_or_else(|| mismatch(array))?;
            let Some(items) = without(list.values(), item, policy)? else { return Ok(None) };
            let ends = list.offsets().array_windows();
            let held = ends.map(|[start, end]| {
                // Offsets are never negative.
                items.held.get(*start as usize..*end as usize).is_some_and(|items| items.contains(&true))
            });
            let held = held.collect();
            let DataType::List(field) = list.data_type() else { return Err(mismatch(array)) };
            let field = Arc::clone(field);
            let less = ListArray::try_new(field, list.offsets().clone(), items.array, list.nulls().cloned())?;
            Ok(Some(Less { array: Arc::new(less), held }))
        }
        Kind::Struct(fields) => {
            without_in_struct(array.as_struct_opt().ok_or_else(|| mismatch(array))?, fields, policy)
        }
        _ => Ok(None),
    }
}

#[cold]
fn mismatch(array: &ArrayRef) -> ArrowError {
    ArrowError::SchemaError(format!("a column that can hold the value of a password is {}", array.data_type()))
}

fn without_in_json(array: &ArrayRef, policy: &RedactionPolicy) -> Result<Option<Less>, ArrowError> {
    let texts: &StringArray = array.as_string_opt().ok_or_else(|| mismatch(array))?;
    let mut held = vec![false; texts.len()];
    let kept: StringArray = texts
        .iter()
        .zip(&mut held)
        .map(|(text, held)| {
            let text = text?;
            // A text that is not JSON was a string, and still is one.
            match policy.outside(text, Vec::new()) {
                Ok(Cow::Owned(less)) => {
                    *held = true;
                    Some(less)
                }
                _ => Some(text.to_owned()),
            }
        })
        .collect();
    Ok(held.contains(&true).then(|| Less { array: Arc::new(kept), held }))
}

fn without_in_struct(
    array: &StructArray,
    fields: &'static [Field],
    policy: &RedactionPolicy,
) -> Result<Option<Less>, ArrowError> {
    let mut held = vec![false; array.len()];
    let mut columns = array.columns().to_vec();
    let kind_of = |name: &str| fields.iter().find(|field| field.name == name).map(|field| field.kind);
    for (field, column) in array.fields().iter().zip(&mut columns) {
        if let Some(kind) = kind_of(field.name())
            && let Some(less) = without(column, &kind, policy)?
        {
            less.mark(&mut held);
            *column = less.array;
        }
    }
    let of = |role: Role| {
        let fields = array.fields().iter().enumerate();
        fields.filter(move |(_, field)| Role::of(field.name()) == role).map(|(place, _)| place)
    };
    let types: Vec<&StringArray> = of(Role::Type).filter_map(|place| array.column(place).as_string_opt()).collect();
    let says = |row: usize| types.iter().any(|texts| texts.is_valid(row) && is_password(texts.value(row)));
    let passwords: BooleanArray = (0..array.len()).map(|row| Some(says(row))).collect();
    if passwords.true_count() > 0 {
        for place in of(Role::Value) {
            let Some(column) = columns.get_mut(place) else { continue };
            let had = |row: usize| passwords.value(row) && column.is_valid(row);
            held.iter_mut().enumerate().for_each(|(row, held)| *held |= had(row));
            *column = nullif(column, &passwords)?;
        }
    }
    if !held.contains(&true) {
        return Ok(None);
    }
    let fields = array.fields().clone();
    let less = StructArray::try_new_with_length(fields, columns, array.nulls().cloned(), array.len())?;
    Ok(Some(Less { array: Arc::new(less), held }))
}
