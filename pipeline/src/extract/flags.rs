//! Flag hashes: one hash per record of the plain properties that are compared beside the ids.

use crate::error::{Error, Result};
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch};
use arrow::datatypes::{Field, Schema};
use connectwise_runtime::row_hashes;
use std::sync::Arc;

/// The hash of a record's properties.
pub(crate) type FlagHash = u128;

/// Hashes these columns, row by row. A flag that is absent counts as not set.
///
/// # Errors
/// [`Error::Data`] where a column is lacking.
pub(crate) fn flag_hashes(batch: &RecordBatch, names: &[&str]) -> Result<Vec<FlagHash>> {
    let failed = |error: &dyn std::fmt::Display| Error::data("comparing", error.to_string());
    let mut fields = Vec::with_capacity(names.len());
    let mut columns: Vec<ArrayRef> = Vec::with_capacity(names.len());
    for name in names {
        let column = batch.column_by_name(name).ok_or_else(|| failed(&format!("there is no column {name}")))?;
        let column = match column.as_boolean_opt() {
            Some(flags) if flags.null_count() > 0 => {
                Arc::new(flags.iter().map(|flag| Some(flag.unwrap_or(false))).collect::<BooleanArray>()) as ArrayRef
            }
            _ => Arc::clone(column),
        };
        fields.push(Field::new(*name, column.data_type().clone(), true));
        columns.push(column);
    }
    let columns = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(|error| failed(&error))?;
    let places: Vec<usize> = (0..names.len()).collect();
    row_hashes(&columns, &places).map_err(|error| failed(&error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Int64Array, StringArray, StringViewArray};
    use arrow::datatypes::DataType;

    #[test]
    fn a_flag_that_is_absent_is_one_that_is_not_set_and_a_text_is_the_same_in_any_form() {
        let batch = |flags: Vec<Option<bool>>, texts: ArrayRef| {
            let kind = texts.data_type().clone();
            let fields = [("id", DataType::Int64), ("flag", DataType::Boolean), ("text", kind)];
            let fields: Vec<Field> = fields.into_iter().map(|(name, kind)| Field::new(name, kind, true)).collect();
            let ids = Arc::new((0..flags.len() as i64).collect::<Int64Array>());
            let columns: Vec<ArrayRef> = vec![ids, Arc::new(BooleanArray::from(flags)), texts];
            RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap()
        };
        let texts: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), Some("a"), None, Some("")]));
        let one = batch(vec![Some(false), Some(true), None, None], texts);
        let views: ArrayRef = Arc::new(StringViewArray::from(vec![Some("a"), Some("a"), None, Some("")]));
        let other = batch(vec![None, Some(true), Some(false), Some(false)], views);
        let hashes = flag_hashes(&one, &["flag", "text"]).unwrap();
        assert_eq!(hashes, flag_hashes(&other, &["flag", "text"]).unwrap());
        assert_eq!(hashes.iter().collect::<std::collections::BTreeSet<_>>().len(), 4, "{hashes:?}");
        assert!(flag_hashes(&one, &["flag", "nothing"]).is_err());
    }
}
