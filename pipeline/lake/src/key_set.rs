//! Sets of key values, and the predicates that select their rows.
//!
//! Invariant: a predicate must select exactly the rows whose key is in the set. It starts with a few ranges, so that
//! files and row groups can be skipped by their statistics.

use arrow::array::{Array, AsArray, BooleanArray};
use arrow::buffer::BooleanBuffer;
use arrow::datatypes::{DataType, Int64Type};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{ColumnarValue, Expr, Literal, Volatility, create_udf, lit};
use std::collections::HashSet;
use std::sync::Arc;

/// Maximum ranges of a predicate: more would cost more to test than they skip.
const MOST_RANGES: usize = 8;
/// Minimum gap between two ranges: nearer ids are in the same row group anyway.
const LEAST_GAP: u64 = 4_096;
/// Maximum bits of a set: 8 MiB.
const MOST_BITS: u64 = 1 << 26;

/// Set of the values of one key column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySet {
    /// Values of an Int64 column.
    Ids(HashSet<i64>),
    /// Values of a text column.
    Texts(HashSet<String>),
}

impl From<HashSet<i64>> for KeySet {
    fn from(ids: HashSet<i64>) -> Self {
        KeySet::Ids(ids)
    }
}

impl KeySet {
    /// Collects the values of a column except nulls; `None` for a type that no key has.
    pub fn of(column: &dyn Array) -> Option<Self> {
        if let Some(ids) = column.as_primitive_opt::<Int64Type>() {
            return Some(KeySet::Ids(ids.iter().flatten().collect()));
        }
        let texts = column.as_string_opt::<i32>()?;
        Some(KeySet::Texts(texts.iter().flatten().map(ToOwned::to_owned).collect()))
    }

    /// Adds the values of another set of the same type; false where the types differ.
    pub fn add(&mut self, other: KeySet) -> bool {
        match (self, other) {
            (KeySet::Ids(ids), KeySet::Ids(more)) => ids.extend(more),
            (KeySet::Texts(texts), KeySet::Texts(more)) => texts.extend(more),
            (own, other) if own.is_empty() => *own = other,
            (_, other) => return other.is_empty(),
        }
        true
    }

    /// Number of values.
    pub fn len(&self) -> usize {
        match self {
            KeySet::Ids(ids) => ids.len(),
            KeySet::Texts(texts) => texts.len(),
        }
    }

    /// Whether there are no values.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Mask of the values of a column that are in the set; `None` where the column has another type.
    pub fn mask(&self, column: &dyn Array) -> Option<BooleanArray> {
        Some(match self {
            KeySet::Ids(ids) => column
                .as_primitive_opt::<Int64Type>()?
                .iter()
                .map(|value| Some(value.is_some_and(|value| ids.contains(&value))))
                .collect(),
            KeySet::Texts(texts) => column
                .as_string_opt::<i32>()?
                .iter()
                .map(|value| Some(value.is_some_and(|value| texts.contains(value))))
                .collect(),
        })
    }

    /// Predicate of a few ranges that hold all values; `None` for the empty set.
    fn predicate(&self, column: Expr) -> Option<Expr> {
        fn any<T: Literal>(column: &Expr, ranges: Vec<(T, T)>) -> Option<Expr> {
            ranges.into_iter().map(|(least, most)| column.clone().between(lit(least), lit(most))).reduce(Expr::or)
        }
        match self {
            KeySet::Ids(ids) => any(&column, ranges(ids)),
            KeySet::Texts(texts) => {
                let ends = texts.iter().min().zip(texts.iter().max());
                any(&column, ends.map(|(least, most)| (least.as_str(), most.as_str())).into_iter().collect())
            }
        }
    }

    /// Predicate that is true where an expression's value is in the set: the ranges first, then the set itself.
    pub fn holds(keys: &Arc<Self>, column: Expr) -> Expr {
        match keys.predicate(column.clone()) {
            Some(ranges) => ranges.and(Self::among(keys, column)),
            None => lit(false),
        }
    }

    /// Predicate that is true where the key is not in the set.
    ///
    /// A join would hold wide rows in memory.
    pub fn lacks(keys: &Arc<Self>, column: Expr) -> Expr {
        Expr::Not(Box::new(Self::among(keys, column)))
    }

    fn among(keys: &Arc<Self>, column: Expr) -> Expr {
        let (keys, key_type) = (Arc::clone(keys), keys.data_type());
        let bits = keys.bits();
        let test = move |arguments: &[ColumnarValue]| {
            let columns = ColumnarValue::values_to_arrays(arguments)?;
            let mask = columns.first().and_then(|column| match &bits {
                Some(bits) => bits.mask(column),
                None => keys.mask(column),
            });
            let mask = mask.ok_or_else(|| DataFusionError::Execution("the keys have another type".to_owned()))?;
            Ok(ColumnarValue::Array(Arc::new(mask)))
        };
        let among = create_udf("among", vec![key_type], DataType::Boolean, Volatility::Immutable, Arc::new(test));
        among.call(vec![column])
    }

