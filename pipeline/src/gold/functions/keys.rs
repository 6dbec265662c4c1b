//! Aggregate function `distinct_keys`, for tables whose rows come in the order of their key, or nearly so.
//!
//! A hash set of all keys costs more than reading them does. Whole numbers are kept as a compressed bitmap, which takes
//! a bit for each where they lie close together; anything else is collected in a list, which is sorted at the end.

use arrow::array::{Array, ArrayRef, AsArray as _, RecordBatch};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, Field, FieldRef, Int32Type, Int64Type, Schema};
use connectwise_runtime::row_hashes;
use datafusion::common::{DataFusionError, Result, ScalarValue};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{Accumulator, AggregateUDFImpl, Signature, TypeSignature, Volatility};
use roaring::RoaringTreemap;
use std::sync::Arc;

/// The bytes of a hash in the state.
const WIDTH: usize = size_of::<u128>();
/// The bits of the first part of a pair in the bitmap; the second part has the others.
const FIRST_BITS: u32 = 48;

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
        let field = |part| Arc::new(Field::new(format!("{}[{part}]", args.name), DataType::LargeBinary, true));
        Ok(vec![field("numbers"), field("hashes")])
    }

    fn accumulator(&self, _: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(Keys::default()))
    }

    fn default_value(&self, _: &DataType) -> Result<ScalarValue> {
        Ok(ScalarValue::Int64(Some(0)))
    }
}

/// Accumulator of keys.
///
/// Invariant: a key must always go to the same one of both.
#[derive(Debug, Default)]
struct Keys {
    /// Whole numbers, and pairs of whole numbers that fit.
    numbers: RoaringTreemap,
    /// How many of them were added.
    added: usize,
    /// Hashes of other keys.
    hashes: Vec<u128>,
}

impl Accumulator for Keys {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let numbers: Option<Vec<Vec<i64>>> = values.iter().map(numbers).collect();
        let keys: Vec<Option<u64>> = match numbers.as_deref() {
            Some([ids]) => ids.iter().map(|id| Some(in_order(*id))).collect(),
            Some([parents, places]) => {
                parents.iter().zip(places).map(|(parent, place)| of_pair(*parent, *place)).collect()
            }
            _ => vec![None; values.first().map_or(0, |column| column.len())],
        };
        let nulls = values.iter().fold(None, |nulls, column| NullBuffer::union(nulls.as_ref(), column.nulls()));
        let nulls = nulls.filter(|nulls| nulls.null_count() > 0);
        let is_valid = |place: usize| nulls.as_ref().is_none_or(|nulls| nulls.is_valid(place));
        let valid = || keys.iter().enumerate().filter(|(place, _)| is_valid(*place));
        // Fastest in the order of the key; what is there already is not added again.
        let numbers = || valid().filter_map(|(_, key)| *key);
        self.added += keys.len();
        if self.numbers.append(numbers()).is_err() {
            self.numbers.extend(numbers());
        }
        if valid().any(|(_, key)| key.is_none()) {
            let hashes = hashes(values)?;
            self.hashes.extend(valid().filter(|(_, key)| key.is_none()).map(|(place, _)| hashes[place]));
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        self.hashes.sort_unstable();
        self.hashes.dedup();
        let count = self.numbers.len() + self.hashes.len() as u64;
        Ok(ScalarValue::Int64(i64::try_from(count).ok()))
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.added * size_of::<u64>() + self.hashes.capacity() * WIDTH
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let numbers = std::mem::take(&mut self.numbers);
        let mut bytes = Vec::with_capacity(numbers.serialized_size());
        numbers.serialize_into(&mut bytes)?;
        let hashes = std::mem::take(&mut self.hashes).into_iter().flat_map(u128::to_le_bytes).collect();
        Ok(vec![ScalarValue::LargeBinary(Some(bytes)), ScalarValue::LargeBinary(Some(hashes))])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let parts = |place: usize| {
            states.get(place).and_then(|state| state.as_binary_opt::<i64>()).into_iter().flatten().flatten()
        };
        for bytes in parts(0) {
            self.numbers |= RoaringTreemap::deserialize_from(bytes)?;
        }
        for bytes in parts(1) {
            self.hashes.extend(bytes.as_chunks::<WIDTH>().0.iter().map(|key| u128::from_le_bytes(*key)));
        }
        Ok(())
    }
}

/// Encodes a whole number so that the order of the results is the numbers'.
fn in_order(number: i64) -> u64 {
    number.cast_unsigned() ^ (1 << 63)
}

/// Encodes a pair so that the first items of all parents lie close together, then the second ones, and so on; `None`
/// where a part is negative or too large.
fn of_pair(first: i64, second: i64) -> Option<u64> {
    let first = u64::try_from(first).ok().filter(|first| first >> FIRST_BITS == 0)?;
    let second = u64::try_from(second).ok().filter(|second| second >> (u64::BITS - FIRST_BITS) == 0)?;
    Some(second << FIRST_BITS | first)
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
        let pairs = "(1, 1), (1, 2), (2, 1), (2, -1), (-2, 1), (1, 2), (2, -1), (NULL, 1), (1, NULL)";
        for kind in ["BIGINT", "INT", "STRING"] {
            let cast = |name: &str| format!("CAST({name} AS {kind})");
            let sql = format!("SELECT distinct_keys({}, {}) FROM (VALUES {pairs}) AS t(p, n)", cast("p"), cast("n"));
            assert_eq!(value(&sql).await, "5", "{kind}");
        }
        // What lies beyond the bits of a part is no other pair.
        let far = "(0, 0), (0, 1), (0, 65536), (281474976710656, 0), (-1, 65535)";
        assert_eq!(value(&format!("SELECT distinct_keys(p, n) FROM (VALUES {far}) AS t(p, n)")).await, "5");
        assert_eq!(value("SELECT distinct_keys(value) FROM range(0) WHERE value < 0").await, "0", "no row at all");
    }

    #[tokio::test]
    async fn several_threads_count_what_one_counts() {
        let sql = "SELECT distinct_keys(value % 70000) FROM range(200000)";
        assert_eq!(value(sql).await, "70000");
        // Pairs of which some do not fit into the bitmap, in batches with and without such ones.
        let sql = "SELECT distinct_keys(value % 30000 - 9000, value % 3) FROM range(200000)";
        assert_eq!(value(sql).await, "30000");
        let split = "SELECT distinct_keys(v) FROM (SELECT value AS v FROM range(90000) UNION ALL SELECT value FROM \
                     range(50000, 100000))";
        assert_eq!(value(split).await, "100000");
        let grouped =
            "SELECT SUM(n) FROM (SELECT value % 3, distinct_keys(value % 3) AS n FROM range(90000) GROUP BY 1)";
        assert_eq!(value(grouped).await, "3");
    }
}
