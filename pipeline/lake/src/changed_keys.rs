//! Changed keys: a merge records in its commit which keys it inserted, updated or deleted.
//!
//! A change that is spread over a table writes all of its files anew. By these keys the difference between two versions
//! is found without a comparison of all rows.
//!
//! Invariant: the recorded keys must include every key whose row the commit changed. What a commit does not record is
//! unknown, never nothing.

use super::KeySet;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

/// Property of a commit (`commitInfo`): the key column, the number of keys, and the keys, each as its distance from the
/// one before: `id:3:5,3,8` for the ids 5, 8 and 16.
const CHANGED_KEYS: &str = "connectwise-etl.changedKeys";

/// Keys that a commit records at most.
const MOST_KEYS: usize = 32_768;
/// Bytes that they may take: every reader of the log reads them.
const MOST_BYTES: usize = 128 << 10;

/// Ids whose rows commits changed, by the column that holds them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ChangedKeys {
    column: String,
    ids: HashSet<i64>,
}

/// Returns the properties of a commit that changes rows with these values of the first key column.
pub(super) fn properties(column: &str, keys: &KeySet) -> BTreeMap<String, Value> {
    let KeySet::Ids(ids) = keys else { return BTreeMap::new() };
    if ids.len() > MOST_KEYS {
        return BTreeMap::new();
    }
    let mut sorted: Vec<i64> = ids.iter().copied().collect();
    sorted.sort_unstable();
    let mut before = 0_i64;
    let gaps = sorted.into_iter().map(|id| {
        let gap = id.wrapping_sub(before);
        before = id;
        gap.to_string()
    });
    let text = format!("{column}:{}:{}", ids.len(), gaps.collect::<Vec<_>>().join(","));
    if text.len() > MOST_BYTES {
        return BTreeMap::new();
    }
    BTreeMap::from([(CHANGED_KEYS.to_owned(), Value::from(text))])
}

impl ChangedKeys {
    /// Reads what a commit recorded; `None` where it recorded nothing that can be read.
    pub(super) fn of(properties: &HashMap<String, Value>) -> Option<Self> {
        let (column, rest) = properties.get(CHANGED_KEYS)?.as_str()?.split_once(':')?;
        let (number, gaps) = rest.split_once(':')?;
        let mut before = 0_i64;
        let ids = gaps.split(',').filter(|_| !gaps.is_empty()).map(|gap| {
            before = before.wrapping_add(gap.parse::<i64>().ok()?);
            Some(before)
        });
        let ids: HashSet<i64> = ids.collect::<Option<_>>()?;
        (number.parse() == Ok(ids.len())).then(|| Self { column: column.to_owned(), ids })
    }

    /// Adds those of another commit; `None` where they are of another column.
    pub(super) fn and(mut self, other: Self) -> Option<Self> {
        self.ids.extend(other.ids);
        (self.column == other.column).then_some(self)
    }

    /// Returns the column and its values as a set to filter rows by.
    pub(super) fn into_set(self) -> (String, Arc<KeySet>) {
        (self.column, Arc::new(KeySet::Ids(self.ids)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_back(ids: &[i64]) -> Option<ChangedKeys> {
        let properties = properties("id", &KeySet::Ids(ids.iter().copied().collect()));
        ChangedKeys::of(&properties.into_iter().collect())
    }

    #[test]
    fn keys_come_back_as_they_were_recorded() {
        for ids in [vec![], vec![7], vec![16, 5, 8], vec![i64::MIN, -3, 0, i64::MAX]] {
            let (column, keys) = read_back(&ids).unwrap().into_set();
            assert_eq!((column.as_str(), keys), ("id", Arc::new(KeySet::Ids(ids.into_iter().collect()))));
        }
        let many = i64::try_from(MOST_KEYS).unwrap();
        assert!(read_back(&(0..many).collect::<Vec<_>>()).is_some());
        assert_eq!(read_back(&(0..=many).collect::<Vec<_>>()), None, "too many for the log");
        let sparse: Vec<i64> = (0..many).map(|id| id * 1_000_003).collect();
        assert_eq!(read_back(&sparse), None, "too long for the log");
        assert!(properties("name", &KeySet::Texts(["a".to_owned()].into())).is_empty());
    }

    #[test]
    fn what_can_not_be_read_is_unknown_and_columns_do_not_mix() {
        let of = |value: Value| ChangedKeys::of(&HashMap::from([(CHANGED_KEYS.to_owned(), value)]));
        assert_eq!(of("id:3:5,3,8".into()), read_back(&[5, 8, 16]));
        for wrong in
            ["", "5,3", "id:5,3", "id:2:5,x", "id:2:5,,3", "id:2:5,3,", "id:2:5,9.5", "id:3:5,3", "id:1:", "id::5"]
        {
            assert_eq!(of(wrong.into()), None, "{wrong}");
        }
        assert_eq!(of(5.into()), None);
        assert_eq!(ChangedKeys::of(&HashMap::new()), None);
        let joined = read_back(&[1, 2]).unwrap().and(read_back(&[2, 9]).unwrap());
        assert_eq!(joined, read_back(&[1, 2, 9]));
        assert_eq!(read_back(&[1]).unwrap().and(of("parentId:1:1".into()).unwrap()), None);
    }
}