    /// The ids as bits, where they do not lie too far apart.
    fn bits(&self) -> Option<IdBits> {
        match self {
            KeySet::Ids(ids) => IdBits::of(ids),
            KeySet::Texts(_) => None,
        }
    }

    fn data_type(&self) -> DataType {
        match self {
            KeySet::Ids(_) => DataType::Int64,
            KeySet::Texts(_) => DataType::Utf8,
        }
    }
}

/// Set of ids, one bit for each number between the least and the most: every row of a table is looked up in it.
struct IdBits {
    least: i64,
    words: Vec<u64>,
}

impl IdBits {
    /// Builds the bits; `None` where there are no ids, or they lie too far apart.
    fn of(ids: &HashSet<i64>) -> Option<Self> {
        let (least, most) = (*ids.iter().min()?, *ids.iter().max()?);
        let span = most.abs_diff(least);
        if span >= MOST_BITS {
            return None;
        }
        let mut words = vec![0; usize::try_from(span / 64 + 1).ok()?];
        ids.iter().map(|id| id.abs_diff(least)).try_for_each(|offset| {
            *words.get_mut(usize::try_from(offset / 64).ok()?)? |= 1 << (offset % 64);
            Some(())
        })?;
        Some(Self { least, words })
    }

    fn has(&self, id: i64) -> bool {
        // An id below the least becomes a number beyond the most.
        let offset = id.wrapping_sub(self.least).cast_unsigned();
        let word = usize::try_from(offset / 64).ok().and_then(|place| self.words.get(place));
        word.is_some_and(|word| word >> (offset % 64) & 1 == 1)
    }

    /// As [`KeySet::mask`].
    fn mask(&self, column: &dyn Array) -> Option<BooleanArray> {
        let column = column.as_primitive_opt::<Int64Type>()?;
        let values = column.values();
        Some(BooleanBuffer::collect_bool(column.len(), |row| column.is_valid(row) && self.has(values[row])).into())
    }
}

/// Ranges of the ids, cut at the widest gaps.
fn ranges(ids: &HashSet<i64>) -> Vec<(i64, i64)> {
    let mut sorted: Vec<i64> = ids.iter().copied().collect();
    sorted.sort_unstable();
    let (Some(first), Some(last)) = (sorted.first().copied(), sorted.last().copied()) else {
        return Vec::new();
    };
    let mut gaps: Vec<(u64, usize)> = sorted
        .windows(2)
        .enumerate()
        .map(|(place, pair)| (pair[1].abs_diff(pair[0]), place))
        .filter(|(gap, _)| *gap > LEAST_GAP)
        .collect();
    gaps.sort_unstable_by(|left, right| right.cmp(left));
    gaps.truncate(MOST_RANGES - 1);
    let mut cuts: Vec<usize> = gaps.into_iter().map(|(_, place)| place).collect();
    cuts.sort_unstable();
    let mut ranges = Vec::with_capacity(cuts.len() + 1);
    let mut least = first;
    for cut in cuts {
        ranges.push((least, sorted[cut]));
        least = sorted[cut + 1];
    }
    ranges.push((least, last));
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::Int64Array;

    #[test]
    fn ranges_hold_every_id_and_skip_the_widest_gaps() {
        let ids: Vec<i64> = (0..20).map(|step| step * 10_000).chain([5, 900_000, -70_000]).collect();
        let ranges = ranges(&ids.iter().copied().collect());
        assert_eq!(ranges.len(), MOST_RANGES);
        for id in &ids {
            assert_eq!(ranges.iter().filter(|(least, most)| (least..=most).contains(&id)).count(), 1, "{id}");
        }
        assert!(ranges.windows(2).all(|pair| pair[0].1 < pair[1].0));
        assert_eq!(ranges[0], (-70_000, -70_000));
        assert_eq!(ranges.last(), Some(&(900_000, 900_000)));
    }

    #[test]
    fn bits_hold_the_ids_and_no_others() {
        let column = [Some(i64::MIN), Some(-3), Some(-2), None, Some(61), Some(62), Some(i64::MAX)];
        let column: Int64Array = column.into_iter().collect();
        for ids in [vec![-3], vec![-3, 62], vec![62, -2], vec![i64::MAX], vec![i64::MIN]] {
            let set = KeySet::Ids(ids.iter().copied().collect());
            assert_eq!(set.bits().unwrap().mask(&column), set.mask(&column), "{ids:?}");
        }
        assert!(KeySet::Ids([i64::MIN, i64::MAX].into()).bits().is_none() && KeySet::Ids([].into()).bits().is_none());
    }

    #[test]
    fn nearby_ids_are_one_range() {
        assert_eq!(ranges(&(0..10_000).step_by(7).collect()), [(0, 9_996)]);
        assert!(ranges(&HashSet::new()).is_empty());
    }

    #[test]
    fn sets_of_another_type_do_not_mix() {
        let mut set = KeySet::Ids([1].into());
        assert!(!set.add(KeySet::Texts(["a".to_owned()].into())));
        assert!(set.add(KeySet::Texts(HashSet::new())));
        assert!(set.add(KeySet::Ids([2].into())));
        assert_eq!(set.len(), 2);
    }
}
