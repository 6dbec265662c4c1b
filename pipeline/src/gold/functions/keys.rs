//! Aggregate function `distinct_keys`, for tables whose rows come in the order of their key, or nearly so.
//!
//! A set of all keys costs more than reading them does. So they are collected in a list and sorted at the end, by a
//! merge of the runs that are sorted already.

use arrow::array::{Array, ArrayRef, AsArray as _, RecordBatch};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, Field, FieldRef, Int32Type, Int64Type, Schema};
use connectwise_runtime::row_hashes;
use datafusion::common::{DataFusionError, Result, ScalarValue};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{Accumulator, AggregateUDFImpl, Signature, TypeSignature, Volatility};
use std::sync::Arc;

/// The bytes of a key in the state.
const WIDTH: usize = size_of::<u128>();

/// `distinct_keys(a)` and `distinct_keys(a, b)`: the number of distinct keys of which no part is null.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct DistinctKeys {
    signature: Signature,
}

impl DistinctKeys {
    pub(super) fn new() -> Self {
        let arguments = TypeSignature::OneOf(vec![TypeSignature::Any(1), TypeSignature::Any(2)]);
        Self { signature: Signature::new(arguments, Volatility::Immutable) }
    }
}

impl AggregateUDFImpl for DistinctKeys {
    fn name(&self) -> &'static str {
        "distinct_keys"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Int64)
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        Ok(vec![Arc::new(Field::new(format!("{}[keys]", args.name), DataType::LargeBinary, true))])
    }

    fn accumulator(&self, _: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(Keys::default()))
    }

    fn default_value(&self, _: &DataType) -> Result<ScalarValue> {
        Ok(ScalarValue::Int64(Some(0)))
    }
}

/// Accumulator of keys: whole numbers encoded in their order, anything else as its hash.
#[derive(Debug, Default)]
struct Keys(Vec<u128>);

impl Accumulator for Keys {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let numbers: Option<Vec<Vec<i64>>> = values.iter().map(numbers).collect();
        let keys: Vec<u128> = match numbers.as_deref() {
            Some([ids]) => ids.iter().map(|id| in_order(*id)).collect(),
            Some([parents, places]) => {
                parents.iter().zip(places).map(|(parent, place)| in_order(*parent) << 64 | in_order(*place)).collect()
            }
            _ => hashes(values)?,
        };
        let nulls = values.iter().fold(None, |nulls, column| NullBuffer::union(nulls.as_ref(), column.nulls()));
        match nulls.filter(|nulls| nulls.null_count() > 0) {
            None => self.0.extend(keys),
            Some(nulls) => self.0.extend(nulls.valid_indices().map(|place| keys[place])),
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        self.0.sort();
        self.0.dedup();
        Ok(ScalarValue::Int64(i64::try_from(self.0.len()).ok()))
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.0.capacity() * WIDTH
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let bytes = std::mem::take(&mut self.0).into_iter().flat_map(u128::to_le_bytes).collect();
        Ok(vec![ScalarValue::LargeBinary(Some(bytes))])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        for bytes in states.iter().filter_map(|state| state.as_binary_opt::<i64>()).flatten().flatten() {
            self.0.extend(bytes.as_chunks::<WIDTH>().0.iter().map(|key| u128::from_le_bytes(*key)));
        }
        Ok(())
    }
}

/// Encodes a whole number so that the order of the results is the numbers'.
fn in_order(number: i64) -> u128 {
    u128::from(number.cast_unsigned() ^ (1 << 63))
}

fn numbers(column: &ArrayRef) -> Option<Vec<i64>> {
    match column.data_type() {
        DataType::Int64 => Some(column.as_primitive::<Int64Type>().values().to_vec()),
        DataType::Int32 => Some(column.as_primitive::<Int32Type>().values().iter().map(|n| i64::from(*n)).collect()),
        _ => None,
    }
}

fn hashes(values: &[ArrayRef]) -> Result<Vec<u128>> {
    let field = |(place, column): (usize, &ArrayRef)| Field::new(place.to_string(), column.data_type().clone(), true);
    let schema = Schema::new(values.iter().enumerate().map(field).collect::<Vec<_>>());
    let batch = RecordBatch::try_new(Arc::new(schema), values.to_vec())?;
    let all: Vec<usize> = (0..values.len()).collect();
    row_hashes(&batch, &all).map_err(|error| DataFusionError::External(Box::new(error)))
}

#[cfg(test)]
mod tests {
    use datafusion::prelude::SessionContext;

    async fn value(sql: &str) -> String {
        let context = SessionContext::new();
        super::super::register_functions(&context);
        let batches = context.sql(sql).await.unwrap().collect().await.unwrap();
        arrow::util::display::array_value_to_string(batches[0].column(0), 0).unwrap()
    }

    #[tokio::test]
    async fn keys_are_counted_once_in_whatever_order_and_type_they_come() {
        for (rows, keys, count) in [
            ("(3), (1), (-9223372036854775808), (2), (1), (9223372036854775807), (NULL)", "distinct_keys(k)", "5"),
            ("('b'), ('a'), ('b'), (''), (NULL)", "distinct_keys(k)", "3"),
            ("(NULL)", "distinct_keys(CAST(k AS BIGINT))", "0"),
        ] {
            assert_eq!(value(&format!("SELECT {keys} FROM (VALUES {rows}) AS t(k)")).await, count, "{rows}");
        }
        let pairs = "(1, 1), (1, 2), (2, 1), (2, -1), (-2, 1), (1, 2), (NULL, 1), (1, NULL)";
        for kind in ["BIGINT", "INT", "STRING"] {
            let cast = |name: &str| format!("CAST({name} AS {kind})");
            let sql = format!("SELECT distinct_keys({}, {}) FROM (VALUES {pairs}) AS t(p, n)", cast("p"), cast("n"));
            assert_eq!(value(&sql).await, "5", "{kind}");
        }
        assert_eq!(value("SELECT distinct_keys(value) FROM range(0) WHERE value < 0").await, "0", "no row at all");
    }

    #[tokio::test]
    async fn several_threads_count_what_one_counts() {
        let sql = "SELECT distinct_keys(value % 70000) FROM range(200000)";
        assert_eq!(value(sql).await, "70000");
        let split = "SELECT distinct_keys(v) FROM (SELECT value AS v FROM range(90000) UNION ALL SELECT value FROM \
                     range(50000, 100000))";
        assert_eq!(value(split).await, "100000");
        let grouped =
            "SELECT SUM(n) FROM (SELECT value % 3, distinct_keys(value % 3) AS n FROM range(90000) GROUP BY 1)";
        assert_eq!(value(grouped).await, "3");
    }
}
